package kernel

import (
	"encoding/binary"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"hostnet-module/module/attr"
	"hostnet-module/module/state"
)

// Addresses and routes are written here and not by the library's Addr and Route, though issue 2 says so. A netlink.Handle
// cannot carry them without loss: it opens sockets of its own and has no way to take ours or to turn extended acks on, so
// the kernel's words are lost (and a second socket is read); its RouteReplace is the wrong request for IPv6, where only
// RouteAddEcmp sends a plain create; it cannot send a route without RTA_OIF (blackhole); it invents a broadcast address for
// every IPv4 address that has none, so that a restored one would differ.

// encodeAddress makes struct ifaddrmsg and its attributes (rtnetlink(7), linux/if_addr.h). Of an address that shall go only
// the identity is said.
func encodeAddress(a state.Address, index uint32, gone bool) []byte {
	local := a.Prefix.Addr()
	far, bits := local, a.Prefix.Bits()
	if a.Peer.IsValid() {
		far, bits = a.Peer.Addr(), a.Peer.Bits()
	}
	m := nl.IfAddrmsg{IfAddrmsg: unix.IfAddrmsg{Family: family(local), Prefixlen: uint8(bits), Index: index}}
	if gone {
		b := append([]byte(nil), m.Serialize()...)
		b = attr.Append(b, unix.IFA_LOCAL, local.AsSlice())
		return attr.Append(b, unix.IFA_ADDRESS, far.AsSlice())
	}
	flags := a.Flags & state.SetFlags
	m.Scope = a.Scope
	if flags <= 0xff {
		m.Flags = uint8(flags)
	}
	b := append([]byte(nil), m.Serialize()...)
	b = attr.Append(b, unix.IFA_LOCAL, local.AsSlice())
	b = attr.Append(b, unix.IFA_ADDRESS, far.AsSlice())
	if a.Broadcast.IsValid() {
		b = attr.Append(b, unix.IFA_BROADCAST, a.Broadcast.AsSlice())
	}
	if a.Label != "" {
		b = attr.Append(b, unix.IFA_LABEL, nl.ZeroTerminated(a.Label))
	}
	if flags > 0xff {
		b = attr.Append(b, unix.IFA_FLAGS, nl.Uint32Attr(flags))
	}
	if a.Metric != 0 {
		b = attr.Append(b, unix.IFA_RT_PRIORITY, nl.Uint32Attr(a.Metric))
	}
	if a.Proto != 0 {
		b = attr.Append(b, ifaProto, []byte{a.Proto})
	}
	if a.Valid != state.Forever || a.Preferred != state.Forever {
		life := make([]byte, unix.SizeofIfaCacheinfo) // prefered, valid, cstamp, tstamp
		binary.NativeEndian.PutUint32(life, a.Preferred)
		binary.NativeEndian.PutUint32(life[4:], a.Valid)
		b = attr.Append(b, unix.IFA_CACHEINFO, life)
	}
	return b
}

// encodeRoute makes struct rtmsg and its attributes. Where the route does not say, type, table, protocol and scope are what
// iproute2 says («static» for the protocol, since our routes are configuration). A route that shall go is named by what
// makes it this route, whatever its protocol and scope, as iproute2 does.
func encodeRoute(r state.Route, f *finder, gone bool) []byte {
	m := nl.RtMsg{RtMsg: unix.RtMsg{Family: family(r.Dst.Addr()), Dst_len: uint8(r.Dst.Bits()), Tos: r.TOS,
		Table: unix.RT_TABLE_UNSPEC, Protocol: r.Proto, Scope: routeScope(r), Type: r.Type}}
	table := r.Table
	if table == 0 {
		table = state.TableMain
	}
	if table < 256 {
		m.Table = uint8(table)
	}
	if m.Type == 0 {
		m.Type = state.TypeUnicast
	}
	if m.Protocol == 0 {
		m.Protocol = state.ProtoStatic
	}
	if gone {
		m.Protocol, m.Scope = unix.RTPROT_UNSPEC, 0
		if r.Is4() {
			m.Scope = unix.RT_SCOPE_NOWHERE // any
		}
	}
	if r.Onlink && r.Object == 0 {
		m.Flags = unix.RTNH_F_ONLINK
	}
	b := append([]byte(nil), m.Serialize()...)
	if r.Dst.Bits() > 0 {
		b = attr.Append(b, unix.RTA_DST, r.Dst.Masked().Addr().AsSlice())
	}
	b = appendWay(b, r, f)
	if r.Src.IsValid() {
		b = attr.Append(b, unix.RTA_PREFSRC, r.Src.AsSlice())
	}
	if r.Metric != 0 {
		b = attr.Append(b, unix.RTA_PRIORITY, nl.Uint32Attr(r.Metric))
	}
	if table >= 256 {
		b = attr.Append(b, unix.RTA_TABLE, nl.Uint32Attr(table))
	}
	var metrics []byte
	if r.MTU != 0 {
		metrics = attr.Append(nil, unix.RTAX_MTU, nl.Uint32Attr(r.MTU))
	}
	if metrics = append(metrics, r.Metrics...); len(metrics) > 0 {
		b = attr.Append(b, unix.RTA_METRICS|unix.NLA_F_NESTED, metrics)
	}
	if gone {
		return b
	}
	if r.Expires > 0 {
		b = attr.Append(b, unix.RTA_EXPIRES, nl.Uint32Attr(r.Expires))
	}
	return append(b, r.Other...)
}

// appendWay says where the route leads: a nexthop object, which says all of it, or a link and a gateway, or several.
func appendWay(b []byte, r state.Route, f *finder) []byte {
	if r.Object != 0 {
		return attr.Append(b, rtNextHop, nl.Uint32Attr(r.Object))
	}
	if r.Dev != "" {
		b = attr.Append(b, unix.RTA_OIF, nl.Uint32Attr(f.Index(r.Dev)))
	}
	b = appendVia(b, r.Via.AsSlice(), r.Via.Is4(), r.Is4())
	if len(r.Hops) > 0 {
		b = attr.Append(b, unix.RTA_MULTIPATH, encodeHops(r, f))
	}
	return b
}

// routeScope is scope link for an IPv4 route to what is on the link, as iproute2 has it (ip/iproute.c, «guess scope»).
func routeScope(r state.Route) uint8 {
	onLink := r.Is4() && r.Dev != "" && !r.Via.IsValid() && (r.Type == 0 || r.Type == state.TypeUnicast)
	if r.Scope == 0 && onLink {
		return state.ScopeLink
	}
	return r.Scope
}

func appendVia(b, via []byte, via4, route4 bool) []byte {
	switch {
	case len(via) == 0:
		return b
	case via4 == route4:
		return attr.Append(b, unix.RTA_GATEWAY, via)
	}
	return attr.Append(b, rtVia, append(nl.Uint16Attr(unix.AF_INET6), via...))
}

// encodeHops makes the sequence of struct rtnexthop of a multipath route.
func encodeHops(r state.Route, f *finder) []byte {
	var b []byte
	for _, h := range r.Hops {
		var flags uint8
		if h.Onlink {
			flags = unix.RTNH_F_ONLINK
		}
		via := appendVia(nil, h.Via.AsSlice(), h.Via.Is4(), r.Is4())
		b = binary.NativeEndian.AppendUint16(b, uint16(unix.SizeofRtNexthop+len(via)))
		b = append(b, flags, uint8(max(h.Weight, 1)-1))
		var index uint32
		if h.Dev != "" {
			index = f.Index(h.Dev)
		}
		b = binary.NativeEndian.AppendUint32(b, index)
		b = append(b, via...)
	}
	return b
}
