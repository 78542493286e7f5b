package kernel

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"

	"hostnet-module/module/attr"
	"hostnet-module/module/state"
)

// Of linux/neighbour.h.
const (
	ntfSelf   = 0x02
	ntfMaster = 0x04
	ntfProxy  = 0x08
	ntfSticky = 0x40
	ntfRouter = 0x80

	nudNoARP     = 0x40
	nudPermanent = 0x80

	ndaDst, ndaLLAddr, ndaVLAN, ndaMaster, ndaProtocol, ndaFlagsExt = 1, 2, 5, 9, 12, 15
)

// Sizes of the headers of messages: struct br_port_msg, struct tcmsg, struct nhmsg.
const (
	sizeofPortMsg = 8
	sizeofTcmsg   = 20
	sizeofNhmsg   = 8
)

// attrsOf are the attributes of a message behind its header, by their numbers.
func attrsOf(b []byte) map[uint16][]byte {
	found := map[uint16][]byte{}
	attr.Walk(b, func(num uint16, p []byte) { found[num] = p })
	return found
}

// ndmsg makes a message of struct ndmsg as the kernel is sent it: no index, and what a request may say of the rest.
func ndmsg(data []byte, stateBits uint16, flags byte, attrs map[uint16][]byte, nums ...uint16) string {
	b := binary.NativeEndian.AppendUint16([]byte{data[0], 0, 0, 0, 0, 0, 0, 0}, stateBits)
	b = append(b, flags, 0)
	for _, num := range nums {
		if p, ok := attrs[num]; ok {
			b = attr.Append(b, num, p)
		}
	}
	return string(b)
}

// neighbour reads one entry of the tables of ARP and neighbour discovery: permanent ones, and addresses that the host answers for.
func (x *extrasReader) neighbour(m message) {
	if m.typ != unix.RTM_NEWNEIGH || len(m.data) < unix.SizeofNdMsg {
		return
	}
	l, flags := x.link(u32(m.data[4:])), m.data[10]
	a := attrsOf(m.data[unix.SizeofNdMsg:])
	dst, ok := netip.AddrFromSlice(a[ndaDst])
	permanent := u16(m.data[8:])&nudPermanent != 0
	switch {
	case l == nil || !ok || ip(m.data[0], a[ndaDst]) != dst:
	case flags&ntfProxy != 0:
		x.add(l, state.Entry{Sort: state.Proxy, Words: "ip neigh replace proxy " + dst.String() + " dev *" + protocol(a),
			Data: ndmsg(m.data, nudPermanent, ntfProxy|flags&ntfRouter, a, ndaDst, ndaProtocol)})
	case permanent:
		words := "ip neigh replace " + dst.String() + " dev *"
		if mac := a[ndaLLAddr]; len(mac) > 0 {
			words += " lladdr " + net.HardwareAddr(mac).String()
		}
		words += " nud permanent"
		if flags&ntfRouter != 0 {
			words += " router"
		}
		x.add(l, state.Entry{Sort: state.Neighbour, Words: words + protocol(a),
			Data: ndmsg(m.data, nudPermanent, flags&ntfRouter, a, ndaDst, ndaLLAddr, ndaProtocol)})
	}
}

func protocol(a map[uint16][]byte) string {
	if n := u8(a[ndaProtocol]); n != 0 {
		return " protocol " + strconv.Itoa(int(n))
	}
	return ""
}

// forward reads one entry of a bridge's forwarding table, or of the addresses that a link receives besides its own. What bridges have learned, and
// what the kernel enters by itself (the addresses of the links, multicast) is passed over.
func (x *extrasReader) forward(m message) {
	if m.typ != unix.RTM_NEWNEIGH || len(m.data) < unix.SizeofNdMsg {
		return
	}
	l, bits, flags := x.link(u32(m.data[4:])), u16(m.data[8:]), m.data[10]
	a := attrsOf(m.data[unix.SizeofNdMsg:])
	mac := a[ndaLLAddr]
	if l == nil || len(mac) != 6 || bits&(nudPermanent|nudNoARP) == 0 || a[ndaDst] != nil || mac[0]&1 != 0 || x.isOwn(attr.SpellMAC([6]byte(mac))) {
		return
	}
	e := state.Entry{Sort: state.Forward, Words: "bridge fdb replace " + attr.SpellMAC([6]byte(mac)) + " dev *"}
	to := byte(ntfSelf)
	if master := linkAt(x.host.Links, u32(a[ndaMaster])); master != nil {
		e.Bridge = master.Name
		if master != l {
			to = ntfMaster
		}
	}
	if to == ntfSelf && e.Bridge == "" && (l.Kind == "vxlan" || bits&nudPermanent == 0) {
		return
	}
	e.Words += map[byte]string{ntfSelf: " self", ntfMaster: " master"}[to] + map[bool]string{true: " permanent", false: " static"}[bits&nudPermanent != 0]
	if id := a[ndaVLAN]; id != nil {
		e.Words += " vlan " + strconv.Itoa(int(u16(id)))
	}
	if flags&ntfSticky != 0 {
		e.Words += " sticky"
	}
	e.Data = ndmsg(m.data, bits&(nudPermanent|nudNoARP), to|flags&ntfSticky, a, ndaLLAddr, ndaVLAN, ndaFlagsExt)
	x.add(l, e)
}

// isOwn tells whether a link of the host has a hardware address: the kernel enters these by itself.
func (x *extrasReader) isOwn(mac string) bool {
	if x.own == nil {
		x.own = make(map[string]bool, len(x.host.Links))
		for _, l := range x.host.Links {
			x.own[l.MAC()], x.own[l.Seen.PermMAC] = true, true
		}
	}
	return x.own[mac]
}

// Of linux/if_bridge.h.
const (
	mdbaMDB, mdbaMDBEntry, mdbaMDBEntryInfo = 1, 1, 1
	mdbaSetEntry, mdbaSetEntryAttrs         = 1, 2
	mdbeSource                              = 1
	sizeofMDBEntry                          = 28 // index u32, state u8, flags u8, VLAN u16, address (16 bytes, protocol u16), 2 bytes of nothing
	mdbPermanent                            = 1
	mdbSrcList, mdbSource                   = 2, 4
)

// group reads one bridge's table of multicast groups: permanent entries.
func (x *extrasReader) group(m message) {
	if (m.typ != unix.RTM_NEWMDB && m.typ != unix.RTM_GETMDB) || len(m.data) < sizeofPortMsg {
		return
	}
	bridge := linkAt(x.host.Links, u32(m.data[4:]))
	if bridge == nil {
		return
	}
	attr.Walk(m.data[sizeofPortMsg:], func(num uint16, table []byte) {
		if num != mdbaMDB {
			return
		}
		attr.Walk(table, func(num uint16, entries []byte) {
			attr.Walk(entries, func(num uint16, info []byte) {
				if num == mdbaMDBEntryInfo && len(info) >= sizeofMDBEntry && info[4] == mdbPermanent {
					x.groupEntry(bridge, info)
				}
			})
		})
	})
}

func (x *extrasReader) groupEntry(bridge *state.Link, info []byte) {
	l := x.link(u32(info))
	if l == nil {
		return
	}
	vid, proto := u16(info[6:]), u16(info[24:])
	var group string
	switch proto {
	case network16(unix.ETH_P_IP):
		group = netip.AddrFrom4([4]byte(info[8:12])).String()
	case network16(unix.ETH_P_IPV6):
		group = netip.AddrFrom16([16]byte(info[8:24])).String()
	default:
		group = attr.SpellMAC([6]byte(info[8:14]))
	}
	e := state.Entry{Sort: state.Group, Bridge: bridge.Name, Words: fmt.Sprintf("bridge mdb add dev %s port * grp %s permanent", bridge.Name, group)}
	if vid != 0 {
		e.Words += fmt.Sprintf(" vid %d", vid)
	}
	entry := slices.Clone(info[:sizeofMDBEntry])
	clear(entry[:4])
	entry[5] = 0
	a := attrsOf(info[sizeofMDBEntry:])
	b := attr.Append(make([]byte, sizeofPortMsg), mdbaSetEntry, entry)
	b[0] = unix.AF_BRIDGE
	if source, ok := netip.AddrFromSlice(a[mdbSource]); ok {
		e.Words += " src " + source.String()
		b = attr.Append(b, mdbaSetEntryAttrs|unix.NLA_F_NESTED, attr.Append(nil, mdbeSource, a[mdbSource]))
	}
	if len(a[mdbSrcList]) == 0 { // one that lists its sources came with others, and is not said in one request everywhere
		e.Data = string(b)
	}
	x.add(l, e)
}

// Of linux/nexthop.h.
const (
	nhaGroup, nhaGroupType, nhaBlackhole, nhaGateway, nhaMaster, nhaResGroup = 2, 3, 4, 6, 10, 12
)

// nexthop reads one object that routes may use (struct nhmsg: family, scope, protocol, nothing, flags u32).
func (x *extrasReader) nexthop(m message) {
	if m.typ != unix.RTM_NEWNEXTHOP || len(m.data) < sizeofNhmsg {
		return
	}
	a := attrsOf(m.data[sizeofNhmsg:])
	if a[nhaGroup] != nil {
		x.reader.later = append(x.reader.later, message{m.typ, slices.Clone(m.data)})
		return
	}
	l := linkAt(x.host.Links, u32(a[unix.NHA_OIF]))
	if l == nil {
		return
	}
	x.reader.oif[u32(a[unix.NHA_ID])] = l
	if x.link(uint32(l.Index)) == nil {
		return
	}
	words := fmt.Sprintf("ip nexthop replace id %d", u32(a[unix.NHA_ID]))
	if via, ok := netip.AddrFromSlice(a[nhaGateway]); ok {
		words += " via " + via.String()
	}
	b := nhmsg(m.data)
	if flags := u32(m.data[4:]) & unix.RTNH_F_ONLINK; flags != 0 {
		words += " onlink"
	}
	attr.Walk(m.data[sizeofNhmsg:], func(num uint16, p []byte) {
		if num != unix.NHA_OIF && num != nhaMaster {
			b = attr.Append(b, num, p)
		}
	})
	x.add(l, state.Entry{Sort: state.NextHop, Words: words + " dev *", Data: string(b)})
}

// nhmsg is the header for a request: without the scope, and with the flags that a request may say.
func nhmsg(data []byte) []byte {
	return binary.NativeEndian.AppendUint32([]byte{data[0], 0, data[2], 0}, u32(data[4:])&unix.RTNH_F_ONLINK)
}

// group2 reads a nexthop group: it goes, or shrinks, with each link of its members.
func (x *extrasReader) group2(m message) {
	a := attrsOf(m.data[sizeofNhmsg:])
	words := fmt.Sprintf("ip nexthop replace id %d group ", u32(a[unix.NHA_ID]))
	var links []*state.Link
	const member = 8 // struct nexthop_grp: id u32, weight u8, 3 bytes of nothing
	for p := a[nhaGroup]; len(p) >= member; p = p[member:] {
		if len(p) < len(a[nhaGroup]) {
			words += "/"
		}
		words += strconv.Itoa(int(u32(p)))
		if p[4] != 0 {
			words += "," + strconv.Itoa(int(p[4])+1)
		}
		if l := x.reader.oif[u32(p)]; l != nil && !slices.Contains(links, l) {
			links = append(links, l)
		}
	}
	e := state.Entry{Sort: state.NextHopGroup, Words: words}
	if a[nhaResGroup] == nil {
		b := nhmsg(m.data)
		for _, num := range []uint16{unix.NHA_ID, nhaGroup, nhaGroupType} {
			if p := a[num]; p != nil {
				b = attr.Append(b, num, p)
			}
		}
		e.Data = string(b)
	}
	for _, l := range links {
		if x.link(uint32(l.Index)) != nil {
			x.add(l, e)
		}
	}
}

// queueing reads one queueing discipline (struct tcmsg: family, 3 bytes of nothing, index, handle, parent, info). Those that the kernel chose have no handle.
func (x *extrasReader) queueing(m message) {
	const root, ingress = 0xffffffff, 0xfffffff1
	if m.typ != unix.RTM_NEWQDISC || len(m.data) < sizeofTcmsg {
		return
	}
	l, handle, parent := x.link(u32(m.data[4:])), u32(m.data[8:]), u32(m.data[12:])
	if l == nil || handle == 0 || parent != root && parent != ingress {
		return
	}
	const tcaKind = 1
	x.add(l, state.Entry{Sort: state.Queueing, Words: fmt.Sprintf("tc qdisc %s %x: of *", text(attrsOf(m.data[sizeofTcmsg:])[tcaKind]), handle>>16)})
}
