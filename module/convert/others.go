package convert

import (
	"strings"

	"hostnet-module/module/foreign"
	"hostnet-module/module/kind"
)

// makers are the makers of links that a document has no words for, by netplan's sections.
var makers = map[string]string{
	"tunnels": "a tunnel, which systemd-networkd makes", "dummy-devices": "a dummy link, which systemd-networkd makes", "virtual-ethernets": "a veth link, which systemd-networkd makes",
	"wifis": "a wireless link, which wpa_supplicant brings up", "modems": "a modem, which ModemManager brings up", "vrfs": "a VRF, which systemd-networkd makes",
	"nm-devices": "a link that NetworkManager makes",
}

const vswitch = "a link of Open vSwitch, which ovs-vsctl makes"

// otherLink enters a link that is not the document's to make.
func (p *netplan) otherLink(id, def *foreign.Node, maker string) {
	d := &definition{id: id.Value, name: id.Value, at: p.at(id), file: p.file, key: id, node: def, maker: maker}
	if before := p.ids[d.id]; before != nil && before.kind != nil {
		p.loseTree(id, def, Conflict, "%s is another kind of link already", d.id)
		return
	}
	p.ids[d.id] = d
	p.defs = append(p.defs, d)
}

// virtualSwitch finds the bridges, bonds and VLANs that are Open vSwitch's, as netplan does: those that say so, the bonds in its
// bridges, the VLANs on them.
func (p *netplan) virtualSwitch() {
	theirs := map[string]bool{}
	for range 3 { // a bridge, its bonds, VLANs on these
		for _, d := range p.defs {
			if d.kind == nil || d.kind.Existing || theirs[d.id] {
				continue
			}
			link := foreign.Member(d.node, "link")
			switch {
			case sriov(d): // a VLAN in the hardware's filter
				d.kind, d.maker = nil, "a VLAN of a virtual function's filter, which netplan sets"
				continue
			case foreign.Member(d.node, "openvswitch") != nil, link != nil && d.kind.HasParent && theirs[link.Value]:
				theirs[d.id] = true
			}
			for _, b := range p.defs {
				if d.kind.TakesPorts && theirs[b.id] && b.kind == kind.Bridge && contains(foreign.Member(b.node, "interfaces"), d.id) {
					theirs[d.id] = true
				}
			}
		}
	}
	for _, d := range p.defs {
		if theirs[d.id] {
			d.kind, d.maker = nil, vswitch
		}
	}
}

func sriov(d *definition) bool {
	r := foreign.Member(d.node, "renderer")
	return d.kind.HasParent && r != nil && r.Value == "sriov"
}

func contains(list *foreign.Node, id string) bool {
	for _, item := range foreign.Sequence(list) {
		if item.Value == id {
			return true
		}
	}
	return false
}

// tellOthers tells of the links that others make, and what of the document waits for them.
func (p *netplan) tellOthers() {
	for _, d := range p.defs {
		if d.kind != nil {
			continue
		}
		p.others[d.id] = true
		if link := foreign.Member(d.node, "link"); link != nil {
			p.may(d.at, link.Value)
		}
		what := "have it made before the document is applied"
		if waits := p.standsOn(d.id); len(waits) > 0 {
			what += ": " + strings.Join(waits, ", ") + " needs it"
		}
		if d.maker == makers["vrfs"] {
			for _, item := range foreign.Sequence(foreign.Member(d.node, "interfaces")) {
				what += ", and put " + item.Value + " into it"
			}
		}
		p.file = d.file
		p.loseTree(d.key, d.node, OthersMake, "%s is %s; %s", d.id, d.maker, what)
	}
}

// standsOn names the document's links that have another as their port or parent.
func (p *netplan) standsOn(id string) (names []string) {
	for _, d := range p.defs {
		link := foreign.Member(d.node, "link")
		if d.kind != nil && (d.kind.HasParent && link != nil && link.Value == id || d.kind.Ports != "" && contains(foreign.Member(d.node, "interfaces"), id)) {
			names = append(names, d.called())
		}
	}
	return names
}
