package state

import (
	"fmt"
	"slices"
	"syscall"

	"hostnet-module/module/attr"
	"hostnet-module/module/kind"
)

// setLink changes a link in the kernel's order: the kind's data, the port's data, then MAC, MTU and alias, the flags,
// the master (net/core/rtnetlink.c: rtnl_changelink, do_setlink).
func (h *Host) setLink(l *Link, s Step) error {
	if err := h.mayChange(l, s); err != nil {
		return err
	}
	s.Attrs = l.takeSettings(s.Attrs)
	for r := range s.Attrs.All() {
		for _, name := range r.Upsets {
			l.Attrs.Drop(name)
		}
	}
	if pvid, ok := s.Attrs.Get("vlan_default_pvid"); ok {
		h.ChangeDefaultPVID(l, l.DefaultPVID(), uint16(pvid.N))
	}
	for r, v := range s.Attrs.All() {
		switch {
		case r == kind.Up, r == kind.MTU, r == kind.MAC, r.When&attr.Never != 0:
		default:
			l.Attrs.Take(r, v)
		}
	}
	l.Port.Merge(s.Port)
	if mac, ok := s.Attrs.Get("mac"); ok {
		l.pinned, l.Seen.Drifts = true, false
		h.setMAC(l, mac.S)
	}
	if mtu, ok := s.Attrs.Get("mtu"); ok {
		h.chooseMTU(l, mtu.N)
	}
	if up, ok := s.Attrs.Get("up"); ok {
		h.setUp(l, up.N != 0)
	}
	if s.Master != nil && *s.Master != l.Master {
		h.leave(l)
		if *s.Master != "" {
			master := h.Link(*s.Master)
			if master.K().PortWhen&attr.Down != 0 && l.Up() {
				return fmt.Errorf("device can not be enslaved while up: %w", syscall.EPERM)
			}
			h.join(l, master)
		}
	}
	return nil
}

// mayChange is what the kernel refuses.
func (h *Host) mayChange(l *Link, s Step) error {
	for r, v := range s.Attrs.All() {
		switch {
		case r.Place != attr.Data:
		case r.When&attr.NoPorts != 0 && len(h.Ports(l.Name)) > 0:
			return fmt.Errorf("option %s: unable to set because the %s device has ports: %w", r.Name, l.Kind, syscall.ENOTEMPTY)
		case r.When&attr.Down != 0 && l.Up():
			return fmt.Errorf("option %s: unable to set because the %s device is up: %w", r.Name, l.Kind, syscall.EBUSY)
		case r.Back != nil && !slices.ContainsFunc(h.Ports(l.Name), func(p *Link) bool { return p.Name == v.S && p.Up() }):
			return fmt.Errorf("%s is none of its ports, or down: %w", v.S, syscall.EINVAL) // bond_options.c: bond_option_active_slave_set
		}
	}
	for r, v := range s.Port.All() {
		for _, p := range h.Ports(l.Master) {
			if r.Unique && v.N != 0 && p != l && p.Port.N(r.Name) == v.N {
				return fmt.Errorf("%s has %s %d: %w", p.Name, r.Name, v.N, syscall.EPERM) // bond_options.c: bond_option_queue_id_set
			}
		}
	}
	if mtu, ok := s.Attrs.Get("mtu"); ok {
		if parent := h.Link(l.Parent); parent != nil && l.K().HasParent && parent.Attrs.Has("mtu") && mtu.N > parent.MTU() {
			return syscall.ERANGE
		}
		if l.Seen.MaxMTU > 0 && mtu.N > uint64(l.Seen.MaxMTU) {
			return fmt.Errorf("mtu greater than device maximum: %w", syscall.EINVAL)
		}
	}
	if s.Master != nil && *s.Master != "" && h.Link(*s.Master) == nil {
		return fmt.Errorf("cannot find device %q: %w", *s.Master, syscall.EINVAL)
	}
	if up, ok := s.Attrs.Get("up"); ok && up.N != 0 && l.K().HasParent && l.Attrs.N("loose_binding") == 0 {
		if parent := h.Link(l.Parent); parent != nil && !parent.Up() {
			return fmt.Errorf("%s is down: %w", l.Parent, syscall.ENETDOWN)
		}
	}
	return nil
}

// setMAC changes a hardware address; ports of a kind that hands its own down get it too, and so do links above that have
// it from here.
func (h *Host) setMAC(l *Link, mac string) {
	old := l.MAC()
	l.Attrs.Put(kind.MAC, attr.Str(mac))
	if mac != old {
		l.loseNeighbours()
	}
	if l.K().TakesPorts {
		for _, p := range h.Ports(l.Name) {
			p.Attrs.Put(kind.MAC, attr.Str(mac))
		}
	}
	for _, upper := range h.Uppers(l.Name) {
		if upper.MAC() == old {
			h.setMAC(upper, mac)
		}
	}
}

// setUp changes the administrative state. Down: IPv6 addresses and the routes of both families go; links that stand on it
// go down with it and come up with it (net/8021q/vlan.c: vlan_device_event).
func (h *Host) setUp(l *Link, up bool) {
	if l.Up() == up {
		return
	}
	l.Attrs.Put(kind.Up, attr.On(up))
	if !up {
		h.dropIPv6(l)
		l.lose(func(e Entry) bool { return !e.sleeps() })
		h.dropRoutes(func(r Route) bool { return r.Uses(l.Name) })
	}
	for _, upper := range h.Uppers(l.Name) {
		if upper.K().HasParent && upper.Attrs.N("loose_binding") == 0 {
			h.setUp(upper, up)
		}
	}
}

// forgetMAC says that nobody knows what a link's hardware address has become, nor that of links which have it from there.
func (h *Host) forgetMAC(l *Link) {
	old := l.MAC()
	l.Attrs.Drop("mac")
	l.loseNeighbours()
	above := h.Uppers(l.Name)
	if l.K().TakesPorts {
		above = append(above, h.Ports(l.Name)...)
	}
	for _, o := range above {
		if o.MAC() == old {
			h.forgetMAC(o)
		}
	}
}

// portsChange is what the coming and going of ports does to a MAC that nobody has set: a bond takes that of its first
// member and a random one when the last has gone, a bridge has the lowest of its ports.
func (h *Host) portsChange(master *Link, first bool) {
	if !master.pinned && (master.K().Bridging || first) {
		h.forgetMAC(master)
	}
}

// sysctl changes settings; turning IPv6 off takes its addresses and routes away (net/ipv6/addrconf.c: addrconf_disable_ipv6).
func (h *Host) sysctl(l *Link, settings attr.Set) {
	l.Attrs.Merge(l.takeSettings(settings))
	if settings.N(kind.DisableIPv6.Name) != 0 {
		h.dropIPv6(l)
	}
}

func (h *Host) dropIPv6(l *Link) {
	l.Addresses = slices.DeleteFunc(l.Addresses, func(a Address) bool { return !a.Is4() })
	l.lose(Entry.Six)
	h.dropRoutes(func(r Route) bool { return !r.Is4() && r.Uses(l.Name) })
}

// join makes a link a port. A kind that hands its MAC and MTU down also brings its ports up (bond_main.c: bond_enslave).
func (h *Host) join(l, master *Link) {
	k := master.K()
	h.portsChange(master, len(h.Ports(master.Name)) == 0)
	h.judgeMTU(master)
	h.Join(l, master.Name)
	h.followMTU(master)
	if k.Bridging {
		l.VLANs = master.DefaultVLANs()
	}
	if !k.TakesPorts {
		return
	}
	l.Attrs.Drop("mac")
	if mac, ok := master.Attrs.Get("mac"); ok {
		l.Attrs.Put(kind.MAC, mac)
	}
	l.alone = l.MTU()
	l.Attrs.Put(kind.MTU, attr.Num(master.MTU()))
	h.setUp(l, true)
}

// leave takes a link out of its master. A bond leaves its former members down, with the MAC and MTU that they had before: what that was
// the model knows only if it has seen them join.
func (h *Host) leave(l *Link) {
	master := h.Link(l.Master)
	h.judgeMTU(master)
	h.Join(l, "")
	h.followMTU(master)
	l.Port, l.VLANs = attr.Set{}, nil
	l.lose(func(e Entry) bool { return e.Bridge != "" && e.Bridge != l.Name })
	if master == nil {
		return
	}
	if master.K().TakesPorts {
		h.setUp(l, false)
		l.Attrs.Drop("mac")
		h.restoreMTU(l)
		if l.Seen.PermMAC != "" {
			l.Attrs.Put(kind.MAC, attr.Str(l.Seen.PermMAC))
		}
	}
	last := len(h.Ports(master.Name)) == 0
	if last && master.K().TakesPorts {
		master.pinned = false
	}
	h.portsChange(master, last)
}
