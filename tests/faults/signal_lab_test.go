//go:build lab

package faults

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"hostnet-module/tests/await"
)

// noticed waits until a held program has taken its signals and done what it does about them: none is pending, and for five looks in a row
// none of its threads has run.
func noticed(pid int) {
	last, same := "", 0
	await.Until(10*time.Second, func() bool {
		status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if !strings.Contains(string(status), "ShdPnd:\t0000000000000000") {
			return false
		}
		now := ""
		threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
		for _, thread := range threads { // how long it was on a CPU, how long it waited for one, how often
			data, _ := os.ReadFile(thread)
			now += string(data)
		}
		if now != last {
			last, same = now, 0
			return false
		}
		same++
		return same == 5
	})
}

// TestSignals: a signal in the middle of a run, at the command line and from Ansible. The run is carried to its end or undone, and
// its result says which.
func TestSignals(t *testing.T) {
	const document = "bridges: [{name: br0, mac: \"00:16:3e:00:05:01\", ports: [eth2], addresses: [192.0.2.10/24, 192.0.2.11/24], routes: [{to: 198.18.0.0/24, via: 192.0.2.1}]}]"
	kill := func(signals ...unix.Signal) func(int) {
		return func(pid int) {
			for _, s := range signals {
				_ = unix.Kill(pid, s)
			}
			noticed(pid)
		}
	}
	for name, tt := range map[string]struct {
		signals []unix.Signal
		ansible bool
		before  []string // a program that starts it
		undone  bool
	}{
		"SIGTERM":               {signals: []unix.Signal{unix.SIGTERM}, undone: true},
		"SIGINT":                {signals: []unix.Signal{unix.SIGINT}, undone: true},
		"SIGINT, again":         {signals: []unix.Signal{unix.SIGINT, unix.SIGINT, unix.SIGTERM}, undone: true},
		"SIGHUP":                {signals: []unix.Signal{unix.SIGHUP}, undone: true},
		"SIGHUP, under nohup":   {signals: []unix.Signal{unix.SIGHUP}, before: []string{"sh", "-c", `trap '' HUP; exec "$@"`, "nohup"}},
		"SIGPIPE":               {signals: []unix.Signal{unix.SIGPIPE}},
		"Ansible and SIGHUP":    {signals: []unix.Signal{unix.SIGHUP}, ansible: true},
		"Ansible and SIGPIPE":   {signals: []unix.Signal{unix.SIGPIPE}, ansible: true},
		"Ansible and SIGTERM":   {signals: []unix.Signal{unix.SIGTERM}, ansible: true, undone: true},
		"Ansible, all of these": {signals: []unix.Signal{unix.SIGHUP, unix.SIGPIPE, unix.SIGINT}, ansible: true, undone: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSpace(t, nics)
			defer s.close()
			old := s.picture()
			argv := append(tt.before, program, "--format", "json", "-")
			stdin := document
			if tt.ansible {
				argv, stdin = ansible(t, `{"bridges": [{"name": "br0", "mac": "00:16:3e:00:05:01", "ports": ["eth2"], "addresses": ["192.0.2.10/24", "192.0.2.11/24"]}], "_ansible_check_mode": false}`), ""
			}
			e := s.run(fault{n: 8, way: held, meanwhile: kill(tt.signals...)}, stdin, argv...)
			if err := json.Unmarshal([]byte(e.text), &e.result); err != nil || !e.struck {
				t.Fatalf("held %v, no result: %v: %s", e.struck, err, e.text)
			}
			r, now := e.result, s.picture()
			if r.Failed != tt.undone || r.RolledBack != tt.undone || (e.exit != 0) != tt.undone || (now == old) != tt.undone {
				t.Errorf("exit %d, as before %v, want it undone %v: %s", e.exit, now == old, tt.undone, e.text)
			}
			if tt.undone && !strings.Contains(r.Msg, "interrupted") {
				t.Errorf("it does not say why: %s", r.Msg)
			}
			if next, exit := s.exec(nothing, program, "--format", "json", "-"); exit != 0 || strings.Contains(next, "recovered") {
				t.Errorf("the next start: exit %d: %s", exit, next)
			}
		})
	}
}

// ansible puts the program and its arguments where Ansible would.
func ansible(t *testing.T, args string) []string {
	t.Helper()
	dir := t.TempDir()
	module, file := filepath.Join(dir, "AnsiballZ_hostnet"), filepath.Join(dir, "args")
	if err := os.Symlink(program, module); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(args), 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{module, file}
}

// TestClosed: standard output, standard error or both are closed, from the start or in the middle. The run is carried to its end.
func TestClosed(t *testing.T) {
	const document = "bridges: [{name: br0, addresses: [192.0.2.10/24]}]"
	for name, tt := range map[string]struct {
		line string // started through a shell; ""
		pipe bool   // whose reader goes away in the middle
		exit int
	}{
		"no standard output":  {line: ">&-", exit: 0},
		"no standard error":   {line: "2>&-", exit: 0},
		"neither":             {line: ">&- 2>&-", exit: 0},
		"a full disk":         {line: ">/dev/full", exit: 1},
		"the reader has gone": {pipe: true, exit: 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSpace(t, nics)
			defer s.close()
			cmd := exec.Command("sh", "-c", "exec "+program+" --format json - "+tt.line)
			cmd.Stdin = strings.NewReader(document)
			var out, errs bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &errs
			f := fault{}
			if tt.pipe {
				r, w, err := os.Pipe()
				if err != nil {
					t.Fatal(err)
				}
				defer w.Close()
				cmd.Stdout = w
				f = fault{n: 6, way: held, meanwhile: func(int) { r.Close() }}
			}
			s.watched(f, cmd)
			if exit := cmd.ProcessState.ExitCode(); exit != tt.exit {
				t.Errorf("exit %d: %s%s", exit, out.String(), errs.String())
			}
			if tt.exit != 0 && !strings.Contains(errs.String(), "the result could not be written") {
				t.Errorf("it does not say so: %s", errs.String())
			}
			if now, _ := s.exec("", "ip", "-br", "addr"); !strings.Contains(now, "192.0.2.10/24") {
				t.Errorf("not carried to its end:\n%s", now)
			}
			if next, exit := s.exec(nothing, program, "--format", "json", "-"); exit != 0 || strings.Contains(next, "recovered") {
				t.Errorf("the next start: exit %d: %s", exit, next)
			}
		})
	}
}
