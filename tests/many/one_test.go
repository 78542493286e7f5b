package many_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"hostnet-module/module/state"
	"hostnet-module/tests/many"
)

// TestOneOfMany counts what one segment more, changed, or less costs where there are thousands: everything is looked at once, before; after
// the change the few links that it was about; and the journal holds no more than these.
func TestOneOfMany(t *testing.T) {
	const n = 1024
	for _, c := range []struct{ name, text string }{
		{"more", many.Document(n+1, "")},
		{"changed", "bridges: [{name: vlan7, priority: 4096}]"},
		{"less", "segments: [{id: 7, parent: bond0, bridge: vlan7, state: absent}]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLife(t, n)
			l.run(many.Document(n, ""))
			var journal int
			l.k.Refuse = func(int, state.Step) error {
				data, err := os.ReadFile(filepath.Join(string(l.dir), "journal"))
				if err != nil {
					t.Fatal(err)
				}
				journal = len(data)
				if i := bytes.Index(data, []byte(`"vlan9"`)); c.name != "more" && i >= 0 {
					t.Errorf("the journal holds a link that nothing is done to: …%s", data[max(0, i-40):i+9])
				}
				return nil
			}
			l.k.Looks, l.k.Peeked = 0, nil
			l.run(c.text)
			if l.k.Looks != 1 || len(l.k.Peeked) != 1 || l.k.Peeked[0] > 5 {
				t.Errorf("%d looks at everything, and some at %d links", l.k.Looks, l.k.Peeked)
			}
			if most := 8 << 10; journal > most {
				t.Errorf("a journal of %d bytes, at most %d are expected", journal, most)
			}
		})
	}
}

// TestOneOfManyBack: one more fails in the middle, and all is as before.
func TestOneOfManyBack(t *testing.T) {
	const n = 256
	for at := range 4 {
		l := newLife(t, n)
		l.run(many.Document(n, ""))
		before, sent := l.k.Host.String(), len(l.k.Sent)
		l.k.Refuse = func(i int, _ state.Step) error {
			if i == sent+at {
				return syscall.EPERM
			}
			return nil
		}
		out := l.outcome(many.Document(n+1, ""))
		var refused *state.Refusal
		if !errors.As(out.Failed, &refused) || !out.RolledBack {
			t.Fatalf("step %d: %v, rolled back: %v %v", at, out.Failed, out.RolledBack, out.NotRestored)
		}
		if after := l.k.Host.String(); after != before {
			t.Errorf("step %d: not as before", at)
		}
	}
}

// TestFewAreFollowed: the carrier of many bridges comes one by one, and after each event a few links are looked at; at all of them once
// these have come to their end.
func TestFewAreFollowed(t *testing.T) {
	const n, followed, each = 256, 8, 2 // a bridge and its port
	l := newLife(t, n)
	for id := 1; id <= n; id++ {
		l.k.Unplugged = append(l.k.Unplugged, fmt.Sprintf("vlan%d", id))
	}
	l.k.Happen = func(*state.Host) bool {
		if len(l.k.Unplugged) == 0 {
			return false
		}
		l.k.Unplugged = l.k.Unplugged[1:]
		return true
	}
	out := l.outcome(many.Document(n, ""))
	if out.Failed != nil || len(out.Warnings) > 0 {
		t.Errorf("not all have arrived: %v %q", out.Failed, out.Warnings)
	}
	if most := 2 + n/followed; l.k.Looks > most || len(l.k.Peeked) > n {
		t.Errorf("%d looks at everything, at most %d are expected; %d at some", l.k.Looks, most, len(l.k.Peeked))
	}
	if peeked := slices.Max(l.k.Peeked); peeked > followed*each {
		t.Errorf("a look at %d links", peeked)
	}
}
