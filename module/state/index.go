package state

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"

	"hostnet-module/module/attr"
	"hostnet-module/module/kind"
)

// index finds the links of a host: without it every look for a port or for what stands on a link would go over all of them,
// and a host with thousands would take the square of that. It knows links by their places alone, so that a host and its clone
// have one index between them until either changes what it says.
type index struct {
	names  map[string]int
	ports  map[string][]int   // by their master, in the order of the links
	uppers map[string][]int   // by their parent, likewise
	twins  map[standing][]int // links of one kind and number on one parent
	taken  map[int]int        // how many links have an interface index; nil until somebody asks
	top    int                // the highest interface index that there has been
	shared bool               // with another host, now or earlier
	room   []int              // for lists of one, which most are
}

// standing is a place on a parent: that of one VLAN.
type standing struct {
	parent, kind string
	number       uint64
}

// stands tells a link's place; of what stands on nothing, or is of a kind whose links have no number, ok is false.
func stands(parent, kindName string, attrs attr.Set) (at standing, ok bool) {
	for _, r := range kind.Of(kindName).Rows {
		if r.When&attr.Never != 0 {
			v, told := attrs.Get(r.Name)
			return standing{parent, kindName, v.N}, told && parent != ""
		}
	}
	return standing{}, false
}

// indexed makes the index when it is first needed. Links that are put into Host.Links by hand must be there by then.
func (h *Host) indexed() *index {
	if h.index != nil {
		return h.index
	}
	n := len(h.Links)
	h.index = &index{names: make(map[string]int, n), ports: make(map[string][]int, n/2), uppers: map[string][]int{}, twins: make(map[standing][]int, n/2), top: 1}
	h.at = make([]*Link, 0, n)
	for _, l := range h.Links {
		h.put(l)
	}
	return h.index
}

// mine is the index, to be changed: one that is shared is copied first.
func (h *Host) mine() *index {
	if x := h.indexed(); x.shared {
		c := &index{names: maps.Clone(x.names), ports: make(map[string][]int, len(x.ports)), uppers: make(map[string][]int, len(x.uppers)),
			twins: make(map[standing][]int, len(x.twins)), taken: maps.Clone(x.taken), top: x.top}
		copyLists(c, c.ports, x.ports)
		copyLists(c, c.uppers, x.uppers)
		copyLists(c, c.twins, x.twins)
		h.index = c
	}
	return h.index
}

func copyLists[K comparable](x *index, to, from map[K][]int) {
	for k, list := range from {
		if len(list) == 1 {
			to[k] = x.one(list[0])
		} else if len(list) > 0 {
			to[k] = slices.Clone(list)
		}
	}
}

// one is a list of one place.
func (x *index) one(place int) []int {
	if len(x.room) == cap(x.room) {
		x.room = make([]int, 0, 512)
	}
	x.room = append(x.room, place)
	return x.room[len(x.room)-1 : len(x.room) : len(x.room)]
}

// put gives a link that is the last one its place.
func (h *Host) put(l *Link) {
	x := h.mine()
	l.place = len(h.at)
	h.at = append(h.at, l)
	x.names[l.Name] = l.place
	x.top = max(x.top, l.Index)
	if x.taken != nil {
		x.taken[l.Index]++
	}
	insert(x, x.ports, l.Master, l.place)
	insert(x, x.uppers, l.Parent, l.place)
	x.twin(l)
}

func (h *Host) drop(l *Link) {
	x := h.mine()
	h.at[l.place] = nil
	delete(x.names, l.Name)
	if x.taken != nil {
		x.taken[l.Index]--
	}
	remove(x.ports, l.Master, l.place)
	remove(x.uppers, l.Parent, l.place)
	x.untwin(l)
}

func (x *index) twin(l *Link) {
	if at, ok := stands(l.Parent, l.Kind, l.Attrs); ok {
		insert(x, x.twins, at, l.place)
	}
}

func (x *index) untwin(l *Link) {
	if at, ok := stands(l.Parent, l.Kind, l.Attrs); ok {
		remove(x.twins, at, l.place)
	}
}

// insert adds a place to a list, and remove takes it out; there is none under the key that is nothing.
func insert[K comparable](x *index, to map[K][]int, key K, place int) {
	var nothing K
	list := to[key]
	switch at, _ := slices.BinarySearch(list, place); {
	case key == nothing:
	case list == nil:
		to[key] = x.one(place)
	default:
		to[key] = slices.Insert(list, at, place)
	}
}

func remove[K comparable](from map[K][]int, key K, place int) {
	if at, ok := slices.BinarySearch(from[key], place); ok {
		from[key] = slices.Delete(from[key], at, at+1)
	}
}

// placed are the links that have some places.
func (h *Host) placed(places []int) []*Link {
	if len(places) == 0 {
		return nil
	}
	links := make([]*Link, len(places))
	for i, place := range places {
		links[i] = h.at[place]
	}
	return links
}

// Link finds a link by name; nil if there is none.
func (h *Host) Link(name string) *Link {
	if place, ok := h.indexed().names[name]; ok {
		return h.at[place]
	}
	return nil
}

// Add puts a link in; one of the same name is replaced.
func (h *Host) Add(l *Link) {
	h.Remove(l.Name)
	h.Links = append(h.Links, l)
	h.put(l)
}

// Remove takes a link out.
func (h *Host) Remove(name string) {
	if l := h.Link(name); l != nil {
		if at, ok := slices.BinarySearchFunc(h.Links, l, func(a, b *Link) int { return cmp.Compare(a.place, b.place) }); ok {
			h.Links = slices.Delete(h.Links, at, at+1)
		}
		h.drop(l)
	}
}

// Ports lists the links that have the named one as their master, in the order of the links.
func (h *Host) Ports(master string) []*Link { return h.placed(h.indexed().ports[master]) }

// Uppers lists the links that stand on the named one (VLANs of a bond), in the order of the links.
func (h *Host) Uppers(name string) []*Link { return h.placed(h.indexed().uppers[name]) }

// Twins lists the links of a kind that stand on a parent and have all the attributes, out of those given, that no existing link
// can be given: the VLAN of that number.
func (h *Host) Twins(parent, kindName string, attrs attr.Set) []*Link {
	identity := attrs.Filter(func(r *attr.Row) bool { return r.When&attr.Never != 0 })
	at, numbered := stands(parent, kindName, identity)
	candidates := h.indexed().uppers[parent]
	if numbered {
		candidates = h.index.twins[at]
	}
	var twins []*Link
	for _, place := range candidates {
		if l := h.at[place]; l.Kind == kindName && attr.Missing(l.Attrs, identity).Len() == 0 {
			twins = append(twins, l)
		}
	}
	return twins
}

// Join makes a link of the host the port of a master; "": of none.
func (h *Host) Join(l *Link, master string) {
	if l.Master == master {
		return
	}
	x := h.mine()
	remove(x.ports, l.Master, l.place)
	l.Master = master
	insert(x, x.ports, master, l.place)
}

// StandOn puts a link of the host on a parent.
func (h *Host) StandOn(l *Link, parent string) {
	if l.Parent == parent {
		return
	}
	x := h.mine()
	remove(x.uppers, l.Parent, l.place)
	x.untwin(l)
	l.Parent = parent
	insert(x, x.uppers, parent, l.place)
	x.twin(l)
}

// FromBelow lists all links, each behind what it stands on and the master that it is in.
func (h *Host) FromBelow() []*Link {
	h.indexed()
	out, seen := make([]*Link, 0, len(h.Links)), make([]bool, len(h.at))
	var visit func(l *Link)
	visit = func(l *Link) {
		if l == nil || seen[l.place] {
			return
		}
		seen[l.place] = true
		for _, name := range [...]string{l.Parent, l.Master} {
			if name != "" {
				visit(h.Link(name))
			}
		}
		out = append(out, l)
	}
	for _, l := range h.Links {
		visit(l)
	}
	return out
}

// Taken tells whether a link has an interface index.
func (h *Host) Taken(index int) bool {
	x := h.indexed()
	if x.taken == nil {
		x.taken = make(map[int]int, len(h.Links))
		for _, l := range h.Links {
			x.taken[l.Index]++
		}
	}
	return x.taken[index] > 0
}

// Carriers finds the links that carry addresses, of whatever prefix length: of several the first.
func (h *Host) Carriers() map[netip.Addr]*Link {
	found := map[netip.Addr]*Link{}
	for _, l := range h.Links {
		for _, a := range l.Addresses {
			if found[a.Prefix.Addr()] == nil {
				found[a.Prefix.Addr()] = l
			}
		}
	}
	return found
}
