package engine

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"time"

	"hostnet-module/module/probe"
	"hostnet-module/module/spec"
	"hostnet-module/module/state"
)

// Probed is one probe and what became of it.
type Probed struct {
	Probe    string // "gateway 192.0.2.1 on vlan16", "ping 192.0.2.1"
	Before   bool   // it answered before the change
	Answered bool
	Attempts int
	Took     time.Duration
	Instead  string // what came instead of an answer, last
}

// The rhythm of probes: an attempt lasts as long as this at most, and attempts begin at least so far apart.
const (
	attemptMost  = time.Second
	attemptApart = 500 * time.Millisecond
)

// ProbesFailed says which probes did not answer.
type ProbesFailed struct{ Probes []Probed }

func (e *ProbesFailed) Error() string {
	var texts []string
	for _, p := range e.Probes {
		was := "it answered before the change"
		if !p.Before {
			was = "it did not answer before the change either"
		}
		texts = append(texts, fmt.Sprintf("probe %s: %s after %s in %s (%s)", p.Probe, p.Instead, attempts(p.Attempts), p.Took.Round(100*time.Millisecond), was))
	}
	return strings.Join(texts, "; ")
}

func attempts(n int) string {
	if n == 1 {
		return "1 attempt"
	}
	return fmt.Sprintf("%d attempts", n)
}

// question is one thing to ask; nil: there is no way to ask it.
type question struct {
	name string
	ask  func(context.Context) error
}

// questions are a document's probes on a host; its gateways one by one.
func (r Runner) questions(doc *spec.Document, h *state.Host) []question {
	var list []question
	for _, p := range doc.Probes {
		if p.Kind != spec.ProbeGateway {
			list = append(list, question{string(p.Kind) + " " + p.Target(), func(ctx context.Context) error { return r.attempt(ctx, p) }})
			continue
		}
		for _, o := range doc.Objects {
			if o.Absent {
				continue
			}
			for _, gw := range o.Gateways {
				list = append(list, question{fmt.Sprintf("gateway %s on %s", gw, o.Name), r.gateway(h, o, gw)})
			}
		}
	}
	return list
}

// attempt asks once.
func (r Runner) attempt(ctx context.Context, p spec.Probe) error {
	if r.Attempt != nil {
		return r.Attempt(ctx, p)
	}
	return probe.Attempt(ctx, p)
}

// gateway asks for one from the link that has its network: the declared one, or before the change the one that has it until then.
func (r Runner) gateway(h *state.Host, o *spec.Object, gw netip.Addr) func(context.Context) error {
	link, source := beside(h.Link(o.Name), o, gw), netip.Addr{}
	for _, l := range h.Links {
		if link != nil {
			break
		}
		link = beside(l, o, gw)
	}
	if link == nil {
		return nil
	}
	for _, a := range link.Addresses {
		if ip := a.Prefix.Addr(); ip.Is4() == gw.Is4() && (a.Prefix.Contains(gw) || !source.IsValid()) && ip.IsLinkLocalUnicast() == gw.IsLinkLocalUnicast() {
			source = ip
		}
	}
	return func(ctx context.Context) error { return r.Kernel.Neighbour(ctx, link.Name, source, gw) }
}

// beside returns the link if it has the gateway's network: of a link-local gateway, if it has an address of the object's.
func beside(l *state.Link, o *spec.Object, gw netip.Addr) *state.Link {
	if l == nil || !l.Up() {
		return nil
	}
	for _, a := range l.Addresses {
		if !gw.IsLinkLocalUnicast() && a.Prefix.Contains(gw) {
			return l
		}
		for _, own := range o.Addresses {
			if gw.IsLinkLocalUnicast() && own.Prefix.Addr() == a.Prefix.Addr() {
				return l
			}
		}
	}
	return nil
}

// probeBefore asks each probe once before the change, all at the same time.
func (x *run) probeBefore(ctx context.Context) {
	list := x.questions(x.doc, x.before)
	if len(list) == 0 {
		return
	}
	x.note("asking the probes before the change")
	within, cancel := context.WithTimeout(ctx, attemptMost)
	defer cancel()
	x.reached = map[string]bool{}
	for _, p := range askAll(within, list, 1) {
		x.reached[p.Probe] = p.Answered
	}
}

// probe asks until all have answered, or the time is over.
func (x *run) probe(ctx context.Context) (err error) {
	if x.journal == nil || len(x.doc.Probes) == 0 {
		return nil
	}
	limit := time.Duration(x.doc.ProbeTime()) * time.Second
	x.note("probing, %s at most", limit)
	if x.partly {
		if x.now, err = x.Kernel.Snapshot(ctx); err != nil {
			return fmt.Errorf("look at the network before probing: %w", err)
		}
	}
	within, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	x.out.Probes = askAll(within, x.questions(x.doc, x.now), 0)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	failed := &ProbesFailed{}
	for i := range x.out.Probes {
		p := &x.out.Probes[i]
		if p.Before = x.reached[p.Probe]; !p.Answered {
			failed.Probes = append(failed.Probes, *p)
		}
	}
	if len(failed.Probes) > 0 {
		return failed
	}
	return nil
}

// askAll asks all questions at the same time, each at most so many times (0: until the context ends).
func askAll(ctx context.Context, list []question, most int) []Probed {
	results := make([]Probed, len(list))
	var all sync.WaitGroup
	for i, q := range list {
		all.Go(func() { results[i] = q.until(ctx, most) })
	}
	all.Wait()
	return results
}

// until asks until there is an answer, or the context's time is over.
func (q question) until(ctx context.Context, most int) Probed {
	p, start := Probed{Probe: q.name, Instead: "no link has its network"}, time.Now()
	deadline, _ := ctx.Deadline()
	for q.ask != nil && ctx.Err() == nil && time.Now().Before(deadline) {
		began := time.Now()
		within, cancel := context.WithTimeout(ctx, attemptMost)
		err := q.ask(within)
		cancel()
		p.Attempts++
		if err == nil {
			p.Answered, p.Instead = true, ""
			break
		}
		if p.Instead = err.Error(); errors.Is(err, context.DeadlineExceeded) {
			p.Instead = "no answer"
		}
		if p.Attempts == most {
			break
		}
		select {
		case <-ctx.Done():
		case <-time.After(attemptApart - time.Since(began)):
		}
	}
	p.Took = time.Since(start)
	return p
}
