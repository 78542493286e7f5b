//go:build labhost

package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"hostnet-module/tests/await"
)

// These tests run on the host and start machines. They guard the guard: a lab that
// loses a failure is worse than none.

// lab runs the built command and returns what it said and its exit status.
func lab(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	cmd := exec.Command("../../bin/lab", args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

func TestStatusAndOutput(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	stdout, stderr, code := lab(t, "run", "--out", out, "--file", "main.go:/some/where/x.go",
		"sh", "-c", "cat /some/where/x.go; echo no >&2; mkdir /out/d; echo back >/out/d/f; exit 3")
	want, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	if stdout != string(want) || stderr != "no\n" || code != 3 {
		t.Errorf("exit %d, %d bytes of %d, %q", code, len(stdout), len(want), stderr)
	}
	if back, err := os.ReadFile(filepath.Join(out, "d/f")); string(back) != "back\n" {
		t.Errorf("out came back as %q, %v", back, err)
	}
}

func TestOutputIsWhole(t *testing.T) {
	t.Parallel()
	stdout, _, code := lab(t, "run", "sh", "-c", "head -c 3000000 /dev/zero")
	if code != 0 || len(stdout) != 3000000 {
		t.Errorf("exit %d, %d bytes", code, len(stdout))
	}
}

func TestOops(t *testing.T) {
	t.Parallel()
	_, stderr, code := lab(t, "run", "sh", "-c", "echo c >/proc/sysrq-trigger")
	if code != exitLab || !strings.Contains(stderr, "the machine went down") || !strings.Contains(stderr, "Kernel panic") {
		t.Errorf("exit %d\n%s", code, stderr)
	}
}

func TestHangIsKilled(t *testing.T) {
	t.Parallel()
	_, stderr, code := lab(t, "run", "--timeout", "1s", "sleep", "1000")
	if code != exitLab || !strings.Contains(stderr, "not done after 1s") || !strings.Contains(stderr, "the end of the console") {
		t.Errorf("exit %d\n%s", code, stderr)
	}
}

func TestNoModule(t *testing.T) {
	t.Parallel()
	stdout, _, code := lab(t, "run", "--no-module", "bonding", "sh", "-c", "ip link add b type bond; lsmod | grep -c bonding; ip link add v type veth")
	if code != 0 || stdout != "0\n" {
		t.Errorf("exit %d, %q", code, stdout)
	}
	if _, _, code := lab(t, "run", "--no-module", "bonding", "ip", "link", "add", "b", "type", "bond"); code == 0 {
		t.Error("a bond without bonding")
	}
}

// TestMachineDiesWithUs kills lab in the way that it cannot notice.
func TestMachineDiesWithUs(t *testing.T) {
	t.Parallel()
	cmd := exec.Command("../../bin/lab", "run", "sh", "-c", "echo up; sleep 1000")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 3)
	if _, err := out.Read(line); err != nil {
		t.Fatal(err)
	}
	children := childrenOf(t, cmd.Process.Pid)
	if len(children) != 1 {
		t.Fatalf("children of lab: %v", children)
	}
	cmd.Process.Signal(unix.SIGKILL)
	cmd.Wait()
	if !await.Until(await.Long, func() bool { return unix.Kill(children[0], 0) != nil }) {
		t.Fatalf("the machine, process %d, lives on", children[0])
	}
}

func childrenOf(t *testing.T, pid int) (children []int) {
	t.Helper()
	tasks, _ := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/task/*/children")
	for _, task := range tasks {
		data, err := os.ReadFile(task)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range strings.Fields(string(data)) {
			child, _ := strconv.Atoi(word)
			children = append(children, child)
		}
	}
	return children
}

// TestNamed starts a machine in the background, twice, and reaches it by SSH.
func TestNamed(t *testing.T) {
	t.Parallel()
	name := "test-" + strconv.Itoa(os.Getpid())
	t.Cleanup(func() { lab(t, "stop", "--name", name) })
	first, stderr, code := lab(t, "start", "--name", name)
	if code != 0 || !strings.Contains(first, "ansible_port=") {
		t.Fatalf("exit %d, %q, %q", code, first, stderr)
	}
	if again, _, _ := lab(t, "start", "--name", name); again != first {
		t.Errorf("started again: %q, then %q", first, again)
	}
	for range 2 { // the network of topo leaves the connection alone
		stdout, stderr, code := lab(t, "ssh", "--name", name, "lab topo >/dev/null 2>&1; ip -br link show eth1; exit 4")
		if code != 4 || !strings.HasPrefix(stdout, "eth1") {
			t.Errorf("exit %d, %q, %q", code, stdout, stderr)
		}
	}
	if _, stderr, code := lab(t, "stop", "--name", name); code != 0 {
		t.Errorf("stop: exit %d, %q", code, stderr)
	}
	if _, _, code := lab(t, "ssh", "--name", name, "true"); code != exitLab {
		t.Errorf("ssh to a stopped machine: exit %d", code)
	}
}

// TestGoTest is the lab as go's -exec: what fails inside must fail outside.
func TestGoTest(t *testing.T) {
	t.Parallel()
	exe, err := filepath.Abs("../../bin/lab")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":         "module x\n\ngo 1.26\n",
		"testdata/a.txt": "data",
		"x_test.go": `package x
import ("os"; "testing")
func TestGood(t *testing.T) { if b, _ := os.ReadFile("testdata/a.txt"); string(b) != "data" { t.Fatal("no testdata") } }
func TestBad(t *testing.T) { t.Error("this is wrong") }
func TestPanic(t *testing.T) { panic("out of order") }
`,
	} {
		path := filepath.Join(dir, name)
		os.MkdirAll(filepath.Dir(path), 0o755)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for run, want := range map[string]string{"Good": "ok  \tx", "Bad": "this is wrong", "Panic": "panic: out of order"} {
		cmd := exec.Command("go", "test", "-run", run, "-exec", exe+" run", "-coverprofile", filepath.Join(dir, "c"), ".")
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if (err == nil) != (run == "Good") || !strings.Contains(string(out), want) {
			t.Errorf("%s: %v\n%s", run, err, out)
		}
	}
}
