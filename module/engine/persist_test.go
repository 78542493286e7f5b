package engine_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hostnet-module/module/engine"
	"hostnet-module/module/persist"
	"hostnet-module/module/plan"
	"hostnet-module/module/state"
	"hostnet-module/module/store"
	"hostnet-module/tests/fake"
)

// booting is a runner on the host's own network that starts services by systemd, all below a folder.
func booting(t *testing.T) (engine.Runner, *fake.Kernel) {
	t.Helper()
	root := t.TempDir()
	if err := os.MkdirAll(filepath.Join(root, "run/systemd/system"), 0o755); err != nil {
		t.Fatal(err)
	}
	k := &fake.Kernel{Host: host(t, bare), AtHome: true}
	return engine.Runner{Kernel: k, Dir: store.Dir(t.TempDir()), Boot: &persist.Host{Root: root, Program: os.Executable}}, k
}

func kept(r engine.Runner) string {
	data, _, _ := r.Boot.Current()
	return string(data)
}

// TestPersist: predicted, done, and done once.
func TestPersist(t *testing.T) {
	r, _ := booting(t)
	for n, want := range []struct {
		check  bool
		action plan.Action
	}{{true, plan.Create}, {false, plan.Create}, {true, plan.None}, {false, plan.None}} {
		r.Check = want.check
		out := r.Run(context.Background(), document(t, classic))
		if out.Failed != nil || len(out.Problems) > 0 {
			t.Fatal(out.Failed, out.Problems)
		}
		boot := out.Plan.Objects[len(out.Plan.Objects)-1]
		if boot.Kind != "boot" || boot.Action != want.action || (kept(r) != "") != (n > 0) {
			t.Errorf("run %d: %+v, kept %q", n, boot, kept(r))
		}
	}
	if text := kept(r); !strings.Contains(text, "vlan48") {
		t.Errorf("kept\n%s", text)
	}
}

// TestPersistOnlyWhatHolds: a run that fails keeps nothing for the next boot, wherever it fails.
func TestPersistOnlyWhatHolds(t *testing.T) {
	r, k := booting(t)
	k.Refuse = func(n int, _ state.Step) error { return map[bool]error{true: errors.New("planned")}[n == 6] }
	if out := r.Run(context.Background(), document(t, classic)); out.Failed == nil || !out.RolledBack || kept(r) != "" {
		t.Errorf("got %v, kept %q", out.Failed, kept(r))
	}
}

func TestPersistAsked(t *testing.T) {
	for name, row := range map[string]struct {
		home          bool
		key           string
		kept, warning bool
	}{
		"at home": {true, "", true, false}, "not wanted": {true, "persist: false\n", false, false},
		"elsewhere": {false, "", false, false}, "elsewhere, asked for": {false, "persist: true\n", false, true},
	} {
		r, k := booting(t)
		k.AtHome = row.home
		out := r.Run(context.Background(), document(t, row.key+classic))
		if out.Failed != nil || (kept(r) != "") != row.kept || (len(out.Warnings) > 0) != row.warning {
			t.Errorf("%s: %v, kept %q, warnings %q", name, out.Failed, kept(r), out.Warnings)
		}
	}
}

// TestPersistFails: the network stays, and whoever asked is told.
func TestPersistFails(t *testing.T) {
	for key, failed := range map[string]bool{"": false, "persist: true\n": true} {
		r, k := booting(t)
		if err := os.WriteFile(filepath.Join(r.Boot.Root, "usr"), nil, 0o644); err != nil { // a file where the folder belongs
			t.Fatal(err)
		}
		out := r.Run(context.Background(), document(t, key+classic))
		if (out.Failed != nil) != failed || failed == (len(out.Warnings) > 0) || out.RolledBack || !strings.Contains(k.Host.String(), "vlan48") {
			t.Errorf("%q: %v, warnings %q", key, out.Failed, out.Warnings)
		}
		if o := out.Plan.Objects[len(out.Plan.Objects)-1]; o.Kind != "boot" || o.Action != plan.None {
			t.Errorf("%q: %+v", key, o)
		}
	}
}

// TestPersistIsSettledWithTheRun: until the journal is gone, whoever finds it brings back the document that booted before, with the network.
// What somebody else has written there since stays.
func TestPersistIsSettledWithTheRun(t *testing.T) {
	other := strings.Replace(classic, "198.51.100.10/24", "198.51.100.11/24", 1)
	for name, between := range map[string]struct {
		first, by string // a document that is applied before; what somebody writes after the kill
		boot      string // of the journal
	}{
		"another document": {first: classic}, "the first one": {}, "after a power cut": {first: classic, boot: "another"},
		"edited since": {first: classic, by: "bridges: [{name: br7}]\n"},
	} {
		t.Run(name, func(t *testing.T) {
			r, k := booting(t)
			if between.first != "" {
				if out := r.Run(context.Background(), document(t, between.first)); out.Failed != nil {
					t.Fatal(out.Failed)
				}
			}
			old, want := k.Host.Clone().String(), kept(r)
			var journal []byte
			r.Note = func(string) { // the last word is said right before the document is written
				if data, err := r.Dir.Read("journal"); err != nil || data != nil {
					journal = data
				}
			}
			if out := r.Run(context.Background(), document(t, other)); out.Failed != nil || kept(r) == want || journal == nil {
				t.Fatalf("%v, kept %s, journal of %d bytes", out.Failed, kept(r), len(journal))
			}
			if err := r.Dir.Write("journal", journal); err != nil { // as if it had been killed before it could remove it
				t.Fatal(err)
			}
			if between.by != "" {
				want = between.by
				if err := os.WriteFile(filepath.Join(r.Boot.Root, persist.Document), []byte(want), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if between.boot != "" {
				rewrite(t, r.Dir, map[string]any{"boot": between.boot})
				old = k.Host.String()
			}
			out := r.Run(context.Background(), document(t, nothing+"\npersist: false"))
			if out.Failed != nil || len(out.Recovered) != 1 || !sameHost(k.Host.String(), old) || kept(r) != want {
				t.Errorf("%v, %+v\n%s\nkept %s\nwant %s", out.Failed, out.Recovered, k.Host, kept(r), want)
			}
		})
	}
}
