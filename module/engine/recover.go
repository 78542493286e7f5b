package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"hostnet-module/module/store"
)

// Recovered is what a run found of an earlier one that had not come to its end, and what became of it.
type Recovered struct {
	ID      string    // of the earlier run; "" where the journal could not be read
	Started time.Time // of the earlier run
	Command string    // of the earlier run
	Path    string    // where the journal lay
	Found   string    // in words, what it was
	Action  RecoveryAction
	Steps   []string // what was sent to undo it, as iproute2 lines
	Missing []string // what could not be brought back
	Short   []string // what is as before but for what drivers pick by themselves
}

// RecoveryAction says what was done about the rest of an earlier run.
type RecoveryAction string

// What can be done.
const (
	Undone    RecoveryAction = "undone"     // the network is as it was before that run
	Removed   RecoveryAction = "removed"    // of a network that is gone: nothing was to be undone
	PutAside  RecoveryAction = "put aside"  // damaged: never acted upon
	LeftAlone RecoveryAction = "left alone" // check mode changes nothing
	Others    RecoveryAction = "another's"  // of another host that shares the folder: that one sees to it
)

// String is the warning.
func (r Recovered) String() string {
	text, but := r.Found, ""
	if len(r.Short) > 0 {
		but = "; " + joined(r.Short, 3)
	}
	switch {
	case r.Action == Undone && len(r.Missing) > 0:
		return text + "; it was undone, but for: " + joined(r.Missing, 3) + but
	case r.Action == Undone:
		return text + "; it was undone first" + but
	case r.Action == LeftAlone:
		return text + "; a run would see to it first"
	}
	return text
}

// Pending says that a run waits for its confirmation, and that its guardian lives.
type Pending struct{ Journal *Journal }

func (p *Pending) Error() string {
	left := (p.Journal.Deadline - store.Uptime()).Round(time.Second)
	return fmt.Sprintf("run %s (pid %d since %s: %s) waits to be confirmed and is undone in %s otherwise: hostnet-module confirm %s, or hostnet-module rollback %s, then run again",
		p.Journal.ID, p.Journal.Process.PID, p.Journal.Started.Format(time.DateTime), p.Journal.Command, max(left, 0), p.Journal.ID, p.Journal.ID)
}

// recover sees to what earlier runs have left unsettled. Under the lock nobody is at work on it but a guardian. In check mode
// it only tells.
func (r Runner) recover(ctx context.Context) (found []Recovered, err error) {
	for _, dir := range r.folders() {
		j, err := readJournal(dir)
		damaged := (*store.Damaged)(nil)
		switch {
		case errors.As(err, &damaged):
			found = append(found, r.putAside(dir, damaged))
		case r.Check && errors.Is(err, fs.ErrPermission):
		case err != nil:
			return found, fmt.Errorf("look for a run that was not settled: %w", err)
		case j != nil:
			one, err := r.undo(ctx, j)
			if err != nil {
				return found, err
			}
			found = append(found, one)
		}
	}
	return found, nil
}

func (r Runner) putAside(dir store.Dir, damaged *store.Damaged) Recovered {
	is := Recovered{Path: damaged.Path, Found: "the journal of an earlier run cannot be read and nothing is undone by it: " + damaged.Error(), Action: LeftAlone}
	if r.Check {
		return is
	}
	is.Action = PutAside
	to, err := dir.MoveAside(journalName, time.Now())
	if err != nil {
		is.Found += fmt.Sprintf("; it could not be moved away (%v)", err)
		return is
	}
	is.Found += "; it is kept as " + to
	return is
}

// undo undoes one unsettled run.
func (r Runner) undo(ctx context.Context, j *Journal) (Recovered, error) {
	is := Recovered{ID: j.ID, Started: j.Started, Command: j.Command, Path: j.Path(), Action: LeftAlone}
	who := fmt.Sprintf("run %s of %s (%s)", j.ID, j.Started.Format(time.DateTime), j.Command)
	switch {
	case j.Phase == Waiting && j.Guardian.Alive() && j.current(r):
		if r.Check {
			is.Found = (&Pending{j}).Error()
			return is, nil
		}
		return is, &Pending{j}
	case j.elsewhere(r):
		is.Found = fmt.Sprintf("%s is not settled, and is about another network of this machine, whose host shares %s: that one sees to it (if it is no more, remove %s)", who, j.dir, j.Path())
		is.Action = Others
		return is, nil
	case !j.current(r):
		is.Found = who + " did not come to its end, and the network that it was about is gone with an earlier boot"
		if !r.Check {
			is.Action = Removed
			r.forget(j, &is)
		}
		return is, nil
	}
	is.Found = who + " did not come to its end"
	if r.Check {
		return is, nil
	}
	r.begun.spoil()
	j.Phase = Undoing
	_ = j.write() // for those who look; the undoing needs it no more
	b := r.putBack(ctx, j)
	for _, s := range b.done {
		is.Steps = append(is.Steps, s.String())
	}
	is.Action, is.Missing, is.Short = Undone, b.missing, b.short
	if b.cut != nil {
		return is, fmt.Errorf("%s, and could not be undone: %w", is.Found, b.cut)
	}
	return is, nil
}

// forget removes the journal of a network that is gone, after writing back the files that are not.
func (r Runner) forget(j *Journal, is *Recovered) {
	for _, f := range j.Files {
		if f.Lasting {
			if err := f.restore(); err != nil {
				is.Missing = append(is.Missing, fmt.Sprintf("%s/%s: %v", f.Dir, f.Name, err))
			}
		}
	}
	if err := j.close(); err != nil {
		is.Missing = append(is.Missing, fmt.Sprintf("the journal is still there: %v", err))
	}
}
