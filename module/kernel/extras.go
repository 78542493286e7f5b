package kernel

import (
	"context"
	"errors"
	"slices"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"hostnet-module/module/attr"
	"hostnet-module/module/kind"
	"hostnet-module/module/state"
)

// Extras finds what links have beside what a snapshot tells: settings that a new link would not have, and entries of tables that go with
// a link. It asks no more than the depths want: a link that goes down loses less than one that is made anew. Links that are not there are passed over.
func (k *Kernel) Extras(ctx context.Context, host *state.Host, depths map[string]state.Depth) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	x := &extrasReader{host: host, depths: depths, found: map[*state.Link]*state.Extras{}}
	deepest := state.Depth(0)
	for name, depth := range depths {
		if l := host.Link(name); l != nil {
			x.found[l] = &state.Extras{}
			deepest = max(deepest, depth)
		}
	}
	if len(x.found) == 0 {
		return nil
	}
	if err := k.tables(ctx, x, deepest); err != nil {
		return err
	}
	if deepest == state.Whole {
		if err := k.properties(x); err != nil {
			return err
		}
		readFiles(x)
		multicasts(x)
	}
	for l, found := range x.found {
		l.Extras = nil
		if found.Settings.Len() > 0 || len(found.Entries) > 0 {
			l.Extras = found
		}
	}
	return nil
}

// tables asks for the kernel's tables that hold entries of links: those of all links, in one dump each.
func (k *Kernel) tables(ctx context.Context, x *extrasReader, deepest state.Depth) error {
	neighbours := func(family byte, flags byte) []byte { // struct ndmsg: family, 3 bytes of nothing, index, state u16, flags, type
		return append([]byte{family, 0, 0, 0, 0, 0, 0, 0, 0, 0}, flags, 0)
	}
	for _, ask := range []struct {
		what    string
		from    state.Depth
		typ     uint16
		payload []byte
		take    func(*extrasReader, message)
	}{
		{"neighbours", state.Brief, unix.RTM_GETNEIGH, neighbours(unix.AF_UNSPEC, 0), (*extrasReader).neighbour},
		{"proxy neighbours", state.Brief, unix.RTM_GETNEIGH, neighbours(unix.AF_UNSPEC, ntfProxy), (*extrasReader).neighbour},
		{"nexthops", state.Brief, unix.RTM_GETNEXTHOP, make([]byte, sizeofNhmsg), (*extrasReader).nexthop},
		{"forwarding tables", state.Port, unix.RTM_GETNEIGH, neighbours(unix.AF_BRIDGE, 0), (*extrasReader).forward},
		{"multicast tables", state.Port, unix.RTM_GETMDB, append([]byte{unix.AF_BRIDGE}, make([]byte, sizeofPortMsg-1)...), (*extrasReader).group},
		{"traffic control", state.Whole, unix.RTM_GETQDISC, make([]byte, sizeofTcmsg), (*extrasReader).queueing},
	} {
		if ask.from > deepest {
			continue
		}
		into := &entryReader{x: x, depth: ask.from, take1: ask.take}
		err := k.dump(ctx, ask.what, ask.typ, ask.payload, into)
		if errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.EAFNOSUPPORT) { // a kernel without it, or without IPv6
			continue
		}
		if err != nil {
			return err
		}
		into.end()
	}
	return nil
}

// extrasReader gathers what links have.
type extrasReader struct {
	host   *state.Host
	depths map[string]state.Depth
	found  map[*state.Link]*state.Extras
	reader *entryReader    // that is at work
	own    map[string]bool // the hardware addresses of the host's links; nil until somebody asks
}

// entryReader reads one dump. What it has found counts when the dump has come to its end.
type entryReader struct {
	x       *extrasReader
	depth   state.Depth
	take1   func(*extrasReader, message)
	entries []owned
	later   []message // nexthop groups: their members may come behind them
	oif     map[uint32]*state.Link
}

type owned struct {
	link  *state.Link
	entry state.Entry
}

func (r *entryReader) begin() {
	r.entries, r.later, r.oif = nil, nil, map[uint32]*state.Link{}
	r.x.reader = r
}

func (r *entryReader) take(m message) { r.take1(r.x, m) }

func (r *entryReader) end() {
	for _, m := range r.later {
		r.x.group2(m)
	}
	for _, o := range r.entries {
		if found := r.x.found[o.link]; found != nil {
			found.Entries = append(found.Entries, o.entry)
		}
	}
}

// link is the link with an index if it is asked about as deep as the dump goes.
func (x *extrasReader) link(index uint32) *state.Link {
	l := linkAt(x.host.Links, index)
	if l == nil || x.depths[l.Name] < x.reader.depth {
		return nil
	}
	return l
}

func (x *extrasReader) add(l *state.Link, e state.Entry) {
	x.reader.entries = append(x.reader.entries, owned{l, e})
}

// properties asks for what the link's own message tells: settings that netlink carries, other names, an XDP program.
func (k *Kernel) properties(x *extrasReader) error {
	for l, found := range x.found {
		if x.depths[l.Name] < state.Whole {
			continue
		}
		b := attr.Append(linkHeader(unix.AF_UNSPEC, uint32(l.Index), 0, 0), unix.IFLA_EXT_MASK, nl.Uint32Attr(filterSkipStats))
		k.stats.Lookups++
		err := k.ask(request{unix.RTM_GETLINK, unix.NLM_F_ACK, b}, func(m message) {
			if m.typ == unix.RTM_NEWLINK && len(m.data) >= unix.SizeofIfInfomsg {
				property(l, found, m.data)
			}
		})
		if err != nil && !errors.Is(err, unix.ENODEV) {
			return err
		}
	}
	return nil
}

// usualQueue is how many packets the queue of a new link takes (net/core: DEFAULT_TX_QUEUE_LEN).
const usualQueue = 1000

func property(l *state.Link, found *state.Extras, b []byte) {
	flags := u32(b[8:])
	for _, r := range kind.Carried {
		if r.Place == attr.Header && flags&r.Bit != 0 {
			found.Settings.Put(r, attr.On(true))
		}
	}
	attr.Walk(b[unix.SizeofIfInfomsg:], func(num uint16, p []byte) {
		switch num {
		case unix.IFLA_TXQLEN:
			if n := u32(p); n != usualQueue {
				found.Settings.Put(kind.Carried.Must("txqueuelen"), attr.Num(uint64(n)))
			}
		case unix.IFLA_PROP_LIST:
			attr.Walk(p, func(num uint16, p []byte) {
				if num == unix.IFLA_ALT_IFNAME {
					found.Entries = append(found.Entries, altName(text(p)))
				}
			})
		case unix.IFLA_XDP:
			attr.Walk(p, func(num uint16, p []byte) {
				if num == xdpAttached && u8(p) != 0 {
					found.Entries = append(found.Entries, state.Entry{Sort: state.Program, Words: "the XDP program of *"})
				}
			})
		}
	})
}

const xdpAttached = 2 // IFLA_XDP_ATTACHED

func altName(name string) state.Entry {
	b, list := attr.Begin(nil, unix.IFLA_PROP_LIST|unix.NLA_F_NESTED)
	b = attr.End(appendText(b, unix.IFLA_ALT_IFNAME, name, "\x00"), list)
	return state.Entry{Sort: state.AltName, Words: "ip link property add dev * altname " + attr.Word(name), Data: string(b)}
}

// encodeEntry makes the request that puts an entry back, from what the kernel told of it: the numbers of its links alone may be others now.
func encodeEntry(e state.Entry, link string, f *finder) (typ, flags uint16, payload []byte) {
	b := slices.Clone([]byte(e.Data))
	flags = unix.NLM_F_ACK | unix.NLM_F_CREATE
	putIndex := func(at int, name string) {
		if index := f.Index(name); len(b) >= at+4 {
			copy(b[at:], nl.Uint32Attr(index))
		}
	}
	switch e.Sort {
	case state.AltName:
		return unix.RTM_NEWLINKPROP, flags | unix.NLM_F_EXCL | unix.NLM_F_APPEND, append(linkHeader(unix.AF_UNSPEC, f.Index(link), 0, 0), b...)
	case state.Neighbour, state.Proxy, state.Forward:
		putIndex(4, link)
		return unix.RTM_NEWNEIGH, flags | unix.NLM_F_REPLACE, b
	case state.Group:
		putIndex(4, e.Bridge)
		putIndex(sizeofPortMsg+4, link) // the first field of struct br_mdb_entry
		return unix.RTM_NEWMDB, flags, b
	case state.NextHop:
		return unix.RTM_NEWNEXTHOP, flags | unix.NLM_F_REPLACE, attr.Append(b, unix.NHA_OIF, nl.Uint32Attr(f.Index(link)))
	case state.NextHopGroup:
		return unix.RTM_NEWNEXTHOP, flags | unix.NLM_F_REPLACE, b
	}
	return 0, flags, b
}
