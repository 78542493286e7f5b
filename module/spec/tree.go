package spec

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"hostnet-module/module/attr"
)

var treeChecks = []func(*checker, *Object){checkParent, checkPorts, checkPortAddresses}

func mustGet(o *Object, name string) attr.Value { v, _ := o.Attrs.Get(name); return v }

// checkParent checks the link that a VLAN stands on.
func checkParent(c *checker, o *Object) {
	if !o.Kind.HasParent || o.inSegment() && (o.Parent == "" || !o.Attrs.Has("id")) {
		return
	}
	if !o.Attrs.Has("id") {
		c.lacks(o, o.Path, ErrMissing, "", "id is missing: the VLAN's number")
	}
	if o.Parent == "" {
		c.lacks(o, o.Path, ErrMissing, "", "parent is missing: the link that carries the VLAN")
		return
	}
	if below := c.named(o.Parent); below != nil && below.Absent {
		c.fault(o.key("parent"), ErrConflict, "", "%s: stands on a link that shall be absent (%s)", quote(o.Parent), below.Path)
	}
	if m := c.master(o.Parent); m != nil && m.Kind.TakesPorts {
		c.fault(o.key("parent"), ErrConflict, "say parent: "+bare(m.Name), "%s: is one of the %s of %s, which carries the VLANs",
			quote(o.Parent), m.Kind.Ports, m.called())
	}
	below := c.present(o.Parent)
	if below != nil && o.Attrs.Has("mtu") && below.Attrs.Has("mtu") && o.Attrs.N("mtu") > below.Attrs.N("mtu") {
		c.fault(o.key("mtu"), ErrConflict, "raise "+below.key("mtu")+", or leave it out there: it follows", "%d: is above that of its parent %s, %d",
			o.Attrs.N("mtu"), quote(below.Name), below.Attrs.N("mtu"))
	}
}

// checkKeptDown refuses objects that the document keeps down below others that are to be up (net/8021q/vlan_dev.c: vlan_dev_open).
func checkKeptDown(c *checker) {
	above := map[*Object][]string{}
	for _, o := range c.doc.Objects {
		below := c.present(o.Parent)
		if below != nil && !o.Absent && o.Kind.HasParent && below.down() && !o.down() && !o.set("loose_binding") {
			above[below] = append(above[below], o.Name)
		}
	}
	for _, o := range c.doc.Objects {
		if names := above[o]; len(names) > 0 {
			c.fault(o.key("up"), ErrConflict, "take it away, or say `up: false` of what stands on it too",
				"false: %s is to be up and stands on %s%s", names[0], o.called(), more(len(names)-1))
		}
	}
}

// down tells whether the document keeps an object down.
func (o *Object) down() bool {
	up, said := o.Attrs.Get("up")
	return said && up.N == 0
}

func more(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" (and %d more)", n)
}

// maxPorts is the most ports that a bridge takes (net/bridge/br_private.h: BR_MAX_PORTS, port 0 is not used).
const maxPorts = 1023

// checkPorts checks that each member or port can be one.
func checkPorts(c *checker, o *Object) {
	if o.Kind.Bridging && len(o.Ports) > maxPorts {
		c.fault(o.key(o.Kind.Ports), ErrValue, "", "a %s takes at most %d %s, has %d", o.Kind.Name, maxPorts, o.Kind.Ports, len(o.Ports))
	}
	for _, p := range o.Ports {
		if p.MAC != "" {
			c.hardware(p.Path, p.MAC)
		}
		below := c.named(p.Name)
		switch {
		case p.Name == "" || below == nil:
		case below.Absent:
			if p.Path != below.Path {
				c.fault(p.Path, ErrConflict, "", "%s: shall be absent (%s)", quote(p.Name), below.Path)
			}
		case o.Kind.TakesPorts && !below.Kind.Existing:
			c.fault(p.Path, ErrConflict, "list NICs", "%s: is declared as a %s (%s) and cannot be one of the %s of a %s",
				quote(p.Name), below.Kind.Name, below.Path, o.Kind.Ports, o.Kind.Name)
		case o.Kind.Bridging && below.Kind.Bridging && below != o:
			c.fault(p.Path, ErrConflict, "", "%s: is a %s itself; the kernel puts no %s into another", quote(p.Name), below.Kind.Name, o.Kind.Name)
		}
	}
}

// checkPortAddresses refuses addresses where nobody could reach them: on a member or port.
func checkPortAddresses(c *checker, o *Object) {
	m := c.master(o.Name)
	if m == nil || m == o {
		return
	}
	for _, list := range []struct {
		key string
		n   int
	}{{"addresses", len(o.Addresses)}, {"gateway", len(o.Gateways)}, {"routes", len(o.Routes)}} {
		if list.n > 0 {
			c.fault(o.key(list.key), ErrConflict, "put them on "+bare(m.Name), "%s is one of the %s of %s, which gets what arrives there",
				quote(o.Name), m.Kind.Ports, m.called())
		}
	}
}

// checkMasters refuses a link that is listed twice.
func checkMasters(c *checker) {
	for _, o := range c.doc.Objects {
		if o.Absent {
			continue
		}
		for i := range o.Ports {
			p := &o.Ports[i]
			switch was := c.listed[p.String()]; {
			case was.port == p:
			case was.of == o:
				c.fault(p.Path, ErrDuplicate, "", "%s: is listed twice, first at %s", portText(*p), was.port.Path)
			default:
				c.fault(p.Path, ErrConflict, "a link is part of one other link at most", "%s: is one of the %s of %s already (%s)",
					portText(*p), was.of.Kind.Ports, was.of.called(), was.port.Path)
			}
		}
	}
}

func portText(p Port) string {
	if p.Name != "" {
		return quote(p.Name)
	}
	return bare(p.String())
}

// checkCycles refuses a link that stands on itself.
func checkCycles(c *checker) {
	const open, done = 1, 2
	state := make([]uint8, len(c.doc.Objects))
	var trail []string
	var visit func(at int)
	visit = func(at int) {
		o := c.doc.Objects[at]
		state[at] = open
		trail = append(trail, o.Name)
		for name, path := range o.below() {
			next := c.doc.place(name)
			switch {
			case next < 0 || name == "" || c.doc.Objects[next].Absent || c.full():
			case state[next] == open:
				c.fault(path(), ErrConflict, "", "%s: stands on itself: %s", quote(name), loopText(trail, name))
			case state[next] == 0:
				visit(next)
			}
		}
		trail = trail[:len(trail)-1]
		state[at] = done
	}
	for i, o := range c.doc.Objects {
		if !o.Absent && o.Name != "" && c.doc.place(o.Name) == i && state[i] == 0 {
			visit(i)
		}
	}
}

// below yields the names of the links that an object stands on, "" where it says something else, and where it says so.
func (o *Object) below() iter.Seq2[string, func() string] {
	return func(yield func(string, func() string) bool) {
		if o.Parent != "" && !yield(o.Parent, func() string { return o.key("parent") }) {
			return
		}
		for i := range o.Ports {
			if !yield(o.Ports[i].Name, func() string { return o.Ports[i].Path }) {
				return
			}
		}
	}
}

func loopText(trail []string, name string) string {
	if i := slices.Index(trail, name); i >= 0 {
		trail = trail[i:]
	}
	if len(trail) > 8 {
		return bare(clip(strings.Join(trail[:8], " on "))) + " on ..."
	}
	return bare(clip(strings.Join(append(slices.Clone(trail), name), " on ")))
}

// checkVLANs refuses a second VLAN of one number on one link.
func checkVLANs(c *checker) {
	type tag struct {
		parent       string
		id, protocol uint16
	}
	first := make(map[tag]*Object, len(c.doc.Objects)/2)
	for _, o := range c.doc.Objects {
		if !o.Kind.HasParent || o.Absent || o.Parent == "" || !o.Attrs.Has("id") {
			continue
		}
		t := tag{o.Parent, uint16(o.Attrs.N("id")), uint16(o.Attrs.N("protocol"))}
		if !o.Attrs.Has("protocol") {
			t.protocol = 0x8100
		}
		if was := first[t]; was != nil {
			c.fault(o.key("id"), ErrDuplicate, "", "%d: is the VLAN of %s on %s already", t.id, was.Path, quote(o.Parent))
			continue
		}
		first[t] = o
	}
}
