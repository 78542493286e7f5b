package plan

import (
	"slices"

	"hostnet-module/module/attr"
	"hostnet-module/module/state"
)

// there tells whether a host is as the target says, so that no way need be looked for: the usual case, and one look at each link
// where a walk takes a dozen. Where it is in doubt it says no.
func there(has, target *state.Host) bool {
	if len(has.Links) != len(target.Links) || !slices.EqualFunc(has.Rules, target.Rules, state.Rule.Same) {
		return false
	}
	for _, t := range target.Links {
		if s := has.Link(t.Name); s == nil || !settled(s, t) {
			return false
		}
	}
	return sameRoutes(has.Routes, target.Routes)
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
