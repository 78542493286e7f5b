// Package report is what a caller is told: the Result of a run, and its renderings: JSON for programs, text and a tree for
// people. It decides wording and order, and knows neither the kernel nor who asked.
package report

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"hostnet-module/module/engine"
	"hostnet-module/module/plan"
	"hostnet-module/module/spec"
)

// Result is the one object on standard output. The keys stand in this order; none is ever called rc, results, stdout or
// stderr, which Ansible gives a meaning of its own. Lists are never null.
type Result struct {
	Changed     bool       `json:"changed"`
	Failed      bool       `json:"failed,omitempty"`
	Msg         string     `json:"msg"` // one sentence
	Objects     []Object   `json:"objects"`
	Steps       []string   `json:"steps"`            // iproute2 lines
	Counts      Counts     `json:"counts,omitempty"` // with `result: summary`, in place of objects, steps and diff
	Waves       []string   `json:"waves,omitempty"`  // what was sent, how often and how long it took; with -v, of large plans
	Diff        []Diff     `json:"diff,omitempty"`
	Document    *Document  `json:"document,omitempty"` // of `state: gathered`
	Network     Network    `json:"network,omitempty"`  // with it: what runs, as data
	Left        []Left     `json:"left,omitempty"`     // of a conversion: what could not be taken over
	Problems    []Problem  `json:"problems,omitempty"` // of a refused document
	Confirm     *Confirm   `json:"confirm,omitempty"`  // the change waits to be confirmed
	Probes      []Probe    `json:"probes,omitempty"`
	Awaited     []Awaited  `json:"awaited,omitempty"` // what was not there at once after the change
	Warnings    []string   `json:"warnings"`
	RolledBack  bool       `json:"rolled_back"`
	NotRestored []string   `json:"not_restored,omitempty"` // what the rollback could not bring back
	Recovered   []Earlier  `json:"recovered,omitempty"`    // what earlier runs had left unsettled, and what became of it
	Exception   string     `json:"exception,omitempty"`    // the stack of a panic
	Invocation  Invocation `json:"invocation,omitempty"`   // the task's arguments, where Ansible wants them back

	check bool
}

// Counts tells how many objects there are, by their kind and by what happens to them: {"bridge": {"create": 4094}}.
type Counts map[string]map[string]int

// Invocation is {"module_args": …}; nil: not asked for.
type Invocation map[string]any

// Document is a document in the result, with its keys in order.
type Document struct{ spec.Tree }

// MarshalJSON keeps the order of the keys.
func (d Document) MarshalJSON() ([]byte, error) { return d.JSON(), nil }

// Object is what happened to one declared object. Changed says what is so now: after a rollback an object with an action
// is unchanged.
type Object struct {
	Kind        string          `json:"kind"`
	Name        string          `json:"name"`
	Changed     bool            `json:"changed"`
	Action      plan.Action     `json:"action"`
	Disruption  plan.Disruption `json:"disruption"`
	Touches     []string        `json:"touches,omitempty"` // ports of others that the disruption touches
	Differences []Difference    `json:"differences"`       // of one that comes or goes: made when it is written

	planned *plan.Object
}

// differences are all of them.
func (o *Object) differences() []Difference {
	if o.planned == nil {
		return o.Differences
	}
	return o.planned.Told()
}

// write lets go of the differences when they are written: those of thousands of objects are never in memory together.
func (o *Object) write(p *printer) {
	if told := o.differences(); len(told) > 0 {
		whole := *o
		whole.Differences, o = told, &whole
	}
	p.object(reflect.ValueOf(o).Elem())
}

// Difference is one attribute; null: not there.
type Difference = plan.Difference

// Problem is one fault of a document. Line and Column count from 1; 0: unknown.
type Problem struct {
	Path    string `json:"path"`
	Message string `json:"message"`
	Hint    string `json:"hint"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
}

// Earlier is an earlier run that had not come to its end.
type Earlier struct {
	ID          string                `json:"id,omitempty"`      // not known where its journal is damaged
	Started     string                `json:"started,omitempty"` // RFC 3339
	Command     string                `json:"command,omitempty"`
	Journal     string                `json:"journal"` // where its journal lay
	Found       string                `json:"found"`
	Action      engine.RecoveryAction `json:"action"`
	Steps       []string              `json:"steps"` // what was sent to undo it
	NotRestored []string              `json:"not_restored"`
}

func earlier(list []engine.Recovered) (out []Earlier) {
	for _, r := range list {
		e := Earlier{ID: r.ID, Command: r.Command, Journal: r.Path, Found: r.Found, Action: r.Action,
			Steps: append([]string{}, r.Steps...), NotRestored: append([]string{}, r.Missing...)}
		if !r.Started.IsZero() {
			e.Started = r.Started.Format(time.RFC3339)
		}
		out = append(out, e)
	}
	return out
}

// undid tells whether the network was changed by undoing earlier runs.
func undid(list []engine.Recovered) bool {
	return slices.ContainsFunc(list, func(r engine.Recovered) bool { return len(r.Steps) > 0 })
}

// Probe is one probe and what became of it.
type Probe struct {
	Probe    string `json:"probe"`
	Answered bool   `json:"answered"`
	Before   bool   `json:"answered_before"` // the change
	Attempts int    `json:"attempts"`
	MS       int64  `json:"ms"` // until the answer, or until the time was over
	Instead  string `json:"instead,omitempty"`
}

// Awaited is something that the kernel, a switch or a neighbour brought to its end after the change.
type Awaited struct {
	What    string `json:"what"`
	Link    string `json:"link"`
	MS      int64  `json:"ms"`
	Arrived bool   `json:"arrived"` // else the time was over
}

// Asked is how the caller wants a run to be told.
type Asked struct {
	Check bool // nothing was sent: say what would have happened
	Diff  bool // include the objects' state before and after
	Waves bool // tell what was sent, sort by sort

	Summary bool // counts in place of objects, steps and diff
}

// From tells an outcome.
func From(out engine.Outcome, asked Asked) *Result {
	if len(out.Problems) > 0 {
		r := Refused(out.Problems, nil)
		r.Warnings = append(r.Warnings, out.Warnings...)
		r.Recovered, r.Changed = earlier(out.Recovered), undid(out.Recovered)
		return r
	}
	if out.Gathered != nil {
		return Gathered(out.Gathered)
	}
	r := empty()
	r.check = asked.Check
	if fault := (*engine.Panic)(nil); errors.As(out.Failed, &fault) {
		r.Exception = string(fault.Stack)
	}
	r.RolledBack = out.RolledBack
	r.NotRestored = out.NotRestored
	r.Warnings = append(r.Warnings, out.Warnings...)
	r.Failed = out.Failed != nil
	r.takeWaits(out)
	lasting := !r.Failed || out.Applied && !out.RolledBack
	if p := out.Plan; p != nil {
		r.takePlan(p, lasting, asked.Diff)
		r.Changed = lasting && (p.Changed() || len(p.Steps) > 0)
	} else {
		r.Changed = r.Failed && lasting
	}
	r.Recovered = earlier(out.Recovered)
	r.Changed = r.Changed || undid(out.Recovered)
	if r.Failed {
		r.Msg = failure(out)
	} else {
		r.Msg = r.summary()
	}
	for _, w := range out.Waves {
		if asked.Waves {
			r.Waves = append(r.Waves, w.String())
		}
	}
	if asked.Summary {
		r.sumUp()
	}
	if out.Confirm != nil {
		r.Confirm = confirm(*out.Confirm)
		r.Msg += "; " + r.Confirm.sentence()
	}
	return r
}

// sumUp leaves counts of what a large document has become. What failed, and what is to be warned of, stays.
func (r *Result) sumUp() {
	r.Counts = Counts{}
	for _, o := range r.Objects {
		if r.Counts[o.Kind] == nil {
			r.Counts[o.Kind] = map[string]int{}
		}
		r.Counts[o.Kind][string(o.Action)]++
	}
	r.Objects, r.Steps, r.Diff = []Object{}, []string{}, nil
}

// takeWaits tells what the run has waited for.
func (r *Result) takeWaits(out engine.Outcome) {
	for _, p := range out.Probes {
		r.Probes = append(r.Probes, Probe{p.Probe, p.Answered, p.Before, p.Attempts, p.Took.Milliseconds(), p.Instead})
	}
	for _, a := range out.Awaited {
		r.Awaited = append(r.Awaited, Awaited{a.What, a.Link, a.Took.Milliseconds(), a.Arrived})
	}
}

func (r *Result) takePlan(p *plan.Plan, lasting, diff bool) {
	r.Objects, r.Steps = slices.Grow(r.Objects, len(p.Objects)), slices.Grow(r.Steps, len(p.Steps))
	for i := range p.Objects {
		o := &p.Objects[i]
		r.Objects = append(r.Objects, object(o, lasting))
		if diff && o.Action != plan.None {
			r.Diff = append(r.Diff, difference(o))
		}
	}
	for _, s := range p.Steps {
		r.Steps = append(r.Steps, s.String())
	}
}

func object(o *plan.Object, lasting bool) Object {
	return Object{
		Kind: o.Kind, Name: o.Name, Changed: lasting && o.Action != plan.None,
		Action: o.Action, Disruption: o.Disruption, Touches: o.Touches, Differences: o.Differences, planned: o,
	}
}

// Refused tells of a document that cannot be carried out. Nothing was touched.
func Refused(problems, warnings []spec.Problem) *Result {
	r := empty()
	r.Failed = true
	for _, p := range problems {
		r.Problems = append(r.Problems, Problem{Path: p.Path, Message: p.Message, Hint: p.Hint, Line: p.Line, Column: p.Column})
	}
	r.Warn(warnings)
	r.Msg = "the document is refused"
	if len(problems) > 0 {
		r.Msg = problems[0].String()
	}
	if n := len(problems) - 1; n > 0 {
		r.Msg += fmt.Sprintf(" (and %d more)", n)
	}
	return r
}

// Broken tells of a run that could not begin.
func Broken(err error) *Result {
	return From(engine.Outcome{Failed: err}, Asked{})
}

// Good tells of a document that was looked at only.
func Good(doc *spec.Document, warnings []spec.Problem) *Result {
	r := empty()
	r.Warn(warnings)
	r.Msg = "the document is good: " + count(len(doc.Objects), "object")
	return r
}

// Warn puts what was found in the document before the run's own warnings.
func (r *Result) Warn(warnings []spec.Problem) {
	lines := make([]string, 0, len(warnings)+len(r.Warnings))
	for _, w := range warnings {
		lines = append(lines, w.String())
	}
	for _, w := range r.Warnings {
		if !slices.Contains(lines, w) {
			lines = append(lines, w)
		}
	}
	r.Warnings = lines
}

// Exit is the status of the process: 0 done, 1 failed, 2 bad document.
func (r *Result) Exit() int {
	switch {
	case len(r.Problems) > 0:
		return 2
	case r.Failed:
		return 1
	}
	return 0
}

func empty() *Result {
	return &Result{Objects: []Object{}, Steps: []string{}, Warnings: []string{}}
}
