package kernel

import (
	"net"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"

	"hostnet-module/module/attr"
	"hostnet-module/module/kind"
	"hostnet-module/module/state"
)

// Numbers of linux/if_link.h that x/sys has no names for.
const (
	infoKind      = 1 // IFLA_INFO_KIND
	infoData      = 2 // IFLA_INFO_DATA
	infoSlaveKind = 4 // IFLA_INFO_SLAVE_KIND
	infoSlaveData = 5 // IFLA_INFO_SLAVE_DATA
)

// operstates are IF_OPER_* of linux/if.h in iproute2's words.
var operstates = []string{"UNKNOWN", "NOTPRESENT", "DOWN", "LOWERLAYERDOWN", "TESTING", "DORMANT", "UP"}

// fallsWithParent are kinds that we do not make, but which stand on another link and vanish with it. (IFLA_LINK alone does
// not say so: a veth's is its peer.)
var fallsWithParent = []string{"macvlan", "macvtap", "ipvlan", "ipvtap", "macsec"}

// parseLinks reads the messages of a link dump (RTM_NEWLINK): the links in the order of their indexes, and the
// directory of them. Pure; it looks at the messages twice since a link may point at one that comes later.
func parseLinks(msgs []message) (*state.Host, *directory) {
	dir := newDirectory()
	return parseSome(msgs, dir, false), dir
}

// parseSome is parseLinks for links of which the directory knows others. Messages that are not needed any more are let go one by one: those of
// thousands of links take as much room as what is read out of them.
func parseSome(msgs []message, dir *directory, done bool) *state.Host {
	groups := map[uint32]uint32{}
	for _, m := range msgs {
		if m.typ != unix.RTM_NEWLINK || len(m.data) < unix.SizeofIfInfomsg {
			continue
		}
		index := u32(m.data[4:])
		attr.Walk(m.data[unix.SizeofIfInfomsg:], func(num uint16, p []byte) {
			switch {
			case num == unix.IFLA_IFNAME && len(p) > 1:
				dir.put(text(p), index, "")
			case num == unix.IFLA_GROUP && u32(p) != 0:
				groups[index] = u32(p)
			}
		})
	}
	host := &state.Host{Links: make([]*state.Link, 0, len(msgs))}
	seen := make(map[string]bool, len(msgs))
	var room attr.Set // in which each link's values are gathered
	for i, m := range msgs {
		if done {
			msgs[i].data = nil
		}
		if m.typ != unix.RTM_NEWLINK || len(m.data) < unix.SizeofIfInfomsg {
			continue
		}
		l := parseLink(m.data, dir, room)
		room, l.Attrs = l.Attrs, l.Attrs.Tight()
		if l.Name == "" || seen[l.Name] {
			continue
		}
		seen[l.Name] = true
		dir.put(l.Name, uint32(l.Index), l.Kind)
		dir.group(l.Name, groups[uint32(l.Index)])
		host.Links = append(host.Links, l)
	}
	slices.SortStableFunc(host.Links, func(a, b *state.Link) int { return a.Index - b.Index })
	return host
}

// parseLink reads one struct ifinfomsg (family, type, index, flags, change) and its attributes.
func parseLink(b []byte, dir *directory, room attr.Set) *state.Link {
	l := &state.Link{Index: int(int32(u32(b[4:]))), Attrs: room.Emptied()}
	flags, top := u32(b[8:]), b[unix.SizeofIfInfomsg:]
	for _, r := range kind.Common {
		if r.Place == attr.Header {
			l.Attrs.Put(r, attr.On(flags&r.Bit != 0))
		}
	}
	kind.Common.DecodeInto(&l.Attrs, top, attr.Top, dir)
	var parent uint32
	elsewhere := false
	attr.Walk(top, func(num uint16, p []byte) {
		switch num {
		case unix.IFLA_IFNAME:
			l.Name = text(p)
		case unix.IFLA_LINK:
			parent = u32(p)
		case unix.IFLA_LINK_NETNSID:
			elsewhere = true
		case unix.IFLA_MASTER:
			l.Master = dir.Name(u32(p))
		case unix.IFLA_LINKINFO:
			parseInfo(l, p, dir)
		case unix.IFLA_AF_SPEC:
			parseAFSpec(l, p, dir)
		default:
			parseSeen(&l.Seen, num, p)
		}
	})
	l.Seen.Loopback = flags&unix.IFF_LOOPBACK != 0
	l.Seen.Hardware = l.Kind == "" && !l.Seen.Loopback
	if parent != 0 && (l.K().HasParent || slices.Contains(fallsWithParent, l.Kind)) {
		if !elsewhere {
			l.Parent = dir.Name(parent)
		}
		if l.Parent == "" {
			l.Seen.Parent = int(parent)
		}
	}
	return l
}

// parseInfo reads IFLA_LINKINFO. The kind comes before the data in the kernel's messages, but nothing promises it.
func parseInfo(l *state.Link, nest []byte, dir *directory) {
	var data, slaveData []byte
	slaveKind := ""
	attr.Walk(nest, func(num uint16, p []byte) {
		switch num {
		case infoKind:
			l.Kind = text(p)
		case infoData:
			data = p
		case infoSlaveKind:
			slaveKind = text(p)
		case infoSlaveData:
			slaveData = p
		}
	})
	l.K().Rows.DecodeInto(&l.Attrs, data, attr.Data, dir)
	l.Attrs.Unveil()
	if slaveData != nil {
		l.Port = kind.Of(slaveKind).Port.Decode(slaveData, attr.Port, dir).Tight()
	}
}

// parseAFSpec reads what AF_INET6 says in IFLA_AF_SPEC: a nest for each address family.
func parseAFSpec(l *state.Link, nest []byte, dir *directory) {
	attr.Walk(nest, func(family uint16, p []byte) {
		if family == unix.AF_INET6 {
			kind.Common.DecodeInto(&l.Attrs, p, attr.AFSpec, dir)
			attr.Walk(p, func(num uint16, conf []byte) {
				if num == inet6Conf {
					parseConf(l, conf)
				}
			})
		}
	})
}

const inet6Conf = 2 // IFLA_INET6_CONF

// parseConf reads the settings that /proc/sys/net/ipv6/conf/LINK shows: an array of s32, by DEVCONF_* number.
func parseConf(l *state.Link, conf []byte) {
	for _, r := range kind.Common {
		if end := 4 * (int(r.Num) + 1); r.Place == attr.Proc && len(conf) >= end {
			l.Attrs.Put(r, attr.On(u32(conf[end-4:]) != 0))
		}
	}
}

func parseSeen(s *state.Seen, num uint16, p []byte) {
	switch num {
	case unix.IFLA_PERM_ADDRESS:
		if len(p) == 6 {
			s.PermMAC = net.HardwareAddr(p).String()
		}
	case unix.IFLA_MIN_MTU:
		s.MinMTU = u32(p)
	case unix.IFLA_MAX_MTU:
		s.MaxMTU = u32(p)
	case unix.IFLA_CARRIER:
		s.Carrier = u8(p) != 0
	case unix.IFLA_OPERSTATE:
		if n := int(u8(p)); n < len(operstates) {
			s.Oper = operstates[n]
		} else {
			s.Oper = strconv.Itoa(n)
		}
	}
}

// anyBridge tells whether a link dump has a bridge.
func anyBridge(msgs []message) bool {
	found := false
	for _, m := range msgs {
		if len(m.data) < unix.SizeofIfInfomsg {
			continue
		}
		attr.Walk(m.data[unix.SizeofIfInfomsg:], func(num uint16, p []byte) {
			if num != unix.IFLA_LINKINFO {
				return
			}
			attr.Walk(p, func(num uint16, p []byte) {
				found = found || num == infoKind && kind.Of(text(p)).Bridging
			})
		})
	}
	return found
}
