package report

import (
	"cmp"
	"slices"
	"strings"

	"hostnet-module/module/kind"
	"hostnet-module/module/state"
)

// node is one link in the tree of a host. Every link stands in it once: a VLAN below its parent, a bridge below its uplink,
// a guest's port below its bridge; a bond's members stand before the bond.
type node struct {
	link    *state.Link
	above   []*node // members, drawn before a bond
	below   []*node
	sharing string // "port of br0": a master below which it does not stand, since it stands elsewhere
}

// forest puts a host's links in order: the trees with most in them first, then links that stand alone, each by name.
func forest(h *state.Host) []*node {
	f := &planter{host: h, nodes: map[string]*node{}}
	for _, l := range h.Links {
		if !boring(l) {
			f.nodes[l.Name] = &node{link: l}
		}
	}
	var roots []*node
	for _, l := range h.Links {
		n := f.nodes[l.Name]
		if n == nil {
			continue
		}
		if under, member := f.place(l); under == nil {
			roots = append(roots, n)
		} else if member {
			under.above = append(under.above, n)
		} else {
			under.below = append(under.below, n)
		}
	}
	for _, n := range f.nodes {
		slices.SortFunc(n.above, byName)
		slices.SortFunc(n.below, byName)
	}
	slices.SortFunc(roots, func(a, b *node) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), byName(a, b))
	})
	return roots
}

type planter struct {
	host  *state.Host
	nodes map[string]*node
}

// place finds the node below (or, as its member, before) which a link is drawn; nil: it is a root.
func (f *planter) place(l *state.Link) (under *node, member bool) {
	up := f.under(l)
	// A loop of links cannot be built in one namespace, but what is drawn must end all the same.
	for at, steps := up, 0; at != ""; at, steps = f.under(f.host.Link(at)), steps+1 {
		if at == l.Name || steps > len(f.host.Links) {
			return nil, false
		}
	}
	if m := f.host.Link(l.Master); m != nil && up != l.Master && f.under(m) != l.Name {
		f.nodes[l.Name].sharing = strings.TrimSuffix(m.K().Ports, "s") + " of " + m.Name
	}
	if up == "" {
		return nil, false
	}
	return f.nodes[up], l.Master == up && kind.Of(f.host.Link(up).Kind).TakesPorts
}

// under names the link below which another one is drawn; "" if none.
func (f *planter) under(l *state.Link) string {
	if l == nil {
		return ""
	}
	if f.nodes[l.Parent] != nil {
		return l.Parent
	}
	if l.K().Bridging {
		return f.uplink(l)
	}
	if m := f.host.Link(l.Master); m != nil && f.nodes[m.Name] != nil && f.uplink(m) != l.Name {
		return m.Name
	}
	return ""
}

// uplink names the port that leads out of the host: a VLAN or a bond, else a NIC; the first by name. "" if a bridge has none.
func (f *planter) uplink(bridge *state.Link) string {
	if !bridge.K().Bridging {
		return ""
	}
	best, bestRank := "", leadsNowhere
	for _, p := range f.host.Ports(bridge.Name) {
		r := leads(p)
		if f.nodes[p.Name] != nil && (r < bestRank || r == bestRank && r < leadsNowhere && natural(p.Name, best) < 0) {
			best, bestRank = p.Name, r
		}
	}
	return best
}

const leadsNowhere = 2

// leads ranks a bridge's port.
func leads(p *state.Link) int {
	switch {
	case !p.K().Existing && !p.K().Bridging:
		return 0
	case p.Seen.Hardware && !guestPort(p.Name):
		return 1
	}
	return leadsNowhere
}

// guestPort tells whether a link is the host's end of a guest's interface. On Xen and with taps it looks like a NIC: it is
// known by its name (xl, libvirt, QEMU).
func guestPort(name string) bool {
	return slices.ContainsFunc([]string{"vif", "tap", "vnet"}, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

// boring are the loopback with nothing but its own addresses.
func boring(l *state.Link) bool {
	if !l.Seen.Loopback {
		return false
	}
	return !slices.ContainsFunc(l.Addresses, func(a state.Address) bool { return !a.Prefix.Addr().IsLoopback() })
}

// rank: what carries something first, then what stands alone.
func rank(n *node) int {
	if len(n.above) > 0 || len(n.below) > 0 {
		return 0
	}
	return 1
}

func byName(a, b *node) int { return natural(a.link.Name, b.link.Name) }

// natural compares names as a person would: vlan9 before vlan10.
func natural(a, b string) int {
	for a != "" && b != "" {
		if digit(a[0]) && digit(b[0]) {
			x, restA := number(a)
			y, restB := number(b)
			if c := cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(x, y)); c != 0 {
				return c
			}
			a, b = restA, restB
			continue
		}
		if a[0] != b[0] {
			return cmp.Compare(a[0], b[0])
		}
		a, b = a[1:], b[1:]
	}
	return cmp.Compare(len(a), len(b))
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// number splits a text behind its leading digits, without leading zeros.
func number(s string) (digits, rest string) {
	n := 0
	for n < len(s) && digit(s[n]) {
		n++
	}
	return strings.TrimLeft(s[:n], "0"), s[n:]
}
