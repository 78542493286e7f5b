//go:build labhost

package ansible

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"
)

// The words of the stories.

// play runs ansible-playbook. `! play` expects it to fail; a traceback, or a module that does not answer in JSON, never will do.
func play(ts *testscript.TestScript, neg bool, args []string) {
	err := ts.Exec("ansible-playbook", args...)
	if (err != nil) != neg {
		ts.Fatalf("ansible-playbook: %v", err)
	}
	said := ts.ReadFile("stdout") + ts.ReadFile("stderr")
	for _, bad := range []string{"Traceback", "MODULE FAILURE", "goroutine ", "UNREACHABLE", "[DEPRECATION", "An exception occurred"} {
		if strings.Contains(said, bad) {
			ts.Fatalf("ansible-playbook says %q", bad)
		}
	}
}

// recap holds the last playbook's recap against its arguments: recap changed=1 failed=0.
func recap(ts *testscript.TestScript, neg bool, args []string) {
	_, after, found := strings.Cut(ts.ReadFile("stdout"), "PLAY RECAP")
	if neg || !found {
		ts.Fatalf("no recap")
	}
	_, line, _ := strings.Cut(after, "\n")
	line, _, _ = strings.Cut(line, "\n")
	for _, want := range args {
		if !strings.Contains(line+" ", " "+want+" ") {
			ts.Fatalf("no %s in %q", want, line)
		}
	}
}

// vm runs a command line in the machine; its output is there for stdout and cmp.
func (m *machine) vm(ts *testscript.TestScript, neg bool, args []string) {
	argv := m.ssh(strings.Join(args, " "))
	if err := ts.Exec(argv[0], argv[1:]...); (err != nil) != neg {
		ts.Fatalf("%s: %v", args, err)
	}
}

// inside runs a script of the story in the machine.
func (m *machine) inside(ts *testscript.TestScript, neg bool, args []string) {
	m.vm(ts, neg, []string{ts.ReadFile(args[0])})
}

// timers of bridges run by themselves.
var timers = regexp.MustCompile(`"\w+_timer":[0-9.]+,`)

// network writes the machine's whole network, in ip's words, to a file. It waits for the kernel to be done with duplicate
// address detection.
func (m *machine) network(ts *testscript.TestScript, neg bool, args []string) {
	m.vm(ts, neg, []string{`i=0; while [ -n "$(ip -6 addr show tentative)" ] && [ $i -lt 50 ]; do sleep 0.1; i=$((i+1)); done
		for what in '-d link' address route '-6 route'; do ip -j $what; done; bridge -j vlan`})
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), timers.ReplaceAll([]byte(ts.ReadFile("stdout")), nil), 0o644))
}

// hold has the module stopped at the point where it makes a link: hold bond0. It comes before the run, held after it.
func (m *machine) hold(ts *testscript.TestScript, neg bool, args []string) {
	m.vm(ts, neg, []string{`lab hold ` + args[0] + ` AnsiballZ_hostnet >/tmp/held 2>&1 </dev/null &
		until grep -q . /tmp/held; do sleep 0.1; done; grep listening /tmp/held`})
}

// held waits until the module is stopped.
func (m *machine) held(ts *testscript.TestScript, neg bool, args []string) {
	m.vm(ts, neg, []string{`until grep -v listening /tmp/held; do sleep 0.1; done; grep -q ^stopped /tmp/held || exit 1
		until grep '^State:.T' /proc/$(sed -n 's/^stopped //p' /tmp/held)/status; do sleep 0.1; done`})
}

// ended waits until the module has ended. The hang-up of a terminal sends SIGCONT behind SIGHUP, so that a stopped module goes
// on by itself, and may have ended already; without a terminal it is told to go on here.
func (m *machine) ended(ts *testscript.TestScript, neg bool, args []string) {
	m.vm(ts, neg, []string{`while pid=$(pidof AnsiballZ_hostnet); do kill -CONT $pid; sleep 0.1; done; true`})
}

// cut ends Ansible's connection by SIGKILL, as a crash would; with `controller` all of Ansible first. It waits until the
// machine has noticed: what had started the held module there is gone.
func (m *machine) cut(ts *testscript.TestScript, neg bool, args []string) {
	pids := []int{}
	if args[0] == "controller" {
		for _, cmd := range ts.BackgroundCmds() {
			pids = append(pids, family(cmd.Process.Pid)...)
		}
	}
	for _, path := range m.connections() {
		// "Master running (pid=123)"
		out, err := exec.Command("ssh", "-S", path, "-O", "check", "vm").CombinedOutput()
		if _, number, ok := strings.Cut(string(out), "pid="); ok && err == nil {
			number, _, _ = strings.Cut(number, ")")
			pid, err := strconv.Atoi(number)
			ts.Check(err)
			pids = append(pids, pid)
		}
	}
	if len(pids) == 0 || neg {
		ts.Fatalf("nothing to cut")
	}
	for _, pid := range pids {
		syscall.Kill(pid, syscall.SIGKILL)
	}
	m.vm(ts, false, []string{`pid=$(sed -n 's/^stopped //p' /tmp/held)
		while [ -e /proc/$pid ] && ! grep -q '^PPid:.1$' /proc/$pid/status; do sleep 0.1; done`})
	for _, path := range m.connections() {
		os.Remove(path)
	}
}

// family is a process with all its descendants.
func family(pid int) []int {
	pids := []int{pid}
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, task := range tasks {
		children, _ := os.ReadFile(task)
		for _, word := range strings.Fields(string(children)) {
			if child, err := strconv.Atoi(word); err == nil {
				pids = append(pids, family(child)...)
			}
		}
	}
	return pids
}
