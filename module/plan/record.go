package plan

import (
	"maps"

	"hostnet-module/module/spec"
	"hostnet-module/module/state"
)

// Changes are what becomes of a record, by the names in it; nil: it says nothing of that name any more.
type Changes map[string]*Set

// Record is what a run that has succeeded changes in the record, for the three-way lists of the next: what this document set. What
// earlier ones set on objects that it does not name stays. Mostly there is nothing to change.
func Record(doc *spec.Document, before *state.Host, last Last, p *Plan) Changes {
	r := recorder{last: last, changes: Changes{}}
	if doc.Rules != nil {
		set := Set{Kind: "rules"}
		for _, r := range doc.Rules {
			set.Rules = append(set.Rules, ruleWords(rule(r)))
		}
		r.note(rulesKey, set)
	}
	known := 0
	for i, o := range doc.Objects {
		was, ok := last[o.Name]
		if ok {
			known++
		}
		if !o.Absent {
			r.note(o.Name, set(o, before.Link(o.Name), was, p.Listed[i]))
		} else if ok {
			r.changes[o.Name] = nil
		}
	}
	if known == len(last) {
		return r.changes
	}
	for name := range last {
		if name != rulesKey && p.Target.Link(name) == nil || name == rulesKey && doc.Prune && doc.Rules == nil {
			r.changes[name] = nil
		}
	}
	return r.changes
}

// set is what a document sets on an object.
func set(o *spec.Object, had *state.Link, was Set, listed []string) Set {
	set := Set{Kind: o.Kind.Name, Created: had == nil || was.made(had), Index: was.Index, Addresses: was.Addresses, Routes: was.Routes, Ports: was.Ports}
	if o.L3 || dumb(o) {
		set.Addresses, set.Routes = nil, nil
		for _, a := range o.Addresses {
			set.Addresses = append(set.Addresses, a.Prefix.String())
		}
		for _, r := range declaredRoutes(o) {
			set.Routes = append(set.Routes, r.String())
		}
	}
	if listed != nil {
		set.Ports = listed
	}
	return set
}

// recorder finds what changes in a record.
type recorder struct {
	last    Last
	changes Changes
}

func (r recorder) note(name string, set Set) {
	if was, ok := r.last[name]; !ok || !was.same(set) {
		change := set
		r.changes[name] = &change
	}
}

// Identify adds to the changes of a record which links a run of a document has made, from a look at the host after it.
func (c Changes) Identify(doc *spec.Document, last Last, now *state.Host) {
	r := recorder{last, c}
	for _, l := range now.Links {
		if doc.Find(l.Name) == nil {
			continue
		}
		set := last[l.Name]
		if change := c[l.Name]; change != nil {
			set = *change
		}
		if set.Created {
			set.Index = l.Index
			r.note(l.Name, set)
		}
	}
}

// With is the record after changes; the record itself stays as it is where there are any.
func (l Last) With(c Changes) Last {
	if len(c) == 0 {
		return l
	}
	next := make(Last, max(len(l), len(c)))
	maps.Copy(next, l)
	for name, set := range c {
		if set == nil {
			delete(next, name)
		} else {
			next[name] = *set
		}
	}
	return next
}

// Undo is what takes changes back: what the record says of these names, and of others that may still come to be changed.
func (l Last) Undo(c Changes, others map[string]bool) Changes {
	undo := make(Changes, len(c)+len(others))
	note := func(name string) {
		if set, ok := l[name]; ok {
			undo[name] = &set
		} else {
			undo[name] = nil
		}
	}
	for name := range c {
		note(name)
	}
	for name := range others {
		if _, ok := l[name]; ok {
			note(name)
		}
	}
	return undo
}

// News are those changes that a record does not hold yet.
func (l Last) News(c Changes) Changes {
	news := Changes{}
	for name, set := range c {
		if was, ok := l[name]; ok != (set != nil) || ok && !was.same(*set) {
			news[name] = set
		}
	}
	return news
}

// made tells whether a link is what an earlier run of ours has made.
func (s Set) made(l *state.Link) bool {
	return s.Created && s.Kind == l.K().Name && (s.Index == 0 || s.Index == l.Index)
}
