package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"hostnet-module/module/engine"
	"hostnet-module/module/guard"
)

// Confirm is a change that waits to be confirmed, or is being made or undone.
type Confirm struct {
	ID        string `json:"id"`
	Timeout   int64  `json:"timeout"`            // seconds
	Deadline  string `json:"deadline,omitempty"` // RFC 3339, by the host's clock; while it is being made there is none yet
	Remaining int64  `json:"remaining"`          // seconds
	By        string `json:"by"`
	Phase     string `json:"phase"`            // applying, pending, undoing
	Silent    bool   `json:"silent,omitempty"` // its guardian gives no sign of life
}

func confirm(s guard.Status) *Confirm {
	c := &Confirm{ID: s.ID, Timeout: int64(s.Timeout / time.Second), Remaining: int64((s.Remaining + time.Second/2) / time.Second), By: s.By, Phase: string(s.Phase)}
	if !s.Deadline.IsZero() {
		c.Deadline = s.Deadline.Format(time.RFC3339)
	}
	return c
}

// sentence says what there is to do, and by when.
func (c *Confirm) sentence() string {
	switch c.Phase {
	case string(guard.Applying):
		return "it is being made, and will wait to be confirmed for " + count(int(c.Timeout), "second")
	case string(guard.Undoing):
		return "it is being undone"
	}
	return fmt.Sprintf("it is undone in %d s%s unless confirmed: hostnet-module confirm %s", c.Remaining, c.at(), c.ID)
}

func (c *Confirm) at() string {
	if t, err := time.Parse(time.RFC3339, c.Deadline); err == nil {
		return " (at " + t.Local().Format(time.TimeOnly) + ")"
	}
	return ""
}

// Last is what became of the last change that was to be confirmed.
type Last struct {
	ID      string `json:"id"`
	Outcome string `json:"outcome"` // confirmed, undone, failed
	Msg     string `json:"msg"`
	At      string `json:"at"` // RFC 3339
	By      string `json:"by"`
}

// Pending is what `show` says about confirmations, and about runs that did not come to their end.
type Pending struct {
	Confirm *Confirm
	Last    *Last
	recent  bool

	unsettled []engine.Recovered
	hidden    string
	silent    string
}

// recently is how long the last word is worth a line to people.
const recently = time.Hour

// Confirmation tells what is known.
func Confirmation(c engine.Confirmation) Pending {
	p := Pending{unsettled: c.Unsettled, hidden: c.Hidden, silent: c.Silent}
	if c.Status != nil {
		p.Confirm = confirm(*c.Status)
		p.Confirm.Silent = c.Silent != ""
	}
	if l := c.Last; l != nil {
		p.Last = &Last{l.ID, string(l.Outcome), l.Msg, l.At.Format(time.RFC3339), l.By}
		p.recent = l.Outcome != guard.Confirmed && time.Since(l.At) < recently
	}
	return p
}

// WriteText prints a sentence for a person, or nothing if nothing waits and nothing has gone wrong lately.
func (p Pending) WriteText(w io.Writer, s Style) error {
	var b strings.Builder
	switch {
	case p.Confirm != nil:
		sentence(&b, s, s.paint(yellow, "to be confirmed:")+" ", fmt.Sprintf("change %s (%s); %s", p.Confirm.ID, p.Confirm.By, p.Confirm.sentence()))
	case p.Last != nil && p.recent:
		sentence(&b, s, s.paint(yellow, "not kept:")+" ", fmt.Sprintf("change %s (%s), %s at %s: %s", p.Last.ID, p.Last.By, p.Last.Outcome, clock(p.Last.At), p.Last.Msg))
	}
	if p.silent != "" {
		sentence(&b, s, s.paint(yellow, "no answer:")+" ", p.silent)
	}
	for _, r := range p.unsettled {
		sentence(&b, s, s.paint(yellow, "unsettled:")+" ", r.String())
	}
	if p.hidden != "" {
		sentence(&b, s, s.paint(yellow, "not root:")+" ", p.hidden)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// clock is a moment as a person says it: the time today, else with the date.
func clock(text string) string {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return text
	}
	if t = t.Local(); t.Format(time.DateOnly) == time.Now().Format(time.DateOnly) {
		return t.Format(time.TimeOnly)
	}
	return t.Format(time.DateTime)
}

// Answered tells what became of a call to the guardian.
func Answered(a engine.Answered, asked guard.Request) *Result {
	r := empty()
	switch {
	case a.Other:
		r.Failed, r.Confirm = true, confirm(*a.Status)
		r.Msg = fmt.Sprintf("%s is not the change that waits to be confirmed: that is %s (%s); %s", asked.ID, a.Status.ID, a.Status.By, r.Confirm.sentence())
	case a.Status != nil:
		r.Changed, r.Confirm = true, confirm(*a.Status)
		r.Msg = "extended: " + r.Confirm.sentence()
	case a.Last == nil || a.Late && asked.ID != "" && a.Last.ID != asked.ID:
		r.Failed, r.Msg = true, "no change waits to be confirmed"
		if a.Last != nil {
			r.Msg += fmt.Sprintf("; the last one, %s, was %s at %s", a.Last.ID, a.Last.Outcome, clock(a.Last.At.Format(time.RFC3339)))
		}
	default:
		r.ended(*a.Last, a.Late, asked.Verb)
	}
	return r
}

// ended tells how a change has ended to somebody who wanted something else, or that.
func (r *Result) ended(last guard.Last, late bool, verb guard.Verb) {
	at := clock(last.At.Format(time.RFC3339))
	r.NotRestored = last.Missing
	r.RolledBack = last.Outcome == guard.Undone
	switch {
	case last.Outcome == guard.Confirmed && verb != guard.AskRollback:
		r.Changed, r.Msg = !late, "change "+last.ID+" is kept: "+last.Msg
		if late {
			r.Msg = fmt.Sprintf("change %s was %s at %s: nothing to do", last.ID, last.Msg, at)
		}
	case last.Outcome == guard.Confirmed:
		r.Failed, r.Msg = true, fmt.Sprintf("change %s was %s at %s: there is nothing to roll back", last.ID, last.Msg, at)
	case verb == guard.AskRollback && !late:
		r.Changed, r.Failed, r.Msg = true, last.Outcome == guard.Failed, "change "+last.ID+": "+last.Msg
	default:
		nothing := map[bool]string{true: "nothing to roll back", false: "nothing to confirm"}[verb == guard.AskRollback]
		r.Failed, r.Msg = true, fmt.Sprintf("change %s was undone at %s: %s", last.ID, at, last.Msg)
		if late {
			r.Msg += "; " + nothing
		}
		if last.Outcome == guard.Failed {
			r.Msg = fmt.Sprintf("change %s at %s: %s", last.ID, at, last.Msg)
		}
	}
}
