package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"hostnet-module/module/guard"
	"hostnet-module/module/persist"
	"hostnet-module/module/plan"
	"hostnet-module/module/spec"
	"hostnet-module/module/store"
)

// Guardian is a run's end of the line to its guardian (package guard).
type Guardian interface {
	Arm(next json.RawMessage) (guard.Status, error)
	StandDown(guard.Last) error
	Ended() <-chan guard.Last
}

// Guards starts a guardian, which is ready when it returns: the process that it is (0: none of its own), and what could not be done for
// its safety.
type Guards func(guard.Charge) (g Guardian, pid int, warnings []string, err error)

// guardianOf is what a guardian must know to find the journal, and the network.
type guardianOf struct {
	Lasting store.Dir `json:"lasting"`
}

// guard starts the guardian of a run that is to be confirmed. Without one the run does not begin.
func (x *run) guard() error {
	data, err := json.Marshal(guardianOf{x.Lasting})
	if err != nil {
		return err
	}
	start := x.Guard
	if start == nil {
		start = startGuardian
	}
	x.note("starting the guardian, which undoes everything unless it is confirmed within %d s", x.doc.ConfirmTimeout)
	g, pid, warnings, err := start(guard.Charge{ID: x.journal.ID, Dir: string(x.Dir), By: x.journal.by(),
		Timeout: time.Duration(x.doc.ConfirmTimeout) * time.Second, Data: data})
	if err != nil {
		return errors.Join(fmt.Errorf("%w; without a guardian nothing is begun that is to be confirmed", err), x.journal.close())
	}
	x.guardian, x.journal.Guardian = g, store.Of(pid)
	x.out.Warnings = append(x.out.Warnings, warnings...)
	return nil
}

func startGuardian(c guard.Charge) (Guardian, int, []string, error) {
	g, err := guard.Start(c)
	if err != nil {
		return nil, 0, nil, err
	}
	return g, g.PID, g.Warnings, nil
}

// hand gives the run into the guardian's hands: from here on it is kept if it is confirmed, and undone if not.
func (x *run) hand() error {
	next, err := json.Marshal(x.news)
	if err != nil {
		return err
	}
	x.journal.Next = next
	x.journal.Phase, x.journal.Deadline = Waiting, store.Uptime()+time.Duration(x.doc.ConfirmTimeout)*time.Second
	if err := x.journal.write(); err != nil {
		return fmt.Errorf("the journal could not be written: %w", err)
	}
	status, err := x.guardian.Arm(next)
	if err != nil {
		return err
	}
	x.out.Confirm, x.out.Guardian = &status, x.guardian
	return nil
}

// standDown tells the guardian how the run has ended without it.
func (x *run) standDown() {
	if x.guardian == nil {
		return
	}
	last := guard.Last{ID: x.journal.ID, By: x.journal.by(), Outcome: guard.Undone, Missing: x.out.NotRestored}
	last.Msg = fmt.Sprintf("%v: everything was put back as it was", x.out.Failed)
	if !x.out.RolledBack {
		last.Outcome, last.Msg = guard.Failed, fmt.Sprintf("%v; not all could be put back as it was", x.out.Failed)
	}
	_ = x.guardian.StandDown(last) // if it has died, nobody is to be told
}

// ServeGuardian is the life of a guardian's process; it returns the exit status.
func ServeGuardian(dial func() (Kernel, error), boot *persist.Host) int {
	return guard.Main(Duties(dial, boot))
}

// Duties makes the duties of a guardian: to settle the run whose journal it finds.
func Duties(dial func() (Kernel, error), boot *persist.Host) func(guard.Charge) (guard.Duties, error) {
	return func(c guard.Charge) (guard.Duties, error) {
		k, err := dial()
		if err != nil {
			return nil, err
		}
		var of guardianOf
		if err := json.Unmarshal(c.Data, &of); err != nil {
			return nil, fmt.Errorf("the guardian's charge: %w", err)
		}
		r := Runner{Kernel: k, Dir: store.Dir(c.Dir), Lasting: of.Lasting, Boot: boot}
		for _, dir := range r.folders() {
			if j, err := readJournal(dir); err == nil && j != nil && j.ID == c.ID {
				j.remembered = true
				return &duties{r, j}, nil
			}
		}
		return nil, fmt.Errorf("there is no journal of run %s in %v", c.ID, r.folders())
	}
}

// duties are what a guardian does at the end. It holds the journal in memory: the disk may be behind the network, and what lies in the
// journal's place is no word about its run. That may be cut short, or gone, and the change would stay that nobody has confirmed. No other run begins
// while a guardian lives (Runner.attended), and who settles its run without it ends it first (Call.takeOver).
type duties struct {
	Runner
	journal *Journal
}

// handsOn is how long a guardian waits for the lock. While it lives no other run begins, so one that holds it for longer
// is stuck, and no reason to leave the host as it is.
const handsOn = 5 * time.Second

// with does something under the lock.
func (d *duties) with(do func(context.Context) guard.Done) guard.Done {
	ctx := context.Background()
	d.LockWait = handsOn
	unlock, err := d.lock(ctx)
	if err == nil {
		defer unlock()
	}
	return do(ctx)
}

// undoTries is how often a rollback that could not be carried to its end is begun again, a second apart.
const undoTries = 10

// Undo brings back what was before the run.
func (d *duties) Undo() guard.Done {
	return d.with(func(ctx context.Context) (done guard.Done) {
		d.journal.Phase = Undoing
		_ = d.journal.write() // for those who look; the undoing needs it no more
		for try := range undoTries {
			if try > 0 {
				time.Sleep(time.Second)
			}
			var b back
			err := guarded(func() error { b = d.putBack(ctx, d.journal); return b.cut })
			if done = (guard.Done{Missing: b.missing, Warning: strings.Join(b.short, "; "), Err: err}); err == nil {
				break
			}
		}
		return done
	})
}

// Keep settles the run: what is there now is what shall be. Nothing is brought back at boot, or noted as ours, before this.
func (d *duties) Keep(next json.RawMessage) guard.Done {
	return d.with(func(context.Context) guard.Done { return d.keep(next) })
}

// keep is Keep, for who has the lock.
func (d *duties) keep(next json.RawMessage) (done guard.Done) {
	var news plan.Changes
	err := json.Unmarshal(next, &news)
	if err == nil {
		err = d.amend(news)
	}
	if err != nil {
		done.Warning = unnoted(err)
	}
	d.keepForBoot(&done)
	done.Err = d.journal.close()
	return done
}

// keepForBoot does with a document what is done once it is confirmed, and never before: it comes back at boot.
func (d *duties) keepForBoot(done *guard.Done) {
	if d.Boot == nil {
		return
	}
	x := &run{Runner: d.Runner}
	var problems []spec.Problem
	if x.doc, problems = spec.Decode(d.journal.Document, "journal.json"); len(problems) == 0 {
		problems, _ = x.planBoot()
	}
	err := error(nil)
	switch {
	case len(problems) > 0:
		err = spec.Problems(problems)
	case x.keep != nil && x.keep.Changed():
		err = d.journal.foresee(x.keep)
		if err == nil {
			err = x.keep.Do()
		}
	}
	if err != nil {
		done.Warning = strings.TrimPrefix(done.Warning+fmt.Sprintf("; it does not come back at boot: %v", err), "; ")
	}
}

// foresee notes another document than the one that was to be kept when the run began: the one that boots has changed since.
func (j *Journal) foresee(p *persist.Plan) error {
	changed, err := j.keepDocument(p)
	if err != nil || !changed {
		return err
	}
	return j.write()
}

// Extended notes a new deadline in the journal, for who does without this process. The run has written on in it since this process read it.
func (d *duties) Extended(left time.Duration) {
	d.journal.Deadline = store.Uptime() + left
	now, err := readJournal(d.journal.dir)
	if err != nil || now == nil || now.ID != d.journal.ID {
		return // what lies there is not ours to mend, and nothing is undone by it while this process lives
	}
	now.Deadline = d.journal.Deadline
	_ = now.write()
}
