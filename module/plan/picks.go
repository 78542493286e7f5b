package plan

import (
	"fmt"
	"slices"

	"hostnet-module/module/attr"
	"hostnet-module/module/kind"
	"hostnet-module/module/state"
)

// Pick is something that a driver has picked by itself, otherwise than it was before: which member is in use, and by that the members'
// MACs. No document asks for it; a rollback does, when everything else is back.
type Pick struct {
	Step  state.Step // asks for it
	Lacks string     // why the kernel would refuse that now, in words: "eth1 has no carrier"; "" if it would not
	Soon  bool       // what lacks may come by itself
	is    string     // what there is instead
}

// String says what is not as it was.
func (p Pick) String() string {
	var want string
	for r, v := range p.Step.Attrs.All() {
		want += r.Name + " was " + r.Text(v)
	}
	text := fmt.Sprintf("%s: %s before the run and is %s now", p.Step.Link, want, p.is)
	if p.Lacks != "" {
		text += ": " + p.Lacks
	}
	return text
}

// Picks lists what is to be asked for so that drivers go back to what they had picked before some steps. Masters that no step is about, nor
// about a port of theirs, are left as they are: others, or a cable, have changed them. MACs come when the members in use are as they were,
// since a driver exchanges MACs when it changes these.
func Picks(now, before *state.Host, steps []state.Step) (picks []Pick) {
	touched := masters(before, steps)
	for _, was := range before.Links {
		l := now.Link(was.Name)
		if l == nil || !touched[was.Name] || l.Kind != was.Kind {
			continue
		}
		own := picked(now, before, l, was)
		if len(own) == 0 {
			own = portMACs(now, before, l, was)
		}
		picks = append(picks, own...)
	}
	return picks
}

// masters names the links that steps are about, by themselves or by a port that they have or get.
func masters(before *state.Host, steps []state.Step) map[string]bool {
	names := map[string]bool{}
	for _, s := range steps {
		names[s.Link] = true
		if s.Master != nil {
			names[*s.Master] = true
		}
		if l := before.Link(s.Link); l != nil {
			names[l.Master] = true
		}
	}
	return names
}

// picked are the rows of a link which its driver picks. A port that did not work before and is in use now stays so: it may be the primary.
func picked(now, before *state.Host, l, was *state.Link) (picks []Pick) {
	for r, v := range was.Attrs.All() {
		is := l.Attrs.S(r.Name)
		if r.Back == nil || v.S == "" || is == v.S || !r.Applies(l.Attrs) {
			continue
		}
		if lacked, _ := lacks(before, was, is, r.Back); is != "" && lacked != "" {
			continue
		}
		p := Pick{Step: state.Step{Op: state.LinkSet, Link: l.Name, Kind: l.Kind, Attrs: attr.Of(attr.Item{Row: r, Value: v})}, is: "none"}
		if is != "" {
			p.is = is
		}
		p.Lacks, p.Soon = lacks(now, l, v.S, r.Back)
		picks = append(picks, p)
	}
	return picks
}

// lacks tells what a port lacks to be used, and whether that may come by itself.
func lacks(now *state.Host, l *state.Link, port string, works *attr.Cond) (what string, soon bool) {
	p := now.Link(port)
	switch {
	case p == nil || p.Master != l.Name:
		return port + " is none of its " + l.K().Ports + " any more", false
	case !p.Up():
		return port + " is down", false
	case !p.Seen.Carrier:
		return port + " has no carrier", true
	case !works.Holds(p.Port):
		r := l.K().Port.Must(works.Row)
		v, _ := p.Port.Get(r.Name)
		return fmt.Sprintf("%s has %s %s", port, r.Name, r.Text(v)), true
	}
	return "", false
}

// portMACs are the MACs of ports of a kind that hands them out, where they are not those that the same ports had under the same MAC of
// their master.
func portMACs(now, before *state.Host, l, was *state.Link) (picks []Pick) {
	if !l.K().TakesPorts || l.MAC() == "" || l.MAC() != was.MAC() {
		return nil
	}
	for _, p := range before.Ports(was.Name) {
		is := now.Link(p.Name)
		if is == nil || is.Master != l.Name || is.MAC() == "" || p.MAC() == "" || is.MAC() == p.MAC() {
			continue
		}
		picks = append(picks, Pick{Step: state.Step{Op: state.LinkSet, Link: p.Name, Kind: is.Kind, Attrs: attr.Of(attr.Item{Row: kind.MAC, Value: attr.Str(p.MAC())})}, is: is.MAC()})
	}
	return picks
}

// AllNear names some links and those that have a say in whether they are settled (Near).
func AllNear(h *state.Host, picks []Pick) []string {
	var names []string
	for _, p := range picks {
		for name := range Near(h, p.Step.Link) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
