package plan_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hostnet-module/module/plan"
	"hostnet-module/module/state"
)

// TestConcerned: whatever steps do to a link of the model, be it far from those that they name, the link is among those concerned; and
// the way back is the same for one who knows of no others. It holds after each step, since a run may end there.
func TestConcerned(t *testing.T) {
	changed, left := 0, 0
	for seed := range uint64(2000) {
		rnd := rand.New(rand.NewPCG(seed, 11))
		has := randomHost(rnd)
		target := plan.Goal(has)
		nudge(rnd, target)
		steps, err := plan.Path(has, target)
		if err != nil || len(steps) == 0 {
			continue
		}
		names, now := plan.Concerned(has, steps), has.Clone()
		for _, s := range steps {
			if err := now.Apply(s); err != nil {
				t.Fatalf("seed %d: %s: %v", seed, s, err)
			}
			for _, l := range now.Links {
				if was := has.Link(l.Name); (was == nil || alone(was) != alone(l)) && !names[l.Name] {
					t.Fatalf("seed %d: %s changes %s, which is not among %v\n%s\n%s", seed, s, l.Name, names, has, now)
				}
			}
			for _, l := range has.Links {
				if now.Link(l.Name) == nil && !names[l.Name] {
					t.Fatalf("seed %d: %s takes %s away, which is not among %v\n%s", seed, s, l.Name, names, has)
				}
			}
			full, errFull := plan.Retrace(now, plan.Back(now, has, steps))
			some, errSome := plan.Retrace(now, plan.Back(now, has.Only(names), steps))
			if (errFull == nil) != (errSome == nil) || errFull == nil && arrives(now, full) != arrives(now, some) {
				t.Fatalf("seed %d: after %s the ways back differ: %s\n%v %v\n%s\n%s", seed, s, cmp.Diff(words(full), words(some)), errFull, errSome, has, now)
			}
		}
		changed++
		for _, l := range has.Links {
			if !names[l.Name] {
				left++
			}
		}
	}
	if changed < 500 || left < 200 {
		t.Errorf("%d hosts changed, %d links were not concerned: hardly anything was tried", changed, left)
	}
}

// alone prints a link as if it were the only one.
func alone(l *state.Link) string { return (&state.Host{Links: []*state.Link{l.Clone()}}).String() }

// arrives prints where steps lead, whatever order the links have there.
func arrives(from *state.Host, steps []state.Step) string {
	h := from.Clone()
	for _, s := range steps {
		if h.Apply(s) != nil {
			return "nowhere: " + s.String()
		}
	}
	slices.SortFunc(h.Links, func(a, b *state.Link) int { return a.Index - b.Index })
	return h.String()
}
