package plan

import (
	"fmt"
	"hash/fnv"
	"slices"

	"hostnet-module/module/attr"
	"hostnet-module/module/kind"
	"hostnet-module/module/spec"
	"hostnet-module/module/state"
)

// pinMACs sets the MAC of each bond and bridge, so that it does not change when guests come and go. A new bond gets that of the member
// that carries the host's traffic, else of the first one; a new bridge that of its first port, and without ports one that is always the
// same on this host. A link that is there keeps the MAC that it has.
func (m *maker) pinMACs() {
	for _, l := range m.fromBelow() {
		o := l.want
		switch had := m.has.Same(l.Link); {
		case o == nil || o.Absent:
		case had != nil && had.Seen.Drifts:
			l.Seen.Drifts = false
		case o.says(kind.MAC.Name) || !m.unpinned(l.Link):
		default:
			if mac := m.macOfLegs(o); mac != "" {
				l.Attrs.Put(kind.MAC, attr.Str(mac))
			} else if l.K().Bridging {
				l.Attrs.Put(kind.MAC, attr.Str(m.stableMAC(l.Name)))
			}
		}
	}
}

// Adopted names the bridges of a document that are there and that no earlier run has made: whether somebody has set their MAC is not known.
func Adopted(doc *spec.Document, has *state.Host, last Last) (names []string) {
	for _, o := range doc.Objects {
		if !o.Kind.Bridging || o.Absent {
			continue
		}
		if had := has.Link(o.Name); had != nil && had.Kind == o.Kind.Name && !last[o.Name].made(had) {
			names = append(names, o.Name)
		}
	}
	return names
}

// toPin tells whether a link has the MAC that it shall have, and nobody has set it.
func toPin(s, t *state.Link) bool { return s.Seen.Drifts && !t.Seen.Drifts }

// unpinned tells whether a link's MAC is nobody's choice yet: it is new, or a bond that has no member.
func (m *maker) unpinned(l *state.Link) bool {
	if !l.K().TakesPorts && !l.K().Bridging || l.Attrs.N("fail_over_mac") != 0 {
		return false
	}
	had := m.has.Same(l)
	return had == nil || l.K().TakesPorts && len(m.has.Ports(l.Name)) == 0
}

// macOfLegs is the MAC that a link is to have from its ports; "" if it has none, or nobody knows it.
func (m *maker) macOfLegs(o *want) string {
	for _, name := range o.ports {
		if had := m.has.Link(name); had != nil && carries(m.has, had) {
			return had.MAC()
		}
	}
	for _, name := range o.ports {
		if mac := m.macBelow(name); mac != "" {
			return mac
		}
	}
	return ""
}

// macBelow is the MAC that a link will have: its own, else that of what it stands on or has as its ports.
func (m *maker) macBelow(name string) string {
	l, had := m.out.Link(name), m.has.Link(name)
	if l == nil {
		return ""
	}
	o := m.meant(l)
	switch {
	case l.Attrs.Has("mac"):
		return l.MAC()
	case l.K().HasParent:
		return m.macBelow(l.Parent)
	case o != nil && !o.Absent && m.unpinned(l): // a bond that joins a bridge comes behind it, in the order from below
		return m.macOfLegs(o)
	case had == nil:
		return ""
	case permanent(had) != "":
		return permanent(had)
	}
	return had.MAC()
}

// stableMAC is a locally administered address (IEEE 802, 8.2) out of a link's name and the MACs of the host's NICs: the kernel would pick one
// at random, and check mode could not tell which.
func (m *maker) stableMAC(name string) string {
	var nics []string
	for _, l := range m.has.Links {
		if mac := permanent(l); l.Seen.Hardware {
			if mac == "" {
				mac = l.MAC()
			}
			nics = append(nics, mac)
		}
	}
	slices.Sort(nics)
	sum := fnv.New64a()
	fmt.Fprint(sum, nics, name)
	b := sum.Sum(nil)
	return fmt.Sprintf("%02x:%02x:%02x:%02x:%02x:%02x", b[0]&^3|2, b[1], b[2], b[3], b[4], b[5])
}
