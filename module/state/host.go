// Package state says what is: the links of a host with their attributes, addresses and routes, and what one kernel request
// does to them (Host.Apply). The planner, check mode's «after» and the fake kernel of the tests all use this one model; a
// contract test holds it against the real kernel. Pure: no I/O, no clock.
package state

import (
	"cmp"
	"slices"

	"hostnet-module/module/attr"
	"hostnet-module/module/kind"
)

// Host is everything we look at in one network namespace. A Host is a value: Clone before changing one that is shared.
type Host struct {
	Links  []*Link // in the order of their indexes
	Routes []Route // unicast and the like, all tables but «local», without those that the kernel keeps itself
	Rules  []Rule  // IPv4's first, each family in the kernel's order
	index  *index  // nil until somebody looks for a link
	at     []*Link // the links by their places in the index; nil where one has gone
}

// Link is one interface. Of one that a host holds, Parent and Master are changed by Host.StandOn and Host.Join alone.
type Link struct {
	Name   string
	Index  int
	Kind   string // IFLA_INFO_KIND; "" for hardware
	Parent string // the link that it stands on (IFLA_LINK, for kinds with HasParent); "" if none, or in another namespace
	Master string // the bond or bridge whose port it is; "" if none

	Attrs attr.Set // kind.Common and the rows of its kind
	Port  attr.Set // the port rows of its master's kind

	Addresses []Address
	VLANs     []VLAN // own entries in the bridge VLAN table, of bridges (self) and their ports, by ID

	Seen Seen

	// Extras are what a link loses when it is made anew, and no document says; nil: nobody has looked, or it has none. What it points at is never changed:
	// hosts have it in common.
	Extras *Extras

	mtu    mtuOf
	alone  uint64 // the MTU that it had before it became a member of its bond; 0: nobody knows
	pinned bool   // the MAC was set on purpose, as far as this model has seen: it does not follow the ports
	place  int    // in its host's index: they grow along Host.Links

	under struct{ parent, master int } // where these were found last, by their places
}

// Seen are facts about a link that nobody sets.
type Seen struct {
	Hardware bool // a NIC: no kind, and not the loopback
	Loopback bool
	PermMAC  string // IFLA_PERM_ADDRESS; "" where the driver has none
	Path     string // udev's ID_PATH, as in "pci-0000:03:00.0"; "" if unknown
	MinMTU   uint32 // 0: unknown
	MaxMTU   uint32 // 0: no limit
	Carrier  bool
	Oper     string // operstate in iproute2's words: UP, DOWN, LOWERLAYERDOWN, UNKNOWN, …
	Speed    int    // Mbit/s; 0: unknown
	Drifts   bool   // nobody has set its MAC, which follows that of its ports; false: somebody has, or nobody looked (kernel: Drifting)
	Parent   int    // IFLA_LINK index where the parent is out of sight (another namespace); else 0
}

// K returns the link's kind.
func (l *Link) K() *kind.Kind { return kind.Of(l.Kind) }

// KindWord names what the link is for a person: its kernel kind, and of those without one the loopback and NICs.
func (l *Link) KindWord() string {
	switch {
	case l.Seen.Loopback:
		return "loopback"
	case l.Kind == "":
		return "ethernet"
	}
	return l.Kind
}

// Up tells whether the link is administratively up.
func (l *Link) Up() bool { return l.Attrs.N("up") != 0 }

// MAC returns the hardware address, "" if unknown.
func (l *Link) MAC() string { return l.Attrs.S("mac") }

// MTU returns the MTU, 0 if unknown.
func (l *Link) MTU() uint64 { return l.Attrs.N("mtu") }

// Address finds an address by its identity; nil if the link does not carry it.
func (l *Link) Address(k AddressKey) *Address {
	for i := range l.Addresses {
		if l.Addresses[i].Key() == k {
			return &l.Addresses[i]
		}
	}
	return nil
}

// Clone copies the link.
func (l *Link) Clone() *Link {
	c := new(Link)
	l.cloneInto(c)
	return c
}

func (l *Link) cloneInto(c *Link) {
	*c = *l
	c.Attrs, c.Port = l.Attrs.Clone(), l.Port.Clone()
	c.Addresses, c.VLANs = slices.Clone(l.Addresses), slices.Clone(l.VLANs)
}

// Only is the host with some of its links alone, and all of its routes and rules. What is in the links is shared.
func (h *Host) Only(names map[string]bool) *Host {
	c := &Host{Routes: h.Routes, Rules: h.Rules}
	for name := range names {
		if l := h.Link(name); l != nil {
			shallow := *l
			c.Links = append(c.Links, &shallow)
		}
	}
	slices.SortFunc(c.Links, func(a, b *Link) int { return cmp.Compare(a.place, b.place) })
	return c
}

// But copies the host, and has all links but the named ones in common with it: whoever changes the copy changes these alone, and
// links that have come later.
func (h *Host) But(names map[string]bool) *Host {
	c := &Host{Links: slices.Clone(h.Links), Routes: slices.Clone(h.Routes), Rules: slices.Clone(h.Rules), index: h.indexed().share(), at: slices.Clone(h.at)}
	for name := range names {
		if l := h.Link(name); l != nil {
			own := l.Clone()
			at, _ := c.position(l)
			c.Links[at], c.at[l.place] = own, own
		}
	}
	return c
}

// Clone copies the host, deeply.
func (h *Host) Clone() *Host {
	c := &Host{Links: make([]*Link, len(h.Links)), Routes: slices.Clone(h.Routes), Rules: slices.Clone(h.Rules)}
	links := make([]Link, len(h.Links))
	for i, l := range h.Links {
		l.cloneInto(&links[i])
		c.Links[i] = &links[i]
	}
	if h.index != nil {
		c.index, c.at = h.index.share(), make([]*Link, len(h.at))
		for _, l := range c.Links {
			c.at[l.place] = l
		}
	}
	return c
}
