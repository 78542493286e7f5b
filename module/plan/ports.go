package plan

import (
	"slices"
	"strings"

	"hostnet-module/module/attr"
	"hostnet-module/module/kind"
	"hostnet-module/module/spec"
	"hostnet-module/module/state"
)

// resolve finds the links that the document means by its members and ports: by name, by MAC or by the path of the hardware.
func (m *maker) resolve() {
	for o := range m.wanted {
		if o.Ports == nil {
			continue
		}
		o.ports = make([]string, 0, len(o.Ports))
		for _, p := range o.Ports {
			name, same := m.find(p)
			switch {
			case name == "":
				m.problem(p.Path, m.nics(), "%s: no such link on this host", p)
			case p.MAC != "" && len(same) > 1:
				m.problem(p.Path, "say which by `name` or `path`", "%s: %s have that MAC", p, strings.Join(same, " and "))
			case slices.Contains(o.ports, name):
				m.problem(p.Path, "", "%s is %s, which is listed already", p, name)
			default:
				o.ports = append(o.ports, name)
			}
		}
	}
}

// listed names the links that objects list as their ports, by the document's objects.
func (m *maker) listed() [][]string {
	listed := make([][]string, len(m.wants))
	for i := range m.wants {
		listed[i] = m.wants[i].ports
	}
	return listed
}

// find returns the name of the link that a port means, "" if there is none, and all that it can mean.
func (m *maker) find(p spec.Port) (name string, all []string) {
	if p.Name != "" && m.declared(p.Name) != nil {
		return p.Name, nil
	}
	if all = cards(m.has, p); len(all) > 0 {
		name = all[0]
	}
	return name, all
}

// Card returns the name of the link of a host that a port means, "" if there is none.
func Card(has *state.Host, p spec.Port) string {
	if names := cards(has, p); len(names) > 0 {
		return names[0]
	}
	return ""
}

// cards are the links that a port can mean: one by its name; by a MAC all that have it.
func cards(has *state.Host, p spec.Port) (names []string) {
	if p.Name != "" {
		if has.Link(p.Name) != nil {
			names = []string{p.Name}
		}
		return names
	}
	for _, same := range []func(*state.Link) bool{
		func(l *state.Link) bool { return p.HW != "" && l.Seen.Path == p.HW },
		func(l *state.Link) bool { return p.MAC != "" && permanent(l) == p.MAC },
		func(l *state.Link) bool { return p.MAC != "" && permanent(l) == "" && l.MAC() == p.MAC },
	} {
		for _, l := range has.Links {
			if l.K().Existing && same(l) {
				names = append(names, l.Name)
			}
		}
		if len(names) > 0 {
			return names
		}
	}
	return nil
}

// permanent is the MAC that a link had before it became a member of a bond; "" if nobody knows.
func permanent(l *state.Link) string {
	if l.Seen.PermMAC != "" {
		return l.Seen.PermMAC
	}
	return l.Port.S("perm_hwaddr")
}

// joinPorts gives the listed ports to their objects, and lets those go that the document no longer lists.
func (m *maker) joinPorts() {
	for o := range m.wanted {
		if o.ports == nil {
			continue
		}
		for i, p := range o.legs {
			m.join(o, p, o.Ports[i].Attrs)
		}
		for _, p := range m.out.Ports(o.Name) {
			if slices.Contains(o.ports, p.Name) {
				continue
			}
			if o.Kind.OwnsPorts || o.PortsExclusive || slices.Contains(m.last[o.Name].Ports, p.Name) {
				m.release(p, o.Kind)
			}
		}
	}
	for o := range m.wanted {
		m.checkBeside(o)
	}
}

// checkBeside refuses options of a port that point at another link which is no port of the same object.
func (m *maker) checkBeside(o *want) {
	for i, name := range o.ports {
		for r, v := range o.Ports[i].Attrs.All() {
			if other := m.out.Link(v.S); r.Type == attr.Index && v.S != "" && (other == nil || other.Master != o.Name || v.S == name) {
				m.problem(o.Ports[i].Path+"."+r.Name, "", "%q: is not another of the %s of %s", v.S, o.Kind.Ports, o.Name)
			}
		}
	}
}

// join makes a link a port of an object, up unless the document says otherwise.
func (m *maker) join(o *want, p *state.Link, attrs attr.Set) {
	if p.Master != o.Name {
		if other := m.doc.Find(p.Master); p.Master != "" && (other == nil || !other.Absent) {
			m.warn(o.Path, "%s leaves %s for %s", p.Name, p.Master, o.Name)
		}
		m.out.Join(p, o.Name)
		p.VLANs, p.Port = nil, attr.Set{}
	}
	above := o.link.Attrs
	p.Port.Merge(attrs.Filter(func(r *attr.Row) bool { return r.Applies(above) })) // of another mode's the kernel keeps nothing
	m.yield(o.Object, p, attrs)
	named := m.meant(p)
	if o.Kind.TakesPorts {
		dropInherited(p)
		if named != nil {
			p.Attrs.Merge(named.Attrs)
		}
		m.flush(o.Object, p)
	}
	if named == nil || !named.Attrs.Has("up") {
		p.Attrs.Put(kind.Up, attr.On(true))
	}
}

// yield takes a value that no two ports may have from another port that has it: the document gives it to this one.
func (m *maker) yield(o *spec.Object, p *state.Link, attrs attr.Set) {
	for r, v := range attrs.Filter(func(r *attr.Row) bool { return r.Unique }).All() {
		for _, other := range m.out.Ports(o.Name) {
			if other != p && v.N != 0 && other.Port.N(r.Name) == v.N {
				other.Port.Put(r, attr.Value{})
			}
		}
	}
}

// flush takes the addresses and routes away from a link that becomes a leg: nobody answers there any more. Those that the
// document does not put anywhere are told.
func (m *maker) flush(o *spec.Object, p *state.Link) {
	if lost := m.unplaced(p); len(lost) > 0 {
		m.warn(o.Path, "%s becomes a member of %s and loses %s, which the document does not put on any object",
			p.Name, o.Name, strings.Join(lost, ", "))
	}
	p.Addresses = nil
}

// unplaced are the addresses of a link, but for the kernel's own, that the document puts nowhere.
func (m *maker) unplaced(l *state.Link) (lost []string) {
	for _, a := range l.Addresses {
		if !a.Kernel() && !m.places(a) {
			lost = append(lost, a.Prefix.String())
		}
	}
	return lost
}

// places tells whether the document puts an address somewhere.
func (m *maker) places(a state.Address) bool {
	for o := range m.wanted {
		if places(o.Object, a) {
			return true
		}
	}
	return false
}
