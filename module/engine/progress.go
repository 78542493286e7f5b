package engine

import (
	"context"
	"fmt"
	"slices"
	"time"

	"hostnet-module/module/state"
)

// Progress tells how far a run has come.
type Progress struct {
	Done, Total int           // steps
	Took        time.Duration // since the first of them
}

// Wave is a run of steps of one sort, which are sent many at a time.
type Wave struct {
	What  string
	Steps int
	Took  time.Duration
}

// String tells a wave in one line.
func (w Wave) String() string {
	return fmt.Sprintf("%d x %s in %s", w.Steps, w.What, w.Took.Round(time.Millisecond))
}

// Steps are handed over in pieces, so that somebody can be told in between; those that take links away in larger ones, since the kernel
// waits once for many (module/kernel/group.go). Few steps are one piece: there is nothing to tell.
const (
	piece      = 128
	goingPiece = 1024
	few        = 256
)

// send hands the steps to the kernel, as its Do, and tells of each piece.
func (r Runner) send(ctx context.Context, steps []state.Step, out *Outcome) (done int, err error) {
	start := time.Now()
	for err == nil && done < len(steps) {
		n := r.pieceOf(steps[done:], len(steps))
		from := time.Now()
		taken, failed := r.Kernel.Do(ctx, steps[done:done+n])
		if len(steps) > few {
			out.note(steps[done], taken, time.Since(from))
		}
		if steps[done].Op == state.Await && failed == nil {
			out.await("carrier", steps[done].Link, time.Since(from), time.Since(from) < state.AwaitMost)
		}
		done, err = done+taken, failed
		if r.Progress != nil {
			r.Progress(Progress{done, len(steps), time.Since(start)})
		}
	}
	for _, w := range out.Waves {
		r.note("%s", w)
	}
	return done, err
}

// pieceOf is how many of the next steps go together: of one sort, but where they are few. A wait is timed, so it goes alone.
func (r Runner) pieceOf(steps []state.Step, total int) int {
	if steps[0].Op == state.Await {
		return 1
	}
	if total <= few {
		if n := slices.IndexFunc(steps, func(s state.Step) bool { return s.Op == state.Await }); n > 0 {
			return n
		}
		return len(steps)
	}
	most := piece
	if steps[0].Op == state.LinkDel {
		most = goingPiece
	}
	for i, s := range steps {
		if i == most || sort(s) != sort(steps[0]) {
			return i
		}
	}
	return len(steps)
}

func sort(s state.Step) string {
	if s.Op == state.LinkAdd {
		return "ip link add type " + s.Kind
	}
	return s.Op.String()
}

// note adds steps that have been taken to the wave that they belong to.
func (out *Outcome) note(first state.Step, steps int, took time.Duration) {
	if steps == 0 {
		return
	}
	what := sort(first)
	if n := len(out.Waves); n > 0 && out.Waves[n-1].What == what {
		out.Waves[n-1].Steps += steps
		out.Waves[n-1].Took += took
		return
	}
	out.Waves = append(out.Waves, Wave{what, steps, took})
}
