package kind

import "hostnet-module/module/attr"

// VLAN is an 802.1Q or 802.1ad subinterface (net/8021q/vlan_netlink.c, ip-link(8) «type vlan»).
var VLAN = &Kind{
	Name: "vlan", List: "vlans", Module: "8021q", HasParent: true,
	Doc: "a VLAN subinterface of another link",
	Rows: attr.Table{
		{Name: "id", Num: 1, Type: attr.U16, When: attr.Never, Min: 1, Max: 4094,
			Doc: "VLAN identifier; the kernel takes a change of an existing link silently and ignores it"},
		{Name: "protocol", Num: 5, Type: attr.BE16, When: attr.Never,
			Names: []attr.Name{{Text: "802.1Q", N: 0x8100}, {Text: "802.1ad", N: 0x88a8}},
			Doc:   "tag protocol: 802.1Q, or 802.1ad for the outer tag of a stack"},
		vlanFlag("reorder_hdr", 0x01, "take the tag out of frames before the host sees them"),
		vlanFlag("gvrp", 0x02, "announce the VLAN by GVRP"),
		vlanFlag("loose_binding", 0x04, "do not follow the parent's operational state"),
		vlanFlag("mvrp", 0x08, "announce the VLAN by MVRP"),
		vlanFlag("bridge_binding", 0x10, "follow the state of the bridge ports that carry the VLAN, where the parent is a bridge"),
		{Name: "ingress_qos_map", Word: "ingress-qos-map", Num: 4, Type: attr.Map, Keys: 7, Empty: true,
			Doc: "pairs of a received frame's 802.1p priority and the host's packet priority; pairs that are not listed are left, to 0 takes one away"},
		{Name: "egress_qos_map", Word: "egress-qos-map", Num: 3, Type: attr.Map, Max: 7, Empty: true,
			Doc: "pairs of the host's packet priority and a sent frame's 802.1p priority; pairs that are not listed are left, to 0 takes one away"},
	},
}

// vlanFlag is one bit of IFLA_VLAN_FLAGS (struct ifla_vlan_flags: flags and mask), which the kernel leaves out while no
// flag is on (net/8021q/vlan_netlink.c, vlan_fill_info).
func vlanFlag(name string, bit uint32, doc string) *attr.Row {
	return &attr.Row{Name: name, Num: 2, Type: attr.Bit, Bit: bit, Names: enum("off", "on"), Empty: true, Doc: doc}
}
