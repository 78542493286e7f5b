package plan

import (
	"maps"

	"hostnet-module/module/spec"
	"hostnet-module/module/state"
)

// Record is what to remember of a run that has succeeded, for the three-way lists of the next: what this document set, and
// what earlier ones set on objects that it does not name. It is last itself if that says so already, as it mostly does.
func Record(doc *spec.Document, before *state.Host, last Last, p *Plan) Last {
	r := recorder{now: last, room: len(doc.Objects)}
	for name := range last {
		if name != rulesKey && p.Target.Link(name) == nil || name == rulesKey && doc.Prune && doc.Rules == nil {
			r.forget(name)
		}
	}
	if doc.Rules != nil {
		set := Set{Kind: "rules"}
		for _, r := range doc.Rules {
			set.Rules = append(set.Rules, ruleWords(rule(r)))
		}
		r.note(rulesKey, set)
	}
	for _, o := range doc.Objects {
		if o.Absent {
			r.forget(o.Name)
		} else {
			r.note(o.Name, set(o, before.Link(o.Name), last[o.Name], p))
		}
	}
	return r.now
}

// set is what a document sets on an object.
func set(o *spec.Object, had *state.Link, was Set, p *Plan) Set {
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
	if listed, ok := p.Listed[o.Name]; ok {
		set.Ports = listed
	}
	return set
}

// recorder writes a record; the one that it begins with stays as it is.
type recorder struct {
	now  Last
	own  bool // a copy
	room int  // for how many names a copy is made
}

func (r *recorder) note(name string, set Set) {
	if was, ok := r.now[name]; !ok || !was.same(set) {
		r.copied()[name] = set
	}
}

func (r *recorder) forget(name string) {
	if _, ok := r.now[name]; ok {
		delete(r.copied(), name)
	}
}

func (r *recorder) copied() Last {
	if !r.own {
		last := r.now
		r.own, r.now = true, make(Last, max(len(last), r.room))
		maps.Copy(r.now, last)
	}
	return r.now
}

// Identify notes in a record which links a run of a document has made, from a look at the host after it, and returns it.
func Identify(doc *spec.Document, record Last, now *state.Host) Last {
	r := recorder{now: record, room: len(record)}
	for _, o := range doc.Objects {
		if l, set := now.Link(o.Name), record[o.Name]; l != nil && set.Created {
			set.Index = l.Index
			r.note(o.Name, set)
		}
	}
	return r.now
}

// made tells whether a link is what an earlier run of ours has made.
func (s Set) made(l *state.Link) bool {
	return s.Created && s.Kind == l.K().Name && (s.Index == 0 || s.Index == l.Index)
}
