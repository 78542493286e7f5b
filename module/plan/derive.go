package plan

import (
	"slices"

	"hostnet-module/module/attr"
	"hostnet-module/module/kind"
	"hostnet-module/module/spec"
	"hostnet-module/module/state"
)

// hostAccess makes bridges dumb, or lets the host back on: with VLAN filtering on, a bridge without an entry of its own
// passes nothing up to the host (net/bridge/br_input.c: br_pass_frame_up).
func (m *maker) hostAccess() {
	for o, l := range m.wanted {
		had := m.has.Same(l)
		switch {
		case !o.Kind.Bridging || o.HostAccess == nil:
		case dumb(o.Object):
			l.Attrs.Put(o.Kind.Rows.Must("vlan_filtering"), attr.On(true))
			l.VLANs = []state.VLAN{}
			if !o.says("mcast_querier") && l.Attrs.N("mcast_querier") != 0 {
				l.Attrs.Put(o.Kind.Rows.Must("mcast_querier"), attr.On(false)) // its queries do not ask the VLAN table
			}
			for _, a := range l.Addresses {
				if !a.Kernel() {
					m.warn(o.Path, "%s keeps %s, which is not ours, but with host_access: false nobody reaches it there", o.Name, a.Prefix)
				}
			}
		case had != nil && isDumb(had), had == nil && l.Attrs.N("vlan_filtering") != 0 && l.DefaultPVID() == 0:
			if l.VLANs = l.DefaultVLANs(); len(l.VLANs) == 0 {
				l.VLANs = []state.VLAN{{ID: 1, PVID: true, Untagged: true}}
			}
			if o.IPv6 == "" {
				l.Attrs.Put(kind.DisableIPv6, attr.On(false))
			}
		}
	}
}

// isDumb tells whether a bridge keeps its frames from the host.
func isDumb(l *state.Link) bool {
	return l.K().Bridging && l.Attrs.N("vlan_filtering") != 0 && len(l.VLANs) == 0
}

// quiet turns IPv6 off where nobody should speak: by the document's word; else on ports of bridges, on bonds that only
// carry VLANs, and on dumb bridges. Bond members need nothing: the kernel gives them no addresses (IFF_NO_ADDRCONF).
func (m *maker) quiet() {
	if !m.speaksIPv6() {
		return
	}
	var silent []*state.Link
	for o, l := range m.wanted {
		switch {
		case o.IPv6 == spec.IPv6Off || dumb(o.Object) || o.IPv6 == "" && m.isLeg(o.Object, l):
			silence(l)
			silent = append(silent, l)
		case o.IPv6 == spec.IPv6Auto:
			l.Attrs.Put(kind.DisableIPv6, attr.On(false))
			if l.Attrs.N(kind.AddrGenMode.Name) == genNone {
				l.Attrs.Put(kind.AddrGenMode, attr.Num(genEUI64))
			}
		}
	}
	for o := range m.wanted {
		for _, p := range o.legs {
			if o.Kind.Bridging && m.meant(p) == nil {
				silence(p)
				silent = append(silent, p)
			}
		}
	}
	m.dropRoutes6(silent)
}

// dropRoutes6 takes the IPv6 routes of links away.
func (m *maker) dropRoutes6(of []*state.Link) {
	if !slices.ContainsFunc(m.out.Routes, func(r state.Route) bool { return !r.Is4() }) {
		return
	}
	names := make(map[string]bool, len(of))
	for _, l := range of {
		names[l.Name] = true
	}
	m.out.Routes = slices.DeleteFunc(m.out.Routes, func(r state.Route) bool {
		return !r.Is4() && slices.ContainsFunc(r.Legs(), func(h state.Hop) bool { return names[h.Dev] })
	})
}

// speaksIPv6 tells whether the host has IPv6 at all (ipv6.disable=1 on the kernel's command line).
func (m *maker) speaksIPv6() bool {
	return slices.ContainsFunc(m.has.Links, func(l *state.Link) bool { return l.Attrs.Has(kind.AddrGenMode.Name) })
}

// silence turns IPv6 off on a link; its IPv6 addresses go with it.
func silence(l *state.Link) {
	l.Attrs.Put(kind.DisableIPv6, attr.On(true))
	var kept []state.Address
	for _, a := range l.Addresses {
		if a.Is4() {
			kept = append(kept, a)
		}
	}
	l.Addresses = kept
}

// isLeg tells whether an object only carries others: a bridge's port, or a bond below VLANs, without an address. The VLANs
// must be the document's own: where another document has them, this one, run again, would find a bond to be silenced that it
// had made with IPv6.
func (m *maker) isLeg(o *spec.Object, l *state.Link) bool {
	for _, a := range l.Addresses {
		if !a.Kernel() {
			return false
		}
	}
	master := m.out.MasterOf(l)
	if master != nil {
		return master.K().Bridging
	}
	return o.Kind.TakesPorts && slices.ContainsFunc(m.out.Uppers(l.Name), func(u *state.Link) bool { return m.meant(u) != nil })
}

// mtus solves the MTU over the tree: what carries a link is at least as large; what stands on a smaller one is clipped.
func (m *maker) mtus() {
	order := m.fromBelow()
	for i := len(order) - 1; i >= 0; i-- {
		l, o := order[i].Link, order[i].want
		if o == nil || o.Absent || !l.Attrs.Has("mtu") || m.has.Same(l) != nil && !o.says("mtu") && !m.raised(l) {
			continue
		}
		if o.Kind.Existing {
			m.carry(o.Object, l, l)
		}
		for _, leg := range append(o.legs, m.out.ParentOf(l)) {
			m.carry(o.Object, l, leg)
		}
	}
	for _, l := range order {
		if !l.want.says("mtu") {
			m.clip(l.Link)
		}
	}
}

// raised tells whether the MTU of a link has been raised for the sake of one above.
func (m *maker) raised(l *state.Link) bool { return l.MTU() > m.has.Same(l).MTU() }

// carry raises the MTU of a leg to that of the link above, unless the document says what it is.
func (m *maker) carry(o *spec.Object, above, leg *state.Link) {
	if leg == nil {
		return
	}
	if top := leg.Seen.MaxMTU; top > 0 && above.MTU() > uint64(top) {
		m.problem(o.Path+".mtu", "", "%d: %s takes at most %d", above.MTU(), leg.Name, top)
		return
	}
	if master := m.out.MasterOf(leg); master != nil && master.K().TakesPorts || m.meant(leg).says("mtu") {
		return // a bond's members have the bond's
	}
	// A link that is to be made gets the usual one. What a bond has let go gets the one back that it had before it joined, and nothing
	// tells what that was (bond_main.c: original_mtu).
	usual := m.has.Same(leg) == nil && !leg.Attrs.Has("mtu") && above.MTU() <= 1500
	if !usual && leg.MTU() < above.MTU() {
		leg.Attrs.Put(kind.MTU, attr.Num(above.MTU()))
	}
}

// clip lowers what stands on a smaller link, and leaves bridges that nobody gave an MTU to follow their ports.
func (m *maker) clip(l *state.Link) {
	if parent := m.out.ParentOf(l); parent != nil && l.K().HasParent && parent.Attrs.Has("mtu") && l.MTU() > parent.MTU() {
		l.Attrs.Put(kind.MTU, attr.Num(parent.MTU()))
	}
	if had := m.has.Same(l); had != nil && l.K().Bridging && l.MTU() == had.MTU() && !anew(had, l) {
		l.Attrs.Drop(kind.MTU.Name)
	}
}
