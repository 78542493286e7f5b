package engine_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hostnet-module/module/engine"
	"hostnet-module/module/state"
	"hostnet-module/module/store"
	"hostnet-module/tests/fake"
)

const lots = `
bonds: [{name: bond0, mode: active-backup, miimon: 100, members: [eth0, eth1]}]
segments: [{ids: 1-300, parent: bond0, bridge: "vlan{id}"}]
`

// large is a host on which an earlier run has made many links, and how it is called.
func large(t *testing.T) (*fake.Kernel, engine.Call, store.Dir) {
	t.Helper()
	k := &fake.Kernel{Host: host(t, strings.ReplaceAll(bare, "  inet 192.0.2.10/24\n  inet 2001:db8:16::10/64\n", ""))}
	k.Host.Routes = nil
	call := engine.Call{Dial: func() (engine.Kernel, error) { return k, nil }, Runtime: t.TempDir()}
	if out := call.Do(context.Background(), document(t, lots)); out.Failed != nil || len(out.Problems) > 0 {
		t.Fatal(out.Failed, out.Problems)
	}
	k.Looks, k.Sent = 0, nil
	return k, call, store.Dir(filepath.Join(call.Runtime, "fake"))
}

// locked tells whether somebody has the lock of a folder.
func locked(t *testing.T, dir store.Dir) bool {
	t.Helper()
	f, err := os.Open(filepath.Join(string(dir), "lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	return errors.Is(syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB), syscall.EWOULDBLOCK)
}

// TestAhead: a run whose look was begun before ends as any other, looks as often, and leaves the lock free.
func TestAhead(t *testing.T) {
	for name, text := range map[string]string{
		"nothing to do": lots, "one more": strings.Replace(lots, "1-300", "1-301", 1), "gathered": "state: gathered", "refused by the host": strings.Replace(lots, "eth1", "eth9", 1),
	} {
		for _, check := range []bool{false, true} {
			outs, looks, hosts := []engine.Outcome{}, []int{}, []string{}
			for _, begin := range []bool{false, true} {
				k, call, dir := large(t)
				call.Check = check && name != "nothing to do"
				if begin {
					call.Begin(context.Background())
				}
				call.Check = check // a playbook's arguments say so
				out := call.Do(context.Background(), document(t, text))
				if locked(t, dir) {
					t.Errorf("%s: the lock is still taken", name)
				}
				out.Waves = nil
				outs, looks, hosts = append(outs, out), append(looks, k.Looks), append(hosts, k.Host.String())
			}
			if looks[0] != looks[1] || looks[0] == 0 || hosts[0] != hosts[1] {
				t.Errorf("%s: %v looks: %s", name, looks, cmp.Diff(hosts[0], hosts[1]))
			}
			if a, b := outs[0], outs[1]; a.Failed != nil || b.Failed != nil || a.Applied != b.Applied || len(a.Problems) != len(b.Problems) || !reflect.DeepEqual(a.Gathered, b.Gathered) {
				t.Errorf("%s: %+v, %+v", name, a, b)
			}
		}
	}
}

// TestAheadOfNothing: of a document that is refused nothing is left, and nobody is waited for.
func TestAheadOfNothing(t *testing.T) {
	_, call, dir := large(t)
	before, _ := os.Stat(filepath.Join(string(dir), "lock"))
	call.Begin(context.Background())
	if !locked(t, dir) {
		t.Error("a look without the lock may be of a host that changes")
	}
	call.End()
	after, _ := os.Stat(filepath.Join(string(dir), "lock"))
	if locked(t, dir) || !after.ModTime().Equal(before.ModTime()) {
		t.Error("the lock has been touched")
	}
	call.Runtime = filepath.Join(t.TempDir(), "none")
	call.Begin(context.Background())
	call.End()
	if _, err := os.Stat(call.Runtime); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a folder was made: %v", err)
	}
}

// TestAheadOfAnother: while another run has the lock there is no look, and after it one is taken.
func TestAheadOfAnother(t *testing.T) {
	k, call, dir := large(t)
	unlock, err := dir.Lock(context.Background(), 0, "another")
	if err != nil {
		t.Fatal(err)
	}
	call.Begin(context.Background())
	if k.Looks != 0 {
		t.Error("a look beside another run")
	}
	k.Host.Link("vlan7").Attrs.Drop("up")
	time.AfterFunc(50*time.Millisecond, unlock)
	if out := call.Do(context.Background(), document(t, lots)); out.Failed != nil || k.Looks == 0 || k.Host.Link("vlan7").Attrs.N("up") != 1 {
		t.Errorf("%v after %d looks", out.Failed, k.Looks)
	}
}

// TestAheadOfRecovery: what an earlier run has left is undone, and the host looked at after that.
func TestAheadOfRecovery(t *testing.T) {
	k, call, dir := large(t)
	want := k.Host.String()
	if !die(t, k, dir, strings.Replace(lots, "1-300", "1-310", 1), 7, true) {
		t.Fatal("the run has come to its end")
	}
	call.Begin(context.Background())
	if out := call.Do(context.Background(), document(t, lots)); out.Failed != nil || len(out.Recovered) != 1 || len(out.Plan.Steps) > 0 || k.Host.String() != want {
		t.Errorf("%v, recovered %v: %s", out.Failed, out.Recovered, cmp.Diff(want, k.Host.String()))
	}
}

// TestAheadFails: what goes wrong in the look that was begun goes wrong again where it can be told, or does not.
func TestAheadFails(t *testing.T) {
	for name, row := range map[string]struct {
		looks int
		fault any
		want  string
	}{"once": {1, nil, ""}, "always": {9, nil, "no buffer space"}, "panic": {9, "oh", "internal error: oh"}, "panic once": {1, "oh", ""}} {
		k, call, _ := large(t)
		call.Dial = func() (engine.Kernel, error) { return &failing{k, row.looks, row.fault}, nil }
		call.Begin(context.Background())
		out := call.Do(context.Background(), document(t, lots))
		if text := ""; out.Failed != nil {
			if text = out.Failed.Error(); row.want == "" || !strings.Contains(text, row.want) {
				t.Errorf("%s: %s", name, text)
			}
		} else if row.want != "" {
			t.Errorf("%s: no failure", name)
		}
	}
	_, call, _ := large(t)
	call.Dial = func() (engine.Kernel, error) { return nil, syscall.EMFILE }
	call.Begin(context.Background())
	if out := call.Do(context.Background(), document(t, lots)); !errors.Is(out.Failed, syscall.EMFILE) {
		t.Errorf("no kernel: %v", out.Failed)
	}
}

// failing is a kernel whose first looks fail.
type failing struct {
	*fake.Kernel
	left  int
	fault any
}

func (k *failing) Snapshot(ctx context.Context, _ ...string) (*state.Host, error) {
	if k.left--; k.left < 0 {
		return k.Kernel.Snapshot(ctx)
	}
	if k.fault != nil {
		panic(k.fault)
	}
	return nil, syscall.ENOBUFS
}
