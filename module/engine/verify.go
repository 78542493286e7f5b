package engine

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"hostnet-module/module/plan"
	"hostnet-module/module/spec"
	"hostnet-module/module/state"
)

// verifyMost is how long what follows from a step may be late, and nothing of it come: Linux 7 raises the VLANs of a link that has come up in its own time.
const verifyMost = 200 * time.Millisecond

// verify looks whether the host is as the document says, again after each change, until it is clear that it will not be.
func (x *run) verify(ctx context.Context) (err error) {
	if x.journal == nil {
		return nil
	}
	x.note("looking whether it holds")
	if x.events.next, x.events.stop, err = x.Kernel.Watch(); err != nil {
		return fmt.Errorf("watch the network: %w", err)
	}
	if x.holds(ctx) {
		return nil
	}
	deadline := time.Now().Add(verifyMost)
	for least := math.MaxInt; ; {
		over := time.Now().After(deadline)
		missing, err := x.missing(ctx)
		if err != nil || len(missing) == 0 {
			return err
		}
		if len(missing) < least { // it is coming along: thousands of links take a while
			least, over, deadline = len(missing), false, time.Now().Add(verifyMost)
		}
		if over {
			return &NotKept{missing}
		}
		most, cancel := context.WithDeadline(ctx, deadline)
		err = x.events.await(ctx, most)
		cancel()
		if err != nil {
			return err
		}
	}
}

// part is how many of a host's links a look at some of them may be about: else everything is looked at, in fewer requests.
const part = 4

// holds tells whether a look at the links alone to which the steps may have done something finds them as planned: of thousands of others nothing
// new is to be learned. Where it is in doubt everything is looked at.
func (x *run) holds(ctx context.Context) bool {
	names, all := x.concerned, len(x.before.Links)
	if len(x.out.Plan.Steps) > all || len(names)*part > all {
		return false
	}
	now, err := x.Kernel.Look(ctx, slices.Sorted(maps.Keys(names)))
	if err != nil || !plan.Holds(now, x.out.Plan.Target.Only(names)) {
		return false
	}
	x.news.Identify(x.doc, x.last.Last, now)
	x.now, x.partly = now, true
	return true
}

// events tell of changes of the network.
type events struct {
	next func(context.Context) error
	stop func()
}

// await waits for an event, or until a second context ends. The error is that of the run's own, or of the events' source.
func (e events) await(ctx, most context.Context) error {
	err := e.next(most)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil && most.Err() == nil:
		return fmt.Errorf("watch the network: %w", err)
	}
	return nil
}

func (e events) close() {
	if e.stop != nil {
		e.stop()
	}
}

// missing are the steps that a fresh look finds still to be done.
func (x *run) missing(ctx context.Context) (steps []state.Step, err error) {
	if x.now, err = x.Kernel.Snapshot(ctx); err != nil {
		return nil, fmt.Errorf("look at the network after the change: %w", err)
	}
	if plan.Holds(x.now, x.out.Plan.Target) { // else it is planned anew: what else has come to pass may be nothing to the document
		x.news.Identify(x.doc, x.last.Last, x.now)
		return nil, nil
	}
	again, problems, err := plan.Make(x.doc, x.now, x.last.With(x.news))
	switch {
	case err != nil:
		return nil, fmt.Errorf("check of the result: %w", err)
	case len(problems) > 0:
		return nil, fmt.Errorf("check of the result: %w", spec.Problems(problems))
	}
	if len(again.Steps) == 0 {
		x.news.Identify(x.doc, x.last.Last, x.now)
	}
	return again.Steps, nil
}

// NotKept says that the kernel took the steps and the host still is not as planned.
type NotKept struct{ Steps []state.Step }

func (e *NotKept) Error() string {
	return fmt.Sprintf("the kernel took every step, but not all of it holds; still missing: %s", lines(e.Steps, 3))
}

// lines joins the first few steps.
func lines(steps []state.Step, most int) string {
	words := make([]string, len(steps))
	for i, s := range steps {
		words[i] = s.String()
	}
	return joined(words, most)
}

// joined joins the first few words, and counts the rest.
func joined(words []string, most int) string {
	if n := len(words) - most; n > 0 {
		words = append(slices.Clone(words[:most]), fmt.Sprintf("and %d more", n))
	}
	return strings.Join(words, "; ")
}
