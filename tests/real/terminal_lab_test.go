//go:build lab

package real

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"hostnet-module/tests/lab/topo"
)

// person runs the program on a terminal of its own.
type person struct {
	terminal *os.File
	cmd      *exec.Cmd
	seen     chan string
	text     string
}

func sit(t *testing.T, w *topo.World, group, document string, flags ...string) *person {
	t.Helper()
	path := filepath.Join(t.TempDir(), "host.yaml")
	write(t, path, document)
	return onTerminal(t, inGroup(w, group, fmt.Sprintf("%s %s %s", program, strings.Join(flags, " "), path)))
}

// onTerminal starts a program with a terminal of its own.
func onTerminal(t *testing.T, cmd *exec.Cmd) *person {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	var n int
	raw, err := master.SyscallConn()
	if err == nil {
		err = raw.Control(func(fd uintptr) {
			unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0)
			n, _ = unix.IoctlGetInt(int(fd), unix.TIOCGPTN)
			unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 200})
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer slave.Close()
	p := &person{terminal: master, cmd: cmd, seen: make(chan string, 100)}
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = slave, slave, slave
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.cmd.Process.Kill(); master.Close() })
	go func() {
		defer close(p.seen)
		for b := make([]byte, 4096); ; {
			n, err := master.Read(b)
			if err != nil {
				return
			}
			p.seen <- string(b[:n])
		}
	}()
	return p
}

// sees waits for a text on the terminal.
func (p *person) sees(t *testing.T, text string) {
	t.Helper()
	for limit := time.After(topo.Long); !strings.Contains(p.text, text); {
		select {
		case more, ok := <-p.seen:
			if p.text += more; !ok && !strings.Contains(p.text, text) {
				t.Fatalf("the terminal ended without %q:\n%s", text, p.text)
			}
		case <-limit:
			t.Fatalf("no %q on the terminal:\n%s", text, p.text)
		}
	}
}

// counts waits until the question has told two different times that are left.
func (p *person) counts(t *testing.T) {
	t.Helper()
	told := regexp.MustCompile(regexp.QuoteMeta(question) + `(\d+ s)`)
	for limit := time.After(topo.Long); ; {
		all := told.FindAllString(p.text, -1)
		if len(all) > 0 && all[0] != all[len(all)-1] {
			return
		}
		select {
		case more, ok := <-p.seen:
			if p.text += more; !ok {
				t.Fatalf("the terminal ended without a count:\n%s", p.text)
			}
		case <-limit:
			t.Fatalf("no count on the terminal:\n%s", p.text)
		}
	}
}

func (p *person) types(text string) { p.terminal.WriteString(text) }

const question = "keep this network? [y/N] "

// waiting is the id of the change that waits to be confirmed.
func waiting(t *testing.T, w *topo.World) string {
	t.Helper()
	var shown struct {
		Confirm struct{ ID string }
	}
	w.Host.JSON(&shown, "%s show --format json", program)
	if shown.Confirm.ID == "" {
		t.Fatal("nothing waits to be confirmed")
	}
	return shown.Confirm.ID
}

// TestOnATerminal: a person is asked. Their answer counts; and whatever becomes of the terminal or of the program, no answer is a no, at
// the deadline.
func TestOnATerminal(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		act  func(t *testing.T, p *person, group string)
		kept bool
		soon bool // not at the deadline
		exit int  // −1: killed
		says string
	}{
		"yes":         {func(t *testing.T, p *person, _ string) { p.types("y\r") }, true, true, 0, "is kept"},
		"no":          {func(t *testing.T, p *person, _ string) { p.types("n\r") }, false, true, 1, "rolled back on request"},
		"Ctrl-C":      {func(t *testing.T, p *person, _ string) { p.types("\x03") }, false, true, 1, "rolled back on request"},
		"silence":     {func(t *testing.T, p *person, _ string) { p.counts(t) }, false, false, 1, "not confirmed within 30s: everything was put back"},
		"hang up":     {func(t *testing.T, p *person, _ string) { p.terminal.Close() }, false, false, 1, ""},
		"SIGKILL":     {func(t *testing.T, p *person, _ string) { p.cmd.Process.Kill() }, false, false, -1, ""},
		"cgroup.kill": {func(t *testing.T, _ *person, group string) { write(t, group+"/cgroup.kill", "1") }, false, false, -1, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := live(t)
			before := picture(w)
			group := cgroup(t, "terminal-"+strings.ReplaceAll(name, " ", "-"))
			p := sit(t, w, group, enslaving(0), "--confirm-timeout", "30")
			p.sees(t, question)
			id := waiting(t, w)
			due := deadline(t, id)
			tt.act(t, p, group)
			if tt.says != "" {
				p.sees(t, tt.says)
			}
			p.cmd.Wait()
			if got := p.cmd.ProcessState.ExitCode(); got != tt.exit {
				t.Errorf("exit %d, want %d:\n%s", got, tt.exit, p.text)
			}
			if tt.kept {
				if waits, outcome, _ := lastWord(t, w); waits || outcome != "confirmed" || link(w, "bond0") == nil {
					t.Errorf("waits %v, %s", waits, outcome)
				}
				return
			}
			if waits, _, _ := lastWord(t, w); waits == (tt.soon || name == "silence") {
				t.Errorf("waits: %v", waits)
			}
			undone(t, w, before)
			if !tt.soon {
				onTime(t, id, due)
			}
		})
	}
}

// TestSSHDropped: somebody comes by the NIC that goes into the bond, is asked on that terminal, and the server is killed with all its
// sessions, as by a restart. Nobody answers, so everything is put back at the deadline. The session itself outlives the change.
func TestSSHDropped(t *testing.T) {
	t.Parallel()
	w := live(t)
	before := picture(w)
	dir := t.TempDir()
	document := filepath.Join(dir, "host.yaml")
	write(t, document, enslaving(30))
	public := w.Host.Run("sh -c 'dropbearkey -t ed25519 -f %s/key >/dev/null 2>&1; dropbearkey -y -f %s/key | grep ^ssh-'", dir, dir)
	home, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(home, ".ssh"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(home, ".ssh/authorized_keys"), public)
	if err := os.MkdirAll("/etc/dropbear", 0o755); err != nil {
		t.Fatal(err)
	}
	server := w.Host.Start("dropbear -F -E -R -p 192.0.2.10:2022")
	w.Await("the SSH server", topo.Long, func() bool { return strings.Contains(w.Host.Run("ss -ltn"), ":2022") })
	client := onTerminal(t, w.Router.Command("dbclient", "-y", "-y", "-t", "-i", dir+"/key", "-p", "2022", "root@192.0.2.10", program+" "+document))
	client.sees(t, question) // over the connection that has moved
	id := waiting(t, w)
	due := deadline(t, id)
	for _, pid := range processes("dropbear\x00-F\x00-E\x00-R\x00-p\x00192.0.2.10:2022") {
		w.Host.Run("kill -9 %s", pid)
	}
	server.Stop()
	if waits, _, _ := lastWord(t, w); !waits {
		t.Errorf("nothing waits: %s", client.text)
	}
	undone(t, w, before)
	onTime(t, id, due)
}
