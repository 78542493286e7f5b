package state

import (
	"net/netip"
	"strconv"

	"hostnet-module/module/attr"
)

// Address is one address of a link (linux/if_addr.h, ip-address(8)).
type Address struct {
	Prefix    netip.Prefix // ADDR/LEN: host bits are kept
	Peer      netip.Prefix // the far end of a point-to-point address; zero otherwise
	Broadcast netip.Addr   // IPv4; zero: none
	Label     string       // IPv4; "" or the link's name: none of its own
	Scope     uint8        // RT_SCOPE_UNIVERSE 0, SITE 200, LINK 253, HOST 254
	Flags     uint32       // IFA_F_*: those in SetFlags are set by us, the others only seen (TENTATIVE, PERMANENT, …)
	Valid     uint32       // seconds; Forever
	Preferred uint32       // seconds; Forever
	Proto     uint8        // who set it (IFAPROT_*); 0: nobody says
	Metric    uint32       // of the route to its network; 0: the kernel's
}

// Forever is the lifetime that never ends (INFINITY_LIFE_TIME).
const Forever = ^uint32(0)

// Flags of addresses (linux/if_addr.h).
const (
	FlagSecondary     = 0x01
	FlagNodad         = 0x02
	FlagDadFailed     = 0x08
	FlagHome          = 0x10
	FlagDeprecated    = 0x20
	FlagTentative     = 0x40
	FlagPermanent     = 0x80
	FlagManageTemp    = 0x100
	FlagNoPrefixRoute = 0x200
	FlagMCAutoJoin    = 0x400

	SetFlags = FlagNodad | FlagHome | FlagManageTemp | FlagNoPrefixRoute | FlagMCAutoJoin
)

// AddressKey is what makes two addresses of one link the same for the kernel.
type AddressKey struct {
	Prefix, Peer netip.Prefix
}

// Key returns the address's identity. IPv6 knows one entry an address, whatever its prefix length; the prefix is part of
// the key all the same, so that a changed length is a change.
func (a Address) Key() AddressKey { return AddressKey{a.Prefix, a.Peer} }

// Is4 tells the family.
func (a Address) Is4() bool { return a.Prefix.Addr().Is4() }

// Kernel tells whether the kernel made the address itself: an IPv6 link-local address, or one from a router
// advertisement (it has a lifetime that the router renews, or ManageTemp).
func (a Address) Kernel() bool {
	if a.Is4() {
		return false
	}
	return a.Prefix.Addr().IsLinkLocalUnicast() || a.Flags&FlagManageTemp != 0 && a.Flags&FlagPermanent == 0
}

// Same tells whether two addresses of one key agree in all that we set. Lifetimes that run down are compared by whether
// they end.
func (a Address) Same(b Address) bool {
	return a.Key() == b.Key() && a.Scope == b.Scope && a.Flags&SetFlags == b.Flags&SetFlags &&
		a.Label == b.Label && (a.Valid == Forever) == (b.Valid == Forever) && (a.Preferred == Forever) == (b.Preferred == Forever)
}

// identity prints the address by its key.
func (a Address) identity() string {
	if a.Peer.IsValid() {
		return a.Prefix.Addr().String() + " peer " + a.Peer.String()
	}
	return a.Prefix.String()
}

// String prints the address with its options in ip-address(8)'s words.
func (a Address) String() string {
	text := a.identity()
	if a.Broadcast.IsValid() {
		text += " broadcast " + a.Broadcast.String()
	}
	if a.Scope != 0 {
		text += " scope " + scopeName(a.Scope)
	}
	for _, f := range addressFlags {
		if a.Flags&f.bit != 0 {
			text += " " + f.word
		}
	}
	if a.Label != "" {
		text += " label " + attr.Word(a.Label)
	}
	if a.Valid != Forever {
		text += " valid_lft " + strconv.FormatUint(uint64(a.Valid), 10)
	}
	if a.Preferred != Forever {
		text += " preferred_lft " + strconv.FormatUint(uint64(a.Preferred), 10)
	}
	return text
}

var addressFlags = []struct {
	bit  uint32
	word string
}{{FlagHome, "home"}, {FlagManageTemp, "mngtmpaddr"}, {FlagNodad, "nodad"}, {FlagNoPrefixRoute, "noprefixroute"}, {FlagMCAutoJoin, "autojoin"}}

func scopeName(scope uint8) string {
	if name, ok := map[uint8]string{0: "global", 200: "site", 253: "link", 254: "host", 255: "nowhere"}[scope]; ok {
		return name
	}
	return strconv.Itoa(int(scope))
}
