package plan

import (
	"iter"
	"slices"

	"hostnet-module/module/attr"
	"hostnet-module/module/state"
)

// Concerned names the links of a host to which steps may do something, be it by way of another link: those that they are about; where
// a link changes, its master, its ports and all that stands on it, and so on. With them come the links that these are in or stand on, as far as NICs: what
// a link is cannot be told without them. A bond that gets one VLAN more is there as what the VLAN stands on; its other VLANs are not.
func Concerned(h *state.Host, steps []state.Step) map[string]bool {
	c := concern{h, map[string]bool{}}
	for _, s := range steps {
		switch {
		case s.Op == state.LinkAdd:
			c.names[s.Link], c.names[s.Parent] = true, true
		case s.Op == state.RouteAdd, s.Op == state.RouteDel:
			for _, leg := range s.Route.Legs() {
				c.names[leg.Dev] = true
			}
		}
		if s.Op != state.LinkAdd || h.Link(s.Link) != nil {
			c.changes(s.Link)
		}
		for name := range others(s) {
			c.changes(name)
		}
	}
	return c.standing()
}

// others names the links that a step is about besides its own: the new master, and those that attributes speak of.
func others(s state.Step) iter.Seq[string] {
	return func(yield func(string) bool) {
		if s.Master != nil && *s.Master != "" && !yield(*s.Master) {
			return
		}
		for _, set := range [...]attr.Set{s.Attrs, s.Port} {
			for r, v := range set.All() {
				if r.Type == attr.Index && v.S != "" && !yield(v.S) {
					return
				}
			}
		}
	}
}

type concern struct {
	h     *state.Host
	names map[string]bool
}

// changes notes that something is done to a link.
func (c concern) changes(name string) {
	l := c.h.Link(name)
	switch {
	case name == "":
		return
	case l == nil:
		c.names[name] = true
		return
	case c.names[name]:
		return
	}
	c.names[name] = true
	c.changes(l.Master)
	for _, others := range [][]*state.Link{c.h.Ports(name), c.h.Uppers(name)} {
		for _, o := range others {
			c.changes(o.Name)
		}
	}
}

// standing adds what the links are in and stand on.
func (c concern) standing() map[string]bool {
	all := map[string]bool{}
	var add func(name string)
	add = func(name string) {
		if name == "" || all[name] {
			return
		}
		all[name] = true
		if l := c.h.Link(name); l != nil {
			add(l.Master)
			add(l.Parent)
		}
	}
	for name := range c.names {
		add(name)
	}
	return all
}

// Holds tells whether a host is as a target says, but for addresses that the kernel makes itself. Where it is in doubt it says no.
func Holds(has, target *state.Host) bool {
	if len(has.Links) != len(target.Links) || !slices.EqualFunc(has.Rules, target.Rules, state.Rule.Same) || !sameRoutes(has.Routes, target.Routes) {
		return false
	}
	return !slices.ContainsFunc(target.Links, func(t *state.Link) bool {
		s := has.Link(t.Name)
		return s == nil || !holds(s, t)
	})
}

func holds(s, t *state.Link) bool {
	if alike(s, t) {
		return true
	}
	mine := func(l *state.Link) *state.Link {
		c := *l
		c.Addresses = slices.DeleteFunc(slices.Clone(l.Addresses), state.Address.Kernel)
		return &c
	}
	return alike(mine(s), mine(t))
}
