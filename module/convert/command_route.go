package convert

import (
	"net/netip"
	"slices"
	"strings"

	"hostnet-module/module/foreign"
)

// dead are the types of routes that lead nowhere.
var dead = []string{"blackhole", "unreachable", "prohibit", "throw"}

// routeAdd reads `ip route add [TYPE] TO …`.
func (c *call) routeAdd(args []string, six bool) bool {
	t, dev, ok := c.routeTree(args, six)
	return ok && c.addRoute(dev, t)
}

// routeTree reads a route as ip(8) has it.
func (c *call) routeTree(args []string, six bool) (t tree, dev string, ok bool) {
	typ := "unicast"
	if len(args) > 0 && (slices.Contains(dead, args[0]) || args[0] == typ) {
		typ, args = args[0], args[1:]
	}
	if len(args) > 0 && args[0] == "to" {
		args = args[1:]
	}
	if len(args) == 0 {
		return nil, "", false
	}
	pairs, ok := c.pairs(withoutLock(args[1:]), "onlink")
	if !ok {
		return nil, "", false
	}
	to, ok := destination(args[0], six)
	if !ok {
		return nil, "", c.failAs(Faulty, args[0]+" is no network")
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
			}
			if n != uint64(mainTable) {
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

// withoutLock puts `mtu N` in the place of `mtu lock N`.
func withoutLock(args []string) []string {
	if i := slices.Index(args, "mtu"); i >= 0 && i+2 < len(args) && args[i+1] == "lock" {
		return slices.Delete(slices.Clone(args), i+1, i+2)
	}
	return args
}

// destination reads a network as ip(8) has it: a bare address is a host.
func destination(text string, six bool) (string, bool) {
	if text == "default" || text == "all" || text == "any" {
		return "default", true
	}
	if text == "0/0" || text == "0.0.0.0/0" {
		return "default", true
	}
	if text == "::/0" {
		return text, true
	}
	if p, err := netip.ParsePrefix(text); err == nil {
		return p.String(), true
	}
	if base, mask, ok := strings.Cut(text, "/"); ok {
		ip, good := address(base)
		if !good {
			return "", false
		}
		bits, good := prefixLength(mask, ip)
		return netip.PrefixFrom(ip, bits).String(), good
	}
	ip, ok := address(text)
	if !ok || six && ip.Is4() {
		return "", false
	}
	return netip.PrefixFrom(ip, ip.BitLen()).String(), true
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
		o.routes = append(o.routes, r.entry)
	}
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

// ruleAdd reads `ip rule add …`.
func (c *call) ruleAdd(args []string, six bool) bool {
	t, ok := c.ruleTree(args, six)
	if !ok {
		return false
	}
	named := func(keys ...string) bool {
		return slices.ContainsFunc(keys, func(key string) bool { return ofTree(t, key) != nil })
	}
	if !named("table", "type") {
		t = append(t, pair("table", uint64(mainTable))) // iproute2's iprule.c
	}
	return c.addRule(t, six)
}

// ruleTree reads a rule as ip(8) has it.
func (c *call) ruleTree(args []string, six bool) (tree, bool) {
	var t tree
	if len(args) > 0 && args[0] == "not" {
		t, args = append(t, pair("not", true)), args[1:]
	}
	pairs, ok := c.pairs(args, dead...)
	if !ok {
		return nil, false
	}
	for _, p := range pairs {
		switch key := p[0]; {
		case slices.Contains(dead, key):
			t = append(t, pair("type", key))
		case key == "from" || key == "to":
			if to, ok := destination(p[1], six); ok && to != "default" {
				t = append(t, pair(key, to))
			} else if !ok {
				return nil, c.failAs(Faulty, p[1]+" is no network")
			}
		case key == "table" || key == "lookup":
			n := c.table(p[1])
			if _, isName := n.(string); isName {
				return nil, c.failAs(OnHost, unnamedTable(p[1]))
			}
			t = append(t, pair("table", n))
		case key == "prio" || key == "pref" || key == "preference" || key == "order" || key == "priority":
			t = append(t, pair("priority", number(p[1])))
		case key == "fwmark":
			mark, mask, has := strings.Cut(p[1], "/")
			if t = append(t, pair("fwmark", mark)); has {
				t = append(t, pair("fwmask", mask))
			}
		case slices.Contains([]string{"iif", "oif", "ipproto", "sport", "dport", "tos", "uidrange", "suppress_prefixlength"}, key):
			t = append(t, pair(key, number(p[1])))
		case key == "dev":
			t = append(t, pair("iif", p[1]))
		default:
			return nil, c.failAs(NoWord, "a document's rule has no "+key)
		}
	}
	return t, true
}

func (c *call) addRule(t tree, six bool) bool {
	if !slices.ContainsFunc(t, func(p pairOf) bool { return p.Key == "priority" }) {
		return c.failAs(Conflict, "a document's rule needs a priority; write one into the command")
	}
	if value(t, "from") == "" && value(t, "to") == "" {
		t = append(t, pair("family", map[bool]string{true: "ipv6", false: "ipv4"}[six]))
	}
	c.rules = append(c.rules, &entry{value: t, from: []foreign.Pos{c.at}})
	return true
}

// route reads route(8): add default gw GATEWAY, add -net NET netmask MASK gw GATEWAY dev LINK, add -host HOST, del ….
func (c *call) route() bool {
	six := slices.ContainsFunc(c.args, func(a string) bool { return a == "inet6" || a == "--inet6" || a == "-6" })
	args := slices.DeleteFunc(slices.Clone(c.args), func(a string) bool {
		return slices.Contains([]string{"-A", "inet", "inet6", "--inet6", "--inet", "-4", "-6", "-n", "-v", "-f"}, a)
	})
	if len(args) < 2 || args[0] != "add" && args[0] != "del" {
		return false
	}
	verb, rest, host := args[0], args[1:], false
	if rest[0] == "-net" || rest[0] == "-host" {
		host, rest = rest[0] == "-host", rest[1:]
	}
	if len(rest) == 0 {
		return false
	}
	to, rest := rest[0], rest[1:]
	out, typ := []string{}, []string(nil)
	for i := 0; i < len(rest); i++ {
		more := i+1 < len(rest)
		switch key := rest[i]; {
		case (key == "netmask" || key == "genmask") && more:
			to, i = to+"/"+rest[i+1], i+1
		case (key == "gw" || key == "gateway" || key == "metric" || key == "dev" || key == "device") && more:
			word := map[string]string{"gw": "via", "gateway": "via", "metric": "metric", "dev": "dev", "device": "dev"}[key]
			out, i = append(out, word, rest[i+1]), i+1
		case key == "reject":
			typ = []string{"unreachable"}
		case key == "dyn" || key == "mod" || key == "reinstate":
		case i == len(rest)-1: // the link
			out = append(out, "dev", key)
		default:
			return c.failAs(NoWord, "a document's route has no "+key)
		}
	}
	if ip, ok := address(to); ok && !host && ip.Is4() && ip.As4()[3] == 0 {
		bits, _ := prefixLength("", ip)
		if ip == netip.IPv4Unspecified() {
			bits = 0
		}
		to = netip.PrefixFrom(ip, bits).String()
	}
	if to == "0.0.0.0/0.0.0.0" || to == "0.0.0.0/0" {
		to = "default"
	}
	words := append(append(typ, to), out...)
	if verb == "del" {
		return c.routeDel(words, six)
	}
	return c.routeAdd(words, six)
}

// ifconfig reads ifconfig(8): LINK [ADDRESS] [netmask MASK] [broadcast B] [mtu N] [hw ether MAC] [up|down].
func (c *call) ifconfig() bool {
	if len(c.args) < 2 {
		return false
	}
	dev, args := c.args[0], c.args[1:]
	base, _, alias := strings.Cut(dev, ":")
	if c.others[base] {
		c.pass(c.at) // whoever makes it
		return true
	}
	text, mask, extra, takes := "", "", []string(nil), false
	for i := 0; i < len(args); i++ {
		more := i+1 < len(args)
		switch key := args[i]; {
		case key == "up":
			c.pass(c.at)
			if o := c.find(base); o != nil {
				c.up(o, c.at)
			}
		case key == "down" && (alias || c.phase == "pre_up"):
			c.pass(c.at)
		case key == "down":
			c.down(c.object(base, c.at), c.at)
		case key == "0.0.0.0": // takes the addresses away, those that are there
			c.addressDel("flush", append([]string{"dev", base}, labelOf(dev)...), "-4")
			c.pass(c.at)
		case key == "del":
			takes = true
		case key == "inet" || key == "inet6" || key == "add":
			c.pass(c.at)
		case key == "netmask" && more:
			mask, i = args[i+1], i+1
		case (key == "broadcast" || key == "pointopoint") && more:
			extra, i = append(extra, map[string]string{"broadcast": "broadcast", "pointopoint": "peer"}[key], args[i+1]), i+1
		case key == "mtu" && more:
			c.set(c.object(base, c.at), "mtu", args[i+1], c.at)
			i++
		case key == "hw" && i+2 < len(args) && args[i+1] == "ether":
			c.set(c.object(base, c.at), "mac", strings.ToLower(args[i+2]), c.at)
			i += 2
		case text == "" && key[0] != '-':
			text = key
		default:
			return c.failAs(NoWord, "a document has no "+key)
		}
	}
	if text == "" {
		return true
	}
	return c.ifconfigAddress(dev, text, mask, extra, takes)
}

// ifconfigAddress adds the address of an ifconfig, or takes it away.
func (c *call) ifconfigAddress(dev, text, mask string, extra []string, takes bool) bool {
	plain, slash, has := strings.Cut(text, "/")
	if has {
		mask = slash
	}
	ip, ok := address(plain)
	if !ok {
		return c.failAs(Faulty, text+" is no address")
	}
	bits, ok := prefixLength(mask, ip)
	if !ok {
		return c.failAs(Faulty, mask+" is no netmask")
	}
	words := []string{netip.PrefixFrom(ip, bits).String(), "dev", dev}
	if takes {
		return c.addressDel("del", words, "")
	}
	return c.addressAdd(append(words, extra...))
}

// labelOf is how an alias's address is known.
func labelOf(dev string) []string {
	if strings.Contains(dev, ":") {
		return []string{"label", dev}
	}
	return nil
}
