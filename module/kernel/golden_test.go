package kernel

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"hostnet-module/module/attr"
	"hostnet-module/module/kind"
	"hostnet-module/module/state"
)

// Our messages are held against those that iproute2 sends for the very line as which a step prints itself: golden.txt has the
// bytes, captured in the lab (golden_lab_test.go). So the encoding is proved by bytes that we did not write, and the printing by a
// program that has to understand it.

// goldenLinks are the links that the steps speak of, by index, so that the bytes are the same on each capture.
var goldenLinks = map[string]uint32{"eth0": 101, "eth1": 102, "bond0": 110, "bond0.5": 111, "br0": 120, "tap0": 121}

func goldenIndex(name string) (uint32, error) {
	if index, ok := goldenLinks[name]; ok {
		return index, nil
	}
	return 0, fmt.Errorf("no link %q", name)
}

func item(t attr.Table, name, text string) attr.Item {
	r := t.Must(name)
	v, err := r.Parse(text)
	if err != nil {
		panic(fmt.Sprintf("%s %s: %v", name, text, err))
	}
	return attr.Item{Row: r, Value: v}
}

// items reads «name value name value …».
func items(t attr.Table, words string) attr.Set {
	var s attr.Set
	fields := strings.Fields(words)
	for i := 0; i+1 < len(fields); i += 2 {
		it := item(t, fields[i], fields[i+1])
		s.Put(it.Row, it.Value)
	}
	return s
}

func join(sets ...attr.Set) attr.Set {
	var all attr.Set
	for _, s := range sets {
		all.Merge(s)
	}
	return all
}

// samples are two values of a row: what most rows take is taken from the row itself.
func samples(r *attr.Row) []string {
	switch {
	case r.Name == "mac":
		return []string{"02:00:00:00:00:01"}
	case r.Type == attr.MAC && r.Name == "group_address":
		return []string{"01:80:c2:00:00:0e", "01:80:c2:00:00:04"}
	case r.Type == attr.MAC:
		return []string{"02:00:00:00:00:05", "02:00:00:00:00:06"}
	case r.Type == attr.IP4s:
		return []string{"192.0.2.1,192.0.2.2", "192.0.2.3"}
	case r.Type == attr.IP6s:
		return []string{"2001:db8::1,2001:db8::2", "2001:db8::3"}
	case r.Type == attr.Index:
		return []string{"eth1", "eth0"}
	case r.Type == attr.Map:
		return []string{"0:1,2:3", "2:0"}
	case r.Barred != 0:
		return []string{"904", "0"}
	case r.Type == attr.Text:
		return []string{"a net, with blanks", "b"}
	case r.Name == "ad_select":
		return []string{"count", "stable"}
	case len(r.Names) > 0:
		return []string{r.Names[len(r.Names)-1].Text, r.Names[0].Text}
	case r.Type == attr.Bool || r.Type == attr.Bit || r.Type == attr.Flag:
		return []string{"true", "false"}
	case r.Type == attr.S32:
		return []string{"-7", "9"}
	}
	top := r.Max
	if top == 0 || top > 900 {
		top = min(900, max(top, 900))
	}
	return []string{fmt.Sprint(max(top, r.Min)), fmt.Sprint(r.Min)}
}

// unspoken are rows that the lab's iproute2 (6.15) has no word for, most of them newer than it; two it takes as «bridge link set» only.
var unspoken = map[string]bool{"broadcast_neighbor": true, "lacp_strict": true, "actor_port_prio": true, "stp_mode": true, "fdb_local_vlan_0": true,
	"mdb_offload_fail_notification": true, "neigh_forward_grat": true, "mcast_eht_hosts_limit": true, "mcast_max_groups": true}

// goldenSteps are one creation and one change for each kind as documents have them, and one change for each settable row.
func goldenSteps() []state.Step {
	bond, vlan, bridge := kind.Bond, kind.VLAN, kind.Bridge
	steps := []state.Step{
		{Op: state.LinkAdd, Link: "n0", Kind: "bond"},
		{Op: state.LinkAdd, Link: "n0", Kind: "bond", Index: 130, Attrs: join(
			items(kind.Common, "mac 02:00:00:00:00:01 mtu 9000 up 1"), items(bond.Rows, "mode active-backup miimon 100 updelay 200 primary eth0 arp_all_targets all"))},
		{Op: state.LinkAdd, Link: "n0", Kind: "bond", Attrs: items(bond.Rows,
			"mode active-backup arp_interval 200 arp_ip_target 192.0.2.1,192.0.2.2 ns_ip6_target 2001:db8::1 arp_validate all missed_max 3")},
		{Op: state.LinkAdd, Link: "n0", Kind: "bond", Attrs: items(bond.Rows,
			"mode 802.3ad miimon 100 lacp_rate fast ad_select count ad_actor_sys_prio 7 ad_user_port_key 9 ad_actor_system 02:00:00:00:00:07 xmit_hash_policy layer3+4 lacp_active off")},
		{Op: state.LinkAdd, Link: "n0", Parent: "bond0", Kind: "vlan", Index: 131, Attrs: join(
			items(kind.Common, "mtu 1400"), items(vlan.Rows, "id 16 protocol 802.1ad reorder_hdr off gvrp on loose_binding on ingress_qos_map 0:1,7:4294967295 egress_qos_map 3:7"))},
		{Op: state.LinkAdd, Link: "n0", Parent: "bond0", Kind: "vlan", Master: state.To("br0"), Attrs: join(items(kind.Common, "up 1"), items(vlan.Rows, "id 17"))},
		{Op: state.LinkAdd, Link: "n0", Kind: "bridge", Index: 132, Attrs: join(items(kind.Common, "mac 02:00:00:00:00:01 description net16"), items(bridge.Rows,
			"stp_state on forward_delay 400 hello_time 100 max_age 600 ageing_time 0 priority 4096 vlan_filtering 1 vlan_protocol 802.1ad vlan_default_pvid 0 group_fwd_mask 8 mcast_snooping 0 nf_call_iptables 1"))},
		{Op: state.LinkAdd, Link: "n0", Kind: "bridge", Attrs: items(bridge.Rows,
			"vlan_filtering 1 mcast_query_interval 2500 mcast_hash_max 8192 mcast_igmp_version 3 no_linklocal_learn 1 mcast_vlan_snooping 1 fdb_max_learned 100")},
		{Op: state.LinkSet, Link: "eth0", Master: state.To("bond0")},
		{Op: state.LinkSet, Link: "eth0", Master: state.To(""), Attrs: items(kind.Common, "up 0")},
		{Op: state.LinkSet, Link: "eth0", Attrs: items(kind.Common, "addrgenmode none up 1 mtu 1400")},
		{Op: state.LinkSet, Link: "br0", Attrs: attr.Of(attr.Item{Row: kind.Description, Value: attr.Str("")})},
		{Op: state.LinkSet, Link: "br0", Attrs: attr.Of(attr.Item{Row: kind.Description, Value: attr.Str(strings.Repeat("x", 255))})},
		{Op: state.LinkSet, Link: "bond0.5", Kind: "vlan", Attrs: items(vlan.Rows, "reorder_hdr off mvrp on")},
		{Op: state.LinkSet, Link: "bond0", Kind: "bond", Attrs: items(bond.Rows, "miimon 100 downdelay 200 primary eth1")},
		{Op: state.LinkSet, Link: "bond0", Kind: "bond", Attrs: attr.Of(attr.Item{Row: bond.Rows.Must("arp_ip_target"), Value: attr.Str("")})},
		{Op: state.LinkSet, Link: "bond0", Kind: "bond", Attrs: attr.Of(attr.Item{Row: bond.Rows.Must("ns_ip6_target"), Value: attr.Str("")})},
		{Op: state.LinkSet, Link: "tap0", PortKind: "bridge", Port: items(bridge.Port, "priority 8 cost 50 hairpin on isolated on")},
	}
	for _, k := range []*kind.Kind{bond, vlan, bridge} {
		link := map[*kind.Kind]string{bond: "bond0", vlan: "bond0.5", bridge: "br0"}[k]
		port := map[*kind.Kind]string{bond: "eth0", bridge: "tap0"}[k]
		for _, r := range k.Rows {
			for _, text := range samples(r) {
				if (!r.SeeOnly || r.Back != nil) && r.When&attr.Never == 0 && !unspoken[r.Name] {
					steps = append(steps, state.Step{Op: state.LinkSet, Link: link, Kind: k.Name, Attrs: items(k.Rows, r.Name+" "+text)})
				}
			}
		}
		for _, r := range k.Port {
			if r.SeeOnly || unspoken[r.Name] {
				continue
			}
			for _, text := range samples(r) {
				steps = append(steps, state.Step{Op: state.LinkSet, Link: port, PortKind: k.Name, Port: items(k.Port, r.Name+" "+text)})
			}
		}
	}
	return append(append(steps, goldenIP()...), state.Step{Op: state.LinkDel, Link: "bond0.5"})
}

func goldenIP() []state.Step {
	p, a := netip.MustParsePrefix, netip.MustParseAddr
	addr := func(text string) state.Address {
		return state.Address{Prefix: p(text), Valid: state.Forever, Preferred: state.Forever}
	}
	with := func(a state.Address, change func(*state.Address)) state.Address { change(&a); return a }
	addresses := []state.Address{
		addr("192.0.2.10/24"), addr("2001:db8::10/64"), addr("192.0.2.4/31"), addr("192.0.2.9/32"),
		with(addr("192.0.2.11/24"), func(x *state.Address) { x.Broadcast, x.Label = a("192.0.2.255"), "br0:1" }),
		with(addr("169.254.1.1/16"), func(x *state.Address) { x.Scope = state.ScopeLink }),
		with(addr("192.0.2.12/24"), func(x *state.Address) { x.Flags, x.Valid, x.Preferred = state.FlagNoPrefixRoute, 3600, 1800 }),
		with(addr("2001:db8::11/64"), func(x *state.Address) { x.Flags, x.Valid, x.Preferred = state.FlagNodad, 3600, 0 }),
		with(addr("2001:db8::12/64"), func(x *state.Address) { x.Flags = state.FlagNodad | state.FlagNoPrefixRoute | state.FlagHome }),
		with(addr("192.0.2.13/32"), func(x *state.Address) { x.Peer = p("192.0.2.14/32") }),
		with(addr("2001:db8::13/128"), func(x *state.Address) { x.Peer = p("2001:db8::14/128") }),
	}
	routes := []state.Route{
		{Dst: p("0.0.0.0/0"), Via: a("192.0.2.1"), Dev: "br0"},
		{Dst: p("::/0"), Via: a("2001:db8::1"), Dev: "br0"},
		{Dst: p("::/0"), Via: a("fe80::1"), Dev: "br0", Metric: 1024},
		{Dst: p("198.51.100.0/24"), Dev: "br0"},
		{Dst: p("198.51.100.0/24"), Dev: "br0", Src: a("192.0.2.10"), Metric: 50, Table: 77},
		{Dst: p("198.51.100.0/24"), Via: a("192.0.2.1"), Dev: "br0", Table: 1000, MTU: 1400, Onlink: true},
		{Dst: p("198.51.100.0/24"), Via: a("fe80::1"), Dev: "br0"},
		{Dst: p("203.0.113.0/24"), Type: 6}, {Dst: p("203.0.113.0/24"), Type: 7}, {Dst: p("2001:db8:5::/48"), Type: 8, Metric: 5},
		{Dst: p("198.51.100.0/24"), Hops: []state.Hop{{Dev: "br0", Via: a("192.0.2.1"), Weight: 2}, {Dev: "bond0", Via: a("192.0.2.2"), Weight: 1, Onlink: true}}},
		{Dst: p("2001:db8:6::/48"), Hops: []state.Hop{{Dev: "br0", Via: a("2001:db8::1"), Weight: 1}, {Dev: "br0", Via: a("2001:db8::2"), Weight: 3}}},
	}
	var steps []state.Step
	for _, x := range addresses {
		steps = append(steps, state.Step{Op: state.AddrAdd, Link: "br0", Address: x}, state.Step{Op: state.AddrDel, Link: "br0", Address: x})
	}
	for _, r := range routes {
		steps = append(steps, state.Step{Op: state.RouteAdd, Route: &r, Replace: r.Is4()}, state.Step{Op: state.RouteDel, Route: &r})
	}
	for _, r := range goldenRules() {
		steps = append(steps, state.Step{Op: state.RuleAdd, Rule: &r})
		if r.Attrs.N("l3mdev") == 0 { // iproute2 then does not say what the rule does
			steps = append(steps, state.Step{Op: state.RuleDel, Rule: &r})
		}
	}
	for _, v := range []state.VLAN{{ID: 5}, {ID: 6, PVID: true, Untagged: true}, {ID: 7, Untagged: true}} {
		for _, op := range []state.Op{state.VLANAdd, state.VLANDel} {
			steps = append(steps, state.Step{Op: op, Link: "tap0", VLAN: v}, state.Step{Op: op, Link: "br0", VLAN: v, Self: true})
			if !v.PVID {
				steps = append(steps, state.Step{Op: op, Link: "tap0", VLAN: v, LastID: 4094}, state.Step{Op: op, Link: "br0", VLAN: v, LastID: v.ID + 1, Self: true})
			}
		}
	}
	return steps
}

func goldenRules() []state.Rule {
	prefix := netip.MustParsePrefix
	return []state.Rule{
		{From: prefix("198.51.100.0/24"), Action: state.RuleLookup, Attrs: items(kind.Rule, "priority 100 table 100")},
		{To: prefix("203.0.113.0/24"), Not: true, Action: state.RuleLookup, Attrs: items(kind.Rule, "priority 32000 table 1000 suppress_prefixlength 0")},
		{From: prefix("198.51.100.7/32"), To: prefix("203.0.113.0/24"), TOS: 16, Action: state.RuleLookup, Attrs: items(kind.Rule,
			"fwmark 16 fwmask 255 iif eth0 oif eth1 priority 9 uidrange 1000-1999 ipproto 6 sport 53-53 dport 80-90 table 254 suppress_ifgroup 7")},
		{Six: true, From: prefix("2001:db8:32::/48"), Action: 7, Attrs: items(kind.Rule, "priority 11")},
		{Six: true, Action: state.RuleLookup, Attrs: items(kind.Rule, "priority 12 l3mdev true")},
	}
}

// readGolden reads pairs of lines: «$ ip …», then the message in hex.
func readGolden(t *testing.T, path string) map[string]request {
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	golden := map[string]request{}
	line := ""
	for text := range strings.Lines(string(b)) {
		text = strings.TrimSuffix(text, "\n")
		if cmd, ok := strings.CutPrefix(text, "$ "); ok {
			line = cmd
			continue
		}
		if raw, err := hex.DecodeString(text); err == nil && text != "" {
			r, err := split(raw)
			if err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			golden[line] = r
		}
	}
	return golden
}

// agree compares our message with iproute2's, but for what is meant to differ.
func agree(t *testing.T, s state.Step, theirs request) {
	t.Helper()
	ours, err := encode(s, goldenIndex)
	if err != nil {
		t.Errorf("%s: %v", s, err)
		return
	}
	ours, theirs = meant(s, ours), meant(s, theirs)
	port := s.PortKind + "_slave"
	said := strings.Replace(theirs.print(), fmt.Sprintf("  18.1 %x %q\n", port, port), fmt.Sprintf("  18.4 %x %q\n", s.PortKind, s.PortKind), 1)
	if diff := cmp.Diff(said, ours.print()); diff != "" {
		t.Errorf("%s: iproute2 (-), we (+):\n%s", s, diff)
	}
}

// meant takes out the differences that are meant:
//   - ports (in agree): iproute2 names the kind «bridge_slave» in IFLA_INFO_KIND, which no kind is; we name the master's kind in
//     IFLA_INFO_SLAVE_KIND, where the kernel itself has it in dumps (net/core/rtnetlink.c goes by the master that the port has);
//   - routes: iproute2 writes protocol boot, we static, since they are configuration;
//   - a route that goes: iproute2 leaves the type open where it is unicast, we do not;
//   - iproute2 writes :: for an IPv6 default route's destination, of which the kernel takes no bits.
func meant(s state.Step, r request) request {
	r.payload = append([]byte(nil), r.payload...)
	if s.Op == state.RouteAdd {
		r.payload[5] = 0
	}
	if s.Op == state.RouteDel && r.payload[7] == state.TypeUnicast {
		r.payload[7] = 0
	}
	if (s.Op == state.RouteAdd || s.Op == state.RouteDel) && r.payload[1] == 0 {
		r.payload = without(r.payload, unix.SizeofRtMsg, unix.RTA_DST)
	}
	return r
}

// without takes an attribute out of a message.
func without(payload []byte, header int, num uint16) []byte {
	out := append([]byte(nil), payload[:header]...)
	attr.Walk(payload[header:], func(n uint16, p []byte) {
		if n != num {
			out = attr.Append(out, n, p)
		}
	})
	return out
}

func TestGolden(t *testing.T) {
	golden := readGolden(t, "testdata/golden.txt")
	for _, s := range goldenSteps() {
		theirs, ok := golden[s.String()]
		if !ok {
			t.Errorf("%s: not in golden.txt; capture it (see golden_lab_test.go)", s)
			continue
		}
		agree(t, s, theirs)
	}
}
