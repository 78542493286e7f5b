package convert

import (
	"cmp"
	"slices"
	"strings"

	"hostnet-module/module/foreign"
	"hostnet-module/module/kind"
)

// Netplan converts files of netplan (netplan-yaml(5)), merged in the order in which they are given, as it would have
// systemd-networkd carry them out.
func Netplan(files foreign.Files, names []string, o Options) (Result, error) {
	p, err := readNetplan(files, names, o)
	if err != nil {
		return Result{}, err
	}
	return p.result(), nil
}

// netplan is a draft out of YAML files: netplan's, or cloud-init's network-config of version 2.
type netplan struct {
	*eni
	file string // the one that is being read
	defs []*definition
	ids  map[string]*definition
	macs map[string]macOf // of version 1: by which NICs are known

	crowded map[foreign.Pos]bool // lines with several keys or items
}

// definition is one entry of ethernets, bonds, bridges or vlans, in one file; or of links that others make.
type definition struct {
	kind     *kind.Kind // nil: others make it
	maker    string     // who they are
	id, name string     // name is "" where a NIC is known by its MAC alone
	mac      string     // by which a NIC is matched
	macAt    foreign.Pos
	at       foreign.Pos
	file     string
	key      *foreign.Node
	node     *foreign.Node
	lost     bool
}

func newNetplan(o Options) *netplan {
	p := &netplan{eni: newENI(o), ids: map[string]*definition{}, macs: map[string]macOf{}, crowded: map[foreign.Pos]bool{}}
	p.strict, p.others = true, map[string]bool{}
	return p
}

func readNetplan(files foreign.Files, names []string, o Options) (*netplan, error) {
	p := newNetplan(o)
	for _, name := range names {
		root, err := p.load(files, name)
		if err != nil {
			return nil, err
		}
		p.network(root, name)
	}
	p.settleDefinitions()
	return p, nil
}

// network reads one file's top.
func (p *netplan) network(root *foreign.Node, name string) {
	top := root
	if n := foreign.Member(root, "network"); n != nil {
		top = n
		foreign.EachMember(root, func(k, v *foreign.Node) {
			if k.Value == "network" {
				p.pass(p.at(k))
			} else {
				p.loseTree(k, v, NoWord, "is not of the network")
			}
		})
	}
	if root != nil && !foreign.Mapping(top) {
		p.loseTree(root, root, Faulty, "is not of the form that netplan has")
		return
	}
	foreign.EachMember(top, func(k, v *foreign.Node) {
		switch key := k.Value; key {
		case "version", "renderer":
			p.pass(p.at(k), p.at(v))
		case "ethernets", "bonds", "bridges", "vlans":
			p.section(k, v, func(id, def *foreign.Node) { p.define(kind.ByList(key), id, def) })
		case "tunnels", "dummy-devices", "wifis", "modems", "vrfs", "virtual-ethernets", "nm-devices":
			p.section(k, v, func(id, def *foreign.Node) { p.otherLink(id, def, makers[key]) })
		case "openvswitch":
			p.loseTree(k, v, OthersMake, "Open vSwitch is not in documents")
		default:
			p.loseTree(k, v, NoWord, "%s are not in documents", key)
		}
	})
}

// section reads the definitions of one kind; a renderer may stand among them.
func (p *netplan) section(k, v *foreign.Node, read func(id, def *foreign.Node)) {
	p.pass(p.at(k))
	if !foreign.Mapping(v) && v.Value != "" {
		p.loseTree(k, v, Faulty, "is not of the form that netplan has")
	}
	foreign.EachMember(v, func(id, def *foreign.Node) {
		if id.Value == "renderer" && foreign.Scalar(def) {
			p.pass(p.at(id))
			return
		}
		read(id, def)
	})
}

// define enters a definition, and finds out which NIC it means.
func (p *netplan) define(k *kind.Kind, id, def *foreign.Node) {
	d := &definition{kind: k, id: id.Value, name: id.Value, at: p.at(id), file: p.file, key: id, node: def}
	p.pass(d.at)
	if before := p.ids[d.id]; before != nil {
		if before.kind != k {
			p.loseTree(id, def, Conflict, "%s is another kind of link already", d.id)
			return
		}
		d.name, d.mac, d.macAt = before.name, before.mac, before.macAt
	} else {
		p.ids[d.id] = d
	}
	if !foreign.Mapping(def) && !(foreign.Scalar(def) && (def.Value == "" || def.Tag == "!!null")) {
		p.loseTree(id, def, Faulty, "is not of the form that netplan has")
		d.lost = true
	}
	if match := foreign.Member(def, "match"); match != nil && k.Existing {
		p.match(d, match)
	}
	if name := foreign.Member(def, "set-name"); name != nil && k.Existing {
		d.name = name.Value
	}
	p.ids[d.id].name, p.ids[d.id].mac, p.ids[d.id].macAt = d.name, d.mac, d.macAt
	p.defs = append(p.defs, d)
}

// match reads by what a NIC is known.
func (p *netplan) match(d *definition, match *foreign.Node) {
	named, vague := false, false
	foreign.EachMember(match, func(k, v *foreign.Node) {
		switch {
		case k.Value == "macaddress" && foreign.Scalar(v):
			p.pass(p.at(k)) // it matters where the NIC is a port
			if mac, ok := hardware(v.Value); ok {
				d.mac, d.macAt = mac, p.at(k)
			} else {
				vague = true
				p.losePair(k, v, Faulty, "is no MAC; write six bytes like 02:00:5e:00:53:01")
			}
		case k.Value == "name" && foreign.Scalar(v) && !strings.ContainsAny(v.Value, "*?["):
			d.name, named = v.Value, true
			p.marked(k)
		case (k.Value == "name" || k.Value == "driver") && foreign.Member(d.node, "set-name") != nil:
			p.pass(p.at(k), p.at(v)) // the file that gives the name finds the NIC
		case k.Value == "name" || k.Value == "driver":
			vague = true
			p.loseTree(k, v, OnHost, "which NICs match is known on the host alone; say their names or MACs")
		default:
			p.loseTree(k, v, Faulty, "this condition is not known")
		}
	})
	if !named {
		d.name = ""
	}
	d.lost = vague && !named && d.mac == ""
}

// settleDefinitions reads the definitions, once all are known.
func (p *netplan) settleDefinitions() {
	p.virtualSwitch()
	p.tellOthers()
	for _, d := range p.defs {
		p.file = d.file
		d.name, d.mac = p.ids[d.id].name, p.ids[d.id].mac
		if p.ids[d.id].lost && p.fates[d.at] == Lost || d.kind == nil {
			continue
		}
		if p.ids[d.id].lost || d.lost {
			p.loseDefinition(d, OnHost, "which NIC is meant is not known")
			continue
		}
		if d.name == "lo" {
			p.loseDefinition(d, NoWord, "the loopback is not in documents")
			continue
		}
		if d.name == "" && p.says(d) {
			p.loseDefinition(d, OnHost, "the NIC is known by its MAC alone, and a document calls it by its name; say set-name")
			continue
		}
		o := &object{name: "?"}
		if d.name != "" {
			o = p.object(d.name, d.at)
			o.kind = d.kind
			if d.kind.Ports != "" {
				o.said = o.said || foreign.Member(d.node, "interfaces") != nil
			}
		}
		foreign.EachMember(d.node, func(k, v *foreign.Node) { p.key(&defined{p, d, o}, k, v) })
	}
	p.members()
	p.portOptions()
	p.mayHave()
	p.routes()
	p.unlinked()
	p.advise()
	p.byMAC()
}

// says tells whether a NIC's definition has more than what it is known by.
func (p *netplan) says(d *definition) (more bool) {
	foreign.EachMember(d.node, func(k, v *foreign.Node) {
		if !slices.Contains([]string{"match", "set-name", "renderer", "optional", "critical", "wakeonlan"}, k.Value) && !off(k.Value, v) && !p.silentPort(d, k, v) {
			more = true
		}
	})
	return more
}

// silentPort tells of the keys by which a port that is known by its MAC alone has no IPv6: no port has any.
func (p *netplan) silentPort(d *definition, k, v *foreign.Node) bool {
	return d.name == "" && (k.Value == "link-local" && len(foreign.Scalars(v)) == 0 || k.Value == "accept-ra" && off("dhcp6", v)) && len(p.standsOn(d.id)) > 0
}

// off tells of keys that turn off what nobody has turned on.
func off(key string, v *foreign.Node) bool {
	on, ok := onOff(v.Value)
	return ok && on == "false" && slices.Contains([]string{"dhcp4", "dhcp6", "ipv6-privacy", "emit-lldp", "wakeonlan"}, key)
}

func (p *netplan) loseDefinition(d *definition, reason Reason, why string) {
	foreign.EachMember(d.node, func(k, v *foreign.Node) {
		if at := p.at(k); p.fates[at] != Lost && !off(k.Value, v) {
			p.loseTree(k, v, reason, "%s: %s", d.id, why)
		} else if off(k.Value, v) {
			p.pass(at, p.at(v))
		}
	})
	if len(d.node.Content) == 0 {
		p.tell(d.at, reason, "%s", why)
	}
}

// known is the definition of an id, or of the link that has got that name; nil if there is none.
func (p *netplan) known(id string) *definition {
	if d := p.ids[id]; d != nil {
		return d
	}
	for _, d := range p.defs {
		if d.name == id {
			return p.ids[d.id]
		}
	}
	return nil
}

// reference is how a document calls the link of an id.
func (p *netplan) reference(id string) any {
	if d := p.known(id); d != nil && d.mac != "" && d.kind.Existing {
		return tree{pair("mac", d.mac)}
	} else if d != nil && d.name != "" {
		return d.name
	}
	return id
}

// called is the name of a definition's link, where there is one.
func (d *definition) called() string { return cmp.Or(d.name, d.id) }

// unlinked takes away bonds' and bridges' ports of which nobody knows which links they are.
func (p *netplan) unlinked() {
	for _, o := range p.objects {
		for _, port := range o.ports {
			if id, ok := port.value.(string); ok && p.ids[id] != nil && p.ids[id].lost && p.ids[id].kind != nil {
				p.refuse(&port.entry, OnHost, "which NIC %s is, is not known", id)
			}
		}
	}
}
