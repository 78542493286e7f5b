package convert

import (
	"strings"

	"hostnet-module/module/foreign"
	"hostnet-module/module/kind"
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
			if text, ok := hardware(mac.Value); ok {
				p.macs[name.Value] = macOf{text, []foreign.Pos{p.at(name), p.at(mac)}}
			} else {
				p.losePair(mac, mac, Faulty, "is no MAC; write six bytes like 02:00:5e:00:53:01")
			}
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
		case key == "id" && foreign.Scalar(v): // MAAS: the name once more
			p.pass(p.at(k))
		case key == "subnets" && (foreign.Sequence(v) != nil || v.Value == "" || v.Tag == "!!null"):
			p.pass(p.at(k))
			subnets = v
		case key == "subnets":
			p.loseTree(k, v, Faulty, "must be a list")
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
	if typ.Value == "vlan" && o.kind == nil { // whatever its name says
		o.kind = kind.VLAN
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
		p.follows[p.at(item)] = p.at(k)
	}
	at := p.at(k)
	if part := p.part(k, v); part != "" {
		at.Column = k.Column
		p.parts[at] = part
	}
	return []foreign.Option{{Pos: at, Key: key, Value: strings.Join(words, " ")}}
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
