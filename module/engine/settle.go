package engine

import (
	"context"
	"fmt"
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
// the cable may be out, the switch may speak no LACP. An address that somebody else has is an error. It looks again at each event.
func (x *run) settle(ctx context.Context) (err error) {
	if x.journal == nil || x.Hurry {
		return nil
	}
	since := map[plan.Wait]time.Time{} // each from when it could begin: no address is checked before there is carrier
	var open []plan.Wait
	given := map[plan.Wait]bool{} // up
	for {
		waits, err := plan.Unsettled(x.before, x.now, x.out.Plan.Steps)
		if err != nil {
			return err
		}
		now := time.Now()
		for _, w := range open {
			if !slices.Contains(waits, w) {
				x.out.await(w.What, w.Link, now.Sub(since[w]), true)
			}
		}
		open = nil
		for _, w := range waits {
			if since[w].IsZero() {
				since[w] = now
			}
			switch took := now.Sub(since[w]); {
			case given[w]:
			case took < w.Most:
				open = append(open, w)
			default:
				given[w] = true
				x.out.await(w.What, w.Link, took, false)
				x.out.Warnings = append(x.out.Warnings, fmt.Sprintf("%s: still without %s after %s", w.Link, w.What, took.Round(100*time.Millisecond)))
			}
		}
		if len(open) == 0 {
			return nil
		}
		end := func(w plan.Wait) time.Time { return since[w].Add(w.Most) }
		first := slices.MinFunc(open, func(a, b plan.Wait) int { return end(a).Compare(end(b)) })
		x.note("waiting for %s of %s, %s at most", first.What, first.Link, first.Most)
		most, cancel := context.WithDeadline(ctx, end(first))
		err = x.events.await(ctx, most)
		cancel()
		if err != nil {
			return err
		}
		if x.now, err = x.Kernel.Snapshot(ctx); err != nil {
			return fmt.Errorf("look at the network while it settles: %w", err)
		}
	}
}
