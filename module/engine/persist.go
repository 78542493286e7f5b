package engine

import (
	"fmt"

	"hostnet-module/module/plan"
	"hostnet-module/module/spec"
)

// planBoot plans what is to come back at boot. Silence is taken for a yes on the host's own network, which alone is set up at boot, unless
// that was switched off.
func (x *run) planBoot() (problems []spec.Problem, notes []string) {
	said := x.doc.Persist != nil
	switch {
	case x.Boot == nil, said && !*x.doc.Persist, !said && x.Boot.Off():
		return nil, nil
	case !x.Kernel.Home() && said:
		return nil, []string{"persist: this is not the host's own network namespace, which alone is set up at boot: nothing is kept for it"}
	case !x.Kernel.Home():
		x.note("not the host's own network namespace: nothing is kept for the next boot")
		return nil, nil
	}
	boot := *x.Boot
	boot.Known = x.Dir
	if x.keep, problems = boot.Make(x.doc); len(problems) > 0 {
		return problems, nil
	}
	return nil, x.keep.Warnings
}

// keepForBoot writes what is to come back at boot. It is the last thing that a run does before it is settled: only what holds comes back, and
// whoever undoes the run writes back the document from before it.
func (x *run) keepForBoot() {
	if x.keep == nil {
		return
	}
	if !x.keep.Changed() {
		x.keep.Note()
		return
	}
	x.note("noting it for the next boot")
	err := x.keep.Do()
	if err == nil {
		return
	}
	own := &x.out.Plan.Objects[len(x.out.Plan.Objects)-1]
	own.Action, own.Differences, own.States = plan.None, nil, nil
	if x.doc.Persist == nil {
		x.out.Warnings = append(x.out.Warnings, fmt.Sprintf("this does not come back at boot: %v (persist: false says that it need not)", err))
		return
	}
	x.out.Failed = fmt.Errorf("the network is as the document says, but does not come back at boot: %w", err)
}
