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

// linkAdd reads `ip link add [link PARENT] [name] NAME … type KIND …`.
func (c *call) linkAdd(args []string) bool {
	at := slices.Index(args, "type")
	if at < 0 || at+1 >= len(args) {
		return c.failAs(Faulty, "says of no type")
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
	switch {
	case k == nil && parent != "":
		c.mayAddress([]string{parent}, c.at) // the other link may be the host's way in
		fallthrough
	case k == nil && c.others[name]:
		c.pass(c.at) // tellOutsiders has a word about it
		return true
	case name == "" || k == nil:
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
		c.set(o, rowWord(o.kind, false, p[0]), p[1], c.at)
	}
	if !o.kind.HasParent {
		return true
	}
	if parent == "" && o.parent == nil || o.option("id") == nil {
		return c.failAs(Faulty, "says neither which VLAN nor of which link")
	}
	if parent != "" {
		o.parent = &entry{key: "parent", value: parent, from: []foreign.Pos{c.at}}
	}
	return true
}

// rowWord is the option of a word of iproute2, of a link or of its ports.
func rowWord(k *kind.Kind, ofPort bool, word string) string {
	key, rows := strings.ReplaceAll(word, "-", "_"), k.Rows
	if ofPort {
		rows = k.Port
	}
	for _, r := range rows {
		if r.Word != "" && strings.ReplaceAll(r.Word, "-", "_") == key {
			return r.Name
		}
	}
	return key
}

func (c *call) linkOptions(o *object, pairs [][2]string) bool {
	all := true
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
			all = c.failAs(NoWord, "a document has no "+p[0])
		}
	}
	return all
}

// setMaster makes a link a port of a link, of whichever kind that turns out to be. The kernel takes it away from the one that has it,
// and a bond opens it.
func (c *call) setMaster(master, name string) {
	m := c.object(master)
	for _, o := range c.objects {
		if o != m {
			o.ports = slices.DeleteFunc(o.ports, func(p *port) bool {
				if p.value == name {
					c.pass(p.from...)
				}
				return p.value == name
			})
		}
	}
	m.said = true
	c.addPort(m, name, c.at)
	if o := c.find(name); o != nil && m.kind != kind.Bridge {
		c.up(o, c.at)
	}
}

// linkSet reads `ip link set [dev] NAME …`, with the name in whichever place. A link of the document comes up by itself.
func (c *call) linkSet(args []string) bool {
	name, rest := "", []string(nil)
	for i := 0; i < len(args); i++ {
		switch {
		case args[i] == "dev" && i+1 < len(args):
			i++
			name = args[i]
		case args[i] == "type": // all behind it is of the type
			rest = append(rest, args[i:]...)
			i = len(args)
		case linkWords[args[i]] && i+1 < len(args):
			rest = append(rest, args[i], args[i+1])
			i++
		case linkFlags[args[i]] || name != "":
			rest = append(rest, args[i])
		default:
			name = args[i]
		}
	}
	if c.others[name] {
		c.pass(c.at) // whoever makes it
		return true
	}
	if name == "" || name == "lo" || len(rest) == 0 {
		return false
	}
	return c.linkState(name, rest)
}

// linkWords are the words of `ip link set` that have a value, linkFlags those that have none.
var (
	linkWords = words("master mtu address alias txqueuelen txqlen name netns group addrgenmode arp multicast allmulticast promisc dynamic trailers carrier vrf broadcast vf xdp gso_max_size")
	linkFlags = words("up down nomaster")
)

func (c *call) linkState(name string, rest []string) bool {
	all := true
	for i := 0; i < len(rest); i++ {
		switch key := rest[i]; {
		case key == "up":
			c.pass(c.at)
			if o := c.find(name); o != nil {
				c.up(o, c.at)
			}
		case key == "down" && c.phase == "pre_up": // before it is brought up, or becomes a member
			c.pass(c.at)
		case key == "down":
			c.down(c.object(name, c.at), c.at)
		case key == "nomaster":
			all = c.release("", name) && all
		case key == "type" && i+1 < len(rest):
			return c.setType(name, rest[i+1], rest[i+2:]) && all
		case i+1 < len(rest):
			all = c.linkOptions(c.object(name, c.at), [][2]string{{key, rest[i+1]}}) && all
			i++
		default:
			all = c.failAs(NoWord, "a document has no "+key)
		}
	}
	return all
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
				return c.failAs(Conflict, name+" is no port of a "+k.Name+" here")
			}
			for _, p := range pairs {
				c.put(&master.port(name).options, rowWord(k, true, p[0]), p[1], c.at)
			}
			return true
		}
	}
	return c.fail("links of type " + typ + " are not in documents")
}

// bridgeTool reads `bridge vlan` for ports and, with self, for bridges, and `bridge link set`. bridge(8) passes over words that it
// does not know.
func (c *call) bridgeTool() bool {
	for len(c.args) > 0 && strings.HasPrefix(c.args[0], "-") {
		c.args = c.args[1:]
	}
	if len(c.args) < 2 {
		return false
	}
	verb, args := c.args[1], c.args[2:]
	switch object := c.args[0]; {
	case object == "link" && verb == "set":
		return c.after(func() bool { return c.bridgeLink(args) })
	case object != "vlan":
		return c.fail("of bridge(8), vlan and link set alone are taken over")
	case slices.Contains([]string{"add", "del", "delete"}, verb):
		return c.after(func() bool { return c.vlanChange(args, verb != "add") })
	}
	return false
}

// bridgeLink reads `bridge link set dev PORT learning off …`.
func (c *call) bridgeLink(args []string) bool {
	pairs, ok := c.pairs(args, "self", "master")
	dev, all := "", true
	for _, p := range pairs {
		if p[0] == "dev" {
			dev = p[1]
		}
	}
	if !ok || dev == "" {
		return false
	}
	for _, p := range pairs {
		if p[0] != "dev" && p[0] != "self" && p[0] != "master" {
			all = c.portSet(dev, rowWord(kind.Bridge, true, p[0]), p[1]) && all
		}
	}
	return all
}

// vlanChange reads what stands behind `bridge vlan add` and `bridge vlan del`.
func (c *call) vlanChange(args []string, del bool) bool {
	var dev, vid string
	said := map[string]bool{}
	for i := 0; i < len(args); i++ {
		switch {
		case args[i] == "dev" && i+1 < len(args):
			i++
			dev = args[i]
		case args[i] == "vid" && i+1 < len(args):
			i++
			vid = args[i]
		default:
			said[args[i]] = true
		}
	}
	low, high, ok := vlanRange(vid)
	switch {
	case dev == "" || vid == "":
		return c.failAs(Faulty, "says neither which link nor which VLAN")
	case !ok:
		return c.failAs(Faulty, vid+" is no VLAN from 1-4094 and no range of them")
	case said["tunnel_info"]:
		return c.failAs(NoWord, "VLANs of tunnels are not in documents")
	case said["pvid"] && low != high:
		return c.failAs(Faulty, "untagged frames belong to one VLAN, and the kernel refuses pvid with a range; name the one VLAN")
	}
	bridge, table, ok := c.vlansOf(dev, said["self"] && !said["master"])
	if !ok {
		return false
	}
	if !c.filters(bridge) {
		return c.failAs(Conflict, bridge.name+" does not sort by VLAN (vlan_filtering is off), so that its VLAN tables mean nothing; give it bridge-vlan-aware yes")
	}
	t := table()
	if !del {
		c.mark(Taken, c.at)
		t.add(span{low: low, high: high, pvid: said["pvid"], untagged: said["untagged"], from: []foreign.Pos{c.at}})
		return true
	}
	found := t.take(low, high)
	c.pass(append(found, c.at)...)
	if t.from = append(t.from, c.at); len(found) > 0 {
		c.mark(Taken, c.at)
	}
	return true
}

// vlansOf is the bridge of a table, and the table: a port's, or with self a bridge's own.
func (c *call) vlansOf(dev string, self bool) (*object, func() *vlanTable, bool) {
	if o := c.find(dev); o != nil && o.kind == kind.Bridge && (self || c.master(dev) == nil) {
		if !self {
			return nil, nil, c.failAs(Faulty, dev+" is the bridge itself, and the kernel refuses this without self; write self, or name a port")
		}
		return o, func() *vlanTable { return c.ownTable(o, c.at) }, true
	}
	master := c.master(dev)
	switch {
	case master == nil || master.kind != kind.Bridge:
		return nil, nil, c.failAs(Conflict, dev+" is no port of a bridge here; make it one, or take this line away")
	case self:
		return nil, nil, c.failAs(Faulty, "the kernel refuses self for a port; without it, the port's table is meant")
	}
	return master, func() *vlanTable { return c.portTable(master, master.port(dev), c.at) }, true
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
		return c.failAs(Faulty, args[0]+" is no address")
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
	o.addresses = append(o.addresses, e)
	return true
}
