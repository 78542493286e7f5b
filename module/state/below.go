package state

// below is the order of a host's links from below, by their places.
type below struct {
	places []int
	depth  []int // of each place, how many links are below it at most; -1: there is none at that place
}

// FromBelow lists all links, each behind what it stands on and the master that it is in.
func (h *Host) FromBelow() []*Link { return h.placed(h.below().places) }

// Depth tells how many links are below a link of the host at most, each the parent or the master of the one above.
func (h *Host) Depth(l *Link) int { return h.below().depth[l.place] }

// below finds the order, once for as long as no link comes, goes or moves.
func (h *Host) below() *below {
	x := h.indexed()
	if x.below != nil {
		return x.below
	}
	b := &below{places: make([]int, 0, len(h.Links)), depth: make([]int, len(h.at))}
	for i := range b.depth {
		b.depth[i] = -1
	}
	seen := make([]bool, len(h.at))
	var visit func(l *Link)
	visit = func(l *Link) {
		if seen[l.place] {
			return
		}
		seen[l.place] = true
		at := 0
		for _, under := range [...]*Link{h.ParentOf(l), h.MasterOf(l)} {
			if under != nil {
				visit(under)
				at = max(at, b.depth[under.place]+1)
			}
		}
		b.depth[l.place] = at
		b.places = append(b.places, l.place)
	}
	for _, l := range h.Links {
		visit(l)
	}
	x.below = b
	return b
}
