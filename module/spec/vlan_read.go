package spec

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// VLAN is one entry of a bridge's VLAN table, of a port or of the bridge itself: one VLAN or a range of them, with
// bridge-vlan(8)'s words.
type VLAN struct {
	First, Last uint16 // 1–4094; First ≤ Last
	PVID        bool   // untagged frames that come in belong to it; one VLAN only
	Untagged    bool   // its frames go out untagged
	Path        string // where it stands
}

// String prints the VLANs as a document would: "16", "100-110".
func (v VLAN) String() string {
	first := strconv.Itoa(int(v.First))
	if v.First == v.Last {
		return first
	}
	return first + "-" + strconv.Itoa(int(v.Last))
}

// lastVLAN is the highest number of IEEE 802.1Q; 4095 is reserved.
const lastVLAN = 4094

// vlanItem is the form of an entry; vlanPattern that of a number or a range.
var (
	vlanPattern = `[1-9][0-9]{0,3}(\s*-\s*[1-9][0-9]{0,3})?`
	vlanItem    = listItem{form: anyOf(idsForm(), ref("vlanEntry"), ref("objectText")), words: vlanPattern, whole: true}
)

func idsForm() Tree {
	return anyOf(Tree{{"type", "integer"}, {"minimum", 1}, {"maximum", lastVLAN}}, patterned(whole(vlanPattern)))
}

// vlanText is an entry while it is read.
type vlanText struct {
	VLAN
	id place
}

var vlanFields = []field[vlanText]{
	{"id", "a VLAN, or a range of them like 100-110", idsForm, func(_ *walker, to *vlanText, p place) {
		if !p.node.missing() {
			to.id = p
		}
	}},
	booleanField("pvid", "untagged frames that come in belong to this VLAN", func(to *vlanText, on bool) { to.PVID = on }),
	booleanField("untagged", "frames of this VLAN go out untagged", func(to *vlanText, on bool) { to.Untagged = on }),
}

// readVLAN reads one entry of `vlans`: a number, a range, or an object.
func readVLAN(w *walker, p place) (VLAN, bool) {
	to := &vlanText{VLAN: VLAN{Path: p.path()}, id: p}
	before := len(w.problems)
	if n := p.node; n.shape == objectShape || n.shape == textShape && startsWith(n.text, '{') {
		to.id = place{}
		if !readFields(w, p, to, "like {id: 16, pvid: true, untagged: true}", vlanFields) {
			return to.VLAN, false
		}
		if to.id.node == nil && len(w.problems) == before {
			w.add(p, ErrMissing, "", "id is missing")
		}
	}
	if to.id.node != nil && len(w.problems) == before {
		to.First, to.Last, _ = w.vlanRange(to.id)
	}
	if to.PVID && to.First != to.Last {
		w.fault(p, ErrConflict, "", "untagged frames belong to one VLAN: pvid goes with no range")
	}
	return to.VLAN, len(w.problems) == before
}

// vlanRange reads "16" or "100-110".
func (w *walker) vlanRange(p place) (first, last uint16, ok bool) {
	const allowed = "a VLAN from 1-4094, or a range of them like 100-110"
	text, ok := w.digitsOrText(p, allowed)
	if !ok {
		return 0, 0, false
	}
	left, right, ranged := strings.Cut(text, "-")
	if !ranged {
		right = left
	}
	a, errA := strconv.ParseUint(strings.TrimSpace(left), 10, 16)
	b, errB := strconv.ParseUint(strings.TrimSpace(right), 10, 16)
	switch {
	case errA != nil || errB != nil || a < 1 || b < 1 || a > lastVLAN || b > lastVLAN:
		w.fault(p, ErrValue, "", "must be %s", allowed)
	case a > b:
		w.fault(p, ErrValue, "write "+strconv.Itoa(int(b))+"-"+strconv.Itoa(int(a)), "the range runs backwards")
	default:
		return uint16(a), uint16(b), true
	}
	return 0, 0, false
}

// digitsOrText is a number or a text, as it was written.
func (w *walker) digitsOrText(p place, allowed string) (string, bool) {
	if p.node.missing() || p.node.shape != numberShape && p.node.shape != textShape {
		w.fault(p, ErrType, "", "must be %s", allowed)
		return "", false
	}
	return strings.TrimSpace(p.node.text), true
}

// checkTables checks the VLAN tables of a bridge and its ports.
func checkTables(c *checker, o *Object) {
	if !o.Kind.Bridging {
		return
	}
	if o.VLANs != nil {
		c.table(o, o.key("vlans"), o.VLANs)
		switch {
		case o.HostAccess != nil && !*o.HostAccess:
			c.lacks(o, o.key("vlans"), ErrConflict, "say host_access: true, or take it away", "the host has no access to this bridge, so the bridge itself is in no VLAN")
		case len(o.VLANs) == 0:
			c.fault(o.key("vlans"), ErrConflict, "say host_access: false", "a bridge that is in no VLAN itself is one without the host")
		}
	}
	for _, p := range o.Ports {
		if p.VLANs != nil {
			c.table(o, p.Path+".vlans", p.VLANs)
		}
	}
}

// table checks one table: a VLAN stands in it once, one takes the untagged frames, and the bridge looks at VLANs at all.
func (c *checker) table(o *Object, path string, list []VLAN) {
	var seen []*VLAN // in the order of their numbers; no two overlap
	var pvid *VLAN
	for i := range list {
		v := &list[i]
		if v.PVID && pvid != nil {
			c.fault(v.Path, ErrDuplicate, "", "%s: untagged frames belong to %s already (pvid)", v, pvid)
		}
		if v.PVID {
			pvid = v
		}
		if c.ranges += int(v.Last) - int(v.First) + 1; c.ranges > maxRanges {
			c.fault(path, ErrValue, "", "up to here the tables of the document have %d VLANs; they can have %d", c.ranges, maxRanges)
			return
		}
		at, _ := slices.BinarySearchFunc(seen, v.First, func(was *VLAN, id uint16) int { return cmp.Compare(was.Last, id) })
		if at < len(seen) && seen[at].First <= v.Last {
			c.fault(v.Path, ErrDuplicate, "", "%s: VLAN %d is listed already, with %s", v, max(v.First, seen[at].First), seen[at])
			continue
		}
		seen = slices.Insert(seen, at, v)
	}
	if f, ok := o.Attrs.Get("vlan_filtering"); ok && f.N == 0 {
		c.lacks(o, path, ErrConflict, "vlan_filtering: true", "the bridge is not to look at VLANs (vlan_filtering: false)")
	}
}

// encodeVLAN writes an entry as its number or range where there is no more to say.
func encodeVLAN(v VLAN) any {
	var id any = v.String()
	if v.First == v.Last {
		id = uint64(v.First)
	}
	t := Tree{{"id", id}}
	if v.PVID {
		t.put("pvid", true)
	}
	if v.Untagged {
		t.put("untagged", true)
	}
	if len(t) == 1 {
		return id
	}
	return t
}
