package plan_test

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hostnet-module/module/plan"
	"hostnet-module/module/state"
)

// TestThere: where one look says that nothing is to be done, a walk finds nothing either; a host is there where it is; and who looks only at
// what is to be done takes the very steps of one who looks at everything.
func TestThere(t *testing.T) {
	yes, no, short := 0, 0, 0
	for seed := range uint64(3000) {
		rnd := rand.New(rand.NewPCG(seed, 3))
		has := randomHost(rnd)
		target := plan.Goal(has)
		if !plan.There(has, target) {
			t.Fatalf("seed %d: a host is not where it is:\n%s", seed, has)
		}
		nudge(rnd, target)
		exact := rnd.IntN(2) == 0
		steps, err := plan.LongWalk(has, target, exact)
		if quick, ok := plan.ShortWalk(has, target, exact); ok && err == nil {
			if diff := cmp.Diff(words(steps), words(quick)); diff != "" {
				t.Fatalf("seed %d: the short walk takes other steps: %s\n%s\n%s", seed, diff, has, target)
			}
			short++
		}
		if !plan.There(has, target) {
			no++
			continue
		}
		if yes++; err != nil || len(steps) > 0 {
			t.Fatalf("seed %d: %v, %v\n%s\n%s", seed, steps, err, has, target)
		}
	}
	if yes < 100 || no < 500 || short < 1000 {
		t.Errorf("%d times there, %d times not; %d short walks", yes, no, short)
	}
}

func words(steps []state.Step) []string {
	var lines []string
	for _, s := range steps {
		lines = append(lines, s.String())
	}
	return lines
}

// nudge changes a host a little, or not.
func nudge(rnd *rand.Rand, h *state.Host) {
	l := h.Links[rnd.IntN(len(h.Links))]
	switch rnd.IntN(10) {
	case 0:
		l.Attrs = common(rnd.IntN(2) == 0, 1400, "02:00:00:00:00:01")
	case 1:
		l.Addresses = append(l.Addresses, address("203.0.113.9/24"))
	case 2:
		l.Addresses = l.Addresses[:len(l.Addresses)/2]
	case 3:
		h.Join(l, "")
	case 4:
		h.Routes = h.Routes[:len(h.Routes)/2]
	case 5:
		h.Remove(l.Name)
	case 6:
		l.VLANs = []state.VLAN{{ID: 7}}
	case 7:
		l.VLANs = nil
	case 8:
		l.Attrs.Drop("mtu")
	}
}
