package plan

import "hostnet-module/module/state"

// below lists the links of a host so that each comes after its parent and its master: the order in which they are built.
// Read backwards it is the order in which they are taken away.
func below(h *state.Host) []*state.Link {
	out := make([]*state.Link, 0, len(h.Links))
	seen := make(map[string]bool, len(h.Links))
	var visit func(l *state.Link)
	visit = func(l *state.Link) {
		if l == nil || seen[l.Name] {
			return
		}
		seen[l.Name] = true
		visit(h.Link(l.Parent))
		visit(h.Link(l.Master))
		out = append(out, l)
	}
	for _, l := range h.Links {
		visit(l)
	}
	return out
}

// waves sorts the links of a host by how many stand below each: those of one wave can be made in any order, once the wave before
// it is there.
func waves(h *state.Host) [][]*state.Link {
	var out [][]*state.Link
	depth := map[string]int{"": -1}
	for _, l := range below(h) {
		at := 0
		for _, name := range []string{l.Parent, l.Master} {
			if d, ok := depth[name]; ok {
				at = max(at, d+1)
			}
		}
		depth[l.Name] = at
		for len(out) <= at {
			out = append(out, nil)
		}
		out[at] = append(out[at], l)
	}
	return out
}

// legs lists the links that a link stands on, directly or not: its parent and its ports, their parents and ports, …
func legs(h *state.Host, name string) map[string]bool {
	found := map[string]bool{}
	var down func(name string)
	down = func(name string) {
		l := h.Link(name)
		if l == nil {
			return
		}
		for _, p := range append(h.Ports(name), h.Link(l.Parent)) {
			if p != nil && !found[p.Name] {
				found[p.Name] = true
				down(p.Name)
			}
		}
	}
	down(name)
	return found
}
