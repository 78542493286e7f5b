package engine_test

import (
	"context"
	"errors"
	"testing"

	"hostnet-module/module/engine"
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
