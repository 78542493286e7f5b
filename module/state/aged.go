package state

import (
	"slices"
	"time"
)

// Aged is the host as it is after a time in which nobody has touched it: lifetimes of addresses have run down, and those that
// have ended are gone. A host without such addresses is returned as it is.
func (h *Host) Aged(by time.Duration) *Host {
	mortal := func(a Address) bool { return a.Valid != Forever || a.Preferred != Forever }
	if by <= 0 || !slices.ContainsFunc(h.Links, func(l *Link) bool { return slices.ContainsFunc(l.Addresses, mortal) }) &&
		!slices.ContainsFunc(h.Routes, func(r Route) bool { return r.Expires > 0 }) {
		return h
	}
	older := h.Clone()
	seconds := uint32(by / time.Second)
	for _, l := range older.Links {
		for i := range l.Addresses {
			l.Addresses[i].Valid, l.Addresses[i].Preferred = less(l.Addresses[i].Valid, seconds), less(l.Addresses[i].Preferred, seconds)
		}
		l.Addresses = slices.DeleteFunc(l.Addresses, func(a Address) bool { return a.Valid == 0 })
	}
	older.Routes = slices.DeleteFunc(older.Routes, func(r Route) bool { return r.Expires > 0 && r.Expires <= seconds })
	for i := range older.Routes {
		if r := &older.Routes[i]; r.Expires > 0 {
			r.Expires -= seconds
		}
	}
	return older
}

func less(lifetime, by uint32) uint32 {
	if lifetime == Forever {
		return lifetime
	}
	return lifetime - min(lifetime, by)
}
