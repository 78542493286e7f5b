package plan

import (
	"fmt"
	"net/netip"
	"slices"

	"hostnet-module/module/spec"
	"hostnet-module/module/state"
)

// addresses folds the address lists: what the document lists is there, what an earlier run set and the document no longer
// lists is not, what others added stays. An address that a link below carried is taken away there.
func (m *maker) addresses() {
	holders := holders(m.has)
	for o, l := range m.wanted {
		if !o.L3 && !dumb(o.Object) {
			m.tellLeft(o.Object)
			continue
		}
		earlier := m.last[o.Name].Addresses
		l.Addresses = slices.DeleteFunc(l.Addresses, func(a state.Address) bool {
			gone := slices.Contains(earlier, a.Prefix.String()) && !lists(o.Object, a)
			if gone && !o.L3 {
				m.warn(o.Path, "%s loses %s: the host is not to be reachable on it (a segment that lists no addresses means that; say `host_access: true` to keep it)", o.Name, a.Prefix)
			}
			return gone
		})
		for _, w := range o.Addresses {
			m.putAddress(l, w)
		}
		m.takeFromBelow(o.Object)
		m.takeFromElsewhere(o.Object, holders)
	}
}

// dumb tells whether the host is not to be reachable on an object.
func dumb(o *spec.Object) bool { return o.HostAccess != nil && !*o.HostAccess }

func lists(o *spec.Object, a state.Address) bool {
	return slices.ContainsFunc(o.Addresses, func(w spec.Address) bool { return w.Prefix == a.Prefix })
}

// tellLeft warns that addresses of an earlier run stay, because the document says nothing about them.
func (m *maker) tellLeft(o *spec.Object) {
	for _, text := range m.last[o.Name].Addresses {
		l := m.has.Link(o.Name)
		if l != nil && slices.ContainsFunc(l.Addresses, func(a state.Address) bool {
			return a.Prefix.String() == text && (a.Is4() || o.IPv6 != spec.IPv6Off)
		}) {
			m.warn(o.Path, "%s keeps %s of an earlier run, since the document says nothing about its addresses; `addresses: []` removes it", o.Name, text)
		}
	}
}

// putAddress adds an address, or brings one that is there to what the document says about it.
func (m *maker) putAddress(l *state.Link, w spec.Address) {
	want := address(w)
	for i, have := range l.Addresses {
		if have.Key() == want.Key() {
			l.Addresses[i] = adopt(have, w, want)
			return
		}
	}
	l.Addresses = slices.DeleteFunc(l.Addresses, func(a state.Address) bool {
		return !a.Is4() && a.Prefix.Addr() == want.Prefix.Addr() // another prefix length: IPv6 has room for one
	})
	l.Addresses = append(l.Addresses, want)
}

// adopt keeps of an existing address what the document does not mention, but for a lifetime, which would end it.
func adopt(have state.Address, w spec.Address, want state.Address) state.Address {
	have.Valid, have.Preferred = want.Valid, want.Preferred
	have.Flags |= want.Flags & state.SetFlags
	have.Flags &^= state.FlagManageTemp
	if w.Label != "" {
		have.Label = want.Label
	}
	if w.Scope != 0 {
		have.Scope = want.Scope
	}
	if w.Broadcast.IsValid() {
		have.Broadcast = want.Broadcast
	}
	return have
}

// address turns a document's address into a link's.
func address(w spec.Address) state.Address {
	a := state.Address{Prefix: w.Prefix, Peer: w.Peer, Broadcast: w.Broadcast, Label: w.Label, Scope: w.Scope,
		Valid: state.Forever, Preferred: state.Forever}
	if w.NoDAD {
		a.Flags |= state.FlagNodad
	}
	if w.NoPrefixRoute {
		a.Flags |= state.FlagNoPrefixRoute
	}
	if w.Valid != nil {
		a.Valid = *w.Valid
	}
	if w.Preferred != nil {
		a.Preferred = *w.Preferred
	}
	return a
}

// takeFromBelow removes the object's addresses from the links that it stands on.
func (m *maker) takeFromBelow(o *spec.Object) {
	if len(o.Addresses) == 0 {
		return
	}
	for name := range legs(m.out, o.Name) {
		m.moveUp(o, name)
	}
}

// moveUp takes those addresses from a link that the document puts on an object above.
func (m *maker) moveUp(o *spec.Object, from string) {
	taken := func(a state.Address) bool { return places(o, a) && !m.declares(from, a) }
	if below := m.has.Link(from); below != nil && slices.ContainsFunc(below.Addresses, taken) {
		m.moved[from] = o.Name
		leg := m.out.Link(from)
		leg.Addresses = slices.DeleteFunc(leg.Addresses, taken)
	}
}

// takeFromElsewhere moves an address that an earlier run has put on another link, which need not be in the document any more
// (a bridge that is renamed). Somebody else's is not ours to take, and two links with one address are of no use.
func (m *maker) takeFromElsewhere(o *spec.Object, holders map[netip.Addr][]string) {
	for _, w := range o.Addresses {
		for _, name := range holders[w.Prefix.Addr()] {
			if other := m.out.Link(name); other != nil && name != o.Name && !other.Seen.Loopback && !w.Prefix.Addr().IsLinkLocalUnicast() {
				m.takeFrom(o, other, w.Prefix.Addr())
			}
		}
	}
}

func (m *maker) takeFrom(o *spec.Object, other *state.Link, ip netip.Addr) {
	for _, a := range slices.Clone(other.Addresses) {
		switch {
		case a.Prefix.Addr() != ip, m.declares(other.Name, a):
		case slices.Contains(m.last[other.Name].Addresses, a.Prefix.String()):
			m.moved[other.Name] = o.Name
			other.Addresses = slices.DeleteFunc(other.Addresses, func(b state.Address) bool { return b.Key() == a.Key() })
			m.warn(o.Path, "%s moves from %s to %s", a.Prefix, other.Name, o.Name)
		default:
			m.problem(o.Path+".addresses", fmt.Sprintf("remove it there, or list %s with its own addresses in the document", other.Name),
				"%s: %s has it already", a.Prefix.Addr(), other.Name)
		}
	}
}

// declares tells whether the document has an address on a link, with its prefix length: it is there, whatever other links have.
func (m *maker) declares(link string, a state.Address) bool {
	o := m.doc.Find(link)
	return o != nil && !o.Absent && lists(o, a)
}

// holders names the links that have an address.
func holders(h *state.Host) map[netip.Addr][]string {
	found := map[netip.Addr][]string{}
	for _, l := range h.Links {
		for _, a := range l.Addresses {
			if names := found[a.Prefix.Addr()]; !slices.Contains(names, l.Name) {
				found[a.Prefix.Addr()] = append(names, l.Name)
			}
		}
	}
	return found
}

func places(o *spec.Object, a state.Address) bool {
	return slices.ContainsFunc(o.Addresses, func(w spec.Address) bool { return w.Prefix.Addr() == a.Prefix.Addr() })
}

// routes folds the routes: three-way like the addresses; routes of others follow the address whose network they need.
func (m *maker) routes() {
	m.carryRoutes()
	for o := range m.wanted {
		if !o.L3 && !dumb(o.Object) {
			continue
		}
		want := declaredRoutes(o.Object)
		if surplus := surplus(m.last[o.Name].Routes, want); len(surplus) > 0 {
			m.out.Routes = slices.DeleteFunc(m.out.Routes, func(r state.Route) bool {
				return (r.Uses(o.Name) || r.Dev == "" && len(r.Hops) == 0) && slices.Contains(surplus, r.String()) && !slices.ContainsFunc(want, r.Same)
			})
		}
		for _, r := range want {
			m.putRoute(r)
		}
	}
}

// surplus are the routes that an earlier run set and which are not wanted any more.
func surplus(earlier []string, want []state.Route) []string {
	return slices.DeleteFunc(slices.Clone(earlier), func(text string) bool {
		return slices.ContainsFunc(want, func(r state.Route) bool { return r.String() == text })
	})
}

// carryRoutes takes routes along when the address moves up that their gateway is reached by, and drops those that went
// out of a link which is a bond's member now.
func (m *maker) carryRoutes() {
	var routes []state.Route
	for _, r := range m.out.Routes {
		if to, ok := m.moved[r.Dev]; ok && !r.Kernel() && m.follows(r, to) {
			r.Dev = to
		}
		leg := m.out.Link(r.Dev)
		if leg == nil && r.Dev != "" {
			continue // it went with its link
		}
		if leg != nil && !r.Kernel() {
			if master := m.out.Link(leg.Master); master != nil && master.K().TakesPorts {
				m.warn(leg.Master, "the route %s goes with the address of %s", r, leg.Name)
				continue
			}
		}
		routes = append(routes, r)
	}
	m.out.Routes = routes
}

// follows tells whether a route works over the link that the addresses went to.
func (m *maker) follows(r state.Route, to string) bool {
	return slices.ContainsFunc(m.out.Link(to).Addresses, func(a state.Address) bool {
		return r.Via.IsValid() && a.Prefix.Contains(r.Via) || r.Src.IsValid() && a.Prefix.Addr() == r.Src
	})
}

// declaredRoutes are an object's gateways and routes.
func declaredRoutes(o *spec.Object) []state.Route {
	var routes []state.Route
	for _, gw := range o.Gateways {
		routes = append(routes, route(o.Name, spec.Route{To: anywhere(gw), Via: gw, Table: state.TableMain, Type: state.TypeUnicast}))
	}
	for _, r := range o.Routes {
		routes = append(routes, route(o.Name, r))
	}
	return routes
}

func anywhere(gw netip.Addr) netip.Prefix {
	if gw.Is4() {
		return netip.PrefixFrom(netip.IPv4Unspecified(), 0)
	}
	return netip.PrefixFrom(netip.IPv6Unspecified(), 0)
}

// route turns a document's route into a host's.
func route(dev string, w spec.Route) state.Route {
	r := state.Route{Dst: w.To, Dev: dev, Via: w.Via, Src: w.Source, Table: w.Table, Proto: state.ProtoStatic,
		Type: w.Type, Scope: w.Scope, Onlink: w.OnLink, MTU: w.MTU}
	if r.Type != state.TypeUnicast {
		r.Dev = ""
	}
	switch {
	case w.Metric != nil:
		r.Metric = *w.Metric
	case !r.Is4():
		r.Metric = state.Metric6
	}
	return r
}

// putRoute adds a route in the place of what held its slot. What the kernel keeps itself is not touched.
func (m *maker) putRoute(r state.Route) {
	if slices.ContainsFunc(m.out.Routes, r.Same) {
		return
	}
	m.out.Routes = slices.DeleteFunc(m.out.Routes, func(o state.Route) bool { return !o.Kernel() && o.Slot() == r.Slot() })
	m.out.Routes = append(m.out.Routes, r)
}
