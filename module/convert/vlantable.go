package convert

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"hostnet-module/module/foreign"
)

// span is a run of VLANs in a bridge's table: what `bridge vlan` prints as one line.
type span struct {
	low, high      uint64
	pvid, untagged bool
	from           []foreign.Pos
}

// vlanTable is the VLAN table of a port, or of a bridge itself, while options and commands add to it and take from it. Its spans
// are sorted and have no VLAN in common.
type vlanTable struct {
	spans []span
	from  []foreign.Pos // what has emptied it
}

// lastVLAN is the highest VLAN id (IEEE 802.1Q).
const lastVLAN = 4094

// vlanRange reads 5 or 5-10.
func vlanRange(text string) (low, high uint64, ok bool) {
	a, b, ranged := strings.Cut(text, "-")
	low, err := strconv.ParseUint(a, 10, 16)
	if !ranged {
		return low, low, err == nil && low >= 1 && low <= lastVLAN
	}
	high, err2 := strconv.ParseUint(b, 10, 16)
	return low, high, err == nil && err2 == nil && low >= 1 && low <= high && high <= lastVLAN
}

// add enters a run, as the kernel does (br_vlan.c, __vlan_add_flags): VLANs that are there already get its flags, and there is one
// PVID. It unites with what says the same.
func (t *vlanTable) add(n span) {
	if n.pvid {
		for i := range t.spans {
			t.spans[i].pvid = false
		}
	}
	t.spans = slices.DeleteFunc(t.spans, func(o span) bool {
		same := o.low <= n.high && n.low <= o.high && o.pvid == n.pvid && o.untagged == n.untagged
		if same {
			n.low, n.high, n.from = min(n.low, o.low), max(n.high, o.high), append(slices.Clone(o.from), n.from...)
		}
		return same
	})
	t.take(n.low, n.high)
	t.spans = append(t.spans, n)
	slices.SortFunc(t.spans, func(a, b span) int { return cmp.Compare(a.low, b.low) })
}

// take removes a run. It tells the lines of what it has found.
func (t *vlanTable) take(low, high uint64) (found []foreign.Pos) {
	var kept []span
	for _, s := range t.spans {
		if s.high < low || s.low > high {
			kept = append(kept, s)
			continue
		}
		found = append(found, s.from...)
		if s.low < low {
			left := s
			left.high = low - 1
			kept = append(kept, left)
		}
		if s.high > high {
			right := s
			right.low = high + 1
			kept = append(kept, right)
		}
	}
	t.spans = kept
	return found
}

// entries are the table as the document has it.
func (t *vlanTable) entries() (list []*entry) {
	for _, s := range t.spans {
		var id any = s.low
		if s.low != s.high {
			id = fmt.Sprintf("%d-%d", s.low, s.high)
		}
		e := &entry{value: id, from: s.from}
		if s.pvid || s.untagged {
			tr := tree{pair("id", id)}
			if s.pvid {
				tr = append(tr, pair("pvid", true))
			}
			if s.untagged {
				tr = append(tr, pair("untagged", true))
			}
			e.value = tr
		}
		list = append(list, e)
	}
	return list
}
