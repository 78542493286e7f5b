package kind

import (
	"time"

	"hostnet-module/module/attr"
)

// Bridge is the kernel's software switch (net/bridge/br_netlink.c, br_stp.h; ip-link(8) «type bridge»). Times are in
// hundredths of a second, as the kernel and iproute2 speak them, and come back rounded to the kernel's tick.
var Bridge = &Kind{
	Name: "bridge", List: "bridges", Module: "bridge",
	Doc:   "a switch inside the host; guests join a network by naming its bridge",
	Ports: "ports", Bridging: true, FollowsMTU: true,
	// Of the states of a port these two pass (net/bridge/br_stp_timer.c, br_forward_delay_timer_expired).
	Settles: []Settle{{What: "forwarding (spanning tree)", Row: "state", Port: true, While: []attr.Value{attr.Num(1), attr.Num(2)}, Most: 2 * time.Second, Twice: "forward_delay"}},
	Rows: attr.Table{
		{Name: "stp_state", Alias: "stp", Num: 5, Type: attr.Bool32, Names: enum("off", "on"), Digits: true, ZeroFirst: true,
			Doc: "spanning tree; when on, a new port forwards only after twice forward_delay"},
		timer("forward_delay", 1, 0, 3000, "time in each of the listening and learning states; at least 200 while spanning tree is on"),
		timer("hello_time", 2, 100, 1000, "interval of spanning tree hellos"),
		timer("max_age", 3, 600, 4000, "life of a received hello"),
		// br_stp.c, __br_set_topology_change: meanwhile it is twice forward_delay, and comes back by itself.
		veiled(timer("ageing_time", 4, 0, 100000000, "life of a learned address"), "topology_change"),
		{Name: "topology_change", Num: 14, Type: attr.Bool, SeeOnly: true, Doc: "the spanning tree changes; meanwhile the kernel ages addresses faster and does not tell ageing_time"},
		{Name: "priority", Num: 6, Type: attr.U16, Max: 65535,
			Doc: "spanning tree priority; the lowest becomes root"},
		{Name: "vlan_filtering", Num: 7, Type: attr.Bool,
			Doc: "forward by VLAN"},
		{Name: "vlan_protocol", Num: 8, Type: attr.BE16, Names: []attr.Name{{Text: "802.1Q", N: 0x8100}, {Text: "802.1ad", N: 0x88a8}},
			Doc: "tag protocol of the VLAN table"},
		{Name: "vlan_default_pvid", Alias: "default_pvid", Num: 39, Type: attr.U16, Max: 4094,
			Doc: "VLAN of untagged frames on ports that join; 0 is none"},
		{Name: "vlan_stats_enabled", Num: 41, Type: attr.Bool, Doc: "count packets by VLAN"},
		{Name: "vlan_stats_per_port", Num: 45, Type: attr.Bool, When: attr.NoPorts, Doc: "count packets by VLAN of each port; the kernel takes it while no port has a VLAN"},
		{Name: "group_fwd_mask", Num: 9, Type: attr.U16, Max: 65528, Barred: 7,
			Doc: "link-local group addresses (01:80:c2:00:00:0X) that are forwarded, one bit each; 0, 1 and 2 never are"},
		{Name: "group_address", Num: 20, Type: attr.MAC,
			Doc: "destination of spanning tree frames"},
		{Name: "mcast_snooping", Num: 23, Type: attr.Bool, Doc: "send multicast only where it is listened to"},
		{Name: "mcast_router", Num: 22, Type: attr.U8, Max: 2, Doc: "0 never, 1 when seen, 2 always a router on the bridge itself"},
		{Name: "mcast_querier", Num: 25, Type: attr.Bool, Doc: "send IGMP and MLD queries"},
		{Name: "mcast_query_use_ifaddr", Num: 24, Type: attr.Bool, Doc: "send queries from the bridge's own address"},
		{Name: "mcast_hash_max", Num: 27, Type: attr.U32, Doc: "most multicast groups"},
		{Name: "mcast_last_member_count", Num: 28, Type: attr.U32, Doc: "queries before a group without listeners is given up"},
		{Name: "mcast_startup_query_count", Num: 29, Type: attr.U32, Doc: "queries at the start"},
		interval("mcast_last_member_interval", 30, 0, maxInt, "time between the queries for a group that somebody left"),
		interval("mcast_membership_interval", 31, 0, maxInt, "life of a listener"),
		interval("mcast_querier_interval", 32, 0, maxInt, "silence after which another querier is gone"),
		interval("mcast_query_interval", 33, 100, day, "time between queries"),
		interval("mcast_query_response_interval", 34, 0, maxInt, "time that listeners have for an answer"),
		interval("mcast_startup_query_interval", 35, 100, day, "time between the queries at the start"),
		{Name: "mcast_stats_enabled", Num: 42, Type: attr.Bool, Doc: "count IGMP and MLD packets"},
		{Name: "mcast_igmp_version", Num: 43, Type: attr.U8, Min: 2, Max: 3, Doc: "version of the IGMP queries"},
		{Name: "mcast_mld_version", Num: 44, Type: attr.U8, Min: 1, Max: 2, Doc: "version of the MLD queries"},
		{Name: "nf_call_iptables", Num: 36, Type: attr.Bool, Doc: "bridged IPv4 passes iptables"},
		{Name: "nf_call_ip6tables", Num: 37, Type: attr.Bool, Doc: "bridged IPv6 passes ip6tables"},
		{Name: "nf_call_arptables", Num: 38, Type: attr.Bool, Doc: "bridged ARP passes arptables"},
		boolopt("no_linklocal_learn", 0, "", "do not learn from frames to link-local group addresses"),
		boolopt("mcast_vlan_snooping", 1, "5.15", "snoop multicast by VLAN; needs vlan_filtering"),
		boolopt("mst_enabled", 2, "5.18", "spanning tree state by VLAN; the kernel takes it while neither the bridge nor a port has a VLAN"),
		boolopt("mdb_offload_fail_notification", 3, "6.16", "tell about multicast groups that hardware did not take"),
		boolopt("fdb_local_vlan_0", 4, "6.18", "keep the bridge's own addresses on VLAN 0 alone, not on each"),
		{Name: "fdb_max_learned", Num: 49, Type: attr.U32, Since: since("6.7", "IFLA_BR_FDB_MAX_LEARNED"), Doc: "most addresses that are learned; 0 is no limit"},
		{Name: "stp_mode", Num: 50, Type: attr.U32, Names: enum("auto", "user", "kernel"), Since: since("7.1", "IFLA_BR_STP_MODE"),
			Doc: "who does spanning tree; the kernel takes it while stp_state is off"},
	},
	Port: attr.Table{
		{Name: "priority", Num: 2, Place: attr.Port, Type: attr.U16, Max: 63, Doc: "spanning tree priority of the port"},
		{Name: "cost", Num: 3, Place: attr.Port, Type: attr.U32, Min: 1, Max: 65535, Doc: "spanning tree path cost"},
		portFlag("hairpin", 4, "send frames back out of the port they came from"),
		portFlag("guard", 5, "drop spanning tree frames that arrive here"),
		portFlag("root_block", 6, "never take a root port's role"),
		portFlag("fastleave", 7, "stop multicast at the first leave"),
		portFlag("learning", 8, "learn source addresses"),
		portFlag("flood", 9, "send unknown unicast here"),
		portFlag("mcast_flood", 27, "send unknown multicast here"),
		portFlag("bcast_flood", 30, "send broadcast here"),
		portFlag("neigh_suppress", 32, "answer ARP and ND for known neighbours instead of flooding"),
		portFlag("proxy_arp", 10, "answer ARP for known neighbours behind other ports"),
		portFlag("proxy_arp_wifi", 12, "the same in the way of IEEE 802.11"),
		portFlag("mcast_to_unicast", 28, "send multicast as unicast to each listener"),
		portFlag("vlan_tunnel", 29, "map VLANs to tunnels"),
		{Name: "mcast_router", Num: 25, Place: attr.Port, Type: attr.U8, Max: 3, Doc: "a multicast router behind the port: 0 never, 1 when seen, 2 always, 3 for a while"},
		{Name: "group_fwd_mask", Num: 31, Place: attr.Port, Type: attr.U16, Max: 65535, Barred: 2,
			Doc: "link-local group addresses (01:80:c2:00:00:0X) that are forwarded from the port, one bit each; 1 never is"},
		{Name: "backup_port", Num: 34, Place: attr.Port, Type: attr.Index, Empty: true, Doc: "port of the same bridge that takes the traffic while this one has no carrier"},
		{Name: "mcast_eht_hosts_limit", Num: 37, Place: attr.Port, Type: attr.U32, Min: 1, Doc: "most listeners that are tracked, of IGMPv3 and MLDv2", Since: since("5.12", "IFLA_BRPORT_MCAST_EHT_HOSTS_LIMIT")},
		{Name: "mcast_max_groups", Num: 42, Place: attr.Port, Type: attr.U32, Since: since("6.3", "IFLA_BRPORT_MCAST_MAX_GROUPS"), Doc: "most multicast groups; 0 is no limit"},
		later(portFlag("neigh_vlan_suppress", 43, "neigh_suppress by VLAN"), "6.4", "IFLA_BRPORT_NEIGH_VLAN_SUPPRESS"),
		{Name: "backup_nhid", Num: 44, Place: attr.Port, Type: attr.U32, Max: maxInt, Empty: true, Since: since("6.6", "IFLA_BRPORT_BACKUP_NHID"),
			Doc: "next hop that goes along with frames to the backup port; 0 is none"},
		later(portFlag("neigh_forward_grat", 45, "flood gratuitous ARP and ND in spite of neigh_suppress"), "7.2", "IFLA_BRPORT_NEIGH_FORWARD_GRAT"),
		portFlag("isolated", 33, "talk to ports that are not isolated only"),
		later(portFlag("locked", 39, "drop frames from unknown addresses"), "5.18", "IFLA_BRPORT_LOCKED"),
		later(portFlag("mab", 40, "enter unknown addresses as locked ones, for MAC authentication; needs locked and learning"), "6.2", "IFLA_BRPORT_MAB"),
		{Name: "state", Num: 1, Place: attr.Port, Type: attr.U8, SeeOnly: true, Names: enum("disabled", "listening", "learning", "forwarding", "blocking"),
			Doc: "spanning tree state"},
	},
}

// day is in hundredths of a second.
const day = 24 * 60 * 60 * 100

// interval is a timer of IGMP and MLD, in 64 bits.
func interval(name string, num uint16, low, high uint64, doc string) *attr.Row {
	r := timer(name, num, low, high, doc)
	r.Type = attr.U64
	return r
}

// boolopt is one bit of IFLA_BR_MULTI_BOOLOPT (struct br_boolopt_multi: values and mask). The kernel passes over bits that
// it does not know, and tells in the mask of a dump which those are.
func boolopt(name string, id int, release, doc string) *attr.Row {
	r := &attr.Row{Name: name, Num: 46, Type: attr.Bit, Bit: 1 << id, Doc: doc}
	if release != "" {
		r.Since = since(release, boolopts[id])
	}
	return r
}

// boolopts are enum br_boolopt_id of linux/if_bridge.h.
var boolopts = []string{"BR_BOOLOPT_NO_LL_LEARN", "BR_BOOLOPT_MCAST_VLAN_SNOOPING", "BR_BOOLOPT_MST_ENABLE",
	"BR_BOOLOPT_MDB_OFFLOAD_FAIL_NOTIFICATION", "BR_BOOLOPT_FDB_LOCAL_VLAN_0"}

func later(r *attr.Row, release, name string) *attr.Row {
	r.Since = since(release, name)
	return r
}

func timer(name string, num uint16, low, high uint64, doc string) *attr.Row {
	return &attr.Row{Name: name, Num: num, Type: attr.U32, Min: low, Max: high, Unit: "s/100", Slack: 1, Doc: doc}
}

func veiled(r *attr.Row, by string) *attr.Row {
	r.Veil = by
	return r
}

func portFlag(name string, num uint16, doc string) *attr.Row {
	return &attr.Row{Name: name, Num: num, Place: attr.Port, Type: attr.Bool, Names: enum("off", "on"), Doc: doc}
}
