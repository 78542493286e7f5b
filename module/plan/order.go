package plan

import "hostnet-module/module/state"

// waves sorts some of a host's links by how many stand below each: those of one wave can be made in any order, once the wave before
// it is there.
func waves(h *state.Host, which func(*state.Link) bool) [][]*state.Link {
	var out [][]*state.Link
	for _, l := range h.FromBelow() {
		if !which(l) {
			continue
		}
		at := h.Depth(l)
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
