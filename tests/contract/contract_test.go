// Package contract holds the model of the kernel (state.Host.Apply) against the kernel. One table of steps: on the model
// alone it says which steps are refused; in the lab (tag lab) each step is also sent to a real kernel, and what the model
// makes of the host before must be what the kernel has made of it.
package contract

import (
	"net/netip"
	"testing"

	"hostnet-module/module/attr"
	"hostnet-module/module/kind"
	"hostnet-module/module/state"
	"hostnet-module/tests/fake"
)

// row is one step and whether it is refused.
type row struct {
	step    state.Step
	refused bool
}

// scenario is a sequence of steps on a host with three bare NICs, up, eth0 with an address and a default route.
type scenario struct {
	name string
	rows []row
}

const bare = `
lo: up
eth0: veth up mtu 1500 address 00:16:3e:00:00:01
  inet 192.0.2.10/24
  inet 2001:db8:16::10/64
eth1: veth up mtu 1500 address 00:16:3e:00:00:02
eth2: veth up mtu 1500 address 00:16:3e:00:00:03
route default via 192.0.2.1 dev eth0
`

func set(k *kind.Kind, pairs ...string) attr.Set {
	var s attr.Set
	for i := 0; i < len(pairs); i += 2 {
		r := k.Row(pairs[i])
		v, err := r.Parse(pairs[i+1])
		if err != nil {
			panic(err)
		}
		s.Put(r, v)
	}
	return s
}

func add(k *kind.Kind, name string, pairs ...string) state.Step {
	return state.Step{Op: state.LinkAdd, Link: name, Kind: k.Name, Attrs: set(k, pairs...)}
}

func vlan(parent, name, id string, pairs ...string) state.Step {
	s := add(kind.VLAN, name, append([]string{"id", id}, pairs...)...)
	s.Parent = parent
	return s
}

func change(k *kind.Kind, name string, pairs ...string) state.Step {
	s := state.Step{Op: state.LinkSet, Link: name, Attrs: set(k, pairs...)}
	if !k.Existing {
		s.Kind = k.Name
	}
	return s
}

func master(name, of string) state.Step {
	return state.Step{Op: state.LinkSet, Link: name, Master: state.To(of)}
}

func queue(member string, id uint64) state.Step {
	return state.Step{Op: state.LinkSet, Link: member, PortKind: "bond", Port: attr.Of(attr.Item{Row: kind.Bond.Port.Must("queue_id"), Value: attr.Num(id)})}
}

func sysctl(name, disable string) state.Step {
	return state.Step{Op: state.Sysctl, Link: name, Attrs: set(nic, "disable_ipv6", disable)}
}

func del(name string) state.Step { return state.Step{Op: state.LinkDel, Link: name} }

// ruleStep adds a policy rule or takes one away.
func ruleStep(op state.Op, from, to string, pairs ...string) state.Step {
	r := state.Rule{Action: state.RuleLookup, Attrs: set(&kind.Kind{Rows: kind.Rule}, pairs...)}
	for _, end := range []struct {
		text string
		to   *netip.Prefix
	}{{from, &r.From}, {to, &r.To}} {
		if end.text != "" {
			*end.to = netip.MustParsePrefix(end.text)
			r.Six = end.to.Addr().Is6()
		}
	}
	return state.Step{Op: op, Rule: &r}
}

// dropping makes a rule one that drops what it matches.
func dropping(s state.Step) state.Step {
	s.Rule.Action = 8
	return s
}

// table adds VLANs to a port's table or takes them out of it.
func table(op state.Op, port string, first, last uint16) state.Step {
	return state.Step{Op: op, Link: port, VLAN: state.VLAN{ID: first}, LastID: last}
}

func tagged(port string, v state.VLAN) state.Step {
	return state.Step{Op: state.VLANAdd, Link: port, VLAN: v}
}

func addr(op state.Op, dev, prefix string) state.Step {
	return state.Step{Op: op, Link: dev, Address: state.Address{Prefix: netip.MustParsePrefix(prefix), Valid: state.Forever, Preferred: state.Forever}}
}

func route(op state.Op, dst, via, dev string) state.Step {
	r := state.Route{Dst: netip.MustParsePrefix(dst), Dev: dev, Table: state.TableMain, Type: state.TypeUnicast, Proto: state.ProtoStatic}
	if via != "" {
		r.Via = netip.MustParseAddr(via)
	}
	if !r.Is4() {
		r.Metric = state.Metric6
	}
	return state.Step{Op: op, Route: &r, Replace: r.Is4() && op == state.RouteAdd}
}

// instead makes a route step one that takes the slot.
func instead(s state.Step) state.Step { s.Replace = true; return s }

func ok(steps ...state.Step) []row {
	rows := make([]row, len(steps))
	for i, s := range steps {
		rows[i] = row{step: s}
	}
	return rows
}

func refused(s state.Step) []row { return []row{{s, true}} }

func rows(lists ...[]row) []row {
	var all []row
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

var nic = kind.Ethernet

var scenarios = []scenario{
	{"a bond and its members", rows(
		ok(add(kind.Bond, "bond0", "mode", "active-backup", "miimon", "100", "mac", "00:16:3e:00:00:01", "up", "true")),
		refused(master("eth1", "bond0")),
		ok(change(nic, "eth1", "up", "false"), master("eth1", "bond0")),
		refused(change(kind.Bond, "bond0", "mode", "802.3ad")),
		ok(change(kind.Bond, "bond0", "miimon", "50")),
		refused(state.Step{Op: state.LinkSet, Link: "eth2", Master: state.To("bond0"), Attrs: set(nic, "up", "true")}),
		ok(state.Step{Op: state.LinkSet, Link: "eth2", Master: state.To("bond0"), Attrs: set(nic, "up", "false")}),
		ok(queue("eth1", 3)), refused(queue("eth2", 3)), ok(queue("eth2", 4), queue("eth1", 0), queue("eth2", 3)),
		ok(change(kind.Bond, "bond0", "mac", "00:16:3e:00:00:99"), change(kind.Bond, "bond0", "mtu", "1400")),
		ok(master("eth1", ""), master("eth2", "")),
		refused(change(kind.Bond, "bond0", "mode", "802.3ad")),
		ok(change(kind.Bond, "bond0", "up", "false"), change(kind.Bond, "bond0", "mode", "802.3ad", "lacp_rate", "fast")),
		ok(del("bond0")),
		refused(del("bond0")),
	)},
	{"VLANs of a bond", rows(
		ok(add(kind.Bond, "bond0", "mode", "active-backup", "mac", "00:16:3e:00:00:01")),
		refused(vlan("bond0", "bond0.16", "16", "up", "true")),
		ok(vlan("bond0", "bond0.16", "16")),
		refused(vlan("bond0", "other", "16")),
		refused(vlan("bond0", "bond0.32", "32", "mtu", "1600")),
		refused(change(kind.VLAN, "bond0.16", "up", "true")),
		ok(change(kind.Bond, "bond0", "up", "true"), vlan("bond0", "bond0.32", "32", "up", "true", "mtu", "1400")),
		ok(addr(state.AddrAdd, "bond0.32", "198.51.100.10/24"), addr(state.AddrAdd, "bond0.32", "2001:db8:32::10/64"),
			route(state.RouteAdd, "203.0.113.0/24", "198.51.100.1", "bond0.32")),
		refused(change(kind.VLAN, "bond0.32", "mtu", "1600")),
		ok(change(kind.Bond, "bond0", "mtu", "1300"), change(kind.Bond, "bond0", "mtu", "1500")),
		ok(change(kind.Bond, "bond0", "up", "false"), change(kind.Bond, "bond0", "up", "true")),
		ok(change(kind.VLAN, "bond0.32", "gvrp", "true")),
		ok(del("bond0")),
	)},
	{"a bridge and its ports", rows(
		ok(add(kind.Bridge, "br0", "mac", "00:16:3e:00:00:01", "up", "true", "forward_delay", "400")),
		ok(master("eth1", "br0"), addr(state.AddrAdd, "br0", "198.51.100.10/24"), addr(state.AddrAdd, "br0", "2001:db8:32::10/64")),
		ok(change(kind.Bridge, "br0", "vlan_filtering", "true")),
		ok(state.Step{Op: state.VLANDel, Link: "br0", Self: true, VLAN: state.VLAN{ID: 1}}),
		ok(state.Step{Op: state.VLANAdd, Link: "br0", Self: true, VLAN: state.VLAN{ID: 1, PVID: true, Untagged: true}}),
		ok(state.Step{Op: state.LinkSet, Link: "eth1", PortKind: "bridge", Port: attr.Of(attr.Item{Row: kind.Bridge.Port.Must("isolated"), Value: attr.On(true)})}),
		ok(master("eth2", "br0"), master("eth1", "")),
		ok(state.Step{Op: state.LinkSet, Link: "br0", Attrs: attr.Of(attr.Item{Row: kind.AddrGenMode, Value: attr.Num(1)})}),
		ok(change(kind.Bridge, "br0", "up", "false"), change(kind.Bridge, "br0", "up", "true")),
		ok(addr(state.AddrAdd, "br0", "2001:db8:32::10/64"), route(state.RouteAdd, "2001:db8:99::/64", "2001:db8:32::1", "br0")),
		ok(sysctl("br0", "true")),
		refused(addr(state.AddrAdd, "br0", "2001:db8:32::10/64")),
		ok(sysctl("br0", "false"), addr(state.AddrAdd, "br0", "2001:db8:32::10/64")),
		refused(sysctl("br9", "true")),
		ok(del("br0")),
	)},
	{"a bridge whose MTU was given when it was made", rows(
		ok(add(kind.Bridge, "br0", "mtu", "1400", "up", "true"), master("eth1", "br0")),
		ok(change(nic, "eth1", "mtu", "1450"), master("eth2", "br0"), change(nic, "eth1", "mtu", "1600")),
		ok(vlan("br0", "br0.5", "5"), change(nic, "eth2", "mtu", "1300")),
		ok(master("eth2", ""), master("eth1", ""), master("eth1", "br0"), master("eth1", "")),
	)},
	{"a bridge whose MTU was set afterwards", rows(
		ok(add(kind.Bridge, "br0", "up", "true"), change(kind.Bridge, "br0", "mtu", "1500"), change(nic, "eth1", "mtu", "1450"), master("eth1", "br0")),
		ok(change(kind.Bridge, "br0", "mtu", "1400"), master("eth2", "br0"), change(nic, "eth2", "mtu", "1300")),
		ok(change(kind.Bridge, "br0", "mtu", "1450"), master("eth2", ""), master("eth1", "")),
	)},
	{"the MTU of what a bond lets go", rows(
		ok(change(nic, "eth1", "mtu", "1400"), change(nic, "eth2", "mtu", "9000")),
		ok(add(kind.Bond, "bond0", "mode", "active-backup", "up", "true")),
		ok(change(nic, "eth1", "up", "false"), master("eth1", "bond0"), change(nic, "eth2", "up", "false"), master("eth2", "bond0")),
		ok(change(kind.Bond, "bond0", "mtu", "1300"), change(nic, "eth1", "mtu", "1250")),
		ok(add(kind.Bridge, "br0", "up", "true"), master("eth1", "br0"), change(nic, "eth1", "up", "true")),
		ok(vlan("eth2", "eth2.7", "7"), change(kind.Bond, "bond0", "mtu", "9100")),
		ok(del("bond0")),
	)},
	{"a bridge on a VLAN, without IPv6", rows(
		ok(add(kind.Bond, "bond0", "mode", "active-backup", "up", "true")),
		ok(change(nic, "eth1", "up", "false"), master("eth1", "bond0")),
		ok(add(kind.Bridge, "br0", "vlan_filtering", "true")),
		refused(state.Step{Op: state.LinkAdd, Link: "br1", Kind: "bridge", Attrs: attr.Of(attr.Item{Row: kind.AddrGenMode, Value: attr.Num(1)})}),
		ok(state.Step{Op: state.VLANDel, Link: "br0", Self: true, VLAN: state.VLAN{ID: 1}}),
		ok(state.Step{Op: state.LinkSet, Link: "br0", Attrs: attr.Of(attr.Item{Row: kind.AddrGenMode, Value: attr.Num(1)}, attr.Item{Row: kind.Up, Value: attr.On(true)})}),
		ok(vlan("bond0", "bond0.48", "48")),
		ok(state.Step{Op: state.LinkSet, Link: "bond0.48", Master: state.To("br0"),
			Attrs: attr.Of(attr.Item{Row: kind.AddrGenMode, Value: attr.Num(1)}, attr.Item{Row: kind.Up, Value: attr.On(true)})}),
		ok(del("bond0.48"), del("br0"), del("bond0")),
	)},
	{"policy rules", rows(
		ok(ruleStep(state.RuleAdd, "198.51.100.0/24", "", "priority", "100", "table", "100")),
		refused(ruleStep(state.RuleAdd, "198.51.100.0/24", "", "priority", "100", "table", "100")),
		ok(ruleStep(state.RuleAdd, "", "203.0.113.0/24", "priority", "100", "table", "300"), ruleStep(state.RuleAdd, "198.51.100.0/24", "", "priority", "99", "table", "254")),
		ok(ruleStep(state.RuleAdd, "198.51.100.0/24", "203.0.113.0/25", "fwmark", "16", "fwmask", "255", "iif", "eth0", "priority", "50", "uidrange", "5-10",
			"ipproto", "6", "sport", "53", "dport", "80-90", "table", "100", "suppress_prefixlength", "0")),
		ok(ruleStep(state.RuleAdd, "2001:db8:32::/64", "", "priority", "100", "table", "100"), ruleStep(state.RuleAdd, "2001:db8:33::/64", "", "priority", "7", "table", "1000")),
		ok(ruleStep(state.RuleDel, "198.51.100.0/24", "", "priority", "100", "table", "100")),
		refused(ruleStep(state.RuleDel, "198.51.100.0/24", "", "priority", "100", "table", "100")),
		refused(ruleStep(state.RuleDel, "2001:db8:99::/64", "", "priority", "100", "table", "100")),
		ok(dropping(ruleStep(state.RuleAdd, "192.0.2.0/24", "", "priority", "8")), dropping(ruleStep(state.RuleDel, "192.0.2.0/24", "", "priority", "8"))),
		ok(ruleStep(state.RuleDel, "2001:db8:32::/64", "", "priority", "100", "table", "100")),
	)},
	{"VLAN tables", rows(
		ok(add(kind.Bridge, "br0", "vlan_filtering", "true", "up", "true"), master("eth1", "br0"), master("eth2", "br0")),
		ok(table(state.VLANAdd, "eth1", 100, 110), table(state.VLANAdd, "eth1", 105, 0), table(state.VLANDel, "eth1", 103, 107)),
		ok(tagged("eth1", state.VLAN{ID: 32, PVID: true, Untagged: true}), tagged("eth1", state.VLAN{ID: 33, PVID: true}), tagged("eth1", state.VLAN{ID: 33})),
		ok(table(state.VLANDel, "eth1", 1, 0), table(state.VLANDel, "eth1", 1, 0)),
		ok(state.Step{Op: state.VLANAdd, Link: "br0", Self: true, VLAN: state.VLAN{ID: 200}, LastID: 210}),
		ok(change(kind.Bridge, "br0", "vlan_default_pvid", "7")),
		ok(change(kind.Bridge, "br0", "vlan_default_pvid", "0"), change(kind.Bridge, "br0", "vlan_default_pvid", "105")),
		ok(change(kind.Bridge, "br0", "vlan_default_pvid", "1"), master("eth1", ""), master("eth1", "br0")),
		ok(state.Step{Op: state.VLANDel, Link: "br0", Self: true, VLAN: state.VLAN{ID: 1}, LastID: 4094}),
		ok(change(kind.Bridge, "br0", "vlan_default_pvid", "9")),
		ok(change(kind.Bridge, "br0", "vlan_filtering", "false"), table(state.VLANDel, "eth1", 1, 4094), table(state.VLANAdd, "eth1", 1, 4094)),
		ok(del("br0")),
	)},
	{"addresses and routes", rows(
		ok(addr(state.AddrAdd, "eth0", "192.0.2.11/24"), addr(state.AddrAdd, "eth0", "198.51.100.10/24")),
		ok(addr(state.AddrAdd, "eth0", "192.0.2.10/24")),
		refused(addr(state.AddrDel, "eth0", "192.0.2.99/24")),
		ok(route(state.RouteAdd, "203.0.113.0/24", "198.51.100.1", "eth0")),
		refused(route(state.RouteAdd, "203.0.113.0/24", "10.9.9.9", "eth0")),
		ok(route(state.RouteAdd, "203.0.113.0/24", "192.0.2.1", "eth0")),
		refused(route(state.RouteDel, "203.0.113.0/25", "", "eth0")),
		ok(route(state.RouteAdd, "::/0", "2001:db8:16::1", "eth0"), route(state.RouteAdd, "2001:db8:99::/64", "2001:db8:16::2", "eth0")),
		ok(route(state.RouteAdd, "::/0", "2001:db8:16::1", "eth0")),
		ok(addr(state.AddrDel, "eth0", "192.0.2.10/24")),
		ok(route(state.RouteDel, "203.0.113.0/24", "192.0.2.1", "eth0")),
		ok(change(nic, "eth0", "up", "false")),
		refused(route(state.RouteAdd, "203.0.113.0/24", "198.51.100.1", "eth0")),
		ok(change(nic, "eth0", "up", "true")),
		ok(addr(state.AddrDel, "eth0", "198.51.100.10/24")),
		refused(addr(state.AddrAdd, "eth9", "192.0.2.11/24")),
	)},
	{"IPv6 routes in one slot", rows(
		ok(addr(state.AddrAdd, "eth1", "2001:db8:32::10/64")),
		ok(route(state.RouteAdd, "::/0", "2001:db8:16::1", "eth0"), route(state.RouteAdd, "::/0", "2001:db8:32::1", "eth1")),
		ok(instead(route(state.RouteAdd, "::/0", "2001:db8:32::2", "eth1"))),
		ok(instead(route(state.RouteAdd, "::/0", "2001:db8:16::1", "eth0"))),
		ok(route(state.RouteDel, "::/0", "2001:db8:16::1", "eth0")),
	)},
	{"the last IPv4 address takes the routes along", ok(addr(state.AddrDel, "eth0", "192.0.2.10/24"))},
	{"an IPv6 address with another prefix length", rows(
		ok(addr(state.AddrAdd, "eth0", "2001:db8:16::10/96")), // success, and nothing has changed
		ok(addr(state.AddrDel, "eth0", "2001:db8:16::10/64"), addr(state.AddrAdd, "eth0", "2001:db8:16::10/96")),
	)},
}

func TestModel(t *testing.T) {
	for _, sc := range scenarios {
		h, err := fake.Parse(bare)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range sc.rows {
			before := h.String()
			err := h.Apply(r.step)
			if (err != nil) != r.refused {
				t.Errorf("%s: %s: got %v, want a refusal: %v", sc.name, r.step, err, r.refused)
			}
			if err != nil && h.String() != before {
				t.Errorf("%s: %s was refused and yet changed the host", sc.name, r.step)
			}
		}
	}
}
