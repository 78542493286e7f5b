package spec

import (
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"hostnet-module/module/attr"
	"hostnet-module/module/kind"
)

// Merge lays a document over an earlier one, object by object: what both together want of the host. What the later one does not
// say of an object, the earlier one's word for it stays. A link, address, default route or rule that the later one gives to
// an object of its own is no longer another object's, and what it declares absent is gone, with the VLANs on it. The result has neither
// `state`, `persist`, nor what holds for one run alone.
//
// An option of the earlier document that contradicts the later one (`primary`, once the mode has changed) is dropped. The
// problems are those that are left: the two cannot both be. Their paths are those of the result.
func Merge(earlier, later *Document) (*Document, []Problem) {
	m := merging{later: later, gone: map[string]bool{}, named: map[string]*Object{}}
	if !later.Prune {
		for _, o := range earlier.Objects {
			if !o.Absent {
				m.add(o.clone())
			}
		}
		m.pairs = pairsOf(earlier)
	}
	m.pairs = append(m.pairs, pairsOf(later)...)
	m.claim()
	for _, o := range later.Objects {
		m.lay(o)
	}
	m.bury()
	rules := later.Rules
	if rules == nil && !later.Prune {
		rules = earlier.Rules
	}
	m.rules = slices.Clone(rules)
	merged, problems := m.read()
	for len(problems) > 0 && m.yield(merged, problems) {
		merged, problems = m.read()
	}
	return merged, problems
}

// merging is a merge under way.
type merging struct {
	later   *Document
	objects []*Object
	named   map[string]*Object // the objects by name; of two the first
	pairs   [][2]string        // names of the VLANs and bridges that were segments
	gone    map[string]bool
	rules   []Rule
	work    int // how many objects yield has read anew
}

// mostWork bounds what yield tries: eight options beside 4,094 VLANs and the bridges on them, all options of a few hundred objects.
const mostWork = 1 << 16

// read is the merged document as it reads back from what it would be written as.
func (m *merging) read() (*Document, []Problem) {
	d := &Document{State: Present, Objects: m.ordered(), Rules: m.rules}
	back, problems, _ := Read(d.Encode().JSON(), "merged.json")
	return back, problems
}

func (m *merging) add(o *Object) {
	m.objects = append(m.objects, o)
	if m.named[o.Name] == nil {
		m.named[o.Name] = o
	}
}

// lay puts one object of the later document over what there is of it.
func (m *merging) lay(o *Object) {
	if o.Absent {
		m.gone[o.Name] = true
		return
	}
	was := m.named[o.Name]
	switch {
	case was == nil:
		m.add(o.clone())
	case was.Kind != o.Kind:
		*was = *o.clone()
	default:
		was.take(o)
	}
}

// claims are what objects of the later document have been given, each with whose it is; "" if it is several ones'.
type claims map[any]string

func (c claims) put(what any, whose string) {
	if was, ok := c[what]; ok && was != whose {
		whose = ""
	}
	c[what] = whose
}

// byOther tells whether another object has been given it.
func (c claims) byOther(what any, than string) bool {
	whose, ok := c[what]
	return ok && whose != than
}

// What is claimed: a port by how it is named, an address by its prefix, a gateway by its family, a route by its slot.
type (
	claimedPort    string
	claimedGateway bool
	claimedRoute   struct {
		to            netip.Prefix
		table, metric uint32
	}
)

func routeClaim(r Route) claimedRoute { return claimedRoute{r.To, r.Table, metric(r)} }

// claim takes from the objects of the earlier document what others have been given by the later one.
func (m *merging) claim() {
	c := claims{}
	for _, o := range m.later.Objects {
		if o.Absent {
			continue
		}
		for _, p := range o.Ports {
			c.put(claimedPort(p.String()), o.Name)
		}
		for _, a := range o.Addresses {
			c.put(a.Prefix, o.Name)
		}
		for _, g := range o.Gateways {
			c.put(claimedGateway(g.Is4()), o.Name)
		}
		for _, r := range o.Routes {
			c.put(routeClaim(r), o.Name)
		}
	}
	for _, o := range m.objects {
		// What the later document itself says of it is its own affair: validation tells.
		said := m.later.Find(o.Name)
		if said == nil || said.Ports == nil {
			o.Ports = slices.DeleteFunc(o.Ports, func(p Port) bool { return c.byOther(claimedPort(p.String()), o.Name) })
		}
		if said == nil || !said.L3 {
			o.Addresses = slices.DeleteFunc(o.Addresses, func(a Address) bool { return c.byOther(a.Prefix, o.Name) })
			o.Gateways = slices.DeleteFunc(o.Gateways, func(g netip.Addr) bool { return c.byOther(claimedGateway(g.Is4()), o.Name) })
			o.Routes = slices.DeleteFunc(o.Routes, func(r Route) bool { return c.byOther(routeClaim(r), o.Name) })
		}
	}
}

func metric(r Route) uint32 {
	if r.Metric == nil {
		return 0
	}
	return *r.Metric
}

// bury takes away what the later document declares absent, and what cannot be without it.
func (m *merging) bury() {
	on := make(map[string][]*Object)
	for _, o := range m.objects {
		on[o.Parent] = append(on[o.Parent], o)
	}
	for next := slices.Collect(maps.Keys(m.gone)); len(next) > 0; next = next[1:] {
		for _, o := range on[next[0]] {
			if !m.gone[o.Name] {
				m.gone[o.Name] = true
				next = append(next, o.Name)
			}
		}
	}
	m.objects = slices.DeleteFunc(m.objects, func(o *Object) bool { return m.gone[o.Name] })
	for name := range m.gone {
		delete(m.named, name)
	}
	for _, o := range m.objects {
		o.Ports = slices.DeleteFunc(o.Ports, func(p Port) bool { return m.gone[p.Name] })
	}
}

// yield drops an option of the earlier document without which there are fewer problems; false if there is none.
func (m *merging) yield(merged *Document, problems []Problem) bool {
	for _, p := range problems {
		for _, o := range merged.Objects {
			was, said := m.named[o.Name], m.later.Find(o.Name)
			if objectOf(p.Path) != o.Path || was == nil || said == nil {
				continue
			}
			all := was.Attrs.Clone()
			for _, r := range suspects(all, p) {
				if said.Attrs.Has(r.Name) {
					continue
				}
				was.Attrs = all.Clone()
				was.Attrs.Drop(r.Name)
				if m.work += len(merged.Objects); m.work > mostWork {
					was.Attrs = all
					return false
				}
				if _, left := m.read(); len(left) < len(problems) {
					return true
				}
			}
			was.Attrs = all
		}
	}
	return false
}

// suspects are the options of an object, those first that a problem speaks of.
func suspects(set attr.Set, p Problem) []*attr.Row {
	var named, others []*attr.Row
	for r := range set.All() {
		if strings.Contains(p.Path+" "+p.Message, r.Name) {
			named = append(named, r)
		} else {
			others = append(others, r)
		}
	}
	return append(named, others...)
}

// take is one object's word laid over an earlier one's.
func (o *Object) take(later *Object) {
	later = later.clone()
	o.Attrs.Merge(later.Attrs)
	if later.Parent != "" {
		o.Parent = later.Parent
	}
	if later.Ports != nil {
		o.Ports, o.PortsExclusive = later.Ports, later.PortsExclusive
	}
	o.PortsExclusive = o.PortsExclusive || later.PortsExclusive
	if later.HostAccess != nil {
		o.HostAccess = later.HostAccess
	}
	if later.VLANs != nil {
		o.VLANs = later.VLANs
	}
	if later.IPv6 != "" {
		o.IPv6 = later.IPv6
	}
	if later.L3 {
		o.L3, o.Addresses, o.Gateways, o.Routes = true, later.Addresses, later.Gateways, later.Routes
	}
}

// clone copies an object as deep as a merge changes it.
func (o *Object) clone() *Object {
	c := *o
	c.Attrs = o.Attrs.Clone()
	c.Ports, c.Addresses, c.Gateways, c.Routes = slices.Clone(o.Ports), slices.Clone(o.Addresses), slices.Clone(o.Gateways), slices.Clone(o.Routes)
	return &c
}

// pairsOf names the objects that a document gives as segments.
func pairsOf(d *Document) (pairs [][2]string) {
	for i, o := range d.Objects[:max(len(d.Objects)-1, 0)] {
		if next := d.Objects[i+1]; o.inSegment() && next.Path == o.Path && !o.Absent {
			pairs = append(pairs, [2]string{o.Name, next.Name})
		}
	}
	return pairs
}

// ordered puts the objects into a document's order, each with the path that it will have there. What was a segment is one
// again where that still says all of it.
func (m *merging) ordered() []*Object {
	var list, segments []*Object
	paired := map[string]bool{}
	for _, pair := range m.pairs {
		vlan, bridge := m.named[pair[0]], m.named[pair[1]]
		if vlan == nil || bridge == nil || paired[vlan.Name] || paired[bridge.Name] {
			continue
		}
		if a, b, ok := asSegment(vlan, bridge, len(segments)/2); ok {
			segments = append(segments, a, b)
			paired[a.Name], paired[b.Name] = true, true
		}
	}
	for _, k := range kind.List() {
		n := 0
		for _, o := range m.objects {
			if o.Kind == k && !paired[o.Name] {
				o = o.clone()
				o.Path = k.List + "[" + strconv.Itoa(n) + "]"
				n, list = n+1, append(list, o)
			}
		}
	}
	return append(list, segments...)
}

// asSegment are a VLAN and a bridge as a segment, if they read back as the same two objects.
func asSegment(vlan, bridge *Object, n int) (a, b *Object, ok bool) {
	a, b = vlan.clone(), bridge.clone()
	a.Path = segmentsKey + "[" + strconv.Itoa(n) + "]"
	b.Path = a.Path
	back, problems := Decode((&Document{State: Present, Objects: []*Object{a, b}}).Encode().JSON(), "segment.json")
	if len(problems) > 0 || len(back.Objects) != 2 {
		return nil, nil, false
	}
	for i, o := range []*Object{a, b} {
		if string(encodeObject(o, Present).JSON()) != string(encodeObject(back.Objects[i], Present).JSON()) {
			return nil, nil, false
		}
	}
	return a, b, true
}
