package engine

import (
	"context"
	"fmt"
	"slices"

	"hostnet-module/module/plan"
	"hostnet-module/module/state"
)

// pickTries is how often a driver that says yes or no, and does not do it, is asked.
const pickTries = 3

// picks asks the drivers for what they had picked by themselves before the run: the last thing of a rollback. A member that was in use needs
// its carrier first, and the bond's monitor has to see that: this is waited for, by events, as long as for any carrier (state.AwaitMost). What cannot be had is
// told, and does not make the rollback a failed one: the network is as it was, but for a NIC that does not work any more.
func (r Runner) picks(ctx context.Context, now *state.Host, j *Journal, b *back) {
	b.short = nil // it may be the second time
	left := plan.Picks(now, j.Before, j.Steps)
	if len(left) == 0 {
		return
	}
	most, cancel := context.WithTimeout(ctx, state.AwaitMost)
	defer cancel()
	next, stop, err := r.Kernel.Watch()
	if err == nil {
		defer stop()
		left, err = r.pickAgain(ctx, func() error { return next(most) }, plan.AllNear(now, left), j, b)
	}
	if err != nil {
		b.short = append(b.short, fmt.Sprintf("what the drivers had picked could not be looked at: %v", err))
	}
	for _, p := range left {
		b.short = append(b.short, p.String())
	}
}

// pickAgain asks, looks, waits and asks again, and returns what is left.
func (r Runner) pickAgain(ctx context.Context, wait func() error, names []string, j *Journal, b *back) ([]plan.Pick, error) {
	asked := map[string]int{}
	may := func(p plan.Pick) bool { return p.Lacks == "" && asked[p.Step.String()] < pickTries }
	for {
		now, err := r.Kernel.Look(ctx, names)
		if err != nil {
			return nil, err
		}
		left, sent := plan.Picks(now, j.Before, j.Steps), false
		for _, p := range left {
			if !may(p) {
				continue
			}
			asked[p.Step.String()]++
			if done, _ := r.Kernel.Do(ctx, []state.Step{p.Step}); done > 0 {
				b.done, sent = append(b.done, p.Step), true
			}
		}
		if sent {
			continue
		}
		if !slices.ContainsFunc(left, func(p plan.Pick) bool { return p.Soon || may(p) }) || wait() != nil {
			return left, nil
		}
	}
}
