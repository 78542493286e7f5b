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

// legs lists the links that a link stands on, directly or not: its parent and its ports, their parents and ports, …
func legs(h *state.Host, name string) map[string]bool {
	ports := map[string][]string{}
	for _, l := range h.Links {
		if l.Master != "" {
			ports[l.Master] = append(ports[l.Master], l.Name)
		}
	}
	found := map[string]bool{}
	var down func(name string)
	down = func(name string) {
		l := h.Link(name)
		if l == nil {
			return
		}
		for _, leg := range append(ports[name], l.Parent) {
			if leg != "" && !found[leg] {
				found[leg] = true
				down(leg)
			}
		}
	}
	down(name)
	return found
}
