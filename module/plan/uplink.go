package plan

import (
	"strings"

	"hostnet-module/module/attr"
	"hostnet-module/module/state"
)

// oldUplinks takes away what a VLAN of a bond had before the bond was there: the same VLAN on a NIC that is a member now. The kernel gives a
// tagged frame to a VLAN of the NIC before the bond sees it, and drops it where that VLAN is down (net/core/dev.c:
// __netif_receive_skb_core; net/8021q/vlan_core.c: vlan_do_receive), so one of both is deaf. Addresses that the document puts on an
// object move there.
func (m *maker) oldUplinks() {
	for o, l := range m.wanted {
		m.takeTwins(o, l)
		for _, leg := range o.legs {
			if leg != nil && m.meant(leg) == nil {
				m.takeTwins(o, leg)
			}
		}
	}
}

// takeTwins takes away the twins that a link on a bond has on the bond's members.
func (m *maker) takeTwins(o *want, l *state.Link) {
	bond := m.out.ParentOf(l)
	if bond == nil || !l.K().HasParent || !bond.K().TakesPorts {
		return
	}
	for _, member := range m.out.Ports(bond.Name) {
		for _, old := range m.out.Uppers(member.Name) {
			if old.Kind == l.Kind && numberOf(old) == numberOf(l) && m.meant(old) == nil {
				m.takeTwin(o, l, old)
			}
		}
	}
}

func (m *maker) takeTwin(o *want, l, old *state.Link) {
	if above := m.out.Uppers(old.Name); len(above) > 0 {
		m.problem(o.Path, "list "+above[0].Name+" with `state: absent`, or with "+l.Name+" as its parent",
			"%s would get no frames: %s has that VLAN on a member of %s, and cannot go, since %s stands on it", l.Name, old.Name, l.Parent, above[0].Name)
		return
	}
	for w := range m.wanted {
		if len(w.Addresses) > 0 {
			m.moveUp(w.Object, old.Name)
		}
	}
	text := ""
	if lost := m.unplaced(old); len(lost) > 0 {
		text = "; with it goes " + strings.Join(lost, ", ") + ", which the document puts on no object"
	}
	m.warn(o.Path, "%s is removed: it has the VLAN of %s on %s, a member of %s, and would take its frames%s", old.Name, l.Name, old.Parent, l.Parent, text)
	m.out.Remove(old.Name)
}

// numberOf is what tells the links of a kind on one parent apart: of a VLAN its number and protocol, which is the first one that the row names
// where nobody has said it yet.
func numberOf(l *state.Link) (text string) {
	for _, r := range l.K().Rows {
		v, said := l.Attrs.Get(r.Name)
		if !said && len(r.Names) > 0 {
			v.N = uint64(r.Names[0].N)
		}
		if r.When&attr.Never != 0 {
			text += "." + r.Text(v)
		}
	}
	return text
}
