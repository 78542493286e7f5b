package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"hostnet-module/module/state"
	"hostnet-module/module/store"
)

// confirming is what a program reads of a result.
type confirming struct {
	Changed, Failed bool
	Msg             string
	RolledBack      bool `json:"rolled_back"`
	Confirm         *struct {
		ID, By, Deadline, Phase string
		Timeout, Remaining      int
	}
	Last *struct{ ID, Outcome, Msg string }
}

func (d *desk) json(t *testing.T, args ...string) confirming {
	t.Helper()
	status, stdout, stderr := d.call(t, append(args, "--format", "json")...)
	var r confirming
	if err := json.Unmarshal([]byte(stdout), &r); err != nil {
		t.Fatalf("%v: %v\n%s%s", args, err, stdout, stderr)
	}
	if args[0] != "show" && r.Failed != (status != 0) {
		t.Errorf("%v: exit %d, failed %v", args, status, r.Failed)
	}
	return r
}

// TestConfirm: the contract of docs/confirm.md, as a program that calls sees it.
func TestConfirm(t *testing.T) {
	d := newDesk(t)
	before := d.kernel.Host.String()
	if r := d.json(t, "confirm"); !r.Failed || r.Msg != "no change waits to be confirmed" {
		t.Errorf("nothing waits: %+v", r)
	}
	r := d.json(t, "--confirm-timeout", "60", "host.yaml")
	if r.Failed || !r.Changed || r.Confirm == nil || r.Confirm.Timeout != 60 || r.Confirm.Remaining < 59 || r.Confirm.Phase != "pending" || r.Confirm.By == "" || r.Confirm.Deadline == "" {
		t.Fatalf("%+v %+v", r, r.Confirm)
	}
	if want := "unless confirmed: hostnet-module confirm " + r.Confirm.ID; !strings.Contains(r.Msg, want) {
		t.Errorf("no %q in %s", want, r.Msg)
	}
	id := r.Confirm.ID
	if r := d.json(t, "show"); r.Confirm == nil || r.Confirm.ID != id || r.Last != nil {
		t.Errorf("show: %+v", r)
	}
	if _, text, _ := d.call(t, "show", "--format", "text"); !strings.HasPrefix(text, "to be confirmed: change "+id+" (pid ") {
		t.Errorf("show: %s", text)
	}
	if r := d.json(t, "confirm", "other"); !r.Failed || !strings.Contains(r.Msg, "other is not the change that waits to be confirmed: that is "+id) {
		t.Errorf("another one: %+v", r)
	}
	if r := d.json(t, "confirm", "--extend", "100", id); r.Failed || !r.Changed || r.Confirm.Remaining < 158 || r.Confirm.Timeout != 160 {
		t.Errorf("extended: %+v %+v", r, r.Confirm)
	}
	if r := d.json(t, "confirm", id); r.Failed || !r.Changed || r.RolledBack {
		t.Errorf("confirmed: %+v", r)
	}
	if r := d.json(t, "confirm", id); r.Failed || r.Changed || !strings.Contains(r.Msg, "nothing to do") {
		t.Errorf("again: %+v", r)
	}
	if r := d.json(t, "rollback"); !r.Failed {
		t.Errorf("rolled back what was kept: %+v", r)
	}
	if d.kernel.Host.String() == before {
		t.Error("it was not kept")
	}
}

func TestRollback(t *testing.T) {
	d := newDesk(t)
	before := d.kernel.Host.String()
	id := d.json(t, "--confirm-timeout", "60", "host.yaml").Confirm.ID
	if r := d.json(t, "rollback", id); r.Failed || !r.Changed || !r.RolledBack || !strings.Contains(r.Msg, "rolled back on request of pid") {
		t.Errorf("%+v", r)
	}
	if d.kernel.Host.String() != before {
		t.Errorf("not as before:\n%s", d.kernel.Host)
	}
	if r := d.json(t, "confirm", id); !r.Failed || !r.RolledBack || !strings.Contains(r.Msg, "was undone at ") || !strings.Contains(r.Msg, "nothing to confirm") {
		t.Errorf("too late: %+v", r)
	}
	if r := d.json(t, "show"); r.Last == nil || r.Last.ID != id || r.Last.Outcome != "undone" {
		t.Errorf("show: %+v", r.Last)
	}
	if _, text, _ := d.call(t, "show", "--format", "text"); !strings.HasPrefix(text, "not kept: change "+id+" (pid ") {
		t.Errorf("show: %s", text)
	}
}

// TestAsked: a person on a terminal is asked. What they type counts; silence and the end of the terminal do not.
func TestAsked(t *testing.T) {
	for _, tt := range []struct {
		answers, stdout, stderr string
		status                  int
	}{
		{"y\n", "is kept: confirmed by pid", "keep this network? [y/N] 2 s", 0},
		{"what?\nYES\n", "is kept: confirmed by pid", "y keeps it, n puts everything back", 0},
		{"n\n", "", "everything was put back as it was", 1},
		{"\n", "", "everything was put back as it was", 1},
		{"", "", "not confirmed within 2s: everything was put back as it was", 1},
	} {
		d := newDesk(t)
		d.terminal, d.answers = true, tt.answers
		before, start := d.kernel.Host.String(), time.Now()
		status, stdout, stderr := d.call(t, "--confirm-timeout", "2", "host.yaml")
		stderr = strings.Join(strings.Fields(stderr), " ") // lines are broken at the terminal's width
		if status != tt.status || !strings.Contains(stdout, "+ bond0  bond  created\n") || !strings.Contains(stdout, tt.stdout) || !strings.Contains(stderr, tt.stderr) {
			t.Errorf("%q: exit %d\n%s%s", tt.answers, status, stdout, stderr)
		}
		if kept := d.kernel.Host.String() != before; kept != (status == 0) {
			t.Errorf("%q: exit %d, kept %v", tt.answers, status, kept)
		}
		if took := time.Since(start); (tt.answers == "") != (took > 1900*time.Millisecond) {
			t.Errorf("%q: took %s", tt.answers, took)
		}
	}
}

// when calls a function at the first writing of a word.
type when struct {
	word string
	do   func()
	said strings.Builder
}

func (w *when) Write(p []byte) (int, error) {
	if w.said.Write(p); w.do != nil && strings.Contains(w.said.String(), w.word) {
		w.do()
		w.do = nil
	}
	return len(p), nil
}

// TestAskedAndSignalled: Ctrl-C is a no. What ends a session or a service is none: the time decides, or another answer.
func TestAskedAndSignalled(t *testing.T) {
	for signal, no := range map[syscall.Signal]bool{syscall.SIGINT: true, syscall.SIGTERM: false, syscall.SIGHUP: false} {
		d := newDesk(t)
		d.terminal = true
		before := d.kernel.Host.String()
		ctx, cancel := context.WithCancelCause(t.Context())
		stderr := &when{word: "keep this network?", do: func() { cancel(fmt.Errorf("%s signal received", signal)) }} // os/signal: NotifyContext
		if status := d.command(io.Discard, stderr, "--confirm-timeout", "60", "host.yaml").Main(ctx); status != 1 {
			t.Errorf("%s: exit %d", signal, status)
		}
		if back := d.kernel.Host.String() == before; back != no {
			t.Errorf("%s: put back %v\n%s", signal, back, stderr.said.String())
		}
		if no {
			continue
		}
		if r := d.json(t, "show"); r.Confirm == nil || !strings.Contains(strings.Join(strings.Fields(stderr.said.String()), " "), "hostnet-module confirm "+r.Confirm.ID) {
			t.Errorf("%s: %+v\n%s", signal, r.Confirm, stderr.said.String())
		}
		d.json(t, "rollback")
	}
}

// TestShowUnsettled: what a killed run has left is told as check mode tells it; a run whose process lives is not that.
func TestShowUnsettled(t *testing.T) {
	d := newDesk(t)
	d.terminal = true
	d.kernel.Refuse = func(n int, _ state.Step) error {
		if n == 2 {
			runtime.Goexit() // the lock goes, as it does with a process
		}
		return nil
	}
	done := make(chan bool)
	go func() {
		defer close(done)
		d.command(io.Discard, io.Discard, "host.yaml").Main(t.Context())
	}()
	<-done
	d.kernel.Refuse = nil
	unsettled := func() (said []struct{ Found, Action, Command string }) {
		_, stdout, _ := d.call(t, "show", "--format", "json")
		var told struct {
			Unsettled []struct{ Found, Action, Command string }
		}
		if err := json.Unmarshal([]byte(stdout), &told); err != nil {
			t.Fatal(err)
		}
		return told.Unsettled
	}
	if said := unsettled(); said != nil {
		t.Errorf("its process lives: %+v", said)
	}
	dir := store.Dir(filepath.Join(d.runtime, "fake"))
	data, err := dir.ReadSealed("journal", 1)
	if err == nil {
		alive := regexp.MustCompile(`"process":\{[^}]*\}`)
		err = dir.WriteSealed("journal", 1, func(w *bufio.Writer) error {
			_, err := w.Write(alive.ReplaceAll(data, []byte(`"process":{"pid":1,"start":1}`)))
			return err
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	if said := unsettled(); len(said) != 1 || said[0].Action != "left alone" || !strings.Contains(said[0].Found, "did not come to its end") {
		t.Errorf("%+v", said)
	}
	if _, stdout, _ := d.call(t, "show"); !strings.HasPrefix(stdout, "unsettled: run ") || !strings.Contains(strings.Join(strings.Fields(stdout), " "), "a run would see to it first") {
		t.Error(stdout)
	}
	if status, _, _ := d.call(t, "host.yaml"); status != 0 || unsettled() != nil {
		t.Errorf("exit %d, and then: %+v", status, unsettled())
	}
}
