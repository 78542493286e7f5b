package main

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// large is the heap from which on memory is dearer than time: the host may be small and the document large.
const large = 16 << 20

// thrifty lets the heap grow by a third between collections, not to its double, once much of it is in use. A limit for all of it would not do:
// beyond one that is too low for a run little but collecting goes on.
func thrifty() {
	runtime.AddCleanup(new(*int), func(int) { // runs after each collection
		live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		if metrics.Read(live); live[0].Value.Uint64() > large {
			debug.SetGCPercent(33)
			return
		}
		thrifty()
	}, 0)
}
