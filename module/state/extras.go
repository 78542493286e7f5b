package state

import (
	"fmt"
	"slices"
	"strings"
	"syscall"

	"hostnet-module/module/attr"
	"hostnet-module/module/kind"
)

// Depth says how much of a link's Extras is asked for: what may be lost by what is about to happen to it.
type Depth uint8

// The depths. Each asks for what the one before asks for, too.
const (
	Brief Depth = iota + 1 // what goes when the link goes down or gets another address: neighbours, nexthops
	Port                   // and when it leaves its bridge: entries of the bridge's tables
	Whole                  // and when it is made anew: settings, other names, …
)

// Extras are what somebody has given a link beside what documents say.
type Extras struct {
	Settings attr.Set // rows that are Carried, with values that a new link would not have
	Entries  []Entry
}

// Entry is one thing in a table of the kernel that goes with its link: a permanent neighbour, a static forwarding entry, another name of the link.
// What it is made of is known to who speaks to the kernel; here it is compared, and lost as the kernel loses it.
type Entry struct {
	Sort   EntrySort
	Bridge string // the bridge in whose table it is: it goes when the link leaves that bridge; "": in none
	Words  string // the command that makes it, with * for the link's name; of a sort that cannot be put back, what it is
	Data   string // what the kernel is sent; "": it cannot be put back
}

// EntrySort is the kernel's table that an entry is in.
type EntrySort uint8

// The sorts. The numbers are in journals.
const (
	Neighbour    EntrySort = iota + 1 // permanent
	Proxy                             // an address that the host answers for (ip neigh add proxy)
	AltName                           // another name of the link
	MultiMAC                          // a multicast address that somebody has joined by hand (ip maddr add)
	Forward                           // a static entry of a bridge's forwarding table
	Group                             // a permanent entry of a bridge's multicast table
	NextHop                           // an object that routes may use (ip nexthop)
	NextHopGroup                      // several of them, some on this link
	Queueing                          // traffic control that is not the default
	Program                           // an XDP program
)

// Line is the command that makes the entry on a link.
func (e Entry) Line(link string) string { return strings.Replace(e.Words, "*", attr.Word(link), 1) }

// Six tells whether the entry is IPv6's, which goes when IPv6 does.
func (e Entry) Six() bool {
	const inet6 = 10 // AF_INET6, which the messages of these sorts begin with
	return (e.Sort == Neighbour || e.Sort == Proxy || e.Sort == NextHop) && strings.HasPrefix(e.Data, string([]byte{inet6}))
}

// sleeps tells whether an entry outlives that its link is down (net/ipv4/arp.c: arp_ifdown, net/ipv4/nexthop.c: nh_netdev_event; seen on Linux 6.1).
func (e Entry) sleeps() bool {
	return e.Sort.Depth() != Brief
}

// Same tells whether two entries are one.
func (e Entry) Same(o Entry) bool {
	return e.Sort == o.Sort && e.Bridge == o.Bridge && e.Words == o.Words
}

// Has tells whether there is an entry.
func (x *Extras) Has(e Entry) bool { return x != nil && slices.ContainsFunc(x.Entries, e.Same) }

// Fits tells whether a link as it is can hold an entry.
func (l *Link) Fits(e Entry) bool {
	return (e.Bridge == "" || e.Bridge == l.Master || e.Bridge == l.Name) && !(e.Six() && l.Attrs.N(kind.DisableIPv6.Name) != 0)
}

// Unset returns the settings of want that a link does not have.
func (l *Link) Unset(want *Extras) attr.Set {
	switch {
	case want == nil:
		return attr.Set{}
	case l.Extras == nil:
		return want.Settings
	}
	return attr.Missing(l.Extras.Settings, want.Settings)
}

// takeSettings notes settings that have been made, and returns what of the set is none.
func (l *Link) takeSettings(s attr.Set) (rest attr.Set) {
	made := s.Filter(func(r *attr.Row) bool { return r.Carried })
	if made.Len() == 0 {
		return s
	}
	x := l.Extras.clone()
	x.Settings.Merge(made)
	l.Extras = x
	return s.Filter(func(r *attr.Row) bool { return !r.Carried })
}

func (x *Extras) clone() *Extras {
	if x == nil {
		return &Extras{}
	}
	return &Extras{x.Settings.Clone(), slices.Clone(x.Entries)}
}

// lose takes entries away.
func (l *Link) lose(gone func(Entry) bool) {
	if l.Extras == nil || !slices.ContainsFunc(l.Extras.Entries, gone) {
		return
	}
	x := l.Extras.clone()
	x.Entries = slices.DeleteFunc(x.Entries, gone)
	l.Extras = x
}

// loseNeighbours is what a change of the hardware address does (net/ipv4/arp.c, net/ipv6/ndisc.c: NETDEV_CHANGEADDR, neigh_changeaddr).
func (l *Link) loseNeighbours() { l.lose(func(e Entry) bool { return e.Sort == Neighbour }) }

func (l *Link) addEntry(e Entry) error {
	switch {
	case e.Six() && l.Attrs.N(kind.DisableIPv6.Name) != 0:
		return fmt.Errorf("IPv6 is disabled on this device: %w", syscall.EACCES)
	case !l.Fits(e):
		return fmt.Errorf("%s is no port of %s: %w", l.Name, e.Bridge, syscall.EINVAL)
	case l.Extras.Has(e):
		return nil
	}
	x := l.Extras.clone()
	x.Entries = append(x.Entries, e)
	l.Extras = x
	return nil
}

// Down is what a look to a depth finds; nil: nothing.
func (x *Extras) Down(d Depth) *Extras {
	if x == nil {
		return nil
	}
	c := x.clone()
	c.Entries = slices.DeleteFunc(c.Entries, func(e Entry) bool { return e.Sort.Depth() > d })
	if d < Whole {
		c.Settings = attr.Set{}
	}
	if len(c.Entries) == 0 && c.Settings.Len() == 0 {
		return nil
	}
	return c
}

// Depth is how deep one has to look for entries of the sort.
func (s EntrySort) Depth() Depth {
	switch s {
	case Neighbour, Proxy, NextHop, NextHopGroup:
		return Brief
	case Forward, Group:
		return Port
	}
	return Whole
}
