package plan

import (
	"slices"

	"hostnet-module/module/attr"
	"hostnet-module/module/state"
)

// Back is the host to go back to after steps that failed somewhere: what was before, with what others have changed in the
// meantime left to them. Links that came without us stay, links that went without us are not made anew, addresses that the
// kernel makes itself are its own.
func Back(now, before *state.Host, steps []state.Step) *state.Host {
	ours := comings(before, steps)
	target := Goal(before)
	target.Rules = rulesBack(now, before, steps)
	for _, l := range before.Links {
		if now.Link(l.Name) == nil && !ours[l.Name] {
			target.Remove(l.Name)
		}
	}
	for _, l := range Goal(now).Links {
		t := target.Link(l.Name)
		switch {
		case t != nil:
			keepKernel(t, l)
			keepLifetimes(t, l, steps)
			if before.Link(l.Name).Kind == l.Kind {
				t.Attrs, t.Port = attr.Undoing(l.Attrs, t.Attrs), attr.Undoing(l.Port, t.Port)
			}
		case !ours[l.Name]:
			target.Add(l)
		}
	}
	return target
}

// comings names the links that the steps make or take away, be it for a moment.
func comings(before *state.Host, steps []state.Step) map[string]bool {
	at, ours := before.Clone(), map[string]bool{}
	for _, s := range steps {
		if s.Op == state.LinkDel {
			for name := range standing(at, s.Link) {
				ours[name] = true
			}
		}
		if s.Op == state.LinkAdd {
			ours[s.Link] = true
		}
		_ = at.Apply(s) // a step that the model refuses changes nothing
	}
	return ours
}

// standing names a link and all that stand on it.
func standing(h *state.Host, name string) map[string]bool {
	found := map[string]bool{name: true}
	for _, l := range h.FromBelow() {
		if found[l.Parent] {
			found[l.Name] = true
		}
	}
	return found
}

// keepKernel gives the target the kernel's own addresses of a link, and not those that it has no more.
func keepKernel(t, now *state.Link) {
	var kept []state.Address
	for _, a := range t.Addresses {
		if !a.Kernel() {
			kept = append(kept, a)
		}
	}
	for _, a := range now.Addresses {
		if a.Kernel() {
			kept = append(kept, a)
		}
	}
	t.Addresses = kept
}

// keepLifetimes gives the target the lifetimes that addresses have now which the steps have nothing to do with: a client of DHCP has
// renewed them.
func keepLifetimes(t, now *state.Link, steps []state.Step) {
	for i, a := range t.Addresses {
		have := now.Address(a.Key())
		ours := func(s state.Step) bool {
			return (s.Op == state.AddrAdd || s.Op == state.AddrDel) && s.Link == t.Name && s.Address.Key() == a.Key()
		}
		if have != nil && !slices.ContainsFunc(steps, ours) {
			t.Addresses[i].Valid, t.Addresses[i].Preferred = have.Valid, have.Preferred
		}
	}
}
