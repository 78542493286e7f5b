package main

import (
	"archive/tar"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// job is one `lab run`.
type job struct {
	kernel, append, out string
	files, env          list
	noModules           list
	timeout             time.Duration
	memory              int
	verbose             bool
	order               order
	pairs               []pair
	back                map[string]bool // absolute names, the same on both sides
	started             time.Time
}

// bootTime is how long a machine may take until its program starts. An idle host
// needs about three seconds, one that is busy with other machines many times that.
const bootTime = 3 * time.Minute

func run(args []string) (int, error) {
	j := &job{back: map[string]bool{}, started: time.Now()}
	flags := flag.NewFlagSet("run", flag.ContinueOnError)
	flags.StringVar(&j.kernel, "kernel", envOr("HOSTNET_LAB_KERNEL", defaultKernel), "kernel release: 12, 13 or newest")
	flags.Var(&j.files, "file", "SRC:DST, a file or directory to copy into the machine (repeatable)")
	flags.Var(&j.env, "env", "NAME=VALUE for the program (repeatable; HOSTNET_* are passed by themselves)")
	flags.Var(&j.noModules, "no-module", "kernel module that the machine shall not have (repeatable)")
	flags.StringVar(&j.out, "out", os.Getenv("HOSTNET_LAB_OUT"), "directory that takes what is left in /out")
	flags.StringVar(&j.append, "append", "", "more words for the kernel's command line")
	flags.IntVar(&j.memory, "memory", 512, "memory, MiB")
	flags.DurationVar(&j.timeout, "timeout", 20*time.Minute, "time for the program")
	flags.BoolVar(&j.verbose, "v", false, "say how long the machine took to boot")
	if err := flags.Parse(args); err != nil {
		return 2, nil
	}
	if flags.NArg() == 0 {
		return 2, errors.New("run: no program")
	}
	if err := j.prepare(flags.Args()); err != nil {
		return exitLab, err
	}
	return j.do()
}

func envOr(name, otherwise string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return otherwise
}

// prepare makes the order. A program with a slash is a file of this host and is
// copied; one without is looked up in the machine.
func (j *job) prepare(argv []string) error {
	j.order = order{Argv: argv, Dir: "/test", Env: j.env, Back: []string{}}
	if strings.Contains(argv[0], "/") {
		dst := "/lab/bin/" + filepath.Base(argv[0])
		j.pairs = append(j.pairs, pair{argv[0], dst})
		argv[0] = dst
	}
	if exists("testdata") {
		j.pairs = append(j.pairs, pair{"testdata", "/test/testdata"})
	}
	for _, f := range j.files {
		src, dst, ok := strings.Cut(f, ":")
		if !ok || !strings.HasPrefix(dst, "/") {
			return fmt.Errorf("--file %s: want SRC:/DST", f)
		}
		j.pairs = append(j.pairs, pair{src, dst})
	}
	for _, kv := range os.Environ() {
		if strings.HasPrefix(kv, "HOSTNET_") || strings.HasPrefix(kv, "GODEBUG=") || strings.HasPrefix(kv, "GOTRACEBACK=") {
			j.order.Env = append(j.order.Env, kv)
		}
	}
	for _, m := range j.noModules {
		j.order.NoModules = append(j.order.NoModules, normal(m))
	}
	if j.out != "" {
		j.order.Back = append(j.order.Back, "/out/")
	}
	j.goTest()
	return nil
}

// goTest adapts the flags that `go test -exec` gives a test binary and that name
// files of the host: profiles come back, and the log of what a test has read is not written: without
// it go does not cache the result, which depends on a kernel and on a program that go does not see.
func (j *job) goTest() {
	kept := j.order.Argv[:1]
	for _, arg := range j.order.Argv[1:] {
		name, value, _ := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		switch name {
		case "test.testlogfile":
			continue
		case "test.coverprofile", "test.gocoverdir", "test.cpuprofile", "test.memprofile", "test.blockprofile", "test.mutexprofile", "test.trace":
			if filepath.IsAbs(value) {
				j.back[filepath.Clean(value)] = true
				if name == "test.gocoverdir" {
					value += "/"
				}
				j.order.Back = append(j.order.Back, value)
			}
		}
		kept = append(kept, arg)
	}
	j.order.Argv = kept
}

// do boots, runs, and comes back with the program's exit status.
func (j *job) do() (int, error) {
	if err := checkTools(); err != nil {
		return exitLab, err
	}
	k, err := openKernel(j.kernel)
	if err != nil {
		return exitLab, err
	}
	base, err := baseArchive(k, j.kernel)
	if err != nil {
		return exitLab, err
	}
	m := &machine{kernel: k, memory: j.memory, append: j.append}
	if m.initrd, err = initrd(base, func(a *archive) error { return j.order.overlay(a, j.pairs) }); err != nil {
		return exitLab, err
	}
	if m.console, err = consoleFile(); err != nil {
		return exitLab, err
	}
	if err := m.start(); err != nil {
		return exitLab, err
	}
	code, err := j.follow(m)
	m.kill()
	if err != nil {
		return exitLab, fmt.Errorf("%w\n--- the end of the console, %s\n%s", err, m.console, consoleTail(m.console, 60))
	}
	os.Remove(m.console)
	return code, nil
}

// event is what can happen to a running machine.
type event struct {
	kind byte
	data []byte
	err  error
}

// follow passes the program's output on until it ends, the machine dies, or time is up.
func (j *job) follow(m *machine) (int, error) {
	events := make(chan event)
	go func() {
		for {
			kind, data, err := readFrame(m.conn)
			events <- event{kind, data, err}
			if err != nil {
				return
			}
		}
	}()
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, unix.SIGINT, unix.SIGTERM, unix.SIGHUP, unix.SIGQUIT)
	deadline := time.NewTimer(bootTime)
	waiting := fmt.Errorf("the machine was not up after %v", bootTime)
	to := &framer{w: m.conn}
	back := newReturns(j)
	for {
		select {
		case e := <-events:
			if e.err != nil {
				return 0, errors.Join(errors.New("the machine went down"), <-m.ended)
			}
			switch e.kind {
			case frameHello:
				if j.verbose {
					fmt.Fprintf(os.Stderr, "lab: Linux %s up after %.1f s\n", m.kernel.release, time.Since(j.started).Seconds())
				}
				deadline.Reset(j.timeout)
				waiting = fmt.Errorf("killed: the program was not done after %v", j.timeout)
			case frameStdout:
				os.Stdout.Write(e.data)
			case frameStderr:
				os.Stderr.Write(e.data)
			case frameBack:
				back.Write(e.data)
			case frameExit:
				code, err := strconv.Atoi(string(e.data))
				return code, errors.Join(err, back.finish())
			}
		case s := <-signals:
			if s != unix.SIGQUIT { // go test sends it to see the goroutines
				return 0, fmt.Errorf("%v", s)
			}
			to.send(frameSignal, []byte{byte(unix.SIGQUIT)})
		case <-deadline.C:
			j.lastWords(to, events)
			return 0, waiting
		}
	}
}

// lastWords has a Go program print its goroutines and the kernel the tasks that
// are blocked, before the machine is killed.
func (j *job) lastWords(to *framer, events chan event) {
	go func() {
		to.send(frameDump, nil)
		to.send(frameSignal, []byte{byte(unix.SIGQUIT)})
	}()
	for end := time.After(5 * time.Second); ; {
		select {
		case e := <-events:
			if e.err != nil || e.kind == frameExit {
				return
			}
			if e.kind == frameStdout || e.kind == frameStderr {
				os.Stderr.Write(e.data)
			}
		case <-end:
			return
		}
	}
}

// returns takes the tar file with what comes back.
type returns struct {
	j    *job
	w    *io.PipeWriter
	done chan error
}

func newReturns(j *job) *returns { return &returns{j: j} }

func (r *returns) Write(p []byte) {
	if r.w == nil {
		var pr *io.PipeReader
		pr, r.w = io.Pipe()
		r.done = make(chan error, 1)
		go func() {
			err := r.unpack(tar.NewReader(pr))
			io.Copy(io.Discard, pr)
			r.done <- err
		}()
	}
	r.w.Write(p)
}

func (r *returns) finish() error {
	if r.w == nil {
		return nil
	}
	r.w.Close()
	return <-r.done
}

// unpack writes files of /out below the directory given, others only where they were asked for.
func (r *returns) unpack(t *tar.Reader) error {
	for {
		h, err := t.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		name := filepath.Clean(h.Name)
		if rel, ok := strings.CutPrefix(name, "/out/"); ok && filepath.IsLocal(rel) {
			name = filepath.Join(r.j.out, rel)
		} else if !r.j.back[name] && !r.j.back[filepath.Dir(name)] {
			return fmt.Errorf("the machine sent %s, which was not asked for", h.Name)
		}
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		f, err := os.Create(name)
		if err != nil {
			return err
		}
		if _, err := io.Copy(f, t); err != nil {
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
}
