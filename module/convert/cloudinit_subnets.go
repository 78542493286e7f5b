package convert

import (
	"strings"

	"hostnet-module/module/foreign"
)

// subnet reads one entry of subnets as another stanza of the link.
func (p *netplan) subnet(o *object, sub *foreign.Node, number int) {
	typ := foreign.Member(sub, "type")
	if typ == nil {
		p.loseTree(sub, sub, Faulty, "has no type")
		return
	}
	at := p.at(typ)
	s := &stanza{eni: p.eni, o: o, name: o.name, logical: o.name, family: "inet", method: "static", at: at}
	if a := foreign.Member(sub, "address"); typ.Value == "static6" || a != nil && strings.Contains(a.Value, ":") {
		s.family = "inet6"
	}
	switch typ.Value {
	case "static", "static6":
	case "manual":
		s.method = "manual"
	case "dhcp", "dhcp4":
		s.method = "dhcp"
	case "dhcp6", "ipv6_dhcpv6-stateful", "ipv6_dhcpv6-stateless":
		s.family, s.method = "inet6", "dhcp"
	case "ipv6_slaac":
		s.family, s.method = "inet6", "auto"
	default:
		p.loseTree(sub, sub, Faulty, "subnets of type %s are not known", typ.Value)
		p.may(at, o.name)
		return
	}
	p.mark(Taken, at)
	if c := foreign.Member(sub, "control"); c != nil && c.Value != "auto" && c.Value != "hotplug" {
		p.loseTree(sub, sub, NotRaised, "control: %s: it is not brought up at boot", c.Value)
		return
	}
	s.read(p.subnetOptions(s, sub))
}

func (p *netplan) subnetOptions(s *stanza, sub *foreign.Node) (options []foreign.Option) {
	foreign.EachMember(sub, func(k, v *foreign.Node) {
		switch key := k.Value; key {
		case "type", "control", "ipv4", "ipv6":
			p.pass(p.at(k))
		case "routes":
			p.pass(p.at(k))
			for _, r := range foreign.Sequence(v) {
				p.subnetRoute(s.o, foreign.Resolved(r))
			}
		case "dns_nameservers", "dns_search":
			p.loseTree(k, v, Program, "name servers are for systemd-resolved or resolvconf")
		case "address", "netmask", "broadcast", "gateway", "metric", "scope", "pointopoint":
			options = append(options, p.option(s, key, k, v)...)
		case "mtu":
			p.subnetMTU(s, k, v)
		default:
			p.loseTree(k, v, foreignReason(normal(key)), "%s", foreignOption(normal(key)))
		}
	})
	return options
}

// subnetMTU reads the MTU of a subnet. IPv4's is that of the link, as cloud-init's renderers have it; IPv6's may be less.
func (p *netplan) subnetMTU(s *stanza, k, v *foreign.Node) {
	if s.family == "inet6" && s.o.text("mtu") != v.Value {
		p.loseTree(k, v, Program, "the MTU of IPv6 alone is a sysctl; set net.ipv6.conf.%s.mtu", s.o.name)
		return
	}
	p.set(s.o, "mtu", v.Value, p.at(k)).part = p.part(k, v)
}

// subnetRoute reads {network or destination, netmask or prefix, gateway, metric}.
func (p *netplan) subnetRoute(o *object, r *foreign.Node) {
	t, from, ok := p.routeTree(r)
	if !ok {
		return
	}
	if len(t) == 2 && value(t, "to") == "default" {
		o.gateways = append(o.gateways, &entry{value: value(t, "via"), from: from})
		return
	}
	o.routes = append(o.routes, &entry{value: t, from: from})
}

func (p *netplan) routeTree(r *foreign.Node) (t tree, from []foreign.Pos, ok bool) {
	var to, mask string
	foreign.EachMember(r, func(k, v *foreign.Node) {
		at := p.at(k)
		switch key := k.Value; key {
		case "type", "id":
			p.pass(at)
			return
		case "network", "destination", "to", "address":
			to = v.Value
		case "netmask", "prefix":
			mask = v.Value
		case "gateway", "via":
			if ip, isAddress := address(v.Value); isAddress && ip.IsUnspecified() { // no next hop
				p.mark(Taken, at)
				return
			}
			t = append(t, pair("via", v.Value))
		case "metric", "mtu":
			t = append(t, pair(key, number(v.Value)))
		default:
			p.loseTree(k, v, NoWord, "a document's route has no %s", key)
			return
		}
		from = append(from, at)
	})
	if mask != "" && !strings.Contains(to, "/") {
		to += "/" + mask
	}
	to, good := destination(to, false)
	if to == "0.0.0.0/0" && value(t, "via") != "" {
		to = "default"
	}
	if ip, isAddress := address(value(t, "via")); good && to == "::/0" && isAddress && ip.Is6() {
		to = "default"
	}
	if !good || r == nil || len(from) == 0 {
		if r != nil {
			p.loseTree(r, r, Faulty, "has no network as its destination")
		}
		return nil, nil, false
	}
	return append(tree{pair("to", to)}, t...), from, true
}

// oneRoute reads a route that names no link: it goes to that which reaches its gateway.
func (p *netplan) oneRoute(item *foreign.Node) {
	t, from, ok := p.routeTree(item)
	p.pass(p.at(item))
	if ok {
		p.late = append(p.late, &lateRoute{entry: &entry{value: t, from: from}})
	}
}
