package convert

import (
	"net/netip"
	"reflect"
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

	addresses                                       []foreign.Option // of some, ifupdown2 takes several
	netmask, broadcast, gateway, metric, peer, life *foreign.Option
	scope, nodad                                    *foreign.Option
	raw, id                                         *foreign.Option // vlan-raw-device, vlan-id
	bond                                            *object         // of which the link is a member, by bond-master
}

func (s *stanza) read(options []foreign.Option) {
	for _, o := range options {
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
		s.lose(o.Pos, "has no value; ifupdown refuses the file")
	case key == "slaves":
		s.bondOption("slaves", o)
	case isBond:
		s.bondOption(bond, o)
	case isBridge:
		s.bridgeOption(bridge, o)
	case key == "up" || key == "post_up" || key == "pre_up":
		s.command(o, false)
	case key == "down" || key == "pre_down" || key == "post_down":
		s.command(o, true)
	case s.slot(key) != nil:
		if to := s.slot(key); *to != nil && (*to).Value != o.Value {
			s.lose(o.Pos, "line %d has said %s already", (*to).Line, o.Key)
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
	switch key {
	case "netmask":
		return &s.netmask
	case "broadcast":
		return &s.broadcast
	case "gateway":
		return &s.gateway
	case "metric":
		return &s.metric
	case "pointopoint":
		return &s.peer
	case "scope":
		return &s.scope
	case "preferred_lifetime":
		return &s.life
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
		s.addresses = append(s.addresses, *o)
	case "mtu":
		s.set(s.o, "mtu", o.Value, o.Pos)
	case "hwaddress", "hw_mac_address":
		words := strings.Fields(o.Value)
		if mac := words[len(words)-1]; mac == "random" {
			s.lose(o.Pos, "a MAC of chance is not taken over: a document says which")
		} else {
			s.set(s.o, "mac", strings.ToLower(mac), o.Pos)
		}
	case "description", "alias":
		s.set(s.o, "description", o.Value, o.Pos)
	case "vlan_protocol":
		s.set(s.o, "protocol", strings.Replace(strings.ToLower(o.Value), "q", "Q", 1), o.Pos)
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
		{"ovs_", "Open vSwitch is not in documents"}, {"vrf", "VRFs are not in documents"}, {"vxlan", "tunnels are not in documents"},
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
		if s.id != nil {
			s.lose(s.id.Pos, "there is no vlan-raw-device")
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
		s.lose(s.raw.Pos, "the name %s does not say which VLAN it is", base)
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
	case "inet dhcp", "inet6 dhcp":
		s.tell(s.at, DHCP, "a document does not ask DHCP; keep a DHCP client on %s, or give it the address", s.name)
		s.o.used = true
	default:
		s.lose(s.at, "the method %s of %s is not in documents", s.method, s.family)
	}
	s.unused([]*foreign.Option{s.netmask, s.broadcast, s.gateway, s.metric, s.peer, s.scope, s.life, s.nodad}, "means nothing with the method "+s.method)
	for _, o := range s.addresses {
		s.lose(o.Pos, "means nothing with the method %s", s.method)
	}
}

// static adds addresses and the gateway.
func (s *stanza) static() {
	if len(s.addresses) == 0 {
		s.lose(s.at, "has no address: %s is taken over without one", s.name)
	}
	taken := false
	for i := range s.addresses {
		taken = s.address(&s.addresses[i]) || taken
	}
	switch {
	case !taken:
		s.unused([]*foreign.Option{s.netmask, s.broadcast, s.gateway, s.metric, s.peer, s.scope, s.life, s.nodad}, "means nothing without an address")
	case s.gateway != nil:
		s.defaultRoute()
	case s.metric != nil:
		s.lose(s.metric.Pos, "is the metric of a gateway, and there is none")
	}
	for _, o := range []*foreign.Option{s.broadcast, s.peer} {
		if o != nil && taken && s.fates[o.Pos] == Unseen && s.family == "inet6" {
			s.lose(o.Pos, "is of IPv4")
		}
	}
}

func (s *stanza) unused(list []*foreign.Option, why string) {
	for _, o := range list {
		if o != nil && s.fates[o.Pos] != Lost {
			s.lose(o.Pos, "%s", why)
		}
	}
}

func (s *stanza) defaultRoute() {
	ip, ok := address(s.gateway.Value)
	if !ok || ip.Is6() != (s.family == "inet6") {
		s.lose(s.gateway.Pos, "is no address of %s", s.family)
		return
	}
	if s.metric == nil {
		s.o.gateways = append(s.o.gateways, &entry{value: ip.String(), from: []foreign.Pos{s.gateway.Pos}})
		return
	}
	n, err := strconv.ParseUint(s.metric.Value, 10, 32)
	if err != nil {
		s.lose(s.metric.Pos, "must be a number")
		return
	}
	t := tree{{Key: "to", Value: "default"}, {Key: "via", Value: ip.String()}, {Key: "metric", Value: n}}
	if !s.o.reaches(ip) {
		t = append(t, pair("onlink", true))
	}
	s.o.routes = append(s.o.routes, &entry{value: t, from: []foreign.Pos{s.gateway.Pos, s.metric.Pos}})
}

// address reads ADDR, ADDR/LEN or ADDR/MASK, with netmask, broadcast and the other end. It tells whether it is one.
func (s *stanza) address(o *foreign.Option) bool {
	from := []foreign.Pos{o.Pos}
	text, mask, slash := strings.Cut(o.Value, "/")
	if !slash && s.netmask != nil {
		mask = s.netmask.Value
		from = append(from, s.netmask.Pos)
	} else if s.netmask != nil {
		s.lose(s.netmask.Pos, "the address has its prefix length already, and ifupdown takes that")
	}
	ip, ok := address(text)
	if !ok || ip.Is6() != (s.family == "inet6") {
		s.lose(o.Pos, "is no address of %s", s.family)
		return false
	}
	bits, ok := prefixLength(mask, ip)
	if !ok {
		for _, at := range from {
			s.lose(at, "%q is no prefix length and no netmask", mask)
		}
		return false
	}
	prefix := netip.PrefixFrom(ip, bits)
	t := tree{pair("address", prefix.String())}
	if s.peer != nil && ip.Is4() {
		if far, ok := address(s.peer.Value); ok && far.Is4() {
			t = tree{pair("address", ip.String()), pair("peer", far.String()+"/32")}
			from = append(from, s.peer.Pos)
		} else {
			s.lose(s.peer.Pos, "is no IPv4 address")
		}
	}
	s.addressOptions(&t, prefix, &from)
	e := &entry{value: t, from: from}
	if len(t) == 1 {
		e.value = prefix.String()
	}
	for _, was := range s.o.addresses {
		if reflect.DeepEqual(was.value, e.value) {
			s.pass(from...)
			return true
		}
	}
	s.o.addresses = append(s.o.addresses, e)
	return true
}

func (s *stanza) addressOptions(t *tree, prefix netip.Prefix, from *[]foreign.Pos) {
	if s.name != s.o.name && prefix.Addr().Is4() {
		*t = append(*t, pair("label", s.name))
	}
	if b := s.broadcast; b != nil {
		switch text := broadcast(prefix, b.Value); {
		case text == "":
			s.lose(b.Pos, "is no IPv4 address")
		case text == "-":
			s.pass(b.Pos)
		default:
			*t, *from = append(*t, pair("broadcast", text)), append(*from, b.Pos)
		}
	}
	if s.scope != nil {
		*t, *from = append(*t, pair("scope", s.scope.Value)), append(*from, s.scope.Pos)
	}
	if s.life != nil {
		*t, *from = append(*t, pair("preferred_lft", number(s.life.Value))), append(*from, s.life.Pos)
	}
	switch {
	case s.nodad == nil:
	case s.nodad.Value == "0":
		*t, *from = append(*t, pair("nodad", true)), append(*from, s.nodad.Pos)
	default:
		s.pass(s.nodad.Pos)
	}
}
