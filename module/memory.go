package main

import (
	"math"
	"runtime"
	"runtime/debug"
)

// patience is how much memory the program takes before it collects any: a run of most hosts ends before. A collection costs more
// than all else that such a run does by itself, where its threads have to wait for a processor.
const patience = 48 << 20

// patient lets nothing be collected up to there. Then the heap grows by a third between collections, not to its double: the host may be small and
// the document large. The limit does not stay: near one that is too low a run does little but collect.
func patient() {
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(patience)
	runtime.AddCleanup(new(*int), func(int) { // runs after the first collection
		debug.SetGCPercent(33)
		debug.SetMemoryLimit(math.MaxInt64)
	}, 0)
}
