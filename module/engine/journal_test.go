package engine_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"hostnet-module/module/engine"
	"hostnet-module/module/guard"
	"hostnet-module/module/state"
	"hostnet-module/module/store"
	"hostnet-module/tests/fake"
)

// nothing is a document that wants nothing: what its run does is done for an earlier one.
const nothing = "bridges: [{name: br9, state: absent}]"

// die carries a document out and ends the run at its step n, before it or right after it, with nothing done after that, as by
// SIGKILL. It returns false if the run has come to its end before.
func die(t *testing.T, k *fake.Kernel, dir store.Dir, text string, n int, after bool) bool {
	return dies(t, k, engine.Runner{Kernel: k, Dir: dir}, text, n, after)
}

func dies(t *testing.T, k *fake.Kernel, r engine.Runner, text string, n int, after bool) bool {
	done := make(chan bool)
	go func() {
		died := true
		defer func() { done <- died }() // Goexit runs what is deferred: the lock goes, as it does with a process
		k.Refuse = func(i int, s state.Step) error {
			if i == n {
				if after {
					_ = k.Host.Apply(s)
				}
				runtime.Goexit()
			}
			return nil
		}
		if out := r.Run(context.Background(), document(t, text)); out.Failed != nil {
			t.Error(out.Failed)
		}
		died = false
	}()
	died := <-done
	k.Refuse, k.Sent = nil, nil
	return died
}

// TestKilled ends runs at every step: the next start puts everything back and says so.
func TestKilled(t *testing.T) {
	for name, tt := range map[string]struct{ before, text string }{
		"create": {bare, classic}, "adopt": {adopted, classic}, "teardown": {adopted, gone},
	} {
		for n := range 200 {
			for _, after := range []bool{false, true} {
				k := &fake.Kernel{Host: host(t, tt.before)}
				dir := store.Dir(t.TempDir())
				if !die(t, k, dir, tt.text, n, after) {
					if n < 2 {
						t.Errorf("%s: only %d steps", name, n)
					}
					goto next
				}
				check := engine.Runner{Kernel: k, Dir: dir, Check: true}.Run(context.Background(), document(t, nothing))
				if len(check.Recovered) != 1 || check.Recovered[0].Action != engine.LeftAlone || len(k.Sent) > 0 {
					t.Fatalf("%s, %d: check mode: %+v, sent %v", name, n, check.Recovered, k.Sent)
				}
				out := engine.Runner{Kernel: k, Dir: dir}.Run(context.Background(), document(t, nothing))
				if out.Failed != nil || len(out.Recovered) != 1 || out.Recovered[0].Action != engine.Undone || len(out.Recovered[0].Missing) > 0 || len(out.Warnings) != 1 {
					t.Fatalf("%s, %d, after %v: %v, %+v", name, n, after, out.Failed, out.Recovered)
				}
				if want := host(t, tt.before).String(); !sameHost(k.Host.String(), want) {
					t.Fatalf("%s, %d, after %v: not as before:\n%s\nwant\n%s", name, n, after, k.Host, want)
				}
				if again := (engine.Runner{Kernel: k, Dir: dir}).Run(context.Background(), document(t, nothing)); len(again.Recovered) > 0 {
					t.Fatalf("recovered twice: %+v", again.Recovered)
				}
			}
		}
	next:
	}
}

// TestKilledTwice: the undoing itself is ended at each of its steps; the one after it finishes.
func TestKilledTwice(t *testing.T) {
	for n := range 100 {
		k := &fake.Kernel{Host: host(t, adopted)}
		dir := store.Dir(t.TempDir())
		if !die(t, k, dir, classic, 5, true) {
			t.Fatal("the first run has come to its end")
		}
		died := die(t, k, dir, nothing, n, true)
		out := engine.Runner{Kernel: k, Dir: dir}.Run(context.Background(), document(t, nothing))
		if out.Failed != nil || (len(out.Recovered) == 1) != died || !sameHost(k.Host.String(), host(t, adopted).String()) {
			t.Fatalf("%d: %v, %+v\n%s", n, out.Failed, out.Recovered, k.Host)
		}
		if !died {
			return
		}
	}
	t.Error("no end")
}

// unsettled leaves a run in the middle and returns its journal's path.
func unsettled(t *testing.T, k *fake.Kernel, dir store.Dir) string {
	t.Helper()
	if !die(t, k, dir, classic, 4, true) {
		t.Fatal("the run has come to its end")
	}
	return filepath.Join(string(dir), "journal")
}

// TestTornJournal cuts a journal at every byte. It is moved aside, told, and nothing is done by it.
func TestTornJournal(t *testing.T) {
	t.Parallel()
	k := &fake.Kernel{Host: host(t, bare)}
	dir := store.Dir(t.TempDir())
	path := unsettled(t, k, dir)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	between := k.Host.String()
	for n := range whole {
		if err := os.WriteFile(path, whole[:n], 0o644); err != nil {
			t.Fatal(err)
		}
		out := engine.Runner{Kernel: k, Dir: dir}.Run(context.Background(), document(t, nothing))
		if out.Failed != nil || len(k.Sent) > 0 || k.Host.String() != between {
			t.Fatalf("cut at %d: %v, sent %v", n, out.Failed, k.Sent)
		}
		if len(out.Recovered) != 1 || out.Recovered[0].Action != engine.PutAside || !strings.Contains(strings.Join(out.Warnings, ""), "journal.damaged-") {
			t.Fatalf("cut at %d: %+v", n, out.Recovered)
		}
	}
	if left, _ := filepath.Glob(path + "*"); len(left) != 5 {
		t.Errorf("kept: %q", left)
	}
}

// rewrite changes a field of a journal, as sound as before.
func rewrite(t *testing.T, dir store.Dir, change map[string]any) {
	t.Helper()
	data, err := dir.ReadSealed("journal", 1)
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(data, &fields); err != nil {
		t.Fatal(err)
	}
	for name, value := range change {
		fields[name] = value
	}
	if data, err = json.Marshal(fields); err == nil {
		err = dir.WriteSealed("journal", 1, func(w *bufio.Writer) error { _, err := w.Write(data); return err })
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestJournalOfAnotherBoot speaks of a network that is gone: nothing is undone, but files that outlived it are as before.
func TestJournalOfAnotherBoot(t *testing.T) {
	for _, change := range []map[string]any{{"boot": "another"}, {"boot": "another", "namespace": "another"}} {
		k := &fake.Kernel{Host: host(t, bare)}
		dir, etc := store.Dir(t.TempDir()), store.Dir(t.TempDir())
		unsettled(t, k, dir)
		change["files"] = []any{map[string]any{"dir": etc, "name": "a", "data": []byte("as before"), "lasting": true},
			map[string]any{"dir": etc, "name": "b", "data": []byte("of that boot")}}
		rewrite(t, dir, change)
		between := k.Host.String()
		out := engine.Runner{Kernel: k, Dir: dir}.Run(context.Background(), document(t, nothing))
		if out.Failed != nil || len(out.Recovered) != 1 || out.Recovered[0].Action != engine.Removed || len(out.Warnings) != 1 {
			t.Errorf("%v, %+v", out.Failed, out.Recovered)
		}
		if len(k.Sent) > 0 || k.Host.String() != between {
			t.Errorf("sent %v", k.Sent)
		}
		a, _ := etc.Read("a")
		b, _ := etc.Read("b")
		if string(a) != "as before" || b != nil {
			t.Errorf("files: %q, %q", a, b)
		}
		if data, err := dir.Read("journal"); data != nil || err != nil {
			t.Errorf("the journal is still there: %v", err)
		}
	}
}

// TestJournalOfAnotherNetwork: hosts with namespaces of their own share a folder. None touches the other's journal, each has its own.
func TestJournalOfAnotherNetwork(t *testing.T) {
	theirs := &fake.Kernel{Host: host(t, bare)}
	shared := store.Dir(t.TempDir())
	unsettled(t, theirs, shared)
	rewrite(t, shared, map[string]any{"namespace": "another"})
	journal, _ := shared.Read("journal")
	ours := engine.Runner{Kernel: &fake.Kernel{Host: host(t, bare)}, Dir: store.Dir(t.TempDir()), Lasting: shared}
	same := func(after string) {
		t.Helper()
		if now, err := shared.Read("journal"); err != nil || string(now) != string(journal) {
			t.Errorf("after %s: %v, their journal has %d bytes, had %d", after, err, len(now), len(journal))
		}
	}
	for _, text := range []string{nothing, classic} {
		out := ours.Run(context.Background(), document(t, text))
		if out.Failed != nil || len(out.Recovered) != 1 || out.Recovered[0].Action != engine.Others || !strings.Contains(fmt.Sprint(out.Warnings), "another network") {
			t.Errorf("%v, %+v, %q", out.Failed, out.Recovered, out.Warnings)
		}
		same(text)
	}
	k := &fake.Kernel{Host: host(t, bare)}
	ours.Kernel, ours.Dir = k, store.Dir(t.TempDir())
	if !dies(t, k, ours, classic, 4, true) {
		t.Fatal("the run has come to its end")
	}
	same("a run that was killed")
	out := ours.Run(context.Background(), document(t, nothing))
	if out.Failed != nil || len(out.Recovered) != 2 || !sameHost(k.Host.String(), host(t, bare).String()) {
		t.Errorf("%v, %+v\n%s", out.Failed, out.Recovered, k.Host)
	}
	same("its undoing")
}

// TestPending: a run that waits to be confirmed keeps others out as long as its guardian lives, and no longer. Who asks for it by name
// may undo it.
func TestPending(t *testing.T) {
	k := &fake.Kernel{Host: host(t, bare)}
	runtime := t.TempDir()
	dir := store.Dir(filepath.Join(runtime, "fake"))
	unsettled(t, k, dir)
	rewrite(t, dir, map[string]any{"id": "abcde", "phase": engine.Waiting, "guardian": store.Self(), "deadline": store.Uptime() + time.Minute})
	out := engine.Runner{Kernel: k, Dir: dir}.Run(context.Background(), document(t, nothing))
	var pending *engine.Pending
	if !errors.As(out.Failed, &pending) || !strings.Contains(out.Failed.Error(), "confirm abcde") || len(k.Sent) > 0 {
		t.Errorf("got %v", out.Failed)
	}
	call := engine.Call{Dial: func() (engine.Kernel, error) { return k, nil }, Runtime: runtime}
	if j, err := call.Unsettled(k); err != nil || j == nil || j.ID != "abcde" {
		t.Errorf("unsettled: %v, %v", j, err)
	}
	if out := call.Undo(context.Background(), "other"); !errors.Is(out.Failed, engine.ErrSettled) {
		t.Errorf("undo of another: %v", out.Failed)
	}
	if out := call.Undo(context.Background(), "abcde"); out.Failed != nil || !sameHost(k.Host.String(), host(t, bare).String()) {
		t.Errorf("undo: %v\n%s", out.Failed, k.Host)
	}
	if out := call.Undo(context.Background(), ""); !errors.Is(out.Failed, engine.ErrSettled) {
		t.Errorf("undo of nothing: %v", out.Failed)
	}
	unsettled(t, k, dir)
	rewrite(t, dir, map[string]any{"phase": engine.Waiting, "guardian": store.Process{PID: os.Getpid(), Start: 1}})
	if out := (engine.Runner{Kernel: k, Dir: dir}).Run(context.Background(), document(t, nothing)); out.Failed != nil || !sameHost(k.Host.String(), host(t, bare).String()) {
		t.Errorf("a dead guardian: %v\n%s", out.Failed, k.Host)
	}
}

// TestConfirmWithoutGuardian: the guardian has been killed, the change still waits. A confirmation in time keeps it, as the guardian would
// have; a later one does not.
func TestConfirmWithoutGuardian(t *testing.T) {
	for name, row := range map[string]struct {
		left time.Duration
		id   string
		kept bool
	}{"in time": {time.Minute, "abcde", true}, "by no name": {time.Minute, "", true}, "another": {time.Minute, "other", false}, "too late": {-time.Second, "abcde", false}} {
		k := &fake.Kernel{Host: host(t, bare)}
		runtime := t.TempDir()
		dir := store.Dir(filepath.Join(runtime, "fake"))
		unsettled(t, k, dir)
		rewrite(t, dir, map[string]any{"id": "abcde", "phase": engine.Waiting, "guardian": store.Process{PID: os.Getpid(), Start: 1}, "process": store.Process{PID: os.Getpid(), Start: 1},
			"deadline": store.Uptime() + row.left, "next": map[string]any{"br0": map[string]any{"kind": "bridge"}}})
		between := k.Host.String()
		call := engine.Call{Dial: func() (engine.Kernel, error) { return k, nil }, Runtime: runtime}
		a, err := call.Answer(context.Background(), guard.Request{Verb: guard.AskConfirm, ID: row.id})
		said := a.Last != nil && a.Last.Outcome == guard.Confirmed && strings.Contains(a.Last.Msg, "guardian had died")
		journal, _ := dir.Read("journal")
		record, _ := dir.Read("applied.json")
		if err != nil || said != row.kept || (journal == nil) != row.kept || strings.Contains(string(record), "br0") != row.kept || k.Host.String() != between {
			t.Errorf("%s: %v, %+v, journal of %d bytes, record %s", name, err, a, len(journal), record)
		}
	}
}

// TestJournalCannotBeWritten: then nothing is begun; where only the disk takes none, the run-time folder does, with a warning.
func TestJournalCannotBeWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	k := &fake.Kernel{Host: host(t, bare)}
	dir := t.TempDir()
	out := engine.Runner{Kernel: k, Dir: store.Dir(dir), Lasting: store.Dir(file)}.Run(context.Background(), document(t, classic))
	if foreign := (*store.Foreign)(nil); !errors.As(out.Failed, &foreign) || len(k.Sent) > 0 {
		t.Errorf("no folder at all: %v", out.Failed)
	}
	// A folder in which the new file cannot be made.
	blocked := t.TempDir()
	if err := os.MkdirAll(filepath.Join(blocked, "journal.new", "x"), 0o755); err != nil {
		t.Fatal(err)
	}
	out = engine.Runner{Kernel: k, Dir: store.Dir(dir), Lasting: store.Dir(blocked)}.Run(context.Background(), document(t, classic))
	if out.Failed != nil || len(k.Sent) == 0 || !strings.Contains(fmt.Sprint(out.Warnings), "does not outlive a power cut") {
		t.Errorf("no lasting folder: %v, %q", out.Failed, out.Warnings)
	}
	k = &fake.Kernel{Host: host(t, bare)}
	out = engine.Runner{Kernel: k, Dir: store.Dir(blocked)}.Run(context.Background(), document(t, classic))
	if out.Failed == nil || len(k.Sent) > 0 || !strings.Contains(out.Failed.Error(), "nothing is begun") {
		t.Errorf("nowhere: %v, sent %v", out.Failed, k.Sent)
	}
}

// TestNotSettled: a journal that cannot be removed would undo the run later; so it is undone now.
func TestNotSettled(t *testing.T) {
	dir := store.Dir(t.TempDir())
	path := filepath.Join(string(dir), "journal")
	k := &fake.Kernel{Host: host(t, bare)}
	k.Refuse = func(n int, _ state.Step) error {
		if n == 3 {
			_ = os.Remove(path)
			return os.MkdirAll(filepath.Join(path, "in the way"), 0o755)
		}
		return nil
	}
	out := engine.Runner{Kernel: k, Dir: dir}.Run(context.Background(), document(t, classic))
	if out.Failed == nil || !strings.Contains(out.Failed.Error(), "could not be settled") || !sameHost(k.Host.String(), host(t, bare).String()) {
		t.Errorf("%v, not restored %q\n%s", out.Failed, out.NotRestored, k.Host)
	}
}

// TestPlainer: a kernel that refuses an option which it has itself reported gets the link without it back, in its bridge's place, and
// what could not be restored is told.
func TestPlainer(t *testing.T) {
	k := &fake.Kernel{Host: host(t, strings.Replace(adopted, "vlan16: bridge up", "vlan16: bridge ageing_time 777 up", 1))}
	want := k.Host.String()
	stubborn := true
	k.Refuse = func(n int, s state.Step) error {
		if s.Link == "vlan16" && s.Attrs.Has("ageing_time") && stubborn || s.Op == state.LinkDel && s.Link == "bond0" {
			return syscall.EOPNOTSUPP
		}
		return nil
	}
	run := func() engine.Outcome {
		return engine.Runner{Kernel: k, Dir: store.Dir(t.TempDir())}.Run(context.Background(), document(t, gone))
	}
	out := run()
	if out.Failed == nil || out.RolledBack || len(out.NotRestored) != 1 || !strings.Contains(out.NotRestored[0], "ageing_time 777") {
		t.Errorf("%v, not restored %q", out.Failed, out.NotRestored)
	}
	if now := strings.Replace(want, " ageing_time 777", "", 1); !sameHost(k.Host.String(), now) {
		t.Errorf("got\n%s\nwant\n%s", k.Host, now)
	}
}

// TestJournalWithoutKernelRoutes: there is one for each link that speaks IPv6, and nobody brings them back.
func TestJournalWithoutKernelRoutes(t *testing.T) {
	k := &fake.Kernel{Host: host(t, bare)}
	own := state.Route{Dst: netip.MustParsePrefix("2001:db8:9::/64"), Dev: "eth1", Table: state.TableMain, Proto: state.ProtoKernel, Type: state.TypeUnicast}
	others := own
	others.Dst, others.Proto = netip.MustParsePrefix("2001:db8:8::/64"), state.ProtoStatic
	k.Host.Routes = append(k.Host.Routes, own, others)
	data, err := os.ReadFile(unsettled(t, k, store.Dir(t.TempDir())))
	if err != nil || strings.Contains(string(data), "2001:db8:9::") || !strings.Contains(string(data), "2001:db8:8::") || len(k.Host.Routes) < 2 {
		t.Errorf("%v, %d routes left: %s", err, len(k.Host.Routes), data)
	}
}
