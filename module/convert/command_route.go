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
	typ := "unicast"
	if len(args) > 0 && (slices.Contains(dead, args[0]) || args[0] == typ) {
		typ, args = args[0], args[1:]
	}
	if len(args) > 0 && args[0] == "to" {
		args = args[1:]
	}
	if len(args) == 0 {
		return false
	}
	pairs, ok := c.pairs(args[1:], "onlink")
	if !ok {
		return false
	}
	to, ok := destination(args[0], six)
	if !ok {
		return c.fail(args[0] + " is no network")
	}
	if six && to == "default" && typ != "unicast" {
		to = "::/0"
	}
	t, dev := tree{pair("to", to)}, ""
	for _, p := range pairs {
		switch p[0] {
		case "dev", "oif":
			dev = p[1]
		case "via":
			if p[1] == "inet6" || p[1] == "inet" {
				return c.fail("a way by another family is not taken over")
			}
			t = append(t, pair("via", p[1]))
		case "metric", "preference", "priority":
			t = append(t, pair("metric", number(p[1])))
		case "table":
			t = append(t, pair("table", number(p[1])))
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
			return c.fail("a document's route has no " + p[0])
		}
	}
	if typ != "unicast" {
		t = append(t, pair("type", typ))
	}
	return c.addRoute(dev, t)
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
		return c.fail("the loopback is not in documents")
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

// routes gives the routes of commands to their links.
func (e *eni) routes() {
	for _, r := range e.late {
		o := r.home
		via, hasVia := address(value(r.entry.value.(tree), "via"))
		if r.dev != "" {
			o = e.object(r.dev)
		} else if hasVia && (o == nil || !o.reaches(via)) {
			for _, other := range e.objects {
				if other.reaches(via) && !via.IsLinkLocalUnicast() {
					o = other
					break
				}
			}
		}
		if o == nil {
			e.discard(r.entry, "no link here reaches its gateway")
			continue
		}
		o.routes = append(o.routes, r.entry)
	}
}

// ruleAdd reads `ip rule add …`.
func (c *call) ruleAdd(args []string, six bool) bool {
	var t tree
	if len(args) > 0 && args[0] == "not" {
		t, args = append(t, pair("not", true)), args[1:]
	}
	pairs, ok := c.pairs(args, dead...)
	if !ok {
		return false
	}
	for _, p := range pairs {
		switch key := p[0]; {
		case slices.Contains(dead, key):
			t = append(t, pair("type", key))
		case key == "from" || key == "to":
			if to, ok := destination(p[1], six); ok && to != "default" {
				t = append(t, pair(key, to))
			} else if !ok {
				return c.fail(p[1] + " is no network")
			}
		case key == "table" || key == "lookup":
			t = append(t, pair("table", number(p[1])))
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
			return c.fail("a document's rule has no " + key)
		}
	}
	return c.addRule(t, six)
}

func (c *call) addRule(t tree, six bool) bool {
	if !slices.ContainsFunc(t, func(p pairOf) bool { return p.Key == "priority" }) {
		return c.fail("a document's rule needs a priority; write one into the command")
	}
	if value(t, "from") == "" && value(t, "to") == "" {
		t = append(t, pair("family", map[bool]string{true: "ipv6", false: "ipv4"}[six]))
	}
	c.rules = append(c.rules, &entry{value: t, from: []foreign.Pos{c.at}})
	return true
}

// route reads route(8): add default gw GATEWAY, add -net NET netmask MASK gw GATEWAY dev LINK, add -host HOST.
func (c *call) route() bool {
	six := slices.Contains(c.args, "inet6")
	args := slices.DeleteFunc(slices.Clone(c.args), func(a string) bool { return a == "-A" || a == "inet" || a == "inet6" || a == "--inet6" || a == "-6" })
	if len(args) < 2 || args[0] != "add" {
		return false
	}
	to, rest, host := args[1], args[2:], false
	if to == "-net" || to == "-host" {
		if len(args) < 3 {
			return false
		}
		host, to, rest = to == "-host", args[2], args[3:]
	}
	out := []string{}
	for i := 0; i < len(rest); i++ {
		more := i+1 < len(rest)
		switch key := rest[i]; {
		case key == "netmask" && more:
			to, i = to+"/"+rest[i+1], i+1
		case (key == "gw" || key == "metric" || key == "dev") && more:
			word := map[string]string{"gw": "via", "metric": "metric", "dev": "dev"}[key]
			out, i = append(out, word, rest[i+1]), i+1
		case i == len(rest)-1: // the link
			out = append(out, "dev", key)
		default:
			return c.fail("a document's route has no " + key)
		}
	}
	if ip, ok := address(to); ok && !host && ip.Is4() && ip.As4()[3] == 0 {
		bits, _ := prefixLength("", ip)
		to = netip.PrefixFrom(ip, bits).String()
	}
	return c.routeAdd(append([]string{to}, out...), six)
}

// ifconfig reads ifconfig(8): LINK [ADDRESS] [netmask MASK] [broadcast B] [mtu N] [hw ether MAC] [up|down].
func (c *call) ifconfig() bool {
	if len(c.args) < 2 {
		return false
	}
	dev, args := c.args[0], c.args[1:]
	base, _, _ := strings.Cut(dev, ":")
	text, mask, extra := "", "", []string(nil)
	for i := 0; i < len(args); i++ {
		more := i+1 < len(args)
		switch key := args[i]; {
		case key == "up" || key == "down" || key == "0.0.0.0" || key == "inet" || key == "inet6" || key == "add":
			c.pass(c.at)
		case key == "netmask" && more:
			mask, i = args[i+1], i+1
		case key == "broadcast" && more:
			extra, i = append(extra, "broadcast", args[i+1]), i+1
		case key == "mtu" && more:
			c.set(c.object(base, c.at), "mtu", args[i+1], c.at)
			i++
		case key == "hw" && i+2 < len(args) && args[i+1] == "ether":
			c.set(c.object(base, c.at), "mac", strings.ToLower(args[i+2]), c.at)
			i += 2
		case text == "" && key[0] != '-':
			text = key
		default:
			return c.fail("a document has no " + key)
		}
	}
	if text == "" {
		return true
	}
	plain, slash, has := strings.Cut(text, "/")
	if has {
		mask = slash
	}
	ip, ok := address(plain)
	if !ok {
		return c.fail(text + " is no address")
	}
	bits, ok := prefixLength(mask, ip)
	if !ok {
		return c.fail(mask + " is no netmask")
	}
	return c.addressAdd(append([]string{netip.PrefixFrom(ip, bits).String(), "dev", dev}, extra...))
}
