package plan

import (
	"slices"

	"hostnet-module/module/kind"
	"hostnet-module/module/spec"
)

// prune adds to the document, as absent, what an earlier run made and the document no longer names: never a link that was
// adopted, and never one that a link which stays stands on. The rules of earlier runs go as if the document listed none.
func (m *maker) prune() {
	m.declaredCount = len(m.doc.Objects)
	if !m.doc.Prune {
		return
	}
	doc, named := *m.doc, m.named()
	doc.Objects = slices.Clone(doc.Objects)
	for _, k := range kind.List() {
		for _, l := range m.has.Links {
			if l.K() == k && m.last[l.Name].made(l) && !named[l.Name] {
				o := &spec.Object{Kind: k, Name: l.Name, Path: "prune", Absent: true}
				doc.Objects, m.wants = append(doc.Objects, o), append(m.wants, want{Object: o})
			}
		}
	}
	if doc.Rules == nil && len(m.last[rulesKey].Rules) > 0 {
		doc.Rules = []spec.Rule{}
	}
	m.doc = &doc
}

// named are the links that the document speaks of, as objects, as ports, or as what an object stands on, and what those stand
// on in their turn.
func (m *maker) named() map[string]bool {
	named := map[string]bool{}
	var note func(name string)
	note = func(name string) {
		if named[name] || name == "" {
			return
		}
		named[name] = true
		if l := m.has.Link(name); l != nil {
			note(l.Parent)
		}
	}
	for _, o := range m.wants {
		if o.Absent {
			named[o.Name] = true
			continue
		}
		note(o.Name)
		note(o.Parent)
		for _, port := range o.ports {
			note(port)
		}
	}
	return named
}
