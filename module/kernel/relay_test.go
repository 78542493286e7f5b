package kernel

import (
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// TestRelay: whoever reads the messages, they are read the same, also when the dump was interrupted in the middle.
func TestRelay(t *testing.T) {
	dirs, _ := filepath.Glob("testdata/dump-*")
	for _, dir := range dirs {
		d, _ := readDumps(t, dir)
		var links []message
		for i := range 20 {
			for _, m := range d.links {
				links = append(links, again(m, i))
			}
		}
		want, _ := parseLinks(links)
		for _, inline := range []int{0, 1, len(links) - 1, len(links), len(links) + 1} {
			for _, n := range []int{0, 1, inline, inline + 1, len(links) / 2} {
				var into linkReader
				r := newRelay(&into)
				r.inline = inline
				feed(r, links[:min(n, len(links))]) // interrupted
				feed(r, links)
				r.end()
				if got, _ := into.end(nil); !reflect.DeepEqual(got, want) {
					t.Fatalf("%s: %d read at once, after %d: %d links, %d", dir, inline, n, len(got.Links), len(want.Links))
				}
			}
		}
	}
}

// TestRelayFails: what goes wrong in the thread goes wrong where somebody waits for it, and nobody waits for ever.
func TestRelayFails(t *testing.T) {
	for _, at := range []int{0, 1, 1000} {
		r := newRelay(&faulty{at: at})
		r.inline = 0
		var fault any
		func() {
			defer func() { fault = recover() }()
			feed(r, slices.Repeat([]message{{unix.RTM_NEWLINK, make([]byte, 9000)}}, 2000))
			r.end()
		}()
		if fault != "oh" {
			t.Errorf("%d: %v", at, fault)
		}
	}
}

type faulty struct{ at, n int }

func (r *faulty) begin() {}
func (r *faulty) take(message) {
	if r.n++; r.n > r.at {
		panic("oh")
	}
}
