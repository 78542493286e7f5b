package plan

import (
	"errors"
	"slices"

	"hostnet-module/module/attr"
	"hostnet-module/module/state"
)

// there tells whether a host is as the target says. Where it is in doubt it says no.
func there(has, target *state.Host) bool {
	return len(has.Links) == len(target.Links) && len(unsettledOnes(has, target)) == 0 && sameRest(has, target)
}

// unsettledOnes are the target's links about which something is left to be done.
func unsettledOnes(has, target *state.Host) map[*state.Link]bool {
	left := map[*state.Link]bool{}
	for _, t := range target.Links {
		if s := has.Same(t); s == nil || !settled(s, t) {
			left[t] = true
		}
	}
	return left
}

// shortWalk looks at those links alone about which something is to be done: the usual case in a large host, where a walk looks at
// each link a dozen times. Of the others its model has none of its own. It is good if it leads to the target: if not, a step has done
// something to another link, or would have.
func shortWalk(has, target *state.Host, exact bool, unsettled map[*state.Link]bool) ([]state.Step, bool) {
	near := nearby(has, target, unsettled)
	w := newWalk(has, has.But(near), target, exact, func(t *state.Link) bool { return unsettled[t] })
	w.near = near
	steps, err := w.take()
	return steps, err == nil && w.arrives()
}

// nearby names the links to which steps about some of the target's, and about those that it does not have, may do something.
func nearby(has, target *state.Host, unsettled map[*state.Link]bool) map[string]bool {
	c := concern{has, map[string]bool{}}
	for t := range unsettled {
		c.changes(t.Name)
		c.changes(t.Master)
	}
	for _, l := range has.Links {
		if target.Same(l) == nil {
			c.changes(l.Name)
		}
	}
	return c.names
}

var errFar = errors.New("a step about a link that is not looked at")

// reaches tells whether all that a step may do something to is near; nothing that is not near becomes so, unless by such a step.
func (w *walk) reaches(s state.Step) bool {
	if w.near == nil {
		return true
	}
	near := s.Link == "" || w.near[s.Link]
	for name := range others(s) {
		near = near && w.near[name]
	}
	return near
}

// arrives tells whether the model has become what the target says. Links that are not near are what they were, and were settled.
func (w *walk) arrives() bool {
	for name := range w.near {
		s, t := w.sim.Link(name), w.target.Link(name)
		if (s == nil) != (t == nil) || s != nil && !settled(s, t) {
			return false
		}
	}
	return sameRest(w.sim, w.target)
}

// sameRest compares what is no link.
func sameRest(has, target *state.Host) bool {
	return slices.EqualFunc(has.Rules, target.Rules, state.Rule.Same) && sameRoutes(has.Routes, target.Routes)
}

// settled tells whether nothing is left to be done about a link.
func settled(s, t *state.Link) bool {
	return alike(s, t) && !toPin(s, t) && (t.Extras == nil || extrasSettled(s, t))
}

// alike is settled without a link's extras: a look does not read these.
func alike(s, t *state.Link) bool {
	return s.Kind == t.Kind && s.Parent == t.Parent && s.Master == t.Master &&
		attr.Missing(s.Attrs, t.Attrs).Len() == 0 && attr.Missing(s.Port, t.Port).Len() == 0 &&
		(t.VLANs == nil || slices.Equal(s.VLANs, t.VLANs)) && slices.EqualFunc(s.Addresses, t.Addresses, state.Address.Same)
}

// sameRoutes compares what is not the kernel's own.
func sameRoutes(has, target []state.Route) bool {
	var ours [2][]state.Route
	for i, list := range [][]state.Route{has, target} {
		for _, r := range list {
			if !r.Kernel() {
				ours[i] = append(ours[i], r)
			}
		}
	}
	return slices.EqualFunc(ours[0], ours[1], state.Route.Same)
}
