package kernel

import (
	"encoding/binary"
	"fmt"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"hostnet-module/module/attr"
	"hostnet-module/module/state"
)

// finder finds the index of a link by its name and keeps the first error; as an attr.Resolver it serves the rows that
// point at a link.
type finder struct {
	find func(name string) (uint32, error)
	err  error
}

// Index implements attr.Resolver; the empty name is index 0, «none».
func (f *finder) Index(name string) uint32 {
	if name == "" {
		return 0
	}
	index, err := f.find(name)
	if err != nil && f.err == nil {
		f.err = err
	}
	return index
}

// Name implements attr.Resolver.
func (f *finder) Name(uint32) string { return "" }

// encode makes the one message that a step is. Pure but for find.
func encode(s state.Step, find func(name string) (uint32, error)) (request, error) {
	return encodeAt(nil, s, &finder{find: find})
}

// encodeAt is encode into the room behind b.
func encodeAt(b []byte, s state.Step, f *finder) (request, error) {
	b = b[len(b):]
	f.err = nil
	r := request{flags: unix.NLM_F_ACK}
	switch s.Op {
	case state.LinkAdd:
		r.typ, r.flags = unix.RTM_NEWLINK, r.flags|unix.NLM_F_CREATE|unix.NLM_F_EXCL
		r.payload = encodeLink(b, s, f)
	case state.LinkSet:
		r.typ, r.payload = unix.RTM_NEWLINK, encodeLink(b, s, f)
	case state.LinkDel:
		r.typ, r.payload = unix.RTM_DELLINK, linkHeader(unix.AF_UNSPEC, f.Index(s.Link), 0, 0)
	case state.VLANAdd:
		r.typ, r.payload = unix.RTM_SETLINK, encodeVLAN(s, f)
	case state.VLANDel:
		r.typ, r.payload = unix.RTM_DELLINK, encodeVLAN(s, f)
	case state.AddrAdd:
		r.typ, r.flags = unix.RTM_NEWADDR, r.flags|unix.NLM_F_CREATE|unix.NLM_F_REPLACE
		r.payload = encodeAddress(s.Address, f.Index(s.Link), false)
	case state.AddrDel:
		r.typ, r.payload = unix.RTM_DELADDR, encodeAddress(s.Address, f.Index(s.Link), true)
	case state.RouteAdd:
		r.typ, r.flags = unix.RTM_NEWROUTE, r.flags|unix.NLM_F_CREATE
		if s.Replace {
			r.flags |= unix.NLM_F_REPLACE
		} else {
			r.flags |= unix.NLM_F_APPEND
		}
		r.payload = encodeRoute(*s.Route, f, false)
	case state.RouteDel:
		r.typ, r.payload = unix.RTM_DELROUTE, encodeRoute(*s.Route, f, true)
	case state.RuleAdd:
		r.typ, r.flags = unix.RTM_NEWRULE, r.flags|unix.NLM_F_CREATE|unix.NLM_F_EXCL
		r.payload = encodeRule(*s.Rule)
	case state.RuleDel:
		r.typ, r.payload = unix.RTM_DELRULE, encodeRule(*s.Rule)
	case state.EntryAdd:
		r.typ, r.flags, r.payload = encodeEntry(*s.Entry, s.Link, f)
	default:
		return r, fmt.Errorf("operation %d is no request", s.Op)
	}
	return r, f.err
}

// linkHeader makes struct ifinfomsg.
func linkHeader(family byte, index, flags, change uint32) []byte {
	return appendLinkHeader(nil, family, index, flags, change)
}

// appendLinkHeader appends struct ifinfomsg (linux/rtnetlink.h): family, padding, type of the device (0), index, flags, mask of the flags.
func appendLinkHeader(b []byte, family byte, index, flags, change uint32) []byte {
	b = append(b, family, 0, 0, 0)
	b = binary.NativeEndian.AppendUint32(b, index)
	b = binary.NativeEndian.AppendUint32(b, flags)
	return binary.NativeEndian.AppendUint32(b, change)
}

// encodeLink makes RTM_NEWLINK, for a new link and for one that is there: header, the link's own attributes, and where
// there are rows of a kind or of the master's kind, IFLA_LINKINFO.
func encodeLink(b []byte, s state.Step, f *finder) []byte {
	var flags, change uint32
	for r, v := range s.Attrs.All() {
		if r.Place != attr.Header {
			continue
		}
		change |= r.Bit
		if v.N != 0 {
			flags |= r.Bit
		}
	}
	index := uint32(s.Index)
	if s.Op == state.LinkSet {
		index = f.Index(s.Link)
	}
	b = appendLinkHeader(b, unix.AF_UNSPEC, index, flags, change)
	if s.Op == state.LinkAdd {
		b = appendText(b, unix.IFLA_IFNAME, s.Link, "\x00")
		if s.Parent != "" {
			b = attr.Append(b, unix.IFLA_LINK, nl.Uint32Attr(f.Index(s.Parent)))
		}
	}
	if s.Master != nil {
		b = attr.Append(b, unix.IFLA_MASTER, nl.Uint32Attr(f.Index(*s.Master)))
	}
	b = s.Attrs.Encode(b, attr.Top, f)
	b, info := attr.Begin(b, unix.IFLA_LINKINFO|unix.NLA_F_NESTED)
	b = attr.EndFilled(encodeInfo(b, s, f), info)
	b, spec := attr.Begin(b, unix.IFLA_AF_SPEC|unix.NLA_F_NESTED)
	b, six := attr.Begin(b, unix.AF_INET6|unix.NLA_F_NESTED)
	return attr.EndFilled(attr.EndFilled(s.Attrs.Encode(b, attr.AFSpec, f), six), spec)
}

// encodeInfo appends what is in IFLA_LINKINFO. A kind without data says nothing to a link that is there.
func encodeInfo(b []byte, s state.Step, f *finder) []byte {
	before := len(b)
	b = appendText(b, infoKind, s.Kind, "")
	b, data := attr.Begin(b, infoData|unix.NLA_F_NESTED)
	if b = attr.EndFilled(s.Attrs.Encode(b, attr.Data, f), data); len(b) == data && s.Op != state.LinkAdd {
		b = b[:before]
	}
	before = len(b)
	b = appendText(b, infoSlaveKind, s.PortKind, "")
	b, port := attr.Begin(b, infoSlaveData|unix.NLA_F_NESTED)
	if b = attr.EndFilled(s.Port.Encode(b, attr.Port, f), port); len(b) == port {
		b = b[:before]
	}
	return b
}

func appendText(b []byte, num uint16, text, end string) []byte {
	b, at := attr.Begin(b, num)
	return attr.End(append(append(b, text...), end...), at)
}

// encodeVLAN makes a request of family AF_BRIDGE: struct bridge_vlan_info {flags u16, vid u16} of linux/if_bridge.h.
func encodeVLAN(s state.Step, f *finder) []byte {
	var flags uint16
	if s.Op == state.VLANAdd && s.VLAN.PVID {
		flags |= nl.BRIDGE_VLAN_INFO_PVID
	}
	if s.Op == state.VLANAdd && s.VLAN.Untagged {
		flags |= nl.BRIDGE_VLAN_INFO_UNTAGGED
	}
	var spec []byte
	if s.Self {
		spec = attr.Append(spec, nl.IFLA_BRIDGE_FLAGS, nl.Uint16Attr(nl.BRIDGE_FLAGS_SELF))
	}
	entry := func(more, id uint16) {
		spec = attr.Append(spec, nl.IFLA_BRIDGE_VLAN_INFO, binary.NativeEndian.AppendUint16(nl.Uint16Attr(flags|more), id))
	}
	if s.LastID > s.VLAN.ID {
		entry(nl.BRIDGE_VLAN_INFO_RANGE_BEGIN, s.VLAN.ID)
		entry(nl.BRIDGE_VLAN_INFO_RANGE_END, s.LastID)
	} else {
		entry(0, s.VLAN.ID)
	}
	return attr.Append(linkHeader(unix.AF_BRIDGE, f.Index(s.Link), 0, 0), unix.IFLA_AF_SPEC|unix.NLA_F_NESTED, spec)
}
