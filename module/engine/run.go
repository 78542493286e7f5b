package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"hostnet-module/module/persist"
	"hostnet-module/module/plan"
	"hostnet-module/module/spec"
	"hostnet-module/module/state"
	"hostnet-module/module/store"
)

// Runner carries documents out on one host.
type Runner struct {
	Kernel   Kernel
	Dir      store.Dir                               // the run-time folder of this network namespace: record and lock
	Lasting  store.Dir                               // the folder of a journal that is to outlive a boot; "": Dir, the network does not outlive it either
	Check    bool                                    // stop at the plan and send the kernel nothing
	LockWait time.Duration                           // how long to wait for another run; 0: LockWait
	Note     func(what string)                       // told what the run is about to do; may be nil
	Guard    Guards                                  // starts a guardian; nil: a process of its own
	Attempt  func(context.Context, spec.Probe) error // asks a probe that is no gateway, once; nil: probe.Attempt
	Hurry    bool                                    // do not wait for what the change sets off: at boot that is a unit of its own
	Boot     *persist.Host                           // where to keep what comes back at boot; nil: nothing does
	Progress func(Progress)                          // told of each piece of a large plan; may be nil
	Root     fs.FS                                   // the host's files, in which other managers of the network are looked for; nil: nobody looks

	ready func() // as in Call
	begun *ahead // a look that is being taken already; nil: none
}

// LockWait is how long a run waits for another one to end, where nobody says otherwise.
const LockWait = 30 * time.Second

// run is one run in the making. Its phases follow each other in Run; each leaves here what the later ones need.
type run struct {
	Runner
	doc       *spec.Document
	last      record          // what earlier runs set
	news      plan.Changes    // what this one changes of that
	before    *state.Host     // the host as it was
	taken     time.Duration   // when that was looked at
	journal   *Journal        // on disk while the run is not settled; nil: nothing is to be sent
	keep      *persist.Plan   // what is to come back at boot; nil: nothing of it
	guardian  Guardian        // of a run that is to be confirmed; nil: none
	reached   map[string]bool // the probes that were answered before the change
	concerned map[string]bool // the links to which the steps may do something
	now       *state.Host     // the host after the change, as it was last looked at
	partly    bool            // now holds only the links that the steps may have done something to
	events    events          // of changes, from the last step on
	out       Outcome
}

// Run makes the host what the document says, or leaves it as it was.
func (r Runner) Run(ctx context.Context, doc *spec.Document) Outcome {
	if !r.Check {
		unlock, err := r.lock(ctx)
		if err != nil {
			return Outcome{Failed: err}
		}
		defer unlock()
	}
	x := &run{Runner: r, doc: doc}
	defer func() { x.events.close() }()
	for _, phase := range []func(context.Context) error{x.recovery, x.look} {
		if err := phase(ctx); err != nil || len(x.out.Problems) > 0 {
			x.out.Failed = err
			return x.out
		}
	}
	if r.Check {
		return x.out
	}
	if len(x.out.Plan.Steps) > 0 {
		x.probeBefore(ctx)
		if err := x.begin(); err != nil {
			x.out.Failed = err
			return x.out
		}
		x.out.Applied = true
	}
	for _, phase := range []func(context.Context) error{x.apply, x.verify, x.settle, x.probe, x.compare, x.store} {
		if err := guarded(func() error { return phase(ctx) }); err != nil {
			x.out.Failed = err
			x.back(ctx)
			return x.out
		}
	}
	return x.out
}

// recovery sees to what an earlier run has left unsettled.
func (x *run) recovery(ctx context.Context) (err error) {
	x.out.Recovered, err = x.recover(ctx)
	for _, r := range x.out.Recovered {
		x.out.Warnings = append(x.out.Warnings, r.String())
	}
	return err
}

// look observes the host and plans.
func (x *run) look(ctx context.Context) (err error) {
	if err := x.modules(ctx, x.doc); err != nil {
		return err
	}
	var damage []string
	if x.last, damage, err = x.remembered(); err != nil {
		return err
	}
	if x.before, x.taken, err = x.snapshot(ctx); err != nil {
		return fmt.Errorf("look at the network: %w", err)
	}
	x.Kernel.Drifting(x.before, plan.Adopted(x.doc, x.before, x.last.Last))
	lacking := x.lacking(x.doc, x.before)
	p, problems, err := plan.Make(x.doc, x.before, x.last.Last)
	if err == nil && len(problems) == 0 {
		p, problems, err = x.deepen(ctx, p)
	}
	faults, notes := x.planBoot()
	if x.out.Problems = slices.Concat(lacking, problems, faults); err != nil || len(x.out.Problems) > 0 {
		return err
	}
	x.out.Plan = p
	x.out.Warnings = slices.Concat(x.out.Warnings, damage, p.Warnings, x.conflicts(x.doc, x.before, p), notes)
	if x.keep != nil {
		p.Objects = append(p.Objects, x.keep.Object)
	}
	x.news = plan.Record(x.doc, x.before, x.last.Last, p)
	return nil
}

// begin writes the journal: from here on the run is undone by whoever finds it unsettled.
func (x *run) begin() (err error) {
	var warning string
	x.concerned = plan.Concerned(x.before, x.out.Plan.Steps)
	before := x.before.Only(x.concerned)
	before.Routes = slices.DeleteFunc(slices.Clone(before.Routes), state.Route.Kernel) // one for each link that speaks IPv6, and nobody brings them back
	x.journal, warning, err = x.open(x.doc, before, x.taken, x.out.Plan, x.last.Undo(x.news, x.concerned), x.keep)
	if warning != "" {
		x.out.Warnings = append(x.out.Warnings, warning)
	}
	if err == nil && x.doc.ConfirmTimeout > 0 {
		err = x.guard()
	}
	return err
}

// apply sends the steps.
func (x *run) apply(ctx context.Context) error {
	steps := x.out.Plan.Steps
	if len(steps) == 0 {
		return nil
	}
	x.note("%d steps; to put everything back would take %s at most", len(steps), RollbackTime(len(steps)).Round(time.Second))
	return x.do(ctx, steps, &x.out)
}

// store notes what is set now, and what is to come back at boot, and closes the journal: with that, and in this one moment, both are the ones to
// keep. A run that is to be confirmed goes into the hands of its guardian, which does it then.
func (x *run) store(context.Context) error {
	if x.guardian != nil {
		return x.hand()
	}
	if err := x.remember(x.last, x.news); err != nil {
		x.out.Warnings = append(x.out.Warnings, unnoted(err))
	}
	x.keepForBoot()
	if x.journal != nil {
		if err := x.journal.close(); err != nil {
			return fmt.Errorf("the run could not be settled, the next one would have undone it: %w", err)
		}
	}
	return nil
}

// back brings back what was before the run.
func (x *run) back(ctx context.Context) {
	if x.journal == nil {
		return
	}
	b := x.putBack(ctx, x.journal)
	x.out.RolledBack, x.out.NotRestored = b.whole(), b.missing
	x.out.Warnings = append(x.out.Warnings, b.short...)
	x.standDown()
}

func unnoted(err error) string {
	return fmt.Sprintf("what was applied could not be noted (%v): a later run will not remove what this one set", err)
}

func (r Runner) note(format string, args ...any) {
	if r.Note != nil {
		r.Note(fmt.Sprintf(format, args...))
	}
}

// lock keeps other runs out.
func (r Runner) lock(ctx context.Context) (func(), error) {
	wait := r.LockWait
	if wait == 0 {
		wait = LockWait
	}
	holder := fmt.Sprintf("pid %d since %s: %s", os.Getpid(), time.Now().Format(time.DateTime), strings.Join(os.Args, " "))
	if r.ready != nil {
		r.ready()
	}
	if r.Lasting != "" && !r.Hurry { // a boot does without (folders)
		if err := r.Lasting.Shared(); err != nil {
			return nil, err
		}
	}
	if s := r.begun.seized(); s != nil {
		return s.Lock(holder)
	}
	unlock, err := r.Dir.Lock(ctx, wait, holder)
	if errors.Is(err, fs.ErrPermission) {
		return nil, fmt.Errorf("%w: changing the network needs root (CAP_NET_ADMIN): sudo, or `become: true` in Ansible; check mode works without", err)
	}
	return unlock, err
}

// do sends the steps. An announcement that cannot be sent is told and changes nothing: neighbours find out a little later. So is what no document
// says and cannot be put back.
func (r Runner) do(ctx context.Context, steps []state.Step, out *Outcome) error {
	for len(steps) > 0 {
		done, err := r.send(ctx, steps, out)
		if err == nil {
			return nil
		}
		what := "neighbours were not told"
		switch {
		case ctx.Err() != nil || done >= len(steps) || steps[done].Op != state.Announce && !plan.Spare(steps[done]):
			return err
		case steps[done].Op != state.Announce:
			what = steps[done].Link + " has lost something that could not be put back"
		}
		out.Warnings = append(out.Warnings, fmt.Sprintf("%s: %v", what, err))
		steps = steps[done+1:]
	}
	return nil
}
