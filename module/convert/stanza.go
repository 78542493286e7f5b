package convert

import (
	"net/netip"
	"reflect"
	"slices"
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

// gatewayLine notes a gateway; ifupdown2 takes several.
func (s *stanza) gatewayLine(o *foreign.Option) {
	if len(s.gateways) == 0 || s.two {
		s.gateways = append(s.gateways, o)
	} else if first := s.gateways[0]; first.Value != o.Value {
		s.tell(o.Pos, Conflict, "line %d has said %s already", first.Line, o.Key)
	} else {
		s.pass(o.Pos)
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
	}
}

// foreignOption says why an option is nothing to a document.
func foreignOption(key string) string {
	for _, f := range []struct{ start, why string }{
		{"dns_", "name servers are for resolvconf or systemd-resolved"},
		{"wpa_", "wireless links are for wpa_supplicant"}, {"wireless_", "wireless links are for wpa_supplicant"},
		{"accept_ra", "router advertisements are a sysctl: net.ipv6.conf.LINK.accept_ra"},
		{"autoconf", "address autoconfiguration is a sysctl: net.ipv6.conf.LINK.autoconf"},
		{"privext", "privacy extensions are a sysctl: net.ipv6.conf.LINK.use_tempaddr"},
		{"offload", "offloads are for ethtool"}, {"ethernet_", "link modes are for ethtool"}, {"link_", "link modes are for ethtool"}, {"ethtool", "is for ethtool"},
		{"ovs_", "Open vSwitch is not in documents"}, {"vrf", "VRFs are not in documents; put the link into it by another tool"}, {"vxlan", "tunnels are not in documents"},
		{"ip_forward", "forwarding is a sysctl: net.ipv4.conf.LINK.forwarding"}, {"ip6_forward", "forwarding is a sysctl: net.ipv6.conf.LINK.forwarding"}, {"arp_accept", "is a sysctl: net.ipv4.conf.LINK.arp_accept"},
		{"mpls_enable", "is a sysctl: net.mpls.conf.LINK.input"}, {"ipv6_addrgen", "how a link-local address is made is not in documents; ipv6: off is, and leaves IPv6 out"},
		{"address_virtual", "is a macvlan link with an address, and no object of a document; ifupdown2 or keepalived must make it"}, {"vrrp", "is for keepalived or FRR"},
		{"mstpctl_", "rapid spanning tree in a daemon is for mstpd"}, {"clagd_", "multi-chassis bonds of Cumulus Linux are not in documents"}, {"es_", "multi-homing of EVPN is for FRR"}, {"evpn_", "EVPN is for FRR"},
		{"hostname", "is for a DHCP client"}, {"client", "is for a DHCP client"}, {"vendor", "is for a DHCP client"}, {"leasetime", "is for a DHCP client"},
	} {
		if strings.HasPrefix(key, f.start) {
			return f.why
		}
	}
	return "this option is not known"
}

// foreignReason is the reason for which such an option is told.
func foreignReason(key string) Reason {
	switch foreignOption(key) {
	case foreignOption(""):
		return Faulty
	case foreignOption("client"):
		return DHCP
	case foreignOption("ovs_"), foreignOption("vrf"), foreignOption("vxlan"):
		return OthersMake
	}
	return Program
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
		return
	}
	if s.o.kind == kind.VLAN { // another stanza of the link
		s.pass(from...)
	} else if s.claim(s.o, kind.VLAN, s.raw.Pos) {
		s.vlan(s.o, s.raw.Value, id, from...)
	}
}

// configure adds what the method does.
func (s *stanza) configure() {
	switch s.family + " " + s.method {
	case "inet static", "inet6 static":
		s.static()
		return
	case "inet manual", "inet6 manual":
	case "inet6 auto":
		s.set(s.o, "ipv6", "auto", s.at)
		s.o.used = true
	case "inet dhcp", "inet6 dhcp", "inet dhcp6", "inet6 dhcp6":
		s.tell(s.at, DHCP, "a document does not ask DHCP; keep a DHCP client on %s, or give it the address", s.name)
		s.o.used = true
	default:
		s.lose(s.at, "the method %s of %s is not in documents", s.method, s.family)
	}
	s.unused(s.waiting(), "means nothing with the method "+s.method)
	for _, o := range s.addresses {
		s.tell(o.Pos, Conflict, "means nothing with the method %s", s.method)
	}
}

// static adds addresses and the gateway.
func (s *stanza) static() {
	if len(s.addresses) == 0 {
		s.tell(s.at, Faulty, "has no address: %s is taken over without one", s.name)
	}
	taken := false
	for i := range s.addresses {
		taken = s.address(&s.addresses[i]) || taken
	}
	switch {
	case !taken:
		s.unused(s.waiting(), "means nothing without an address")
	case len(s.gateways) > 0:
		for _, g := range s.gateways {
			s.defaultRoute(g)
		}
	case s.metric != nil:
		s.tell(s.metric.Pos, Faulty, "is the metric of a gateway, and there is none")
	}
	four := slices.ContainsFunc(s.addresses, func(a addressLine) bool { return !strings.Contains(a.Value, ":") })
	for _, o := range []*foreign.Option{s.ofAll.broadcast, s.ofAll.peer} {
		if o != nil && taken && !four && s.fates[o.Pos] == Unseen {
			s.tell(o.Pos, Conflict, "is of IPv4")
		}
	}
}

// waiting are the options that belong to addresses and gateways.
func (s *stanza) waiting() []*foreign.Option {
	list := append(s.ofAll.parts(), s.metric, s.nodad)
	for i := range s.addresses {
		list = append(list, s.addresses[i].parts()...)
	}
	return append(list, s.gateways...)
}

func (s *stanza) unused(list []*foreign.Option, why string) {
	for _, o := range list {
		if o != nil && s.fates[o.Pos] != Lost {
			s.tell(o.Pos, Conflict, "%s", why)
		}
	}
}

// ofFamily tells whether an address is one that the stanza takes.
func (s *stanza) ofFamily(ip netip.Addr) bool { return s.two || ip.Is6() == (s.family == "inet6") }

func (s *stanza) defaultRoute(gateway *foreign.Option) {
	ip, ok := address(gateway.Value)
	if !ok || !s.ofFamily(ip) {
		s.tell(gateway.Pos, Faulty, "is no address of %s", s.family)
		return
	}
	if s.metric == nil {
		s.o.gateways = append(s.o.gateways, &entry{value: ip.String(), from: []foreign.Pos{gateway.Pos}})
		return
	}
	n, err := strconv.ParseUint(s.metric.Value, 10, 32)
	if err != nil {
		s.tell(s.metric.Pos, Faulty, "must be a number")
		return
	}
	t := tree{{Key: "to", Value: "default"}, {Key: "via", Value: ip.String()}, {Key: "metric", Value: n}}
	if !s.o.reaches(ip) {
		t = append(t, pair("onlink", true))
	}
	s.o.routes = append(s.o.routes, &entry{value: t, from: []foreign.Pos{gateway.Pos, s.metric.Pos}})
}

// address reads ADDR, ADDR/LEN or ADDR/MASK, with netmask, broadcast and the other end. It tells whether it is one.
func (s *stanza) address(o *addressLine) bool {
	from := []foreign.Pos{o.Pos}
	text, mask, slash := strings.Cut(o.Value, "/")
	netmask, peer := orElse(o.netmask, s.ofAll.netmask), orElse(o.peer, s.ofAll.peer)
	if !slash && netmask != nil {
		mask = netmask.Value
		from = append(from, netmask.Pos)
	} else if netmask != nil {
		s.tell(netmask.Pos, Conflict, "the address has its prefix length already, and ifupdown takes that")
	}
	ip, ok := address(text)
	if !ok || !s.ofFamily(ip) {
		s.tell(o.Pos, Faulty, "is no address of %s", s.family)
		return false
	}
	if mask == "" && s.two {
		mask = strconv.Itoa(ip.BitLen())
	}
	bits, ok := prefixLength(mask, ip)
	if !ok {
		for _, at := range from {
			s.tell(at, Faulty, "%q is no prefix length and no netmask", mask)
		}
		return false
	}
	prefix := netip.PrefixFrom(ip, bits)
	t := tree{pair("address", prefix.String())}
	if peer != nil && ip.Is4() {
		far, _, _ := strings.Cut(peer.Value, "/")
		if to, ok := address(far); ok && to.Is4() {
			t = tree{pair("address", ip.String()), pair("peer", to.String()+"/32")}
			from = append(from, peer.Pos)
		} else {
			s.tell(peer.Pos, Faulty, "is no IPv4 address")
		}
	}
	s.addressOptions(&t, prefix, o, &from)
	e := &entry{value: t, from: from}
	if len(t) == 1 {
		e.value = prefix.String()
	}
	for _, was := range s.o.addresses {
		if !was.dropped && reflect.DeepEqual(was.value, e.value) {
			s.pass(from...)
			return true
		}
	}
	s.o.addresses = append(s.o.addresses, e)
	return true
}

func (s *stanza) addressOptions(t *tree, prefix netip.Prefix, o *addressLine, from *[]foreign.Pos) {
	if s.name != s.o.name && prefix.Addr().Is4() {
		*t = append(*t, pair("label", s.name))
	}
	if b := orElse(o.broadcast, s.ofAll.broadcast); b != nil {
		switch text := broadcast(prefix, b.Value); {
		case text == "":
			s.tell(b.Pos, Faulty, "is no IPv4 address")
		case text == "-":
			s.pass(b.Pos)
		default:
			*t, *from = append(*t, pair("broadcast", text)), append(*from, b.Pos)
		}
	}
	if scope := orElse(o.scope, s.ofAll.scope); scope != nil {
		*t, *from = append(*t, pair("scope", scope.Value)), append(*from, scope.Pos)
	}
	if life := orElse(o.life, s.ofAll.life); life != nil {
		*t, *from = append(*t, pair("preferred_lft", number(life.Value))), append(*from, life.Pos)
	}
	switch {
	case s.nodad == nil:
	case s.nodad.Value == "0":
		*t, *from = append(*t, pair("nodad", true)), append(*from, s.nodad.Pos)
	default:
		s.pass(s.nodad.Pos)
	}
}
