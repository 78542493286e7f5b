package convert

import (
	"net/netip"
	"slices"
	"strings"
)

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
