package engine

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"hostnet-module/module/plan"
	"hostnet-module/module/spec"
	"hostnet-module/module/state"
)

// deepen looks for what the links that a plan disturbs may lose and no snapshot tells, and if there is anything plans again, with that in
// mind. What could not be looked at is told: it is no reason to refuse a run.
func (x *run) deepen(ctx context.Context, p *plan.Plan) (*plan.Plan, []spec.Problem, error) {
	depths := plan.Losing(x.before, p.Steps)
	if len(depths) == 0 {
		return p, nil, nil
	}
	if err := x.Kernel.Extras(ctx, x.before, depths); err != nil {
		x.out.Warnings = append(x.out.Warnings, fmt.Sprintf("settings, neighbours and the like of %s could not be looked at, and will not be put back: %v", names(depths), err))
		return p, nil, nil
	}
	if len(plan.HasExtras(x.before)) == 0 {
		return p, nil, nil
	}
	return plan.Make(x.doc, x.before, x.last.Last)
}

func names(depths map[string]state.Depth) string {
	return joined(slices.Sorted(maps.Keys(depths)), 3)
}

// compare looks whether links have what they had before the run and no document says. What is not there is told, and the run is kept all the same.
func (x *run) compare(ctx context.Context) error {
	if x.journal == nil {
		return nil
	}
	depths := plan.HasExtras(x.out.Plan.Target)
	if len(depths) == 0 {
		return nil
	}
	now, err := x.Kernel.Look(ctx, slices.Sorted(maps.Keys(depths)))
	if err == nil {
		err = x.Kernel.Extras(ctx, now, depths)
	}
	if err != nil {
		x.out.Warnings = append(x.out.Warnings, fmt.Sprintf("whether %s have their settings, neighbours and the like again could not be looked at: %v", names(depths), err))
		return nil
	}
	for _, lost := range plan.Lost(now, x.out.Plan.Target) {
		told := func(w string) bool { return strings.Contains(w, lost) }
		if !slices.ContainsFunc(x.out.Warnings, told) {
			x.out.Warnings = append(x.out.Warnings, "lost, and could not be put back: "+lost)
		}
	}
	return nil
}

// deepen is the host now with what is known of it before beside what a snapshot tells, to be compared with that.
func (r Runner) deepen(ctx context.Context, now, before *state.Host) error {
	depths := plan.HasExtras(before)
	if len(depths) == 0 {
		return nil
	}
	return r.Kernel.Extras(ctx, now, depths)
}
