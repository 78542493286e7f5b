package spec

import (
	"net/netip"
	"strings"
)

var routeChecks = []func(*checker, *Object){checkGateways, checkRoutes}

// checkGateways checks the default gateways of an object.
func checkGateways(c *checker, o *Object) {
	seen := make(map[bool]bool)
	for _, g := range o.Gateways {
		if seen[g.Is4()] {
			c.fault(o.key("gateway"), ErrConflict, "write further default routes in routes, with a metric", "%s: is the second gateway of its family; one is allowed", quote(g.String()))
			continue
		}
		seen[g.Is4()] = true
		c.nextHop(o, o.key("gateway"), g, false)
	}
}

// nextHop checks that an object can reach a gateway.
func (c *checker) nextHop(o *Object, path string, via netip.Addr, onlink bool) {
	if c.full() {
		return
	}
	text := quote(via.String())
	if why := unusable(via); why != "" {
		c.fault(path, ErrValue, "", "%s: %s", text, why)
		return
	}
	nets := c.netsOf(o)
	if own, ok := nets.same(via); ok {
		c.fault(path, ErrConflict, "", "%s: is the host's own address (%s)", text, own.Path)
		return
	}
	if onlink || via.Is6() && via.IsLinkLocalUnicast() {
		return
	}
	a, ok := nets.reach(via)
	switch net := a.Prefix.Masked(); {
	case !ok:
		hint := "`onlink: true`, if it is on this link all the same"
		if strings.HasSuffix(path, ".gateway") {
			hint = "if it is on this link all the same: routes: [{to: default, via: " + via.String() + ", onlink: true}]"
		}
		c.lacks(o, path, ErrConflict, hint, "%s: is in no network of this object%s", text, nets.text(via.Is4()))
	case a.Peer.IsValid() || net.Bits() >= via.BitLen()-1:
	case via == net.Addr():
		c.fault(path, ErrValue, "", "%s: is the address of network %s itself", text, net)
	case via.Is4() && via == BroadcastOf(net):
		c.fault(path, ErrValue, "", "%s: is the broadcast address of network %s", text, net)
	}
}

// checkRoutes checks the routes of an object.
func checkRoutes(c *checker, o *Object) {
	for _, r := range o.Routes {
		text := quote(r.To.String())
		if r.To != r.To.Masked() {
			c.fault(r.Path, ErrValue, "write "+r.To.Masked().String(), "%s: has bits set behind its prefix length", text)
		}
		switch {
		case r.Type != typeUnicast && (r.Via.IsValid() || r.Source.IsValid() || r.OnLink || r.MTU > 0 || r.Scope != 0):
			c.fault(r.Path, ErrConflict, "leave out via, source, scope, onlink and mtu", "%s: a route of type %s goes nowhere", text, wordOf(routeTypes, uint64(r.Type)))
		case r.Scope != 0 && r.To.Addr().Is6():
			c.fault(r.Path, ErrConflict, "", "%s: scope is of IPv4", text)
		case r.Scope >= scopeLink && r.Via.IsValid():
			c.fault(r.Path, ErrConflict, "", "%s: what has a next hop is not of scope %v", text, wordOf(scopes, uint64(r.Scope)))
		case !r.Via.IsValid() && r.OnLink:
			c.fault(r.Path, ErrConflict, "", "%s: onlink says how via is reached, and there is none", text)
		case !r.Via.IsValid():
		case r.To.Addr().Is6() && r.Via.Is4():
			c.fault(r.Path, ErrConflict, "", "%s: an IPv6 route cannot go via an IPv4 address, %s", text, r.Via)
		default:
			c.nextHop(o, r.Path, r.Via, r.OnLink)
		}
		if r.Source.IsValid() && r.Source.Is4() != r.To.Addr().Is4() {
			c.fault(r.Path, ErrConflict, "", "%s: source %s is of the other family", text, r.Source)
		}
		if r.To.Addr().Is6() && r.MTU > 0 && r.MTU < minIPv6 {
			c.fault(r.Path, ErrValue, "", "%s: mtu %d: must be 1280-65535 for IPv6", text, r.MTU)
		}
	}
}

const scopeLink = 253

// slot is what the kernel keeps one route of.
type slot struct {
	to            netip.Prefix
	table, metric uint32
}

func slotOf(r Route) slot {
	s := slot{r.To.Masked(), r.Table, 0}
	if r.Metric != nil {
		s.metric = *r.Metric
	}
	if s.metric == 0 && r.To.Addr().Is6() {
		s.metric = 1024 // what IPv6 makes of «no metric»
	}
	return s
}

// checkSlots refuses two routes to one destination with one metric in one table: two default routes, most of all.
func checkSlots(c *checker) {
	first := make(map[slot]string)
	take := func(r Route, path string) {
		s := slotOf(r)
		was, again := first[s]
		if !again {
			first[s] = path
			return
		}
		what := "route to " + s.to.String()
		if s.to.Bits() == 0 {
			what = map[bool]string{true: "IPv4", false: "IPv6"}[s.to.Addr().Is4()] + " default route"
		}
		c.fault(path, ErrConflict, "give one of them another metric", "is the second %s with the same metric; the first is at %s", what, was)
	}
	for _, o := range c.doc.Objects {
		if o.Absent {
			continue
		}
		seen := make(map[bool]bool)
		for _, g := range o.Gateways {
			if !seen[g.Is4()] {
				take(Route{To: defaultOf(g), Table: tableMain}, o.key("gateway"))
			}
			seen[g.Is4()] = true
		}
		for _, r := range o.Routes {
			take(r, r.Path)
		}
	}
}

// defaultOf is the destination of a default route via an address.
func defaultOf(via netip.Addr) netip.Prefix {
	if via.Is4() {
		return netip.PrefixFrom(netip.IPv4Unspecified(), 0)
	}
	return netip.PrefixFrom(netip.IPv6Unspecified(), 0)
}
