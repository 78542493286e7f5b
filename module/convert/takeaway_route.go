package convert

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"hostnet-module/module/foreign"
)

// routeDel reads `ip route del TO …`: the first route that fits goes, as the kernel has it.
func (c *call) routeDel(args []string, six bool) bool {
	t, dev, ok := c.routeTree(args, six)
	if !ok {
		return false
	}
	dev, _, _ = strings.Cut(dev, ":")
	fits := func(name string, e *entry) bool {
		return c.there(e) && (dev == "" || dev == name) && routeFits(routeOf(e), t, six)
	}
	for _, r := range c.late {
		name := r.dev
		if name == "" && r.home != nil {
			name = r.home.name
		}
		if fits(name, r.entry) {
			r.entry.dropped = true
			return c.gone(append(r.entry.from, c.at))
		}
	}
	for _, o := range c.objects {
		for _, e := range slices.Concat(o.gateways, o.routes) {
			if fits(o.name, e) {
				e.dropped = true
				return c.gone(append(e.from, c.at))
			}
		}
	}
	if value(t, "via") == "" && c.unconnect(dev, value(t, "to")) {
		return true
	}
	return c.gone(nil)
}

// routeOf is a route, or a gateway as one.
func routeOf(e *entry) tree {
	if t, isTree := e.value.(tree); isTree {
		return t
	}
	return tree{pair("to", "default"), pair("via", e.value)}
}

// routesThere are all routes so far: those of options, and those of commands.
func (c *call) routesThere() (list []*entry) {
	for _, r := range c.late {
		list = append(list, r.entry)
	}
	for _, o := range c.objects {
		list = append(list, slices.Concat(o.gateways, o.routes)...)
	}
	return list
}

// routeFits tells whether a route is one that a command names.
func routeFits(r, wanted tree, six bool) bool {
	to := value(wanted, "to")
	if was := value(r, "to"); was != to {
		zero := map[bool]string{false: "0.0.0.0/0", true: "::/0"}[six]
		if !(was == "default" && to == zero || was == zero && to == "default") {
			return false
		}
	}
	via, _ := address(value(r, "via"))
	if value(r, "to") == "default" && via.IsValid() && via.Is6() != six && value(wanted, "via") == "" {
		return false
	}
	for _, key := range []string{"via", "metric", "table", "type"} {
		if w := ofTree(wanted, key); (w != nil || key == "table") && fmt.Sprint(w) != fmt.Sprint(ofTree(r, key)) {
			return false
		}
	}
	return true
}

// ofTree is a value of a tree; nil if there is none.
func ofTree(t tree, key string) any {
	for _, p := range t {
		if p.Key == key {
			return p.Value
		}
	}
	return nil
}

// unconnect takes the kernel's own route to an address's network away: the document has noprefixroute for it.
func (c *call) unconnect(dev, to string) bool {
	net, err := netip.ParsePrefix(to)
	o := c.find(dev)
	if err != nil || o == nil {
		return false
	}
	for _, e := range o.addresses {
		if p := addressOf(e); c.there(e) && p.IsValid() && p.Masked() == net && p.Bits() < p.Addr().BitLen() {
			t, isTree := e.value.(tree)
			if !isTree {
				t = tree{pair("address", e.value)}
			}
			e.value, e.from = append(slices.Clone(t), pair("noprefixroute", true)), append(e.from, c.at)
			return true
		}
	}
	return false
}

// flushed are the routes that `ip route flush` chooses.
type flushed struct {
	dev, to, family string
	table           any // nil: main
}

// routeFlush reads `ip route flush cache`, `… dev LINK`, `… table TABLE`, `… default`, `… NETWORK`.
func (c *call) routeFlush(args []string, family string) bool {
	if slices.Contains(args, "cache") {
		c.pass(c.at)
		return true
	}
	which := flushed{family: family}
	for i := 0; i < len(args); i++ {
		more := i+1 < len(args)
		switch key := args[i]; {
		case key == "dev" && more:
			i++
			which.dev, _, _ = strings.Cut(args[i], ":")
		case key == "table" && more:
			i++
			if which.table = c.table(args[i]); which.table == uint64(mainTable) {
				which.table = nil
			} else if _, isName := which.table.(string); isName {
				return c.failAs(OnHost, unnamedTable(args[i]))
			}
		case (key == "exact" || key == "to") && more:
		default:
			to, ok := destination(key, family == "-6")
			if !ok || which.to != "" {
				return c.failAs(NoWord, "which routes it takes away is known on the host alone; name each route")
			}
			which.to = to
		}
	}
	if which == (flushed{family: family}) && !slices.Contains(args, "table") {
		return c.failAs(NoWord, "takes all routes away, those of other tools too; name a link or a table")
	}
	var found []foreign.Pos
	for _, r := range c.late {
		name := r.dev
		if name == "" && r.home != nil {
			name = r.home.name
		}
		if c.there(r.entry) && which.has(name, r.entry) {
			r.entry.dropped = true
			found = append(found, r.entry.from...)
		}
	}
	for _, o := range c.objects {
		found = append(found, c.dropAll(slices.Concat(o.gateways, o.routes), func(e *entry) bool { return which.has(o.name, e) })...)
	}
	return c.gone(found)
}

// has tells whether a route of a link is one of them.
func (f flushed) has(dev string, e *entry) bool {
	r := routeOf(e)
	to, via := value(r, "to"), value(r, "via")
	six := strings.Contains(to+via, ":")
	switch {
	case f.dev != "" && f.dev != dev, fmt.Sprint(ofTree(r, "table")) != fmt.Sprint(f.table):
		return false
	case f.family != "" && six != (f.family == "-6"):
		return false
	case f.to == "default":
		return to == "default" || to == "0.0.0.0/0" || to == "::/0"
	}
	return f.to == "" || f.to == to
}

// ruleDel reads `ip rule del …`.
func (c *call) ruleDel(args []string, six bool) bool {
	wanted, ok := c.ruleTree(args, six)
	if !ok {
		return false
	}
	return c.gone(c.dropAll(c.rules, func(e *entry) bool {
		for _, p := range wanted {
			if fmt.Sprint(ofTree(e.value.(tree), p.Key)) != fmt.Sprint(p.Value) {
				return false
			}
		}
		return len(wanted) > 0
	}))
}
