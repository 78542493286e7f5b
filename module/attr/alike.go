package attr

import (
	"bytes"
	"encoding/binary"
)

// The links of a host with thousands are alike: a nest of one is, but for counters and timers that no row reads, that of the link before
// it, and so are the values. To see that takes less than to read them once more.

// Reading reads the nests of one place, many of them one after the other, by a table.
type Reading struct {
	place   Place
	rows    *byAddress
	nest    []byte // that was read last
	matters []byte // 0xff for each byte of it that a row reads, or that says what stands where; empty: it is to be read each time
	held    Set
}

// Reading makes a table ready for it.
func (t Table) Reading(place Place) *Reading {
	return &Reading{place: place, rows: t.rows()}
}

// short is a nest that is read as fast as it is compared.
const short = 64 // bytes

// Decode reads every attribute of a nest for which the table has a row of the place. What it returns is the same as the last time if
// the nest is; else it is overwritten.
func (r *Reading) Decode(nest []byte, names Resolver) (s Set, same bool) {
	if len(r.matters) > 0 && alike(nest, r.nest, r.matters) {
		return r.held, true
	}
	r.held = r.held.Emptied()
	r.rows.decode(&r.held, nest, r.place, 0, names)
	if r.matters = r.matters[:0]; len(nest) > short {
		r.nest = append(r.nest[:0], nest...)
		r.matters = r.mark(append(r.matters, bytes.Repeat([]byte{0xff}, len(nest))...))
	}
	return r.held, false
}

// mark takes what nobody reads out of what matters of the nest.
func (r *Reading) mark(matters []byte) []byte {
	at := 0
	whole := Walk(r.nest, func(num uint16, payload []byte) {
		end := min(at+align(header+len(payload)), len(matters))
		rows := r.rows.of(r.place, 0, num)
		for _, row := range rows {
			if row.Type == Index { // it may have another name by then
				matters = matters[:0]
			}
		}
		if len(rows) == 0 && !r.rows.nested(r.place, num) && len(matters) > 0 {
			clear(matters[at+header : end])
		}
		at = end
	})
	if !whole {
		return matters[:0]
	}
	return matters
}

// One reads one attribute into a set.
func (r *Reading) One(s *Set, num uint16, payload []byte, names Resolver) {
	for _, row := range r.rows.of(r.place, 0, num) {
		if v, ok := row.Decode(payload, names); ok {
			s.Put(row, v)
		}
	}
}

// alike tells whether two nests are the same where it matters.
func alike(a, b, matters []byte) bool {
	if len(a) != len(matters) || len(b) != len(matters) {
		return false
	}
	i := 0
	for ; i+8 <= len(a); i += 8 {
		if (binary.NativeEndian.Uint64(a[i:])^binary.NativeEndian.Uint64(b[i:]))&binary.NativeEndian.Uint64(matters[i:]) != 0 {
			return false
		}
	}
	for ; i < len(a); i++ {
		if (a[i]^b[i])&matters[i] != 0 {
			return false
		}
	}
	return true
}
