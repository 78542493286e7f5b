//go:build lab

package real

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hostnet-module/tests/lab/topo"
)

// journalOf is where the journal of a run lies.
func journalOf(t *testing.T, w *topo.World, id string) string {
	t.Helper()
	path := strings.TrimSpace(w.Host.Run("grep -l '\"id\":\"%s\"' /run/hostnet/*/journal", id))
	if path == "" {
		t.Fatalf("no journal of run %s", id)
	}
	return path
}

// TestJournalSpoiled: what nobody has confirmed is undone at its time, and no other run begins before, whatever lies in the place of its journal.
func TestJournalSpoiled(t *testing.T) {
	if os.Getenv("HOSTNET_SPOILED") == "" {
		t.Skip("beside another machine it has stood still twice, and nobody knows why yet: HOSTNET_SPOILED=1 runs it")
	}
	for name, spoil := range map[string]string{
		"truncated": "truncate -s 300 %[1]s", "gone": "rm %[1]s", "a pipe": "rm %[1]s; mkfifo %[1]s", "version 2": "sed -i '1s/hostnet-journal 1/hostnet-journal 2/' %[1]s",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := live(t)
			before := picture(w)
			r := apply(t, w, enslaving(30))
			path := journalOf(t, w, r.Confirm.ID)
			w.Host.Run("sh -c '"+strings.ReplaceAll(spoil, "'", `"`)+"'", path)
			if other := run(t, w, "bridges: [{name: br9}]"); !other.Failed || !strings.Contains(other.Msg, r.Confirm.ID) || other.Changed {
				t.Errorf("another run: %s", other.Msg)
			}
			undone(t, w, before)
			if _, outcome, msg := lastWord(t, w); outcome != "undone" || !strings.Contains(msg, "not confirmed") {
				t.Errorf("%s: %s", outcome, msg)
			}
			if name == "version 2" {
				if next := run(t, w, "bridges: [{name: br9}]"); !next.Failed || !strings.Contains(next.Msg, "newer hostnet-module") || !strings.Contains(next.Msg, path) {
					t.Errorf("the next run: %s", next.Msg)
				}
				w.Host.Run("rm %s", path)
			}
			apply(t, w, "bridges: [{name: br9}]")
		})
	}
}

// TestGuardianStopped: a guardian that answers nothing holds nobody: show tells of it, rollback and confirm do without it, and it does nothing when it
// is let go on. Where only it knows what was before, it is left alone.
func TestGuardianStopped(t *testing.T) {
	t.Parallel()
	w := live(t)
	before := picture(w)
	stopped := func(extended bool) (id, pid string) {
		r := apply(t, w, enslaving(600))
		if extended { // which leaves the journal fit for who does without the guardian
			say(t, w, "confirm", "--extend", "300", r.Confirm.ID)
		}
		pid = guardian(t, r.Confirm.ID)
		w.Host.Run("kill -STOP %s", pid)
		return r.Confirm.ID, pid
	}
	goOn := func(pid string) { w.Host.TryRun("kill -CONT %s", pid) }

	id, pid := stopped(true)
	if text := w.Host.Run("%s show --format text", program); !strings.Contains(text, id) || !strings.Contains(text, "no sign of life") {
		t.Errorf("show:\n%s", text)
	}
	if other := run(t, w, "bridges: [{name: br9}]"); !other.Failed || !strings.Contains(other.Msg, id) {
		t.Errorf("another run: %s", other.Msg)
	}
	if back := say(t, w, "rollback"); back.Failed || !back.RolledBack || !strings.Contains(back.Msg, "everything was put back") {
		t.Errorf("rollback: %s", back.Msg)
	}
	undone(t, w, before)
	if _, err := os.Stat(filepath.Join("/proc", pid, "exe")); err == nil {
		t.Error("the guardian is still there")
	}

	id, pid = stopped(false)
	path := journalOf(t, w, id)
	w.Host.Run("sh -c \"cp %s /run/kept; truncate -s 300 %s\"", path, path)
	if back := say(t, w, "rollback"); !back.Failed || !strings.Contains(back.Msg, "kill -CONT "+pid) {
		t.Errorf("rollback without a journal: %s", back.Msg)
	}
	goOn(pid)
	if back := say(t, w, "rollback"); back.Failed || !back.RolledBack {
		t.Errorf("rollback by the guardian: %s", back.Msg)
	}
	undone(t, w, before)

	id, pid = stopped(true)
	if kept := say(t, w, "confirm", id); kept.Failed || !kept.Changed {
		t.Errorf("confirm: %s", kept.Msg)
	}
	goOn(pid)
	if again := run(t, w, enslaving(0)); again.Changed || len(again.Warnings) > 0 {
		t.Errorf("not kept: changed %v, warnings %q", again.Changed, again.Warnings)
	}
}

// TestNothingFromMemory: where the host runs no copy in memory the guardian runs from the program's own file, which is told.
func TestNothingFromMemory(t *testing.T) {
	t.Parallel()
	w := live(t)
	before := picture(w)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	out := w.Host.Exec(enslaving(600), self, asLocked, program, "--format", "json", "-")
	if out.Exit != 0 || !strings.Contains(out.Stdout, "the guardian runs from the program's own file (from a copy in memory: memfd_create: permission denied)") {
		t.Fatalf("%s%s", out.Stdout, out.Stderr)
	}
	_, id, _ := strings.Cut(out.Stdout, `"confirm":{"id":"`)
	pid := guardian(t, id[:5])
	exe, _ := os.Readlink("/proc/" + pid + "/exe")
	want(t, "program", exe, program)
	if back := say(t, w, "rollback"); back.Failed || !back.RolledBack {
		t.Errorf("rollback: %s", back.Msg)
	}
	undone(t, w, before)
}
