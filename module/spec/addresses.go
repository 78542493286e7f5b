package spec

import (
	"net/netip"
	"strings"
)

var addressChecks = []func(*checker, *Object){checkEachAddress, checkIPv6}

// unusable says why an address cannot be that of a host; "" if it can.
func unusable(ip netip.Addr) string {
	switch {
	case ip.IsUnspecified():
		return "is the unspecified address"
	case ip.IsMulticast():
		return "is a multicast address"
	case ip.IsLoopback():
		return "is a loopback address"
	case ip == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return "is the broadcast address"
	}
	return ""
}

func checkEachAddress(c *checker, o *Object) {
	for _, a := range o.Addresses {
		ip := a.Prefix.Addr()
		if why := unusable(ip); why != "" {
			c.fault(a.Path, ErrValue, "", "%s: %s", quote(a.Prefix.String()), why)
			continue
		}
		c.subnetEnds(a)
		c.addressOptions(o, a)
	}
}

// subnetEnds refuses the first and the last address of a subnet, which are the subnet's own and its broadcast.
func (c *checker) subnetEnds(a Address) {
	p := a.Prefix
	text := quote(p.String())
	switch {
	case p.Bits() == 0:
		c.fault(a.Path, ErrValue, "", "%s: prefix length 0 would put every address on this link", text)
	case p.Bits() >= p.Addr().BitLen()-1 || a.Peer.IsValid():
	case p.Addr() == p.Masked().Addr() && p.Addr().Is4():
		c.fault(a.Path, ErrValue, "a host is "+p.Addr().Next().String()+" to "+BroadcastOf(p).Prev().String(), "%s: is the address of the network itself", text)
	case p.Addr() == p.Masked().Addr():
		c.fault(a.Path, ErrValue, "a host is "+p.Addr().Next().String()+", for one", "%s: is the address of the network itself (of any of its routers)", text)
	case p.Addr().Is4() && p.Addr() == BroadcastOf(p):
		c.fault(a.Path, ErrValue, "a host is "+p.Masked().Addr().Next().String()+" to "+p.Addr().Prev().String(), "%s: is the broadcast address of its network", text)
	}
}

// BroadcastOf is the last address of an IPv4 network.
func BroadcastOf(p netip.Prefix) netip.Addr {
	b := p.Masked().Addr().As4()
	for bit := p.Bits(); bit < 32; bit++ {
		b[bit/8] |= 0x80 >> (bit % 8)
	}
	return netip.AddrFrom4(b)
}

func (c *checker) addressOptions(o *Object, a Address) {
	text, four := quote(a.Prefix.Addr().String()), a.Prefix.Addr().Is4()
	if a.Broadcast.IsValid() && (!four || !a.Broadcast.Is4()) {
		c.fault(a.Path, ErrConflict, "", "%s: broadcast is of IPv4 only", text)
	}
	if a.Label != "" && (!four || len(a.Label) > 15 || !strings.HasPrefix(a.Label, o.Name)) {
		c.fault(a.Path, ErrValue, "", "label %s: must be of an IPv4 address, have at most 15 bytes and start with the link's name", quote(a.Label))
	}
	if a.NoDAD && four {
		c.fault(a.Path, ErrConflict, "", "%s: nodad is of IPv6 only", text)
	}
	if a.Valid != nil && (a.Preferred == nil || *a.Preferred > *a.Valid) {
		c.fault(a.Path, ErrConflict, "say preferred_lft too", "%s: preferred_lft must be at most valid_lft, %d", text, *a.Valid)
	}
}

// minIPv6 is the least MTU of a link that carries IPv6 (RFC 8200, 5); the kernel takes IPv6 off links below it.
const minIPv6 = 1280

// checkIPv6 refuses IPv6 where it is turned off.
func checkIPv6(c *checker, o *Object) {
	small := o.Attrs.Has("mtu") && o.Attrs.N("mtu") < minIPv6
	if o.IPv6 != IPv6Off && !small {
		return
	}
	why := "ipv6 is off here"
	if small {
		why = "the kernel has no IPv6 on links with an mtu below 1280"
	}
	for _, a := range o.Addresses {
		if a.Prefix.Addr().Is6() {
			c.fault(a.Path, ErrConflict, "", "%s: %s", quote(a.Prefix.String()), why)
		}
	}
	for _, g := range o.Gateways {
		if g.Is6() {
			c.fault(o.key("gateway"), ErrConflict, "", "%s: %s", quote(g.String()), why)
		}
	}
	for _, r := range o.Routes {
		if r.To.Addr().Is6() {
			c.fault(r.Path, ErrConflict, "", "%s: %s", quote(r.To.String()), why)
		}
	}
}

// checkAddresses refuses an address that is given twice. Link-local ones may be the same on several links, and so may one that
// stands alone on one link (/32, /128) and with its network on another: the uplink and the guests' bridge of a routed host.
func checkAddresses(c *checker) {
	type key struct {
		ip   netip.Addr
		on   *Object
		peer netip.Prefix
	}
	first := make(map[key]*Address)
	for _, o := range c.doc.Objects {
		if o.Absent {
			continue
		}
		for i := range o.Addresses {
			a := &o.Addresses[i]
			k := key{ip: a.Prefix.Addr()}
			if k.ip.IsLinkLocalUnicast() || a.Peer.IsValid() {
				k.on, k.peer = o, a.Peer
			}
			was, again := first[k]
			if again && was.Prefix.IsSingleIP() != a.Prefix.IsSingleIP() && !strings.HasPrefix(was.Path, o.Path+".") {
				continue
			}
			if again {
				c.fault(a.Path, ErrDuplicate, "", "%s: is given at %s already", quote(k.ip.String()), was.Path)
				continue
			}
			first[k] = a
		}
	}
}

// checkNetworks refuses one network on two links: the host would use one of them for both.
func checkNetworks(c *checker) {
	type entry struct {
		address *Address
		of      *Object
	}
	first := make(map[netip.Prefix]entry)
	for _, o := range c.doc.Objects {
		if o.Absent {
			continue
		}
		for i := range o.Addresses {
			a := &o.Addresses[i]
			net := a.Prefix.Masked()
			if net.IsSingleIP() || net.Bits() == 0 || a.Peer.IsValid() || a.NoPrefixRoute || net.Addr().IsLinkLocalUnicast() {
				continue
			}
			was, again := first[net]
			if again && was.of != o && was.address.Prefix.Addr() != a.Prefix.Addr() {
				c.fault(a.Path, ErrConflict, "", "%s: network %s is on %s already (%s)", quote(a.Prefix.String()), net, quote(was.of.Name), was.address.Path)
			}
			if !again {
				first[net] = entry{a, o}
			}
		}
	}
}
