package convert

import (
	"slices"
	"strings"

	"hostnet-module/module/foreign"
	"hostnet-module/module/kind"
)

// bridgeVLANs is what ifupdown2 says of the VLANs of a bridge's ports: bridge-vids and bridge-pvid at the bridge, for all ports
// that say nothing themselves, or at a port with bridge-access and bridge-allow-untagged.
type bridgeVLANs struct {
	bridge *object
	port   string // "": all others
	key    string
	option *foreign.Option
}

func (s *stanza) portVLANs(key string, o *foreign.Option) {
	bridge := s.bridgeOf(s.o.name)
	if bridge == nil {
		s.tell(o.Pos, Conflict, "%s is no port of a bridge here; make it one, or take this line away", s.o.name)
		return
	}
	s.mark(Taken, s.lines()...)
	s.bridged = append(s.bridged, &bridgeVLANs{bridge, s.o.name, key, o})
}

// tables are the VLAN tables of ports and bridges, first as options have them, then with what commands make of them.
type tables map[any]*vlanTable // by *port, or by *object for a bridge's own

// bridgeTables gives the ports their tables, once all ports are known.
func (e *eni) bridgeTables() {
	for _, v := range e.bridged {
		switch {
		case v.bridge.text("vlan_filtering") == "" || !e.filters(v.bridge):
			e.tell(v.option.Pos, Conflict, "%s is no bridge that sorts by VLAN, so that this means nothing; give it bridge-vlan-aware yes", v.bridge.name)
		case len(v.bridge.ports) == 0:
			e.tell(v.option.Pos, Conflict, "%s has no ports here", v.bridge.name)
		}
	}
	for _, b := range e.objects {
		if b.kind != kind.Bridge || !e.filters(b) {
			continue
		}
		for _, p := range b.ports {
			name, _ := p.value.(string)
			own, all := e.saidOf(b, name), e.saidOf(b, "")
			if len(own)+len(all) > 0 {
				e.tables[p] = e.tableOf(own, all)
			}
		}
		e.unusedTables(b)
	}
}

// filters tells whether a bridge sorts frames by VLAN.
func (e *eni) filters(b *object) bool {
	on, ok := onOff(b.text("vlan_filtering"))
	return ok && on == "true"
}

func (e *eni) saidOf(bridge *object, port string) map[string]*foreign.Option {
	own := map[string]*foreign.Option{}
	for _, v := range e.bridged {
		if v.bridge == bridge && v.port == port && (v.key != "access" && v.key != "pvid" || own[v.key] == nil) { // of these ifupdown2 takes the first
			own[v.key] = v.option
		}
	}
	return own
}

// tableOf is a port's table, as ifupdown2 makes it (addons/bridge.py, _apply_bridge_vlan_aware_port_settings_all): what the port says
// itself counts before what its bridge says, key by key; bridge-access stands for both.
func (e *eni) tableOf(own, all map[string]*foreign.Option) *vlanTable {
	vids, pvid := own["vids"], own["pvid"]
	if access := own["access"]; access != nil {
		vids, pvid = nil, access
		for _, key := range []string{"vids", "pvid", "allow_untagged"} {
			if o := own[key]; o != nil {
				e.tell(o.Pos, Conflict, "the port has bridge-access, and ifupdown2 takes that alone")
			}
		}
	} else {
		vids, pvid = orElse(vids, all["vids"]), orElse(pvid, all["pvid"])
	}
	t := &vlanTable{}
	if vids != nil {
		e.mark(Taken, vids.Pos)
		for _, w := range strings.FieldsFunc(vids.Value, func(r rune) bool { return strings.ContainsRune(" ,\t", r) }) {
			if low, high, ok := vlanRange(w); ok {
				t.add(span{low: low, high: high, from: []foreign.Pos{vids.Pos}})
			} else {
				e.tell(vids.Pos, Faulty, "%s is no VLAN from 1-4094 and no range of them", w)
			}
		}
	}
	if o := own["allow_untagged"]; o != nil && own["access"] == nil {
		e.mark(Taken, o.Pos)
		if o.Value != "yes" {
			if own["pvid"] != nil {
				e.tell(own["pvid"].Pos, Conflict, "the port takes no untagged frames (bridge-allow-untagged), so that it has no PVID")
			}
			return t
		}
	}
	untagged := span{low: 1, high: 1, pvid: true, untagged: true}
	if pvid != nil {
		untagged.from = []foreign.Pos{pvid.Pos}
		low, high, ok := vlanRange(strings.Fields(pvid.Value)[0])
		if untagged.low, untagged.high = low, high; !ok || low != high {
			e.tell(pvid.Pos, Faulty, "%s is no VLAN from 1-4094", pvid.Value)
			return t
		}
	}
	t.add(untagged)
	return t
}

func orElse(first, second *foreign.Option) *foreign.Option {
	if first != nil {
		return first
	}
	return second
}

// unusedTables reports what a bridge says for ports that all say something else themselves.
func (e *eni) unusedTables(b *object) {
	for _, v := range e.bridged {
		if v.bridge != b || v.port != "" || len(b.ports) == 0 {
			continue
		}
		used := slices.ContainsFunc(b.ports, func(p *port) bool {
			name, _ := p.value.(string)
			own := e.saidOf(b, name)
			return own["access"] == nil && own[v.key] == nil && (v.key != "pvid" || own["allow_untagged"] == nil || own["allow_untagged"].Value == "yes")
		})
		if !used {
			e.tell(v.option.Pos, Conflict, "is for the ports that say nothing of their VLANs, and each port of %s does; take this line away", b.name)
		}
	}
}

// selfVLANs puts the host into the VLANs of which it has a link on a bridge that sorts by VLAN, as ifupdown2 does (addons/vlan.py,
// _bridge_vid_add_del); ifupdown does not.
func (e *eni) selfVLANs() {
	for _, b := range e.objects {
		if b.kind != kind.Bridge || !e.two || !e.filters(b) {
			continue
		}
		for _, o := range e.objects {
			parent, id, ok := dotted(o.name)
			if o.parent != nil {
				parent, _ = o.parent.value.(string)
				id, ok = o.text("id"), true
			}
			if low, high, is := vlanRange(id); ok && is && parent == b.name && (o.kind == nil || o.kind == kind.VLAN) {
				e.ownTable(b, o.from...).add(span{low: low, high: high, from: o.from})
			}
			for _, p := range o.ports { // ifupdown2 makes such a VLAN without a stanza too
				name, _ := p.value.(string)
				parent, id, ok := dotted(name)
				if low, high, is := vlanRange(id); ok && is && parent == b.name && e.find(name) == nil {
					e.ownTable(b, p.from...).add(span{low: low, high: high, from: p.from})
				}
			}
		}
	}
}

// ownTable is a bridge's own table; it starts as the kernel has it.
func (e *eni) ownTable(b *object, at ...foreign.Pos) *vlanTable {
	if e.tables[b] == nil {
		e.tables[b] = fresh(b, at)
	}
	return e.tables[b]
}

// portTable is a port's table; it starts as the kernel has it.
func (e *eni) portTable(b *object, p *port, at ...foreign.Pos) *vlanTable {
	if e.tables[p] == nil {
		e.tables[p] = fresh(b, at)
	}
	return e.tables[p]
}

// fresh is a table as the kernel makes it: the bridge's default VLAN, untagged.
func fresh(b *object, at []foreign.Pos) *vlanTable {
	pvid := b.text("vlan_default_pvid")
	if pvid == "" {
		pvid = "1"
	}
	low, high, ok := vlanRange(pvid)
	if !ok { // 0: none
		return &vlanTable{from: at}
	}
	return &vlanTable{spans: []span{{low: low, high: high, pvid: true, untagged: true, from: at}}}
}

// writeTables puts the tables into the document. A port's that is empty is said to be so; a bridge's own that is empty is the one of
// a bridge without the host.
func (e *eni) writeTables() {
	for _, b := range e.objects {
		for _, p := range b.ports {
			if t := e.tables[p]; t != nil {
				p.vlans, p.noVLANs = t.entries(), t.from
			}
		}
		t := e.tables[b]
		if t == nil {
			continue
		}
		if b.vlans = t.entries(); len(b.vlans) > 0 {
			continue
		}
		if len(b.addresses)+len(b.gateways)+len(b.routes) > 0 || b.used || e.carries(b.name) {
			for _, at := range t.from {
				e.tell(at, Conflict, "takes the host out of the last VLAN of %s, and the host has an address or a VLAN there: a document without the host (host_access: false) has none, so that the host stays in; take the address away, or this line", b.name)
			}
			continue
		}
		b.options = append(b.options, &entry{key: "host_access", value: false, from: t.from})
	}
}
