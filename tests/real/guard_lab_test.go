//go:build lab

package real

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"hostnet-module/tests/lab/topo"
)

// enslaving is the document that takes the NIC of a live host into a bond, with a guardian.
func enslaving(seconds int) string {
	return fmt.Sprintf(moved, 16, fmt.Sprintf("confirm_timeout: %d", seconds))
}

// say calls confirm or rollback and returns its result.
func say(t *testing.T, w *topo.World, args ...string) result {
	t.Helper()
	out := w.Host.Exec("", append(append([]string{program}, args...), "--format", "json")...)
	var r result
	if err := json.Unmarshal([]byte(out.Stdout), &r); err != nil {
		t.Fatalf("%v: no result: %v\n%s%s", args, err, out.Stdout, out.Stderr)
	}
	if r.Failed != (out.Exit != 0) {
		t.Errorf("%v: failed is %v, exit code %d: %s", args, r.Failed, out.Exit, r.Msg)
	}
	return r
}

// lastWord is what `show` tells about the last change that was to be confirmed.
func lastWord(t *testing.T, w *topo.World) (waits bool, outcome, msg string) {
	t.Helper()
	var shown struct {
		Confirm *struct{ ID string }
		Last    *struct{ Outcome, Msg string }
	}
	w.Host.JSON(&shown, "%s show --format json", program)
	if shown.Last == nil {
		return shown.Confirm != nil, "", ""
	}
	return shown.Confirm != nil, shown.Last.Outcome, shown.Last.Msg
}

// undone waits until the bond is gone again and holds the host against what it was.
func undone(t *testing.T, w *topo.World, before string) {
	t.Helper()
	w.Await("the host as before", topo.Long, func() bool { waits, _, _ := lastWord(t, w); return !waits && link(w, "bond0") == nil })
	asBefore(t, w, before)
}

// asBefore holds the host against what it was.
func asBefore(t *testing.T, w *topo.World, before string) {
	t.Helper()
	if waits, _, _ := lastWord(t, w); waits {
		t.Error("a change waits to be confirmed")
	}
	if after := picture(w); sortLines(after) != sortLines(before) {
		t.Errorf("not as before:\n%s", difference(before, after))
	}
	w.Host.Ping("192.0.2.1")
}

// tooLate is what no guardian takes from the deadline to its last word, on whatever machine. It is for one that slept over its deadline.
const tooLate = 2 * time.Minute

// deadline reads when a change that waits will be undone, from its journal: by the clock of the boot, which the guardian goes by.
func deadline(t *testing.T, id string) time.Duration {
	t.Helper()
	for _, path := range runtime(t, "journal") {
		var j struct {
			ID       string
			Deadline time.Duration
		}
		// It begins with a line about the rest.
		data, _ := os.ReadFile(path)
		if _, text, _ := strings.Cut(string(data), "\n"); json.Unmarshal([]byte(text), &j) == nil && j.ID == id {
			return j.Deadline
		}
	}
	t.Fatalf("no journal of %s", id)
	return 0
}

// runtime are the files of that name of all hosts in this machine.
func runtime(t *testing.T, name string) (paths []string) {
	t.Helper()
	for _, pattern := range []string{"/run/hostnet/", "/run/hostnet/*/", "/run/hostnet/*/*/"} {
		found, err := filepath.Glob(pattern + name)
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, found...)
	}
	return paths
}

// booted is when the machine came up, by the wall clock.
func booted(t *testing.T) time.Time {
	t.Helper()
	var up float64
	data, err := os.ReadFile("/proc/uptime")
	if err == nil {
		_, err = fmt.Sscan(string(data), &up)
	}
	if err != nil {
		t.Fatal(err)
	}
	return time.Now().Add(-time.Duration(up * float64(time.Second)))
}

// onTime holds the moment that the guardian itself has noted against the deadline: never before it, to the hundredth of a second in which
// the kernel tells its uptime; and not as if it had been forgotten.
func onTime(t *testing.T, id string, deadline time.Duration) {
	t.Helper()
	for _, path := range runtime(t, "last.json") {
		var last struct {
			ID string
			At time.Time
		}
		if data, _ := os.ReadFile(path); json.Unmarshal(data, &last) != nil || last.ID != id {
			continue
		}
		late := last.At.Sub(booted(t)) - deadline
		t.Logf("undone %v after the deadline", late.Round(time.Millisecond))
		if late < -20*time.Millisecond || late > tooLate {
			t.Errorf("undone %v after the deadline", late)
		}
		return
	}
	t.Errorf("no last word about %s", id)
}

func TestConfirmed(t *testing.T) {
	t.Parallel()
	w := live(t)
	r := apply(t, w, enslaving(30))
	if r.Confirm == nil || r.Confirm.Timeout != 30 || r.Confirm.Phase != "pending" || !strings.Contains(r.Msg, "hostnet-module confirm "+r.Confirm.ID) {
		t.Fatalf("%+v: %s", r.Confirm, r.Msg)
	}
	first := deadline(t, r.Confirm.ID)
	// Another run is refused, by name, and check mode works.
	if other := run(t, w, "bridges: [{name: br9}]"); !other.Failed || !strings.Contains(other.Msg, r.Confirm.ID) || !strings.Contains(other.Msg, "hostnet-module rollback") {
		t.Errorf("a second run: %s", other.Msg)
	}
	apply(t, w, "bridges: [{name: br9}]", "--check")
	if more := say(t, w, "confirm", "--extend", "6000", r.Confirm.ID); more.Failed || more.Confirm == nil || more.Confirm.Remaining <= 30 {
		t.Fatalf("extended: %+v: %s", more.Confirm, more.Msg)
	}
	time.Sleep(time.Until(booted(t).Add(first + time.Second))) // the first deadline goes by
	if kept := say(t, w, "confirm"); kept.Failed || !kept.Changed {
		t.Errorf("confirmed: %s", kept.Msg)
	}
	want(t, "changed again", apply(t, w, enslaving(30)).Changed, false)
	if again := say(t, w, "confirm", r.Confirm.ID); again.Failed || again.Changed {
		t.Errorf("confirmed again: %s", again.Msg)
	}
	w.Host.Ping("192.0.2.1")
	// What it set is noted: the next document takes it away.
	apply(t, w, strings.Replace(enslaving(0), "192.0.2.10/24", "192.0.2.11/24", 1))
	if text := w.Host.Run("ip addr show vlan16"); strings.Contains(text, "192.0.2.10/") {
		t.Errorf("what was confirmed was not noted:\n%s", text)
	}
}

func TestNotConfirmed(t *testing.T) {
	t.Parallel()
	w := live(t)
	before := picture(w)
	r := apply(t, w, enslaving(10))
	due := deadline(t, r.Confirm.ID)
	undone(t, w, before)
	onTime(t, r.Confirm.ID, due)
	late := say(t, w, "confirm", r.Confirm.ID)
	if !late.Failed || !late.RolledBack || !strings.Contains(late.Msg, "not confirmed within 10s: everything was put back as it was; nothing to confirm") {
		t.Errorf("too late: rolled back %v: %s", late.RolledBack, late.Msg)
	}
	// At once, on request.
	r = apply(t, w, enslaving(600))
	if back := say(t, w, "rollback"); back.Failed || !back.RolledBack || !back.Changed {
		t.Errorf("rollback: %s", back.Msg)
	}
	asBefore(t, w, before)
}

// TestKilledInTheMiddle: the run has sent its steps and still probes. Whatever ends it, the guardian puts everything back at once.
func TestKilledInTheMiddle(t *testing.T) {
	t.Parallel()
	document := filepath.Join(t.TempDir(), "host.yaml")
	text := enslaving(80000) + "probes: [{ping: 192.0.2.99}]\nprobe_timeout: 600\n"
	if err := os.WriteFile(document, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	group := cgroup(t, "middle")
	for name, kill := range map[string]func(p *person){
		"SIGKILL":     func(p *person) { p.cmd.Process.Kill() },
		"cgroup.kill": func(*person) { write(t, group+"/cgroup.kill", "1") },
	} {
		t.Run(name, func(t *testing.T) {
			w := live(t)
			before := picture(w)
			p := onTerminal(t, inGroup(w, group, program+" -v "+document))
			p.sees(t, "probing")
			kill(p)
			p.cmd.Wait()
			want(t, "exit of the killed", p.cmd.ProcessState.ExitCode(), -1)
			undone(t, w, before) // at once: it waits for neither the probe nor the deadline, which are far away
			if _, outcome, msg := lastWord(t, w); outcome != "undone" || !strings.Contains(msg, "cut off in the middle") {
				t.Errorf("%s: %s", outcome, msg)
			}
		})
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// inGroup is a command line on the host, in a control group: `ip netns exec` hides the groups from what it starts.
func inGroup(w *topo.World, group, line string) *exec.Cmd {
	return exec.Command("sh", "-c", fmt.Sprintf("echo $$ >%s/cgroup.procs; exec ip netns exec %s %s", group, w.Host.Name, line))
}

// cgroup makes a control group that is gone after the test.
func cgroup(t *testing.T, name string) string {
	t.Helper()
	group := "/sys/fs/cgroup/" + name
	if err := os.Mkdir(group, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Rmdir(group) })
	return group
}

// processes are those whose command line begins so.
func processes(line string) (pids []string) {
	all, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, path := range all {
		if b, err := os.ReadFile(path); err == nil && strings.HasPrefix(string(b), line) {
			pids = append(pids, filepath.Base(filepath.Dir(path)))
		}
	}
	return pids
}

// guardian is the process of a run's guardian.
func guardian(t *testing.T, id string) string {
	t.Helper()
	pids := processes("hostnet-guardian\x00" + id)
	if len(pids) != 1 {
		t.Fatalf("the guardian of %s: %v", id, pids)
	}
	return pids[0]
}

// TestGuardianKilled: without its guardian a change that waits is undone by a rollback or the next run, and kept by a confirmation, whichever comes first.
func TestGuardianKilled(t *testing.T) {
	t.Parallel()
	w := live(t)
	before := picture(w)
	for _, by := range []string{"rollback", "next run"} {
		r := apply(t, w, enslaving(600))
		w.Host.Run("kill -9 %s", guardian(t, r.Confirm.ID))
		if by == "rollback" {
			if back := say(t, w, "rollback", r.Confirm.ID); back.Failed || !back.RolledBack {
				t.Errorf("rollback: %s", back.Msg)
			}
		} else if next := apply(t, w, "ethernets: [{name: eth0}]"); !strings.Contains(strings.Join(next.Warnings, " "), r.Confirm.ID) {
			t.Errorf("warnings %q", next.Warnings)
		}
		asBefore(t, w, before)
	}
	r := apply(t, w, enslaving(600))
	w.Host.Run("kill -9 %s", guardian(t, r.Confirm.ID))
	if kept := say(t, w, "confirm", r.Confirm.ID); kept.Failed {
		t.Errorf("confirmed in time, without a guardian: %s", kept.Msg)
	}
	if again := run(t, w, enslaving(0)); again.Changed || len(again.Warnings) > 0 {
		t.Errorf("not kept: changed %v, warnings %q", again.Changed, again.Warnings)
	}
}

// TestGuardianIsApart: another session, no terminal, at the top of the control groups, not to be killed for memory, from a copy in memory,
// with /dev/null for everything and its signals ignored.
func TestGuardianIsApart(t *testing.T) {
	t.Parallel()
	w := live(t)
	group := cgroup(t, "apart")
	document := filepath.Join(t.TempDir(), "host.yaml")
	write(t, document, enslaving(600))
	var r result
	w.Host.Run("cp %s /tmp/gone", program)
	out, err := inGroup(w, group, "/tmp/gone --format json "+document).Output()
	if err != nil {
		t.Fatal(err)
	}
	w.Host.Run("rm /tmp/gone")
	if err := json.Unmarshal(out, &r); err != nil || r.Confirm == nil || strings.Contains(strings.Join(r.Warnings, " "), "guardian") {
		t.Fatalf("%v: %s", err, out)
	}
	pid := guardian(t, r.Confirm.ID)
	proc := func(name string) string { b, _ := os.ReadFile("/proc/" + pid + "/" + name); return string(b) }
	want(t, "control group", strings.TrimSpace(proc("cgroup")), "0::/")
	want(t, "oom_score_adj", strings.TrimSpace(proc("oom_score_adj")), "-1000")
	exe, _ := os.Readlink("/proc/" + pid + "/exe")
	want(t, "program", exe, "/memfd:hostnet-module (deleted)")
	stat := strings.Fields(proc("stat")[strings.LastIndex(proc("stat"), ")")+2:])
	want(t, "session", stat[3], pid)
	want(t, "terminal", stat[4], "0")
	for _, fd := range []string{"0", "1", "2"} {
		to, _ := os.Readlink("/proc/" + pid + "/fd/" + fd)
		want(t, "descriptor "+fd, to, "/dev/null")
	}
	if !strings.Contains(proc("status"), "VmLck:") || strings.Contains(proc("status"), "VmLck:\t       0 kB") {
		t.Error("its memory is not locked")
	}
	for _, s := range []string{"HUP", "INT", "TERM", "PIPE", "USR1", "TSTP"} {
		w.Host.Run("kill -%s %s", s, pid)
	}
	if kept := say(t, w, "confirm", r.Confirm.ID); kept.Failed {
		t.Errorf("after the signals: %s", kept.Msg)
	}
	w.Await("the guardian's end", topo.Long, func() bool { _, err := os.Stat("/proc/" + pid); return err != nil })
}
