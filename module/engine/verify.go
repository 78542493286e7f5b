package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"hostnet-module/module/plan"
	"hostnet-module/module/spec"
	"hostnet-module/module/state"
)

// holds looks at the host until nothing of the document is missing, or it is clear that it will not hold.
func (x *run) holds(ctx context.Context) error {
	for try := range looks {
		missing, err := x.missing(ctx, x.doc, x.next)
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
	if len(again.Steps) == 0 {
		plan.Identify(doc, next, now)
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
