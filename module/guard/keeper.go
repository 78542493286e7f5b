package guard

import (
	"encoding/json"
	"fmt"
	"time"

	"hostnet-module/module/store"
)

// applyMost is how long a run may go on before its guardian takes it for stuck (stopped by a terminal, hung) and undoes it.
const applyMost = 15 * time.Minute

// word is one message from the run to its guardian.
type word struct {
	Armed bool            `json:"armed,omitempty"` // all is done and holds: the time starts
	Next  json.RawMessage `json:"next,omitempty"`  // with Armed
	Ended *Last           `json:"ended,omitempty"` // the run has settled itself
}

// ask is a Request with the way back.
type ask struct {
	Request
	reply func(Reply)
}

// keeper is the guardian's mind. Everything that happens arrives on a channel, so that nothing happens twice: a confirmation either
// comes before the deadline or after it.
type keeper struct {
	charge Charge
	duties Duties
	alarm  alarm
	clock  func() time.Duration // the alarm's
	words  <-chan word          // of the run; closed when it is gone
	asks   <-chan ask
	tell   func(Status) // the run, that its time has started
	pid    int          // our own
	stop   func()       // ends the run itself, which is stuck
	record func(Last)   // for those who come too late
	deaf   func()       // takes no more calls, and lets the folder go; nil: there are none
	flush  func()       // waits until the answers have been heard; nil: nobody calls
	hold   *store.Hold  // says that we live, and how it stands; nil: to nobody
	since  time.Time

	phase    Phase
	due      time.Duration // by clock
	deadline time.Time
	next     json.RawMessage
	held     []ask // to be answered at the end
	last     chan Last
}

// keep guards until the run is settled, and returns the last word.
func (k *keeper) keep() (Last, error) {
	k.phase, k.last = Applying, make(chan Last, 1)
	if err := k.setDue(applyMost); err != nil {
		return Last{}, err
	}
	for {
		select {
		case w, there := <-k.words:
			if !there {
				k.words = nil
			}
			if ended := k.hear(w, there); ended != nil {
				return k.end(*ended), nil
			}
		case a := <-k.asks:
			k.answer(a)
		case <-k.alarm.rings():
			k.ring()
		case last := <-k.last:
			return k.end(last), nil
		}
	}
}

func (k *keeper) setDue(d time.Duration) error {
	k.due, k.deadline = k.clock()+d, time.Now().Add(d)
	k.post()
	return k.alarm.set(d)
}

// hear takes a message of the run in, or that it is gone.
func (k *keeper) hear(w word, there bool) *Last {
	switch {
	case w.Ended != nil && k.phase != Undoing: // also after it was armed: that may have been answered too late
		return w.Ended
	case k.phase != Applying:
	case !there:
		k.undo("the run was cut off in the middle")
	case w.Armed:
		k.phase, k.next = Pending, w.Next
		if err := k.setDue(k.charge.Timeout); err != nil {
			k.undo(err.Error())
			return nil
		}
		k.tell(k.status())
		held := k.held
		k.held = nil
		for _, a := range held {
			k.answer(a)
		}
	}
	return nil
}

func (k *keeper) ring() {
	if left := k.due - k.clock(); left > 0 && k.phase != Undoing { // it rang while the time was being extended
		if err := k.alarm.set(left); err == nil {
			return
		}
	}
	switch k.phase {
	case Applying:
		reason := fmt.Sprintf("the run was stuck: not at its end after %s", applyMost)
		k.stop()
		k.undo(reason)
	case Pending:
		k.undo(fmt.Sprintf("not confirmed within %s", k.charge.Timeout))
	}
}

// answer sees to a request. What comes while the run is at work, or being undone, waits for what comes of it.
func (k *keeper) answer(a ask) {
	switch {
	case a.ID != "" && a.ID != k.charge.ID:
		status := k.status()
		a.reply(Reply{Status: &status, Other: true})
	case a.Verb == AskStatus:
		status := k.status()
		a.reply(Reply{Status: &status})
	case k.phase != Pending:
		k.held = append(k.held, a)
	case a.Verb == AskConfirm:
		k.held = append(k.held, a)
		k.phase = Undoing // no other word counts from here on
		k.post()
		k.work(func() Last { return k.kept(k.duties.Keep(k.next), a.Who) })
	case a.Verb == AskExtend:
		k.extend(a)
	case a.Verb == AskRollback:
		k.held = append(k.held, a)
		reason := "rolled back on request"
		if a.Who != "" {
			reason += " of " + a.Who
		}
		k.undo(reason)
	}
}

func (k *keeper) extend(a ask) {
	left := max(k.due-k.clock(), 0) + a.Extend
	k.charge.Timeout += a.Extend
	if err := k.setDue(left); err != nil {
		k.undo(err.Error())
	}
	k.duties.Extended(left)
	status := k.status()
	a.reply(Reply{Status: &status})
}

func (k *keeper) status() Status {
	s := Status{ID: k.charge.ID, By: k.charge.By, Phase: k.phase, Timeout: k.charge.Timeout, Remaining: k.charge.Timeout, PID: k.pid}
	if k.phase != Applying {
		s.Remaining, s.Deadline = max(k.due-k.clock(), 0), k.deadline
	}
	return s
}

// undo starts the way back, once.
func (k *keeper) undo(reason string) {
	k.phase = Undoing
	k.post()
	k.work(func() Last { return k.undone(reason) })
}

// undone puts everything back.
func (k *keeper) undone(reason string) Last {
	last := Last{ID: k.charge.ID, By: k.charge.By, Outcome: Undone, Msg: reason + ": everything was put back as it was"}
	done := k.duties.Undo()
	last.Missing = done.Missing
	switch {
	case done.Err != nil:
		last.Outcome, last.Msg = Failed, fmt.Sprintf("%s; putting everything back failed: %v", reason, done.Err)
	case len(done.Missing) > 0:
		last.Outcome, last.Msg = Failed, reason+"; not all could be put back as it was"
	}
	if done.Warning != "" {
		last.Msg += "; " + done.Warning
	}
	return last
}

// work does a duty while requests go on being heard.
func (k *keeper) work(duty func() Last) {
	go func() {
		last := duty()
		last.At = time.Now()
		k.last <- last
	}()
}

// kept is the last word of a change that stays.
func (k *keeper) kept(done Done, who string) Last {
	last := Last{ID: k.charge.ID, By: k.charge.By, Outcome: Confirmed, Msg: "confirmed"}
	if who != "" {
		last.Msg += " by " + who
	}
	if done.Warning != "" {
		last.Msg += "; " + done.Warning
	}
	if done.Err != nil {
		return k.undone(fmt.Sprintf("it was confirmed and could not be kept (%v)", done.Err))
	}
	return last
}

// end tells those who wait.
func (k *keeper) end(last Last) Last {
	if last.At.IsZero() {
		last.At = time.Now()
	}
	k.record(last)
	if k.deaf != nil {
		k.deaf()
	}
	for _, a := range k.held {
		a.reply(Reply{Last: &last})
	}
	k.held = nil
	if k.flush != nil {
		k.flush()
	}
	return last
}
