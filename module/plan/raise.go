package plan

import (
	"hostnet-module/module/attr"
	"hostnet-module/module/kind"
	"hostnet-module/module/state"
)

// raise brings up what declared objects stand on: a link that is up carries nothing over one that is down (net/8021q/vlan_dev.c:
// vlan_dev_open refuses it), and a member that has left its bond has been closed by the kernel.
func (m *maker) raise() {
	for o, l := range m.wanted {
		if up, said := o.Attrs.Get(kind.Up.Name); !l.Attrs.Has(kind.Up.Name) {
			l.Attrs.Put(kind.Up, attr.On(!said || up.N != 0))
		}
	}
	seen := map[string]bool{}
	for o, l := range m.wanted {
		if l.Up() {
			m.raiseBelow(o, l, seen)
		}
	}
}

// raiseBelow raises what carries a link, as far as NICs. An object of the document sees to what carries it itself.
func (m *maker) raiseBelow(o *want, l *state.Link, seen map[string]bool) {
	for _, leg := range m.carriersOf(o, l) {
		named := m.meant(leg)
		if seen[leg.Name] || named != nil && !named.Absent {
			continue
		}
		seen[leg.Name] = true
		if !leg.Up() {
			leg.Attrs.Put(kind.Up, attr.On(true))
			o.raised = append(o.raised, leg.Name)
		}
		m.raiseBelow(o, leg, seen)
	}
}

// carriersOf are the links that bring a link its carrier: what it stands on, the members of a bond, and the ports that the document lists.
func (m *maker) carriersOf(o *want, l *state.Link) (legs []*state.Link) {
	if parent := m.out.ParentOf(l); parent != nil && l.K().HasParent {
		legs = append(legs, parent)
	}
	switch {
	case l.K().TakesPorts:
		legs = append(legs, m.out.Ports(l.Name)...)
	case o.link == l:
		legs = append(legs, o.legs...)
	}
	return legs
}
