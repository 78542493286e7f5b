package convert

import (
	"strings"

	"hostnet-module/module/foreign"
)

// CloudInit converts cloud-init's network-config: version 2, which is netplan's language, or version 1.
func CloudInit(files foreign.Files, names []string, o Options) (Result, error) {
	p, err := readCloudInit(files, names, o)
	if err != nil {
		return Result{}, err
	}
	return p.result(), nil
}

func readCloudInit(files foreign.Files, names []string, o Options) (*netplan, error) {
	p := newNetplan(o)
	for _, name := range names {
		root, err := p.load(files, name)
		if err != nil {
			return nil, err
		}
		top := root
		if n := foreign.Member(root, "network"); n != nil {
			top = n
		}
		if foreign.Member(top, "config") == nil {
			p.network(root, name)
			continue
		}
		p.versionOne(root)
	}
	p.settleDefinitions()
	return p, nil
}

// versionOne reads a file of version 1: a list of links, each with its subnets.
func (p *netplan) versionOne(root *foreign.Node) {
	foreign.EachMember(root, func(k, v *foreign.Node) {
		switch {
		case k.Value == "network" && foreign.Mapping(v):
			p.pass(p.at(k))
			p.versionOne(v)
		case k.Value == "version":
			p.pass(p.at(k))
		case k.Value == "config" && v.Value == "disabled":
			p.tell(p.at(k), Program, "cloud-init's hands are off the network: there is nothing to convert")
		case k.Value == "config" && foreign.Sequence(v) != nil:
			p.pass(p.at(k))
			p.physical(v)
			for _, item := range foreign.Sequence(v) {
				if item = foreign.Resolved(item); item != nil {
					p.one(item)
				}
			}
		default:
			p.loseTree(k, v, NoWord, "is not of the network-config of version 1")
		}
	})
}

// physical notes the MACs by which NICs are known: cloud-init finds them by these, and gives them their names.
func (p *netplan) physical(config *foreign.Node) {
	for _, item := range foreign.Sequence(config) {
		name, mac := foreign.Member(item, "name"), foreign.Member(item, "mac_address")
		if typ := foreign.Member(item, "type"); typ != nil && typ.Value == "physical" && name != nil && mac != nil {
			p.macs[name.Value] = macOf{strings.ToLower(mac.Value), []foreign.Pos{p.at(name), p.at(mac)}}
		}
	}
}

// macOf is the MAC by which a NIC is known, with the lines that say so.
type macOf struct {
	mac  string
	from []foreign.Pos
}

// one reads an entry of the list, as the stanza of interfaces(5) that it would be.
func (p *netplan) one(item *foreign.Node) {
	typ, name := foreign.Member(item, "type"), foreign.Member(item, "name")
	if typ == nil {
		p.loseTree(item, item, Faulty, "has no type")
		return
	}
	switch typ.Value {
	case "physical", "bond", "bridge", "vlan":
		if name == nil || name.Value == "" {
			p.loseTree(item, item, Faulty, "has no name")
			return
		}
		p.oneLink(item, typ, name)
	case "loopback":
		foreign.EachMember(item, func(k, v *foreign.Node) {
			if k.Value == "subnets" {
				p.loseTree(k, v, NoWord, "the loopback is not in documents")
			}
			p.pass(p.at(k))
		})
	case "nameserver":
		p.loseTree(item, item, Program, "name servers are for systemd-resolved or resolvconf")
	case "route":
		p.oneRoute(item)
	default:
		p.loseTree(item, item, NoWord, "links of type %s are not in documents", typ.Value)
	}
}

func (p *netplan) oneLink(item, typ, name *foreign.Node) {
	at := p.at(item)
	o := p.object(name.Value, at, p.at(typ), p.at(name))
	s := &stanza{eni: p.eni, o: o, name: o.name, logical: o.name, family: "inet", method: "manual", at: at}
	var options []foreign.Option
	var subnets *foreign.Node
	foreign.EachMember(item, func(k, v *foreign.Node) {
		switch key := k.Value; {
		case key == "type" || key == "name":
		case key == "subnets":
			p.pass(p.at(k))
			subnets = v
		case key == "params" && foreign.Mapping(v):
			p.pass(p.at(k))
			foreign.EachMember(v, func(k, v *foreign.Node) { options = append(options, p.option(s, k.Value, k, v)...) })
		case key == "mac_address" && typ.Value == "physical":
			p.pass(p.at(k)) // by this the NIC is known; it has it already
		case oneWords[key] != "":
			options = append(options, p.option(s, oneWords[key], k, v)...)
		default:
			p.loseTree(k, v, foreignReason(normal(key)), "%s", foreignOption(normal(key)))
		}
	})
	if p.claimOne(o, typ.Value, at) {
		s.read(options)
	}
	for i, sub := range foreign.Sequence(subnets) {
		p.subnet(o, foreign.Resolved(sub), i)
	}
}

// oneWords are keys with the options of interfaces(5) that they are.
var oneWords = map[string]string{"mac_address": "hwaddress", "mtu": "mtu", "bond_interfaces": "bond_slaves", "bridge_interfaces": "bridge_ports",
	"vlan_link": "vlan_raw_device", "vlan_id": "vlan_id", "accept-ra": "accept_ra"}

// claimOne makes a link of the type that is given, also where nothing else says so.
func (p *netplan) claimOne(o *object, typ string, at foreign.Pos) bool {
	switch k := kindNamed(typ); {
	case k == nil || k.HasParent:
		return true
	case !p.claim(o, k, at):
		return false
	default:
		o.said = true
		return true
	}
}

// option turns a pair into options of interfaces(5): of a list, one with all its values, of a port's options one for each.
func (p *netplan) option(s *stanza, key string, k, v *foreign.Node) []foreign.Option {
	if foreign.Mapping(v) {
		p.loseTree(k, v, Faulty, "must be a value or a list")
		return nil
	}
	words := foreign.Scalars(v)
	if bond := strings.TrimPrefix(normal(key), "bond_"); bond != normal(key) && bond == "slaves" || normal(key) == "bridge_ports" {
		if len(words) == 0 {
			words = []string{"none"}
		}
	}
	for _, item := range foreign.Sequence(v) { // those on lines of their own
		p.above[p.at(item)] = p.at(k)
		p.mark(Taken, p.at(item))
	}
	return []foreign.Option{{Pos: p.at(k), Key: key, Value: strings.Join(words, " ")}}
}

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
		return
	}
	p.pass(at)
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
		default:
			p.loseTree(k, v, foreignReason(normal(key)), "%s", foreignOption(normal(key)))
		}
	})
	return options
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
		case "type":
			return
		case "network", "destination", "to", "address":
			to = v.Value
		case "netmask", "prefix":
			mask = v.Value
		case "gateway", "via":
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

// byMAC turns members that are known by their MACs into such.
func (p *netplan) byMAC() {
	for _, o := range p.objects {
		for _, port := range o.ports {
			name, _ := port.value.(string)
			if known, ok := p.macs[name]; ok {
				port.value, port.named = tree{pair("mac", known.mac)}, name
				port.from = append(port.from, known.from...)
			}
		}
	}
}
