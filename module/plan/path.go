package plan

import (
	"fmt"
	"net/netip"
	"slices"

	"hostnet-module/module/attr"
	"hostnet-module/module/kind"
	"hostnet-module/module/state"
)

// Path finds the steps that lead from one host to another. What the target does not hold is not cared for: an attribute that
// is missing there is left as it is; a link that is missing there is taken away.
//
// It walks a model of the host and looks at it after each step, so that side effects (a link that went down has lost its
// routes) are made good like any other difference. The order is that of least silence: everything above is built and
// addressed before a link that carries the host's traffic is touched, and nothing is taken away before the end.
func Path(has, target *state.Host) ([]state.Step, error) {
	return path(has, target, false, unsettledOnes(has, target))
}

// Retrace is Path for a target that has been: addresses get the flags that they had, to the letter.
func Retrace(has, target *state.Host) ([]state.Step, error) {
	return path(has, target, true, unsettledOnes(has, target))
}

// path tries the cheap ways first: nowhere, and by a walk that looks only at what is to be done. Both give the steps of the long walk,
// which is taken where much is to be done, or where a step does something to links that are not looked at.
func path(has, target *state.Host, exact bool, unsettled map[*state.Link]bool) ([]state.Step, error) {
	if len(unsettled) == 0 && len(has.Links) == len(target.Links) && sameRest(has, target) {
		return nil, nil
	}
	if len(unsettled) < len(target.Links)/2 {
		if steps, ok := shortWalk(has, target, exact, unsettled); ok {
			return steps, nil
		}
	}
	return longWalk(has, target, exact).take()
}

// longWalk begins a walk that looks at all links again and again.
func longWalk(has, target *state.Host, exact bool) *walk {
	return newWalk(has, has.Clone(), target, exact, func(*state.Link) bool { return true })
}

// newWalk begins a walk that looks at some of the target's links; sim is a copy of the host.
func newWalk(has, sim, target *state.Host, exact bool, which func(*state.Link) bool) *walk {
	w := &walk{has: has, sim: sim, target: target, waves: waves(target, which), arrived: map[arrival]bool{}, exact: exact}
	w.order = slices.Concat(w.waves...)
	if slices.ContainsFunc(w.order, func(t *state.Link) bool { return has.Same(t) == nil }) {
		w.steps = slices.Grow(w.steps, stepsEach*len(w.order))
	}
	return w
}

// stepsEach is how many steps a new link takes, as a rule: thousands are not copied again and again as they come.
const stepsEach = 3

// take takes the walk to its end and returns its steps.
func (w *walk) take() ([]state.Step, error) {
	w.late = w.lateOnes()
	w.deleteBlockers()
	w.pass(false)
	w.announce()
	built := len(w.steps)
	w.pass(true)
	if len(w.steps) > built {
		w.announce()
	}
	w.clear()
	for range maxRepairs {
		n := len(w.steps)
		w.pass(true)
		w.clear()
		if w.err != nil || len(w.steps) == n {
			return w.steps, w.err
		}
	}
	return nil, fmt.Errorf("no way to the wanted network was found: after %d steps the last was %q", len(w.steps), w.steps[len(w.steps)-1])
}

const maxRepairs = 6

// walk is a path in the making.
type walk struct {
	has     *state.Host // as it is
	sim     *state.Host // as it would be after the steps
	target  *state.Host
	waves   [][]*state.Link // the target's links: of one wave none stands on another or is its port
	order   []*state.Link   // all of them, below first
	steps   []state.Step
	waiting map[string]bool // masters of links that carry traffic and have been left for the second pass
	exact   bool
	arrived map[arrival]bool // addresses that have moved here
	late    map[string]bool  // new links that rise when all on them has been built
	near    map[string]bool  // the links that the model may be changed in; nil: all
	err     error

	carriers map[netip.Addr]*state.Link // as it is; nil until somebody asks
}

// emit adds a step and lets the model follow it. After a step that the model refuses nothing more is added.
func (w *walk) emit(s state.Step) {
	if w.err == nil && !w.reaches(s) {
		w.err = errFar
	}
	if w.err != nil {
		return
	}
	if err := w.sim.Apply(s); err != nil {
		w.err = fmt.Errorf("%s: %w", s, err)
		return
	}
	w.steps = append(w.steps, s)
}

// deleteBlockers takes away first what stands in the way: links that must be made anew, and links that hold a VLAN which
// another one is to have.
func (w *walk) deleteBlockers() {
	for _, t := range slices.Backward(w.order) {
		if s := w.sim.Link(t.Name); s != nil && anew(s, t) {
			w.remove(t.Name)
		}
	}
	for _, t := range w.order {
		if !t.K().HasParent || w.sim.Link(t.Name) != nil {
			continue
		}
		for _, s := range w.sim.Twins(t.Parent, t.Kind, t.Attrs) {
			if w.target.Link(s.Name) == nil {
				w.remove(s.Name)
			}
		}
	}
}

// anew tells whether a link cannot be changed into the wanted one.
func anew(s, t *state.Link) bool {
	return s.Kind != t.Kind || t.K().HasParent && s.Parent != t.Parent || attr.Missing(s.Attrs, never(t)).Len() > 0
}

// never are the attributes that no existing link can be given.
func never(l *state.Link) attr.Set {
	return l.Attrs.Filter(func(r *attr.Row) bool { return r.When&attr.Never != 0 })
}

// pass goes over all links once, from below. Links that carry traffic join their master only in a pass with live set.
func (w *walk) pass(live bool) {
	w.waiting = map[string]bool{}
	for _, t := range w.order {
		w.quiet(t)
		w.raiseMTU(t)
	}
	for _, wave := range w.waves {
		w.makeWave(wave, live)
	}
	w.raise()
	for _, t := range slices.Backward(w.order) {
		w.lowerMTU(t)
	}
	if !live {
		w.awaitCarriers()
	}
	for _, t := range w.order {
		w.addAddresses(t)
	}
	w.addEntries()
	w.addRoutes()
	w.addRules()
}

// awaitCarriers waits where traffic is about to move from a link below to one above that has just been built: what is
// configured does not pass traffic yet. Where nothing but that link can bring carrier there is nothing to wait for.
func (w *walk) awaitCarriers() {
	if len(w.waiting) == 0 {
		return
	}
	for _, t := range w.order {
		s := w.sim.Link(t.Name)
		arrives := func(a state.Address) bool { return s.Address(a.Key()) == nil && w.moved(t.Name, a) }
		if s != nil && t.Up() && slices.ContainsFunc(t.Addresses, arrives) && w.hasOtherLegs(t.Name) {
			w.emit(state.Step{Op: state.Await, Link: t.Name})
		}
	}
}

// hasOtherLegs tells whether every master below a link, for which a link that carries traffic is still waiting, has ports.
func (w *walk) hasOtherLegs(name string) bool {
	below := legs(w.sim, name)
	for master := range w.waiting {
		if (below[master] || master == name) && len(w.sim.Ports(master)) == 0 {
			return false
		}
	}
	return true
}

// quiet sets what must hold before a link next goes up: one that is taken down for another's sake comes up by itself.
func (w *walk) quiet(t *state.Link) {
	s := w.sim.Link(t.Name)
	if s == nil {
		return
	}
	need := attr.Missing(s.Attrs, t.Attrs).Filter(func(r *attr.Row) bool { return r.Alone })
	settings := s.Unset(t.Extras)
	for _, set := range []attr.Set{need, settings} { // one may be refused, and nothing of the other with it
		if files := set.Filter(func(r *attr.Row) bool { return r.Place == attr.Proc }); files.Len() > 0 {
			w.emit(state.Step{Op: state.Sysctl, Link: t.Name, Attrs: files})
		}
		if rest := set.Filter(func(r *attr.Row) bool { return r.Place != attr.Proc }); rest.Len() > 0 {
			w.set(t, rest)
		}
	}
}

func (w *walk) raiseMTU(t *state.Link) {
	if s, mtu := w.sim.Link(t.Name), t.MTU(); s != nil && mtu > s.MTU() {
		w.set(t, attr.Of(attr.Item{Row: kind.MTU, Value: attr.Num(mtu)}))
	}
}

func (w *walk) lowerMTU(t *state.Link) {
	if s, mtu := w.sim.Link(t.Name), t.MTU(); s != nil && t.Attrs.Has("mtu") && mtu < s.MTU() {
		w.set(t, attr.Of(attr.Item{Row: kind.MTU, Value: attr.Num(mtu)}))
	}
}

func (w *walk) set(t *state.Link, attrs attr.Set) {
	w.emit(state.Step{Op: state.LinkSet, Link: t.Name, Kind: t.Kind, Attrs: attrs})
}

// addAddresses gives a link the addresses that it lacks, once it is as up as it shall be.
func (w *walk) addAddresses(t *state.Link) {
	s := w.sim.Link(t.Name)
	if s == nil || t.Up() && !s.Up() {
		return
	}
	for _, a := range inOrder(t.Addresses) {
		have := s.Address(a.Key())
		if w.arrived[arrival{t.Name, a.Key()}] && !a.Is4() && !w.exact {
			a.Flags |= state.FlagNodad
		}
		if have != nil && a.Same(*have) && (!w.exact || !differs(a, *have)) || have == nil && a.Kernel() {
			continue
		}
		for _, o := range slices.Clone(s.Addresses) {
			if o.Prefix.Addr() == a.Prefix.Addr() && !replaceable(o, a) {
				w.emit(state.Step{Op: state.AddrDel, Link: t.Name, Address: o})
			}
		}
		if w.exact {
			w.makeRoom(s, t, a)
		}
		if have == nil && w.moved(t.Name, a) {
			w.arrived[arrival{t.Name, a.Key()}] = true
			if !a.Is4() && !w.exact {
				// It has been this host's already: a second detection would only silence it for a second. The flag stays: the
				// kernel starts the detection some time after the address is there, and would find it gone.
				a.Flags |= state.FlagNodad
			}
		}
		w.emit(state.Step{Op: state.AddrAdd, Link: t.Name, Address: a})
	}
}

// replaceable tells whether the kernel changes an address into another in place: flags and lifetimes, nothing else.
func replaceable(old, a state.Address) bool {
	return old.Key() == a.Key() && old.Scope == a.Scope && old.Label == a.Label && (old.Broadcast == a.Broadcast || !a.Broadcast.IsValid())
}

// moved tells whether an address was another link's before.
func (w *walk) moved(to string, a state.Address) bool {
	if w.carriers == nil {
		w.carriers = w.has.Carriers()
	}
	from := w.carriers[a.Prefix.Addr()]
	return from != nil && from.Name != to
}

// arrival is an address on the link that it has moved to.
type arrival struct {
	link string
	key  state.AddressKey
}

// announce tells the neighbours and the switches about addresses that have moved: as soon as that can be heard, and again when
// the link that they came from has changed its place, since a switch may have looked away the first time.
func (w *walk) announce() {
	for master := range w.waiting {
		if len(w.sim.Ports(master)) == 0 {
			return
		}
	}
	for _, t := range w.order {
		for _, a := range t.Addresses {
			if w.arrived[arrival{t.Name, a.Key()}] {
				w.emit(state.Step{Op: state.Announce, Link: t.Name, Address: a})
			}
		}
	}
}

// addRoutes adds the routes that are missing, as far as their links are up and their gateways in reach.
func (w *walk) addRoutes() {
	for _, r := range w.target.Routes {
		if r.Kernel() || slices.ContainsFunc(w.sim.Routes, r.Same) {
			continue
		}
		step, behind := w.routeStep(r)
		if len(behind) > 0 && w.sim.Clone().Apply(step) != nil {
			continue
		}
		for _, o := range behind {
			w.emit(state.Step{Op: state.RouteDel, Route: &o})
		}
		if w.err == nil && w.sim.Apply(step) == nil { // a route that is refused changes nothing
			w.steps = append(w.steps, step)
		}
	}
}

// clear takes away what the target does not have: links, addresses, routes.
func (w *walk) clear() {
	if slices.ContainsFunc(w.sim.Links, func(s *state.Link) bool { return w.target.Same(s) == nil }) {
		w.clearLinks()
	}
	for _, t := range w.order {
		if s := w.sim.Link(t.Name); s != nil {
			w.dropAddresses(s, t, func(state.Address) bool { return true })
		}
	}
	w.clearRules()
	for _, r := range slices.Clone(w.sim.Routes) {
		if !r.Kernel() && slices.ContainsFunc(w.sim.Routes, r.Same) && !slices.ContainsFunc(w.target.Routes, r.Same) {
			w.emit(state.Step{Op: state.RouteDel, Route: &r})
		}
	}
}

func (w *walk) clearLinks() {
	for _, s := range slices.Backward(w.sim.FromBelow()) {
		// The kernel takes what stands on a link along with it, and waits for its readers once instead of once for each.
		along := s.Parent != "" && w.target.Link(s.Parent) == nil
		if w.target.Link(s.Name) == nil && w.sim.Link(s.Name) != nil && !along {
			w.remove(s.Name)
		}
	}
}

// dropAddresses takes those of a link's addresses away that the target does not have.
func (w *walk) dropAddresses(s, t *state.Link, which func(state.Address) bool) {
	for _, a := range slices.Clone(s.Addresses) {
		if s.Address(a.Key()) != nil && t.Address(a.Key()) == nil && which(a) {
			w.emit(state.Step{Op: state.AddrDel, Link: s.Name, Address: a})
		}
	}
}
