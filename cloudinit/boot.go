// Package cloudinit is the front door of the first boot and of every boot: it finds the document, with cloud-init or without it, waits
// for the network cards, and brings the network up before anybody waits for it. A bad document never costs the boot: what worked last
// comes up instead, and where nothing did, what the machine would have had without us.
package cloudinit

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"

	"hostnet-module/module/engine"
	"hostnet-module/module/persist"
	"hostnet-module/module/report"
	"hostnet-module/module/spec"
	"hostnet-module/module/store"
)

// Events tells that something has happened to a link.
type Events interface {
	Wait(end time.Time) error
	Close()
}

// Boot is one call at boot.
type Boot struct {
	Dial    func() (engine.Kernel, error)
	Listen  func(context.Context) (Events, error)
	Host    persist.Host                        // where documents and records are
	Runtime string                              // as in engine.Call
	Root    fs.FS                               // as in engine.Call
	Disk    func() func(name string) []byte     // a disk with the label CIDATA, as its files; nil: there is none
	Reader  func(context.Context, Errand) error // reads in a process of its own what came with the machine, before this one does; nil: nobody
	Anew    func() error                        // starts this process anew in its own place, where a document holds it up; nil: cannot be
	Stdout  io.Writer                           // the journal
	Console io.Writer                           // for what a person in front of the machine has to know; may be nil

	Patience time.Duration // to wait for cards while every bond and bridge that has cards has one of them
	Longest  time.Duration // while one has none, or udev is still at work
	Trial    time.Duration // for a document that came with the machine to come up; 0: UsualTrial

	unfit string // a document that came with the machine and is not tried again in this boot; "": none
}

// How long to wait for network cards, counted from the start.
const (
	UsualPatience = 5 * time.Second
	UsualLongest  = 30 * time.Second
)

// Files of one boot.
const (
	runtime = "/run/hostnet"
	result  = runtime + "/result.json"
	booted  = runtime + "/booted.yaml" // the document that came up, with the cards that were not there
	absent  = runtime + "/missing"     // those, a line each; there only if there are any
)

// attempt is one document to be tried.
type attempt struct {
	source
	from    *source        // a document that came with the machine and is new: kept if it holds
	over    string         // the kept document that it is laid over; "": none
	guard   *spec.Document // the kept document, of which it may take nothing away; nil: it may
	instead bool           // of one that has been kept, which is not given up for one that lacks its cards
}

// Told is what is left in /run/hostnet/result.json.
type Told struct {
	Source   string         `json:"source"`            // the document that came up; "": none
	Fallback bool           `json:"fallback"`          // it is not the one that should have
	Refused  []Refusal      `json:"refused,omitempty"` // those that should have
	Missing  []string       `json:"missing,omitempty"` // network cards
	Seconds  Seconds        `json:"seconds"`
	Result   *report.Result `json:"result,omitempty"`
}

// Refusal is a document that did not come up.
type Refusal struct {
	Source string         `json:"source"`
	Result *report.Result `json:"result"`
}

// Seconds are our share of the boot.
type Seconds struct {
	Total   float64 `json:"total"`
	Waiting float64 `json:"waiting"` // for network cards
}

// Main brings the network up and returns the exit status: 0 if a document is in force, or none was wanted.
func (b *Boot) Main(ctx context.Context) int {
	start := time.Now()
	told := &Told{}
	b.settle(ctx)
	b.unended(told)
	list := b.attempts()
	if len(list) == 0 && b.awaitUdev(ctx) { // the seed's disk may have come by now
		list = b.attempts()
	}
	for _, a := range list {
		if b.try(ctx, a, told) {
			break
		}
		told.Fallback = true
	}
	told.Seconds.Total = time.Since(start).Seconds()
	return b.close(told)
}

// settle undoes what the last boot was cut off in: the document that a run wrote there and did not live to settle is not the one that boots.
// What cannot be seen to is told by the attempt that comes next.
func (b *Boot) settle(ctx context.Context) {
	found, _ := engine.Call{Dial: b.Dial, Runtime: b.Runtime, Boot: &b.Host}.Settle(ctx)
	for _, r := range found {
		b.alarm("%s", r)
	}
}

// attempts are the documents to be tried, in order.
func (b *Boot) attempts() (list []attempt) {
	if s := b.commanded(); s != nil {
		list = append(list, attempt{source: *s})
	}
	was := b.current()
	if a := b.provided(was); a != nil {
		list = append(list, *a)
	}
	if was != nil {
		list = append(list, attempt{source: *was})
	}
	for _, name := range b.Host.Earlier() {
		if data := b.read(name); data != nil {
			list = append(list, attempt{source: *whole(name, data)})
		}
	}
	return list
}

// current is the document that boots, nil if there is none.
func (b *Boot) current() *source {
	data, name, err := b.Host.Current()
	switch {
	case err != nil:
		s := &source{Source: report.Source{Name: name}}
		s.problems = []spec.Problem{{Message: fmt.Sprintf("cannot be read: %v", err), Err: spec.ErrMissing}}
		return s
	case data == nil:
		return nil
	}
	return whole(name, data)
}

// try brings one document up. What it says goes to the journal; what went wrong to the console too.
func (b *Boot) try(ctx context.Context, a attempt, told *Told) bool {
	for _, n := range a.notes {
		b.say("%s", n)
	}
	if a.over != "" {
		b.alarm("%s came with the machine and is new: it is tried with %s", a.Name, a.over)
	}
	if len(a.problems) > 0 {
		b.refuse(a, report.Refused(a.problems, nil), told)
		return false
	}
	if a.from != nil && !a.from.own {
		var done func()
		ctx, done = b.hurried(ctx, a.Name)
		defer done()
	}
	r, full := b.apply(ctx, a, told)
	if r.Failed {
		b.refuse(a, r, told)
		return false
	}
	told.Source, told.Result = a.Name, r
	if err := b.note(full, told.Missing); err != nil {
		b.say("what came up could not be noted: %v", err)
	}
	if a.from != nil {
		b.keep(a.from)
	}
	return true
}

// apply waits for the cards of a document and applies what can be had of it.
func (b *Boot) apply(ctx context.Context, a attempt, told *Told) (*report.Result, *spec.Document) {
	k, err := b.Dial()
	if err != nil {
		return report.Broken(err), nil
	}
	full := *a.doc
	no := false
	// Nobody is there to confirm, carrier comes later, and what boots is kept by us.
	full.Persist, full.ConfirmTimeout, full.Probes, full.MaxDisruption = &no, 0, nil, ""
	start := time.Now()
	now, missing, err := b.await(ctx, k, &full)
	told.Seconds.Waiting += time.Since(start).Seconds()
	if err != nil {
		return report.Broken(err), nil
	}
	if a.instead && bare(&full, now) {
		return report.Broken(fmt.Errorf("none of the network cards that it needs for some of it is there: %s", strings.Join(missing, ", "))), nil
	}
	if a.guard != nil {
		switch problems, err := b.takesCards(ctx, k, a); {
		case err != nil:
			return report.Broken(err), nil
		case len(problems) > 0:
			return report.Refused(problems, nil), nil
		}
	}
	told.Missing = missing
	for _, card := range missing {
		b.alarm("network card %s is not there: what needs it comes up when it comes", card)
	}
	out := engine.Call{Dial: func() (engine.Kernel, error) { return k, nil }, Runtime: b.Runtime, Root: b.Root, Boot: &b.Host, Hurry: true}.Do(ctx, now)
	return report.From(out, report.Asked{}), &full
}

// refuse tells why a document did not come up.
func (b *Boot) refuse(a attempt, r *report.Result, told *Told) {
	told.Refused = append(told.Refused, Refusal{a.Name, r})
	var text strings.Builder
	if err := r.WriteFailure(&text, report.Style{Plain: true}, a.Source); err != nil {
		text.WriteString(r.Msg)
	}
	if len(r.Problems) == 0 { // which would name it
		b.alarm("%s: did not come up", a.Name)
	}
	for line := range strings.Lines(text.String()) {
		b.alarm("%s", strings.TrimRight(line, "\n"))
	}
}

// close leaves the result for others and says the last word.
func (b *Boot) close(told *Told) int {
	text, err := report.JSON(told)
	if err == nil {
		err = b.leave(result, text, 0o644)
	}
	if err != nil {
		b.say("%s: %v", result, err)
	}
	seconds := fmt.Sprintf("%.2f s of the boot, %.2f s of them waiting for network cards", told.Seconds.Total, told.Seconds.Waiting)
	switch {
	case told.Source == "" && len(told.Refused) == 0:
		b.say("no document: nothing to bring up; %s", seconds)
		return 0
	case told.Source == "":
		b.alarm("no document could be brought up: the network is what it would be without hostnet; %s", seconds)
		return 1
	case told.Fallback:
		b.alarm("%s was brought up instead: %s; %s", told.Source, told.Result.Msg, seconds)
	default:
		b.say("%s: %s; %s", told.Source, told.Result.Msg, seconds)
	}
	for _, w := range told.Result.Warnings {
		b.say("warning: %s", w)
	}
	return 0
}

// say writes a line to the journal, alarm to the console too.
func (b *Boot) say(format string, args ...any) {
	fmt.Fprintln(b.Stdout, report.Clean(fmt.Sprintf(format, args...)))
}

func (b *Boot) alarm(format string, args ...any) {
	b.say(format, args...)
	if b.Console != nil {
		io.WriteString(b.Console, "hostnet: "+report.Clean(fmt.Sprintf(format, args...))+"\r\n")
	}
}

// note leaves the document for what comes later in this boot.
func (b *Boot) note(full *spec.Document, missing []string) error {
	t := b.tree()
	if err := b.leave(booted, full.Encode().YAML(), 0o600); err != nil {
		return err
	}
	if len(missing) == 0 {
		return t.Remove(absent)
	}
	return b.leave(absent, []byte(strings.Join(missing, "\n")+"\n"), 0o644)
}

// leave writes a file into the run-time folder, if that is ours: not where a link in its place leads.
func (b *Boot) leave(name string, data []byte, mode fs.FileMode) error {
	if err := store.Dir(b.tree().At(runtime)).Ours(); err != nil {
		return err
	}
	return b.tree().Write(name, data, mode)
}

// keep makes a document that came with the machine, and holds, one that comes back at boot.
func (b *Boot) keep(s *source) {
	if b.Host.Off() {
		return
	}
	p, problems := b.Host.Make(s.doc)
	if len(problems) > 0 {
		b.alarm("%s does not come back at the next boot by itself: %v", s.Name, problems[0])
		return
	}
	if err := p.Do(); err != nil {
		b.alarm("%s does not come back at the next boot by itself: %v", s.Name, err)
		return
	}
	if err := b.remember(s.Name, s, s.of); err != nil {
		b.say("%s: %v", persist.Origin, err)
	}
}
