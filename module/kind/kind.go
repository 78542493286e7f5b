// Package kind holds one table for each kind of link: what its attributes are, what its ports are called, when it must be
// made anew. It is data. A new attribute is a row, a new kind is a file and a line in list.go; no other package asks
// which kind it has before it.
package kind

import (
	"slices"
	"time"

	"hostnet-module/module/attr"
)

// Kind describes one kind of link.
type Kind struct {
	Name   string // IFLA_INFO_KIND; for NICs "ethernet", which the kernel does not use
	List   string // the document's key
	Doc    string // one sentence, without the final stop
	Module string // the kernel module that brings the kind; "" for NICs

	Rows attr.Table // the kind's own attributes: IFLA_INFO_DATA
	Port attr.Table // attributes of its ports: IFLA_INFO_SLAVE_DATA

	Ports      string    // the document's word for its ports: "members", "ports", or "" if it has none
	PortWhen   attr.When // condition under which a link can become its port (Down: bond members)
	OwnsPorts  bool      // its ports are exactly the declared ones; nobody else adds any
	TakesPorts bool      // its ports get its MAC and MTU, and are its legs: they carry no addresses of their own
	HasParent  bool      // stands on another link (IFLA_LINK)
	Existing   bool      // is found, never made or deleted
	Bridging   bool      // forwards between its ports; has a VLAN table and host_access
	FollowsMTU bool      // its MTU is the least of its ports', from when one joins until somebody sets it on the link that is there
	Settles    []Settle  // what comes to its end only some time after a change
}

// Settle is something that a link of a kind, or a port of one, comes to by itself some time after a change, if it does.
type Settle struct {
	What  string // "forwarding (spanning tree)"
	Row   string // what tells, of the kind's own rows, or with Port of its ports'
	Port  bool
	While []attr.Value  // it is under way while the row has one of these values,
	Lacks uint64        // or one of these bits is missing
	Most  time.Duration // how long it takes at most, as a rule
	Twice string        // a row of the kind, in hundredths of a second, twice which comes on top
}

// Open tells whether it is still under way, by the attributes of which the row is one.
func (s Settle) Open(of attr.Set) bool {
	v, ok := of.Get(s.Row)
	return ok && (slices.Contains(s.While, v) || v.N&s.Lacks != s.Lacks)
}

// Limit is how long it may take on a link, or on the port of a link, with these attributes.
func (s Settle) Limit(on attr.Set) time.Duration {
	return s.Most + 2*time.Duration(on.N(s.Twice))*10*time.Millisecond
}

// Row finds a row of a link of this kind by the document's key: its own, then one that all links have; nil if unknown.
func (k *Kind) Row(name string) *attr.Row {
	if r := k.Rows.Row(name); r != nil {
		return r
	}
	return Common.Row(name)
}

// Key returns the document's word for one object of the kind: "bond", "vlan", "bridge", "ethernet".
func (k *Kind) Key() string { return k.Name }
