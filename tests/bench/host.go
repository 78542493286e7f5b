package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"hostnet-module/tests/lab/topo"
)

// host is the one on which all contenders work in turn. This process is in its network namespace, so that no measured command
// is charged for entering it.
type host struct {
	*topo.World
	tb     tb
	ways   []contender
	folder string // where the commands find their files
}

func newHost() (w *host, err error) {
	runtime.LockOSThread() // never unlocked: a child inherits the namespace of the thread that starts it
	w = &host{ways: contenders()}
	defer w.tb.caught(&err)
	w.World = topo.New(&w.tb)
	if w.folder, err = os.MkdirTemp("", "bench"); err != nil {
		return nil, err
	}
	for name, text := range files(w.Host.MAC("eth0")) {
		if err := os.WriteFile(filepath.Join(w.folder, name), []byte(text), 0o644); err != nil {
			return nil, err
		}
	}
	ns, err := os.Open("/run/netns/" + w.Host.Name)
	if err != nil {
		return nil, err
	}
	defer ns.Close()
	return w, unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET)
}

func (w *host) close() {
	w.tb.cleanup()
	os.RemoveAll(w.folder)
}

// command prepares one that finds its files by their bare names and whose output goes nowhere.
func (w *host) command(argv ...string) *exec.Cmd {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = w.folder
	return cmd
}

// cost is what a phase took.
type cost struct {
	wall, cpu, user time.Duration
	kib             int // most memory held, where that was asked for
}

// do carries a phase out, wrapped in another program if there is one, and measures it, the start of its processes included.
func (w *host) do(c contender, p phase, wrapper ...string) (total cost, err error) {
	for _, argv := range c.does[p] {
		one, err := w.run(argv, wrapper...)
		if err != nil {
			return total, fmt.Errorf("%s: %s: %w", c.name, p, err)
		}
		total.wall, total.cpu, total.user = total.wall+one.wall, total.cpu+one.cpu, total.user+one.user
	}
	return total, nil
}

// run carries one command out.
func (w *host) run(argv []string, wrapper ...string) (took cost, err error) {
	path, err := exec.LookPath(argv[0]) // busybox, as a wrapper, would take its own ip
	if err != nil {
		return took, err
	}
	cmd := w.command(slices.Concat(wrapper, []string{path}, argv[1:])...)
	if cmd.Stderr, err = os.Create(filepath.Join(w.folder, "complaints")); err != nil {
		return took, err
	}
	start := time.Now()
	err = cmd.Run()
	took.wall = time.Since(start)
	cmd.Stderr.(*os.File).Close()
	if err != nil {
		words, _ := os.ReadFile(filepath.Join(w.folder, "complaints"))
		return took, fmt.Errorf("%s: %w\n%s", strings.Join(argv, " "), err, words)
	}
	took.user = cmd.ProcessState.UserTime()
	took.cpu = took.user + cmd.ProcessState.SystemTime()
	return took, nil
}

// bare makes the host what it was at first; who tears down leaves the NICs as he likes.
func (w *host) bare() (err error) {
	defer w.tb.caught(&err)
	w.Host.Batch("ip", "link set eth0 down\nlink set eth1 down\n")
	return nil
}

// life carries out the three phases on a bare host.
func (w *host) life(c contender, each func(p phase) error) error {
	if err := w.bare(); err != nil {
		return err
	}
	for p := range phases {
		if err := each(p); err != nil {
			return err
		}
	}
	return nil
}

// compare asks the program what it would still change in the floor's state: nothing, or the floor does not do the same work.
func (w *host) compare() (left string, err error) {
	c := w.ways[floor]
	err = w.life(c, func(p phase) error {
		_, err := w.do(c, p)
		if err != nil || p != create {
			return err
		}
		out, err := w.command("hostnet-module", "--check", "classic.yaml").Output()
		if err != nil {
			return fmt.Errorf("hostnet-module --check: %w: %s", err, out)
		}
		var result struct{ Steps []string }
		err = json.Unmarshal(out, &result)
		left = strings.Join(result.Steps, "; ")
		return err
	})
	return left, err
}

// tb lets the topology be built outside a test: a fatal fault is a panic that caught makes an error.
type tb struct{ cleanups []func() }

type fault string

func (t *tb) Helper()                           {}
func (t *tb) Logf(string, ...any)               {}
func (t *tb) Failed() bool                      { return false }
func (t *tb) Cleanup(f func())                  { t.cleanups = append(t.cleanups, f) }
func (t *tb) Fatalf(format string, args ...any) { panic(fault(fmt.Sprintf(format, args...))) }

func (t *tb) caught(err *error) {
	switch f := recover().(type) {
	case nil:
	case fault:
		*err = fmt.Errorf("%s", f)
	default:
		panic(f)
	}
}

func (t *tb) cleanup() {
	for i := len(t.cleanups) - 1; i >= 0; i-- {
		t.cleanups[i]()
	}
}
