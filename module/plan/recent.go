package plan

import (
	"slices"

	"hostnet-module/module/attr"
	"hostnet-module/module/spec"
	"hostnet-module/module/state"
)

// Recent is an option of a document that came with some kernel, so that the running one may not have it.
type Recent struct {
	Path   string // where it stands
	Row    *attr.Row
	Value  attr.Value
	Since  attr.Since
	Module string // the kernel module that it is an option of
}

// Recents lists such options of a document, without those that a link of the host reports: these are known to be there.
func Recents(doc *spec.Document, has *state.Host) []Recent {
	var list []Recent
	for _, o := range doc.Objects {
		if o.Absent {
			continue
		}
		note := func(path string, set attr.Set) {
			for r, v := range set.All() {
				since := r.Came(v)
				if since.Release != "" && (since != r.Since || !reported(has, r)) {
					list = append(list, Recent{path + "." + r.Name, r, v, since, o.Kind.Module})
				}
			}
		}
		note(o.Path, o.Attrs)
		for _, p := range o.Ports {
			note(p.Path, p.Attrs)
		}
	}
	return list
}

// reported tells whether any link has a value of that very row.
func reported(h *state.Host, r *attr.Row) bool {
	return slices.ContainsFunc(h.Links, func(l *state.Link) bool {
		for _, set := range []attr.Set{l.Attrs, l.Port} {
			for have := range set.All() {
				if have == r {
					return true
				}
			}
		}
		return false
	})
}
