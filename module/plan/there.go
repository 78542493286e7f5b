package plan

import (
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
		if s := has.Link(t.Name); s == nil || !settled(s, t) {
			left[t] = true
		}
	}
	return left
}

// shortWalk looks at those links alone about which something is to be done: the usual case in a large host, where a walk looks at
// each link a dozen times. It is good if it leads to the target. If not, a step has done something to another link.
func shortWalk(has, target *state.Host, exact bool, unsettled map[*state.Link]bool) ([]state.Step, bool) {
	w := newWalk(has, target, exact)
	isSettled := func(t *state.Link) bool { return !unsettled[t] }
	for i := range w.waves {
		w.waves[i] = slices.DeleteFunc(w.waves[i], isSettled)
	}
	w.order = slices.DeleteFunc(w.order, isSettled)
	steps, err := w.take()
	return steps, err == nil && there(w.sim, target)
}

// sameRest compares what is no link.
func sameRest(has, target *state.Host) bool {
	return slices.EqualFunc(has.Rules, target.Rules, state.Rule.Same) && sameRoutes(has.Routes, target.Routes)
}

// settled tells whether nothing is left to be done about a link.
func settled(s, t *state.Link) bool {
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
