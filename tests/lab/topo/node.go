package topo

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Node is a network namespace; the machine's own has no name.
type Node struct {
	Name string
	t    TB

	mu    sync.Mutex
	procs []*Process
}

func (n *Node) String() string {
	if n.Name == "" {
		return "machine"
	}
	return n.Name
}

// netns is how a new link is put here, in the words of ip link.
func (n *Node) netns() string {
	if n.Name == "" {
		return ""
	}
	return "netns " + n.Name
}

// Result is what a finished program left.
type Result struct {
	Stdout, Stderr string
	Exit           int // −1 if it could not be started or was killed
}

// Run runs a command line and returns its standard output; the test fails unless
// it exits with 0. The line is formatted, then split at white space; one with any of | & ; < > $ ' " ( ) goes to sh.
func (n *Node) Run(format string, args ...any) string {
	n.t.Helper()
	line := fmt.Sprintf(format, args...)
	r := n.TryRun("%s", line)
	if r.Exit != 0 {
		n.t.Fatalf("%s: %s: exit %d\n%s%s", n, line, r.Exit, r.Stdout, r.Stderr)
	}
	return r.Stdout
}

// TryRun is Run for what may fail.
func (n *Node) TryRun(format string, args ...any) Result {
	n.t.Helper()
	return n.Exec("", words(fmt.Sprintf(format, args...))...)
}

func words(line string) []string {
	if strings.ContainsAny(line, "|&;<>$'\"()") {
		return []string{"sh", "-c", line}
	}
	return strings.Fields(line)
}

// Exec runs a program with a standard input and takes its arguments as they are.
func (n *Node) Exec(stdin string, argv ...string) Result {
	n.t.Helper()
	cmd := n.Command(argv...)
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &errs
	cmd.WaitDelay = 5 * time.Second // for what leaves a daemon behind
	err := cmd.Run()
	r := Result{Stdout: out.String(), Stderr: errs.String(), Exit: cmd.ProcessState.ExitCode()}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) && !errors.Is(err, exec.ErrWaitDelay) {
		r.Stderr += err.Error()
		r.Exit = -1
	}
	return r
}

// Command prepares a program that will run in the namespace.
func (n *Node) Command(argv ...string) *exec.Cmd {
	if n.Name != "" {
		switch argv[0] {
		case "ip", "bridge", "tc": // they enter by themselves; ip netns exec costs a mount namespace
			argv = append([]string{argv[0], "-n", n.Name}, argv[1:]...)
		default:
			argv = append([]string{"ip", "netns", "exec", n.Name}, argv...)
		}
	}
	return exec.Command(argv[0], argv[1:]...)
}

// Batch feeds lines to ip or bridge; the test fails at the first that is refused.
func (n *Node) Batch(program, lines string) {
	n.t.Helper()
	if r := n.Exec(lines, program, "-batch", "-"); r.Exit != 0 {
		n.t.Fatalf("%s: %s -batch: exit %d\n%s%s\n%s", n, program, r.Exit, r.Stdout, r.Stderr, lines)
	}
}

// JSON runs a command line that prints JSON and decodes it into v.
func (n *Node) JSON(v any, format string, args ...any) {
	n.t.Helper()
	out := n.Run(format, args...)
	if err := json.Unmarshal([]byte(out), v); err != nil {
		n.t.Fatalf("%s: %s: %v\n%s", n, fmt.Sprintf(format, args...), err, out)
	}
}

// Sysctl sets a kernel parameter of the namespace.
func (n *Node) Sysctl(key, value string) {
	n.t.Helper()
	path := filepath.Join("/proc/sys", strings.ReplaceAll(key, ".", "/"))
	if err := n.inside(func() error { return os.WriteFile(path, []byte(value), 0) }); err != nil {
		n.t.Fatalf("%s: sysctl %s=%s: %v", n, key, value, err)
	}
}

// inside calls f on a thread that is in the namespace. A socket that f makes stays there.
func (n *Node) inside(f func() error) error {
	if n.Name == "" {
		return f()
	}
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		ns, err := os.Open("/run/netns/" + n.Name)
		if err == nil {
			err = unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET)
			ns.Close()
		}
		if err == nil {
			err = f()
		}
		done <- err
	}()
	return <-done
}

// MAC returns a link's hardware address.
func (n *Node) MAC(dev string) string {
	n.t.Helper()
	var links []struct{ Address string }
	n.JSON(&links, "ip -j link show dev %s", dev)
	return links[0].Address
}

// Process is a program running in a namespace.
type Process struct {
	cmd    *exec.Cmd
	ended  chan struct{}
	mu     sync.Mutex
	output bytes.Buffer
}

// Start starts a command line as Run would read it. It is killed at the test's end.
func (n *Node) Start(format string, args ...any) *Process {
	n.t.Helper()
	return n.start(words(fmt.Sprintf(format, args...))...)
}

func (n *Node) start(argv ...string) *Process {
	n.t.Helper()
	p := &Process{cmd: n.Command(argv...), ended: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = p, p
	p.cmd.SysProcAttr = &unix.SysProcAttr{Setpgid: true}
	p.cmd.WaitDelay = time.Second
	if err := p.cmd.Start(); err != nil {
		n.t.Fatalf("%s: %v", n, err)
	}
	go func() { p.cmd.Wait(); close(p.ended) }()
	n.mu.Lock()
	n.procs = append(n.procs, p)
	n.mu.Unlock()
	return p
}

// Write takes the program's output.
func (p *Process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.output.Write(b)
}

// Output returns standard output and error so far.
func (p *Process) Output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.output.String()
}

// Signal sends a signal to the program alone.
func (p *Process) Signal(s unix.Signal) { p.cmd.Process.Signal(s) }

// Stop ends the program and all that it started, and returns the whole output.
func (p *Process) Stop() string {
	unix.Kill(-p.cmd.Process.Pid, unix.SIGKILL)
	<-p.ended
	return p.Output()
}

// Wait waits for the program's end and returns its exit status.
func (p *Process) Wait() int {
	<-p.ended
	return p.cmd.ProcessState.ExitCode()
}

func (n *Node) killAll() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, p := range n.procs {
		p.Stop()
	}
}
