package convert

import (
	"fmt"
	"slices"
	"strconv"

	"hostnet-module/module/kind"
)

// timers has the forward delays of bridges as bridge-utils leaves them: it turns spanning tree on before it sets the delay, and the kernel then
// refuses one that spanning tree does not have (br_stp.c, br_set_forward_delay). ifupdown2 says both at once.
func (e *eni) timers() {
	for _, o := range e.objects {
		delay, stp := o.option("forward_delay"), o.option("stp_state")
		if e.two || o.kind != kind.Bridge || delay == nil || stp == nil || !outside(delay) {
			continue
		}
		before := slices.Index(o.options, delay) < slices.Index(o.options, stp) && e.byCommand(delay)
		if on, ok := onOff(o.text("stp_state")); ok && on == "true" && !before {
			e.discard(delay, "bridge-utils turns spanning tree on first, and the kernel then takes 2 to 30 seconds only, so that the delay stays as it is, 15 seconds on a new bridge; say 2 or more")
		}
	}
}

// byCommand tells whether a value is of a command, and not of an option.
func (e *eni) byCommand(one *entry) bool {
	for _, s := range e.stanzas {
		for _, o := range s.Options {
			if o.Pos == one.from[0] {
				return hook[normal(o.Key)]
			}
		}
	}
	return false
}

// The kernel's bounds of a forward delay while spanning tree is on, in hundredths of a second (br_private_stp.h).
const (
	leastDelay = 200
	mostDelay  = 3000
)

func outside(delay *entry) bool {
	n, err := strconv.Atoi(fmt.Sprint(delay.value))
	return err == nil && (n < leastDelay || n > mostDelay)
}

// kernelRounds puts the values in the place of others that the kernel does: a forward delay that spanning tree does not have, when
// both come at once (br_stp_if.c, br_stp_start); delays of a bond that are no multiple of its miimon (bond_options.c).
func (d *draft) kernelRounds() {
	for _, o := range d.objects {
		if delay := o.option("forward_delay"); o.kind == kind.Bridge && delay != nil && outside(delay) {
			if on, ok := onOff(fmt.Sprint(o.valueOf("stp_state"))); ok && on == "true" {
				n, _ := strconv.Atoi(fmt.Sprint(delay.value))
				d.round(o, delay, min(max(n, leastDelay), mostDelay), "hundredths of a second, as spanning tree is on")
			}
		}
		miimon, err := strconv.Atoi(fmt.Sprint(o.valueOf("miimon")))
		if o.kind != kind.Bond || err != nil || miimon <= 0 {
			continue
		}
		for _, key := range []string{"updelay", "downdelay", "peer_notif_delay"} {
			e := o.option(key)
			if e == nil {
				continue
			}
			if n, err := strconv.Atoi(fmt.Sprint(e.value)); err == nil && n > 0 && n%miimon != 0 {
				d.round(o, e, n/miimon*miimon, fmt.Sprintf("ms, a multiple of miimon %d", miimon))
			}
		}
	}
}

// valueOf is the value of an option, "" where there is none.
func (o *object) valueOf(key string) any {
	if e := o.option(key); e != nil {
		return e.value
	}
	return ""
}

func (d *draft) round(o *object, e *entry, n int, what string) {
	d.advice = append(d.advice, fmt.Sprintf("%s: %s %v of %s: the kernel makes %d of it (%s)", e.from[0], e.key, e.value, o.name, n, what))
	e.value = strconv.Itoa(n)
}
