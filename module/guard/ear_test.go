package guard

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"hostnet-module/module/store"
)

// hearingEar is a guardian's ear in a folder of its own, with somebody behind it who answers each status and holds the rest.
func hearingEar(t *testing.T) (dir string, e *ear, held chan ask) {
	t.Helper()
	dir = t.TempDir()
	hold, err := holding(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := hold.Say([]byte(`{"id":"abcde","phase":"pending"}`)); err != nil {
		t.Fatal(err)
	}
	if e, err = listen(dir); err != nil {
		t.Fatal(err)
	}
	held = make(chan ask, mostCalls)
	go func() {
		for {
			select {
			case a := <-e.calls:
				if a.Verb != AskStatus {
					held <- a
					continue
				}
				a.reply(Reply{Status: &Status{ID: "abcde"}})
			case <-e.over:
				return
			}
		}
	}()
	t.Cleanup(func() { e.close(); hold.Release() })
	return dir, e, held
}

func dialed(t *testing.T, dir string) net.Conn {
	t.Helper()
	folder, at, err := socket(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	c, err := net.Dial("unix", at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// TestNotFed: a caller that does not stop is cut off after 4 KiB, what is no request is not answered, and the next one is heard.
func TestNotFed(t *testing.T) {
	dir, _, _ := hearingEar(t)
	for name, feed := range map[string]string{
		"a string without an end": `{"verb":"`, "a key without an end": `{"`, "lists in lists": "[", "white space": " ", "numbers": "1",
	} {
		c := dialed(t, dir)
		piece := []byte(strings.Repeat("a", 1<<16))
		if len(feed) == 1 {
			piece = []byte(strings.Repeat(feed, 1<<16))
		} else if _, err := io.WriteString(c, feed); err != nil {
			t.Fatal(err)
		}
		sent, err := 0, error(nil)
		for n := 0; err == nil && sent < 64<<20; sent += n {
			n, err = c.Write(piece)
		}
		if err == nil {
			t.Errorf("%s: %d bytes were taken", name, sent)
		}
		if answer, _ := io.ReadAll(c); len(answer) > 0 {
			t.Errorf("%s: answered %q", name, answer)
		}
	}
	for _, text := range []string{`{"verb":"extend","extend":-1}`, `{"verb":"extend","extend":9223372036854775807}`, `{"verb":"kill"}`, `{}`, `null`, `[]`} {
		c := dialed(t, dir)
		if _, err := io.WriteString(c, text+"\n"); err != nil {
			t.Fatal(err)
		}
		if answer, _ := io.ReadAll(c); len(answer) > 0 {
			t.Errorf("%s: answered %q", text, answer)
		}
	}
	if reply, err := Ask(t.Context(), dir, Request{Verb: AskStatus, ID: strings.Repeat("x", 1<<20)}, nil); err != nil || reply.Status == nil {
		t.Errorf("afterwards: %v %+v", err, reply)
	}
}

// TestManyCalls: who comes when all seats are taken is sent away; whoever sits there is no reason to hold up the guardian's end.
func TestManyCalls(t *testing.T) {
	dir, e, _ := hearingEar(t)
	before := runtime.NumGoroutine()
	for range mostCalls {
		dialed(t, dir) // and say nothing
	}
	for len(e.seats) < mostCalls {
		runtime.Gosched()
	}
	for range 200 {
		if n, err := dialed(t, dir).Read(make([]byte, 1)); err == nil {
			t.Fatalf("%d bytes", n)
		}
	}
	var mute *Mute
	if _, err := Ask(t.Context(), dir, Request{Verb: AskStatus}, nil); !errors.As(err, &mute) || !strings.Contains(err.Error(), "try again") {
		t.Errorf("one more: %v", err)
	}
	if now := runtime.NumGoroutine(); now > before+3*mostCalls {
		t.Errorf("%d goroutines, %d before", now, before)
	}
	close(e.over)
	e.flush()
	if len(e.seats) != mostCalls { // flush has taken them all
		t.Error("they still sit there")
	}
	e.over = make(chan struct{})
}

// TestWorking: who waits for an answer that takes its time hears each second that it is not forgotten, and may go.
func TestWorking(t *testing.T) {
	dir, _, held := hearingEar(t)
	heard := 0
	reply, err := Ask(t.Context(), dir, Request{Verb: AskRollback}, func(Status) {
		if heard++; heard == 2 {
			(<-held).reply(Reply{Last: &Last{ID: "abcde"}})
		}
	})
	if err != nil || reply.Last == nil || heard < 2 {
		t.Errorf("%v %+v, after %d signs of life", err, reply, heard)
	}
	ctx, stop := context.WithCancelCause(t.Context())
	if _, err := Ask(ctx, dir, Request{Verb: AskRollback}, func(Status) { stop(errors.New("Ctrl-C")) }); err == nil || !strings.Contains(err.Error(), "Ctrl-C") {
		t.Errorf("interrupted: %v", err)
	}
}

// TestSilent: one that holds the folder and does not answer is told from one that is not there.
func TestSilent(t *testing.T) {
	dir, silent := t.TempDir(), (*Silent)(nil)
	var nobody *Nobody
	if _, err := Ask(t.Context(), dir, Request{Verb: AskStatus}, nil); !errors.As(err, &nobody) {
		t.Errorf("nobody: %v", err)
	}
	hold, err := holding(dir)
	if err != nil {
		t.Fatal(err)
	}
	folder, at, err := socket(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	l, err := net.Listen("unix", at) // nobody accepts, as of a process that is stopped
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := hold.Say([]byte(`{"id":"abcde","phase":"pending"}`)); err != nil {
		t.Fatal(err)
	}
	if _, err := Ask(t.Context(), dir, Request{Verb: AskStatus}, nil); !errors.As(err, &silent) || silent.Ward.ID != "abcde" {
		t.Errorf("silent: %v", err)
	}
	for full := false; !full; { // of calls that have been given up, which a stopped process does not take
		c, err := net.Dial("unix", at)
		if full = errors.Is(err, unix.EAGAIN); !full {
			if err != nil {
				t.Fatal(err)
			}
			c.Close()
		}
	}
	if _, err := Ask(t.Context(), dir, Request{Verb: AskStatus}, nil); !errors.As(err, &silent) {
		t.Errorf("silent, and its backlog is full: %v", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := Ask(ctx, dir, Request{Verb: AskStatus}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
	if _, err := holding(dir); err == nil || !strings.Contains(err.Error(), "another guardian is at work here") {
		t.Errorf("a second one: %v", err)
	}
	hold.Release()
	if w, err := Living(dir); w != nil || err != nil {
		t.Errorf("after its end: %+v, %v", w, err)
	}
}

// TestStale: what a killed guardian has left in the socket's place is replaced, be it a link to elsewhere.
func TestStale(t *testing.T) {
	for name, leave := range map[string]func(path string) error{
		"a socket": func(path string) error {
			l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
			if err == nil {
				l.SetUnlinkOnClose(false)
				err = l.Close()
			}
			return err
		},
		"a file": func(path string) error { return os.WriteFile(path, nil, 0o644) },
		"a link": func(path string) error { return os.Symlink("/nowhere/socket", path) },
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, socketFile)
		if err := leave(path); err != nil {
			t.Fatal(err)
		}
		if err := store.Dir(dir).Private(); err != nil {
			t.Fatal(err)
		}
		e, err := listen(dir)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if info, err := os.Lstat(path); err != nil || info.Mode() != os.ModeSocket|0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
		e.close()
	}
}

// TestStranger: a caller that may not change this network is refused, whatever its user number.
func TestStranger(t *testing.T) {
	a, b := pair(t)
	defer a.Close()
	defer b.Close()
	is := own()
	if err := is.refuse(a); err != nil {
		t.Errorf("ours: %v", err)
	}
	if err := (privileges{is.admin, "user:[1]"}).refuse(a); err == nil {
		t.Error("another user namespace")
	}
	if err := (privileges{true, is.users}).refuse(a); (err == nil) != is.admin {
		t.Errorf("without CAP_NET_ADMIN: %v", err)
	}
}

func pair(t *testing.T) (a, b *net.UnixConn) {
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(t.TempDir(), "s"), Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if b, err = net.DialUnix("unix", nil, l.Addr().(*net.UnixAddr)); err == nil {
		a, err = l.AcceptUnix()
	}
	if err != nil {
		t.Fatal(err)
	}
	return a, b
}

// TestLineIsBounded: also the run cannot make its guardian take more than a message may have.
func TestLineIsBounded(t *testing.T) {
	endless := &counted{text: []byte(strings.Repeat("a", 4096))}
	m := hearing(io.MultiReader(strings.NewReader(`{"id":"`), endless))
	var c Charge
	if err := m.next(&c, mostCharge); err == nil || endless.n > mostCharge {
		t.Errorf("%v after %d bytes", err, endless.n)
	}
	m = hearing(strings.NewReader(`{"id":"a"}` + "\n" + `{"id":"b"}`))
	for _, want := range []string{"a", "b"} {
		if err := m.next(&c, mostCharge); err != nil || c.ID != want {
			t.Errorf("%v %q", err, c.ID)
		}
	}
}

type counted struct {
	text []byte
	n    int
}

func (c *counted) Read(p []byte) (int, error) {
	n := copy(p, c.text)
	c.n += n
	return n, nil
}

// FuzzRequest: whatever a caller says, it is a request of ours or none, and no more than 4 KiB of it are read.
func FuzzRequest(f *testing.F) {
	f.Add([]byte(`{"verb":"confirm","id":"abcde","who":"pid 1"}`))
	f.Add([]byte(`{"verb":"extend","extend":60000000000}`))
	f.Add([]byte(`{"verb":"status"`))
	f.Add([]byte(strings.Repeat(`[`, 5000)))
	f.Fuzz(func(t *testing.T, text []byte) {
		from := &counted{text: append(text, ' ')}
		r, err := request(io.LimitReader(from, 1<<20))
		if from.n > mostRequest+len(from.text) && from.n > mostRequest+4096 {
			t.Errorf("%d bytes read", from.n)
		}
		if err != nil {
			return
		}
		if _, err := json.Marshal(r); err != nil || r.Verb != AskExtend && !strings.Contains("status confirm rollback", string(r.Verb)) || r.Verb == AskExtend && (r.Extend <= 0 || r.Extend > 24*time.Hour) {
			t.Errorf("%+v, %v", r, err)
		}
	})
}
