package engine

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"hostnet-module/module/plan"
)

// Awaited is something that a run has waited for: what the kernel, a switch or a neighbour brings to its end after a change.
type Awaited struct {
	What    string
	Link    string
	Took    time.Duration
	Arrived bool // else the time was over
}

// await notes what was awaited. What was there at once was not.
func (out *Outcome) await(what, link string, took time.Duration, arrived bool) {
	if took >= time.Millisecond {
		out.Awaited = append(out.Awaited, Awaited{what, link, took, arrived})
	}
}

// settle waits until nothing that the steps have set off is still on its way, or has taken longer than it may; then that is a warning:
// the cable may be out, the switch may speak no LACP. An address that somebody else has is an error. It looks again at each event, at
// the first few of the links that are waited for; at all once these have come to their end.
func (x *run) settle(ctx context.Context) (err error) {
	if x.journal == nil || x.Hurry {
		return nil
	}
	w := waiting{x: x, stirred: plan.Stirred(x.before, x.out.Plan.Steps), since: map[plan.Wait]time.Time{}, given: map[plan.Wait]bool{}}
	waits, err := w.stirred.Unsettled(x.now)
	for err == nil {
		w.note(waits)
		if len(w.open) == 0 {
			return nil
		}
		first := slices.MinFunc(w.open, func(a, b plan.Wait) int { return w.end(a).Compare(w.end(b)) })
		x.note("waiting for %s of %s, %s at most", first.What, first.Link, first.Most)
		most, cancel := context.WithDeadline(ctx, w.end(first))
		err = x.events.await(ctx, most)
		cancel()
		if err == nil {
			waits, err = w.look(ctx)
		}
	}
	return err
}

// waiting is what a run is waiting for.
type waiting struct {
	x       *run
	stirred *plan.Settling
	since   map[plan.Wait]time.Time // each from when it could begin: no address is checked before there is carrier
	open    []plan.Wait
	given   map[plan.Wait]bool // up
}

func (w *waiting) end(wait plan.Wait) time.Time { return w.since[wait].Add(wait.Most) }

// note takes what is still on its way: what was open and is not among it has arrived, what takes too long is given up.
func (w *waiting) note(waits []plan.Wait) {
	now, still := time.Now(), make(map[plan.Wait]bool, len(waits))
	for _, wait := range waits {
		still[wait] = true
	}
	for _, wait := range w.open {
		if !still[wait] {
			w.x.out.await(wait.What, wait.Link, now.Sub(w.since[wait]), true)
		}
	}
	w.open = nil
	for _, wait := range waits {
		if w.since[wait].IsZero() {
			w.since[wait] = now
		}
		switch took := now.Sub(w.since[wait]); {
		case w.given[wait]:
		case took < wait.Most:
			w.open = append(w.open, wait)
		default:
			w.given[wait] = true
			w.x.out.await(wait.What, wait.Link, took, false)
			w.x.out.Warnings = append(w.x.out.Warnings, fmt.Sprintf("%s: still without %s after %s", wait.Link, wait.What, took.Round(100*time.Millisecond)))
		}
	}
}

// followed is how many of the links that are waited for are looked at after an event.
const followed = 8

// look finds out what is still on its way. Where many links are waited for it follows a few; at the others it looks when these have
// arrived, or are given up.
func (w *waiting) look(ctx context.Context) (waits []plan.Wait, err error) {
	x, names := w.x, map[string]bool{}
	for _, wait := range w.open[:min(followed, len(w.open))] {
		for name := range plan.Near(x.now, wait.Link) {
			names[name] = true
		}
	}
	if len(names)*part <= max(len(x.before.Links), len(x.now.Links)) {
		some, err := x.Kernel.Look(ctx, slices.Sorted(maps.Keys(names)))
		if err == nil {
			waits, err = w.stirred.Unsettled(some)
		}
		if err != nil {
			return nil, fmt.Errorf("look at the network while it settles: %w", err)
		}
		if slices.ContainsFunc(waits, func(wait plan.Wait) bool { return !w.given[wait] }) {
			return slices.Concat(waits, slices.DeleteFunc(slices.Clone(w.open), func(wait plan.Wait) bool { return names[wait.Link] })), nil
		}
	}
	if x.now, err = x.Kernel.Snapshot(ctx); err != nil {
		return nil, fmt.Errorf("look at the network while it settles: %w", err)
	}
	x.partly = false
	return w.stirred.Unsettled(x.now)
}
