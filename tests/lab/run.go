package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"hostnet-module/tests/await"
)

// job is one `lab run`.
type job struct {
	boot    *bootFlags
	out     string
	files   *list
	env     list
	timeout time.Duration
	verbose bool
	order   order
	pairs   []pair
	back    map[string]bool // absolute names, the same on both sides
	started time.Time
}

// bootTime is how long a machine may take until its program starts. An idle host
// needs about three seconds, one that is busy with other machines many times that.
const bootTime = 5 * time.Minute

// guestRetries is where what runs in the machine notes its retries.
const guestRetries = "/retries"

func run(args []string) (int, error) {
	j := &job{back: map[string]bool{}, started: time.Now()}
	flags := flag.NewFlagSet("run", flag.ContinueOnError)
	j.boot, j.files = machineFlags(flags)
	flags.Var(&j.env, "env", "NAME=VALUE for the program (repeatable; HOSTNET_* are passed by themselves)")
	flags.StringVar(&j.out, "out", os.Getenv("HOSTNET_LAB_OUT"), "directory that takes what is left in /out")
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

// prepare makes the order. A program with a slash is a file of this host and is
// copied; one without is looked up in the machine.
func (j *job) prepare(argv []string) error {
	j.order = order{Argv: argv, Dir: "/test", Env: j.env, NoModules: j.boot.without()}
	if strings.Contains(argv[0], "/") {
		dst := "/lab/bin/" + filepath.Base(argv[0])
		j.pairs = append(j.pairs, pair{argv[0], dst})
		argv[0] = dst
	}
	if exists("testdata") {
		j.pairs = append(j.pairs, pair{"testdata", "/test/testdata"})
	}
	files, err := parsePairs(*j.files)
	if err != nil {
		return err
	}
	j.pairs = append(j.pairs, files...)
	for _, kv := range os.Environ() {
		if strings.HasPrefix(kv, await.Retries+"=") {
			j.order.Env = append(j.order.Env, await.Retries+"="+guestRetries)
			j.order.Back = append(j.order.Back, guestRetries)
		} else if strings.HasPrefix(kv, "HOSTNET_") || strings.HasPrefix(kv, "GODEBUG=") || strings.HasPrefix(kv, "GOTRACEBACK=") {
			j.order.Env = append(j.order.Env, kv)
		}
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
func (j *job) do() (code int, err error) {
	err = again(func() error {
		code, err = j.once()
		return err
	})
	return code, err
}

func (j *job) once() (int, error) {
	m, err := j.boot.prepare()
	if err != nil {
		return exitLab, err
	}
	if m.initrd, err = j.boot.initrd(m.kernel, &j.order, j.pairs); err != nil {
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
		if diedAtInt3(m.console) {
			err = errors.Join(err, errInt3)
		}
		return exitLab, fmt.Errorf("%w\n--- the end of the console, %s\n%s", err, m.console, consoleTail(m.console, 60))
	}
	os.Remove(m.console)
	return code, nil
}
