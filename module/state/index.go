package state

import (
	"cmp"
	"net/netip"
	"slices"

	"hostnet-module/module/attr"
	"hostnet-module/module/kind"
)

// index finds the links of a host: without it every look for a port or for what stands on a link would go over all of them,
// and a host with thousands would take the square of that.
type index struct {
	names  map[string]*Link
	ports  map[string][]*Link   // by their master, in the order of the links
	uppers map[string][]*Link   // by their parent, likewise
	twins  map[standing][]*Link // links of one kind and number on one parent
	taken  map[int]int          // how many links have an interface index
	top    int                  // the highest interface index that there has been
	last   int                  // the place of the last link
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
	x := &index{names: make(map[string]*Link, len(h.Links)), ports: map[string][]*Link{}, uppers: map[string][]*Link{},
		twins: map[standing][]*Link{}, taken: make(map[int]int, len(h.Links)), top: 1}
	for _, l := range h.Links {
		x.put(l)
	}
	h.index = x
	return x
}

func (x *index) put(l *Link) {
	x.last++
	l.place = x.last
	x.names[l.Name] = l
	x.taken[l.Index]++
	x.top = max(x.top, l.Index)
	insert(x.ports, l.Master, l)
	insert(x.uppers, l.Parent, l)
	x.twin(l)
}

func (x *index) drop(l *Link) {
	delete(x.names, l.Name)
	if x.taken[l.Index]--; x.taken[l.Index] <= 0 {
		delete(x.taken, l.Index)
	}
	remove(x.ports, l.Master, l)
	remove(x.uppers, l.Parent, l)
	x.untwin(l)
}

func (x *index) twin(l *Link) {
	if at, ok := stands(l.Parent, l.Kind, l.Attrs); ok {
		x.twins[at] = append(x.twins[at], l)
	}
}

func (x *index) untwin(l *Link) {
	if at, ok := stands(l.Parent, l.Kind, l.Attrs); ok {
		x.twins[at] = slices.DeleteFunc(x.twins[at], func(o *Link) bool { return o == l })
	}
}

func insert(to map[string][]*Link, name string, l *Link) {
	if name != "" {
		at, _ := position(to[name], l)
		to[name] = slices.Insert(to[name], at, l)
	}
}

func remove(from map[string][]*Link, name string, l *Link) {
	if at, ok := position(from[name], l); ok && name != "" {
		from[name] = slices.Delete(from[name], at, at+1)
	}
}

func position(list []*Link, l *Link) (int, bool) {
	return slices.BinarySearchFunc(list, l, func(a, b *Link) int { return cmp.Compare(a.place, b.place) })
}

// Link finds a link by name; nil if there is none.
func (h *Host) Link(name string) *Link { return h.indexed().names[name] }

// Add puts a link in; one of the same name is replaced.
func (h *Host) Add(l *Link) {
	h.Remove(l.Name)
	h.Links = append(h.Links, l)
	h.index.put(l)
}

// Remove takes a link out.
func (h *Host) Remove(name string) {
	if l := h.Link(name); l != nil {
		if at, ok := position(h.Links, l); ok {
			h.Links = slices.Delete(h.Links, at, at+1)
		}
		h.index.drop(l)
	}
}

// Ports lists the links that have the named one as their master, in the order of the links.
func (h *Host) Ports(master string) []*Link { return slices.Clone(h.indexed().ports[master]) }

// Uppers lists the links that stand on the named one (VLANs of a bond), in the order of the links.
func (h *Host) Uppers(name string) []*Link { return slices.Clone(h.indexed().uppers[name]) }

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
	for _, l := range candidates {
		if l.Kind == kindName && attr.Missing(l.Attrs, identity).Len() == 0 {
			twins = append(twins, l)
		}
	}
	return twins
}

// Join makes a link of the host the port of a master; "": of none.
func (h *Host) Join(l *Link, master string) {
	x := h.indexed()
	remove(x.ports, l.Master, l)
	l.Master = master
	insert(x.ports, master, l)
}

// StandOn puts a link of the host on a parent.
func (h *Host) StandOn(l *Link, parent string) {
	x := h.indexed()
	remove(x.uppers, l.Parent, l)
	x.untwin(l)
	l.Parent = parent
	insert(x.uppers, parent, l)
	x.twin(l)
}

// Taken tells whether a link has an interface index.
func (h *Host) Taken(index int) bool { return h.indexed().taken[index] > 0 }

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
