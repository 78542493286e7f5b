package kernel

import (
	"net/netip"
	"slices"

	"golang.org/x/sys/unix"

	"hostnet-module/module/attr"
	"hostnet-module/module/state"
)

// rtVia is RTA_VIA of linux/rtnetlink.h: a gateway of another family than the route's.
const rtVia = 18

// rtNextHop is RTA_NH_ID: the object that says the way.
const rtNextHop = 30

// routeReader reads the messages of a route dump (RTM_NEWROUTE) of one family. Table «local», cached routes, and types
// that nobody routes by (multicast, anycast, broadcast) are passed over. Routes that the kernel keeps itself stay in:
// state.Route.Kernel tells them.
type routeReader struct {
	family byte
	dir    *directory
	host   *state.Host
}

// begin makes room for the routes that the kernel keeps for the addresses: of thousands of those each has one.
func (r routeReader) begin() {
	ours := func(a netip.Addr) bool { return a.Is4() == (r.family == unix.AF_INET) }
	r.host.Routes = slices.DeleteFunc(r.host.Routes, func(route state.Route) bool { return ours(route.Dst.Addr()) })
	carried := 0
	for _, l := range r.host.Links {
		for _, a := range l.Addresses {
			if ours(a.Prefix.Addr()) {
				carried++
			}
		}
	}
	r.host.Routes = slices.Grow(r.host.Routes, carried)
}

func (r routeReader) take(m message) {
	if m.typ != unix.RTM_NEWROUTE || len(m.data) < unix.SizeofRtMsg || m.data[0] != r.family {
		return
	}
	if route, ok := parseRoute(m.data, r.dir); ok {
		r.host.Routes = append(r.host.Routes, route)
	}
}

// parseRoute reads one struct rtmsg (family, dst_len, src_len, tos, table, protocol, scope, type, flags u32) and its attributes.
func parseRoute(b []byte, dir *directory) (state.Route, bool) {
	flags := u32(b[8:])
	r := state.Route{TOS: b[3], Table: uint32(b[4]), Proto: b[5], Scope: b[6], Type: b[7], Onlink: flags&unix.RTNH_F_ONLINK != 0}
	dst := netip.IPv4Unspecified()
	if b[0] == unix.AF_INET6 {
		dst = netip.IPv6Unspecified()
	}
	attr.Walk(b[unix.SizeofRtMsg:], func(num uint16, p []byte) {
		switch num {
		case unix.RTA_DST:
			dst = ip(b[0], p)
		case unix.RTA_OIF:
			r.Dev = dir.Name(u32(p))
		case unix.RTA_GATEWAY:
			r.Via = ip(b[0], p)
		case rtVia:
			r.Via = viaAddr(p)
		case unix.RTA_PREFSRC:
			r.Src = ip(b[0], p)
		case unix.RTA_PRIORITY:
			r.Metric = u32(p)
		case unix.RTA_TABLE:
			r.Table = u32(p)
		case unix.RTA_METRICS:
			r.MTU, r.Metrics = routeMetrics(p)
		case unix.RTA_CACHEINFO:
			r.Expires = ends(p)
		case rtNextHop:
			r.Object = u32(p)
		case unix.RTA_MULTIPATH:
			r.Hops = parseHops(b[0], p, dir)
		case unix.RTA_FLOW, unix.RTA_ENCAP, unix.RTA_ENCAP_TYPE, unix.RTA_TTL_PROPAGATE:
			r.Other += string(attr.Append(nil, num, p))
		case unix.RTA_PREF:
			if len(p) == 1 && p[0] != 0 {
				r.Other += string(attr.Append(nil, num, p))
			}
		}
	})
	switch r.Type {
	case unix.RTN_UNICAST:
	case unix.RTN_BLACKHOLE, unix.RTN_UNREACHABLE, unix.RTN_PROHIBIT, unix.RTN_THROW:
		r.Dev = "" // IPv6 hangs them on the loopback
	default:
		return r, false
	}
	if len(r.Hops) > 0 {
		r.Dev, r.Via = "", netip.Addr{}
	}
	r.Dst = netip.PrefixFrom(dst, int(b[1]))
	return r, r.Dst.IsValid() && r.Table != state.TableLocal && flags&unix.RTM_F_CLONED == 0
}

// routeMetrics reads RTA_METRICS: the MTU, and all the rest as it stands.
func routeMetrics(nest []byte) (mtu uint32, rest string) {
	attr.Walk(nest, func(num uint16, p []byte) {
		if num == unix.RTAX_MTU && len(p) >= 4 {
			mtu = u32(p)
			return
		}
		rest += string(attr.Append(nil, num, p))
	})
	return mtu, rest
}

// viaAddr reads struct rtvia: family u16, then the address.
func viaAddr(p []byte) netip.Addr {
	if len(p) < 2 {
		return netip.Addr{}
	}
	return ip(byte(u16(p)), p[2:])
}

// parseHops reads RTA_MULTIPATH: a sequence of struct rtnexthop (length u16, flags u8, hops u8 = weight − 1, index i32),
// each with attributes.
func parseHops(family byte, b []byte, dir *directory) []state.Hop {
	var hops []state.Hop
	for len(b) >= unix.SizeofRtNexthop {
		n := int(u16(b))
		if n < unix.SizeofRtNexthop || n > len(b) {
			break
		}
		h := state.Hop{Dev: dir.Name(u32(b[4:])), Weight: int(b[3]) + 1, Onlink: b[2]&unix.RTNH_F_ONLINK != 0}
		attr.Walk(b[unix.SizeofRtNexthop:n], func(num uint16, p []byte) {
			switch num {
			case unix.RTA_GATEWAY:
				h.Via = ip(family, p)
			case rtVia:
				h.Via = viaAddr(p)
			}
		})
		hops = append(hops, h)
		b = b[min(align(n), len(b)):]
	}
	return hops
}

// ends reads struct rta_cacheinfo: clients, last use, and the time until the route ends, in hundredths of a second, …
func ends(p []byte) (seconds uint32) {
	if len(p) < 12 || int32(u32(p[8:])) <= 0 {
		return 0
	}
	return max(u32(p[8:])/100, 1)
}
