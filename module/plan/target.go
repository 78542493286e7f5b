package plan

import (
	"fmt"
	"slices"
	"strings"

	"hostnet-module/module/attr"
	"hostnet-module/module/kind"
	"hostnet-module/module/spec"
	"hostnet-module/module/state"
)

// Make plans a document on a host: what the host shall be, the steps there, and what that means for every object. A document
// that does not fit the host gives problems and no plan.
func Make(doc *spec.Document, has *state.Host, last Last) (*Plan, []spec.Problem, error) {
	m := &maker{doc: doc, has: has, last: last, out: Goal(has), wants: wants(doc), moved: map[string]string{}, byDev: map[*state.Host]map[string][]state.Route{}, keysOf: map[*kind.Kind][]string{}, before: map[string]any{}, after: map[string]any{}}
	m.resolve()
	m.prune()
	m.checkKinds()
	if len(m.problems) > 0 {
		return nil, m.problems, nil
	}
	for _, stage := range []func(){m.absent, m.present, m.joinPorts, m.oldUplinks, m.raise, m.addresses, m.routes, m.rules, m.defaultPVIDs, m.hostAccess, m.tables, m.quiet, m.mtus, m.pinMACs, m.rising} {
		stage()
	}
	if len(m.problems) > 0 {
		return nil, m.problems, nil
	}
	unsettled := unsettledOnes(has, m.out)
	steps, err := path(has, m.out, false, unsettled)
	if err != nil {
		return nil, nil, err
	}
	p := &Plan{Steps: steps, Target: m.out, Listed: m.listed()}
	p.Objects = m.objects(steps, unsettled)
	m.inexact(p.Objects)
	m.foretell(steps)
	p.Warnings = m.warnings
	if m.limit(p.Objects); len(m.problems) > 0 {
		return nil, m.problems, nil
	}
	if rules, ok := m.ruleObject(); ok {
		p.Objects = slices.Insert(p.Objects, m.declaredCount, rules)
	}
	return p, nil, nil
}

// Goal is a host as a target: without what nobody sets, and without what a link has from its master or parent anyway.
func Goal(h *state.Host) *state.Host {
	h.Index()
	g := h.Clone()
	for _, l := range g.Links {
		l.Attrs = l.Attrs.Filter(func(r *attr.Row) bool { return !r.SeeOnly })
		l.Port = l.Port.Filter(func(r *attr.Row) bool { return !r.SeeOnly })
		if master := g.MasterOf(l); master != nil && master.K().TakesPorts {
			dropInherited(l)
		}
		if parent := h.ParentOf(l); parent != nil && l.K().HasParent && parent.MAC() == l.MAC() {
			l.Attrs.Drop("mac")
		}
	}
	return g
}

// dropInherited forgets what a port of a bond has from its bond.
func dropInherited(l *state.Link) {
	for _, r := range []*attr.Row{kind.MAC, kind.MTU, kind.AddrGenMode} {
		l.Attrs.Drop(r.Name)
	}
}

// maker folds a document over a host.
type maker struct {
	doc      *spec.Document
	has      *state.Host
	out      *state.Host // the host as it shall be
	last     Last
	wants    []want            // the document's objects
	byPlace  []*want           // by the places of their links, in has from checkKinds on, in out from present on
	moved    map[string]string // links below whose addresses go to an object above: from, to
	problems []spec.Problem
	warnings []string

	declaredCount int // how many of the document's objects it names itself; those behind them are pruned

	order         []ordered                                // all of out from below, once nothing comes or goes any more; see fromBelow
	byDev         map[*state.Host]map[string][]state.Route // see routesOf
	before, after map[string]any                           // in which one object after the other is described
	keysOf        map[*kind.Kind][]string                  // see kindKeys
}

func (m *maker) problem(path, hint, format string, args ...any) {
	m.problems = append(m.problems, spec.Problem{Path: path, Message: fmt.Sprintf(format, args...), Hint: hint, Err: spec.ErrHost})
}

func (m *maker) warn(path, format string, args ...any) {
	m.warnings = append(m.warnings, path+": "+fmt.Sprintf(format, args...))
}

// ordered is a link with the object that wants it; nil: none does.
type ordered struct {
	*state.Link
	want *want
}

// fromBelow lists the links as they shall be, each behind what it stands on.
func (m *maker) fromBelow() []ordered {
	if m.order == nil {
		links := m.out.FromBelow()
		m.order = make([]ordered, len(links))
		for i, l := range links {
			m.order[i] = ordered{l, m.meant(l)}
		}
	}
	return m.order
}

// checkKinds refuses a document that takes one link for another.
func (m *maker) checkKinds() {
	for i := range m.wants {
		o := &m.wants[i]
		l := m.has.Link(o.Name)
		if l != nil {
			m.mean(o, l)
		}
		switch {
		case l == nil && o.Kind.Existing && !o.Absent:
			m.problem(o.Path, m.nics(), "%q: no such link on this host", o.Name)
		case l != nil && l.K() != o.Kind:
			m.problem(o.Path, "choose another name, or remove that link first", "%q is a %s here, not a %s", o.Name, l.KindWord(), o.Kind.Name)
		}
	}
	for o := range m.wanted {
		if o.Kind.HasParent {
			m.checkParent(o.Object)
		}
	}
}

func (m *maker) checkParent(o *spec.Object) {
	if m.has.Link(o.Parent) == nil && m.declared(o.Parent) == nil {
		m.problem(o.Path+".parent", m.nics(), "%q: no such link on this host, and the document does not make it", o.Parent)
		return
	}
	for _, l := range m.has.Twins(o.Parent, o.Kind.Name, o.Attrs) {
		named := m.meant(l)
		if l.Name == o.Name {
			continue
		}
		if named == nil || !named.Absent && named.Parent == o.Parent && attr.Missing(l.Attrs, never(&state.Link{Attrs: named.Attrs})).Len() == 0 {
			m.problem(o.Path, fmt.Sprintf("set `name: %s` to adopt it, or list it with `state: absent`", l.Name),
				"this host has that VLAN of %s already, under the name %q", o.Parent, l.Name)
		}
	}
}

// nics lists the links that could have been meant.
func (m *maker) nics() string {
	var names []string
	for _, l := range m.has.Links {
		if l.K().Existing && !l.Seen.Loopback {
			names = append(names, l.Name)
		}
	}
	if len(names) == 0 {
		return "this host has no NIC"
	}
	return "NICs here: " + strings.Join(names[:min(len(names), 12)], ", ")
}

// absent takes the objects away that shall not be there, and lets their ports go.
func (m *maker) absent() {
	for _, o := range m.doc.Objects {
		if !o.Absent || m.out.Link(o.Name) == nil {
			continue
		}
		for _, upper := range m.out.Uppers(o.Name) {
			if named := m.meant(upper); named == nil || !named.Absent && named.Parent == o.Name {
				m.problem(o.Path, fmt.Sprintf("add %s with `state: absent`", upper.Name),
					"%s cannot be removed: %s stands on it", o.Name, upper.Name)
			}
		}
	}
	gone, nowhere := map[string]bool{}, map[string]bool{} // links; routes of ours that lead nowhere
	for _, o := range m.doc.Objects {
		if !o.Absent || m.out.Link(o.Name) == nil {
			continue
		}
		for _, p := range m.out.Ports(o.Name) {
			if m.meant(p) == nil && !o.Kind.OwnsPorts && !slices.Contains(m.last[o.Name].Ports, p.Name) {
				m.warn(o.Path, "%s loses its %s %s", p.Name, o.Kind.Name, o.Name)
			}
			m.release(p, o.Kind)
		}
		m.out.Remove(o.Name)
		gone[o.Name] = true
		for _, text := range m.last[o.Name].Routes {
			nowhere[text] = true
		}
	}
	m.out.Routes = slices.DeleteFunc(m.out.Routes, func(r state.Route) bool {
		legs := r.Legs()
		return slices.ContainsFunc(legs, func(h state.Hop) bool { return gone[h.Dev] }) || len(legs) == 0 && nowhere[r.String()]
	})
}

// release lets a port go. What a bond's member is like afterwards is the kernel's to say: down, with its own MAC and MTU.
func (m *maker) release(p *state.Link, from *kind.Kind) {
	m.out.Join(p, "")
	p.Port, p.VLANs = attr.Set{}, nil
	if from.TakesPorts {
		dropInherited(p)
		p.Attrs.Drop(kind.Up.Name)
	} else if m.meant(p) == nil && p.K().Existing && p.Attrs.N(kind.DisableIPv6.Name) != 0 {
		p.Attrs.Put(kind.DisableIPv6, attr.On(false))
	}
}

// The address generation modes that the planner sets (linux/if_link.h: IN6_ADDR_GEN_MODE_*).
const (
	genEUI64 = 0
	genNone  = 1
)

// present puts every wanted object in, with what the document says about its own attributes.
func (m *maker) present() {
	for o := range m.wanted {
		l := m.out.Link(o.Name)
		if l == nil {
			l = &state.Link{Name: o.Name, Kind: o.Kind.Name}
			m.out.Add(l)
			m.mean(o, l)
		}
		o.link = l
		if o.Kind.HasParent {
			m.out.StandOn(l, o.Parent)
		}
		l.Attrs.Put(kind.Up, attr.On(true))
		wish := m.visible(o.Object, m.has.Same(l))
		for r := range attr.Missing(l.Attrs, wish).All() {
			for _, name := range r.Upsets {
				l.Attrs.Drop(name)
			}
		}
		l.Attrs.Merge(wish)
		l.Attrs = l.Attrs.Filter(func(r *attr.Row) bool { return r.Applies(l.Attrs) })
	}
	for o := range m.wanted {
		for _, name := range o.ports {
			o.legs = append(o.legs, m.out.Link(name))
		}
	}
}

// visible is what the document says of an object, without what the kernel hides now: whether that has to be set cannot be known.
func (m *maker) visible(o *spec.Object, had *state.Link) attr.Set {
	if had == nil {
		return o.Attrs
	}
	hidden := attr.Veiled(had.Attrs, o.Attrs)
	for r := range hidden.All() {
		m.warn(o.Path+"."+r.Name, "%s: not compared and not set, as the kernel hides it while %s is on; the next run after that does", o.Name, r.Veil)
	}
	return o.Attrs.Filter(func(r *attr.Row) bool { return !hidden.Has(r.Name) })
}

// rising forgives links that cannot be up because what they stand on is not to be up.
func (m *maker) rising() {
	for _, l := range m.fromBelow() {
		parent := m.out.ParentOf(l.Link)
		if parent != nil && l.K().HasParent && l.Up() && parent.Attrs.Has("up") && !parent.Up() {
			l.Attrs.Drop(kind.Up.Name)
		}
	}
}
