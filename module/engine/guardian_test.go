package engine_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hostnet-module/module/engine"
	"hostnet-module/module/guard"
	"hostnet-module/module/state"
	"hostnet-module/module/store"
	"hostnet-module/tests/fake"
)

const toConfirm = classic + "confirm_timeout: 60\n"

// guardedRun is a runner with a guardian in this process.
func guardedRun(t *testing.T) (engine.Runner, *fake.Kernel) {
	k := &fake.Kernel{Host: host(t, bare)}
	return engine.Runner{Kernel: k, Dir: store.Dir(t.TempDir()), Guard: k.Guards, LockWait: time.Second}, k
}

// TestNoGuardian: without one nothing is begun, and nothing is left to be undone.
func TestNoGuardian(t *testing.T) {
	r, k := guardedRun(t)
	r.Guard = func(guard.Charge) (engine.Guardian, int, []string, error) { return nil, 0, nil, errors.New("planned") }
	out := r.Run(context.Background(), document(t, toConfirm))
	if out.Failed == nil || out.Applied || len(k.Sent) > 0 || !strings.Contains(out.Failed.Error(), "planned; without a guardian nothing is begun") {
		t.Errorf("%v, applied %v, sent %d", out.Failed, out.Applied, len(k.Sent))
	}
	if out := r.Run(context.Background(), document(t, classic)); out.Failed != nil || len(out.Recovered) > 0 {
		t.Errorf("the next run: %v, recovered %v", out.Failed, out.Recovered)
	}
}

// TestGuardedFailure: a run that fails puts everything back itself, and leaves word of it.
func TestGuardedFailure(t *testing.T) {
	r, k := guardedRun(t)
	want := k.Host.String()
	k.Refuse = func(n int, _ state.Step) error { return map[bool]error{true: errors.New("planned")}[n == 7] }
	out := r.Run(context.Background(), document(t, toConfirm))
	if out.Failed == nil || !out.RolledBack || out.Confirm != nil || !sameHost(k.Host.String(), want) {
		t.Fatalf("%v, rolled back %v", out.Failed, out.RolledBack)
	}
	last := guard.LastWord(string(r.Dir))
	if last == nil || last.Outcome != guard.Undone || !strings.Contains(last.Msg, "planned") {
		t.Errorf("the last word: %+v", last)
	}
	if _, err := guard.Ask(t.Context(), string(r.Dir), guard.Request{Verb: guard.AskStatus}, nil); err == nil {
		t.Error("the guardian is still there")
	}
}

// TestNotNotedBeforeItIsConfirmed: what a run has set is noted when it is confirmed, and not before; then the next run knows it.
func TestNotNotedBeforeItIsConfirmed(t *testing.T) {
	r, k := guardedRun(t)
	out := r.Run(context.Background(), document(t, toConfirm))
	if out.Failed != nil || out.Confirm == nil || out.Confirm.Phase != guard.Pending {
		t.Fatalf("%v %+v", out.Failed, out.Confirm)
	}
	record := filepath.Join(string(r.Dir), "applied.json")
	if _, err := os.Stat(record); err == nil {
		t.Error("noted before it was confirmed")
	}
	var pending *engine.Pending
	if other := r.Run(context.Background(), document(t, classic)); !errors.As(other.Failed, &pending) || pending.ID != out.Confirm.ID {
		t.Errorf("a second run: %v", other.Failed)
	}
	reply, err := guard.Ask(t.Context(), string(r.Dir), guard.Request{Verb: guard.AskConfirm}, nil)
	if err != nil || reply.Last == nil || reply.Last.Outcome != guard.Confirmed {
		t.Fatalf("%v %+v", err, reply.Last)
	}
	if _, err := os.Stat(record); err != nil {
		t.Errorf("not noted: %v", err)
	}
	steps := len(k.Sent)
	if again := r.Run(context.Background(), document(t, toConfirm)); again.Failed != nil || again.Confirm != nil || len(k.Sent) != steps {
		t.Errorf("again: %v, %+v", again.Failed, again.Confirm)
	}
}

// TestJournalIsNoWord: whatever lies in the place of the journal, a guardian undoes a change that nobody has confirmed, and no other run begins before
// it has. What is somebody else's stays.
func TestJournalIsNoWord(t *testing.T) {
	for name, row := range map[string]struct {
		spoil func(path string, text []byte) error
		stays bool // what was put there
	}{
		"gone":      {func(path string, _ []byte) error { return os.Remove(path) }, false},
		"empty":     {func(path string, _ []byte) error { return os.WriteFile(path, nil, 0o600) }, false},
		"truncated": {func(path string, text []byte) error { return os.WriteFile(path, text[:len(text)/2], 0o600) }, false},
		"one bit":   {func(path string, text []byte) error { text[len(text)/2] ^= 4; return os.WriteFile(path, text, 0o600) }, false},
		"a folder":  {func(path string, _ []byte) error { return errors.Join(os.Remove(path), os.MkdirAll(path+"/x", 0o700)) }, false},
		"a link": {func(path string, _ []byte) error {
			return errors.Join(os.Rename(path, path+".x"), os.Symlink(path+".x", path))
		}, false},
		"for everybody": {func(path string, _ []byte) error { return os.Chmod(path, 0o666) }, false},
		"version 2": {func(path string, text []byte) error {
			return os.WriteFile(path, bytes.Replace(text, []byte("hostnet-journal 1 "), []byte("hostnet-journal 2 "), 1), 0o600)
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			r, k := guardedRun(t)
			was := k.Host.String()
			out := r.Run(context.Background(), document(t, toConfirm))
			if out.Failed != nil {
				t.Fatal(out.Failed)
			}
			path := filepath.Join(string(r.Dir), "journal")
			text, err := os.ReadFile(path)
			if err == nil {
				err = row.spoil(path, text)
			}
			if err != nil {
				t.Fatal(err)
			}
			steps := len(k.Sent)
			var pending *engine.Pending
			if other := r.Run(context.Background(), document(t, classic)); !errors.As(other.Failed, &pending) || pending.ID != out.Confirm.ID || len(k.Sent) != steps {
				t.Errorf("another run: %v", other.Failed)
			}
			reply, err := guard.Ask(t.Context(), string(r.Dir), guard.Request{Verb: guard.AskRollback}, nil)
			if err != nil || reply.Last == nil || reply.Last.Outcome != guard.Undone || !sameHost(k.Host.String(), was) {
				t.Errorf("%v %+v\n%s", err, reply.Last, k.Host)
			}
			if _, err := os.Lstat(path); (err == nil) != row.stays {
				t.Errorf("in the journal's place: %v", err)
			}
			next := r.Run(context.Background(), document(t, "bridges: [{name: br0}]"))
			var newer *store.Newer
			if row.stays != errors.As(next.Failed, &newer) || !row.stays && next.Failed != nil {
				t.Errorf("the next run: %v", next.Failed)
			}
		})
	}
}

// TestKeptWithoutJournal: a confirmation keeps the change also where its journal is gone.
func TestKeptWithoutJournal(t *testing.T) {
	r, k := guardedRun(t)
	if out := r.Run(context.Background(), document(t, toConfirm)); out.Failed != nil {
		t.Fatal(out.Failed)
	}
	if err := r.Dir.Remove("journal"); err != nil {
		t.Fatal(err)
	}
	has := k.Host.String()
	reply, err := guard.Ask(t.Context(), string(r.Dir), guard.Request{Verb: guard.AskConfirm}, nil)
	if err != nil || reply.Last == nil || reply.Last.Outcome != guard.Confirmed || k.Host.String() != has {
		t.Errorf("%v %+v", err, reply.Last)
	}
	if again := r.Run(context.Background(), document(t, classic)); again.Failed != nil || len(again.Plan.Steps) > 0 {
		t.Errorf("again: %v", again.Failed)
	}
}

// TestKeptForBootWhenConfirmed: only what was confirmed comes back at boot.
func TestKeptForBootWhenConfirmed(t *testing.T) {
	r, k := booting(t)
	r.Guard = func(c guard.Charge) (engine.Guardian, int, []string, error) { return k.GuardsWith(c, r.Boot) }
	out := r.Run(context.Background(), document(t, toConfirm))
	if out.Failed != nil || out.Confirm == nil || kept(r) != "" {
		t.Fatalf("%v, %+v, kept %q", out.Failed, out.Confirm, kept(r))
	}
	if reply, err := guard.Ask(t.Context(), string(r.Dir), guard.Request{Verb: guard.AskConfirm}, nil); err != nil || reply.Last == nil || reply.Last.Msg != "confirmed" {
		t.Errorf("%v %+v", err, reply.Last)
	}
	if text := kept(r); !strings.Contains(text, "vlan48") || strings.Contains(text, "confirm_timeout") {
		t.Errorf("kept %q", text)
	}
}
