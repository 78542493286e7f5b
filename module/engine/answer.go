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

// Answer calls the guardian of this network: it confirms, extends or rolls back. Where there is none any more, or it gives no sign of life, but an unsettled run,
// a rollback undoes that, and a confirmation that comes in time keeps it.
func (c Call) Answer(ctx context.Context, r guard.Request) (Answered, error) {
	k, err := c.Dial()
	if err != nil {
		return Answered{}, err
	}
	dir := string(c.runner(k).Dir)
	r.Who = fmt.Sprintf("pid %d", store.Self().PID)
	reply, err := guard.Ask(ctx, dir, r, c.working)
	nobody, silent := (*guard.Nobody)(nil), (*guard.Silent)(nil)
	switch {
	case errors.As(err, &nobody):
		return c.unattended(ctx, k, r)
	case !errors.As(err, &silent):
		return Answered{Reply: reply}, err
	case r.ID != "" && r.ID != silent.Ward.ID:
		status := silent.Ward.Status()
		return Answered{Reply: guard.Reply{Status: &status, Other: true}}, nil
	}
	if c.Note != nil {
		c.Note(silent.Error())
	}
	if err := c.takeOver(ctx, k, r, silent); err != nil {
		return Answered{}, err
	}
	r.ID = silent.Ward.ID
	return c.unattended(ctx, k, r)
}

// working tells that the guardian is at work on what was asked for.
func (c Call) working(s guard.Status) {
	if c.Note != nil {
		c.Note(fmt.Sprintf("the guardian of run %s (pid %d) is at work: %s", s.ID, s.PID, s.Phase))
	}
}

// takeOver ends a guardian that gives no sign of life, where what it was to do can be done without it. So it does nothing later, when somebody lets it go on.
func (c Call) takeOver(ctx context.Context, k Kernel, r guard.Request, silent *guard.Silent) error {
	w := silent.Ward
	j, err := c.without(k, silent)
	switch {
	case err != nil:
		return fmt.Errorf("%w; %w", silent, err)
	case r.Verb == guard.AskExtend:
		return fmt.Errorf("%w, and cannot be given more time: hostnet-module confirm %s, or rollback, does without it", silent, w.ID)
	case j.Phase == Applying && j.Process.Alive():
		return fmt.Errorf("%w, and the run itself is still at work (pid %d): wait for its end, or end it, and try again", silent, j.Process.PID)
	case r.Verb == guard.AskConfirm && (j.Phase != Waiting || store.Uptime() >= j.Deadline):
		return fmt.Errorf("%w, and it is too late to confirm: hostnet-module rollback %s puts everything back", silent, w.ID)
	}
	return w.End(ctx, string(c.runner(k).Dir))
}

// without is the journal by which one can do without a guardian that gives no sign of life; the error says what else can be done.
func (c Call) without(k Kernel, silent *guard.Silent) (*Journal, error) {
	j, err := c.Unsettled(k)
	if err == nil && (j == nil || j.ID != silent.Ward.ID) {
		err = errors.New("it is not there")
	}
	if err != nil {
		return nil, fmt.Errorf("only it knows what was before, since the journal of the run cannot be read (%w): let it go on with kill -CONT %d", err, silent.Ward.Process.PID)
	}
	return j, nil
}

// unattended does what was asked for by the journal of a run that has no guardian any more.
func (c Call) unattended(ctx context.Context, k Kernel, r guard.Request) (Answered, error) {
	dir := string(c.runner(k).Dir)
	late := Answered{Reply: guard.Reply{Last: guard.LastWord(dir)}, Late: true}
	j, err := c.Unsettled(k)
	damaged := (*store.Damaged)(nil)
	switch {
	case errors.As(err, &damaged):
		return Answered{}, fmt.Errorf("look for the change: %w, so nothing can be undone or kept by it; the next run lays it aside and goes on from the network that is there", err)
	case err != nil:
		return Answered{}, fmt.Errorf("look for the change: %w", err)
	case j != nil && r.Verb == guard.AskRollback:
	case j != nil && r.Verb == guard.AskConfirm && j.orphaned(r.ID):
		last, err := c.adopt(ctx, k, j.ID, r.Who)
		if last == nil {
			return late, err
		}
		guard.Record(dir, *last)
		return Answered{Reply: guard.Reply{Last: last}}, nil
	default:
		return late, nil
	}
	out := c.Undo(ctx, r.ID)
	if errors.Is(out.Failed, ErrSettled) {
		return late, nil
	}
	if len(out.Recovered) == 0 {
		return Answered{}, out.Failed
	}
	last := out.Recovered[0].last(out.Failed)
	guard.Record(dir, *last)
	return Answered{Reply: guard.Reply{Last: last}}, out.Failed
}

// last is the last word about a run that was undone without its guardian. That everything was put back is said if it was looked at.
func (r Recovered) last(failed error) *guard.Last {
	last := &guard.Last{ID: r.ID, By: r.Command, At: time.Now(), Outcome: guard.Undone, Msg: r.Found, Missing: r.Missing}
	switch {
	case failed != nil || len(r.Missing) > 0:
		last.Outcome, last.Msg = guard.Failed, r.Found+", and not all of it could be put back"
	case r.Action == Undone:
		last.Msg += ": everything was put back as it was"
	}
	if len(r.Short) > 0 {
		last.Msg += "; " + strings.Join(r.Short, "; ")
	}
	return last
}

// orphaned tells whether the run waits to be confirmed, and nobody is there any more to undo it: its guardian has died before its time.
func (j *Journal) orphaned(id string) bool {
	return j.Phase == Waiting && j.Next != nil && !j.Guardian.Alive() && store.Uptime() < j.Deadline && (id == "" || id == j.ID)
}

// adopt does for a dead guardian what it would have done on being confirmed; nil: somebody else has settled the run in the meantime.
func (c Call) adopt(ctx context.Context, k Kernel, id, who string) (*guard.Last, error) {
	r := c.runner(k)
	r.LockWait = handsOn
	unlock, err := r.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	j, err := c.Unsettled(k)
	if err != nil || j == nil || !j.orphaned(id) {
		return nil, err
	}
	done := (&duties{r, j}).keep(j.Next)
	last := &guard.Last{ID: j.ID, By: j.by(), At: time.Now(), Outcome: guard.Confirmed, Msg: "confirmed by " + who + ", after its guardian had died"}
	if done.Warning != "" {
		last.Msg += "; " + done.Warning
	}
	if done.Err != nil {
		last.Outcome, last.Msg = guard.Failed, fmt.Sprintf("could not be kept: %v", done.Err)
	}
	return last, nil
}
