package engine

import (
	"context"
	"fmt"
	"slices"
	"time"

	"hostnet-module/module/plan"
	"hostnet-module/module/state"
)

// rollbackTime bounds a rollback. It runs to its end even if the caller has gone.
const rollbackTime = 2 * time.Minute

// rollBack plans from what is now to what was before, and does that. A step that the kernel refuses twice is given up and
// the others go on; what is then still missing is told.
func (r Runner) rollBack(ctx context.Context, before *state.Host, out *Outcome) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTime)
	defer cancel()
	r.note("putting everything back")
	refused := map[string]int{}
	for range rollbackRounds {
		steps, err := r.wayBack(ctx, before, out.Plan.Steps)
		if err != nil {
			out.NotRestored = append(out.NotRestored, fmt.Sprintf("no way back was found: %v", err))
			return
		}
		open := slices.DeleteFunc(slices.Clone(steps), func(s state.Step) bool { return refused[s.String()] >= 2 })
		if len(open) == 0 {
			out.RolledBack = len(steps) == 0
			for _, s := range steps {
				out.NotRestored = append(out.NotRestored, s.String())
			}
			return
		}
		if done, err := r.Kernel.Do(ctx, open); err != nil && done < len(open) {
			refused[open[done].String()]++
		}
	}
	out.NotRestored = append(out.NotRestored, "the network would not settle")
}

const rollbackRounds = 64

// wayBack are the steps that are left until everything is as before.
func (r Runner) wayBack(ctx context.Context, before *state.Host, done []state.Step) ([]state.Step, error) {
	now, err := r.Kernel.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	return plan.Retrace(now, plan.Back(now, before, done))
}
