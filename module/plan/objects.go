package plan

import (
	"slices"

	"hostnet-module/module/attr"
	"hostnet-module/module/kind"
	"hostnet-module/module/spec"
	"hostnet-module/module/state"
)

// objects says what the plan means for each declared object. Those that no step is about, and that are settled, need no description.
func (m *maker) objects(steps []state.Step, unsettled map[*state.Link]bool) []Object {
	objects := make([]Object, len(m.doc.Objects))
	touched := touches(m.has, m.out, steps)
	stirred := m.stirred(steps)
	for i := range m.wants {
		o := &m.wants[i]
		if will := o.link; will != nil && !unsettled[will] && !stirred[o.Name] && len(o.raised) == 0 && slices.Equal(m.has.Same(will).VLANs, will.VLANs) {
			objects[i] = Object{Kind: o.Kind.Name, Name: o.Name, Action: None, Disruption: Undisturbed, Differences: []Difference{}}
			continue
		}
		objects[i] = m.object(o, touched)
	}
	if len(steps) == 0 || slices.ContainsFunc(objects, func(o Object) bool { return o.Action != None }) {
		return objects
	}
	for i := range objects { // steps that change nothing that an object shows are still a change
		if touched[objects[i].Name].any {
			objects[i].Action = Update
		}
	}
	return objects
}

func (m *maker) object(o *want, touched map[string]touch) Object {
	had, will := m.has.Link(o.Name), o.link
	p := Object{Kind: o.Kind.Name, Name: o.Name, Action: None, Disruption: Undisturbed}
	p.States = func() (before, after map[string]any) {
		return m.states(o, had, will, map[string]any{}, map[string]any{})
	}
	told := func() []Difference {
		clear(m.before)
		clear(m.after)
		before, after := m.states(o, had, will, m.before, m.after)
		return differences(m.keys(o), before, after)
	}
	if had != nil && will != nil {
		p.Differences = told()
	} else {
		p.whole = told
	}
	t := touched[o.Name]
	switch {
	case had == nil && will == nil:
	case had == nil:
		p.Action = Create
	case will == nil:
		p.Action = Delete
	case t.deleted:
		p.Action, p.Disruption = Recreate, Recreates
	case len(p.Differences) > 0:
		p.Action = Update
	}
	if p.Action == Update && t.flapped {
		p.Disruption = Flaps
	}
	if p.Disruption != Undisturbed || p.Action == Delete {
		p.Touches = m.strangers(o)
	}
	if p.Action == Delete && len(p.Touches) > 0 {
		p.Disruption = Recreates
	}
	for _, name := range o.ports {
		if p.Disruption != Recreates && m.leaves(o.Object, name) && touched[name].flapped {
			p.Disruption, p.Touches = Flaps, append(p.Touches, name)
		}
	}
	return p
}

// states describes an object before and after, in two empty maps; nil: it is not there.
func (m *maker) states(o *want, had, will *state.Link, before, after map[string]any) (_, _ map[string]any) {
	if had != nil {
		m.describe(before, m.has, had, o)
	} else {
		before = nil
	}
	if will != nil {
		m.describe(after, m.out, will, o)
	} else {
		after = nil
	}
	for _, k := range lastKeys {
		if empty(before[k]) && empty(after[k]) {
			delete(before, k)
			delete(after, k)
		}
	}
	return before, after
}

// touch is what steps do to one link.
type touch struct {
	any     bool
	deleted bool
	flapped bool // taken down, or its ports released
}

// touches sums the steps up by link. A port that is taken out and put back is its master's flap.
func touches(has, will *state.Host, steps []state.Step) map[string]touch {
	sum := map[string]touch{}
	for i := range steps {
		s := &steps[i]
		if s.Master != nil && *s.Master == "" {
			if p, t := has.Link(s.Link), will.Link(s.Link); p != nil && t != nil && t.Master == p.Master {
				sum[p.Master] = touch{any: true, deleted: sum[p.Master].deleted, flapped: true}
			}
		}
		t := sum[s.Link]
		up, ok := s.Attrs.Get("up")
		t.any = t.any || s.Op != state.Announce && s.Op != state.Await
		t.deleted = t.deleted || s.Op == state.LinkDel
		t.flapped = t.flapped || s.Op == state.LinkSet && ok && up.N == 0
		sum[s.Link] = t
	}
	return sum
}

// strangers lists the ports of an object that neither the document names nor an earlier one has named.
func (m *maker) strangers(o *want) []string {
	var names []string
	for _, p := range m.has.Ports(o.Name) {
		ours := slices.Contains(o.ports, p.Name) || slices.Contains(m.last[o.Name].Ports, p.Name)
		if !o.Kind.OwnsPorts && !ours && m.doc.Find(p.Name) == nil {
			names = append(names, p.Name)
		}
	}
	return names
}

// keys lists what a description of the object may hold, in the order in which it is shown.
func (m *maker) keys(o *want) []string {
	all := m.kindKeys(o.Kind)
	var keys []string
	for i, name := range o.ports {
		if p := m.out.Link(name); o.Ports[i].VLANs == nil && m.declared(name) != nil && (p == nil || p.Port.Len() == 0) {
			continue // nothing is said of it here (describePorts)
		}
		keys = append(keys, name+".vlans")
		for _, r := range append(attr.Table{kind.Up}, o.Kind.Port...) {
			keys = append(keys, name+"."+r.Name)
		}
	}
	for _, name := range o.raised {
		if !slices.Contains(keys, name+".up") {
			keys = append(keys, name+".up")
		}
	}
	if len(keys) == 0 {
		return all
	}
	return slices.Insert(slices.Clone(all), len(all)-len(lastKeys), keys...)
}

var lastKeys = []string{"addresses", "routes"}

// kindKeys are those that all objects of a kind have.
func (m *maker) kindKeys(k *kind.Kind) []string {
	if m.keysOf[k] == nil {
		keys := slices.Concat([]string{"parent"}, k.Rows.Names(), []string{"up", "mtu", "mac", "description", "ipv6", "host_access"})
		if k.Bridging {
			keys = append(keys, "vlans")
		}
		if k.Ports != "" {
			keys = append(keys, k.Ports)
		}
		m.keysOf[k] = append(keys, lastKeys...)
	}
	return m.keysOf[k]
}

// describe is an object's state in the words of a document: what the document says of it, what the plan derived for it,
// and its lists; into d.
func (m *maker) describe(d map[string]any, h *state.Host, l *state.Link, o *want) {
	cares, had := o.link, m.has.Link(o.Name)
	for r, v := range l.Attrs.All() {
		if had != nil {
			before, ok := had.Attrs.Get(r.Name)
			switch {
			case ok && r.Equal(before, v):
				v = before // no difference but for the kernel's rounding
			case !ok && r.Empty && r.Equal(before, v):
				continue // it is not there, and shall not be
			}
		}
		if !r.Hidden && !r.SeeOnly && (cares == nil || cares.Attrs.Has(r.Name)) {
			d[r.Name] = r.JSON(v)
		}
	}
	if l.Seen.Drifts && cares != nil && !cares.Seen.Drifts {
		d["mac"] = l.MAC() + " (not set: it follows the ports)"
	}
	m.describeDerived(d, l, cares, o.Object)
	if o.Kind.HasParent {
		d["parent"] = l.Parent
	}
	if o.Kind.Ports != "" {
		m.describePorts(d, h, o)
	}
	for _, name := range o.raised {
		if below := h.Link(name); below != nil {
			d[name+".up"] = below.Up()
		}
	}
	d["addresses"], d["routes"] = addressWords(l), m.routeWords(h, o.Object)
}

// describeDerived adds IPv6 and host access, where the plan has an opinion.
func (m *maker) describeDerived(d map[string]any, l, cares *state.Link, o *spec.Object) {
	if off, ok := l.Attrs.Get(kind.DisableIPv6.Name); ok && (cares == nil || cares.Attrs.Has(kind.DisableIPv6.Name)) {
		d["ipv6"] = map[bool]string{true: string(spec.IPv6Off), false: string(spec.IPv6Auto)}[off.N != 0]
	}
	if o.Kind.Bridging && (o.HostAccess != nil || isDumb(l)) {
		d["host_access"] = !isDumb(l)
	}
	if o.VLANs != nil {
		d["vlans"] = state.VLANWords(l.VLANs)
	}
}

// describePorts lists the ports, and what the plan changes on those that are no objects themselves.
func (m *maker) describePorts(d map[string]any, h *state.Host, o *want) {
	names := []string{}
	for _, p := range h.Ports(o.Name) {
		names = append(names, p.Name)
	}
	slices.Sort(names)
	d[o.Kind.Ports] = names
	for i, name := range o.ports {
		p, wanted := h.Link(name), m.out.Link(name)
		if p == nil || p.Master != o.Name {
			continue
		}
		if o.Ports[i].VLANs != nil {
			d[name+".vlans"] = state.VLANWords(p.VLANs)
		}
		if m.doc.Find(name) == nil && m.has.Link(name).Master == o.Name {
			d[name+".up"] = p.Up()
		}
		had := m.has.Link(name)
		for r := range wanted.Port.All() {
			v, ok := p.Port.Get(r.Name)
			absent := r.Empty && r.Equal(attr.Value{}, v) && had != nil && had.Master == o.Name && !had.Port.Has(r.Name)
			if ok && !absent {
				d[name+"."+r.Name] = r.JSON(v)
			}
		}
	}
}

func addressWords(l *state.Link) []string {
	list := []string{}
	for _, a := range l.Addresses {
		if !a.Kernel() {
			a.Flags &= state.SetFlags
			if a.Valid != state.Forever {
				a.Valid, a.Preferred = state.Forever, state.Forever // it runs down: no two looks agree
			}
			list = append(list, a.String())
		}
	}
	slices.Sort(list)
	return list
}

// routeWords are the routes out of an object, and of those that lead nowhere the ones that it lists or has listed.
func (m *maker) routeWords(h *state.Host, o *spec.Object) []string {
	list, declared := []string{}, declaredRoutes(o)
	routes := m.routesOf(h)
	for _, r := range routes[o.Name] {
		r.Dev = ""
		list = append(list, r.String())
	}
	for _, r := range routes[""] {
		if slices.ContainsFunc(declared, r.Same) || slices.Contains(m.last[o.Name].Routes, r.String()) {
			list = append(list, r.String())
		}
	}
	slices.Sort(list)
	return list
}

// routesOf are the routes of a host by the link that they go out of, but for the kernel's own; under "" those that lead nowhere.
func (m *maker) routesOf(h *state.Host) map[string][]state.Route {
	if m.byDev[h] == nil {
		by := map[string][]state.Route{}
		for _, r := range h.Routes {
			if !r.Kernel() && len(r.Hops) == 0 {
				by[r.Dev] = append(by[r.Dev], r)
			}
		}
		m.byDev[h] = by
	}
	return m.byDev[h]
}

// differences compares two descriptions, key by key. Of an object that comes or goes everything is a difference.
func differences(keys []string, before, after map[string]any) []Difference {
	list := []Difference{}
	if before == nil || after == nil {
		list = make([]Difference, 0, len(before)+len(after))
	}
	for _, k := range keys {
		b, inBefore := before[k]
		a, inAfter := after[k]
		if before != nil && after != nil && !inAfter || !inBefore && !inAfter || equal(a, b) || empty(a) && empty(b) {
			continue
		}
		list = append(list, Difference{k, b, a})
	}
	return list
}

func equal(a, b any) bool {
	x, isList := a.([]string)
	y, both := b.([]string)
	if isList || both {
		return isList && both && slices.Equal(x, y)
	}
	return a == b
}

// empty tells whether a description's value says as little as its absence.
func empty(v any) bool {
	list, ok := v.([]string)
	return v == nil || ok && len(list) == 0
}
