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
		case c.idle() || c.name == "exit" && (one.or || i+1 == len(list)), asks(one) && i+1 < len(list) && makes(list[i+1]):
			s.pass(o.Pos)
		case one.or:
			s.tell(o.Pos, Command, "what runs when another command fails is not taken over: %s", c)
		case undo && c.undoes():
			s.pass(o.Pos)
		case undo:
			s.tell(o.Pos, Command, "runs when %s goes down; only what undoes what the document makes is left out", s.name)
		case !c.run():
			c.refused()
			if words := append([]string{c.name}, c.args...); !harmless[c.name] {
				s.mayAddress(words, o.Pos)
			} else if setting := strings.Join(words, " ") + c.into; strings.Contains(setting, "accept_ra") || strings.Contains(setting, "autoconf") {
				s.mayAddress(strings.FieldsFunc(setting, func(r rune) bool { return strings.ContainsRune(" /.=", r) }), o.Pos)
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
	s.may(at, append(words, s.o.name)...)
}

func (c *call) String() string { return shown(append([]string{c.name}, c.args...)) }

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
