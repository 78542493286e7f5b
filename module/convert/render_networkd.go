package convert

import (
	"fmt"
	"slices"
	"strings"

	"hostnet-module/module/kind"
	"hostnet-module/module/spec"
)

// networkdRows are rows with their section and key of systemd.netdev(5), of the release that Debian 12 has (252).
var networkdRows = map[string]map[string]parameter{
	"bond": {
		"mode": {"Mode", word}, "miimon": {"MIIMonitorSec", milliseconds}, "updelay": {"UpDelaySec", milliseconds}, "downdelay": {"DownDelaySec", milliseconds},
		"arp_interval": {"ARPIntervalSec", milliseconds}, "arp_ip_target": {"ARPIPTargets", list}, "arp_validate": {"ARPValidate", word}, "arp_all_targets": {"ARPAllTargets", word},
		"primary_reselect": {"PrimaryReselectPolicy", word}, "fail_over_mac": {"FailOverMACPolicy", word}, "xmit_hash_policy": {"TransmitHashPolicy", word},
		"resend_igmp": {"ResendIGMP", plain}, "num_grat_arp": {"GratuitousARP", plain}, "all_slaves_active": {"AllSlavesActive", word}, "min_links": {"MinLinks", plain},
		"lp_interval": {"LearnPacketIntervalSec", seconds}, "packets_per_slave": {"PacketsPerSlave", plain}, "lacp_rate": {"LACPTransmitRate", word}, "ad_select": {"AdSelect", word},
		"ad_actor_sys_prio": {"AdActorSystemPriority", plain}, "ad_user_port_key": {"AdUserPortKey", plain}, "ad_actor_system": {"AdActorSystem", word},
		"tlb_dynamic_lb": {"DynamicTransmitLoadBalancing", word},
	},
	"vlan": {
		"id": {"Id", plain}, "protocol": {"Protocol", word}, "reorder_hdr": {"ReorderHeader", word}, "gvrp": {"GVRP", word}, "mvrp": {"MVRP", word},
		"loose_binding": {"LooseBinding", word}, "egress_qos_map": {"EgressQOSMaps", list}, "ingress_qos_map": {"IngressQOSMaps", list},
	},
	"bridge": {
		"stp_state": {"STP", word}, "forward_delay": {"ForwardDelaySec", centi}, "hello_time": {"HelloTimeSec", centi}, "max_age": {"MaxAgeSec", centi},
		"ageing_time": {"AgeingTimeSec", centi}, "priority": {"Priority", plain}, "group_fwd_mask": {"GroupForwardMask", plain}, "vlan_filtering": {"VLANFiltering", word},
		"vlan_protocol": {"VLANProtocol", word}, "vlan_default_pvid": {"DefaultPVID", plain}, "mcast_snooping": {"MulticastSnooping", word},
		"mcast_querier": {"MulticastQuerier", word}, "mcast_igmp_version": {"MulticastIGMPVersion", plain},
	},
}

// networkdPort are rows of bridges' ports with their keys of [Bridge] in systemd.network(5).
var networkdPort = map[string]string{"cost": "Cost", "priority": "Priority", "hairpin": "HairPin", "fastleave": "FastLeave", "learning": "Learning", "flood": "UnicastFlood",
	"mcast_flood": "MulticastFlood", "mcast_to_unicast": "MulticastToUnicast", "neigh_suppress": "NeighborSuppression", "proxy_arp": "ProxyARP", "proxy_arp_wifi": "ProxyARPWiFi",
	"isolated": "Isolated", "guard": "UseBPDU", "root_block": "AllowPortToBeRoot"}

// inverse are those that say the contrary.
var inverse = map[string]bool{"guard": true, "root_block": true}

// toNetworkd writes a .netdev for each link that is made, and a .network for each that is configured.
func toNetworkd(r *rendering) {
	for _, t := range r.things {
		if !t.Kind.Existing {
			r.file("/etc/systemd/network/10-hostnet-"+t.Name+".netdev", r.netdev(t))
		}
		r.file("/etc/systemd/network/20-hostnet-"+t.Name+".network", r.network(t))
	}
	done := map[string]bool{}
	for _, t := range r.things {
		for _, p := range t.Ports {
			name := strings.NewReplacer(":", "", "/", "_").Replace(p.Name + p.MAC + p.HW)
			if (p.Name == "" || r.find(p.Name) == nil) && !done[name] {
				done[name] = true
				r.file("/etc/systemd/network/20-hostnet-"+name+".network", r.portNetwork(t, p))
			}
		}
		if t.Parent != "" && r.find(t.Parent) == nil && r.master(t.Parent) == nil && !done[t.Parent] {
			done[t.Parent] = true
			u := newUnit(r.to)
			u.add("Match", "Name", t.Parent)
			r.vlansOn(u, t.Parent)
			r.file("/etc/systemd/network/20-hostnet-"+t.Parent+".network", u.String())
		}
	}
}

// unitFile is a file with sections while it is written; a section that may come several times has a number behind it.
type unitFile struct {
	head     string
	sections []string
	lines    map[string][]string
}

func newUnit(to string) *unitFile { return &unitFile{head: madeBy(to), lines: map[string][]string{}} }

func (u *unitFile) add(section, key string, value any) {
	if _, ok := u.lines[section]; !ok {
		u.sections = append(u.sections, section)
	}
	switch v := value.(type) {
	case bool:
		value = map[bool]string{true: "yes", false: "no"}[v]
	case []any:
		words := make([]string, len(v))
		for i, w := range v {
			words[i] = fmt.Sprint(w)
		}
		value = strings.Join(words, " ")
	}
	if text := line(fmt.Sprintf("%s=%v", key, value)); !slices.Contains(u.lines[section], text) {
		u.lines[section] = append(u.lines[section], text)
	}
}

func (u *unitFile) String() string {
	var b strings.Builder
	b.WriteString(u.head)
	for _, s := range u.sections {
		name, _, _ := strings.Cut(s, " ")
		b.WriteString("\n[" + name + "]\n" + strings.Join(u.lines[s], ""))
	}
	return b.String()
}

// netdev is the file that makes a link.
func (r *rendering) netdev(t *thing) string {
	u := newUnit(r.to)
	u.add("NetDev", "Name", t.Name)
	u.add("NetDev", "Kind", t.Kind.Name)
	if v := t.take("mac"); v != nil {
		u.add("NetDev", "MACAddress", v)
	}
	section := map[string]string{"bond": "Bond", "vlan": "VLAN", "bridge": "Bridge"}[t.Kind.Name]
	for row := range t.Attrs.All() {
		p, ok := networkdRows[t.Kind.Name][row.Name]
		if !ok {
			continue
		}
		v := t.take(row.Name)
		switch {
		case p.unit == milliseconds:
			v = fmt.Sprintf("%vms", v)
		case p.unit == seconds:
			v = fmt.Sprintf("%vs", v)
		case p.unit == centi:
			v = fmt.Sprintf("%gs", float64(v.(uint64))/100)
		case row.Name == "protocol" || row.Name == "vlan_protocol":
			v = strings.ToLower(v.(string))
		case strings.HasSuffix(row.Name, "_qos_map"):
			v = strings.ReplaceAll(strings.ReplaceAll(oneLine(v), ":", "-"), ", ", " ")
			v = strings.Trim(v.(string), "[]")
		case row.Name == "use_carrier", row.Name == "tlb_dynamic_lb":
			v = v == uint64(1)
		}
		u.add(section, p.row, v)
	}
	if v := t.take("host_access"); v == false {
		u.add("Bridge", "VLANFiltering", true)
		r.lose(t.Path, "host_access: false", "of release 252 cannot take a bridge out of its own VLAN: have `bridge vlan del vid 1 dev "+t.Name+" self` run")
	}
	return u.String()
}

// network is the file that configures a link of the document.
func (r *rendering) network(t *thing) string {
	u := newUnit(r.to)
	u.add("Match", "Name", t.Name)
	if v := t.take("mtu"); v != nil {
		u.add("Link", "MTUBytes", v)
	}
	if v := t.take("mac"); v != nil { // of a NIC
		u.add("Link", "MACAddress", v)
	}
	if v := t.take("up"); v == false {
		u.add("Link", "ActivationPolicy", "always-down")
	}
	if len(t.Addresses) == 0 {
		u.add("Link", "RequiredForOnline", false)
	}
	if master := r.master(t.Name); master != nil {
		i := slices.IndexFunc(master.Ports, func(p spec.Port) bool { return p.Name == t.Name })
		r.asPort(u, master, master.Ports[i])
	}
	r.vlansOn(u, t.Name)
	t.take("parent")
	if t.Kind.Ports != "" {
		t.take(t.Kind.Ports)
	}
	if r.silent(t) {
		u.add("Network", "LinkLocalAddressing", false)
		u.add("Network", "IPv6AcceptRA", false)
	}
	if !t.Kind.Existing || len(t.Addresses) > 0 {
		u.add("Network", "ConfigureWithoutCarrier", true)
	}
	t.take("primary") // at the member
	r.tableUnit(u, t.Path, t.VLANs)
	t.take("vlans")
	r.networkLayer3(u, t)
	return u.String()
}

// portNetwork is the file of a port that is no object of the document.
func (r *rendering) portNetwork(master *thing, p spec.Port) string {
	u := newUnit(r.to)
	switch {
	case p.Name != "":
		u.add("Match", "Name", p.Name)
	case p.MAC != "":
		u.add("Match", "PermanentMACAddress", p.MAC)
	default:
		u.add("Match", "Path", p.HW)
	}
	u.add("Link", "RequiredForOnline", false)
	r.asPort(u, master, p)
	r.vlansOn(u, p.Name)
	return u.String()
}

// asPort says what a link is as a port of its master.
func (r *rendering) asPort(u *unitFile, master *thing, p spec.Port) {
	if master.Kind == kind.Bond {
		u.add("Network", "Bond", master.Name)
		if v, ok := master.Attrs.Get("primary"); ok && v.S == p.Name {
			u.add("Network", "PrimarySlave", true)
		}
	} else {
		u.add("Network", "Bridge", master.Name)
		u.add("Network", "LinkLocalAddressing", false)
		u.add("Network", "IPv6AcceptRA", false)
	}
	for row, v := range p.Attrs.All() {
		key := networkdPort[row.Name]
		switch {
		case key == "" || master.Kind == kind.Bond:
			r.lose(p.Path, row.Name+": "+row.Text(v), "has no option for it")
		case row.IsBool():
			u.add("Bridge", key, (v.N != 0) != inverse[row.Name])
		default:
			u.add("Bridge", key, row.Text(v))
		}
	}
	r.tableUnit(u, p.Path, p.VLANs)
}

// tableUnit writes a VLAN table. What the kernel puts in by itself is not taken out by release 252, hence EgressUntagged and
// PVID are said, and VLAN 1 stays.
func (r *rendering) tableUnit(u *unitFile, path string, list []spec.VLAN) {
	for i, v := range list {
		section := fmt.Sprintf("BridgeVLAN %d", i)
		ids := fmt.Sprint(v.First)
		if v.Last > v.First {
			ids += fmt.Sprintf("-%d", v.Last)
		}
		u.add(section, "VLAN", ids)
		if v.PVID {
			u.add(section, "PVID", v.First)
		}
		if v.Untagged {
			u.add(section, "EgressUntagged", ids)
		}
	}
	if list != nil && !slices.ContainsFunc(list, func(v spec.VLAN) bool { return v.First == 1 }) {
		r.lose(path, "vlans", "of release 252 leaves a port in VLAN 1 too, in which the kernel has put it")
	}
}

func (r *rendering) vlansOn(u *unitFile, name string) {
	for _, t := range r.things {
		if t.Parent == name && name != "" {
			u.add("Network", "VLAN", t.Name)
		}
	}
}

// networkdWords are keys of addresses, routes and rules with those of their sections.
var (
	networkdAddress = map[string]string{"address": "Address", "peer": "Peer", "broadcast": "Broadcast", "label": "Label", "scope": "Scope", "nodad": "DuplicateAddressDetection",
		"noprefixroute": "AddPrefixRoute", "preferred_lft": "PreferredLifetime"}
	networkdRoute = map[string]string{"to": "Destination", "via": "Gateway", "metric": "Metric", "table": "Table", "source": "PreferredSource", "onlink": "GatewayOnLink",
		"type": "Type", "scope": "Scope", "mtu": "MTUBytes"}
	networkdRule = map[string]string{"priority": "Priority", "from": "From", "to": "To", "table": "Table", "tos": "TypeOfService", "iif": "IncomingInterface", "oif": "OutgoingInterface",
		"sport": "SourcePort", "dport": "DestinationPort", "ipproto": "IPProtocol", "not": "InvertRule", "uidrange": "User", "suppress_prefixlength": "SuppressPrefixLength",
		"fwmark": "FirewallMark", "type": "Type"}
)

func (r *rendering) networkLayer3(u *unitFile, t *thing) {
	for i, a := range t.list("addresses") {
		e := asTree(a, "address")
		if len(e) == 1 {
			u.add("Network", "Address", e[0].Value)
			continue
		}
		r.section(u, fmt.Sprintf("Address %d", i), e, networkdAddress, t.Addresses[i].Path)
	}
	for _, g := range t.list("gateway") {
		u.add("Network", "Gateway", g)
	}
	for i, e := range t.list("routes") {
		e := slices.Clone(e.(tree))
		if value(e, "to") == "default" {
			for j := range e {
				if e[j].Key == "to" {
					e[j].Value = map[bool]string{true: "::/0", false: "0.0.0.0/0"}[strings.Contains(value(e, "via"), ":")]
				}
			}
		}
		r.section(u, fmt.Sprintf("Route %d", i), e, networkdRoute, t.Routes[i].Path)
	}
	encoded, _ := member(r.doc.Encode(), "rules").([]any)
	for i, rule := range r.doc.Rules {
		if r.ruleHome(rule) != t {
			continue
		}
		e := slices.Clone(encoded[i].(tree))
		if mask := member(e, "fwmask"); mask != nil {
			e = slices.DeleteFunc(e, func(p pairOf) bool { return p.Key == "fwmask" })
			for j := range e {
				if e[j].Key == "fwmark" {
					e[j].Value = fmt.Sprintf("%v/%v", e[j].Value, mask)
				}
			}
		}
		r.section(u, fmt.Sprintf("RoutingPolicyRule %d", i), e, networkdRule, rule.Path)
	}
}

func (r *rendering) section(u *unitFile, name string, e tree, words map[string]string, path string) {
	for _, p := range e {
		key, v := words[p.Key], p.Value
		switch {
		case p.Key == "family":
			key, v = "Family", p.Value
		case key == "":
			r.lose(path, p.Key, "has no option for it")
			continue
		case p.Key == "nodad":
			v = "none"
		case p.Key == "noprefixroute":
			v = false
		case p.Key == "preferred_lft" && v != uint64(0):
			r.lose(path, p.Key, "takes 0 and forever alone")
			continue
		}
		u.add(name, key, v)
	}
}
