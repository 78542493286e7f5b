package convert

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"hostnet-module/module/foreign"
	"hostnet-module/module/kind"
)

// ip reads ip(8).
func (c *call) ip() bool {
	family := ""
	for len(c.args) > 0 && strings.HasPrefix(c.args[0], "-") {
		switch c.args[0] {
		case "-4", "-6":
			family = c.args[0]
		case "-b", "-batch", "-n", "-netns", "-force":
			return c.fail("is more than one command")
		}
		c.args = c.args[1:]
	}
	if len(c.args) < 2 {
		return false
	}
	object, verb := c.args[0], c.args[1]
	rest := c.args[2:]
	is := func(word, least string) bool {
		return strings.HasPrefix(object, least) && strings.HasPrefix(word, object)
	}
	adds := slices.Contains([]string{"add", "a", "replace", "append", "change"}, verb)
	switch {
	case is("link", "l") && (verb == "add" || verb == "a"):
		return c.linkAdd(rest)
	case is("link", "l") && (verb == "set" || verb == "s"):
		return c.linkSet(rest)
	case is("address", "a") && adds:
		return c.addressAdd(rest)
	case is("route", "r") && adds:
		return c.routeAdd(rest, family == "-6")
	case is("rule", "ru") && adds:
		return c.ruleAdd(rest, family == "-6")
	case slices.Contains([]string{"flush", "del", "delete"}, verb) && (is("address", "a") || is("route", "r")):
		c.pass(c.at) // a document adds to what is there by a list of its own
		return true
	}
	return false
}

// words are the pairs of a command: KEY VALUE, and keys that stand alone.
func (c *call) pairs(args []string, alone ...string) ([][2]string, bool) {
	var list [][2]string
	for i := 0; i < len(args); i++ {
		if slices.Contains(alone, args[i]) {
			list = append(list, [2]string{args[i], ""})
			continue
		}
		if i+1 == len(args) {
			return nil, c.fail("ends in the middle")
		}
		list = append(list, [2]string{args[i], args[i+1]})
		i++
	}
	return list, true
}

// linkAdd reads `ip link add [link PARENT] [name] NAME … type KIND …`.
func (c *call) linkAdd(args []string) bool {
	at := slices.Index(args, "type")
	if at < 0 || at+1 >= len(args) {
		return c.fail("says of no type")
	}
	before, typ, after := args[:at], args[at+1], args[at+2:]
	var name, parent string
	var common [][2]string
	for i := 0; i < len(before); i++ {
		switch key := before[i]; {
		case slices.Contains([]string{"name", "dev", "link", "address", "mtu", "txqueuelen", "numtxqueues", "numrxqueues"}, key) && i+1 < len(before):
			i++
			switch key {
			case "name", "dev":
				name = before[i]
			case "link":
				parent = before[i]
			default:
				common = append(common, [2]string{key, before[i]})
			}
		case key == "up":
		case name == "":
			name = key
		default:
			return false
		}
	}
	k := kindNamed(typ)
	if name == "" || k == nil {
		return c.fail("links of type " + typ + " are not in documents")
	}
	o, ok := c.make(name, k)
	return ok && c.linkOptions(o, common) && c.typeOptions(o, parent, after)
}

// kindNamed is a kind of links that are made, by the kernel's name; nil if there is none.
func kindNamed(typ string) *kind.Kind {
	for _, k := range kind.List() {
		if k.Name == typ && !k.Existing {
			return k
		}
	}
	return nil
}

// typeOptions reads what stands behind the type: the rows' own words.
func (c *call) typeOptions(o *object, parent string, args []string) bool {
	pairs, ok := c.pairs(args)
	if !ok {
		return false
	}
	for _, p := range pairs {
		key := strings.ReplaceAll(p[0], "-", "_")
		for _, r := range o.kind.Rows {
			if r.Word != "" && strings.ReplaceAll(r.Word, "-", "_") == key {
				key = r.Name
			}
		}
		c.set(o, key, p[1], c.at)
	}
	if !o.kind.HasParent {
		return true
	}
	if parent == "" && o.parent == nil || o.option("id") == nil {
		return c.fail("says neither which VLAN nor of which link")
	}
	if parent != "" {
		o.parent = &entry{key: "parent", value: parent, from: []foreign.Pos{c.at}}
	}
	return true
}

func (c *call) linkOptions(o *object, pairs [][2]string) bool {
	for _, p := range pairs {
		switch p[0] {
		case "mtu":
			c.set(o, "mtu", p[1], c.at)
		case "address":
			c.set(o, "mac", strings.ToLower(p[1]), c.at)
		case "alias":
			c.set(o, "description", p[1], c.at)
		case "master":
			c.setMaster(p[1], o.name)
		default:
			return c.fail("a document has no " + p[0])
		}
	}
	return true
}

// setMaster makes a link a port of a link, of whichever kind that turns out to be.
func (c *call) setMaster(master, port string) {
	m := c.object(master)
	m.said = true
	c.addPort(m, port, c.at)
}

// linkSet reads `ip link set [dev] NAME …`. Up and down are the document's own business.
func (c *call) linkSet(args []string) bool {
	if len(args) > 0 && args[0] == "dev" {
		args = args[1:]
	}
	if len(args) < 2 {
		// ip link set up dev NAME
		return false
	}
	if args[0] == "up" || args[0] == "down" {
		args = append([]string{args[len(args)-1]}, args[:len(args)-1]...)
		args = slices.DeleteFunc(args, func(a string) bool { return a == "dev" })
	}
	name, rest := args[0], args[1:]
	for i := 0; i < len(rest); i++ {
		switch key := rest[i]; {
		case key == "up" || key == "down" || key == "nomaster" || key == "dev":
			c.pass(c.at)
		case key == "type" && i+1 < len(rest):
			return c.setType(name, rest[i+1], rest[i+2:])
		case i+1 < len(rest):
			if !c.linkOptions(c.object(name, c.at), [][2]string{{key, rest[i+1]}}) {
				return false
			}
			i++
		default:
			return c.fail("a document has no " + key)
		}
	}
	return true
}

// setType reads `ip link set NAME type KIND …`; bridge_slave is of a port.
func (c *call) setType(name, typ string, args []string) bool {
	for _, k := range kind.List() {
		switch {
		case k.Name == typ && !k.Existing:
			o, ok := c.make(name, k)
			return ok && c.typeOptions(o, "", args)
		case k.Ports != "" && typ == k.Name+"_slave":
			master := c.master(name)
			pairs, ok := c.pairs(args)
			if master == nil || !ok {
				return c.fail(name + " is no port of a " + k.Name + " here")
			}
			for _, p := range pairs {
				c.put(&master.port(name).options, p[0], p[1], c.at)
			}
			return true
		}
	}
	return c.fail("links of type " + typ + " are not in documents")
}

// bridgeTool reads `bridge vlan add` for ports and, with self, for bridges.
func (c *call) bridgeTool() bool {
	if len(c.args) < 2 || c.args[0] != "vlan" {
		return c.fail("of bridge(8), vlan add alone is taken over")
	}
	pairs, ok := c.pairs(c.args[2:], "pvid", "untagged", "self", "master")
	if !ok {
		return false
	}
	var dev, vid string
	var words []string
	for _, p := range pairs {
		switch p[0] {
		case "dev":
			dev = p[1]
		case "vid":
			vid = p[1]
		default:
			words = append(words, p[0])
		}
	}
	switch {
	case dev == "" || vid == "":
		return false
	case c.args[1] != "add" && c.args[1] != "del":
		return false
	}
	at := c.tableAt(dev, slices.Contains(words, "self"))
	if at == nil {
		return c.fail(dev + " is no port of a bridge here")
	}
	return c.vlanEntry(at, vid, words, c.args[1] == "del")
}

// tableAt is the VLAN table of a port, or of a bridge itself; nil if the link is no port. It starts as the kernel has it: in VLAN 1.
func (c *call) tableAt(dev string, self bool) *[]*entry {
	var table *[]*entry
	if self {
		table = &c.object(dev, c.at).vlans
	} else if master := c.master(dev); master != nil {
		table = &master.port(dev).vlans
	} else {
		return nil
	}
	if len(*table) == 0 {
		*table = append(*table, &entry{value: tree{pair("id", uint64(1)), pair("pvid", true), pair("untagged", true)}, from: []foreign.Pos{c.at}})
	}
	return table
}

// vlanEntry adds to a VLAN table or takes from it. There is one PVID.
func (c *call) vlanEntry(table *[]*entry, vid string, words []string, del bool) bool {
	id, had := number(vid), len(*table)
	*table = slices.DeleteFunc(*table, func(e *entry) bool { return idOf(e.value) == id })
	if del {
		if len(*table) == had {
			return c.fail("is not in that VLAN")
		}
		c.mark(Taken, c.at)
		return true
	}
	t := tree{pair("id", id)}
	for _, w := range []string{"pvid", "untagged"} {
		if slices.Contains(words, w) {
			t = append(t, pair(w, true))
		}
	}
	if slices.Contains(words, "pvid") {
		for _, e := range *table {
			if other, ok := e.value.(tree); ok {
				e.value = slices.DeleteFunc(slices.Clone(other), func(p pairOf) bool { return p.Key == "pvid" })
			}
		}
	}
	e := &entry{value: t, from: []foreign.Pos{c.at}}
	if len(t) == 1 {
		e.value = id
	}
	*table = append(*table, e)
	return true
}

func idOf(v any) any {
	if t, ok := v.(tree); ok {
		return t[0].Value
	}
	return v
}

// addressAdd reads `ip address add ADDR dev LINK …`.
func (c *call) addressAdd(args []string) bool {
	if len(args) > 0 && args[0] == "local" {
		args = args[1:]
	}
	if len(args) == 0 {
		return false
	}
	pairs, ok := c.pairs(args[1:], "nodad", "noprefixroute", "home", "mngtmpaddr", "autojoin")
	if !ok {
		return false
	}
	text, mask, _ := strings.Cut(args[0], "/")
	ip, ok := address(text)
	bits := 0
	if ok {
		if bits = ip.BitLen(); mask != "" {
			bits, ok = prefixLength(mask, ip)
		}
	}
	if !ok {
		return c.fail(args[0] + " is no address")
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
			far, _, has := strings.Cut(p[1], "/")
			if t[0].Value, t = ip.String(), append(t, pair("peer", p[1])); !has {
				t[len(t)-1].Value = far + "/" + strconv.Itoa(ip.BitLen())
			}
		case "nodad", "noprefixroute":
			t = append(t, pair(p[0], true))
		case "preferred_lft", "valid_lft":
			t = append(t, pair(p[0], number(p[1])))
		case "metric", "proto":
			return c.fail("a document's address has no " + p[0])
		default:
			return c.fail("a document's address has no " + p[0])
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
	o := c.object(base, c.at)
	if base == "lo" {
		c.forget(o)
		return c.fail("the loopback is not in documents")
	}
	o.addresses = append(o.addresses, e)
	return true
}
