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

// routeFlush reads `ip route flush cache`, `… dev LINK`, `… table TABLE`.
func (c *call) routeFlush(args []string, family string) bool {
	if slices.Contains(args, "cache") {
		c.pass(c.at)
		return true
	}
	pairs, ok := c.pairs(args, "scope", "all")
	if !ok {
		return false
	}
	dev, table := "", any(nil)
	for _, p := range pairs {
		switch p[0] {
		case "dev":
			dev = p[1]
		case "table":
			table = c.table(p[1])
		}
	}
	if dev == "" && table == nil {
		return c.failAs(NoWord, "takes all routes away, those of other tools too; name a link or a table")
	}
	var found []foreign.Pos
	for _, r := range c.late {
		if (dev == "" || r.dev == dev || r.dev == "" && r.home != nil && r.home.name == dev) && c.there(r.entry) && fmt.Sprint(ofTree(r.entry.value.(tree), "table")) == fmt.Sprint(table) {
			r.entry.dropped = true
			found = append(found, r.entry.from...)
		}
	}
	if o := c.find(dev); o != nil && table == nil {
		found = append(found, c.dropAll(slices.Concat(o.gateways, o.routes), func(e *entry) bool {
			via, _ := address(fmt.Sprint(e.value))
			return family == "" || !via.IsValid() || via.Is6() == (family == "-6")
		})...)
	}
	return c.gone(found)
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
