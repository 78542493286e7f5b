// Package await waits for what another process or another kernel does, by asking again and again. It also counts what the tests do
// once more, for the end of `make test`.
package await

import "time"

// Long is the deadline of a wait that a test's verdict does not depend on. A machine that shares its cores may take minutes; whatever
// takes longer hangs.
const Long = 5 * time.Minute

// Until asks until the answer is yes, or the time is over; it tells which of them it was. The last question is asked after the
// deadline, so that a waiter who was stopped for all of the time does not give up.
func Until(within time.Duration, yes func() bool) bool {
	pause := time.Millisecond
	for end := time.Now().Add(within); ; time.Sleep(pause) {
		over := time.Now().After(end)
		if yes() {
			return true
		}
		if over {
			return false
		}
		pause = min(2*pause, 100*time.Millisecond)
	}
}
