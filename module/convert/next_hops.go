package convert

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// nextHops settles how gateways and routes reach their next hops. What stood on an address that is not taken over is not taken
// over either. A gateway outside the networks, and what is reached by a host route or in a network whose address is not in the
// document (DHCP), is on the link.
func (d *draft) nextHops() {
	for _, o := range d.objects {
		kept := o.gateways[:0:0]
		for _, e := range o.gateways {
			ip, ok := address(e.value.(string))
			if ok && !e.dropped && !o.reaches(ip) && !d.stranded(o, e, ip) {
				o.routes = append(o.routes, &entry{value: tree{pair("to", "default"), pair("via", ip.String()), pair("onlink", true)}, from: e.from, part: e.part})
				if d.strict && !o.used && !o.leads(ip) {
					d.advice = append(d.advice, fmt.Sprintf("the gateway %s is in no network of %s, and is taken to be on that link all the same", ip, o.name))
				}
				continue
			}
			kept = append(kept, e)
		}
		o.gateways = kept
		for _, e := range o.routes {
			t := e.value.(tree)
			ip, ok := address(value(t, "via"))
			if !ok || e.dropped || o.reaches(ip) || slices.ContainsFunc(t, func(p pairOf) bool { return p.Key == "onlink" }) || d.stranded(o, e, ip) {
				continue
			}
			if o.used || o.leads(ip) {
				e.value = append(slices.Clone(t), pair("onlink", true))
			}
		}
	}
}

// stranded takes out what reached its next hop through an address that is not taken over.
func (d *draft) stranded(o *object, e *entry, via netip.Addr) bool {
	for _, a := range o.addresses {
		if p, ok := network(a); ok && a.dropped && p.Contains(via) {
			d.refuse(e, Depends, "reaches %s through an address that is not taken over", via)
			return true
		}
	}
	return false
}

// leads tells whether a route of the object says that an address is on the link.
func (o *object) leads(ip netip.Addr) bool {
	return slices.ContainsFunc(o.routes, func(e *entry) bool {
		t := e.value.(tree)
		p, err := netip.ParsePrefix(value(t, "to"))
		return !e.dropped && err == nil && p.Contains(ip) && value(t, "via") == "" && (value(t, "type") == "" || value(t, "type") == "unicast")
	})
}

// plainDefaults turns default routes that say their next hop and no more into `gateway`, of which an object has one for each family.
func (d *draft) plainDefaults() {
	for _, o := range d.objects {
		o.routes = slices.DeleteFunc(o.routes, func(e *entry) bool {
			t := e.value.(tree)
			via, ok := address(value(t, "via"))
			if e.dropped || !ok || len(t) != 2 || value(t, "to") != "default" || slices.ContainsFunc(alive(o.gateways), func(g *entry) bool { return strings.Contains(g.value.(string), ":") == via.Is6() }) {
				return false
			}
			o.gateways = append(o.gateways, &entry{value: via.String(), from: e.from, part: e.part})
			return true
		})
	}
}
