package convert

import (
	"fmt"
	"slices"

	"hostnet-module/module/foreign"
	"hostnet-module/module/kind"
)

// words puts options into the words of documents and drops those that have no row or a value that it does not take.
func (d *draft) words() {
	for _, o := range d.objects {
		for _, e := range o.options {
			d.word(e, o.kind, false)
		}
		for _, p := range o.ports {
			for _, e := range p.options {
				d.word(e, o.kind, true)
			}
		}
	}
}

func (d *draft) word(e *entry, k *kind.Kind, ofPort bool) {
	text, ok := e.value.(string)
	if !ok || e.dropped || e.key == "ipv6" {
		return
	}
	row := k.Row(e.key)
	if ofPort {
		row = k.Port.Row(e.key)
	}
	if row == nil || row.SeeOnly || row.Hidden {
		d.refuse(e, NoWord, "a document has no %s for a %s", e.key, k.Name)
		return
	}
	v, err := row.Parse(text)
	if err != nil {
		d.refuse(e, Faulty, "%s %q: %s", row.Name, text, err)
		return
	}
	e.key, e.value = row.Name, row.JSON(v)
	if list, isList := e.value.([]string); isList {
		e.value = texts(list)
	}
}

func texts(list []string) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s
	}
	return out
}

// discard takes a value out that what documents allow forbids.
func (d *draft) discard(e *entry, format string, args ...any) {
	d.refuse(e, Conflict, format, args...)
}

// refuse takes a value out and tells its lines, with the reason.
func (d *draft) refuse(e *entry, reason Reason, format string, args ...any) {
	if e.dropped {
		return
	}
	e.dropped = true
	part := e.part
	if slices.ContainsFunc(e.from, func(p foreign.Pos) bool { return p != e.from[0] }) {
		part = ""
	}
	for _, p := range e.from {
		d.tellPart(p, part, reason, format, args...)
	}
}

// asKernel brings values to what the kernel makes of them, and says so: delays of a bond are multiples of miimon, rounded down
// (bond_options.c: _bond_option_delay_set); the forward delay is 2 to 30 s once spanning tree is on (br_stp_if.c: br_stp_start).
func (d *draft) asKernel() {
	for _, o := range d.objects {
		if miimon := o.number("miimon"); miimon > 0 {
			for _, key := range []string{"updelay", "downdelay", "peer_notif_delay"} {
				d.takenAs(o, key, o.number(key)-o.number(key)%miimon)
			}
		}
		if stp := o.option("stp_state"); stp != nil && stp.value == true && o.option("forward_delay") != nil {
			d.takenAs(o, "forward_delay", min(max(o.number("forward_delay"), 200), 3000))
		}
	}
}

func (d *draft) takenAs(o *object, key string, n uint64) {
	if e := o.option(key); e != nil && n != o.number(key) {
		at := ""
		if len(e.from) > 0 {
			at = e.from[0].String() + ": "
		}
		d.advice = append(d.advice, fmt.Sprintf("%s%s %v of %s is taken as %d, as the kernel does", at, key, e.value, o.name, n))
		e.value = n
	}
}

// number is the value of an option that is a number; 0 where there is none.
func (o *object) number(key string) uint64 {
	if e := o.option(key); e != nil {
		n, _ := e.value.(uint64)
		return n
	}
	return 0
}
