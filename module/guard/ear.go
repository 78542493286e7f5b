package guard

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"time"

	"hostnet-module/module/store"
)

// What a caller may cost: the guardian is not killed for memory, and its memory is locked.
const (
	mostCalls   = 16               // at one time
	mostRequest = 4 << 10          // bytes
	callMost    = 10 * time.Second // that it may take to say what it wants
	answerMost  = 5 * time.Second  // that it may take to hear an answer
	workingEach = time.Second      // how often a caller who waits hears that it is not forgotten
)

// ear takes calls. Those who are none of ours are sent away before a byte of theirs is read.
type ear struct {
	listener *net.UnixListener
	calls    chan ask
	seats    chan struct{}
	over     chan struct{}
	needs    privileges
}

// listen opens the socket in the run-time folder. Whoever calls it holds the folder's guardian file, so what lies there is nobody's any more.
func listen(dir string) (*ear, error) {
	path := filepath.Join(dir, socketFile)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	folder, at, err := socket(dir)
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: at, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("listen at %s: %w", path, err)
	}
	l.SetUnlinkOnClose(false)
	if err := os.Chmod(path, 0o600); err != nil { // nobody else can reach it before either: the folder's mode is 0700
		l.Close()
		return nil, err
	}
	e := &ear{listener: l, calls: make(chan ask), seats: make(chan struct{}, mostCalls), over: make(chan struct{}), needs: own()}
	go e.take()
	return e, nil
}

// close takes no more calls. The answers to those that have been taken are the keeper's.
func (e *ear) close() {
	close(e.over)
	e.listener.Close()
}

// flush waits until who has been answered has heard it.
func (e *ear) flush() {
	late := time.After(answerMost)
	for range mostCalls {
		select {
		case e.seats <- struct{}{}:
		case <-late:
			return
		}
	}
}

func (e *ear) take() {
	for {
		conn, err := e.listener.AcceptUnix()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			time.Sleep(10 * time.Millisecond) // out of descriptors, for a moment
			continue
		}
		if e.needs.refuse(conn) != nil {
			conn.Close()
			continue
		}
		select {
		case e.seats <- struct{}{}:
			go e.hear(conn)
		default:
			conn.Close()
		}
	}
}

// hear is one call. While what was asked for is on its way it says so each second, by the keeper: one that hangs says nothing.
func (e *ear) hear(conn *net.UnixConn) {
	defer func() { conn.Close(); <-e.seats }()
	r, err := e.request(conn)
	answer := make(chan Reply, 1)
	if err != nil || !e.pass(ask{r, func(reply Reply) { answer <- reply }}) {
		return
	}
	each := time.NewTicker(workingEach)
	defer each.Stop()
	working, asked := make(chan Reply, 1), false
	for {
		select {
		case reply := <-answer:
			_ = say(conn, reply)
			return
		case reply := <-working:
			asked = false
			if reply.Working = true; say(conn, reply) != nil {
				return // the caller has gone; what it asked for is done all the same
			}
		case <-each.C:
			if asked {
				continue // the keeper has not heard the last one yet
			}
			asked = true
			go e.pass(ask{Request{Verb: AskStatus}, func(reply Reply) { working <- reply }})
		}
	}
}

// request hears what is wanted, for a while, and only while anybody may still want something.
func (e *ear) request(conn *net.UnixConn) (Request, error) {
	_ = conn.SetReadDeadline(time.Now().Add(callMost))
	heard := make(chan struct{})
	defer close(heard)
	go func() {
		select {
		case <-heard:
		case <-e.over:
			_ = conn.SetReadDeadline(time.Unix(1, 0))
		}
	}()
	return request(conn)
}

// pass tells the keeper; false: it hears nobody any more.
func (e *ear) pass(a ask) bool {
	select {
	case e.calls <- a:
		return true
	case <-e.over:
		return false
	}
}

func say(conn *net.UnixConn, reply Reply) error {
	_ = conn.SetWriteDeadline(time.Now().Add(answerMost))
	return json.NewEncoder(conn).Encode(reply)
}

// request reads one request, and no more of what comes than one may have.
func request(from io.Reader) (r Request, err error) {
	if err = json.NewDecoder(io.LimitReader(from, mostRequest)).Decode(&r); err != nil {
		return r, err
	}
	switch r.Verb {
	case AskStatus, AskConfirm, AskRollback:
		return r, nil
	case AskExtend:
		if r.Extend > 0 && r.Extend <= mostExtend {
			return r, nil
		}
		return r, fmt.Errorf("extended by %s: must be more than 0, at most %s", r.Extend, mostExtend)
	}
	return r, fmt.Errorf("%q: no such request", r.Verb)
}

// mostExtend is as much more time as one call may ask for.
const mostExtend = 24 * time.Hour

// holding makes the folder's guardian file this process's: there is one guardian in a network namespace.
func holding(dir string) (*store.Hold, error) {
	hold, err := store.Dir(dir).Hold(holdFile)
	if errors.Is(err, store.ErrHeld) {
		return nil, fmt.Errorf("another guardian is at work here: %w", err)
	}
	return hold, err
}
