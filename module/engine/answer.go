package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"hostnet-module/module/guard"
	"hostnet-module/module/store"
)

// Answered is what became of a call to a guardian; Late: none is there any more, and what is said is the last word of an earlier one.
type Answered struct {
	guard.Reply
	Late bool
}

// Answer calls the guardian of this network: it confirms, extends or rolls back. Where there is none any more, but an unsettled run, a
// rollback undoes that, and a confirmation that comes in time keeps it.
func (c Call) Answer(ctx context.Context, r guard.Request) (Answered, error) {
	k, err := c.Dial()
	if err != nil {
		return Answered{}, err
	}
	dir := string(c.runner(k).Dir)
	r.Who = fmt.Sprintf("pid %d", store.Self().PID)
	reply, err := guard.Ask(dir, r)
	var nobody *guard.Nobody
	if !errors.As(err, &nobody) {
		return Answered{Reply: reply}, err
	}
	late := func() Answered { return Answered{Reply: guard.Reply{Last: guard.LastWord(dir)}, Late: true} }
	j, err := c.Unsettled(k)
	switch {
	case err == nil && j != nil && r.Verb == guard.AskRollback:
	case err == nil && j != nil && r.Verb == guard.AskConfirm && j.orphaned(r.ID):
		return c.adopt(k, j, r.Who), nil
	default:
		return late(), nil
	}
	out := c.Undo(ctx, r.ID)
	if errors.Is(out.Failed, ErrSettled) || len(out.Recovered) == 0 {
		return late(), nil
	}
	was := out.Recovered[0]
	last := &guard.Last{ID: was.ID, By: was.Command, At: time.Now(), Outcome: guard.Undone, Msg: was.Found + ": everything was put back as it was", Missing: was.Missing}
	if out.Failed != nil || len(was.Missing) > 0 {
		last.Outcome, last.Msg = guard.Failed, was.Found+", and not all of it could be put back"
	}
	if len(was.Short) > 0 {
		last.Msg += "; " + strings.Join(was.Short, "; ")
	}
	return Answered{Reply: guard.Reply{Last: last}}, out.Failed
}

// orphaned tells whether the run waits to be confirmed, and nobody is there any more to undo it: its guardian has died before its time.
func (j *Journal) orphaned(id string) bool {
	return j.Phase == Waiting && j.Next != nil && !j.Guardian.Alive() && store.Uptime() < j.Deadline && (id == "" || id == j.ID)
}

// adopt does for a dead guardian what it would have done on being confirmed.
func (c Call) adopt(k Kernel, j *Journal, who string) Answered {
	done := (&duties{c.runner(k), j}).Keep(j.Next)
	last := &guard.Last{ID: j.ID, By: fmt.Sprintf("pid %d: %s", j.Process.PID, j.Command), At: time.Now(), Outcome: guard.Confirmed, Msg: "confirmed by " + who + ", after its guardian had died"}
	if done.Warning != "" {
		last.Msg += "; " + done.Warning
	}
	if done.Err != nil {
		last.Outcome, last.Msg = guard.Failed, fmt.Sprintf("could not be kept: %v", done.Err)
	}
	return Answered{Reply: guard.Reply{Last: last}}
}
