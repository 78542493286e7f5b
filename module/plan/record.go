package plan

import (
	"hostnet-module/module/spec"
	"hostnet-module/module/state"
)

// Record is what to remember of a run that has succeeded, for the three-way lists of the next: what this document set, and
// what earlier ones set on objects that it does not name.
func Record(doc *spec.Document, before *state.Host, last Last, p *Plan) Last {
	next := Last{}
	for name, set := range last {
		if name == rulesKey || p.Target.Link(name) != nil {
			next[name] = set
		}
	}
	if doc.Prune {
		delete(next, rulesKey)
	}
	if doc.Rules != nil {
		set := Set{Kind: "rules"}
		for _, r := range doc.Rules {
			set.Rules = append(set.Rules, ruleWords(rule(r)))
		}
		next[rulesKey] = set
	}
	for _, o := range doc.Objects {
		if o.Absent {
			delete(next, o.Name)
			continue
		}
		was, had := last[o.Name], before.Link(o.Name)
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
		next[o.Name] = set
	}
	return next
}

// Identify notes in a record which links a run of a document has made, from a look at the host after it.
func Identify(doc *spec.Document, record Last, now *state.Host) {
	for _, o := range doc.Objects {
		if l, set := now.Link(o.Name), record[o.Name]; l != nil && set.Created {
			set.Index = l.Index
			record[o.Name] = set
		}
	}
}

// made tells whether a link is what an earlier run of ours has made.
func (s Set) made(l *state.Link) bool {
	return s.Created && s.Kind == l.K().Name && (s.Index == 0 || s.Index == l.Index)
}
