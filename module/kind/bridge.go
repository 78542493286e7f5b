package kind

import "hostnet-module/module/attr"

// Bridge is the kernel's software switch (net/bridge/br_netlink.c, br_stp.h; ip-link(8) «type bridge»). Times are in
// hundredths of a second, as the kernel and iproute2 speak them, and come back rounded to the kernel's tick.
var Bridge = &Kind{
	Name: "bridge", List: "bridges", Module: "bridge",
	Doc:   "a switch inside the host; guests join a network by naming its bridge",
	Ports: "ports", Bridging: true,
	Rows: attr.Table{
		{Name: "stp_state", Alias: "stp", Num: 5, Type: attr.U32, Max: 1, Names: enum("off", "on"), Digits: true, ZeroFirst: true,
			Doc: "spanning tree; when on, a new port forwards only after twice forward_delay"},
		timer("forward_delay", 1, 0, 3000, "time in each of the listening and learning states; at least 200 while spanning tree is on"),
		timer("hello_time", 2, 100, 1000, "interval of spanning tree hellos"),
		timer("max_age", 3, 600, 4000, "life of a received hello"),
		timer("ageing_time", 4, 0, 100000000, "life of a learned address"),
		{Name: "priority", Num: 6, Type: attr.U16, Max: 65535,
			Doc: "spanning tree priority; the lowest becomes root"},
		{Name: "vlan_filtering", Num: 7, Type: attr.Bool,
			Doc: "forward by VLAN"},
		{Name: "vlan_protocol", Num: 8, Type: attr.BE16, Names: []attr.Name{{Text: "802.1Q", N: 0x8100}, {Text: "802.1ad", N: 0x88a8}},
			Doc: "tag protocol of the VLAN table"},
		{Name: "vlan_default_pvid", Alias: "default_pvid", Num: 39, Type: attr.U16, Max: 4094,
			Doc: "VLAN of untagged frames on ports that join; 0 is none"},
		{Name: "vlan_stats_enabled", Num: 41, Type: attr.U8, Max: 1, Doc: "count packets by VLAN"},
		{Name: "group_fwd_mask", Num: 9, Type: attr.U16, Max: 65528,
			Doc: "link-local group addresses (01:80:c2:00:00:0X) that are forwarded, one bit each; 0, 1 and 2 never are"},
		{Name: "group_address", Num: 20, Type: attr.MAC,
			Doc: "destination of spanning tree frames"},
		{Name: "mcast_snooping", Num: 23, Type: attr.U8, Max: 1, Doc: "send multicast only where it is listened to"},
		{Name: "mcast_router", Num: 22, Type: attr.U8, Max: 2, Doc: "0 never, 1 when seen, 2 always a router on the bridge itself"},
		{Name: "mcast_querier", Num: 25, Type: attr.U8, Max: 1, Doc: "send IGMP and MLD queries"},
		{Name: "mcast_query_use_ifaddr", Num: 24, Type: attr.U8, Max: 1, Doc: "send queries from the bridge's own address"},
		{Name: "nf_call_iptables", Num: 36, Type: attr.U8, Max: 1, Doc: "bridged IPv4 passes iptables"},
		{Name: "nf_call_ip6tables", Num: 37, Type: attr.U8, Max: 1, Doc: "bridged IPv6 passes ip6tables"},
		{Name: "nf_call_arptables", Num: 38, Type: attr.U8, Max: 1, Doc: "bridged ARP passes arptables"},
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
		portFlag("isolated", 33, "talk to ports that are not isolated only"),
		portFlag("locked", 39, "drop frames from unknown addresses"),
	},
}

func timer(name string, num uint16, low, high uint64, doc string) *attr.Row {
	return &attr.Row{Name: name, Num: num, Type: attr.U32, Min: low, Max: high, Unit: "s/100", Slack: 1, Doc: doc}
}

func portFlag(name string, num uint16, doc string) *attr.Row {
	return &attr.Row{Name: name, Num: num, Place: attr.Port, Type: attr.Bool, Names: enum("off", "on"), Doc: doc}
}
