package convert

import (
	"slices"
	"strings"

	"hostnet-module/module/foreign"
	"hostnet-module/module/kind"
)

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
