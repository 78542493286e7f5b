package main

import (
	"bytes"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestNoFile: what is no file is refused by name, and neither opened nor waited for; what the caller has opened is read.
func TestNoFile(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	if err := syscall.Mkfifo(at("fifo"), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", at("socket"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := errors.Join(os.Symlink("fifo", at("link")), os.Symlink("/dev/zero", at("zero")), os.WriteFile(at("file"), []byte("text"), 0o600)); err != nil {
		t.Fatal(err)
	}
	read := once(strings.NewReader(""))
	for name, want := range map[string]string{at("fifo"): "a named pipe", at("link"): "a named pipe", at("socket"): "a socket", "/dev/zero": "a device",
		at("zero"): "a device", "/dev/null": "a device", "/proc/self/fd/../root/dev/zero": "a device", dir: "directory", at("nowhere"): "open " + at("nowhere")} {
		if data, err := read(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %q, %v, want %s", name, data, err, want)
		}
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := w.WriteString("text"); err != nil {
		t.Fatal(err)
	}
	w.Close() // an open(2) that waits for a writer would wait for ever now
	for _, name := range []string{"/dev/fd/" + strconv.Itoa(int(r.Fd())), at("file")} {
		if data, err := read(name); string(data) != "text" || err != nil {
			t.Errorf("%s: %q, %v", name, data, err)
		}
	}
}

// TestInterruptedWhileReading: a signal ends the program while it waits for a document, whatever it is to be used for.
func TestInterruptedWhileReading(t *testing.T) {
	for _, row := range []struct {
		args string
		sig  syscall.Signal
	}{
		{"validate -", syscall.SIGINT}, {"validate /dev/stdin", syscall.SIGTERM}, {"--check -", syscall.SIGTERM}, {"diff -", syscall.SIGINT},
		{"--confirm-timeout 60 -", syscall.SIGINT}, {"render --to networkd -", syscall.SIGTERM}, {"convert --from netplan -", syscall.SIGINT}, {"-", syscall.SIGINT},
	} {
		t.Run(row.args+" "+row.sig.String(), func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command("hostnet-module", strings.Fields(row.args)...)
			var said bytes.Buffer
			cmd.Stdout, cmd.Stderr = &said, &said
			in, err := cmd.StdinPipe()
			if err == nil {
				err = cmd.Start()
			}
			if err != nil {
				t.Fatal(err)
			}
			defer in.Close()
			ended := make(chan error, 1)
			go func() { ended <- cmd.Wait() }()
			for !waitsForInput(cmd.Process.Pid) {
				time.Sleep(time.Millisecond)
			}
			again := time.NewTicker(100 * time.Millisecond)
			defer again.Stop()
			for tries := 0; ; tries++ {
				_ = cmd.Process.Signal(row.sig)
				select {
				case err := <-ended:
					if err == nil {
						t.Errorf("exit status 0: %s", said.String())
					}
					return
				case <-again.C:
				}
				if tries == 300 {
					_ = cmd.Process.Kill()
					t.Fatalf("it goes on after %d signals", tries)
				}
			}
		})
	}
}

// waitsForInput tells whether a thread of a process is in read(2) of descriptor 0, or of what it opened as that.
func waitsForInput(pid int) bool {
	calls, _ := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/task/*/syscall")
	for _, path := range calls {
		text, _ := os.ReadFile(path)
		if call := strings.Fields(string(text)); len(call) > 1 && call[0] == strconv.Itoa(syscall.SYS_READ) {
			to, _ := os.Readlink("/proc/" + strconv.Itoa(pid) + "/fd/" + strconv.Itoa(int(number(call[1]))))
			if strings.HasPrefix(to, "pipe:") {
				return true
			}
		}
	}
	return false
}

func number(hex string) uint64 {
	n, _ := strconv.ParseUint(strings.TrimPrefix(hex, "0x"), 16, 64)
	return n
}
