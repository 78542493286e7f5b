package engine_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"hostnet-module/module/engine"
	"hostnet-module/module/state"
	"hostnet-module/module/store"
	"hostnet-module/tests/fake"
)

// TestUnsteady: where links come and go without a pause, a first look that comes to nothing has touched nothing, and says what was in the way; a rollback goes on
// until it has come to its end, and asks for the links of its journal by name.
func TestUnsteady(t *testing.T) {
	k := &fake.Kernel{Host: host(t, bare), Unsteady: func([]string) bool { return true }}
	r := engine.Runner{Kernel: k, Dir: store.Dir(t.TempDir())}
	out := r.Run(context.Background(), document(t, classic))
	if !errors.Is(out.Failed, state.ErrUnsteady) || len(k.Sent) > 0 || out.Applied || !strings.Contains(out.Failed.Error(), "links came and went") {
		t.Errorf("the first look: %v, sent %v", out.Failed, k.Sent)
	}
	before := k.Host.String()
	for _, times := range []int{1, 30, 500} { // 30: more than one dump is tried, 500: more than a rollback has rounds
		left, asked := 0, []string(nil)
		k.Unsteady = func(sure []string) bool {
			left--
			asked = sure
			return left >= 0
		}
		k.Refuse = func(_ int, s state.Step) error {
			if strings.Contains(s.String(), "vlan48") {
				left, k.Refuse = times, nil
				return syscall.EBUSY
			}
			return nil
		}
		out := r.Run(context.Background(), document(t, classic))
		if out.Failed == nil || !out.RolledBack || len(out.NotRestored) > 0 || k.Host.String() != before {
			t.Errorf("interrupted %d times: %v, rolled back %v, not restored %q:\n%s", times, out.Failed, out.RolledBack, out.NotRestored, k.Host)
		}
		for _, name := range []string{"bond0", "eth0", "eth1", "vlan16", "bond0.48", "vlan48"} {
			if !slices.Contains(asked, name) {
				t.Errorf("%s may be missed: only %q are asked for by name", name, asked)
			}
		}
		if text, _ := r.Dir.Read("journal"); text != nil {
			t.Errorf("interrupted %d times: the journal is still there", times)
		}
	}
}

// TestUnsteadyForGood: a rollback that never gets a picture ends at the time that was announced, says so, and leaves its journal; the next start undoes the run.
func TestUnsteadyForGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &fake.Kernel{Host: host(t, bare)}
		before := k.Host.String()
		r := engine.Runner{Kernel: k, Dir: store.Dir(t.TempDir())}
		k.Refuse = func(n int, _ state.Step) error {
			if n < 2 {
				return nil
			}
			k.Unsteady = func([]string) bool { time.Sleep(time.Second); return true }
			return syscall.EBUSY
		}
		began := time.Now()
		out := r.Run(context.Background(), document(t, classic))
		if took := time.Since(began); out.RolledBack || len(out.NotRestored) != 1 || took < 30*time.Second || took > 60*time.Second {
			t.Errorf("after %s: %v, rolled back %v, not restored %q", took, out.Failed, out.RolledBack, out.NotRestored)
		}
		k.Refuse, k.Unsteady = nil, nil
		out = r.Run(context.Background(), document(t, "vlans: [{parent: eth9, id: 5}]")) // which fits no host: it only undoes
		if len(out.Recovered) != 1 || out.Recovered[0].Action != engine.Undone || k.Host.String() != before {
			t.Errorf("%+v\n%s", out.Recovered, k.Host)
		}
	})
}
