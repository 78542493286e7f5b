package state

import (
	"net/netip"
	"slices"
	"strconv"

	"hostnet-module/module/attr"
)

// Route is one route (linux/rtnetlink.h, ip-route(8)).
type Route struct {
	Dst    netip.Prefix // the zero address with length 0 is «default»
	Dev    string
	Via    netip.Addr // zero: on link
	Src    netip.Addr // preferred source; zero: none
	Metric uint32     // IPv6: 1024 where none was given
	Table  uint32     // 254 main
	Proto  uint8      // 3 boot, 4 static, 16 dhcp, …
	Scope  uint8
	Type   uint8 // 1 unicast, 6 blackhole, 7 unreachable, 8 prohibit, 9 throw
	TOS    uint8
	Onlink bool
	MTU    uint32 // 0: none

	// What no document says and a route that is put back shall have again, as the kernel told it: further metrics (RTAX_*), and
	// further attributes.
	Metrics, Other string
	Hops           []Hop // multipath; then Dev and Via are empty

	Expires uint32 `json:",omitempty"` // seconds until the route ends (IPv6); 0: it does not
	Object  uint32 `json:",omitempty"` // the nexthop object that the route uses, which says the way (RTA_NH_ID); 0: none
}

// Hop is one leg of a multipath route.
type Hop struct {
	Dev    string
	Via    netip.Addr
	Weight int // 1…256
	Onlink bool
}

// Numbers of rtnetlink(7) that the planner speaks of.
const (
	TableMain   = 254
	TableLocal  = 255
	ProtoRedir  = 1
	ProtoKernel = 2
	ProtoStatic = 4
	ProtoRA     = 9
	ScopeLink   = 253
	TypeUnicast = 1
	Metric6     = 1024 // what IPv6 makes of «no metric»
)

// Is4 tells the family.
func (r Route) Is4() bool { return r.Dst.Addr().Is4() }

// Kernel tells whether the kernel keeps the route itself: it comes and goes with an address or a router advertisement.
func (r Route) Kernel() bool {
	return r.Proto == ProtoKernel || r.Proto == ProtoRA || r.Proto == ProtoRedir
}

// Slot is what IPv4 allows one route of: adding a second needs a replace or is refused.
type Slot struct {
	Dst    netip.Prefix
	Table  uint32
	Metric uint32
	TOS    uint8
}

// Slot returns the route's slot.
func (r Route) Slot() Slot { return Slot{r.Dst, r.Table, r.Metric, r.TOS} }

// Same tells whether two routes are one for the kernel and carry the same options. The protocol is a note, not a part of
// the identity: a route that is there is not added again because another program wrote it.
func (r Route) Same(o Route) bool {
	return r.Slot() == o.Slot() && r.Dev == o.Dev && r.Via == o.Via && r.Type == o.Type && r.Src == o.Src && r.MTU == o.MTU &&
		r.Onlink == o.Onlink && (r.Scope == o.Scope || r.Scope == 0 || o.Scope == 0) && slices.Equal(r.Hops, o.Hops)
}

// Uses tells whether the route goes out of a link.
func (r Route) Uses(dev string) bool {
	return r.Dev == dev || slices.ContainsFunc(r.Hops, func(h Hop) bool { return h.Dev == dev })
}

// Legs lists the ways out of the route: its hops, or the one that it is itself; none for a blackhole.
func (r Route) Legs() []Hop {
	if len(r.Hops) > 0 {
		return r.Hops
	}
	if r.Dev == "" {
		return nil
	}
	return []Hop{{Dev: r.Dev, Via: r.Via, Onlink: r.Onlink}}
}

// String prints the route in ip-route(8)'s words, without «ip route add».
func (r Route) String() string {
	text := r.Dst.String()
	if r.Dst.Bits() == 0 {
		text = "default"
	}
	if name, ok := map[uint8]string{6: "blackhole ", 7: "unreachable ", 8: "prohibit ", 9: "throw "}[r.Type]; ok {
		text = name + text
	}
	if r.Via.IsValid() {
		text += via(r.Via, r.Is4())
	}
	if r.Dev != "" {
		text += " dev " + attr.Word(r.Dev)
	}
	if r.Table != TableMain && r.Table != 0 {
		text += " table " + strconv.FormatUint(uint64(r.Table), 10)
	}
	if r.Metric != 0 {
		text += " metric " + strconv.FormatUint(uint64(r.Metric), 10)
	}
	if r.Src.IsValid() {
		text += " src " + r.Src.String()
	}
	if r.MTU != 0 {
		text += " mtu " + strconv.FormatUint(uint64(r.MTU), 10)
	}
	if r.Onlink {
		text += " onlink"
	}
	for _, h := range r.Hops {
		text += " nexthop" + via(h.Via, r.Is4()) + " dev " + attr.Word(h.Dev) + " weight " + strconv.Itoa(max(h.Weight, 1))
		if h.Onlink {
			text += " onlink"
		}
	}
	return text
}

func via(ip netip.Addr, four bool) string {
	switch {
	case !ip.IsValid():
		return ""
	case four && ip.Is6():
		return " via inet6 " + ip.String()
	}
	return " via " + ip.String()
}

// ending is what a route is added with, and is no part of what it is called: the time runs.
func (r Route) ending() string {
	if r.Expires == 0 {
		return ""
	}
	return " expires " + strconv.FormatUint(uint64(r.Expires), 10)
}
