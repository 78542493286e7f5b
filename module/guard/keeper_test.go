package guard

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// timer is an alarm by the clock of time.
type timer struct{ t *time.Timer }

func (a *timer) set(d time.Duration) error { a.t.Reset(d); return nil }

// bench is a keeper with hands on all that it is told, at the clock of synctest.
type bench struct {
	*keeper
	words chan word
	asks  chan ask
	did   []string // what was done, and when
	armed Status
	ended Last
	done  chan struct{}
	start time.Time
	undo  Done
	keepe Done
	slow  time.Duration // of undo and keep
}

func newBench(t *testing.T) *bench {
	b := &bench{words: make(chan word), asks: make(chan ask), done: make(chan struct{}), start: time.Now(), slow: time.Second}
	bell := &ringer{timer{time.NewTimer(time.Hour)}, make(chan struct{})}
	go bell.listen(t.Context().Done())
	b.keeper = &keeper{charge: Charge{ID: "abcde", By: "pid 1: test", Timeout: 30 * time.Second}, duties: b, alarm: bell,
		clock: func() time.Duration { return time.Since(b.start) }, words: b.words, asks: b.asks, pid: 7,
		tell: func(s Status) { b.armed = s }, stop: func() { b.note("stop") }, record: func(l Last) { b.note("record " + string(l.Outcome)) }}
	go func() { b.ended, _ = b.keep(); close(b.done) }()
	return b
}

// ringer passes a timer on as an alarm does.
type ringer struct {
	timer
	ring chan struct{}
}

func (r *ringer) listen(end <-chan struct{}) {
	for {
		select {
		case <-r.t.C:
			r.ring <- struct{}{}
		case <-end:
			return
		}
	}
}

func (r *ringer) rings() <-chan struct{} { return r.ring }

func (b *bench) note(what string) {
	b.did = append(b.did, fmt.Sprintf("%s %s", time.Since(b.start), what))
}

func (b *bench) Undo() Done { b.note("undo"); time.Sleep(b.slow); return b.undo }

func (b *bench) Keep(next json.RawMessage) Done {
	b.note("keep " + string(next))
	time.Sleep(b.slow)
	return b.keepe
}

func (b *bench) Extended(left time.Duration) { b.note("left " + left.String()) }

// call asks, and returns where the answer will be.
func (b *bench) call(r Request) <-chan Reply {
	got := make(chan Reply, 1)
	b.asks <- ask{r, func(reply Reply) { got <- reply }}
	return got
}

func (b *bench) want(t *testing.T, outcome Outcome, msg string, did ...string) {
	t.Helper()
	<-b.done
	if b.ended.Outcome != outcome || !strings.Contains(b.ended.Msg, msg) || strings.Join(b.did, ", ") != strings.Join(did, ", ") {
		t.Errorf("%s: %s\ndid  %q\nwant %q", b.ended.Outcome, b.ended.Msg, b.did, did)
	}
}

func guarded(t *testing.T, story func(t *testing.T, b *bench)) {
	t.Run("", func(t *testing.T) { synctest.Test(t, func(t *testing.T) { story(t, newBench(t)) }) })
}

func TestKeeper(t *testing.T) {
	armed := word{Armed: true, Next: json.RawMessage(`{}`)}
	guarded(t, func(t *testing.T, b *bench) { // not confirmed
		time.Sleep(10 * time.Second)
		b.words <- armed
		synctest.Wait()
		if b.armed.Phase != Pending || b.armed.Remaining != 30*time.Second || b.armed.ID != "abcde" {
			t.Errorf("armed: %+v", b.armed)
		}
		close(b.words) // the run ends: as it should
		b.want(t, Undone, "not confirmed within 30s: everything was put back as it was", "40s undo", "41s record undone")
	})
	guarded(t, func(t *testing.T, b *bench) { // confirmed in the last moment
		b.words <- armed
		time.Sleep(30*time.Second - 1)
		got := b.call(Request{Verb: AskConfirm, Who: "pid 9"})
		b.want(t, Confirmed, "confirmed by pid 9", "29.999999999s keep {}", "30.999999999s record confirmed")
		if r := <-got; r.Last == nil || r.Last.Outcome != Confirmed {
			t.Errorf("got %+v", r)
		}
	})
	guarded(t, func(t *testing.T, b *bench) { // confirmed a moment too late, while it is being undone
		b.words <- armed
		time.Sleep(30*time.Second + 1)
		got := b.call(Request{Verb: AskConfirm, ID: "abcde"})
		if s := <-b.call(Request{Verb: AskStatus}); s.Status.Phase != Undoing {
			t.Errorf("status: %+v", s.Status)
		}
		b.want(t, Undone, "not confirmed", "30s undo", "31s record undone")
		if r := <-got; r.Last == nil || r.Last.Outcome != Undone {
			t.Errorf("got %+v", r)
		}
	})
	guarded(t, func(t *testing.T, b *bench) { // the run is killed in the middle
		time.Sleep(time.Second)
		close(b.words)
		b.want(t, Undone, "cut off in the middle", "1s undo", "2s record undone")
	})
	guarded(t, func(t *testing.T, b *bench) { // the run has seen to itself
		b.words <- word{Ended: &Last{ID: "abcde", Outcome: Undone, Msg: "a probe failed"}}
		b.want(t, Undone, "a probe failed", "0s record undone")
	})
	guarded(t, func(t *testing.T, b *bench) { // the run has seen to itself, since it was armed too late: we were stopped
		b.words <- armed
		b.words <- word{Ended: &Last{ID: "abcde", Outcome: Undone, Msg: "the guardian does not answer"}}
		b.want(t, Undone, "does not answer", "0s record undone")
	})
	guarded(t, func(t *testing.T, b *bench) { // the run hangs
		b.want(t, Undone, "stuck: not at its end after 15m", "15m0s stop", "15m0s undo", "15m1s record undone")
	})
	guarded(t, func(t *testing.T, b *bench) { // extended, twice, then rolled back on request
		b.words <- armed
		time.Sleep(20 * time.Second)
		for range 2 {
			<-b.call(Request{Verb: AskExtend, Extend: time.Minute})
		}
		time.Sleep(125 * time.Second)
		if s := (<-b.call(Request{Verb: AskStatus})).Status; s.Remaining != 5*time.Second || s.Timeout != 150*time.Second {
			t.Errorf("status: %+v", s)
		}
		if r := <-b.call(Request{Verb: AskRollback, ID: "other"}); !r.Other {
			t.Errorf("another one's: %+v", r)
		}
		b.call(Request{Verb: AskRollback, Who: "pid 9"})
		b.want(t, Undone, "rolled back on request of pid 9", "20s left 1m10s", "20s left 2m10s", "2m25s undo", "2m26s record undone")
	})
	guarded(t, func(t *testing.T, b *bench) { // a confirmation during the change waits for its end
		got := b.call(Request{Verb: AskConfirm})
		time.Sleep(time.Second)
		b.words <- armed
		b.want(t, Confirmed, "confirmed", "1s keep {}", "2s record confirmed")
		<-got
	})
	guarded(t, func(t *testing.T, b *bench) { // what cannot be kept is undone, what cannot be undone is told
		b.keepe, b.undo = Done{Err: errors.New("disk full")}, Done{Missing: []string{"ip link add x"}}
		b.words <- armed
		b.call(Request{Verb: AskConfirm})
		b.want(t, Failed, "could not be kept (disk full); not all could be put back", "0s keep {}", "1s undo", "2s record failed")
	})
}
