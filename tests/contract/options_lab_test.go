//go:build lab

package contract

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"hostnet-module/module/attr"
	"hostnet-module/module/engine"
	"hostnet-module/module/kernel"
	"hostnet-module/module/kind"
	"hostnet-module/module/plan"
	"hostnet-module/module/report"
	"hostnet-module/module/spec"
	"hostnet-module/module/state"
)

// twice are documents with every option, each with two values.
var twice = []struct{ name, first, second string }{
	{"a bond with ARP monitoring", `
bonds:
  - {name: bond0, mode: active-backup, arp_interval: 200, arp_ip_target: [192.0.2.1, 192.0.2.2], ns_ip6_target: "2001:db8::1",
     arp_validate: backup, arp_all_targets: all, missed_max: 3, primary: eth1, primary_reselect: better, fail_over_mac: active, resend_igmp: 3, num_grat_arp: 4,
     all_slaves_active: on, lp_interval: 5, members: [{name: eth1, prio: -7, queue_id: 1}, eth2]}`, `
bonds:
  - {name: bond0, mode: active-backup, arp_interval: 300, arp_ip_target: 192.0.2.3, ns_ip6_target: ["2001:db8::3", "2001:db8::4"],
     arp_validate: all, arp_all_targets: any, missed_max: 255, primary: eth2, primary_reselect: failure, fail_over_mac: none, resend_igmp: 255, num_grat_arp: 255,
     all_slaves_active: off, lp_interval: 7, members: [{name: eth1, prio: 9, queue_id: 2}, {name: eth2, queue_id: 1}]}`},
	{"a bond with LACP", `
bonds:
  - {name: bond0, mac: "00:16:3e:00:00:77", mode: 802.3ad, miimon: 100, updelay: 200, downdelay: 300, peer_notif_delay: 400, use_carrier: 1, min_links: 1,
     xmit_hash_policy: layer3+4, lacp_rate: fast, lacp_active: off, coupled_control: off, lacp_strict: on, broadcast_neighbor: on, ad_select: bandwidth,
     ad_actor_sys_prio: 7, ad_user_port_key: 9, ad_actor_system: "02:00:00:00:00:05", members: [{name: eth1, actor_port_prio: 5}, eth2]}`, `
bonds:
  - {name: bond0, mac: "00:16:3e:00:00:77", mode: 802.3ad, miimon: 50, updelay: 300, downdelay: 200, peer_notif_delay: 500, use_carrier: 1, min_links: 0,
     xmit_hash_policy: vlan+srcmac, lacp_rate: slow, lacp_active: on, coupled_control: on, lacp_strict: off, broadcast_neighbor: off, ad_select: count,
     ad_actor_sys_prio: 65535, ad_user_port_key: 1023, ad_actor_system: "02:00:00:00:00:06", members: [{name: eth1, actor_port_prio: 65535}, eth2]}`},
	{"other modes", `
bonds: [{name: bond0, mac: "00:16:3e:00:00:77", mode: balance-tlb, miimon: 100, tlb_dynamic_lb: 0, members: [eth1, eth2]}]`, `
bonds: [{name: bond0, mac: "00:16:3e:00:00:77", mode: balance-rr, miimon: 100, packets_per_slave: 3, members: [eth1, eth2]}]`},
	{"a VLAN", `
vlans:
  - {name: v, parent: eth1, id: 16, protocol: 802.1Q, reorder_hdr: off, gvrp: on, mvrp: on, loose_binding: on, ingress_qos_map: ["0:1", "2:3"], egress_qos_map: "0:1,2:3"}`, `
vlans:
  - {name: v, parent: eth1, id: 17, protocol: 802.1ad, reorder_hdr: on, gvrp: off, mvrp: off, loose_binding: off, ingress_qos_map: ["0:0", "2:4"], egress_qos_map: ["2:0", "5:6"]}`},
	{"a bridge", `
bridges:
  - {name: br0, forward_delay: 401, hello_time: 101, max_age: 601, ageing_time: 0, priority: 4096, vlan_filtering: on, vlan_protocol: 802.1ad, vlan_default_pvid: 5,
     vlan_stats_enabled: on, vlan_stats_per_port: on, group_fwd_mask: 8, group_address: "01:80:c2:00:00:0e", mcast_snooping: on, mcast_router: 2, mcast_querier: on,
     mcast_query_use_ifaddr: on, mcast_hash_max: 8192, mcast_last_member_count: 5, mcast_startup_query_count: 3, mcast_last_member_interval: 201,
     mcast_membership_interval: 5001, mcast_querier_interval: 5001, mcast_query_interval: 2501, mcast_query_response_interval: 501, mcast_startup_query_interval: 2501,
     mcast_stats_enabled: on, mcast_igmp_version: 3, mcast_mld_version: 2, nf_call_iptables: on, nf_call_ip6tables: on, nf_call_arptables: on,
     no_linklocal_learn: on, mdb_offload_fail_notification: on, fdb_local_vlan_0: on, fdb_max_learned: 7,
     ports: [{name: eth1, priority: 63, cost: 5, hairpin: on, guard: on, root_block: on, fastleave: on, flood: off, mcast_flood: off, bcast_flood: off,
        neigh_suppress: on, isolated: on, locked: on, mab: on, proxy_arp: on, proxy_arp_wifi: on, mcast_to_unicast: on, vlan_tunnel: on, mcast_router: 2,
        group_fwd_mask: 8, backup_port: eth2, mcast_eht_hosts_limit: 100, mcast_max_groups: 5, neigh_vlan_suppress: on, backup_nhid: 5, neigh_forward_grat: off}, eth2]}`, `
bridges:
  - {name: br0, forward_delay: 1000, hello_time: 200, max_age: 1800, ageing_time: 29999, priority: 65535, vlan_filtering: on, vlan_protocol: 802.1Q, vlan_default_pvid: 1,
     vlan_stats_enabled: off, vlan_stats_per_port: off, group_fwd_mask: 65528, group_address: "01:80:c2:00:00:04", mcast_snooping: off, mcast_router: 0, mcast_querier: off,
     mcast_query_use_ifaddr: off, mcast_hash_max: 512, mcast_last_member_count: 1, mcast_startup_query_count: 1, mcast_last_member_interval: 301,
     mcast_membership_interval: 9999, mcast_querier_interval: 9999, mcast_query_interval: 100, mcast_query_response_interval: 901, mcast_startup_query_interval: 100,
     mcast_stats_enabled: off, mcast_igmp_version: 2, mcast_mld_version: 1, nf_call_iptables: off, nf_call_ip6tables: off, nf_call_arptables: off,
     no_linklocal_learn: off, mdb_offload_fail_notification: off, fdb_local_vlan_0: off, fdb_max_learned: 0,
     ports: [{name: eth1, priority: 0, cost: 65535, hairpin: off, guard: off, root_block: off, fastleave: off, flood: on, mcast_flood: on, bcast_flood: on,
        neigh_suppress: off, isolated: off, locked: off, mab: off, proxy_arp: off, proxy_arp_wifi: off, mcast_to_unicast: off, vlan_tunnel: off, mcast_router: 0,
        group_fwd_mask: 0, mcast_eht_hosts_limit: 7, mcast_max_groups: 0, neigh_vlan_suppress: off, backup_nhid: 0, neigh_forward_grat: on},
       {name: eth2, backup_port: eth1, learning: off}]}`},
	{"a bridge with spanning tree", `
bridges: [{name: br0, stp_state: off, stp_mode: user, forward_delay: 400, max_age: 600, ports: [eth1]}]`, `
bridges: [{name: br0, stp_state: on, stp_mode: kernel, forward_delay: 1500, max_age: 2000, ports: [eth1]}]`},
	{"texts and links that are taken away", `
bonds: [{name: bond0, mode: active-backup, miimon: 100, primary: eth1, description: left and right, members: [eth1]}]
bridges: [{name: br0, description: guests, ports: [{name: eth2, backup_port: bond0}, bond0]}]`, `
bonds: [{name: bond0, mode: active-backup, miimon: 100, primary: "", description: "", members: [eth1]}]
bridges: [{name: br0, description: "", ports: [{name: eth2, backup_port: ""}, bond0]}]`},
	// Without mcast_router on a port: 6.1 crashes when such a port leaves (module/spec/warnings.go).
	{"a bridge with snooping by VLAN", `
bridges: [{name: br0, vlan_filtering: on, mcast_vlan_snooping: on, ports: [eth1]}]`, `
bridges: [{name: br0, vlan_filtering: on, mcast_vlan_snooping: off, ports: [eth1]}]`},
	{"a bridge with spanning tree by VLAN", `
bridges: [{name: br0, vlan_default_pvid: 0, mst_enabled: on, ports: [eth1]}]`, `
bridges: [{name: br0, vlan_default_pvid: 0, mst_enabled: off, ports: [eth1]}]`},
}

// TestEveryOption applies the first document to bare links, the second on top, and the first again. Each holds at once, and what
// is then gathered is a document that changes nothing. Options that the kernel lacks are reported before anything is touched.
func TestEveryOption(t *testing.T) {
	said := map[*attr.Row]bool{}
	for _, tt := range twice {
		t.Run(tt.name, func(t *testing.T) {
			inNamespace(t, func(k *kernel.Kernel) {
				for _, text := range []string{tt.first, tt.second, tt.first} {
					doc := read(t, text)
					for _, o := range doc.Objects {
						note(said, o.Attrs)
						for _, p := range o.Ports {
							note(said, p.Attrs)
						}
					}
					carryKnown(t, k, doc)
				}
			})
		})
	}
	for _, k := range kind.List() {
		for _, table := range []attr.Table{k.Rows, k.Port} {
			for _, r := range table {
				// On a VLAN of a bridge only.
				if !r.SeeOnly && !said[r] && r.Name != "bridge_binding" {
					t.Errorf("no document has the %s option %s", k.Name, r.Name)
				}
			}
		}
	}
}

func note(said map[*attr.Row]bool, set attr.Set) {
	for r := range set.All() {
		said[r] = true
	}
}

func read(t *testing.T, text string) *spec.Document {
	t.Helper()
	doc, problems, _ := spec.Read([]byte(text), "options.yaml")
	if len(problems) > 0 {
		t.Fatalf("%v\n%s", problems, text)
	}
	return doc
}

// carryKnown applies a document without what the kernel lacks, and that is exactly what a first try reports.
func carryKnown(t *testing.T, k *kernel.Kernel, doc *spec.Document) {
	t.Helper()
	call := engine.Call{Dial: func() (engine.Kernel, error) { return k, nil }, Runtime: "/tmp/options", Hurry: true}
	lacks := lacking(k, doc)
	if len(lacks) > 0 {
		before := k.Stats().Writes
		out := call.Do(context.Background(), doc)
		for _, p := range out.Problems {
			if !lacks[p.Path] || !strings.Contains(p.Message, "came with Linux") {
				t.Errorf("unexpected: %s", p)
			}
		}
		if len(out.Problems) != len(lacks) || k.Stats().Writes > before {
			t.Errorf("problems %v, %d writes; the kernel lacks %v", out.Problems, k.Stats().Writes-before, lacks)
		}
		t.Logf("%s lacks %d options: %v", k.Release(), len(lacks), slices.Sorted(maps.Keys(lacks)))
		dropLacking(k, doc)
	}
	for _, again := range []bool{false, true} {
		out := call.Do(context.Background(), doc)
		switch {
		case out.Failed != nil || len(out.Problems) > 0:
			t.Fatalf("again %v: %v %v, rolled back %v, not restored %q", again, out.Failed, out.Problems, out.RolledBack, out.NotRestored)
		case again && out.Plan.Changed():
			t.Fatalf("changes when nothing needs to: %v %+v", out.Plan.Steps, out.Plan.Objects)
		}
	}
	gathered := report.Gathered(look(t, k)).Document.JSON()
	if out := call.Do(context.Background(), read(t, string(gathered))); out.Failed != nil || len(out.Problems) > 0 || out.Plan.Changed() {
		t.Errorf("what was gathered does not hold: %v %v %+v\n%s", out.Failed, out.Problems, out.Plan, gathered)
	}
}

// lacking are the paths of options that the kernel lacks.
func lacking(k *kernel.Kernel, doc *spec.Document) map[string]bool {
	lacks := map[string]bool{}
	for _, o := range plan.Recents(doc, &state.Host{}) {
		if !k.Has(o.Module, o.Since.Release, o.Since.Name) {
			lacks[o.Path] = true
		}
	}
	return lacks
}

func dropLacking(k *kernel.Kernel, doc *spec.Document) {
	lacks := lacking(k, doc)
	for _, o := range doc.Objects {
		o.Attrs = o.Attrs.Filter(func(r *attr.Row) bool { return !lacks[o.Path+"."+r.Name] })
		for i, p := range o.Ports {
			o.Ports[i].Attrs = p.Attrs.Filter(func(r *attr.Row) bool { return !lacks[p.Path+"."+r.Name] })
		}
	}
}

func look(t *testing.T, k *kernel.Kernel) *state.Host {
	t.Helper()
	h, err := k.Snapshot(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return h
}
