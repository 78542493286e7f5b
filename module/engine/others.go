package engine

import (
	"hostnet-module/module/others"
	"hostnet-module/module/plan"
	"hostnet-module/module/spec"
	"hostnet-module/module/state"
)

// conflicts warns of other managers that configure the links of a document as well: its objects, those that shall be absent
// too, and what they list as their ports.
func (r Runner) conflicts(doc *spec.Document, before *state.Host, p *plan.Plan) []string {
	return others.Warnings(others.Find(r.Root, func() []others.Link { return concerned(doc, before, p) }))
}

// concerned are the links of a document, each once.
func concerned(doc *spec.Document, before *state.Host, p *plan.Plan) []others.Link {
	links, seen := make([]others.Link, 0, len(doc.Objects)), make(map[string]bool, len(doc.Objects))
	add := func(name string) {
		if name == "" || seen[name] {
			return
		}
		seen[name] = true
		kind := "" // of a link that is not there yet
		if o := doc.Find(name); o != nil && !o.Kind.Existing {
			kind = o.Kind.Name
		}
		links = append(links, known(name, kind, before.Link(name)))
	}
	for i, o := range doc.Objects {
		for _, name := range p.Listed[i] {
			add(name)
		}
		add(o.Name)
	}
	return links
}

// known is a link as other managers know it.
func known(name, kind string, l *state.Link) others.Link {
	to := others.Link{Name: name, Kind: kind}
	if l == nil {
		return to
	}
	to.Index, to.Kind, to.Path = l.Index, l.Kind, l.Seen.Path
	for _, mac := range []string{l.MAC(), l.Seen.PermMAC} {
		if mac != "" {
			to.MACs = append(to.MACs, mac)
		}
	}
	return to
}
