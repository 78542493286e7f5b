package plan

import (
	"slices"
	"strings"

	"hostnet-module/module/attr"
	"hostnet-module/module/kind"
	"hostnet-module/module/state"
)

// Losing names the links of a host that may lose something by the steps which no snapshot tells, and how deep one has to look for it. Where nothing goes
// down, moves or is taken away there is none: the usual run.
func Losing(has *state.Host, steps []state.Step) map[string]state.Depth {
	depths := map[string]state.Depth{}
	deepen := func(name string, d state.Depth) {
		if name != "" && has.Link(name) != nil {
			depths[name] = max(depths[name], d)
		}
	}
	stirs := false
	for i := range steps {
		s := &steps[i]
		l := has.Link(s.Link)
		if l == nil {
			continue
		}
		switch {
		case s.Op == state.LinkDel:
			withUppers(has, l, func(l *state.Link) {
				deepen(l.Name, state.Whole)
				for _, p := range has.Ports(l.Name) {
					deepen(p.Name, state.Port)
				}
			})
		case s.Op == state.AddrDel, s.Op == state.LinkSet && upsets(s, l), s.Op == state.Sysctl && s.Attrs.N(kind.DisableIPv6.Name) != 0:
		default:
			continue
		}
		if stirs = true; s.Master != nil && *s.Master != l.Master && has.MasterOf(l) != nil {
			deepen(s.Link, state.Port)
		}
	}
	if stirs {
		for name := range Concerned(has, steps) {
			deepen(name, state.Brief)
		}
	}
	return depths
}

// withUppers calls f for a link and all that stand on it.
func withUppers(h *state.Host, l *state.Link, f func(*state.Link)) {
	f(l)
	for _, upper := range h.Uppers(l.Name) {
		withUppers(h, upper, f)
	}
}

// upsets tells whether a change of a link may cost it, or one that has its address from it, what is in the tables of neighbours.
func upsets(s *state.Step, l *state.Link) bool {
	up, ok := s.Attrs.Get(kind.Up.Name)
	return ok && up.N == 0 && l.Up() || s.Attrs.Has(kind.MAC.Name) || s.Master != nil && *s.Master != l.Master
}

// fits tells whether a link is to hold an entry, and does by now what that needs.
func fits(s, t *state.Link, e state.Entry) bool { return e.Data != "" && t.Fits(e) && s.Fits(e) }

// extrasSettled tells whether a link has all of its extras that it can have.
func extrasSettled(s, t *state.Link) bool {
	return s.Unset(t.Extras).Len() == 0 &&
		!slices.ContainsFunc(t.Extras.Entries, func(e state.Entry) bool { return e.Data != "" && t.Fits(e) && !s.Extras.Has(e) })
}

// addEntries puts back what links have lost on the way. Groups of nexthops come behind their members.
func (w *walk) addEntries() {
	for _, late := range []bool{false, true} {
		for _, t := range w.order {
			s := w.sim.Link(t.Name)
			if t.Extras == nil || s == nil || t.Up() && !s.Up() {
				continue
			}
			awaited := !t.Up()
			for _, e := range t.Extras.Entries {
				if (e.Sort == state.NextHopGroup) == late && fits(s, t, e) && !s.Extras.Has(e) {
					if e.Sort == state.NextHop && !awaited {
						w.emit(state.Step{Op: state.Await, Link: t.Name}) // the kernel takes none without carrier
						awaited = true
					}
					w.emit(state.Step{Op: state.EntryAdd, Link: t.Name, Entry: &e})
				}
			}
		}
	}
}

// remove takes a link away. One of which somebody has asked for all frames has asked its parent too, and the kernel forgets to take that back when the link
// goes while it is asked (net/8021q/vlan_dev.c; seen on Linux 6.1): the parent would stay promiscuous for ever.
func (w *walk) remove(name string) {
	if s := w.sim.Link(name); s != nil && s.Extras != nil && s.Parent != "" {
		var off attr.Set
		for r := range s.Extras.Settings.All() {
			if r.Place == attr.Header && s.Extras.Settings.N(r.Name) != 0 {
				off.Put(r, attr.Value{})
			}
		}
		if off.Len() > 0 {
			w.emit(state.Step{Op: state.LinkSet, Link: name, Attrs: off})
		}
	}
	w.emit(state.Step{Op: state.LinkDel, Link: name})
}

// Spare tells whether a step puts back what no document says. That the kernel refuses it is told, and no reason to give a run up.
func Spare(s state.Step) bool {
	if s.Op == state.EntryAdd {
		return true
	}
	for r := range s.Attrs.All() {
		if !r.Carried {
			return false
		}
	}
	return s.Attrs.Len() > 0 && s.Master == nil && (s.Op == state.Sysctl || s.Op == state.LinkSet) && s.Port.Len() == 0
}

// Lost tells, in words, what links of before had and those of now have not, of the links that are there: settings and entries.
func Lost(now, before *state.Host) (words []string) {
	for _, was := range before.Links {
		l := now.Link(was.Name)
		if was.Extras == nil || l == nil {
			continue
		}
		words = append(words, lost(l, was, func(state.Entry) bool { return true })...)
	}
	return words
}

func lost(l, was *state.Link, which func(state.Entry) bool) (words []string) {
	for r, v := range l.Unset(was.Extras).All() {
		words = append(words, settingWords(was.Name, r, v))
	}
	for _, e := range was.Extras.Entries {
		if !l.Extras.Has(e) && which(e) {
			words = append(words, e.Line(was.Name))
		}
	}
	return words
}

func settingWords(link string, r *attr.Row, v attr.Value) string {
	op := state.LinkSet
	if r.Place == attr.Proc {
		op = state.Sysctl
	}
	return state.Step{Op: op, Link: link, Attrs: attr.Of(attr.Item{Row: r, Value: v})}.String()
}

// HasExtras names the links of a host of which something is known that no snapshot tells.
func HasExtras(h *state.Host) map[string]state.Depth {
	var depths map[string]state.Depth
	for _, l := range h.Links {
		if l.Extras == nil {
			continue
		}
		if depths == nil {
			depths = map[string]state.Depth{}
		}
		depths[l.Name] = state.Whole
	}
	return depths
}

// foretell warns, before anything is touched, of what the steps lose for good: of links that stay, and of links that go and that no rollback could give it
// back.
func (m *maker) foretell(steps []state.Step) {
	if len(HasExtras(m.has)) == 0 {
		return
	}
	after := m.has.Clone()
	for _, s := range steps {
		_ = after.Apply(s) // the walk has seen that it can be done
	}
	for _, was := range m.has.Links {
		if was.Extras == nil {
			continue
		}
		what, l := "goes, and no rollback could bring back", after.Link(was.Name)
		which := func(e state.Entry) bool { return e.Data == "" }
		if l == nil {
			l = &state.Link{Name: was.Name, Extras: &state.Extras{Settings: was.Extras.Settings}}
		} else {
			what, which = "loses for good", func(state.Entry) bool { return true }
		}
		if words := lost(l, was, which); len(words) > 0 {
			m.warnings = append(m.warnings, was.Name+" "+what+": "+strings.Join(words, "; "))
		}
	}
}
