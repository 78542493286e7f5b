package spec

import (
	"fmt"
	"net/netip"
	"slices"

	"hostnet-module/module/attr"
)

// TakesAway are the places of a document that take away what an earlier one declares, which is laid under it: merged is what both make
// together (Merge). To take away is to prune, to remove or take down an object, to make it another one, to move it or a port of it to where it
// was not, and to drop an address, gateway, route or rule. Objects that are new, and options that differ, take nothing away. card names
// the link that a port is on a host; nil: a port is what it is called.
func TakesAway(earlier, later, merged *Document, card func(Port) string) []Problem {
	t := taking{later: later, merged: merged, card: card}
	if later.Prune {
		t.add("prune", "true would remove what the document does not name")
	}
	for _, o := range earlier.Objects {
		if !o.Absent {
			t.object(o)
		}
	}
	t.moves(earlier)
	if lacks(earlier.Rules, merged.Rules, Rule.identity) != "" {
		t.add("rules", "a rule would be removed")
	}
	return t.problems
}

type taking struct {
	later, merged *Document
	card          func(Port) string
	problems      []Problem
}

func (t *taking) add(path, format string, args ...any) {
	t.problems = append(t.problems, Problem{Path: path, Message: fmt.Sprintf(format, args...), Err: ErrConflict})
}

// object looks what has become of an object of the earlier document.
func (t *taking) object(o *Object) {
	said, now := t.later.Find(o.Name), t.merged.Find(o.Name)
	path := o.Name
	if said != nil {
		path = said.Path
	}
	switch {
	case now == nil && t.later.Prune: // which has been told
		return
	case now == nil:
		t.add(path, "%s would be removed", o.Name)
		return
	case now.Kind != o.Kind:
		t.add(path, "%s is a %s and would be a %s", o.Name, o.Kind.Name, now.Kind.Name)
		return
	case now.Parent != o.Parent:
		t.add(path, "%s would be moved from %s to %s", o.Name, o.Parent, now.Parent)
	}
	t.attributes(o, now, path)
	if name := t.lostPort(o.Ports, now.Ports); name != "" {
		t.add(path, "%s would lose %s, its port", o.Name, name)
	}
	if a := lacks(o.Addresses, now.Addresses, func(a Address) string { return a.Prefix.String() }); a != "" {
		t.add(path, "%s would lose its address %s", o.Name, a)
	}
	if g := lacks(o.Gateways, now.Gateways, netip.Addr.String); g != "" {
		t.add(path, "%s would lose its gateway %s", o.Name, g)
	}
	if lacks(o.Routes, now.Routes, func(r Route) string { return fmt.Sprint(routeClaim(r)) }) != "" {
		t.add(path, "%s would lose a route", o.Name)
	}
}

// attributes looks for those that make an object another one, or take it down.
func (t *taking) attributes(o, now *Object, path string) {
	if was, said := o.Attrs.Get("up"); !said || was.N != 0 {
		if is, said := now.Attrs.Get("up"); said && is.N == 0 {
			t.add(path, "%s would be taken down", o.Name)
		}
	}
	for r := range o.Attrs.All() {
		was, _ := o.Attrs.Get(r.Name)
		if is, said := now.Attrs.Get(r.Name); r.When&attr.Never != 0 && (!said || !r.Equal(was, is)) {
			t.add(path, "%s would be another one: its %s would change", o.Name, r.Name)
		}
	}
	if o.HostAccess != nil && now.HostAccess != nil && *o.HostAccess != *now.HostAccess {
		t.add(path, "the host's access to %s would change", o.Name)
	}
}

// lostPort is a port that an object no longer has; "" if there is none. Where it is not known what is called what, ports that are named in
// another way and are new may be it.
func (t *taking) lostPort(was, is []Port) string {
	had := map[string]bool{}
	for _, p := range was {
		had[t.name(p)] = true
	}
	for _, p := range was {
		same := func(o Port) bool {
			otherwise := (o.Name == "") != (p.Name == "") || (o.MAC == "") != (p.MAC == "")
			return t.name(o) == t.name(p) || t.card == nil && otherwise && !had[t.name(o)]
		}
		if !slices.ContainsFunc(is, same) {
			return p.String()
		}
	}
	return ""
}

// moves looks for ports that the earlier document has elsewhere, or as objects of their own.
func (t *taking) moves(earlier *Document) {
	home := map[string]string{} // of each port
	declared := map[string]bool{}
	for _, o := range earlier.Objects {
		declared[o.Name] = !o.Absent
		for _, p := range o.Ports {
			home[t.name(p)] = o.Name
		}
	}
	for _, o := range t.later.Objects {
		for _, p := range o.Ports {
			name := t.name(p)
			whose, is := home[name]
			switch {
			case o.Absent || is && whose == o.Name:
			case is:
				t.add(p.Path, "%s would be moved from %s to %s", p, whose, o.Name)
			case declared[name]:
				t.add(p.Path, "%s would become a port of %s", p, o.Name)
			}
		}
	}
}

// name is what a port is called, or the link that it is.
func (t *taking) name(p Port) string {
	if t.card != nil {
		if name := t.card(p); name != "" {
			return name
		}
	}
	return p.String()
}

// lacks is the first of a list that is not in another one, "" if there is none.
func lacks[T any](was, is []T, name func(T) string) string {
	have := map[string]bool{}
	for _, v := range is {
		have[name(v)] = true
	}
	i := slices.IndexFunc(was, func(v T) bool { return !have[name(v)] })
	if i < 0 {
		return ""
	}
	return name(was[i])
}
