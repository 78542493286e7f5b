package engine_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"hostnet-module/module/attr"
	"hostnet-module/module/engine"
	"hostnet-module/module/kind"
	"hostnet-module/module/state"
	"hostnet-module/module/store"
	"hostnet-module/tests/fake"
	"hostnet-module/tests/many"
)

// TestProgressOfMany: a large plan goes in pieces, and every step is counted once; one that is refused in the middle is the one that
// the error names, and all is put back.
func TestProgressOfMany(t *testing.T) {
	k := &fake.Kernel{Host: host(t, many.Bare)}
	last := engine.Progress{}
	runner := engine.Runner{Kernel: k, Dir: store.Dir(t.TempDir()), Progress: func(p engine.Progress) {
		if p.Done <= last.Done || p.Total != last.Total && last.Total != 0 {
			t.Errorf("%+v after %+v", p, last)
		}
		last = p
	}}
	out := runner.Run(context.Background(), document(t, many.Document(500, "")))
	sent := 0
	for _, w := range out.Waves {
		sent += w.Steps
	}
	if out.Failed != nil || last.Done != len(k.Sent) || last.Total != len(k.Sent) || sent != len(k.Sent) || len(out.Waves) > 12 {
		t.Errorf("%v: %+v, %d sent, waves %v", out.Failed, last, len(k.Sent), out.Waves)
	}
	k = &fake.Kernel{Host: host(t, many.Bare)}
	before := k.Host.String()
	var refused state.Step
	k.Refuse = func(n int, s state.Step) error {
		if n == 1234 {
			refused = s
			return errors.New("planned")
		}
		return nil
	}
	out = engine.Runner{Kernel: k, Dir: store.Dir(t.TempDir())}.Run(context.Background(), document(t, many.Document(500, "")))
	var named *state.Refusal
	if !errors.As(out.Failed, &named) || named.Step.String() != refused.String() || !out.RolledBack || !sameHost(k.Host.String(), before) {
		t.Errorf("refused %q: %v, rolled back %v", refused, out.Failed, out.RolledBack)
	}
}

// TestComesAlong: what follows from a step may take as long as it needs, while it comes along.
func TestComesAlong(t *testing.T) {
	text := "bridges:\n"
	for i := range 20 {
		text += fmt.Sprintf("  - {name: br%d}\n", i)
	}
	raise := func(h *state.Host) bool {
		for _, l := range h.Links {
			if l.Kind == "bridge" && !l.Up() {
				time.Sleep(25 * time.Millisecond)
				return h.Apply(state.Step{Op: state.LinkSet, Link: l.Name, Attrs: attr.Of(attr.Item{Row: kind.Up, Value: attr.On(true)})}) == nil
			}
		}
		return false
	}
	for _, comes := range []bool{true, false} {
		k := &fake.Kernel{Host: host(t, many.Bare), Ignore: func(r *attr.Row) bool { return r == kind.Up }}
		if comes {
			k.Happen = raise
		}
		out := engine.Runner{Kernel: k, Dir: store.Dir(t.TempDir())}.Run(context.Background(), document(t, text))
		if comes != (out.Failed == nil) {
			t.Errorf("comes %v: %v", comes, out.Failed)
		}
	}
}
