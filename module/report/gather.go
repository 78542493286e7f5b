package report

import (
	"slices"
	"strings"

	"hostnet-module/module/attr"
	"hostnet-module/module/kind"
	"hostnet-module/module/spec"
	"hostnet-module/module/state"
)

// Gathered tells the running topology as a document that could be applied: on this host it changes nothing. What comes and
// goes by itself is left out: guests' ports, addresses and routes of DHCP, router advertisements and routing daemons.
func Gathered(h *state.Host) *Result {
	doc := gather(h)
	r := empty()
	r.Document, r.Network = &Document{doc.Encode()}, Facts(h)
	r.Msg = "gathered " + count(len(doc.Objects), "object")
	problems, warnings := doc.Validate()
	for _, p := range problems {
		r.Warnings = append(r.Warnings, "this host breaks a rule of documents: "+p.String())
	}
	r.Warn(warnings)
	return r
}

func gather(h *state.Host) *spec.Document {
	doc := &spec.Document{State: spec.Present}
	for _, k := range kind.List() {
		var links []*state.Link
		for _, l := range h.Links {
			if l.K() == k {
				links = append(links, l)
			}
		}
		slices.SortFunc(links, func(a, b *state.Link) int { return natural(a.Name, b.Name) })
		for _, l := range links {
			o := (&gatherer{h, l}).object()
			if told := o.Attrs.Len() > 0 || o.L3 || o.IPv6 != ""; told && ours(l) || !k.Existing && (!k.HasParent || h.Link(l.Parent) != nil) {
				doc.Objects = append(doc.Objects, o)
			}
		}
	}
	gatherDropped(h, doc)
	for _, r := range h.Rules {
		if !r.Kernel() && r.Other == "" && r.Action != ruleGoto && r.Action != ruleNop {
			doc.Rules = append(doc.Rules, spec.Rule{Six: r.Six, Not: r.Not, From: r.From, To: r.To, TOS: r.TOS, Type: r.Action,
				Attrs: r.Attrs.Filter(func(row *attr.Row) bool { return !row.SeeOnly })})
		}
	}
	return doc
}

// gatherDropped gives routes that lead nowhere to the first object that has routes of their table, else to one with addresses.
func gatherDropped(h *state.Host, doc *spec.Document) {
	for _, r := range h.Routes {
		if r.Type == state.TypeUnicast || r.Kernel() || r.Proto > state.ProtoStatic || r.TOS != 0 {
			continue
		}
		at := slices.IndexFunc(doc.Objects, func(o *spec.Object) bool {
			return slices.ContainsFunc(o.Routes, func(s spec.Route) bool { return s.Table == r.Table })
		})
		if at < 0 {
			at = slices.IndexFunc(doc.Objects, func(o *spec.Object) bool { return len(o.Addresses) > 0 })
		}
		if at >= 0 {
			doc.Objects[at].Routes = append(doc.Objects[at].Routes, routeOf(r))
		}
	}
}

// routeOf is a route in a document's words.
func routeOf(r state.Route) spec.Route {
	out := spec.Route{To: r.Dst, Via: r.Via, Table: r.Table, Source: r.Src, OnLink: r.Onlink, MTU: r.MTU, Type: r.Type}
	if r.Metric != 0 && !(r.Metric == state.Metric6 && !r.Is4()) {
		out.Metric = &r.Metric
	}
	return out
}

// What rules do that no document says (linux/fib_rules.h: FR_ACT_GOTO, FR_ACT_NOP).
const (
	ruleGoto = 2
	ruleNop  = 3
)

// ours tells whether a NIC is worth a word: not the loopback, no guest's port, no device of another program.
func ours(l *state.Link) bool {
	return l.K().Existing && !l.Seen.Loopback && !guestPort(l.Name) && (l.Kind == "" || l.Kind == "veth")
}

type gatherer struct {
	host *state.Host
	link *state.Link
}

func (g *gatherer) object() *spec.Object {
	l := g.link
	o := &spec.Object{Kind: l.K(), Name: l.Name, Attrs: g.attrs()}
	if o.Kind.HasParent {
		o.Parent = l.Parent
	}
	if o.Kind.Ports != "" {
		o.Ports = g.ports()
	}
	g.layer3(o)
	g.access(o)
	return o
}

// attrs are the values that are not the kernel's own defaults.
func (g *gatherer) attrs() attr.Set {
	l := g.link
	var s attr.Set
	if v, ok := l.Attrs.Get("mtu"); ok && v.N != g.usualMTU() {
		s.Put(kind.MTU, v)
	}
	if text := l.Attrs.S("description"); text != "" {
		s.Put(kind.Description, attr.Str(text))
	}
	if !l.Up() && !l.K().Existing {
		s.Put(kind.Up, attr.On(false))
	}
	for r, v := range l.Attrs.All() {
		if l.K().Rows.Row(r.Name) == r && !r.SeeOnly && r.Applies(l.Attrs) && !byDefault(l.K(), r, v) {
			s.Put(r, v)
		}
	}
	return s
}

// usualMTU is what the link would have if nobody said.
func (g *gatherer) usualMTU() uint64 {
	l := g.link
	if from := g.host.Link(l.Parent); from != nil && l.K().HasParent {
		return from.MTU()
	}
	if from := g.host.Link(l.Master); from != nil && from.K().TakesPorts {
		return from.MTU()
	}
	usual := uint64(1500)
	for i, p := range g.host.Ports(l.Name) {
		if l.K().Bridging && (i == 0 || p.MTU() < usual) {
			usual = p.MTU()
		}
	}
	return usual
}

func (g *gatherer) ports() []spec.Port {
	list := []spec.Port{}
	for _, p := range g.host.Ports(g.link.Name) {
		if guestPort(p.Name) && !g.link.K().OwnsPorts {
			continue
		}
		port := spec.Port{Name: p.Name}
		for r, v := range p.Port.All() {
			// A bridge's cost follows from the port's speed: nobody chose it.
			if g.link.K().Port.Row(r.Name) == r && !r.SeeOnly && r.Name != "cost" && !byDefault(g.link.K(), r, v) {
				port.Attrs.Put(r, v)
			}
		}
		port.VLANs = tableOf(p, g.link)
		list = append(list, port)
	}
	slices.SortFunc(list, func(a, b spec.Port) int { return natural(a.Name, b.Name) })
	return list
}

func (g *gatherer) layer3(o *spec.Object) {
	for _, a := range g.link.Addresses {
		if a.Kernel() || a.Valid != state.Forever {
			continue
		}
		label := a.Label
		if label == g.link.Name {
			label = ""
		}
		out := spec.Address{Prefix: a.Prefix, Peer: a.Peer, Label: label, Scope: a.Scope,
			NoDAD: a.Flags&state.FlagNodad != 0, NoPrefixRoute: a.Flags&state.FlagNoPrefixRoute != 0}
		if a.Preferred != state.Forever {
			out.Preferred = new(uint32) // deprecated: there, and not the source of new connections
		}
		o.Addresses = append(o.Addresses, out)
	}
	for _, r := range g.host.Routes {
		if r.Dev != g.link.Name || !byHand(r) {
			continue
		}
		out := routeOf(r)
		if r.Dst.Bits() == 0 && r.Via.IsValid() && r.Table == state.TableMain && out.Metric == nil && !r.Src.IsValid() && !r.Onlink && r.MTU == 0 {
			o.Gateways = append(o.Gateways, r.Via)
			continue
		}
		o.Routes = append(o.Routes, out)
	}
	o.L3 = len(o.Addresses)+len(o.Gateways)+len(o.Routes) > 0
}

// byHand tells whether a person or a configuration set the route: not the kernel, DHCP or a routing daemon.
func byHand(r state.Route) bool {
	return !r.Kernel() && r.Proto <= state.ProtoStatic && r.Type == state.TypeUnicast && len(r.Hops) == 0 && r.TOS == 0
}

// access says what is otherwise than a document has it by default: whether the host is reachable on a bridge, and IPv6, which
// is off on what only carries others.
func (g *gatherer) access(o *spec.Object) {
	l := g.link
	disabled, told := l.Attrs.Get(kind.DisableIPv6.Name)
	off := disabled.N != 0
	if dumb(l) && len(o.Addresses) == 0 {
		no := false
		o.HostAccess = &no
		o.Attrs.Drop("vlan_filtering")
		return
	}
	o.VLANs = tableOf(l, l)
	master := g.host.Link(l.Master)
	switch {
	case !told || master != nil && master.K().TakesPorts || guestPort(l.Name) || l.Seen.Loopback:
	case off && !g.carries(o):
		o.IPv6 = spec.IPv6Off
	case !off && g.carries(o):
		o.IPv6 = spec.IPv6Auto
	}
}

// tableOf is the VLAN table of a bridge or of one of its ports, where it is known and not what the kernel gives unasked; nil otherwise.
func tableOf(l, bridge *state.Link) []spec.VLAN {
	if !bridge.K().Bridging || l.VLANs == nil || bridge.Attrs.N("vlan_filtering") == 0 || slices.Equal(l.VLANs, bridge.DefaultVLANs()) {
		return nil
	}
	list := []spec.VLAN{}
	for v, last := range state.Ranges(l.VLANs) {
		list = append(list, spec.VLAN{First: v.ID, Last: last, PVID: v.PVID, Untagged: v.Untagged})
	}
	return list
}

// carries tells whether a link only carries others: a bridge's port, or a bond below VLANs, without an address.
func (g *gatherer) carries(o *spec.Object) bool {
	if slices.ContainsFunc(g.link.Addresses, func(a state.Address) bool { return !a.Kernel() }) {
		return false
	}
	if master := g.host.Link(g.link.Master); master != nil {
		return master.K().Bridging
	}
	return o.Kind.TakesPorts && len(g.host.Uppers(g.link.Name)) > 0
}

// byDefault tells whether a value is what the kernel gives a new link (drivers/net/bonding/bond_main.c: bond_check_params,
// bond_setup; net/bridge/br_device.c: br_dev_setup, br_if.c: new_nbp; net/8021q/vlan_netlink.c).
func byDefault(k *kind.Kind, r *attr.Row, v attr.Value) bool {
	where := k.Name
	if r.Place == attr.Port {
		where += " port"
	}
	for _, d := range strings.Fields(defaults()[where]) {
		if name, text, _ := strings.Cut(d, "="); name == r.Name {
			usual, err := r.Parse(text)
			return err == nil && r.Equal(usual, v)
		}
	}
	return v.N == 0 && v.S == ""
}

// defaults are those that are not 0. «always» is no value: such an option is always told.
func defaults() map[string]string {
	return map[string]string{
		"bond": `mode=always use_carrier=1 missed_max=2 resend_igmp=1 num_grat_arp=1 lp_interval=1 packets_per_slave=1
			lacp_active=on coupled_control=on ad_actor_sys_prio=65535 ad_actor_system=00:00:00:00:00:00 tlb_dynamic_lb=1`,
		"vlan": `id=always protocol=802.1Q reorder_hdr=1`,
		"bridge": `forward_delay=1500 hello_time=200 max_age=2000 ageing_time=30000 priority=32768 vlan_protocol=802.1Q vlan_default_pvid=1
			group_address=01:80:c2:00:00:00 mcast_snooping=1 mcast_router=1 mcast_hash_max=4096 mcast_last_member_count=2 mcast_startup_query_count=2
			mcast_last_member_interval=100 mcast_membership_interval=26000 mcast_querier_interval=25500 mcast_query_interval=12500
			mcast_query_response_interval=1000 mcast_startup_query_interval=3125 mcast_igmp_version=2 mcast_mld_version=1`,
		"bond port":   `actor_port_prio=255`,
		"bridge port": `priority=32 learning=1 flood=1 mcast_flood=1 bcast_flood=1 mcast_router=1 mcast_eht_hosts_limit=512 neigh_forward_grat=1`,
	}
}
