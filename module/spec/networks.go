package spec

import (
	"net/netip"
	"slices"
	"strings"
)

// networks are the addresses of an object, and an index over them where there are many: each of its gateways and routes asks what network it is in.
type networks struct {
	list  []Address
	index *netIndex // nil: the list is gone through
}

type netIndex struct {
	own     map[netip.Addr]int   // where the first of an address stands
	nets    map[netip.Prefix]int // where the first in a network stands
	lengths map[bool][]int       // the prefix lengths of IPv4 (true) and IPv6
}

// netsOf returns an object's addresses with their index.
func (c *checker) netsOf(o *Object) networks {
	const few = 16
	n := networks{list: o.Addresses}
	if len(o.Addresses) <= few {
		return n
	}
	if n.index = c.networks[o]; n.index == nil {
		if c.networks == nil {
			c.networks = make(map[*Object]*netIndex)
		}
		n.index = indexOf(o.Addresses)
		c.networks[o] = n.index
	}
	return n
}

func indexOf(list []Address) *netIndex {
	x := &netIndex{make(map[netip.Addr]int, len(list)), make(map[netip.Prefix]int, len(list)), make(map[bool][]int)}
	for i, a := range slices.Backward(list) { // of two the first counts
		net := a.net()
		x.own[a.Prefix.Addr()], x.nets[net] = i, i
		if four := net.Addr().Is4(); !slices.Contains(x.lengths[four], net.Bits()) {
			x.lengths[four] = append(x.lengths[four], net.Bits())
		}
	}
	return x
}

// net is the network that is reached through an address: of a point-to-point one what is at the other end.
func (a Address) net() netip.Prefix {
	if a.Peer.IsValid() {
		return a.Peer.Masked()
	}
	return a.Prefix.Masked()
}

// same finds the first address that is the given one.
func (n networks) same(ip netip.Addr) (Address, bool) {
	if n.index == nil {
		return n.first(func(a Address) bool { return a.Prefix.Addr() == ip })
	}
	i, ok := n.index.own[ip]
	return n.at(i, ok)
}

// reach finds the first address in whose network another one is.
func (n networks) reach(ip netip.Addr) (Address, bool) {
	if n.index == nil {
		return n.first(func(a Address) bool { return a.net().Contains(ip) })
	}
	first := len(n.list)
	for _, bits := range n.index.lengths[ip.Is4()] {
		net, _ := ip.Prefix(bits)
		if i, ok := n.index.nets[net]; ok {
			first = min(first, i)
		}
	}
	return n.at(first, first < len(n.list))
}

func (n networks) first(is func(Address) bool) (Address, bool) {
	i := slices.IndexFunc(n.list, is)
	return n.at(i, i >= 0)
}

func (n networks) at(i int, ok bool) (Address, bool) {
	if !ok {
		return Address{}, false
	}
	return n.list[i], true
}

// text lists networks of a family: " (192.0.2.0/24)".
func (n networks) text(four bool) string {
	const most = 4
	var nets []string
	for _, a := range n.list {
		if net := a.net(); net.Addr().Is4() == four {
			nets = append(nets, net.String())
		}
		if len(nets) == most {
			break
		}
	}
	if len(nets) == 0 {
		return ": it has no address of that family"
	}
	return " (" + strings.Join(nets, ", ") + ")"
}
