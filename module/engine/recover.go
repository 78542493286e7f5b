package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"hostnet-module/module/guard"
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
	InTheWay  RecoveryAction = "in the way" // nobody but a person can judge it, and no run begins before that
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

// Pending says that a guardian lives, so that no other run may begin: its run waits to be confirmed, or is being undone.
type Pending struct{ guard.Ward }

func (p *Pending) Error() string {
	who := fmt.Sprintf("run %s (%s, since %s)", p.ID, p.By, p.Since.Format(time.DateTime))
	if p.Phase != guard.Pending {
		return fmt.Sprintf("%s is still seen to by its guardian (pid %d): run again when that has ended; if it does not end, hostnet-module rollback %s puts everything back without it", who, p.Process.PID, p.ID)
	}
	return fmt.Sprintf("%s waits to be confirmed and is undone in %s otherwise: hostnet-module confirm %s, or hostnet-module rollback %s, then run again",
		who, max(p.Due-store.Uptime(), 0).Round(time.Second), p.ID, p.ID)
}

// guardianEnd is how long a guardian that has something else to do than to wait is waited for: it is undoing the run before, or has just done so.
const guardianEnd = 30 * time.Second

// attended is a *Pending while a guardian lives. Whether its journal is there, and can be read, is not asked: it has that in memory, and will undo.
func (r Runner) attended(ctx context.Context) error {
	w, err := guard.Living(string(r.Dir))
	if err != nil || w == nil {
		return err
	}
	if r.Check || w.Phase == guard.Pending {
		return &Pending{*w}
	}
	if !guard.Gone(ctx, string(r.Dir), guardianEnd) {
		return &Pending{*w}
	}
	return nil
}

// ward is what the journal says about the run's guardian.
func (j *Journal) ward() guard.Ward {
	return guard.Ward{ID: j.ID, By: j.by(), Phase: guard.Pending, Since: j.Started, Process: j.Guardian, Due: j.Deadline}
}

// by says whose run it is, to people.
func (j *Journal) by() string { return fmt.Sprintf("pid %d: %s", j.Process.PID, j.Command) }

// recover sees to what earlier runs have left unsettled. Under the lock nobody is at work on it but a guardian. In check mode
// it only tells.
func (r Runner) recover(ctx context.Context) (found []Recovered, err error) {
	err = r.attended(ctx)
	pending := (*Pending)(nil)
	switch {
	case r.Check && errors.As(err, &pending):
		return []Recovered{{ID: pending.ID, Started: pending.Since, Command: pending.By, Found: pending.Error(), Action: LeftAlone}}, nil
	case r.Check && errors.Is(err, fs.ErrPermission):
	case err != nil:
		return nil, err
	}
	if r.Hurry && r.Lasting != "" {
		if err := r.Lasting.Shared(); err != nil {
			found = append(found, Recovered{Path: string(r.Lasting), Found: err.Error() + "; the boot does without it", Action: InTheWay})
		}
	}
	for _, dir := range r.folders() {
		j, err := readJournal(dir)
		damaged := (*store.Damaged)(nil)
		switch {
		case errors.As(err, &damaged):
			found = append(found, r.putAside(dir, damaged))
		case r.Check && errors.Is(err, fs.ErrPermission):
		case err != nil && r.Hurry && dir == r.Lasting:
			found = append(found, Recovered{Path: (&Journal{dir: dir}).Path(), Found: err.Error() + "; it is left alone at boot, since the network that it is about is gone; no other run begins before", Action: InTheWay})
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
	case j.Phase == Waiting && j.Guardian.Alive() && j.current(r): // and says nothing of itself in the run-time folder
		if r.Check {
			is.Found = (&Pending{j.ward()}).Error()
			return is, nil
		}
		return is, &Pending{j.ward()}
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
