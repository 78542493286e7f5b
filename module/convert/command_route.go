package convert

import (
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strings"

	"hostnet-module/module/foreign"
)

// dead are the types of routes that lead nowhere.
var dead = []string{"blackhole", "unreachable", "prohibit", "throw"}

// ofKernel are the types of routes that the kernel makes for addresses.
var ofKernel = []string{"local", "broadcast", "multicast", "anycast", "nat"}

// routeAdd reads `ip route add [TYPE] TO …`.
func (c *call) routeAdd(args []string, six bool) bool {
	t, dev, ok := c.routeTree(args, six)
	if ok && len(c.args) > 1 && (c.args[1] == "replace" || c.args[1] == "change") && c.name == "ip" {
		c.replaceRoute(t, six)
	}
	return ok && c.addRoute(dev, t)
}

// replaceRoute takes the route away in whose place another one comes: to the same network, in the same table, with the same metric.
func (c *call) replaceRoute(t tree, six bool) {
	place := slices.DeleteFunc(slices.Clone(t), func(p pairOf) bool { return p.Key != "to" && p.Key != "metric" && p.Key != "table" })
	for _, e := range c.routesThere() {
		r := routeOf(e)
		if c.there(e) && routeFits(r, place, six) && fmt.Sprint(ofTree(r, "metric")) == fmt.Sprint(ofTree(t, "metric")) && value(r, "via") != value(t, "via") {
			e.dropped = true
			c.pass(e.from...)
		}
	}
}

// routeTree reads a route as ip(8) has it.
func (c *call) routeTree(args []string, six bool) (t tree, dev string, ok bool) {
	typ := "unicast"
	switch {
	case len(args) > 0 && (slices.Contains(dead, args[0]) || args[0] == typ):
		typ, args = args[0], args[1:]
	case len(args) > 1 && slices.Contains(ofKernel, args[0]):
		return nil, "", c.failAs(NoWord, "routes of type "+args[0]+" are not in documents")
	}
	bare, args, ok := bareWord(withoutLock(args), "to", "onlink")
	pairs, paired := c.pairs(args, "onlink")
	if !ok || !paired {
		return nil, "", false
	}
	to, ok := destination(bare, six)
	if !ok {
		return nil, "", c.failAs(Faulty, bare+" is no network")
	}
	t = tree{pair("to", to)}
	for _, p := range pairs {
		switch p[0] {
		case "dev", "oif":
			dev = p[1]
		case "via":
			if p[1] == "inet6" || p[1] == "inet" {
				return nil, "", c.failAs(NoWord, "a way by another family is not taken over")
			}
			t = append(t, pair("via", p[1]))
		case "metric", "preference", "priority":
			t = append(t, pair("metric", number(p[1])))
		case "table":
			n := c.table(p[1])
			if _, isName := n.(string); isName {
				return nil, "", c.failAs(OnHost, unnamedTable(p[1]))
			} else if n != uint64(mainTable) {
				t = append(t, pair("table", n))
			}
		case "src":
			t = append(t, pair("source", p[1]))
		case "onlink":
			t = append(t, pair("onlink", true))
		case "mtu":
			t = append(t, pair("mtu", number(p[1])))
		case "scope":
			t = append(t, pair("scope", p[1]))
		case "proto", "protocol":
			c.advice = append(c.advice, c.at.String()+": the protocol "+p[1]+" of the route is not kept")
		default:
			return nil, "", c.failAs(NoWord, "a document's route has no "+p[0])
		}
	}
	if typ != "unicast" {
		t = append(t, pair("type", typ))
	}
	if to == "default" && value(t, "via") == "" { // the document then needs the family
		t[0].Value = map[bool]string{false: "0.0.0.0/0", true: "::/0"}[six]
	}
	return t, dev, true
}

// addRoute gives a route to the link that it names, else to the one through which its next hop is reached, else to the stanza's.
func (c *call) addRoute(dev string, t tree) bool {
	dev, _, _ = strings.Cut(dev, ":")
	if dev == "lo" {
		return c.failAs(NoWord, "the loopback is not in documents")
	}
	c.late = append(c.late, &lateRoute{dev: dev, home: c.o, entry: &entry{value: t, from: []foreign.Pos{c.at}}})
	c.pass(c.at)
	return true
}

// lateRoute waits until all addresses are known.
type lateRoute struct {
	dev   string
	home  *object
	entry *entry
}

// routes gives the routes of commands to their links. A gateway that no address of the link reaches is taken to be on it: the kernel has
// it behind a host route, or in the network that DHCP brings.
func (e *eni) routes() {
	for _, r := range e.late {
		if r.entry.dropped {
			continue
		}
		o := r.home
		t := r.entry.value.(tree)
		via, hasVia := address(value(t, "via"))
		if r.dev != "" {
			if e.others[r.dev] {
				e.refuse(r.entry, OthersMake, "%s is made by others, and no object of a document; have who makes it set the route too", r.dev)
				continue
			}
			o = e.object(r.dev)
		} else if hasVia && (o == nil || !o.reaches(via)) {
			o = e.way(via, o)
		}
		if o == nil {
			e.refuse(r.entry, Conflict, "no link here reaches its gateway")
			continue
		}
		if hasVia && !o.reaches(via) && ofTree(t, "onlink") == nil && ofTree(t, "type") == nil {
			if !o.used && !o.leads(via) && !e.stranded(o, r.entry, via) {
				e.advice = append(e.advice, r.entry.from[0].String()+": no address and no route of "+o.name+" here reaches "+via.String()+", so that the kernel would refuse the route; the document has it with onlink: true")
			}
			r.entry.value = append(t, pair("onlink", true))
		}
		if g := gatewayOf(o, t); g != nil {
			g.from = append(g.from, r.entry.from...) // the gateway's own route
			continue
		}
		if i := slices.IndexFunc(o.routes, func(was *entry) bool { return !was.dropped && reflect.DeepEqual(was.value, r.entry.value) }); i >= 0 {
			o.routes[i].from = append(o.routes[i].from, r.entry.from...) // the kernel has it already
			continue
		}
		o.routes = append(o.routes, r.entry)
	}
}

// gatewayOf is the gateway of an object that is the same as a route; nil if none is.
func gatewayOf(o *object, t tree) *entry {
	if len(t) != 2 || value(t, "to") != "default" {
		return nil
	}
	for _, g := range o.gateways {
		if ip, ok := address(value(t, "via")); ok && !g.dropped && g.value == ip.String() {
			return g
		}
	}
	return nil
}

// way is the link through which a gateway is reached, by its addresses or its routes; else the stanza's own.
func (e *eni) way(via netip.Addr, home *object) *object {
	for _, reaches := range []func(*object) bool{
		func(o *object) bool { return o.reaches(via) && !via.IsLinkLocalUnicast() },
		func(o *object) bool { return o.leads(via) },
	} {
		if home != nil && reaches(home) {
			return home
		}
		if i := slices.IndexFunc(e.objects, reaches); i >= 0 {
			return e.objects[i]
		}
	}
	return home
}
