package plan

import (
	"fmt"
	"slices"
	"time"

	"hostnet-module/module/state"
)

// Wait is something on its way that a plan has set off: the kernel, a switch or a neighbour brings it to its end.
type Wait struct {
	What string        // "carrier", "duplicate address detection of 2001:db8::10"
	Link string        // of which
	Most time.Duration // how long it takes at most, as a rule
}

// Duplicate says that another host has an address: the kernel keeps it, and does not use it (RFC 4862, 5.4.5).
type Duplicate struct {
	Link    string
	Address state.Address
}

func (d *Duplicate) Error() string {
	return fmt.Sprintf("%s: duplicate address detection failed: another host there has %s", d.Link, d.Address.Prefix.Addr())
}

// The usual times. Duplicate address detection asks within the first second and waits for another (RFC 4862, 5.1).
const (
	carrierMost = state.AwaitMost
	dadMost     = 5 * time.Second
)

// Settling is what steps have set off.
type Settling struct {
	before  *state.Host
	now     *state.Host
	touched map[string]bool
	added   map[state.AddressKey]string // the addresses that the steps add, and on which link
}

// Stirred is what steps set off on a host.
func Stirred(before *state.Host, steps []state.Step) *Settling {
	s := &Settling{before: before, touched: map[string]bool{}, added: map[state.AddressKey]string{}}
	for _, step := range steps {
		s.touch(step)
	}
	return s
}

// Unsettled lists what is still on its way, in the order of the links; of a host of which some links alone are known (Near), what
// concerns these. What was as open before the steps as it is now is not waited for: a cable that was out stays out. The error is a *Duplicate.
func (s *Settling) Unsettled(now *state.Host) ([]Wait, error) {
	s.now = now
	var waits []Wait
	for _, l := range now.Links {
		if !s.touched[l.Name] || !l.Up() {
			continue
		}
		if !l.Seen.Carrier && s.awaitsCarrier(l) {
			what := "carrier"
			if l.K().OwnsPorts {
				what = "an active one of its " + l.K().Ports
			}
			waits = append(waits, Wait{what, l.Name, carrierMost})
		}
		waits = append(waits, s.protocols(l)...)
		more, err := s.addresses(l)
		if err != nil {
			return nil, err
		}
		waits = append(waits, more...)
	}
	return waits, nil
}

// Near names a link and those that have a say in whether it is settled: its master with all ports, its parent, its own ports.
func Near(h *state.Host, name string) map[string]bool {
	names := map[string]bool{name: true}
	l := h.Link(name)
	if l == nil {
		return names
	}
	for _, p := range slices.Concat(h.Ports(name), h.Ports(l.Master)) {
		names[p.Name] = true
	}
	for _, other := range []string{l.Master, l.Parent} {
		if other != "" {
			names[other] = true
		}
	}
	return names
}

func (s *Settling) touch(step state.Step) {
	switch step.Op {
	case state.LinkAdd, state.LinkSet:
		s.touched[step.Link] = true
		if step.Master != nil {
			s.touched[*step.Master] = true
		}
	case state.AddrAdd:
		s.touched[step.Link] = true
		s.added[step.Address.Key()] = step.Link
	}
}

// awaitsCarrier tells whether a link without carrier has what should give it one.
func (s *Settling) awaitsCarrier(l *state.Link) bool {
	was := s.before.Link(l.Name)
	switch ports := s.now.Ports(l.Name); {
	case l.K().HasParent:
		parent := s.now.Link(l.Parent)
		return parent != nil && parent.Seen.Carrier
	case l.K().Ports != "":
		return slices.ContainsFunc(ports, func(p *state.Link) bool { return p.Up() && p.Seen.Carrier && len(s.port(p)) == 0 })
	}
	return was == nil || !was.Up() || was.Seen.Carrier
}

// protocols are what the link's kind, and its master's, have to say.
func (s *Settling) protocols(l *state.Link) []Wait {
	waits := s.port(l)
	was := s.before.Link(l.Name)
	for _, p := range l.K().Settles {
		if !p.Port && l.Seen.Carrier && p.Open(l.Attrs) && (was == nil || !p.Open(was.Attrs)) {
			waits = append(waits, Wait{p.What, l.Name, p.Limit(l.Attrs)})
		}
	}
	return waits
}

func (s *Settling) port(l *state.Link) []Wait {
	master := s.now.Link(l.Master)
	if master == nil || !l.Seen.Carrier || !s.touched[l.Name] {
		return nil
	}
	was := s.before.Link(l.Name)
	var waits []Wait
	for _, p := range master.K().Settles {
		if p.Port && p.Open(l.Port) && (was == nil || was.Master != l.Master || !p.Open(was.Port)) {
			waits = append(waits, Wait{p.What, l.Name, p.Limit(master.Attrs)})
		}
	}
	return waits
}

// addresses are those that the steps have added and that are not known to be ours alone yet.
func (s *Settling) addresses(l *state.Link) ([]Wait, error) {
	var waits []Wait
	for _, a := range l.Addresses {
		switch {
		case s.added[a.Key()] != l.Name || a.Is4():
		case a.Flags&state.FlagDadFailed != 0:
			return nil, &Duplicate{l.Name, a}
		case a.Flags&state.FlagTentative != 0 && l.Seen.Carrier:
			waits = append(waits, Wait{"duplicate address detection of " + a.Prefix.Addr().String(), l.Name, dadMost})
		}
	}
	return waits, nil
}
