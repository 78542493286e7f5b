package convert

import (
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"hostnet-module/module/foreign"
)

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
		s.may(s.at, s.o.name)
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
