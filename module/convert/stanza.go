package convert

import (
	"strconv"
	"strings"

	"hostnet-module/module/foreign"
	"hostnet-module/module/kind"
)

// stanza is one iface while it is read, for one link.
type stanza struct {
	*eni
	o              *object
	name           string // of the link, with an alias's label: eth0:1
	logical        string // the stanza's own name
	family, method string
	at             foreign.Pos

	addresses     []addressLine // of some, ifupdown2 takes several
	gateways      []*foreign.Option
	ofAll         addressLine // what stands before the first address, or is for all
	metric, nodad *foreign.Option
	raw, id       *foreign.Option      // vlan-raw-device, vlan-id
	bond          *object              // of which the link is a member, by bond-master
	phase         string               // of the command that is read: pre_up, up, post_up, …
	own           map[foreign.Pos]bool // the lines that are no commands
}

// addressLine is an address with what belongs to it. ifupdown2 takes several in a stanza, each with the lines that follow it.
type addressLine struct {
	foreign.Option
	netmask, broadcast, peer, scope, life *foreign.Option
}

func (a *addressLine) parts() []*foreign.Option {
	return []*foreign.Option{a.netmask, a.broadcast, a.peer, a.scope, a.life}
}

func (s *stanza) read(options []foreign.Option) {
	s.own = map[foreign.Pos]bool{s.at: true}
	s.up(s.o)
	for _, o := range options {
		if !hook[normal(o.Key)] {
			s.own[o.Pos] = true
		}
		if normal(o.Key) == "bond_master" {
			s.bond = s.object(strings.Fields(o.Value + " ?")[0])
		}
	}
	s.each(options, false)
	s.vlanName()
	s.configure()
	s.each(options, true) // they may speak of the others, and come later but for those of pre-up
}

func (s *stanza) each(options []foreign.Option, hooks bool) {
	for i := range options {
		if hook[normal(options[i].Key)] == hooks {
			s.option(&options[i])
		}
	}
}

// hook are the options whose values are commands.
var hook = map[string]bool{"up": true, "post_up": true, "pre_up": true, "down": true, "pre_down": true, "post_down": true}

// normal is a key as the scripts of /etc/network/if-*.d see it: _ and - are the same.
func normal(key string) string { return strings.ReplaceAll(key, "-", "_") }

func (s *stanza) option(o *foreign.Option) {
	key := normal(o.Key)
	bond, isBond := strings.CutPrefix(key, "bond_")
	bridge, isBridge := strings.CutPrefix(key, "bridge_")
	switch {
	case o.Value == "":
		s.tell(o.Pos, Faulty, "has no value; ifupdown refuses the file")
	case key == "slaves":
		s.bondOption("slaves", o)
	case isBond:
		s.bondOption(bond, o)
	case isBridge:
		s.bridgeOption(bridge, o)
	case hook[key]:
		s.phase = key
		s.command(o)
	case key == "gateway":
		s.gatewayLine(o)
	case s.slot(key) != nil:
		if to := s.slot(key); *to != nil && (*to).Value != o.Value {
			s.tell(o.Pos, Conflict, "line %d has said %s already", (*to).Line, o.Key)
		} else if *to == nil {
			*to = o
		} else {
			s.pass(o.Pos)
		}
	default:
		s.plain(key, o)
	}
}

// slot is where an option waits until the stanza has been read.
func (s *stanza) slot(key string) **foreign.Option {
	line := &s.ofAll
	if s.two && len(s.addresses) > 0 {
		line = &s.addresses[len(s.addresses)-1]
	}
	switch key {
	case "netmask":
		return &line.netmask
	case "broadcast":
		return &line.broadcast
	case "pointopoint":
		return &line.peer
	case "scope":
		return &line.scope
	case "preferred_lifetime":
		return &line.life
	case "metric":
		return &s.metric
	case "dad_attempts":
		return &s.nodad
	case "vlan_raw_device":
		return &s.raw
	case "vlan_id":
		return &s.id
	}
	return nil
}

// plain reads an option that stands for itself.
func (s *stanza) plain(key string, o *foreign.Option) {
	switch key {
	case "address":
		s.addresses = append(s.addresses, addressLine{Option: *o})
	case "mtu":
		s.set(s.o, "mtu", o.Value, o.Pos)
	case "hwaddress", "hw_mac_address":
		words := strings.Fields(o.Value)
		if mac := words[len(words)-1]; mac == "random" {
			s.tell(o.Pos, OnHost, "a MAC of chance is not taken over: a document says which")
		} else {
			s.set(s.o, "mac", strings.ToLower(mac), o.Pos)
		}
	case "description", "alias":
		s.set(s.o, "description", o.Value, o.Pos)
	case "vlan_protocol":
		s.set(s.o, "protocol", strings.Replace(strings.ToLower(o.Value), "q", "Q", 1), o.Pos)
	case "disable_ipv6", "disable_ip6":
		if off, ok := onOff(o.Value); ok {
			s.set(s.o, "ipv6", map[string]string{"false": "auto", "true": "off"}[off], o.Pos)
		} else {
			s.tell(o.Pos, Faulty, "must be yes or no")
		}
	case "link_down":
		if down, _ := onOff(o.Value); down == "true" {
			s.down(s.o, o.Pos)
		} else {
			s.pass(o.Pos)
		}
	case "address_purge":
		if keeps, _ := onOff(o.Value); keeps == "false" {
			s.lose(o.Pos, "a document's list of addresses is all that there is, so that what others add on the link goes; name in the document what is to stay")
		} else {
			s.pass(o.Pos)
		}
	case "es_sys_mac": // of a bond (addons/bond.py)
		s.bondOption("ad_actor_system", o)
	case "network", "media", "dad_interval", "ll_interval", "ll_attempts":
		s.pass(o.Pos) // follows from the address; only waits; does nothing
	default:
		s.tell(o.Pos, foreignReason(key), "%s", foreignOption(key))
		if addresses(key, o.Value) {
			s.may(o.Pos, s.o.name)
		}
	}
}

// vlanName makes the link a VLAN where its name and vlan-raw-device say so (the scripts of Debian's vlan package).
func (s *stanza) vlanName() {
	base := s.o.name
	if s.raw == nil {
		if parent, _, ok := dotted(base); ok && s.id != nil && s.two { // ifupdown2 has the parent of the name
			if s.o.kind == kind.VLAN {
				s.pass(s.id.Pos)
			} else if s.claim(s.o, kind.VLAN, s.id.Pos) {
				s.vlan(s.o, parent, s.id.Value, s.id.Pos)
			}
		} else if s.id != nil {
			s.tell(s.id.Pos, Faulty, "there is no vlan-raw-device")
		}
		return
	}
	id, from := "", []foreign.Pos{s.raw.Pos}
	if _, dot, ok := dotted(base); ok {
		id = dot
	} else if n, ok := strings.CutPrefix(base, "vlan"); ok {
		id = strings.TrimLeft(n, "0")
	}
	if s.id != nil {
		id, from = s.id.Value, append(from, s.id.Pos)
	}
	if _, err := strconv.ParseUint(id, 10, 12); err != nil {
		s.tell(s.raw.Pos, Faulty, "the name %s does not say which VLAN it is", base)
		s.may(s.raw.Pos, s.raw.Value)
		return
	}
	if s.o.kind == kind.VLAN { // another stanza of the link
		s.pass(from...)
	} else if s.claim(s.o, kind.VLAN, s.raw.Pos) {
		s.vlan(s.o, s.raw.Value, id, from...)
	}
}
