package kernel

import (
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

// linkReader reads the messages of a link dump (RTM_NEWLINK), each once. A link may point at one that comes later: what the
// numbers mean is looked up at the end.
type linkReader struct {
	links  []*state.Link
	points []pointing
	again  []unread
	dir    *directory // of all links; nil until the end
	beyond bool       // the message that is read has a row that points at another link

	slab   []state.Link // room for the next links
	room   attr.Set     // in which each link's values are gathered
	top    *attr.Reading
	afSpec *attr.Reading
	kin    map[string]*kin
}

// kin is what links of one kind have in common, and ports of links of that kind: the values may be the same.
type kin struct {
	name        string // IFLA_INFO_KIND
	data, slave *attr.Reading
	attrs, port attr.Set // of the last one
}

// of is what there is for a kind. No links are kin from before to after the end, when indexes have got names.
func (r *linkReader) of(kindName []byte) *kin {
	kindName = ended(kindName)
	k := r.kin[string(kindName)]
	if k == nil {
		name := string(kindName)
		k = &kin{name: name, data: kind.Of(name).Rows.Reading(attr.Data), slave: kind.Of(name).Port.Reading(attr.Port)}
		r.kin[name] = k
	}
	return k
}

// pointing is a link with the numbers of those that it stands on and is a port of; 0: none.
type pointing struct {
	link           *state.Link
	parent, master uint32
}

// unread is a link with its message, which has to be read again when all links are known.
type unread struct {
	link *state.Link
	data []byte
}

func (r *linkReader) begin() {
	*r = linkReader{top: kind.Common.Reading(attr.Top), afSpec: kind.Common.Reading(attr.AFSpec), kin: map[string]*kin{}}
}

func (r *linkReader) take(m message) {
	if m.typ != unix.RTM_NEWLINK || len(m.data) < unix.SizeofIfInfomsg {
		return
	}
	if len(r.slab) == cap(r.slab) {
		r.slab = make([]state.Link, 0, min(max(8, len(r.links)), 256))
	}
	r.slab = r.slab[:len(r.slab)+1]
	l := &r.slab[len(r.slab)-1]
	r.beyond = false
	r.parse(l, m.data)
	r.links = append(r.links, l)
	if r.beyond {
		r.again = append(r.again, unread{l, slices.Clone(m.data)})
	}
}

// end makes a host of the links that were read, in the order of their indexes, and the directory of them and of those that an
// older one knows, if there is one.
func (r *linkReader) end(older *directory) (*state.Host, *directory) {
	own := newDirectory(len(r.links))
	links := slices.DeleteFunc(r.links, func(l *state.Link) bool {
		if _, twice := own.known[l.Name]; l.Name == "" || twice {
			return true
		}
		own.put(l.Name, entryOf(l))
		return false
	})
	if r.dir = own; older != nil {
		for name, e := range own.known {
			older.put(name, e)
		}
		r.dir = older
	}
	clear(r.kin)
	for _, u := range r.again {
		r.parse(u.link, u.data)
	}
	for _, p := range r.points {
		if p.master != 0 {
			p.link.Master = r.dir.Name(p.master)
		}
		if p.parent != 0 {
			p.link.Parent = r.dir.Name(p.parent)
		}
		if p.link.Parent == "" && p.parent != 0 {
			p.link.Seen.Parent = int(p.parent)
		}
	}
	slices.SortStableFunc(links, func(a, b *state.Link) int { return a.Index - b.Index })
	return &state.Host{Links: links}, r.dir
}

// Name implements attr.Resolver.
func (r *linkReader) Name(index uint32) string {
	if r.dir != nil {
		return r.dir.Name(index)
	}
	r.beyond = r.beyond || index != 0
	return ""
}

// Index implements attr.Resolver; who reads does not need it.
func (r *linkReader) Index(string) uint32 { return 0 }

// parse reads one struct ifinfomsg (family, type, index, flags, change) and its attributes.
func (r *linkReader) parse(l *state.Link, b []byte) {
	l.Index, l.Attrs = int(int32(u32(b[4:]))), r.room.Emptied()
	flags := u32(b[8:])
	for _, row := range kind.Common {
		if row.Place == attr.Header {
			l.Attrs.Put(row, attr.On(flags&row.Bit != 0))
		}
	}
	of := r.parseTop(l, b[unix.SizeofIfInfomsg:])
	l.Seen.Loopback = flags&unix.IFF_LOOPBACK != 0
	l.Seen.Hardware = l.Kind == "" && !l.Seen.Loopback
	of.attrs = l.Attrs.Like(of.attrs)
	r.room, l.Attrs = l.Attrs, of.attrs
}

// parseTop reads the attributes of a link message, and those of its nests.
func (r *linkReader) parseTop(l *state.Link, b []byte) (of *kin) {
	points, elsewhere := pointing{link: l}, false
	attr.Walk(b, func(num uint16, p []byte) {
		switch num {
		case unix.IFLA_IFNAME:
			l.Name = text(p)
		case unix.IFLA_LINK:
			points.parent = u32(p)
		case unix.IFLA_LINK_NETNSID:
			elsewhere = true
		case unix.IFLA_MASTER:
			points.master = u32(p)
		case unix.IFLA_LINKINFO:
			of = r.parseInfo(l, p)
		case unix.IFLA_AF_SPEC:
			r.parseAFSpec(l, p)
		default:
			r.top.One(&l.Attrs, num, p, r)
			parseSeen(&l.Seen, num, p)
		}
	})
	if of == nil {
		of = r.of(nil)
	}
	if !l.K().HasParent && !slices.Contains(fallsWithParent, l.Kind) {
		points.parent = 0
	}
	if elsewhere {
		l.Seen.Parent, points.parent = int(points.parent), 0
	}
	if points.parent != 0 || points.master != 0 {
		r.points = append(r.points, points)
	}
	return of
}

// parseInfo reads IFLA_LINKINFO. The kind comes before the data in the kernel's messages, but nothing promises it.
func (r *linkReader) parseInfo(l *state.Link, nest []byte) *kin {
	var name, slave, data, slaveData []byte
	attr.Walk(nest, func(num uint16, p []byte) {
		switch num {
		case infoKind:
			name = p
		case infoData:
			data = p
		case infoSlaveKind:
			slave = p
		case infoSlaveData:
			slaveData = p
		}
	})
	of := r.of(name)
	l.Kind = of.name
	values, _ := of.data.Decode(data, r)
	l.Attrs.Join(values)
	l.Attrs.Unveil()
	if slaveData != nil {
		of := r.of(slave)
		if port, same := of.slave.Decode(slaveData, r); !same {
			of.port = port.Like(of.port)
		}
		l.Port = of.port
	}
	return of
}

// parseAFSpec reads what AF_INET6 says in IFLA_AF_SPEC: a nest for each address family.
func (r *linkReader) parseAFSpec(l *state.Link, nest []byte) {
	attr.Walk(nest, func(family uint16, p []byte) {
		if family != unix.AF_INET6 {
			return
		}
		attr.Walk(p, func(num uint16, p []byte) {
			if num == inet6Conf {
				parseConf(l, p)
			}
			r.afSpec.One(&l.Attrs, num, p, r)
		})
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
			s.PermMAC = attr.SpellMAC([6]byte(p))
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
