//go:build lab

package kernel

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"hostnet-module/module/attr"
	"hostnet-module/module/kind"
	"hostnet-module/module/state"
)

// These tests hold every settable row of the tables against the running kernel: what is given at creation and what is changed
// afterwards reads back, by us and by iproute2; the kernel takes a change when the row says so and refuses it when it says not.
// Rows that are newer than the kernel are not there: nearly all it takes in silence, and nothing comes of it (features.go).

// group is one link that is made with the first value of every row in one message and changed to the second values one by one.
type group struct {
	base string // what stays
	rows string // «name first second», with semicolons
}

var bondGroups = []group{
	{"mode active-backup", `miimon 100 50; updelay 200 300; downdelay 300 200; peer_notif_delay 400 500; primary m1 m0; primary_reselect better failure
		num_grat_arp 4 255; resend_igmp 3 255; all_slaves_active 1 0; min_links 1 0; lp_interval 5 2147483647; use_carrier 1 1; fail_over_mac active follow`},
	{"mode active-backup", `arp_interval 200 300; arp_ip_target 192.0.2.1,192.0.2.2 192.0.2.3; ns_ip6_target 2001:db8::1 2001:db8::3,2001:db8::4
		arp_validate backup all; arp_all_targets all any; missed_max 3 255`},
	{"miimon 100", `mode 802.3ad balance-xor; xmit_hash_policy layer3+4 vlan+srcmac`},
	{"mode 802.3ad miimon 100", `lacp_rate fast slow; lacp_active off on; coupled_control off on; lacp_strict on off; broadcast_neighbor on off; ad_select bandwidth count; ad_actor_sys_prio 7 65535; ad_user_port_key 9 1023
		ad_actor_system 02:00:00:00:00:05 02:00:00:00:00:06`},
	{"mode balance-tlb miimon 100", `tlb_dynamic_lb 0 1`},
	{"mode balance-rr miimon 100", `packets_per_slave 3 65535`},
}

var vlanGroups = []group{
	{"", `id 5 4094; protocol 802.1ad 802.1Q; reorder_hdr on off; gvrp on off; loose_binding on off; mvrp on off; bridge_binding on off
		ingress_qos_map 0:1,2:3 2:0,7:4294967295; egress_qos_map 0:1,2:3,4294967295:7 2:0,5:6`},
}

// Timers with values that no tick divides; STP is off, so that forward_delay may be anything.
var bridgeGroups = []group{
	{"", `forward_delay 401 0; hello_time 101 999; max_age 601 3999; ageing_time 0 29999; priority 4096 65535; vlan_filtering 1 0; vlan_protocol 802.1ad 802.1Q
		vlan_default_pvid 0 4094; group_fwd_mask 8 65528; group_address 01:80:c2:00:00:0e 01:80:c2:00:00:04; mcast_snooping 0 1; mcast_router 2 0
		mcast_querier 1 0; mcast_query_use_ifaddr 1 0; nf_call_iptables 1 0; nf_call_ip6tables 1 0; nf_call_arptables 1 0; vlan_stats_enabled 1 0
		mcast_hash_max 8192 512; mcast_last_member_count 5 1; mcast_startup_query_count 3 1; mcast_last_member_interval 201 301; mcast_membership_interval 5001 9999
		mcast_querier_interval 5001 9999; mcast_query_interval 2501 100; mcast_query_response_interval 501 901; mcast_startup_query_interval 2501 100
		mcast_stats_enabled 1 0; mcast_igmp_version 3 2; mcast_mld_version 2 1; no_linklocal_learn 1 0; mdb_offload_fail_notification 1 0; fdb_local_vlan_0 1 0
		fdb_max_learned 7 4294967295; stp_mode user auto`},
	{"forward_delay 1000", `stp_state on off`},
	{"vlan_filtering 1", `mcast_vlan_snooping 1 0`},
	{"vlan_default_pvid 0", `mst_enabled 1 0`},
	{"", `vlan_stats_per_port 1 0`},
}

// portGroups are by the master's kind; the base is the master's.
var portGroups = map[*kind.Kind][]group{
	kind.Bridge: {
		{"", `priority 63 0; cost 1 65535; hairpin on off; guard on off; root_block on off; fastleave on off; learning off on; flood off on
			mcast_flood off on; bcast_flood off on; neigh_suppress on off; isolated on off; locked on off; proxy_arp on off; proxy_arp_wifi on off
			mcast_to_unicast on off; vlan_tunnel on off; mcast_router 2 0; group_fwd_mask 8 65533; backup_port parent p1; mcast_eht_hosts_limit 100 4294967295
			mcast_max_groups 5 0; neigh_vlan_suppress on off; backup_nhid 5 0; neigh_forward_grat off on`},
		{"", `learning on on; locked on on; mab on off`},
	},
	kind.Bond: {{"mode active-backup", `queue_id 1 0; prio -7 9`}, {"mode 802.3ad", `actor_port_prio 7 65535`}},
}

// known are the rows of a set that the running kernel has. The others are tried on a link of their own: nothing comes of them,
// unless the kernel refuses them (bits of multi_boolopt, since 6.12 or so).
func (b *bench) known(k *kind.Kind, s attr.Set, base string) attr.Set {
	b.Helper()
	return s.Filter(func(r *attr.Row) bool {
		has := b.k.Has(k.Module, r.Since.Release, r.Since.Name)
		if !has && r.Place == attr.Data {
			v, _ := s.Get(r.Name)
			err := b.do(state.Step{Op: state.LinkAdd, Link: "old", Kind: k.Name, Attrs: join(items(k.Rows, base), attr.Of(attr.Item{Row: r, Value: v}))})
			b.Logf("not in %s: %s; it says %v", b.k.Release(), r.Name, err)
			if err == nil {
				if l := b.link("old"); l.Attrs.Has(r.Name) {
					b.Errorf("%s is newer than this kernel (%s), which reports it nevertheless", r.Name, b.k.Release())
				}
				b.must(state.Step{Op: state.LinkDel, Link: "old"})
			}
		}
		return has
	})
}

// values reads a group: the base, and for each row its two values.
func (g group) values(t attr.Table) (first, second attr.Set) {
	for _, words := range strings.FieldsFunc(g.rows, func(r rune) bool { return r == ';' || r == '\n' }) {
		w := strings.Fields(words)
		first.Merge(items(t, w[0]+" "+w[1]))
		second.Merge(items(t, w[0]+" "+w[2]))
	}
	return first, second
}

type bench struct {
	*testing.T
	k *Kernel
}

func newBench(t *testing.T) *bench {
	namespace(t)
	k, err := Dial()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(k.Close)
	run(t, "ip link add m0 type dummy; ip link add m1 type dummy; ip link add p0 type dummy; ip link add parent type dummy; ip link add p1 type dummy; ip link add pbr type bridge")
	return &bench{T: t, k: k}
}

func (b *bench) do(s state.Step) error {
	_, err := b.k.Do(context.Background(), []state.Step{s})
	return err
}

func (b *bench) must(s state.Step) {
	b.Helper()
	if err := b.do(s); err != nil {
		b.Errorf("%v", err)
	}
}

func (b *bench) link(name string) *state.Link {
	b.Helper()
	h, err := b.k.Snapshot(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	if h.Link(name) == nil {
		b.Fatalf("no link %s", name)
	}
	return h.Link(name)
}

// reads checks rows of a link, as we and as iproute2 see them.
func (b *bench) reads(name string, want attr.Set) {
	b.Helper()
	l := b.link(name)
	data, port := b.ip(name)
	for r, v := range want.All() {
		have, ok := l.Attrs.Get(r.Name)
		said, printed := witness(data, r)
		if r.Place == attr.Port {
			have, ok = l.Port.Get(r.Name)
			said, printed = witness(port, r)
		}
		if !ok && !r.Empty || !r.Equal(have, v) {
			b.Errorf("%s: %s reads %q (%v), want %q", name, r.Name, r.Text(have), ok, r.Text(v))
		}
		if !printed {
			b.Logf("%s: iproute2 does not print %s", name, r.Name)
		} else if theirs, err := r.Parse(said); err != nil || !r.Equal(theirs, v) {
			b.Errorf("%s: iproute2 prints %s %q (%v), want %q", name, r.Name, said, err, r.Text(v))
		}
	}
}

// ip is what iproute2 says of a link: its kind's data and its data as a port.
func (b *bench) ip(name string) (data, port map[string]any) {
	b.Helper()
	var out []struct {
		Linkinfo struct {
			Data map[string]any `json:"info_data"`
			Port map[string]any `json:"info_slave_data"`
		}
	}
	text := run(b.T, "ip -d -j link show "+name)
	if err := json.Unmarshal([]byte(text), &out); err != nil || len(out) != 1 {
		b.Fatalf("%s: %v", text, err)
	}
	return out[0].Linkinfo.Data, out[0].Linkinfo.Port
}

func set(link string, k *kind.Kind, r *attr.Row, v attr.Value) state.Step {
	one := attr.Of(attr.Item{Row: r, Value: v})
	if r.Place == attr.Port {
		return state.Step{Op: state.LinkSet, Link: link, PortKind: k.Name, Port: one}
	}
	return state.Step{Op: state.LinkSet, Link: link, Kind: k.Name, Attrs: one}
}

func power(link string, on bool) state.Step {
	return state.Step{Op: state.LinkSet, Link: link, Attrs: attr.Of(attr.Item{Row: kind.Up, Value: attr.On(on)})}
}

// members gives m0 and m1 to a bond, or takes them out.
func (b *bench) members(master string) {
	b.Helper()
	for _, m := range []string{"m0", "m1"} {
		b.must(power(m, false))
		b.must(state.Step{Op: state.LinkSet, Link: m, Master: state.To(master)})
		b.must(power(m, true))
	}
}

// covers checks that the groups leave no settable row of a table out.
func covers(t *testing.T, rows attr.Table, groups ...group) {
	t.Helper()
	var all attr.Set
	for _, g := range groups {
		first, _ := g.values(rows)
		all.Merge(first)
	}
	for _, r := range rows {
		if !r.SeeOnly && !all.Has(r.Name) {
			t.Errorf("no test for row %s", r.Name)
		}
	}
}

func TestBondRows(t *testing.T) {
	b := newBench(t)
	covers(t, kind.Bond.Rows, bondGroups...)
	for _, g := range bondGroups {
		first, second := g.values(kind.Bond.Rows)
		first, second = b.known(kind.Bond, first, g.base), b.known(kind.Bond, second, g.base)
		b.must(state.Step{Op: state.LinkAdd, Link: "b", Kind: "bond", Attrs: join(items(kind.Bond.Rows, g.base), first)})
		b.members("b")
		b.must(power("b", true))
		b.reads("b", first)
		for _, when := range []attr.When{attr.Live, attr.Down, attr.NoPorts, attr.Down | attr.NoPorts} {
			b.change(second.Filter(func(r *attr.Row) bool { return r.When == when }), when)
		}
		b.reads("b", second)
		b.must(state.Step{Op: state.LinkDel, Link: "b"})
	}
}

// change checks that a live bond with members takes new values exactly under the rows' condition.
func (b *bench) change(to attr.Set, when attr.When) {
	b.Helper()
	if to.Len() == 0 {
		return
	}
	all := func(want bool, in string) {
		for r, v := range to.All() {
			if err := b.do(set("b", kind.Bond, r, v)); (err == nil) != want {
				b.Errorf("%s of a bond that is %s: the kernel says %v", r.Name, in, err)
			}
		}
	}
	all(when == attr.Live, "up with members")
	if when&attr.Down != 0 {
		b.must(power("b", false))
		all(when&attr.NoPorts == 0, "down with members")
	}
	if when&attr.NoPorts != 0 {
		b.members("")
		all(true, "without members")
		b.members("b")
	}
	b.must(power("b", true))
}

func TestVLANRows(t *testing.T) {
	b := newBench(t)
	covers(t, kind.VLAN.Rows, vlanGroups...)
	first, second := vlanGroups[0].values(kind.VLAN.Rows)
	b.must(state.Step{Op: state.LinkAdd, Link: "v", Parent: "pbr", Kind: "vlan", Attrs: first})
	b.must(power("pbr", true))
	b.must(power("v", true))
	b.reads("v", first)
	if l := b.link("v"); l.Parent != "pbr" {
		t.Errorf("parent reads %q", l.Parent)
	}
	for r, v := range second.All() {
		b.must(set("v", kind.VLAN, r, v)) // the kernel takes id and protocol, too, and does nothing
	}
	b.reads("v", join(first, second.Filter(func(r *attr.Row) bool { return r.When&attr.Never == 0 }))) // maps are added to
}

func TestBridgeRows(t *testing.T) {
	b := newBench(t)
	covers(t, kind.Bridge.Rows, bridgeGroups...)
	for _, g := range bridgeGroups {
		first, second := g.values(kind.Bridge.Rows)
		first, second = b.known(kind.Bridge, first, g.base), b.known(kind.Bridge, second, g.base)
		b.must(state.Step{Op: state.LinkAdd, Link: "b", Kind: "bridge", Attrs: join(items(kind.Bridge.Rows, g.base), first)})
		join := state.Step{Op: state.LinkSet, Link: "p0", Master: state.To("b"), Attrs: items(kind.Common, "up 1")}
		b.must(join)
		b.must(power("b", true))
		b.reads("b", first)
		for r, v := range second.All() {
			if r.When&attr.NoPorts != 0 {
				if b.do(set("b", kind.Bridge, r, v)) == nil {
					b.Errorf("%s of a bridge with a port: the kernel takes it", r.Name)
				}
				b.must(state.Step{Op: state.LinkSet, Link: "p0", Master: state.To("")})
			}
			b.must(set("b", kind.Bridge, r, v))
		}
		b.reads("b", second)
		b.must(state.Step{Op: state.LinkDel, Link: "b"})
	}
}

func TestPortRows(t *testing.T) {
	b := newBench(t)
	b.must(state.Step{Op: state.LinkAdd, Link: "br", Kind: "bridge", Attrs: items(kind.Common, "up 1")})
	for _, p := range []string{"p0", "p1", "parent"} {
		b.must(state.Step{Op: state.LinkSet, Link: p, Master: state.To("br"), Attrs: items(kind.Common, "up 1")})
	}
	for k, port := range map[*kind.Kind]string{kind.Bridge: "p0", kind.Bond: "m1"} {
		covers(t, k.Port, portGroups[k]...)
		for _, g := range portGroups[k] {
			if k == kind.Bond {
				b.must(state.Step{Op: state.LinkAdd, Link: "bo", Kind: "bond", Attrs: items(kind.Bond.Rows, g.base)})
				b.members("bo")
			}
			first, second := g.values(k.Port)
			first, second = b.known(k, first, ""), b.known(k, second, "")
			for _, want := range []attr.Set{first, second} {
				b.must(state.Step{Op: state.LinkSet, Link: port, PortKind: k.Name, Port: want})
				b.reads(port, want)
			}
			for r, v := range first.All() {
				b.must(set(port, k, r, v))
			}
			b.reads(port, first)
			if k == kind.Bond {
				b.must(state.Step{Op: state.LinkDel, Link: "bo"})
			}
		}
	}
	none := attr.Of(attr.Item{Row: kind.Bridge.Port.Must("backup_port")})
	b.must(state.Step{Op: state.LinkSet, Link: "p0", PortKind: "bridge", Port: none})
	b.reads("p0", none)
}

// TestSeen: what is only reported reads as iproute2 prints it.
func TestSeen(t *testing.T) {
	b := newBench(t)
	b.must(state.Step{Op: state.LinkAdd, Link: "bo", Kind: "bond", Attrs: items(kind.Bond.Rows, "mode 802.3ad miimon 100")})
	b.members("bo")
	b.must(power("bo", true))
	data, port := b.ip("bo")
	_, port = b.ip("m0")
	for _, x := range []struct {
		rows attr.Table
		have attr.Set
		said map[string]any
	}{{kind.Bond.Rows, b.link("bo").Attrs, data}, {kind.Bond.Port, b.link("m0").Port, port}} {
		for _, r := range x.rows {
			v, ok := x.have.Get(r.Name)
			said, printed := witness(x.said, r)
			switch {
			case !r.SeeOnly || r.Empty:
			case !ok:
				b.Logf("not in %s: %s", b.k.Release(), r.Name)
			case !printed:
				b.Logf("iproute2 does not print %s", r.Name)
			default:
				if theirs, err := r.Parse(said); err != nil || !r.Equal(theirs, v) {
					b.Errorf("%s reads %q, iproute2 prints %q (%v)", r.Name, r.Text(v), said, err)
				}
			}
		}
	}
}
