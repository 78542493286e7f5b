package convert

import (
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"hostnet-module/module/foreign"
)

// ip reads ip(8).
func (c *call) ip() bool {
	family, ok := c.family()
	if !ok || len(c.args) < 2 {
		return false
	}
	object, verb := c.args[0], c.args[1]
	rest, six := c.args[2:], family == "-6"
	is := func(word, least string) bool {
		return strings.HasPrefix(object, least) && strings.HasPrefix(word, object)
	}
	adds := slices.Contains([]string{"add", "a", "replace", "append", "change", "prepend"}, verb)
	takes := slices.Contains([]string{"del", "delete", "d"}, verb)
	switch {
	case is("link", "l") && (verb == "add" || verb == "a"):
		return c.linkAdd(rest)
	case is("link", "l") && (verb == "set" || verb == "s"):
		return c.linkSet(rest)
	case is("link", "l") && takes && len(rest) > 0:
		return c.linkDel(rest[len(rest)-1])
	case is("address", "a") && adds:
		return c.addressAdd(rest)
	case is("address", "a") && (takes || verb == "flush"):
		return c.addressDel(verb, rest, family)
	case is("route", "r") && adds:
		return c.routeAdd(rest, six)
	case is("route", "r") && takes:
		return c.routeDel(rest, six)
	case is("route", "r") && verb == "flush":
		return c.routeFlush(rest, family)
	case is("rule", "ru") && adds:
		return c.ruleAdd(rest, six)
	case is("rule", "ru") && takes:
		return c.ruleDel(rest, six)
	case is("neighbour", "n") && verb == "flush":
		c.pass(c.at)
		return true
	}
	if name, _, _ := made(c.name, c.args); name != "" && c.others[name] {
		c.pass(c.at) // tellOutsiders has a word about it
		return true
	}
	return false
}

// family reads the options of ip(8): -4, -6, -f inet6, -family inet6. It tells false if there are more commands than one.
func (c *call) family() (family string, ok bool) {
	for len(c.args) > 0 && strings.HasPrefix(c.args[0], "-") {
		option := "-" + strings.TrimLeft(c.args[0], "-")
		switch {
		case option == "-4" || option == "-6":
			family = option
		case option == "-b" || option == "-batch" || option == "-n" || option == "-netns" || option == "-force":
			return "", c.fail("is more than one command, or of another network namespace")
		case len(option) > 1 && strings.HasPrefix("-family", option) && len(c.args) > 1:
			c.args = c.args[1:]
			family = map[string]string{"inet": "-4", "inet6": "-6"}[c.args[0]]
			if family == "" {
				return "", c.failAs(NoWord, "the family "+c.args[0]+" is not in documents")
			}
		}
		c.args = c.args[1:]
	}
	return family, true
}

// words are the pairs of a command: KEY VALUE, and keys that stand alone.
func (c *call) pairs(args []string, alone ...string) ([][2]string, bool) {
	var list [][2]string
	for i := 0; i < len(args); i++ {
		if n := len(list); n > 0 && strings.HasSuffix(list[n-1][0], "-qos-map") && strings.Contains(args[i], ":") { // several values
			list[n-1][1] += "," + args[i]
			continue
		}
		if slices.Contains(alone, args[i]) {
			list = append(list, [2]string{args[i], ""})
			continue
		}
		if i+1 == len(args) {
			return nil, c.failAs(Faulty, "ends in the middle")
		}
		list = append(list, [2]string{args[i], args[i+1]})
		i++
	}
	return list, true
}

// addressAdd reads `ip address add ADDR dev LINK …`.
func (c *call) addressAdd(args []string) bool {
	alone := []string{"nodad", "noprefixroute", "home", "mngtmpaddr", "autojoin"}
	bare, args, ok := bareWord(args, "local", alone...)
	if !ok {
		return false
	}
	pairs, ok := c.pairs(args, alone...)
	if !ok {
		return false
	}
	text, mask, _ := strings.Cut(bare, "/")
	ip, ok := address(text)
	bits := 0
	if ok {
		if bits = ip.BitLen(); mask != "" {
			bits, ok = prefixLength(mask, ip)
		}
	}
	if !ok {
		return c.failAs(Faulty, bare+" is no address")
	}
	prefix := netip.PrefixFrom(ip, bits)
	t, dev := tree{pair("address", prefix.String())}, ""
	for _, p := range pairs {
		switch p[0] {
		case "dev":
			dev = p[1]
		case "broadcast", "brd":
			if b := broadcast(prefix, p[1]); b != "" && b != "-" {
				t = append(t, pair("broadcast", b))
			}
		case "label", "scope":
			t = append(t, pair(p[0], p[1]))
		case "peer":
			far, _, has := strings.Cut(p[1], "/") // the length is of the peer's network
			t[0].Value = ip.String()
			if t = append(t, pair("peer", p[1])); !has {
				t[len(t)-1].Value = far + "/" + strconv.Itoa(ip.BitLen())
			}
		case "nodad", "noprefixroute":
			t = append(t, pair(p[0], true))
		case "preferred_lft", "valid_lft":
			t = append(t, pair(p[0], number(p[1])))
		case "metric", "proto":
			return c.failAs(NoWord, "a document's address has no "+p[0])
		default:
			return c.failAs(NoWord, "a document's address has no "+p[0])
		}
	}
	return c.addAddress(dev, t)
}

func (c *call) addAddress(dev string, t tree) bool {
	base, _, alias := strings.Cut(dev, ":")
	if base == "" {
		base = c.o.name
	}
	if alias && value(t, "label") == "" {
		t = append(t, pair("label", dev))
	}
	e := &entry{value: t, from: []foreign.Pos{c.at}}
	if len(t) == 1 {
		e.value = t[0].Value
	}
	o, ok := c.link(base)
	if !ok {
		return false
	}
	for _, was := range o.addresses {
		switch {
		case was.dropped || addressOf(was) != addressOf(e):
		case reflect.DeepEqual(was.value, e.value):
			was.from = append(was.from, c.at) // the kernel has it already
			return true
		case len(c.args) > 1 && (c.args[1] == "replace" || c.args[1] == "change"):
			was.dropped = true
			c.pass(was.from...)
		}
	}
	o.addresses = append(o.addresses, e)
	return true
}
