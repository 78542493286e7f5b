package cloudinit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"hostnet-module/module/engine"
	"hostnet-module/module/plan"
	"hostnet-module/module/report"
	"hostnet-module/module/spec"
)

// provided is the document that came with the machine, if it is new, laid over what is kept; nil if there is none.
func (b *Boot) provided(was *source) *attempt {
	if b.unfit != "" {
		return nil
	}
	list := b.found()
	of := mark(list)
	if len(list) == 0 || b.origins()[everything] == of {
		return nil
	}
	base := b.base(was)
	if why, name := b.rehearse(list, base); why != "" {
		return &attempt{source: source{Source: report.Source{Name: name}, problems: []spec.Problem{{Message: why, Err: spec.ErrValue}}}}
	}
	s, notes := read(list, func(string) {})
	if s == nil || !b.isNew(s) {
		for _, n := range notes {
			b.say("%s", n)
		}
		return nil
	}
	s.of, s.notes = of, append(notes, s.notes...)
	a := together(base, s, b.asks().replace)
	if was != nil {
		a.over = was.Name
	}
	return &a
}

// base is what a document that came with the machine is laid over: the kept one, or where that is broken the one that worked before; nil if
// there is none.
func (b *Boot) base(was *source) *source {
	if was == nil || len(was.problems) == 0 {
		return was
	}
	for _, name := range b.Host.Earlier() {
		if earlier := whole(name, b.read(name)); len(earlier.problems) == 0 {
			return earlier
		}
	}
	return nil
}

// together is a document that came with the machine, laid over what earlier runs have kept. With replace, or if root of this host has written
// it, it may take away what is kept.
func together(base, s *source, replace bool) attempt {
	a := attempt{source: *s, from: s}
	if len(s.problems) > 0 || base == nil {
		return a
	}
	merged, problems := spec.Merge(base.doc, s.doc)
	if len(problems) > 0 {
		a.problems = []spec.Problem{{Err: spec.ErrConflict, Message: fmt.Sprintf("together with %s it contradicts itself: %v", base.Name, problems[0])}}
		return a
	}
	if !s.own && !replace {
		a.guard, a.problems = base.doc, takes(base.doc, s.doc, merged, nil)
	}
	a.doc, a.instead = merged, true
	return a
}

// takes are the problems of a document that takes away what a kept one declares.
func takes(kept, doc, merged *spec.Document, card func(spec.Port) string) []spec.Problem {
	problems := spec.TakesAway(kept, doc, merged, card)
	if len(problems) > 0 {
		problems[0].Hint = "a document that came with the machine takes nothing away from the kept one, unless " + seedWord + replaceWord + " asks for it"
	}
	return problems
}

// takesCards is takes with the host's own view of its cards: the same one may be named in several ways.
func (b *Boot) takesCards(ctx context.Context, k engine.Kernel, a attempt) ([]spec.Problem, error) {
	has, err := k.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	return takes(a.guard, a.from.doc, a.doc, func(p spec.Port) string { return plan.Card(has, p) }), nil
}

// UsualTrial is how long a document that came with the machine may take to come up, waiting for its cards included, before the kept one is tried.
// At its end it is asked to go back; an eighth of it later it is not asked any more. hostnet.service's TimeoutStartSec leaves time for both.
const UsualTrial = 110 * time.Second

// trying is the file that names the document under way. It is found where its try came to no end: the process was killed, or hung.
const trying = runtime + "/trying"

// hurried is a context for the try of a document that came with the machine, and what is to be done afterwards.
func (b *Boot) hurried(ctx context.Context, name string) (context.Context, func()) {
	if err := b.leave(trying, []byte(name+"\n"), 0o600); err != nil {
		b.say("%s: %v", trying, err)
	}
	trial := cmp.Or(b.Trial, UsualTrial)
	ctx, cancel := context.WithTimeoutCause(ctx, trial, fmt.Errorf("it was not up after %.0f s", trial.Seconds()))
	timer := time.AfterFunc(trial+trial/8, func() {
		if b.Anew != nil {
			b.say("start anew: %v", b.Anew())
		}
	})
	return ctx, func() {
		timer.Stop()
		cancel()
		if err := b.tree().Remove(trying); err != nil {
			b.say("%s: %v", trying, err)
		}
	}
}

// unended tells of a document whose try came to no end earlier in this boot: this time the kept one comes up.
func (b *Boot) unended(told *Told) {
	name := strings.TrimSpace(string(b.read(trying)))
	if name == "" {
		return
	}
	b.unfit = name
	if err := b.tree().Remove(trying); err != nil {
		b.say("%s: %v", trying, err)
	}
	b.refuse(attempt{source: source{Source: report.Source{Name: name}}}, report.Broken(errors.New("its try came to no end: the process that brought it up was killed, or hung")), told)
	told.Fallback = true
}
