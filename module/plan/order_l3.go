package plan

import (
	"slices"

	"hostnet-module/module/state"
)

// The order of routes and addresses means something: of routes to one place by one metric the first is taken, of addresses of one
// network the first is the primary, and where nobody says which address to send from it is the first that fits. The kernel puts an IPv4
// address behind the others, an IPv6 address before them, a route behind those of its slot if asked to append. So what comes back into
// the middle has those behind it made anew.

// routeStep is how a missing route is added, and the routes that have to go before, since they shall stand behind it.
func (w *walk) routeStep(r state.Route) (step state.Step, behind []state.Route) {
	step = state.Step{Op: state.RouteAdd, Route: &r}
	beside := false
	for _, o := range w.sim.Routes {
		if o.Kernel() || o.Slot() != r.Slot() || o.Is4() != r.Is4() {
			continue
		}
		beside = true
		step.Replace = step.Replace || !slices.ContainsFunc(w.target.Routes, o.Same)
	}
	if !beside {
		step.Replace = r.Is4() // nobody's is lost by it, and it is no error if somebody is faster
	}
	if step.Replace || !r.Is4() {
		return step, nil
	}
	at := slices.IndexFunc(w.target.Routes, r.Same)
	for _, o := range w.target.Routes[at+1:] {
		if !o.Kernel() && o.Is4() && o.Slot() == r.Slot() && slices.ContainsFunc(w.sim.Routes, o.Same) {
			behind = append(behind, o)
		}
	}
	return step, behind
}

// inOrder are addresses in the order in which they are to be added so that they stand as in the list.
func inOrder(list []state.Address) []state.Address {
	var four, six []state.Address
	for _, a := range list {
		if a.Is4() {
			four = append(four, a)
		} else {
			six = append([]state.Address{a}, six...)
		}
	}
	return append(four, six...)
}

// makeRoom takes away, before an address is added, those that shall be added after it. They have their turn then.
func (w *walk) makeRoom(s, t *state.Link, a state.Address) {
	later := false
	for _, o := range inOrder(t.Addresses) {
		if o.Key() == a.Key() {
			later = true
			continue
		}
		if have := s.Address(o.Key()); later && have != nil && o.Is4() == a.Is4() && !o.Kernel() && s.Address(a.Key()) == nil {
			w.emit(state.Step{Op: state.AddrDel, Link: t.Name, Address: *have})
		}
	}
}

// differs tells whether an address differs from one of its key in what Same passes over: who set it, its route's metric, its broadcast
// address, and a lifetime by more than what a rollback takes.
func differs(a, b state.Address) bool {
	const slack = 10 // seconds
	far := func(x, y uint32) bool { return max(x, y)-min(x, y) > slack }
	return a.Proto != b.Proto || a.Metric != b.Metric || a.Broadcast != b.Broadcast || far(a.Valid, b.Valid) || far(a.Preferred, b.Preferred)
}
