// Package spec is what is wanted: the document, decoded strictly and checked as far as that can be done without a host.
// Every fault is a Problem with its path, the value, what is allowed and a hint, and all are found in one pass. Pure: no
// I/O, no host, no caller.
package spec

import (
	"net/netip"
	"slices"

	"hostnet-module/module/attr"
	"hostnet-module/module/kind"
)

// Presence is the value of a `state` key.
type Presence string

// The values of `state`. Gathered is a document's only.
const (
	Present  Presence = "present"
	Absent   Presence = "absent"
	Gathered Presence = "gathered"
)

// Summary is the value of `result` that asks for counts only.
const Summary = "summary"

// Document is one decoded document. Objects stand in the order of the result: ethernets, bonds, vlans, bridges, then every
// segment as its VLAN and its bridge. A document's `state: absent` has been carried into its objects.
type Document struct {
	State   Presence
	Objects []*Object
	Rules   []Rule // nil: not said; empty: none of ours
	Prune   bool   // remove what an earlier run made and the document does not name

	Result string // how much the result tells: full (or ""), summary

	MaxDisruption string // the most that a plan may disturb: none, flap, recreate; "": as much as it must
	Persist       *bool  // the objects also come back at boot; nil: not said

	ConfirmTimeout uint    // seconds until everything is undone unless it was confirmed; 0: kept at once
	Probes         []Probe // what must answer, or everything is undone; nil: not said
	ProbeTimeout   uint    // seconds that they have together; 0: UsualProbeTimeout

	found found // see Find
}

// Object is one link that the document speaks of.
type Object struct {
	Kind *kind.Kind
	Name string
	Path string // where it stands: "bonds[0]", "segments[2]"

	Absent bool
	Attrs  attr.Set // what it says about the link's own and its kind's attributes; what is missing is left as it is
	Parent string   // of kinds with HasParent

	Ports          []Port // the members or ports it lists; nil: not said; empty: none
	PortsExclusive bool   // evict ports that are not listed (kinds with OwnsPorts do so anyway)
	HostAccess     *bool  // of bridging kinds; nil: not said
	VLANs          []VLAN // of bridging kinds: the bridge's own entries in its VLAN table; nil: not said
	IPv6           IPv6   // "" not said

	// The addresses, gateways and routes of the document. L3 tells that at least one of the three keys was given; then all
	// three lists are taken as given (three-way); if not, what earlier runs set is left as it is.
	L3        bool
	Addresses []Address
	Gateways  []netip.Addr
	Routes    []Route
}

// IPv6 is the value of the `ipv6` key.
type IPv6 string

// The values of `ipv6`.
const (
	IPv6Auto IPv6 = "auto"
	IPv6Off  IPv6 = "off"
)

// Port names a link that is to be a member or port: by name, by MAC (its permanent one, else the current one), or by the
// path of its hardware as udev writes it (ID_PATH).
type Port struct {
	Name  string
	MAC   string
	HW    string
	Path  string // where it stands: "bonds[0].members[1]"
	Attrs attr.Set
	VLANs []VLAN // its entries in the bridge's VLAN table; nil: not said; empty: none
}

// String prints the port as the document would name it.
func (p Port) String() string {
	switch {
	case p.Name != "":
		return p.Name
	case p.MAC != "":
		return "{mac: " + p.MAC + "}"
	}
	return "{path: " + p.HW + "}"
}

// Find returns the object that names a link; nil if none does.
func (d *Document) Find(name string) *Object {
	if at := d.place(name); at >= 0 {
		return d.Objects[at]
	}
	return nil
}

// place is where the first object of a name stands; -1 if there is none.
func (d *Document) place(name string) int {
	if len(d.Objects) == 0 {
		return -1
	}
	if d.found.list != &d.Objects[0] || d.found.n != len(d.Objects) { // of a copy with other objects, too
		d.found = found{&d.Objects[0], len(d.Objects), make(map[string]int, len(d.Objects))}
		for i, o := range slices.Backward(d.Objects) { // of two the first counts
			d.found.at[o.Name] = i
		}
	}
	if i, ok := d.found.at[name]; ok {
		return i
	}
	return -1
}

// found is where the objects of a list stand, by name.
type found struct {
	list **Object
	n    int
	at   map[string]int
}

// Address is one entry of `addresses`: a text ADDR/LEN, or an object with iproute2's words (ip-address(8)).
type Address struct {
	Prefix        netip.Prefix // host bits kept
	Peer          netip.Prefix // zero: none
	Broadcast     netip.Addr   // IPv4; zero: none
	Label         string       // IPv4; at most 15 bytes, starts with the link's name
	Scope         uint8        // 0 global, 253 link, 254 host
	NoDAD         bool         // IPv6
	NoPrefixRoute bool
	Valid         *uint32 // seconds; nil: forever
	Preferred     *uint32 // seconds, at most Valid; nil: forever
	Path          string  // where it stands
}

// Route is one entry of `routes` (ip-route(8)).
type Route struct {
	To     netip.Prefix // "default" is the zero prefix of Via's family
	Via    netip.Addr   // zero: on link
	Metric *uint32      // nil: the kernel's default (IPv4 0, IPv6 1024)
	Table  uint32       // 254, main, where nothing is said
	Source netip.Addr   // zero: none
	OnLink bool
	MTU    uint32 // bytes; 0: none
	Type   uint8  // RTN_*: 1 unicast; 6 blackhole, 7 unreachable, 8 prohibit, 9 throw have no way out
	Scope  uint8  // IPv4; 0: as the kernel's users have it, link without a next hop
	Path   string // where it stands
}
