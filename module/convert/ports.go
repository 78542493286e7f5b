package convert

import (
	"slices"
	"strings"

	"hostnet-module/module/foreign"
	"hostnet-module/module/kind"
)

// bondOption reads bond-X, bond_X, slaves (ifenslave's scripts; ifupdown2 has the same words).
func (s *stanza) bondOption(key string, o *foreign.Option) {
	words := strings.FieldsFunc(o.Value, func(r rune) bool { return strings.ContainsRune(" \t\n,", r) })
	if key == "master" {
		if master := s.object(words[0]); s.claim(master, kind.Bond, o.Pos) {
			s.addPort(master, s.o.name, append(s.lines(), o.Pos)...)
		}
		return
	}
	bond := s.o
	if s.bond != nil { // in a member's stanza
		bond = s.bond
	}
	if !s.claim(bond, kind.Bond, o.Pos) {
		return
	}
	switch key {
	case "slaves", "members":
		s.bondMembers(words, o)
	case "primary":
		s.set(bond, key, strings.Join(words, " "), o.Pos) // the first that is a member: members()
	case "arp_ip_target", "ns_ip6_target":
		s.set(bond, key, strings.Join(words, ","), o.Pos)
	case "queue_id":
		for _, w := range words {
			if name, id, ok := strings.Cut(w, ":"); ok {
				s.put(&s.addPort(bond, name).options, "queue_id", id, o.Pos)
			} else {
				s.lose(o.Pos, "must be MEMBER:QUEUE")
			}
		}
	case "active_slave":
		s.lose(o.Pos, "the kernel picks the active member; bond-primary says which is preferred")
	case "give_a_chance", "wait_for_slave": // only wait
		s.pass(o.Pos)
	default:
		s.set(bond, key, o.Value, o.Pos)
	}
}

func (s *stanza) bondMembers(words []string, o *foreign.Option) {
	if len(words) == 1 && words[0] == "none" {
		s.o.said = true
		s.o.from = append(s.o.from, o.Pos)
		return
	}
	for _, w := range words {
		if w == "all" || w == "glob" || w == "regex" || strings.ContainsAny(w, "*?[") {
			s.lose(o.Pos, "which links are meant by %s is known on the host alone; name them", w)
			return
		}
		s.addPort(s.o, w, o.Pos)
	}
}

// members picks each bond's primary: the first of the list that is a member, as ifenslave does.
func (e *eni) members() {
	for _, o := range e.objects {
		p := o.option("primary")
		if p == nil || o.kind != kind.Bond {
			continue
		}
		words := strings.Fields(p.value.(string))
		i := slices.IndexFunc(words, func(w string) bool { return o.port(w) != nil })
		if i < 0 {
			e.discard(p, "no member of %s has that name", o.name)
			continue
		}
		p.value = words[i]
	}
}

// portMTUs gives a bridge's ports its MTU, as bridge-utils does.
func (e *eni) portMTUs() {
	for _, b := range slices.Clone(e.objects) {
		mtu := b.option("mtu")
		if mtu == nil || b.kind != kind.Bridge {
			continue
		}
		for _, p := range b.ports {
			if name, ok := p.value.(string); ok {
				if o := e.object(name); o.option("mtu") == nil {
					o.options = append(o.options, &entry{key: "mtu", value: mtu.value, from: mtu.from})
				}
			}
		}
	}
}

// bridgeSeconds are options in seconds, and the rows in hundredths of them.
var bridgeSeconds = map[string]string{"fd": "forward_delay", "hello": "hello_time", "maxage": "max_age", "ageing": "ageing_time"}

// bridgeWords are options with the rows that they are.
var bridgeWords = map[string]string{"bridgeprio": "priority", "stp": "stp_state", "vlan_aware": "vlan_filtering", "mcsnoop": "mcast_snooping",
	"mcquerier": "mcast_querier", "mcrouter": "mcast_router", "vlan_protocol": "vlan_protocol", "vlan_stats": "vlan_stats_enabled", "igmp_version": "mcast_igmp_version", "mld_version": "mcast_mld_version"}

// portWords are options that bridge-utils has as PORT VALUE, and ifupdown2 as PORT=VALUE… or in the port's own stanza.
var portWords = map[string]string{"pathcost": "cost", "portprio": "priority", "pathcosts": "cost", "portprios": "priority",
	"learning": "learning", "unicast_flood": "flood", "multicast_flood": "mcast_flood", "broadcast_flood": "bcast_flood", "arp_nd_suppress": "neigh_suppress",
	"portmcrouter": "mcast_router", "portmcfl": "fastleave", "fastleave": "fastleave", "bpduguard": "guard", "hairpin": "hairpin"}

// bridgeOption reads bridge_X (Debian's bridge-utils) and bridge-X (ifupdown2).
func (s *stanza) bridgeOption(key string, o *foreign.Option) {
	words := strings.Fields(o.Value)
	_, ofPort := portWords[key]
	switch {
	case ofPort && len(words) == 1 && !strings.Contains(words[0], "="): // in the port's own stanza
		s.ownPort(key, o)
		return
	case key == "access" || (key == "pvid" || key == "vids" || key == "allow_untagged") && !s.bridgeItself():
		s.portVLANs(key, o)
		return
	case !s.claim(s.o, kind.Bridge, o.Pos):
		return
	case ofPort:
		s.portOption(portWords[key], o)
		return
	case key == "vids" || key == "pvid":
		s.bridged = append(s.bridged, &bridgeVLANs{bridge: s.o, key: key, option: o})
		return
	}
	switch key {
	case "ports":
		s.bridgePorts(words, o)
	case "hw":
		s.bridgeMAC(o)
	case "maxwait", "waitport", "gcint":
		s.pass(o.Pos) // only waits; does nothing any more
	default:
		s.bridgeRow(key, o)
	}
}

func (s *stanza) bridgeRow(key string, o *foreign.Option) {
	if row, ok := bridgeSeconds[key]; ok {
		n, ok := hundredths(o.Value)
		if !ok {
			s.lose(o.Pos, "must be a number of seconds")
			return
		}
		s.set(s.o, row, n, o.Pos)
		return
	}
	row, ok := bridgeWords[key]
	if !ok {
		s.lose(o.Pos, "this option of bridges is not known")
		return
	}
	s.set(s.o, row, o.Value, o.Pos)
}

// bridgeItself tells whether the stanza is a bridge's.
func (s *stanza) bridgeItself() bool {
	return slices.ContainsFunc(s.stanzas, func(st foreign.Stanza) bool {
		return st.Key() == "iface" && st.Name() == s.o.name && slices.ContainsFunc(st.Options, func(o foreign.Option) bool { return normal(o.Key) == "bridge_ports" })
	})
}

func (s *stanza) bridgePorts(words []string, o *foreign.Option) {
	if len(words) == 1 && words[0] == "none" {
		s.o.said = true
		s.o.from = append(s.o.from, o.Pos)
		return
	}
	pattern := false
	for _, w := range words {
		switch {
		case w == "regex" || w == "glob":
			pattern = true
			s.lose(o.Pos, "which links match a %s is known on the host alone; name them", w)
		case w == "noregex" || w == "noglob":
			pattern = false
		case pattern:
		case w == "all":
			s.lose(o.Pos, "which links are meant by all is known on the host alone; name them")
		default:
			s.addPort(s.o, w, o.Pos)
		}
	}
}

// bridgeMAC reads bridge_hw: a MAC, or a NIC whose MAC is meant. That of the first port is what a new bridge has.
func (s *stanza) bridgeMAC(o *foreign.Option) {
	if strings.Count(o.Value, ":") == 5 {
		s.set(s.o, "mac", strings.ToLower(o.Value), o.Pos)
		return
	}
	s.lose(o.Pos, "the MAC of %s is known on the host alone; a new bridge has that of its first port", o.Value)
}

// portOption reads PORT VALUE, or PORT=VALUE….
func (s *stanza) portOption(row string, o *foreign.Option) {
	words := strings.Fields(strings.ReplaceAll(o.Value, "=", " "))
	if len(words)%2 != 0 {
		s.lose(o.Pos, "must be PORT VALUE")
		return
	}
	for i := 0; i < len(words); i += 2 {
		s.deferPort(s.o, words[i], row, words[i+1], o.Pos)
	}
}

// deferPort gives a port an option; its bridge may list it later.
func (s *stanza) deferPort(bridge *object, port, row, value string, at foreign.Pos) {
	s.put(&s.addPort(bridge, port).options, row, value, at)
}

// ownPort reads an option that a port has in its own stanza (ifupdown2).
func (s *stanza) ownPort(key string, o *foreign.Option) {
	if bridge := s.bridgeOf(s.o.name); bridge == nil {
		s.lose(o.Pos, "%s is no port of a bridge here", s.o.name)
	} else {
		s.deferPort(bridge, s.o.name, portWords[key], o.Value, o.Pos)
		s.mark(Taken, s.lines()...)
	}
}

// lines are those that bring the stanza about.
func (s *stanza) lines() []foreign.Pos { return append([]foreign.Pos{s.at}, s.raised[s.logical]...) }

// bridgeOf is the bridge whose stanza lists a port.
func (s *stanza) bridgeOf(port string) *object {
	for _, st := range s.stanzas {
		for _, o := range st.Options {
			if st.Key() == "iface" && normal(o.Key) == "bridge_ports" && slices.Contains(strings.Fields(o.Value), port) {
				return s.object(st.Name())
			}
		}
	}
	return nil
}
