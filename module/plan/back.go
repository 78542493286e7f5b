package plan

import (
	"hostnet-module/module/state"
)

// Back is the host to go back to after steps that failed somewhere: what was before, with what others have changed in the
// meantime left to them. Links that came without us stay, links that went without us are not made anew, addresses that the
// kernel makes itself are its own.
func Back(now, before *state.Host, steps []state.Step) *state.Host {
	after := before.Clone()
	for _, s := range steps {
		_ = after.Apply(s) // a step that the model refuses has changed nothing
	}
	target := Goal(before)
	for _, l := range before.Links {
		if now.Link(l.Name) == nil && after.Link(l.Name) != nil {
			target.Remove(l.Name)
		}
	}
	goal := Goal(now)
	for _, l := range goal.Links {
		t := target.Link(l.Name)
		switch {
		case t != nil:
			keepKernel(t, l)
		case after.Link(l.Name) == nil:
			target.Add(l)
		}
	}
	return target
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
