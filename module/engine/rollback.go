package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"hostnet-module/module/attr"
	"hostnet-module/module/plan"
	"hostnet-module/module/state"
	"hostnet-module/module/store"
)

// RollbackTime bounds the rollback of a run of so many steps. It is announced before the run, and a rollback that is not done by then is
// given up and told. It runs to its end even if the caller has gone.
func RollbackTime(steps int) time.Duration {
	return 30*time.Second + time.Duration(steps)*100*time.Millisecond
}

// back is what a rollback has come to.
type back struct {
	done    []state.Step
	missing []string // what could not be brought back, in words
	short   []string // what the drivers have picked otherwise than before, and cannot be made to pick: the rollback is whole all the same
	cut     error    // it could not be carried to its end
}

func (b back) whole() bool { return b.cut == nil && len(b.missing) == 0 }

// rollBack plans from what is now to what was before, and does that. A step that the kernel refuses twice is given up and
// the others go on; what is then still missing is told.
func (r Runner) rollBack(ctx context.Context, j *Journal) (b back) {
	limit := RollbackTime(len(j.Steps))
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	defer cancel()
	r.note("putting everything back, in %s at most", limit.Round(time.Second))
	refused, taken, picked := map[string]int{}, "", false // taken: all steps of the round before, if none was refused
	for range rollbackRounds {
		now, steps, err := r.wayBack(ctx, j)
		if err != nil {
			b.cut = err
			b.missing = append(b.missing, fmt.Sprintf("no way back was found: %v", err))
			return b
		}
		open := slices.DeleteFunc(slices.Clone(steps), func(s state.Step) bool { return refused[s.String()] >= 2 })
		if !slices.ContainsFunc(open, func(s state.Step) bool { return s.Op != state.Await }) {
			b.missing = append(b.missing, notRestored(now, j.Before, steps)...)
			r.picks(ctx, now, j, &b)
			return b
		}
		text := fmt.Sprint(open)
		if text == taken && !picked { // said yes to, and not done: a bond's MAC may follow its active member
			r.picks(ctx, now, j, &b)
			picked = true
		}
		if taken = text; !r.round(ctx, open, refused, &b) {
			taken = ""
		}
	}
	b.missing = append(b.missing, "the network would not settle")
	return b
}

// round sends the steps of one round up to one that is refused, but goes on behind those that put back what no document says: many may be refused for one reason,
// and the network does not wait for them. It counts refusals, and of the latter what was taken too: the kernel may take what it does not do.
func (r Runner) round(ctx context.Context, open []state.Step, refused map[string]int, b *back) (all bool) {
	all = true
	for send := plainer(open, refused); len(send) > 0; {
		done, err := r.Kernel.Do(ctx, send)
		b.done = append(b.done, send[:done]...)
		for _, s := range send[:done] {
			if plan.Spare(s) {
				refused[s.String()]++
			}
		}
		if err == nil || done >= len(send) {
			return all && err == nil
		}
		all = false
		if refused[open[done].String()]++; ctx.Err() != nil || !plan.Spare(send[done]) {
			return false
		}
		send, open = send[done+1:], open[done+1:]
	}
	return all
}

// notRestored is what is left when nothing more can be done: the steps, and what there is no step for.
func notRestored(now, before *state.Host, steps []state.Step) (missing []string) {
	for _, s := range steps {
		if s.Op != state.Await && !plan.Spare(s) {
			missing = append(missing, s.String())
		}
	}
	return append(missing, plan.Lost(now, before)...)
}

const rollbackRounds = 64

// plainer makes links that were refused once with nothing but what they cannot be given later: a kernel may refuse an option that it
// reports itself, and a link without one is better than none. The next round finds what is still missing.
func plainer(steps []state.Step, refused map[string]int) []state.Step {
	steps = slices.Clone(steps)
	for i, s := range steps {
		if s.Op == state.LinkAdd && refused[s.String()] > 0 {
			steps[i].Attrs = s.Attrs.Filter(func(r *attr.Row) bool { return r.Place != attr.Data || r.When&attr.Never != 0 })
		}
	}
	return steps
}

// wayBack are the steps that are left until everything is as before, and what there is now.
func (r Runner) wayBack(ctx context.Context, j *Journal) (now *state.Host, steps []state.Step, err error) {
	for {
		if now, err = r.Kernel.Snapshot(ctx, j.links()...); !errors.Is(err, state.ErrUnsteady) || ctx.Err() != nil {
			break
		}
		r.note("links come and go all the time: looking again")
	}
	if err != nil {
		return nil, nil, err
	}
	_ = r.deepen(ctx, now, j.Before) // what it does not find is put back once more, and told
	before := j.Before.Aged(store.Uptime() - j.Taken)
	steps, err = plan.Retrace(now, plan.Back(now, before, j.Steps))
	return now, steps, err
}

// putBack brings everything back that the journal tells of, files too, and settles the run by that: there is nothing left of it. The
// journal stays where the rollback could not be carried to its end, for the next start.
func (r Runner) putBack(ctx context.Context, j *Journal) back {
	b := r.rollBack(ctx, j)
	if b.cut != nil {
		return b
	}
	if err := r.amend(j.Record); err != nil {
		b.missing = append(b.missing, fmt.Sprintf("%s/%s: %v", r.Dir, applied, err))
	}
	for _, f := range j.Files {
		if err := f.restore(); err != nil {
			b.missing = append(b.missing, fmt.Sprintf("%s/%s: %v", f.Dir, f.Name, err))
		}
	}
	if err := j.close(); err != nil {
		b.missing = append(b.missing, fmt.Sprintf("the journal is still there: %v", err))
	}
	return b
}

// restore writes the file back.
func (k Kept) restore() error {
	if k.Ours != "" {
		if now, err := k.Dir.Read(k.Name); err != nil || now == nil || digest(now) != k.Ours {
			return err
		}
	}
	if k.Data == nil {
		return k.Dir.Remove(k.Name)
	}
	return k.Dir.WriteMode(k.Name, k.Data, cmp.Or(k.Mode, 0o644))
}
