package convert

import (
	"slices"
	"strings"

	"hostnet-module/module/foreign"
	"hostnet-module/module/kind"
)

// makeVLAN makes a VLAN of a name.
func (c *call) makeVLAN(name, parent, id string) bool {
	o, ok := c.make(name, kind.VLAN)
	if ok && o.parent == nil { // else another line has said it
		c.vlan(o, parent, id, c.at)
	}
	return ok
}

// brctl reads brctl(8).
func (c *call) brctl() bool {
	if len(c.args) < 2 {
		return false
	}
	verb, name, rest := c.args[0], c.args[1], c.args[2:]
	switch verb {
	case "addbr":
		_, ok := c.make(name, kind.Bridge)
		return ok
	case "delbr":
		return c.linkDel(name)
	case "delif":
		return c.release(name, rest...)
	}
	o, ok := c.known(name, kind.Bridge)
	if !ok {
		return false
	}
	switch {
	case verb == "addif":
		for _, p := range rest {
			c.addPort(o, p, c.at)
		}
	case verb == "stp" && len(rest) == 1:
		c.set(o, "stp_state", rest[0], c.at)
	case verb == "setbridgeprio" && len(rest) == 1:
		c.set(o, "priority", rest[0], c.at)
	case slices.Contains([]string{"setfd", "sethello", "setmaxage", "setageing"}, verb) && len(rest) == 1:
		row := bridgeSeconds[strings.TrimPrefix(verb, "set")]
		n, ok := hundredths(rest[0])
		if !ok {
			return c.failAs(Faulty, "must be a number of seconds")
		}
		c.set(o, row, n, c.at)
	case (verb == "setpathcost" || verb == "setportprio" || verb == "hairpin") && len(rest) == 2:
		c.deferPort(o, rest[0], portWords[strings.TrimPrefix(verb, "set")], rest[1], c.at)
	case verb == "setgcint":
		c.pass(c.at)
	default:
		return false
	}
	return true
}

// linkDel reads commands that take a whole link away: in pre-up they make room for what is made anew.
func (c *call) linkDel(name string) bool {
	if c.phase == "pre_up" || c.others[name] {
		c.pass(c.at)
		return true
	}
	return c.fail("takes the link away each time; a document does so with state: absent")
}

// vconfig reads vconfig(8): add PARENT ID, in the way of naming that was set before.
func (c *call) vconfig() bool {
	switch {
	case len(c.args) == 2 && c.args[0] == "set_name_type":
		switch c.args[1] {
		case "VLAN_PLUS_VID_NO_PAD":
			c.vlans = []foreign.Pos{c.at}
		case "DEV_PLUS_VID_NO_PAD":
			c.vlans = nil
		default:
			return c.fail("names with zeros before the number are not taken over")
		}
		c.pass(c.at)
		return true
	case len(c.args) == 3 && c.args[0] == "add":
		name := c.args[1] + "." + c.args[2]
		if c.vlans != nil {
			name = "vlan" + c.args[2]
		}
		c.mark(Taken, c.vlans...)
		return c.makeVLAN(name, c.args[1], c.args[2])
	case len(c.args) == 2 && c.args[0] == "rem":
		return c.linkDel(c.args[1])
	}
	return false
}

// ifenslave reads ifenslave(8): BOND MEMBER….
func (c *call) ifenslave() bool {
	args := slices.DeleteFunc(slices.Clone(c.args), func(a string) bool { return a == "-f" || a == "-v" })
	if len(args) > 2 && (args[0] == "-d" || args[0] == "--detach") {
		return c.release(args[1], args[2:]...)
	}
	if len(args) < 2 || strings.HasPrefix(args[0], "-") {
		return false
	}
	o, ok := c.make(args[0], kind.Bond)
	for _, m := range args[1:] {
		if ok {
			c.addPort(o, m, c.at)
		}
	}
	return ok
}
