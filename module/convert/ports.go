package convert

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"hostnet-module/module/foreign"
	"hostnet-module/module/kind"
)

// order puts ports first that a list names, in its order, whatever has named them before: the first one's MAC is the master's.
func (o *object) order(names []string) {
	place := func(p *port) int {
		name, _ := p.value.(string)
		if i := slices.Index(names, name); i >= 0 {
			return i
		}
		return len(names)
	}
	slices.SortStableFunc(o.ports, func(a, b *port) int { return cmp.Compare(place(a), place(b)) })
}

// portMTUs gives a bridge's ports its MTU, as bridge-utils does.
func (e *eni) portMTUs() {
	for _, b := range slices.Clone(e.objects) {
		mtu := b.option("mtu")
		if mtu == nil || b.kind != kind.Bridge {
			continue
		}
		for _, p := range b.ports {
			if name, ok := p.value.(string); ok && !e.others[name] {
				if o := e.object(name); o.option("mtu") == nil {
					o.options = append(o.options, &entry{key: "mtu", value: mtu.value, from: mtu.from})
				}
			}
		}
	}
}

// bridgeSeconds are options in seconds, and the rows in hundredths of them.
var bridgeSeconds = map[string]string{"fd": "forward_delay", "hello": "hello_time", "maxage": "max_age", "ageing": "ageing_time",
	"mclmi": "mcast_last_member_interval", "mcmi": "mcast_membership_interval", "mcqpi": "mcast_querier_interval", "mcqi": "mcast_query_interval",
	"mcqri": "mcast_query_response_interval", "mcsqi": "mcast_startup_query_interval"}

// bridgeWords are options with the rows that they are.
var bridgeWords = map[string]string{"bridgeprio": "priority", "stp": "stp_state", "vlan_aware": "vlan_filtering", "mcsnoop": "mcast_snooping",
	"mcquerier": "mcast_querier", "mcrouter": "mcast_router", "vlan_protocol": "vlan_protocol", "vlan_stats": "vlan_stats_enabled", "igmp_version": "mcast_igmp_version", "mld_version": "mcast_mld_version",
	"mclmc": "mcast_last_member_count", "mcsqc": "mcast_startup_query_count", "mcqifaddr": "mcast_query_use_ifaddr", "hashmax": "mcast_hash_max", "mcstats": "mcast_stats_enabled"}

// bridgeElse are options of ifupdown2 that documents do not have, with the reason; "-" where they say nothing to a document.
var bridgeElse = map[string]string{"hashel": "-", "ports_condone_regex": "-",
	"always_up":            "a dummy port that holds the bridge up is not in documents; give the bridge such a port by other means, if it needs carrier",
	"l2protocol_tunnel":    "tunnelling of switch protocols is the group_fwd_mask of ports in a document; say which groups",
	"vlan_vni_map":         "VXLAN tunnels are not in documents; ifupdown2 or FRR must make them",
	"mcqv4src":             "the source address of queries by VLAN is not in documents",
	"igmp_querier_src":     "the source address of queries by VLAN is not in documents",
	"port_vids":            "this old form is not read; write bridge-vids into the port's own stanza",
	"port_pvids":           "this old form is not read; write bridge-pvid into the port's own stanza",
	"disable_mac_learning": "Proxmox itself turns learning and flooding off on its guests' ports; say learning: false and flood: false for ports that the document names"}

// portWords are options that bridge-utils has as PORT VALUE, and ifupdown2 as PORT=VALUE… or in the port's own stanza.
var portWords = map[string]string{"pathcost": "cost", "portprio": "priority", "pathcosts": "cost", "portprios": "priority",
	"learning": "learning", "unicast_flood": "flood", "multicast_flood": "mcast_flood", "broadcast_flood": "bcast_flood", "arp_nd_suppress": "neigh_suppress",
	"portmcrouter": "mcast_router", "portmcfl": "fastleave", "fastleave": "fastleave", "bpduguard": "guard", "hairpin": "hairpin"}

// bridgeOption reads bridge_X (Debian's bridge-utils) and bridge-X (ifupdown2).
func (s *stanza) bridgeOption(key string, o *foreign.Option) {
	words := strings.Fields(o.Value)
	_, ofPort := portWords[key]
	switch {
	case key == "trunk":
		key = "vids"
	}
	switch {
	case ofPort && len(words) == 1 && !strings.Contains(words[0], "=") && s.bridgeItself(): // for all ports
		s.forPorts = append(s.forPorts, &portsOption{s.o, portWords[key], portValue(key, o.Value), o.Pos})
		return
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
			s.tell(o.Pos, Faulty, "must be a number of seconds")
			return
		}
		s.set(s.o, row, n, o.Pos)
		return
	}
	row, ok := bridgeWords[key]
	switch why := bridgeElse[key]; {
	case why == "-":
		s.pass(o.Pos)
	case why != "":
		s.lose(o.Pos, "%s", why)
	case !ok:
		s.tell(o.Pos, Faulty, "this option of bridges is not known")
	default:
		s.set(s.o, row, yesNo(kind.Bridge, row, o.Value), o.Pos)
	}
}

// portsOption is what a bridge's stanza says for all ports that do not say it themselves (ifupdown2).
type portsOption struct {
	bridge     *object
	row, value string
	at         foreign.Pos
}

// portsOptions gives the ports what their bridge says for all of them.
func (e *eni) portsOptions() {
	for _, f := range e.forPorts {
		given := false
		for _, p := range f.bridge.ports {
			if !slices.ContainsFunc(p.options, func(x *entry) bool { return x.key == f.row && !x.dropped }) {
				p.options, given = append(p.options, &entry{key: f.row, value: f.value, from: []foreign.Pos{f.at}}), true
			}
		}
		if !given {
			e.tell(f.at, Conflict, "is for the ports of %s that do not say it themselves, and there are none", f.bridge.name)
		}
	}
}

// portValue puts the kernel's numbers in the place of ifupdown2's words.
func portValue(key, value string) string {
	if n, ok := map[string]string{"disabled": "0", "automatic": "1", "enabled": "2"}[value]; ok && key == "portmcrouter" {
		return n
	}
	return value
}

// numbered are ifupdown2's patterns that say themselves which links are meant: swp1-4.100, swp[1-4].
var numbered = regexp.MustCompile(`^([A-Za-z_.-]+)\[?([0-9]+)-([0-9]+)\]?(\.[0-9]+)?$`)

// globs puts the links in the place of ifupdown2's `glob swp1-4` (modulebase.py, parse_glob).
func (e *eni) globs(words []string) (out []string) {
	for i := 0; i < len(words); i++ {
		if !e.two || words[i] != "glob" || i+1 == len(words) {
			out = append(out, words[i])
			continue
		}
		m := numbered.FindStringSubmatch(words[i+1])
		if m == nil {
			out = append(out, words[i], words[i+1])
			i++
			continue
		}
		out = append(out, count(m)...)
		i++
	}
	return out
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
	words = s.globs(words)
	defer func() { s.o.order(words) }()
	for _, w := range words {
		switch {
		case w == "regex" || w == "glob":
			pattern = true
			s.tell(o.Pos, OnHost, "which links match a %s is known on the host alone; name them", w)
		case w == "noregex" || w == "noglob":
			pattern = false
		case pattern:
		case w == "all":
			s.tell(o.Pos, OnHost, "which links are meant by all is known on the host alone; name them")
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
	s.tell(o.Pos, OnHost, "the MAC of %s is known on the host alone; a new bridge has that of its first port", o.Value)
}

// portOption reads PORT VALUE, or PORT=VALUE….
func (s *stanza) portOption(row string, o *foreign.Option) {
	words := strings.Fields(strings.ReplaceAll(o.Value, "=", " "))
	if len(words)%2 != 0 {
		s.tell(o.Pos, Faulty, "must be PORT VALUE")
		return
	}
	for i := 0; i < len(words); i += 2 {
		s.deferPort(s.o, words[i], row, portValue(strings.TrimPrefix(normal(o.Key), "bridge_"), words[i+1]), o.Pos)
	}
}

// portSaid is what an option says of a port; that does not make the link one.
type portSaid struct {
	master           *object
	port, row, value string
	at               foreign.Pos
}

// deferPort notes an option of a port; its master may list it later.
func (s *stanza) deferPort(master *object, port, row, value string, at foreign.Pos) {
	s.ofPorts = append(s.ofPorts, &portSaid{master, port, row, value, at})
}

// portOptions gives the ports their options, once all are known.
func (e *eni) portOptions() {
	for _, o := range e.ofPorts {
		if p := o.master.port(o.port); p != nil {
			e.put(&p.options, o.row, o.value, o.at)
		} else {
			e.tell(o.at, Conflict, "%s is no port of %s here; make it one, or take this line away", o.port, o.master.name)
		}
	}
}

// ownPort reads an option that a port has in its own stanza (ifupdown2).
func (s *stanza) ownPort(key string, o *foreign.Option) {
	if bridge := s.bridgeOf(s.o.name); bridge == nil {
		s.tell(o.Pos, Conflict, "%s is no port of a bridge here; make it one, or take this line away", s.o.name)
	} else {
		s.deferPort(bridge, s.o.name, portWords[key], portValue(key, o.Value), o.Pos)
		s.mark(Taken, s.lines()...)
	}
}

// lines are those that bring the stanza about.
func (s *stanza) lines() []foreign.Pos { return append([]foreign.Pos{s.at}, s.raised[s.logical]...) }

// bridgeOf is the bridge whose stanza lists a port.
func (s *stanza) bridgeOf(port string) *object {
	for _, st := range s.stanzas {
		for _, o := range st.Options {
			if st.Key() == "iface" && normal(o.Key) == "bridge_ports" && slices.Contains(s.globs(strings.Fields(o.Value)), port) {
				return s.object(st.Name())
			}
		}
	}
	return nil
}
