package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"hostnet-module/module/plan"
	"hostnet-module/module/spec"
	"hostnet-module/module/state"
	"hostnet-module/module/store"
)

// Runner carries documents out on one host.
type Runner struct {
	Kernel   Kernel
	Dir      store.Dir         // the run-time folder of this network namespace: record and lock
	Check    bool              // stop at the plan and send the kernel nothing
	LockWait time.Duration     // how long to wait for another run; 0: LockWait
	Note     func(what string) // told what the run is about to do; may be nil
	Root     fs.FS             // the host's files, in which other managers of the network are looked for; nil: nobody looks
}

// LockWait is how long a run waits for another one to end, where nobody says otherwise.
const LockWait = 30 * time.Second

// applied is the file that holds the record of what earlier runs set.
const applied = "applied.json"

// Run makes the host what the document says, or leaves it as it was.
func (r Runner) Run(ctx context.Context, doc *spec.Document) Outcome {
	if doc.ConfirmTimeout > 0 || len(doc.Probes) > 0 {
		return Outcome{Failed: errors.New("confirm_timeout and probes: not in this build yet")}
	}
	if !r.Check {
		unlock, err := r.lock(ctx)
		if err != nil {
			return Outcome{Failed: err}
		}
		defer unlock()
	}
	if err := r.modules(ctx, doc); err != nil {
		return Outcome{Failed: err}
	}
	last, damage := r.remembered()
	before, err := r.Kernel.Snapshot(ctx)
	if err != nil {
		return Outcome{Failed: fmt.Errorf("look at the network: %w", err)}
	}
	lacking := r.lacking(doc, before)
	p, problems, err := plan.Make(doc, before, last)
	if problems = append(lacking, problems...); err != nil || len(problems) > 0 {
		return Outcome{Failed: err, Problems: problems}
	}
	out := Outcome{Plan: p, Warnings: slices.Concat(damage, p.Warnings, r.conflicts(doc, before, p))}
	if r.Check {
		return out
	}
	next := plan.Record(doc, before, last, p)
	if len(p.Steps) > 0 {
		out.Applied = true
		r.note("%d steps", len(p.Steps))
		if err := guarded(func() error { return r.carryOut(ctx, doc, p, next, &out) }); err != nil {
			out.Failed = err
			r.rollBack(ctx, before, &out)
			return out
		}
	}
	if err := r.remember(last, next); err != nil {
		out.Warnings = append(out.Warnings, fmt.Sprintf("what was applied could not be noted (%v): a later run will not remove what this one set", err))
	}
	return out
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
	unlock, err := r.Dir.Lock(ctx, wait, holder)
	if errors.Is(err, fs.ErrPermission) {
		return nil, fmt.Errorf("%w: changing the network needs root (CAP_NET_ADMIN): sudo, or `become: true` in Ansible; check mode works without", err)
	}
	return unlock, err
}

// modules makes sure that the kernel knows the kinds of links that the document wants. In check mode it only looks.
func (r Runner) modules(ctx context.Context, doc *spec.Document) error {
	var names []string
	for _, o := range doc.Objects {
		if name := o.Kind.Module; name != "" && !o.Absent && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if missing := r.Kernel.Missing(names); len(missing) > 0 {
		return &MissingModules{missing}
	}
	if r.Check {
		return nil
	}
	if err := r.Kernel.Load(ctx, names); err != nil {
		return fmt.Errorf("%w; %s", err, modulesHelp)
	}
	return nil
}

// lacking reports the options that the running kernel does not have. It would take them, and ignore them.
func (r Runner) lacking(doc *spec.Document, has *state.Host) []spec.Problem {
	var problems []spec.Problem
	for _, o := range plan.Recents(doc, has) {
		if !r.Kernel.Has(o.Module, o.Since.Release, o.Since.Name) {
			problems = append(problems, spec.Problem{Path: o.Path, Err: spec.ErrHost, Hint: "leave it out, or run a newer kernel", Message: fmt.Sprintf(
				"%q: this kernel (%s) does not have the option; it came with Linux %s", o.Row.Text(o.Value), r.Kernel.Release(), o.Since.Release)})
		}
	}
	return problems
}

// MissingModules says which kernel modules the host lacks.
type MissingModules struct{ Names []string }

const modulesHelp = "install the kernel's full set of modules (Debian: linux-image-amd64; Ubuntu: linux-modules-extra-*; RHEL: kernel-modules)"

func (e *MissingModules) Error() string {
	return fmt.Sprintf("this kernel lacks the module%s %s: %s, or try: modprobe %s",
		map[bool]string{true: "s"}[len(e.Names) > 1], strings.Join(e.Names, ", "), modulesHelp, e.Names[0])
}

// carryOut applies a plan and looks whether the host then is as the document says.
func (r Runner) carryOut(ctx context.Context, doc *spec.Document, p *plan.Plan, next plan.Last, out *Outcome) error {
	if err := r.do(ctx, p.Steps, out); err != nil {
		return err
	}
	r.note("looking whether it holds")
	for try := range looks {
		missing, err := r.missing(ctx, doc, next)
		if err != nil || len(missing) == 0 {
			return err
		}
		if try == looks-1 {
			return &NotKept{missing}
		}
		// What follows from a step may come a moment later: Linux 7 raises the VLANs of a link that has come up in its own time.
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(lookAgain):
		}
	}
	return nil
}

// How often the result is looked at until all of it holds, and the time between two looks.
const (
	looks     = 4
	lookAgain = 50 * time.Millisecond
)

// missing are the steps that a fresh look finds still to be done.
func (r Runner) missing(ctx context.Context, doc *spec.Document, next plan.Last) ([]state.Step, error) {
	now, err := r.Kernel.Snapshot(ctx)
	if err != nil {
		return nil, fmt.Errorf("look at the network after the change: %w", err)
	}
	again, problems, err := plan.Make(doc, now, next)
	switch {
	case err != nil:
		return nil, fmt.Errorf("check of the result: %w", err)
	case len(problems) > 0:
		return nil, fmt.Errorf("check of the result: %w", spec.Problems(problems))
	}
	return again.Steps, nil
}

// do sends the steps. An announcement that cannot be sent is told and changes nothing: neighbours find out a little later.
func (r Runner) do(ctx context.Context, steps []state.Step, out *Outcome) error {
	for len(steps) > 0 {
		done, err := r.Kernel.Do(ctx, steps)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil || done >= len(steps) || steps[done].Op != state.Announce {
			return err
		}
		out.Warnings = append(out.Warnings, fmt.Sprintf("neighbours were not told: %v", err))
		steps = steps[done+1:]
	}
	return nil
}

// NotKept says that the kernel took the steps and the host still is not as planned.
type NotKept struct{ Steps []state.Step }

func (e *NotKept) Error() string {
	return fmt.Sprintf("the kernel took every step, but not all of it holds; still missing: %s", lines(e.Steps, 3))
}

// lines joins the first few steps.
func lines(steps []state.Step, most int) string {
	var words []string
	for _, s := range steps[:min(len(steps), most)] {
		words = append(words, s.String())
	}
	if n := len(steps) - most; n > 0 {
		words = append(words, fmt.Sprintf("and %d more", n))
	}
	return strings.Join(words, "; ")
}

// remembered reads what earlier runs set. A record that cannot be read is none, which is told: what earlier runs set is then
// taken for somebody else's.
func (r Runner) remembered() (last plan.Last, damage []string) {
	data, err := r.Dir.Read(applied)
	if err == nil && data != nil {
		err = json.Unmarshal(data, &last)
	}
	if err != nil {
		damage = []string{fmt.Sprintf("the record of earlier runs, %s/%s, cannot be read (%v): what they set is left where the document does not list it", r.Dir, applied, err)}
	}
	if err != nil || last == nil {
		last = plan.Last{}
	}
	return last, damage
}

// remember writes what is set now, if that is news.
func (r Runner) remember(last, next plan.Last) error {
	was, err := json.Marshal(last)
	if err != nil {
		return err
	}
	is, err := json.Marshal(next)
	if err != nil || string(was) == string(is) {
		return err
	}
	return r.Dir.Write(applied, is)
}
