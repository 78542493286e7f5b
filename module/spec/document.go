// Package spec is what is wanted: the document, decoded strictly and checked as far as that can be done without a host.
// Every fault is a Problem with its path, the value, what is allowed and a hint, and all are found in one pass. Pure: no
// I/O, no host, no caller.
package spec

import (
	"net/netip"

	"hostnet-module/module/attr"
	"hostnet-module/module/kind"
	"hostnet-module/module/state"
)

// Presence is the value of a `state` key.
type Presence string

// The values of `state`. Gathered is a document's only.
const (
	Present  Presence = "present"
	Absent   Presence = "absent"
	Gathered Presence = "gathered"
)

// Document is one decoded document. Objects stand in the order of the result: ethernets, bonds, vlans, bridges, then every
// segment as its VLAN and its bridge. A document's `state: absent` has been carried into its objects.
type Document struct {
	State   Presence
	Objects []*Object
	Prune   bool
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
	IPv6           IPv6   // "" not said

	// The addresses, gateways and routes of the document. L3 tells that at least one of the three keys was given; then all
	// three lists are taken as given (three-way); if not, what earlier runs set is left as it is.
	L3        bool
	Addresses []state.Address
	Gateways  []netip.Addr
	Routes    []state.Route // Dev is the object's name
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
	for _, o := range d.Objects {
		if o.Name == name {
			return o
		}
	}
	return nil
}
