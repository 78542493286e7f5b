package engine

import (
	"slices"

	"hostnet-module/module/others"
	"hostnet-module/module/plan"
	"hostnet-module/module/spec"
	"hostnet-module/module/state"
)

// conflicts warns of other managers that configure the links of a document as well: its objects, those that shall be absent
// too, and what they list as their ports.
func (r Runner) conflicts(doc *spec.Document, before *state.Host, p *plan.Plan) []string {
	if r.Root == nil {
		return nil
	}
	var links []others.Link
	kinds := map[string]string{} // of links that are not there yet
	for _, o := range doc.Objects {
		if !o.Kind.Existing {
			kinds[o.Name] = o.Kind.Name
		}
	}
	seen := map[string]bool{"": true}
	for _, o := range doc.Objects {
		for _, name := range append(slices.Clone(p.Listed[o.Name]), o.Name) {
			if !seen[name] {
				seen[name] = true
				links = append(links, asked(name, kinds[name], before.Link(name)))
			}
		}
	}
	return others.Warnings(others.Find(r.Root, links))
}

// asked is a link as other managers know it.
func asked(name, kind string, l *state.Link) others.Link {
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
