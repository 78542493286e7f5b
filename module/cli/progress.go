package cli

import (
	"fmt"
	"time"

	"hostnet-module/module/engine"
)

// How long a run takes before its progress is shown, and how often that changes.
const (
	patience = time.Second
	blink    = 200 * time.Millisecond
)

// progress shows a person on a terminal how far a run has come that takes longer than a moment; nil where nobody looks.
func (out output) progress() func(engine.Progress) {
	if _, terminal := out.c.columns(out.c.Stderr); !terminal {
		return nil
	}
	var shown time.Duration
	return func(p engine.Progress) {
		switch {
		case p.Done == p.Total && shown > 0:
			fmt.Fprint(raw(out.c.Stderr), "\r\x1b[K")
		case p.Took > patience && p.Took > shown+blink:
			shown = p.Took
			fmt.Fprint(raw(out.c.Stderr), "\r", progressLine(p), "\x1b[K")
		}
	}
}

// progressLine tells how much is done, how fast, and how long the rest takes at that speed.
func progressLine(p engine.Progress) string {
	rate := float64(p.Done) / p.Took.Seconds()
	left := time.Duration(float64(p.Total-p.Done) / max(rate, 0.001) * float64(time.Second))
	return fmt.Sprintf("%d of %d steps, %.0f/s, %s left", p.Done, p.Total, rate, left.Round(time.Second))
}
