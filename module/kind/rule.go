package kind

import "hostnet-module/module/attr"

// Rule is the table of a policy rule's attributes (linux/fib_rules.h: FRA_*; net/core/fib_rules.c; ip-rule(8)). What stands in the header of
// its messages — family, prefixes, tos, action, inversion — is not here.
var Rule = attr.Table{
	{Name: "fwmark", Num: 10, Type: attr.U32, Empty: true, Doc: "the packet's firewall mark, together with fwmask"},
	{Name: "fwmask", Num: 16, Type: attr.U32, Empty: true, Doc: "the bits of the firewall mark that are looked at; all where fwmark is given alone"},
	{Name: "iif", Num: 3, Type: attr.Text, MaxLen: 15, Empty: true, Doc: "the link that the packet came in by; lo: the host's own packets"},
	{Name: "oif", Num: 17, Type: attr.Text, MaxLen: 15, Empty: true, Doc: "the link that a socket of the host is bound to"},
	{Name: "priority", Num: 6, Type: attr.U32, Min: 1, Doc: "rules are looked at from the lowest priority up; 0, 32766 and 32767 are the kernel's own"},
	{Name: "uidrange", Num: 20, Type: attr.Pair32, Empty: true, Doc: "users of the host whose packets are meant, like 1000-1999"},
	{Name: "ipproto", Num: 22, Type: attr.U8, Min: 1, Empty: true, Doc: "the IP protocol's number: 6 TCP, 17 UDP"},
	{Name: "sport", Num: 23, Type: attr.Pair16, Empty: true, Doc: "source ports, like 53 or 1000-2000"},
	{Name: "dport", Num: 24, Type: attr.Pair16, Empty: true, Doc: "destination ports"},
	{Name: "table", Num: 15, Type: attr.U32, Empty: true, Doc: "the routing table that is looked up"},
	{Name: "suppress_prefixlength", Num: 14, Type: attr.U32, Max: 128, Doc: "pass over what the table finds where its prefix has this length or less"},
	{Name: "suppress_ifgroup", Num: 13, Type: attr.U32, Max: 0x7fffffff, Doc: "pass over what the table finds out of links of this group"},
	{Name: "l3mdev", Num: 19, Type: attr.Bool, Empty: true, Doc: "look up the table of the VRF that the packet's link belongs to"},
	{Name: "goto", Num: 4, Type: attr.U32, Empty: true, SeeOnly: true, Doc: "the priority of the rule to go on with"},
	{Name: "protocol", Num: 21, Type: attr.U8, SeeOnly: true, Doc: "who made the rule: 2 the kernel, 3 somebody by hand, 4 configuration"},
}
