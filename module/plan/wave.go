package plan

import (
	"slices"

	"hostnet-module/module/attr"
	"hostnet-module/module/kind"
	"hostnet-module/module/state"
)

// makeWave brings the links of one wave to the target: first those that are there, one after the other, so that each is disturbed
// as shortly as can be, and a bond has its members before anything new stands on it. Those that are new go through each stage
// together: steps of one sort, about links that have nothing to do with each other, are sent many at a time.
func (w *walk) makeWave(wave []*state.Link, live bool) {
	var fresh []*state.Link
	for _, t := range wave {
		if w.sim.Link(t.Name) == nil {
			fresh = append(fresh, t)
		} else {
			w.build(t, live)
		}
	}
	tables := func(t *state.Link) {
		if s := w.sim.Link(t.Name); s != nil {
			w.tables(s, t)
		}
	}
	for _, stage := range []func(*state.Link){w.create, w.quiet, tables, func(t *state.Link) { w.build(t, live) }} {
		for _, t := range fresh {
			stage(t)
		}
	}
}

// manyAbove is how many links a new one must carry to be raised when all of them are there. What comes up with its parent costs the
// kernel half of what it costs to raise it by itself (addresses, routes and timers of IPv6 come with the carrier), but a
// VLAN that was there before its parent had carrier is noticed up to a second later (net/core/link_watch.c). For a few
// it is not worth that.
const manyAbove = 32

// lateOnes names the new links that are raised after what stands on them has been built: not where traffic of the host is to move
// there, and not where one of those above is to stay down, since all rise with it.
func (w *walk) lateOnes() map[string]bool {
	late := map[string]bool{}
	for _, t := range w.order {
		above := w.target.Uppers(t.Name)
		if w.has.Link(t.Name) != nil || !t.Up() || len(above) < manyAbove {
			continue
		}
		follows := func(u *state.Link) bool { return u.Up() && u.K().HasParent && u.Attrs.N("loose_binding") == 0 }
		lives := func(p *state.Link) bool { had := w.has.Link(p.Name); return had != nil && carries(w.has, had) }
		late[t.Name] = !slices.ContainsFunc(above, func(u *state.Link) bool { return !follows(u) }) && !slices.ContainsFunc(w.target.Ports(t.Name), lives)
	}
	return late
}

// raise brings the late ones up, and all that stands on them.
func (w *walk) raise() {
	for _, t := range w.order {
		if s := w.sim.Link(t.Name); w.late[t.Name] && s != nil {
			delete(w.late, t.Name)
			if w.canRise(t) && !s.Up() {
				w.set(t, attr.Of(attr.Item{Row: kind.Up, Value: attr.On(true)}))
			}
		}
	}
}
