package convert

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"hostnet-module/module/foreign"
	"hostnet-module/module/kind"
)

// gone accounts for a command that takes away, by the lines that it has found. In pre-up it makes room, and may find nothing.
func (c *call) gone(found []foreign.Pos) bool {
	switch {
	case len(found) > 0:
		c.pass(found...)
		c.mark(Taken, c.at)
	case c.phase == "pre_up":
		c.pass(c.at)
	default:
		return c.failAs(Conflict, "takes away what no line here makes: what DHCP, the kernel or another tool makes, a document cannot take away; tell it to who makes that")
	}
	return true
}

// there tells whether a value is there when the command runs: pre-up is before what the stanza itself says.
func (c *call) there(e *entry) bool {
	return !e.dropped && (c.phase != "pre_up" || !slices.ContainsFunc(e.from, func(at foreign.Pos) bool { return c.own[at] }))
}

// drop takes values out that a command takes away.
func (c *call) dropAll(list []*entry, which func(*entry) bool) (found []foreign.Pos) {
	for _, e := range list {
		if c.there(e) && which(e) {
			e.dropped = true
			found = append(found, e.from...)
		}
	}
	return found
}

// addressOf is the address of an entry, with its prefix length.
func addressOf(e *entry) netip.Prefix {
	text, ok := e.value.(string)
	if t, isTree := e.value.(tree); isTree {
		text, ok = value(t, "address"), true
	}
	if !ok {
		return netip.Prefix{}
	}
	if p, err := netip.ParsePrefix(text); err == nil {
		return p
	}
	ip, _ := address(text)
	return netip.PrefixFrom(ip, max(0, ip.BitLen()))
}

// addressDel reads `ip address del ADDR dev LINK` and `ip address flush dev LINK`.
func (c *call) addressDel(verb string, args []string, family string) bool {
	dev, label, wanted, scope, within := "", "", "", "", ""
	for i := 0; i < len(args); i++ {
		switch {
		case args[i] == "dev" && i+1 < len(args):
			i++
			dev = args[i]
		case args[i] == "label" && i+1 < len(args):
			i++
			label = args[i]
		case args[i] == "scope" && i+1 < len(args):
			i++
			scope = args[i]
		case verb == "flush" && args[i] == "to" && i+1 < len(args):
			i++
			within = args[i]
		case slices.Contains([]string{"brd", "broadcast", "peer"}, args[i]) && i+1 < len(args):
			i++
		case args[i] == "local" || args[i] == "permanent" || args[i] == "primary":
		case verb == "flush" && slices.Contains(flagsOfAddresses, strings.TrimPrefix(args[i], "-")):
			return c.failAs(OnHost, "which addresses are "+args[i]+" is known on the host alone; name the addresses")
		case verb == "flush" && dev == "":
			dev = args[i]
		case wanted == "" && verb != "flush":
			wanted = args[i]
		}
	}
	base, _, _ := strings.Cut(dev, ":")
	if base == "" && verb != "flush" {
		base = c.o.name
	}
	text, mask, hasMask := strings.Cut(wanted, "/")
	ip, ok := address(text)
	if verb != "flush" && !ok {
		return c.failAs(Faulty, wanted+" is no address")
	}
	o := c.find(base)
	if o == nil {
		return c.gone(nil)
	}
	return c.gone(c.dropAll(o.addresses, func(e *entry) bool {
		p := addressOf(e)
		labelled, _ := e.value.(tree)
		switch {
		case label != "" && !foreign.Glob(label, value(labelled, "label")):
			return false
		case verb == "flush" && (scope != "" && scope != scopeOf(p.Addr(), value(labelled, "scope")) || within != "" && !inside(p.Addr(), within)):
			return false
		case verb == "flush":
			return family == "" || p.Addr().Is6() == (family == "-6")
		}
		return p.Addr() == ip && (!hasMask || fmt.Sprint(p.Bits()) == mask || value(labelled, "peer") != "")
	}))
}

// flagsOfAddresses are by what `ip address flush` chooses, and no line of a file says.
var flagsOfAddresses = strings.Fields("secondary dynamic temporary deprecated tentative dadfailed mngtmpaddr home nodad optimistic noprefixroute autojoin up")

// scopeOf is the scope of an address: what its line says, or the kernel's own choice.
func scopeOf(ip netip.Addr, said string) string {
	switch {
	case said != "":
		return said
	case ip.Is6() && ip.IsLinkLocalUnicast():
		return "link"
	case ip.IsLoopback():
		return "host"
	}
	return "global"
}

// inside tells whether an address is in a network, or is the one that is named.
func inside(ip netip.Addr, network string) bool {
	to, ok := destination(network, false)
	if to == "default" {
		return ok && ip.Is4()
	}
	p, err := netip.ParsePrefix(to)
	return ok && err == nil && p.Contains(ip)
}

// release takes ports away from a master; master "" is whichever they have.
func (c *call) release(master string, ports ...string) bool {
	var found []foreign.Pos
	for _, o := range c.objects {
		if master != "" && o.name != master {
			continue
		}
		o.ports = slices.DeleteFunc(o.ports, func(p *port) bool {
			gone := slices.ContainsFunc(ports, func(name string) bool { return p.value == name }) && c.there(&p.entry)
			if gone {
				found = append(found, p.from...)
			}
			return gone
		})
	}
	return c.gone(found)
}

// up says that a link is up again, whatever a command before said.
func (d *draft) up(o *object, at ...foreign.Pos) {
	o.options = slices.DeleteFunc(o.options, func(e *entry) bool {
		if e.key == "up" {
			d.pass(e.from...)
			d.mark(Taken, at...)
		}
		return e.key == "up"
	})
}

// down says that a link is down.
func (d *draft) down(o *object, at foreign.Pos) {
	d.up(o)
	o.options = append(o.options, &entry{key: "up", value: false, from: []foreign.Pos{at}})
}

// masters reports the ports of links that no line here makes.
func (e *eni) masters() {
	for _, o := range slices.Clone(e.objects) {
		if o.kind != nil || len(o.ports) == 0 {
			continue
		}
		for _, p := range o.ports {
			for _, at := range p.from {
				e.tell(at, Depends, "no line here makes %s, so that of which kind it is is not known; give it a stanza, or have who makes it take %s", o.name, p.value)
			}
		}
		if o.ports, o.said = nil, false; o.empty() && len(o.from) == 0 {
			e.objects = slices.DeleteFunc(e.objects, func(x *object) bool { return x == o })
		}
	}
}

// known is a link of a kind that a line here makes, with its options or with a command.
func (c *call) known(name string, k *kind.Kind) (*object, bool) {
	o := c.find(name)
	if o != nil && o.kind == k {
		return o, true
	}
	for _, s := range c.stanzas {
		if s.Key() == "iface" && s.Name() == name && slices.ContainsFunc(s.Options, func(f foreign.Option) bool {
			key := normal(f.Key)
			return k == kind.Bridge && key == "bridge_ports" || k == kind.Bond && (key == "slaves" || strings.HasPrefix(key, "bond_"))
		}) {
			return c.make(name, k)
		}
	}
	return nil, c.failAs(Depends, "no line here makes "+name+"; give it a stanza, or have who makes it do this")
}
