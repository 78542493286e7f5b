package kind

import (
	"time"

	"hostnet-module/module/attr"
)

// Bond is the bonding driver's device. Rows mirror drivers/net/bonding/bond_options.c: BOND_OPTFLAG_IFDOWN is Down,
// BOND_OPTFLAG_NOSLAVES is NoPorts, unsuppmodes is Only. Ranges are those of the kernel's own tables there.
var Bond = &Kind{
	Name: "bond", List: "bonds", Module: "bonding",
	Doc:   "several NICs as one link, for failover or for bandwidth",
	Ports: "members", PortWhen: attr.Down, OwnsPorts: true, TakesPorts: true,
	// 802.1AX: a partner has answered, and the members agree with it (the bit «synchronization», AD_STATE_SYNCHRONIZATION).
	Settles: []Settle{
		{What: "an LACP partner", Row: "ad_partner_mac", While: []attr.Value{attr.Str("00:00:00:00:00:00")}, Most: 10 * time.Second},
		{What: "LACP aggregation", Row: "ad_actor_oper_port_state", Port: true, Lacks: 0x08, Most: 10 * time.Second},
	},
	Rows: attr.Table{
		{Name: "mode", Num: 1, Type: attr.U8, When: attr.Down | attr.NoPorts, Names: enum(
			"balance-rr", "active-backup", "balance-xor", "broadcast", "802.3ad", "balance-tlb", "balance-alb"),
			Upsets: []string{"miimon", "arp_interval", "arp_validate", "tlb_dynamic_lb"},
			Doc:    "how members share the work; active-backup is the one for two separate switches"},
		{Name: "miimon", Num: 3, Type: attr.U32, Max: maxInt, Unit: "ms",
			Doc: "interval at which the members' carrier is checked; 0 is off; sees a dead link, not a hung switch"},
		{Name: "updelay", Num: 4, Type: attr.U32, Max: maxInt, Unit: "ms",
			Doc: "wait before a member whose carrier came back is used; a multiple of miimon"},
		{Name: "downdelay", Num: 5, Type: attr.U32, Max: maxInt, Unit: "ms",
			Doc: "wait before a member whose carrier went away is left; a multiple of miimon"},
		{Name: "peer_notif_delay", Word: "peer_notify_delay", Num: 28, Type: attr.U32, Max: 300000, Unit: "ms",
			Doc: "time between announcements after a failover; a multiple of the monitor's interval"},
		{Name: "use_carrier", Num: 6, Type: attr.U8, Max: 1,
			Doc: "ask the driver for its carrier (1) or use MII ioctls (0)"},
		{Name: "arp_interval", Num: 7, Type: attr.U32, Max: maxInt, Unit: "ms", Only: arpModes,
			Doc: "interval of ARP (and ND) monitoring; 0 is off; notices a switch that hangs with its carrier up"},
		{Name: "arp_ip_target", Num: 8, Type: attr.IP4s, MaxLen: 16, Empty: true,
			Doc: "addresses that ARP monitoring asks for; an address behind a VLAN or a bridge above the bond works"},
		{Name: "ns_ip6_target", Num: 31, Type: attr.IP6s, MaxLen: 16, Empty: true, Since: since("5.18", "IFLA_BOND_NS_IP6_TARGET"),
			Doc: "addresses that ND monitoring asks for"},
		{Name: "arp_validate", Num: 9, Type: attr.U32, Only: arpModes, Names: enum(
			"none", "active", "backup", "all", "filter", "filter_active", "filter_backup"),
			Doc: "which received packets count as a sign of life"},
		{Name: "arp_all_targets", Num: 10, Type: attr.U32, Names: enum("any", "all"),
			Doc: "whether one target or all must answer while arp_validate is on"},
		{Name: "missed_max", Word: "arp_missed_max", Num: 30, Type: attr.U8, Min: 1, Max: 255, Only: arpModes, Since: since("5.17", "IFLA_BOND_MISSED_MAX"),
			Doc: "unanswered monitor intervals before a member is left"},
		{Name: "primary", Num: 11, Type: attr.Index, Only: primaryModes, Empty: true,
			Doc: "the member that is used whenever it works"},
		{Name: "primary_reselect", Num: 12, Type: attr.U8, Names: enum("always", "better", "failure"),
			Doc: "when to go back to the primary"},
		{Name: "active_slave", Num: 2, Type: attr.Index, Only: primaryModes, Empty: true, SeeOnly: true, Back: &attr.Cond{Row: "mii_status", In: []string{"up"}},
			Doc: "the member in use"},
		{Name: "fail_over_mac", Num: 13, Type: attr.U8, When: attr.NoPorts, Names: enum("none", "active", "follow"),
			Doc: "whose MAC the members carry"},
		{Name: "xmit_hash_policy", Num: 14, Type: attr.U8, Names: enum(
			"layer2", "layer3+4", "layer2+3", "encap2+3", "encap3+4", "vlan+srcmac"),
			Doc: "what picks the member for a packet"},
		{Name: "resend_igmp", Num: 15, Type: attr.U32, Max: 255,
			Doc: "IGMP reports sent after a failover"},
		{Name: "num_grat_arp", Alias: "num_unsol_na", Num: 16, Type: attr.U8, Max: 255,
			Doc: "announcements (gratuitous ARP, unsolicited ND) sent after a failover"},
		{Name: "all_slaves_active", Num: 17, Type: attr.Bool,
			Doc: "keep frames that arrive on members which are not in use"},
		{Name: "min_links", Num: 18, Type: attr.U32, Max: maxInt,
			Doc: "members that must be up before the bond has carrier"},
		{Name: "lp_interval", Num: 19, Type: attr.U32, Min: 1, Max: maxInt, Unit: "s",
			Doc: "interval of learning packets to the switches"},
		{Name: "packets_per_slave", Num: 20, Type: attr.U32, Max: 65535, Only: &attr.Cond{Row: "mode", In: []string{"balance-rr"}},
			Doc: "packets sent on one member before the next is used; 0 picks at random"},
		{Name: "lacp_rate", Num: 21, Type: attr.U8, When: attr.Down, Only: lacpMode, Names: enum("slow", "fast"),
			Doc: "how often the partner shall send LACPDUs: every 30 s or every second"},
		{Name: "lacp_active", Num: 29, Type: attr.U8, When: attr.Down, Only: lacpMode, Names: enum("off", "on"), Since: since("5.16", "IFLA_BOND_AD_LACP_ACTIVE"),
			Doc: "send LACPDUs unasked"},
		{Name: "coupled_control", Num: 32, Type: attr.Bool, When: attr.Down, Only: lacpMode, Names: enum("off", "on"), Since: since("6.9", "IFLA_BOND_COUPLED_CONTROL"),
			Doc: "start to collect and to distribute in one step; off follows the states of IEEE 802.1AX for both apart"},
		{Name: "lacp_strict", Num: 34, Type: attr.Bool, Only: lacpMode, Names: enum("off", "on"), Since: since("7.2", "IFLA_BOND_LACP_STRICT"),
			Doc: "have carrier only while a partner has answered"},
		{Name: "broadcast_neighbor", Num: 33, Type: attr.Bool, Only: lacpMode, Names: enum("off", "on"), Since: since("6.17", "IFLA_BOND_BROADCAST_NEIGH"),
			Doc: "send ARP and neighbour discovery on all members, for switches that do not share what they learn"},
		{Name: "ad_select", Num: 22, Type: attr.U8, When: attr.Down, Only: lacpMode, Names: append(enum("stable", "bandwidth", "count"), attr.Name{Text: "actor_port_prio", N: 3, Since: since("6.18", "BOND_AD_PRIO")}),
			Doc: "which aggregator is used"},
		{Name: "ad_actor_sys_prio", Num: 24, Type: attr.U16, Min: 1, Max: 65535, Only: lacpMode,
			Doc: "LACP system priority"},
		{Name: "ad_user_port_key", Num: 25, Type: attr.U16, When: attr.Down, Max: 1023, Only: lacpMode,
			Doc: "user part of the LACP port key"},
		{Name: "ad_actor_system", Num: 26, Type: attr.MAC, Only: lacpMode,
			Doc: "LACP system identifier"},
		{Name: "tlb_dynamic_lb", Num: 27, Type: attr.U8, When: attr.Down, Max: 1, Only: &attr.Cond{Row: "mode", In: []string{"balance-tlb", "balance-alb"}},
			Doc: "shuffle flows by load"},
		adInfo("ad_aggregator", 1, attr.U16, "aggregator in use"),
		adInfo("ad_num_ports", 2, attr.U16, "members of the aggregator in use"),
		adInfo("ad_actor_key", 3, attr.U16, "LACP key of this side"),
		adInfo("ad_partner_key", 4, attr.U16, "LACP key of the partner"),
		adInfo("ad_partner_mac", 5, attr.MAC, "LACP system identifier of the partner; zero where none has answered"),
	},
	Port: attr.Table{
		{Name: "state", Num: 1, Place: attr.Port, Type: attr.U8, SeeOnly: true, Names: enum("active", "backup"),
			Doc: "whether the member is in use"},
		{Name: "mii_status", Num: 2, Place: attr.Port, Type: attr.U8, SeeOnly: true, Names: enum("up", "going_down", "down", "going_back"),
			Doc: "what the monitor thinks of the member's link"},
		{Name: "link_failure_count", Num: 3, Place: attr.Port, Type: attr.U32, SeeOnly: true,
			Doc: "how often the member's link has failed"},
		{Name: "perm_hwaddr", Num: 4, Place: attr.Port, Type: attr.MAC, SeeOnly: true,
			Doc: "the MAC that the member had before"},
		{Name: "queue_id", Num: 5, Place: attr.Port, Type: attr.U16, Max: 65535, Empty: true, Unique: true,
			Doc: "transmit queue that goes to this member, 16 at most where the module has its default of tx_queues; 0: none of its own"},
		{Name: "prio", Num: 9, Place: attr.Port, Type: attr.S32, Empty: true, Only: primaryModes, Since: since("6.0", "IFLA_BOND_SLAVE_PRIO"),
			Doc: "failover priority; the higher is preferred"},
		{Name: "actor_port_prio", Num: 10, Place: attr.Port, Type: attr.U16, Max: 65535, Only: lacpMode, Since: since("6.18", "IFLA_BOND_SLAVE_ACTOR_PORT_PRIO"),
			Doc: "LACP port priority, for ad_select actor_port_prio"},
		{Name: "ad_aggregator_id", Num: 6, Place: attr.Port, Type: attr.U16, SeeOnly: true,
			Doc: "aggregator that the member is in"},
		{Name: "ad_actor_oper_port_state", Num: 7, Place: attr.Port, Type: attr.U8, SeeOnly: true,
			Doc: "LACP state bits of this side"},
		{Name: "ad_partner_oper_port_state", Num: 8, Place: attr.Port, Type: attr.U16, SeeOnly: true,
			Doc: "LACP state bits of the partner"},
		{Name: "ad_churn_actor_state", Num: 11, Place: attr.Port, Type: attr.U8, SeeOnly: true, Names: churn,
			Doc: "whether this side has come into sync"},
		{Name: "ad_churn_partner_state", Num: 12, Place: attr.Port, Type: attr.U8, SeeOnly: true, Names: churn,
			Doc: "whether the partner has come into sync"},
	},
}

// adInfo is a row in IFLA_BOND_AD_INFO.
func adInfo(name string, num uint16, typ attr.Type, doc string) *attr.Row {
	return &attr.Row{Name: name, Nest: 23, Num: num, Type: typ, SeeOnly: true, Only: lacpMode, Doc: doc}
}

// churn are churn_state_t of drivers/net/bonding/bond_3ad.h (802.1AX 6.4.17).
var churn = enum("monitor", "churned", "none")

func since(release, name string) attr.Since { return attr.Since{Release: release, Name: name} }

const maxInt = 1<<31 - 1

var (
	arpModes     = &attr.Cond{Row: "mode", In: []string{"balance-rr", "active-backup", "balance-xor", "broadcast"}}
	primaryModes = &attr.Cond{Row: "mode", In: []string{"active-backup", "balance-tlb", "balance-alb"}}
	lacpMode     = &attr.Cond{Row: "mode", In: []string{"802.3ad"}}
)

// enum numbers words from 0, as the kernel does.
func enum(words ...string) []attr.Name {
	names := make([]attr.Name, len(words))
	for i, w := range words {
		names[i] = attr.Name{Text: w, N: uint64(i)}
	}
	return names
}
