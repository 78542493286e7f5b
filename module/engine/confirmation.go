package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"hostnet-module/module/guard"
)

// Confirmation is what can be said about a run that waits to be confirmed, and about the last one that did.
type Confirmation struct {
	Status *guard.Status // nil: none waits
	Last   *guard.Last   // nil: none is known
	Silent string        // the guardian gives no sign of life, and what to do about it; "": it has answered

	Unsettled []Recovered // what nobody is at work on any more, as check mode tells it
	Hidden    string      // what only root can see; "": nothing
}

// Confirmation asks the guardian, if there is one.
func (c Call) Confirmation(ctx context.Context, k Kernel) Confirmation {
	dir := string(c.runner(k).Dir)
	reply, err := guard.Ask(ctx, dir, guard.Request{Verb: guard.AskStatus}, nil)
	if silent := (*guard.Silent)(nil); errors.As(err, &silent) {
		status := silent.Ward.Status()
		way := fmt.Sprintf("hostnet-module rollback %s does without it, and so does confirm while there is time", status.ID)
		if _, fault := c.without(k, silent); fault != nil {
			way = fault.Error()
		}
		return Confirmation{Status: &status, Last: guard.LastWord(dir), Silent: fmt.Sprintf("%v; %s", err, way)}
	}
	if mute := (*guard.Mute)(nil); errors.As(err, &mute) {
		status := mute.Ward.Status()
		return Confirmation{Status: &status, Last: guard.LastWord(dir), Silent: err.Error()}
	}
	if err != nil {
		return Confirmation{Last: guard.LastWord(dir), Unsettled: c.abandoned(k), Hidden: c.hidden(k)}
	}
	return Confirmation{Status: reply.Status, Last: guard.LastWord(dir)}
}

// hidden says what cannot be told to somebody who is not root: journals and the run-time folder are root's alone. That a journal is there everybody can see.
func (c Call) hidden(k Kernel) string {
	r := c.runner(k)
	for _, dir := range r.folders() {
		_, err := readJournal(dir)
		switch {
		case !errors.Is(err, fs.ErrPermission):
		case dir.Size(journalName) > 0:
			return fmt.Sprintf("a run is under way, waits to be confirmed, or did not come to its end: %s is there; only root can see which", (&Journal{dir: dir}).Path())
		default:
			return "only root can see whether a run waits to be confirmed, or did not come to its end"
		}
	}
	return ""
}

// abandoned lists the runs that did not come to their end and that no process is at work on. It takes no lock.
func (c Call) abandoned(k Kernel) []Recovered {
	if j, _ := c.Unsettled(k); j != nil && (j.Process.Alive() || j.Guardian.Alive()) {
		return nil
	}
	c.Check = true
	found, err := c.runner(k).recover(context.Background())
	if err != nil && !errors.Is(err, fs.ErrPermission) {
		found = append(found, Recovered{Found: err.Error() + "; no run begins before", Action: InTheWay})
	}
	return found
}
