package state

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"syscall"

	"hostnet-module/module/attr"
	"hostnet-module/module/kind"
)

// Apply does to the host what the kernel would do on this step, side effects included: a link that goes down loses its
// IPv6 addresses and the routes of both families, a bond that is deleted takes its VLANs with it. It returns the error that
// the kernel would give; the host is then unchanged, but for a link that has left its old master and cannot join the new
// one. What the kernel would choose by itself (a random MAC) the model does not say afterwards.
func (h *Host) Apply(s Step) error {
	switch s.Op {
	case LinkAdd:
		return h.addLink(s)
	case RouteAdd:
		return h.addRoute(*s.Route, s.Replace)
	case RouteDel:
		return h.delRoute(*s.Route)
	case RuleAdd:
		return h.addRule(*s.Rule)
	case RuleDel:
		return h.delRule(*s.Rule)
	}
	l := h.Link(s.Link)
	if l == nil {
		return fmt.Errorf("cannot find device %q: %w", s.Link, syscall.ENODEV)
	}
	switch s.Op {
	case LinkSet:
		return h.setLink(l, s)
	case LinkDel:
		return h.delLink(l)
	case Sysctl:
		h.sysctl(l, s.Attrs)
	case AddrAdd:
		return l.addAddress(s.Address)
	case AddrDel:
		return h.delAddress(l, s.Address)
	case VLANAdd:
		l.VLANs = withVLANs(l.VLANs, s.VLAN, s.LastID)
	case VLANDel:
		l.VLANs = without(l.VLANs, s.VLAN.ID, max(s.LastID, s.VLAN.ID))
	case EntryAdd:
		return l.addEntry(*s.Entry)
	}
	return nil
}

func (h *Host) addLink(s Step) error {
	if h.Link(s.Link) != nil {
		return fmt.Errorf("%q: %w", s.Link, syscall.EEXIST)
	}
	k := kind.Of(s.Kind)
	l := &Link{Name: s.Link, Kind: s.Kind, Parent: s.Parent, Index: h.freeIndex(s.Index), Attrs: attr.Of(
		attr.Item{Row: kind.Up}, attr.Item{Row: kind.MTU, Value: attr.Num(1500)}, attr.Item{Row: kind.AddrGenMode})}
	if k.HasParent {
		if err := h.standOn(l, s); err != nil {
			return err
		}
	}
	for r := range s.Attrs.All() {
		if r.Alone {
			return fmt.Errorf("%s in the creating message: %w", r.Name, syscall.EAFNOSUPPORT)
		}
	}
	for r, v := range s.Attrs.Filter(func(r *attr.Row) bool { return r != kind.Up }).All() {
		l.Attrs.Take(r, v)
	}
	l.pinned = s.Attrs.Has("mac")
	if k.FollowsMTU {
		l.mtu = mtuPorts // even where the creating message says one (net/core/rtnetlink.c: rtnl_create_link)
	}
	if k.Bridging {
		l.VLANs = l.DefaultVLANs()
	}
	h.Add(l)
	rest := Step{Op: LinkSet, Link: s.Link, Master: s.Master, Attrs: s.Attrs.Filter(func(r *attr.Row) bool { return r == kind.Up })}
	if err := h.setLink(l, rest); err != nil {
		h.Remove(s.Link)
		return err
	}
	return nil
}

// standOn checks and takes what a link inherits from its parent (net/8021q/vlan_netlink.c: vlan_newlink).
func (h *Host) standOn(l *Link, s Step) error {
	parent := h.Link(s.Parent)
	if parent == nil {
		return fmt.Errorf("cannot find device %q: %w", s.Parent, syscall.ENODEV)
	}
	if len(h.Twins(s.Parent, s.Kind, s.Attrs)) > 0 {
		return fmt.Errorf("VLAN device already exists: %w", syscall.EEXIST)
	}
	if parent.Attrs.Has("mtu") && s.Attrs.N("mtu") > parent.MTU() {
		return fmt.Errorf("mtu %d above %s's %d: %w", s.Attrs.N("mtu"), s.Parent, parent.MTU(), syscall.ERANGE)
	}
	l.Attrs.Put(kind.MTU, attr.Num(parent.MTU()))
	if mac, ok := parent.Attrs.Get("mac"); ok {
		l.Attrs.Put(kind.MAC, mac)
	}
	return nil
}

func (h *Host) freeIndex(wanted int) int {
	if wanted != 0 && !h.Taken(wanted) {
		return wanted
	}
	return h.indexed().top + 1
}

// delLink takes a link away, with the links that stand on it.
func (h *Host) delLink(l *Link) error {
	if l.Kind == "" {
		return syscall.EOPNOTSUPP
	}
	for _, upper := range h.Uppers(l.Name) {
		if err := h.delLink(upper); err != nil {
			return err
		}
	}
	for _, p := range h.Ports(l.Name) {
		h.leave(p)
	}
	h.leave(l)
	h.dropRoutes(func(r Route) bool { return r.Uses(l.Name) })
	h.Remove(l.Name)
	return nil
}

func (h *Host) dropRoutes(gone func(Route) bool) { h.Routes = slices.DeleteFunc(h.Routes, gone) }

func (l *Link) addAddress(a Address) error {
	if !a.Is4() && l.Attrs.N(kind.DisableIPv6.Name) != 0 {
		return fmt.Errorf("IPv6 is disabled on this device: %w", syscall.EACCES)
	}
	for i, o := range l.Addresses {
		switch {
		case o.Key() == a.Key():
			l.Addresses[i] = a
			return nil
		case !a.Is4() && o.Prefix.Addr() == a.Prefix.Addr(): // success, and the prefix length stays
			a.Prefix = o.Prefix
			l.Addresses[i] = a
			return nil
		case a.Is4() && o.Prefix.Masked() == a.Prefix.Masked() && o.Flags&FlagSecondary == 0:
			a.Flags |= FlagSecondary
		}
	}
	l.Addresses = append(l.Addresses, a)
	return nil
}

// delAddress takes an address away, and what goes with it: IPv4 secondaries of its network (unless the host promotes them),
// routes whose source it is, and all IPv4 routes of a link without any (net/ipv4/devinet.c, fib_frontend.c).
func (h *Host) delAddress(l *Link, a Address) error {
	old := l.Address(a.Key())
	if old == nil {
		return fmt.Errorf("%s: %w", a.Prefix, syscall.EADDRNOTAVAIL)
	}
	primary := a.Is4() && old.Flags&FlagSecondary == 0
	l.Addresses = slices.DeleteFunc(l.Addresses, func(o Address) bool {
		return o.Key() == a.Key() || primary && o.Is4() && o.Flags&FlagSecondary != 0 && o.Prefix.Masked() == a.Prefix.Masked()
	})
	last := !slices.ContainsFunc(l.Addresses, Address.Is4)
	if last && a.Is4() { // fib_frontend.c: fib_disable_ip
		l.lose(func(e Entry) bool { return (e.Sort == Neighbour || e.Sort == Proxy) && !e.Six() })
	}
	h.dropRoutes(func(r Route) bool {
		return r.Uses(l.Name) && (r.Src == a.Prefix.Addr() || a.Is4() && r.Is4() && last)
	})
	return nil
}

// ErrGateway is the kernel's «Nexthop has invalid gateway».
var ErrGateway = errors.New("nexthop has invalid gateway")

func (h *Host) addRoute(r Route, replace bool) error {
	for _, hop := range r.Legs() {
		l := h.Link(hop.Dev)
		switch {
		case l == nil:
			return fmt.Errorf("cannot find device %q: %w", hop.Dev, syscall.ENODEV)
		case !l.Up():
			return fmt.Errorf("device for nexthop is not up: %w", syscall.ENETDOWN)
		case hop.Via.IsValid() && !hop.Onlink && !h.reaches(l, hop):
			return fmt.Errorf("%w: %w", ErrGateway, syscall.ENETUNREACH)
		}
	}
	for i, o := range h.Routes {
		switch {
		case o.Kernel() || o.Slot() != r.Slot() || o.Is4() != r.Is4():
		case o.Same(r) && !replace:
			return nil
		case replace:
			h.Routes = slices.Delete(h.Routes, i, i+1)
			h.Routes = append(h.Routes, r)
			return nil
		case !r.Is4() && r.Via.IsValid() && o.Legs()[0].Via.IsValid():
			h.Routes[i] = together(o, r)
			return nil
		}
	}
	h.Routes = append(h.Routes, r)
	return nil
}

// together is what IPv6 makes of two routes by gateways in one slot (net/ipv6/ip6_fib.c: fib6_add_rt2node).
func together(o, r Route) Route {
	hops := slices.Concat(o.Legs(), r.Legs())
	for i := range hops {
		hops[i].Weight = max(hops[i].Weight, 1)
	}
	o.Dev, o.Via, o.Hops = "", netip.Addr{}, hops
	return o
}

// reaches tells whether a gateway lies in a network of the link, or behind an on-link route of it.
func (h *Host) reaches(l *Link, hop Hop) bool {
	if hop.Via.IsLinkLocalUnicast() {
		return true
	}
	if slices.ContainsFunc(l.Addresses, func(a Address) bool { return a.Prefix.Contains(hop.Via) || a.Peer.Contains(hop.Via) }) {
		return true
	}
	return slices.ContainsFunc(h.Routes, func(o Route) bool { return o.Dev == l.Name && !o.Via.IsValid() && o.Dst.Contains(hop.Via) })
}

func (h *Host) delRoute(r Route) error {
	i := slices.IndexFunc(h.Routes, r.Same)
	if i < 0 {
		return syscall.ESRCH
	}
	h.Routes = slices.Delete(h.Routes, i, i+1)
	return nil
}
