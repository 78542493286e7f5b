package kind

import "hostnet-module/module/attr"

// Common are the attributes that every link has (linux/if_link.h, struct ifinfomsg; ip-link(8)).
var Common = attr.Table{
	Up, MTU, MAC, Group, Description, AddrGenMode, DisableIPv6,
}

// The rows that the planner speaks of by name.
var (
	DisableIPv6 = &attr.Row{Name: "disable_ipv6", File: "/proc/sys/net/ipv6/conf/*/disable_ipv6", Num: 26, Place: attr.Proc, Type: attr.Bool, Alone: true, Hidden: true,
		Doc: "no IPv6 on the link: no address, no multicast of its own; the document says `ipv6: off` (Documentation/networking/ip-sysctl.rst)"}
	Up = &attr.Row{Name: "up", Place: attr.Header, Type: attr.Flag, Bit: 1,
		Doc: "administrative state"}
	MTU = &attr.Row{Name: "mtu", Num: 4, Place: attr.Top, Type: attr.U32, Min: 68, Max: 65535, Unit: "bytes",
		Doc: "largest packet; solved over the whole tree: what carries a link is raised with it"}
	MAC = &attr.Row{Name: "mac", Word: "address", Num: 1, Place: attr.Top, Type: attr.MAC,
		Doc: "hardware address"}
	Group = &attr.Row{Name: "group", Num: 27, Place: attr.Top, Type: attr.U32, Hidden: true,
		Doc: "the group that a link is in; nothing but a rollback sets it"}
	Description = &attr.Row{Name: "description", Word: "alias", Num: 20, Place: attr.Top, Type: attr.Text, MaxLen: 255, Empty: true, Alone: true,
		Doc: "free text, the kernel's ifalias"}
	AddrGenMode = &attr.Row{Name: "addrgenmode", Num: 8, Place: attr.AFSpec, Type: attr.GenMode, Alone: true, Hidden: true,
		Names: []attr.Name{{Text: "eui64", N: 0}, {Text: "none", N: 1}, {Text: "stable_secret", N: 2}, {Text: "random", N: 3}},
		Doc:   "how the kernel makes IPv6 link-local addresses; the document says `ipv6`"}
)

// Carried are settings of all links that a link loses when it is made anew, and that no document says. Only a link that may lose them is asked for them.
var Carried = attr.Table{
	{Name: "txqueuelen", Num: 13, Place: attr.Top, Type: attr.U32, Hidden: true, Carried: true,
		Doc: "length of the queue of packets to be sent (netdevice(7))"},
	{Name: "promisc", Place: attr.Header, Type: attr.Flag, Bit: 0x100, Names: enum("off", "on"), Hidden: true, Carried: true,
		Doc: "somebody has asked for all frames (IFF_PROMISC); what the kernel asks for by itself is not told here"},
	{Name: "allmulticast", Place: attr.Header, Type: attr.Flag, Bit: 0x200, Names: enum("off", "on"), Hidden: true, Carried: true,
		Doc: "somebody has asked for all multicast frames (IFF_ALLMULTI)"},
}
