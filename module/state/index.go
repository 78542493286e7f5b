package state

import (
	"cmp"
	"net/netip"
	"slices"

	"hostnet-module/module/attr"
	"hostnet-module/module/kind"
)

// index finds the links of a host: without it every look for a port or for what stands on a link would go over all of them,
// and a host with thousands would take the square of that. It knows links by their places alone, so that a host and its clone
// have in common what neither changes.
type index struct {
	names  layered[string, int]     // place + 1
	ports  layered[string, []int]   // by their master, in the order of the links
	uppers layered[string, []int]   // by their parent, likewise
	twins  layered[standing, []int] // links of one kind and number on one parent
	taken  layered[int, int]        // how many links have an interface index; see counted
	below  *below                   // nil until somebody asks
	top    int                      // the highest interface index that there has been
	room   []int                    // for lists of one, which most are

	counted bool // taken is filled: somebody has asked
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
	h.index = &index{top: 1}
	h.index.names.own, h.index.ports.own, h.index.twins.own = make(map[string]int, n), make(map[string][]int, n/2), make(map[standing][]int, n/2)
	h.at = make([]*Link, 0, n)
	for _, l := range h.Links {
		h.put(l)
	}
	return h.index
}

// Index makes what finds links, if it is not there yet: clones that are made after that have it in common.
func (h *Host) Index() { h.indexed() }

// share is an index for a host that has the same links in the same places.
func (x *index) share() *index {
	return &index{names: x.names.share(), ports: x.ports.share(), uppers: x.uppers.share(), twins: x.twins.share(), taken: x.taken.share(), below: x.below, top: x.top, counted: x.counted}
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
	x := h.indexed()
	x.below = nil
	l.place = len(h.at)
	h.at = append(h.at, l)
	x.names.set(l.Name, l.place+1)
	x.top = max(x.top, l.Index)
	x.count(l, 1)
	insert(x, &x.ports, l.Master, l.place)
	insert(x, &x.uppers, l.Parent, l.place)
	x.twin(l)
}

func (h *Host) drop(l *Link) {
	x := h.indexed()
	x.below = nil
	h.at[l.place] = nil
	x.names.set(l.Name, 0)
	x.count(l, -1)
	remove(&x.ports, l.Master, l.place)
	remove(&x.uppers, l.Parent, l.place)
	x.untwin(l)
}

func (x *index) count(l *Link, n int) {
	if x.counted {
		x.taken.set(l.Index, x.taken.get(l.Index)+n)
	}
}

func (x *index) twin(l *Link) {
	if at, ok := stands(l.Parent, l.Kind, l.Attrs); ok {
		insert(x, &x.twins, at, l.place)
	}
}

func (x *index) untwin(l *Link) {
	if at, ok := stands(l.Parent, l.Kind, l.Attrs); ok {
		remove(&x.twins, at, l.place)
	}
}

// insert adds a place to a list, and remove takes it out; there is none under the key that is nothing.
func insert[K comparable](x *index, to *layered[K, []int], key K, place int) {
	var nothing K
	if key == nothing {
		return
	}
	list := to.get(key)
	if len(list) == 0 {
		to.set(key, x.one(place))
		return
	}
	at, _ := slices.BinarySearch(list, place)
	if !to.owns(key) {
		list = slices.Clone(list)
	}
	to.set(key, slices.Insert(list, at, place))
}

func remove[K comparable](from *layered[K, []int], key K, place int) {
	list := from.get(key)
	at, ok := slices.BinarySearch(list, place)
	if !ok {
		return
	}
	if !from.owns(key) {
		list = slices.Clone(list)
	}
	from.set(key, slices.Delete(list, at, at+1))
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
	if place := h.indexed().names.get(name); place > 0 {
		return h.at[place-1]
	}
	return nil
}

// Same finds the link that has the name of another host's. Of hosts that are clones it is in the same place, mostly, and not looked for.
func (h *Host) Same(l *Link) *Link {
	if h.indexed(); l.place < len(h.at) {
		if o := h.at[l.place]; o != nil && o.Name == l.Name {
			return o
		}
	}
	return h.Link(l.Name)
}

// Place is a number that a link has in the hosts that hold it, for tables beside them: those of clones agree, and grow along Host.Links.
func (l *Link) Place() int { return l.place }

// MasterOf finds the master of a link; nil if there is none.
func (h *Host) MasterOf(l *Link) *Link { return h.find(l.Master, &l.under.master) }

// ParentOf finds what a link stands on; nil if there is nothing.
func (h *Host) ParentOf(l *Link) *Link { return h.find(l.Parent, &l.under.parent) }

// find is Link, where the place of a name may be known from an earlier time.
func (h *Host) find(name string, at *int) *Link {
	if name == "" {
		return nil
	}
	if h.indexed(); *at < len(h.at) {
		if o := h.at[*at]; o != nil && o.Name == name {
			return o
		}
	}
	o := h.Link(name)
	if o != nil {
		*at = o.place
	}
	return o
}

// Add puts a link in; one of the same name is replaced.
func (h *Host) Add(l *Link) {
	h.Remove(l.Name)
	h.Links = append(h.Links, l)
	h.put(l)
}

// position finds a link in Host.Links.
func (h *Host) position(l *Link) (at int, ok bool) {
	return slices.BinarySearchFunc(h.Links, l, func(a, b *Link) int { return cmp.Compare(a.place, b.place) })
}

// Remove takes a link out.
func (h *Host) Remove(name string) {
	if l := h.Link(name); l != nil {
		if at, ok := h.position(l); ok {
			h.Links = slices.Delete(h.Links, at, at+1)
		}
		h.drop(l)
	}
}

// Ports lists the links that have the named one as their master, in the order of the links.
func (h *Host) Ports(master string) []*Link { return h.placed(h.indexed().ports.get(master)) }

// Uppers lists the links that stand on the named one (VLANs of a bond), in the order of the links.
func (h *Host) Uppers(name string) []*Link { return h.placed(h.indexed().uppers.get(name)) }

// Twins lists the links of a kind that stand on a parent and have all the attributes, out of those given, that no existing link
// can be given: the VLAN of that number.
func (h *Host) Twins(parent, kindName string, attrs attr.Set) []*Link {
	identity := attrs.Filter(func(r *attr.Row) bool { return r.When&attr.Never != 0 })
	at, numbered := stands(parent, kindName, identity)
	candidates := h.indexed().uppers.get(parent)
	if numbered {
		candidates = h.index.twins.get(at)
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
	x := h.indexed()
	x.below = nil
	remove(&x.ports, l.Master, l.place)
	l.Master = master
	insert(x, &x.ports, master, l.place)
}

// StandOn puts a link of the host on a parent.
func (h *Host) StandOn(l *Link, parent string) {
	if l.Parent == parent {
		return
	}
	x := h.indexed()
	x.below = nil
	remove(&x.uppers, l.Parent, l.place)
	x.untwin(l)
	l.Parent = parent
	insert(x, &x.uppers, parent, l.place)
	x.twin(l)
}

// Taken tells whether a link has an interface index.
func (h *Host) Taken(index int) bool {
	x := h.indexed()
	if !x.counted {
		x.counted, x.taken.own = true, make(map[int]int, len(h.Links))
		for _, l := range h.Links {
			x.count(l, 1)
		}
	}
	return x.taken.get(index) > 0
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
