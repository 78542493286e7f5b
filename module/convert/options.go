package convert

import (
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
