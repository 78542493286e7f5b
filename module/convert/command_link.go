package convert

import (
	"slices"
	"strings"

	"hostnet-module/module/foreign"
	"hostnet-module/module/kind"
)

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
