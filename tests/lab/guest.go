package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// guest is the machine seen from inside: process 1.
type guest struct {
	order  order
	port   *os.File
	frames *framer
}

// guestEnv is the environment of everything inside.
var guestEnv = []string{
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin", "HOME=" + guestHome, "USER=root", "LOGNAME=root",
	"TMPDIR=/tmp", "TERM=linux", "LC_ALL=C.UTF-8", "HOSTNET_LAB=1",
}

func guestMain() {
	g := &guest{}
	if err := g.up(); err != nil {
		g.die(err)
	}
	if len(g.order.Argv) == 0 {
		fmt.Println("lab: up")
		g.reap(0)
	}
	if err := g.perform(); err != nil {
		g.die(err)
	}
	// The host stops the machine when it has read the exit status.
	time.Sleep(10 * time.Second)
	unix.Reboot(unix.LINUX_REBOOT_CMD_POWER_OFF)
}

// die tells the console, which the host shows when the machine goes down by itself.
func (g *guest) die(err error) {
	fmt.Println("lab: in the machine:", err)
	unix.Reboot(unix.LINUX_REBOOT_CMD_POWER_OFF)
}

// up brings the machine to where a program can run.
func (g *guest) up() error {
	os.Clearenv()
	for _, kv := range guestEnv {
		name, value, _ := strings.Cut(kv, "=")
		os.Setenv(name, value)
	}
	data, err := os.ReadFile(orderFile)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, &g.order); err != nil {
		return fmt.Errorf("%s: %w", orderFile, err)
	}
	if err := mountAll(); err != nil {
		return err
	}
	if err := loadModules(g.order.NoModules); err != nil {
		return err
	}
	if g.order.Root != "" {
		return g.takeOver()
	}
	batch := "link set lo up\n"
	if g.order.SSH {
		batch += fmt.Sprintf("link set eth0 name %[1]s\nlink set %[1]s up\naddress add %[2]s/28 dev %[1]s\n", mgmtNIC, mgmtGuest)
	}
	if err := pipe(batch, "ip", "-batch", "-"); err != nil {
		return err
	}
	if g.order.SSH {
		// What it says goes to the console. The window is for uploads: the default of 24 KiB costs a third of their time.
		server := exec.Command("dropbear", "-F", "-R", "-E", "-s", "-W", "1048576")
		server.Stdout, server.Stderr = os.Stdout, os.Stderr
		return server.Start()
	}
	return nil
}

// pipe runs a program with a standard input.
func pipe(stdin, name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Stdin = strings.NewReader(stdin)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, out)
	}
	return nil
}

// perform runs the program of the order and reports its output and exit status.
func (g *guest) perform() error {
	var err error
	if g.port, err = os.OpenFile(portPath, os.O_RDWR, 0); err != nil {
		return err
	}
	g.frames = &framer{w: g.port}
	if err := g.frames.send(frameHello, nil); err != nil {
		return err
	}
	for _, path := range g.order.Back {
		dir, _ := filepath.Split(path)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	code := 127
	program, drained, err := g.start()
	if err != nil {
		fmt.Fprintln(stream{g.frames, frameStderr}, "lab:", err)
	} else {
		go g.obey(program)
		code = g.reap(program.Pid)
		select {
		case <-drained:
		case <-time.After(time.Second): // a daemon left behind holds the pipes
		}
	}
	if err := g.sendBack(); err != nil {
		fmt.Fprintln(stream{g.frames, frameStderr}, "lab:", err)
	}
	return g.frames.send(frameExit, []byte(strconv.Itoa(code)))
}

// start starts the program; drained is closed when both its outputs have ended.
func (g *guest) start() (*os.Process, chan struct{}, error) {
	path, err := exec.LookPath(g.order.Argv[0])
	if err != nil {
		return nil, nil, err
	}
	null, err := os.Open("/dev/null")
	if err != nil {
		return nil, nil, err
	}
	files := []*os.File{null}
	drained := make(chan struct{})
	var both sync.WaitGroup
	for _, kind := range []byte{frameStdout, frameStderr} {
		r, w, err := os.Pipe()
		if err != nil {
			return nil, nil, err
		}
		files = append(files, w)
		both.Add(1)
		go func() {
			io.Copy(stream{g.frames, kind}, r)
			both.Done()
		}()
	}
	go func() { both.Wait(); close(drained) }()
	p, err := os.StartProcess(path, g.order.Argv, &os.ProcAttr{
		Dir: g.order.Dir, Env: append(os.Environ(), g.order.Env...), Files: files,
		Sys: &unix.SysProcAttr{Setsid: true},
	})
	for _, f := range files {
		f.Close()
	}
	return p, drained, err
}

// reap waits for all processes, as process 1 must, until pid has ended; 0 is never.
func (g *guest) reap(pid int) (code int) {
	for {
		var status unix.WaitStatus
		got, err := unix.Wait4(-1, &status, 0, nil)
		switch {
		case err == unix.ECHILD:
			time.Sleep(100 * time.Millisecond)
		case err == nil && got == pid && status.Signaled():
			return 128 + int(status.Signal())
		case err == nil && got == pid:
			return status.ExitStatus()
		}
	}
}

// obey does what the host says while the program runs.
func (g *guest) obey(program *os.Process) {
	for {
		kind, data, err := readFrame(g.port)
		switch {
		case err == io.EOF:
			time.Sleep(100 * time.Millisecond) // the host is not connected yet
		case err != nil:
			return
		case kind == frameSignal && len(data) == 1:
			unix.Kill(program.Pid, unix.Signal(data[0]))
		case kind == frameDump:
			os.WriteFile("/proc/sysrq-trigger", []byte("w"), 0)
		}
	}
}
