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
	at      foreign.Pos
	name    string
	args    []string
	into    string
	why     string // why it is not taken over
	reason  Reason // of that; "": it is a command
	several bool   // there are others on the line
}

// command reads the commands of a line that runs when the link comes up, or goes down. What is not understood is reported; what is
// beside it on the line is taken over all the same.
func (s *stanza) command(o *foreign.Option) {
	undo := s.phase == "down" || s.phase == "pre_down" || s.phase == "post_down"
	line := s.expand(o.Value)
	list, ok := commands(line)
	switch {
	case strings.Contains(line, "{{") || strings.Contains(line, "{%") || strings.Contains(line, "<%"):
		s.tell(o.Pos, Faulty, ofTemplate)
		return
	case !ok || len(list) == 0:
		s.tell(o.Pos, Command, "a shell's work is not taken over")
		if !undo {
			s.mayAddress(strings.Fields(line), o.Pos)
		}
		return
	}
	for i, one := range list {
		if i > 0 && asks(list[i-1]) && makes(one) { // it is made where it is missing
			one.or = false
		}
		c := &call{stanza: s, at: o.Pos, name: one.name(), into: one.into, several: len(list) > 1}
		c.args = one.words[1:]
		switch {
		case c.idle() || one.or && c.name == "exit", asks(one) && i+1 < len(list) && makes(list[i+1]):
			s.pass(o.Pos)
		case one.or:
			s.tell(o.Pos, Command, "what runs when another command fails is not taken over: %s", c)
		case undo && c.undoes():
			s.pass(o.Pos)
		case undo:
			s.tell(o.Pos, Command, "runs when %s goes down; only what undoes what the document makes is left out", s.name)
		case !c.run():
			c.refused()
			if !harmless[c.name] {
				s.mayAddress(append([]string{c.name}, c.args...), o.Pos)
			}
		}
	}
}

// asks tells whether a command only looks if a link is there.
func asks(one simple) bool {
	line := strings.Join(one.words, " ")
	return strings.HasPrefix(line, "ip link show") || (one.name() == "test" || one.name() == "[") && strings.Contains(line, " /sys/class/net/")
}

// makes tells whether a command makes a link if the one before it has failed.
func makes(one simple) bool {
	line := strings.Join(one.words, " ")
	return one.or && (strings.HasPrefix(line, "ip link add ") || strings.HasPrefix(line, "brctl addbr ") || strings.HasPrefix(line, "vconfig add "))
}

// refused tells why a command is not taken over.
func (c *call) refused() {
	why := cmp.Or(c.why, "this command is not taken over")
	if c.several {
		why = c.String() + ": " + why
	}
	c.tell(c.at, cmp.Or(c.reason, Command), "%s", why)
}

// after reads a command once all stanzas and options are known.
func (c *call) after(read func() bool) bool {
	c.pass(c.at)
	c.afterwards = append(c.afterwards, func() {
		if !read() {
			c.refused()
		}
	})
	return true
}

// harmless are commands that give no link an address.
var harmless = words("ip bridge brctl vconfig ifenslave echo sysctl route ethtool iptables ip6tables nft ebtables arptables tc modprobe ipset iw mii-tool")

// mayAddress notes that a command that is not understood may give the stanza's link an address, and each link that it names.
func (s *stanza) mayAddress(words []string, at foreign.Pos) {
	for _, name := range append(words, s.o.name) {
		if _, has := s.maybe[name]; !has {
			s.maybe[name] = at
		}
	}
}

func (c *call) String() string { return strings.Join(append([]string{c.name}, c.args...), " ") }

// idle tells whether a command does nothing that a document would say: it waits, talks, loads modules.
func (c *call) idle() bool {
	switch c.name {
	case "true", ":", "sleep", "logger", "udevadm":
		return true
	case "ip", "bridge", "brctl":
		return len(c.args) > 1 && slices.Contains([]string{"show", "list", "lst", "ls", "get"}, c.args[1]) || len(c.args) > 0 && c.args[0] == "show"
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
	case "ifup":
		return c.ifup()
	case "dhclient", "dhcpcd", "udhcpc", "pump", "dhcpcd5":
		return c.failAs(DHCP, "a document does not ask DHCP; keep a DHCP client on the link, or give it the address")
	}
	if name, _, _ := made(c.name, c.args); name != "" && c.others[name] {
		c.pass(c.at) // tellOutsiders has a word about it
		return true
	}
	return false
}

// ifup reads ifup LINK…: what it brings up is taken over with its stanza.
func (c *call) ifup() bool {
	for _, name := range c.args {
		if len(c.raised[name]) == 0 {
			return c.failAs(NotRaised, "brings up "+name+", which has no stanza here; give it one")
		}
	}
	c.mark(Taken, c.at)
	return len(c.args) > 0
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
	case "ifdown":
		return true
	case "echo":
		return path.Base(c.into) == "slaves" && len(c.args) == 1 && strings.HasPrefix(c.args[0], "-")
	}
	return false
}

// fail says why.
func (c *call) fail(why string) bool {
	if c.why != "" && c.why != why {
		why = c.why + "; " + why
	}
	c.why = why
	return false
}

// failAs says why, with the reason.
func (c *call) failAs(reason Reason, why string) bool {
	c.reason = reason
	return c.fail(why)
}

// make says that a link is of a kind.
func (c *call) make(name string, k *kind.Kind) (*object, bool) {
	if c.others[name] {
		return nil, c.failAs(OthersMake, name+" is made by others, and no object of a document; have who makes it do this too")
	}
	o := c.object(name, c.at)
	if o.kind != nil && o.kind != k {
		return o, c.failAs(Conflict, name+" is a "+o.kind.Name+" already")
	}
	o.kind = k
	if k.Ports != "" {
		o.said = true
	}
	return o, true
}

// link is a link of the document that a command speaks of.
func (c *call) link(name string) (*object, bool) {
	name, _, _ = strings.Cut(name, ":")
	switch {
	case c.others[name]:
		return nil, c.failAs(OthersMake, name+" is made by others, and no object of a document; have who makes it do this too")
	case name == "lo":
		return nil, c.failAs(NoWord, "the loopback is not in documents")
	}
	return c.object(name, c.at), true
}

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

// echo reads writes to the kernel's files: /sys/class/net/LINK/bonding/X, …/bridge/X, /proc/sys/net/ipv6/conf/LINK/disable_ipv6.
func (c *call) echo() bool {
	args := slices.DeleteFunc(slices.Clone(c.args), func(a string) bool { return a == "-n" })
	parts := strings.Split(strings.TrimPrefix(c.into, "/sys/class/net/"), "/")
	if rest, ok := strings.CutPrefix(c.into, "/proc/sys/"); ok {
		return len(args) == 1 && c.setting(strings.ReplaceAll(rest, "/", "."), args[0])
	}
	if len(args) != 1 || !strings.HasPrefix(c.into, "/sys/class/net/") {
		return false
	}
	value := args[0]
	switch {
	case len(parts) == 1 && parts[0] == "bonding_masters" && strings.HasPrefix(value, "+"):
		_, ok := c.make(value[1:], kind.Bond)
		return ok
	case len(parts) == 1 && parts[0] == "bonding_masters" && strings.HasPrefix(value, "-"):
		return c.linkDel(value[1:])
	case len(parts) == 2 && parts[1] == "mtu":
		o, ok := c.link(parts[0])
		if ok {
			c.set(o, "mtu", value, c.at)
		}
		return ok
	case len(parts) == 3 && parts[1] == "brport" && brportFiles[parts[2]] != "":
		return c.after(func() bool { return c.portSet(parts[0], brportFiles[parts[2]], value) })
	case len(parts) == 3 && parts[1] == "bonding":
		o, ok := c.make(parts[0], kind.Bond)
		if name, isMember := strings.CutPrefix(value, "+"); ok && parts[2] == "slaves" && isMember {
			c.addPort(o, name, c.at)
			return true
		}
		if name, leaves := strings.CutPrefix(value, "-"); ok && parts[2] == "slaves" && leaves {
			return c.release(parts[0], name)
		}
		target, _ := strings.CutPrefix(value, "+")
		if ok && parts[2] != "slaves" {
			c.set(o, parts[2], yesNo(kind.Bond, parts[2], target), c.at)
			return true
		}
		return false
	case len(parts) == 3 && parts[1] == "bridge":
		o, ok := c.known(parts[0], kind.Bridge)
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

// brportFiles are the kernel's files of a port (net/bridge/br_sysfs_if.c) with the rows that they are.
var brportFiles = map[string]string{"path_cost": "cost", "priority": "priority", "hairpin_mode": "hairpin", "bpdu_guard": "guard", "root_block": "root_block",
	"learning": "learning", "unicast_flood": "flood", "multicast_flood": "mcast_flood", "broadcast_flood": "bcast_flood", "proxyarp": "proxy_arp", "isolated": "isolated",
	"neigh_suppress": "neigh_suppress", "multicast_router": "mcast_router", "multicast_fast_leave": "fastleave", "group_fwd_mask": "group_fwd_mask"}

// portSet gives a port an option, if it is one.
func (c *call) portSet(port, row, value string) bool {
	master := c.master(port)
	if master == nil || master.kind != kind.Bridge {
		return c.failAs(Conflict, port+" is no port of a bridge here; make it one, or take this line away")
	}
	c.put(&master.port(port).options, row, value, c.at)
	return true
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
		return c.failAs(Program, "sysctls are for sysctl.d(5); set it there")
	}
	o, ok := c.link(link)
	if !ok {
		return false
	}
	c.set(o, "ipv6", map[string]string{"0": "auto", "1": "off"}[value], c.at)
	return true
}
