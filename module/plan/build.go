package plan

import (
	"slices"

	"hostnet-module/module/attr"
	"hostnet-module/module/kind"
	"hostnet-module/module/state"
)

// build brings one link, its master and its VLAN table to the target.
func (w *walk) build(t *state.Link, live bool) {
	if w.sim.Link(t.Name) == nil {
		w.create(t)
	}
	s := w.sim.Link(t.Name)
	if s == nil || w.err != nil {
		return
	}
	w.quiet(t)
	w.prepare(s, t)
	w.tables(s, t)
	w.settle(s, t, live)
	w.tables(s, t)
	if t.Port.Len() > 0 && s.Master == t.Master {
		master := w.sim.Link(s.Master)
		need := attr.Missing(s.Port, t.Port).Filter(func(r *attr.Row) bool { return r.Applies(master.Attrs) && w.beside(s, r, t.Port.S(r.Name)) })
		if need.Len() > 0 {
			w.free(s, need)
			w.emit(state.Step{Op: state.LinkSet, Link: t.Name, PortKind: master.Kind, Port: need})
		}
	}
}

// free takes values that no two ports may have away from other ports, which get their own in their turn.
func (w *walk) free(s *state.Link, need attr.Set) {
	for r, v := range need.Filter(func(r *attr.Row) bool { return r.Unique }).All() {
		for _, p := range w.sim.Ports(s.Master) {
			if p != s && v.N != 0 && p.Port.N(r.Name) == v.N {
				w.emit(state.Step{Op: state.LinkSet, Link: p.Name, PortKind: w.sim.Link(s.Master).Kind, Port: attr.Of(attr.Item{Row: r})})
			}
		}
	}
}

// beside tells whether the other port that a row of a port points at, if it does, is one already.
func (w *walk) beside(s *state.Link, r *attr.Row, other string) bool {
	p := w.sim.Link(other)
	return r.Type != attr.Index || other == "" || p != nil && p.Master == s.Master
}

// create makes a link with everything that the kernel takes in the creating message.
func (w *walk) create(t *state.Link) {
	if t.Kind == "" || t.K().HasParent && w.sim.Link(t.Parent) == nil {
		return
	}
	step := state.Step{Op: state.LinkAdd, Link: t.Name, Kind: t.Kind, Parent: t.Parent, Index: w.index(t)}
	step.Attrs = t.Attrs.Filter(func(r *attr.Row) bool { return !r.Alone && !r.SeeOnly && r != kind.Up && r.Applies(t.Attrs) })
	if !w.alone(t) && w.canRise(t) {
		step.Attrs.Put(kind.Up, attr.On(true))
	}
	if master := w.sim.Link(t.Master); master != nil && master.K().PortWhen == attr.Live {
		step.Master = state.To(t.Master)
	}
	w.emit(step)
}

// index asks for the index that a link had before, where it is free: others may know it by that.
func (w *walk) index(t *state.Link) int {
	if w.sim.Taken(t.Index) {
		return 0
	}
	return t.Index
}

// alone tells whether a new link needs something before it may be up that the creating message does not take: no IPv6, or
// a VLAN table without the bridge itself.
func (w *walk) alone(t *state.Link) bool {
	for r, v := range t.Attrs.All() {
		if r.Alone && v.N != 0 {
			return true
		}
	}
	if t.Extras != nil && t.Extras.Settings.Len() > 0 {
		return true
	}
	return t.VLANs != nil && t.K().Bridging
}

// canRise tells whether a link is to be up now, and its parent lets it.
func (w *walk) canRise(t *state.Link) bool {
	if !t.Up() || w.late[t.Name] {
		return false
	}
	parent := w.sim.Link(t.Parent)
	return !t.K().HasParent || parent == nil || parent.Up()
}

// prepare changes the attributes of an existing link that need a condition first: its ports released, the link down.
func (w *walk) prepare(s, t *state.Link) {
	need := w.need(s, t)
	data := need.Filter(func(r *attr.Row) bool { return r.Place == attr.Data })
	if first := data.Filter(func(r *attr.Row) bool { return r.ZeroFirst && t.Attrs.N(r.Name) == 0 }); first.Len() > 0 && data.Len() > first.Len() {
		w.set(t, first)
		data = attr.Missing(s.Attrs, data)
	}
	when := data.When()
	if when == attr.Live {
		return
	}
	if when&attr.NoPorts != 0 {
		for _, p := range w.sim.Ports(t.Name) {
			w.emit(state.Step{Op: state.LinkSet, Link: p.Name, Kind: p.Kind, Master: state.To("")})
		}
	}
	if when&attr.Down != 0 && s.Up() {
		w.set(t, attr.Of(attr.Item{Row: kind.Up}))
	}
	if last := w.lastChance(s, t); last.Len() > 0 {
		w.set(t, last)
	}
	w.set(t, data)
}

// lastChance are options that the link has now and will not have in the mode that it goes back to (a bond's lacp_rate): the kernel keeps
// and reports their values, and takes no change of them there.
func (w *walk) lastChance(s, t *state.Link) attr.Set {
	if !w.exact {
		return attr.Set{}
	}
	return t.Attrs.Filter(func(r *attr.Row) bool {
		old, ok := s.Attrs.Get(r.Name)
		v, _ := t.Attrs.Get(r.Name)
		return ok && !r.SeeOnly && !r.Equal(old, v) && r.Applies(s.Attrs) && !r.Applies(t.Attrs)
	})
}

// need are the attributes that differ, without the MTU, which has an order of its own, the administrative state, and what
// quiet has seen to: the kernel raises a link before it looks at those.
func (w *walk) need(s, t *state.Link) attr.Set {
	need := attr.Missing(s.Attrs, t.Attrs).Filter(func(r *attr.Row) bool { return r != kind.Up && r != kind.MTU && !r.Alone })
	if mac := t.MAC(); mac != "" && toPin(s, t) {
		need.Put(kind.MAC, attr.Str(mac))
	}
	return need
}

// tables brings a bridge's own VLAN entries, or a port's, to the target, if the target has an opinion. What is missing comes
// first, so that untagged frames always belong somewhere. Entries next to each other that are alike are one message.
func (w *walk) tables(s, t *state.Link) {
	if t.VLANs == nil || !t.K().Bridging && s.Master != t.Master {
		return
	}
	var missing, surplus []state.VLAN
	for _, v := range t.VLANs {
		if !slices.Contains(s.VLANs, v) {
			missing = append(missing, v)
		}
	}
	for _, v := range s.VLANs {
		if !slices.ContainsFunc(t.VLANs, func(o state.VLAN) bool { return o.ID == v.ID }) {
			surplus = append(surplus, state.VLAN{ID: v.ID})
		}
	}
	for _, change := range []struct {
		op   state.Op
		list []state.VLAN
	}{{state.VLANAdd, missing}, {state.VLANDel, surplus}} {
		for v, last := range state.Ranges(change.list) {
			step := state.Step{Op: change.op, Link: t.Name, VLAN: v, Self: t.K().Bridging}
			if last > v.ID {
				step.LastID = last
			}
			w.emit(step)
		}
	}
}

// settle says the rest in one message: attributes, the master, up.
func (w *walk) settle(s, t *state.Link, live bool) {
	step := state.Step{Op: state.LinkSet, Link: t.Name, Kind: t.Kind, Attrs: w.need(s, t)}
	if s.Master != t.Master {
		switch {
		case t.Master == "" && w.target.Link(s.Master) == nil: // goes with its master
		case t.Master == "":
			step.Master = state.To("")
		case w.joins(s, t, live):
			step.Master = state.To(t.Master)
		}
	}
	if step.Master != nil && *step.Master != "" && w.sim.Link(t.Master).K().PortWhen&attr.Down != 0 {
		w.enslave(s, t)
		step.Master, step.Attrs = nil, w.need(s, t)
	}
	switch {
	case t.Attrs.Has("up") && !t.Up() && s.Up():
		step.Attrs.Put(kind.Up, attr.On(false))
	case w.canRise(t) && !s.Up():
		step.Attrs.Put(kind.Up, attr.On(true))
	}
	if step.Master != nil || step.Attrs.Len() > 0 {
		w.emit(step)
	}
}

// joins tells whether a link may go to its new master now. One that carries the host's traffic waits until everything
// above has been built and addressed.
func (w *walk) joins(s, t *state.Link, live bool) bool {
	if w.sim.Link(t.Master) == nil {
		return false
	}
	if live || !carries(w.sim, s) {
		return true
	}
	w.waiting[t.Master] = true
	return false
}

// carries tells whether traffic of the host goes over a link: it has an address that somebody gave it, or a route.
func carries(h *state.Host, l *state.Link) bool {
	return slices.ContainsFunc(l.Addresses, func(a state.Address) bool { return !a.Prefix.Addr().IsLinkLocalUnicast() }) ||
		slices.ContainsFunc(h.Routes, func(r state.Route) bool { return !r.Kernel() && r.Uses(l.Name) })
}

// enslave makes a link the port of a master that wants it down: IPv4 addresses that it shall not keep go first, since
// they would survive; the kernel brings the port up again itself.
func (w *walk) enslave(s, t *state.Link) {
	w.dropAddresses(s, t, state.Address.Is4)
	step := state.Step{Op: state.LinkSet, Link: t.Name, Kind: t.Kind, Master: state.To(t.Master)}
	if s.Up() {
		step.Attrs = attr.Of(attr.Item{Row: kind.Up}) // the kernel looks at the flags before the master
	}
	w.emit(step)
}
