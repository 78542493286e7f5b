package convert

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"hostnet-module/module/foreign"
	"hostnet-module/module/kind"
)

// call is one command of an up or down line while it is read.
type call struct {
	*stanza
	at   foreign.Pos
	name string
	args []string
	into string
	why  string // why it is not taken over
}

// command reads the commands of an up line, or (undo) of a down line. What is not understood is reported; what is beside it on
// the line is taken over all the same.
func (s *stanza) command(o *foreign.Option, undo bool) {
	list, ok := commands(s.expand(o.Value))
	if !ok || len(list) == 0 {
		s.lose(o.Pos, "a shell's work is not taken over")
		return
	}
	for _, one := range list {
		c := &call{stanza: s, at: o.Pos, name: one.name(), into: one.into}
		c.args = one.words[1:]
		switch {
		case c.idle() || one.or && c.name == "exit":
			s.pass(o.Pos)
		case one.or:
			s.lose(o.Pos, "what runs when another command fails is not taken over: %s", c)
		case undo:
			if !c.undoes() {
				s.lose(o.Pos, "runs when %s goes down; only what undoes what the document makes is left out", s.name)
			} else {
				s.pass(o.Pos)
			}
		case !c.run():
			why := cmp.Or(c.why, "this command is not taken over")
			if len(list) > 1 {
				why = c.String() + ": " + why
			}
			s.lose(o.Pos, "%s", why)
		}
	}
}

func (c *call) String() string { return strings.Join(append([]string{c.name}, c.args...), " ") }

// idle tells whether a command does nothing that a document would say: it waits, talks, loads modules.
func (c *call) idle() bool {
	switch c.name {
	case "true", ":", "sleep", "logger", "udevadm":
		return true
	case "echo", "printf":
		return c.into == "" || strings.HasPrefix(c.into, "/dev/")
	case "modprobe":
		return len(c.args) > 0 && slices.Contains([]string{"bonding", "8021q", "bridge", "dummy", "ipv6"}, c.args[len(c.args)-1])
	}
	return false
}

// run reads one command; false if it cannot be taken over, with the reason in why.
func (c *call) run() bool {
	switch c.name {
	case "ip":
		return c.ip()
	case "bridge":
		return c.bridgeTool()
	case "brctl":
		return c.brctl()
	case "vconfig":
		return c.vconfig()
	case "ifenslave":
		return c.ifenslave()
	case "ifconfig":
		return c.ifconfig()
	case "route":
		return c.route()
	case "echo":
		return c.echo()
	case "sysctl":
		return c.sysctl()
	}
	return false
}

// undoes tells whether a command takes away what others have made.
func (c *call) undoes() bool {
	has := func(words ...string) bool {
		return slices.ContainsFunc(c.args, func(a string) bool { return slices.Contains(words, a) })
	}
	switch c.name {
	case "ip":
		return has("del", "delete", "flush", "down", "nomaster") || len(c.args) > 0 && c.args[0] == "link" && has("up")
	case "bridge":
		return has("del")
	case "brctl":
		return has("delbr", "delif")
	case "vconfig":
		return has("rem")
	case "ifenslave":
		return has("-d", "--detach")
	case "ifconfig":
		return has("down", "0.0.0.0")
	case "route":
		return has("del")
	case "echo":
		return path.Base(c.into) == "slaves" && len(c.args) == 1 && strings.HasPrefix(c.args[0], "-")
	}
	return false
}

// fail says why.
func (c *call) fail(why string) bool {
	c.why = why
	return false
}

// make says that a link is of a kind.
func (c *call) make(name string, k *kind.Kind) (*object, bool) {
	o := c.object(name, c.at)
	if o.kind != nil && o.kind != k {
		return o, c.fail(name + " is a " + o.kind.Name + " already")
	}
	o.kind = k
	if k.Ports != "" {
		o.said = true
	}
	return o, true
}

// makeVLAN makes a VLAN of a name.
func (c *call) makeVLAN(name, parent, id string) bool {
	o, ok := c.make(name, kind.VLAN)
	if ok && o.parent == nil {
		c.vlan(o, parent, id, c.at)
	}
	return ok
}

// brctl reads brctl(8).
func (c *call) brctl() bool {
	if len(c.args) < 2 {
		return false
	}
	verb, rest := c.args[0], c.args[2:]
	o, ok := c.make(c.args[1], kind.Bridge)
	if !ok {
		return false
	}
	switch {
	case verb == "addbr":
	case verb == "addif":
		for _, p := range rest {
			c.addPort(o, p, c.at)
		}
	case verb == "stp" && len(rest) == 1:
		c.set(o, "stp_state", rest[0], c.at)
	case verb == "setbridgeprio" && len(rest) == 1:
		c.set(o, "priority", rest[0], c.at)
	case slices.Contains([]string{"setfd", "sethello", "setmaxage", "setageing"}, verb) && len(rest) == 1:
		c.bridgeRow(strings.TrimPrefix(verb, "set"), &foreign.Option{Pos: c.at, Value: rest[0]})
	case (verb == "setpathcost" || verb == "setportprio" || verb == "hairpin") && len(rest) == 2:
		c.deferPort(o, rest[0], portWords[strings.TrimPrefix(verb, "set")], rest[1], c.at)
	case verb == "setgcint":
		c.pass(c.at)
	default:
		return false
	}
	return true
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
	}
	return false
}

// ifenslave reads ifenslave(8): BOND MEMBER….
func (c *call) ifenslave() bool {
	args := slices.DeleteFunc(slices.Clone(c.args), func(a string) bool { return a == "-f" || a == "-v" })
	if len(args) < 2 || strings.HasPrefix(args[0], "-") {
		return false
	}
	o, ok := c.make(args[0], kind.Bond)
	for _, m := range args[1:] {
		c.addPort(o, m, c.at)
	}
	return ok
}

// echo reads writes to the kernel's files: /sys/class/net/LINK/bonding/X, …/bridge/X, /proc/sys/net/ipv6/conf/LINK/disable_ipv6.
func (c *call) echo() bool {
	args := slices.DeleteFunc(slices.Clone(c.args), func(a string) bool { return a == "-n" })
	parts := strings.Split(strings.TrimPrefix(c.into, "/sys/class/net/"), "/")
	if rest, ok := strings.CutPrefix(c.into, "/proc/sys/"); ok {
		return len(args) == 1 && c.setting(strings.ReplaceAll(rest, "/", "."), args[0])
	}
	if len(args) != 1 || !strings.HasPrefix(c.into, "/sys/class/net/") || len(parts) < 2 {
		return false
	}
	value := args[0]
	switch {
	case len(parts) == 2 && parts[1] == "mtu":
		c.set(c.object(parts[0], c.at), "mtu", value, c.at)
		return true
	case len(parts) == 3 && parts[1] == "bonding":
		o, ok := c.make(parts[0], kind.Bond)
		if name, isMember := strings.CutPrefix(value, "+"); ok && parts[2] == "slaves" && isMember {
			c.addPort(o, name, c.at)
			return true
		}
		target, _ := strings.CutPrefix(value, "+")
		if ok && parts[2] != "slaves" {
			c.bondOption(parts[2], &foreign.Option{Pos: c.at, Value: target})
			return true
		}
		return false
	case len(parts) == 3 && parts[1] == "bridge":
		o, ok := c.make(parts[0], kind.Bridge)
		key := map[string]string{"multicast_snooping": "mcast_snooping", "multicast_querier": "mcast_querier", "multicast_router": "mcast_router", "default_pvid": "vlan_default_pvid"}[parts[2]]
		if key == "" {
			key = parts[2]
		}
		if ok {
			c.set(o, key, value, c.at)
		}
		return ok
	}
	return false
}

// sysctl reads sysctl -w NAME=VALUE.
func (c *call) sysctl() bool {
	all := len(c.args) > 0
	for _, a := range c.args {
		name, value, ok := strings.Cut(a, "=")
		switch {
		case strings.HasPrefix(a, "-"):
		case !ok || !c.setting(strings.ReplaceAll(name, "/", "."), value):
			all = false
		}
	}
	return all
}

// setting takes over the one sysctl that documents have a word for.
func (c *call) setting(name, value string) bool {
	link, ok := strings.CutPrefix(name, "net.ipv6.conf.")
	link, ok2 := strings.CutSuffix(link, ".disable_ipv6")
	if !ok || !ok2 || link == "all" || link == "default" || value != "0" && value != "1" {
		return c.fail("sysctls are for sysctl.d(5)")
	}
	c.set(c.object(link, c.at), "ipv6", map[string]string{"0": "auto", "1": "off"}[value], c.at)
	return true
}
