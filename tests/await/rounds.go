package await

import "fmt"

// What can only be measured is measured in rounds, since a machine stalls, and a stall may fall upon one side alone.
const (
	enough = 2 // rounds are enough where all of them hold
	most   = 7 // rounds at most, of which the greater part decides
)

// decided tells whether so many rounds are enough, and what they say.
func decided(held, failed int) (over, holds bool) {
	switch {
	case failed == 0 && held == enough, held > most/2:
		return true, true
	case failed > most/2:
		return true, false
	}
	return false, false
}

// TB is the part of testing.TB that rounds need.
type TB interface {
	Helper()
	Name() string
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
	Failed() bool
}

// Rounds measures until it is decided, and says what it took. A fault that shows in most rounds fails the test, however often it does not.
func Rounds(t TB, what string, round func(n int) (holds bool, said string)) {
	t.Helper()
	held, said := 0, ""
	for n := 0; ; n++ {
		if n >= enough {
			Again("%s: round %d of %s", t.Name(), n+1, what)
		}
		holds, words := round(n)
		said += fmt.Sprintf("\n  round %d: %v: %s", n+1, holds, words)
		if t.Failed() {
			return
		}
		if holds {
			held++
		}
		if over, holds := decided(held, n+1-held); holds {
			t.Logf("%s: %d of %d rounds hold%s", what, held, n+1, said)
			return
		} else if over {
			t.Errorf("%s: %d of %d rounds hold%s", what, held, n+1, said)
			return
		}
	}
}
