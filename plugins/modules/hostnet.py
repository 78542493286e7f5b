# Copyright: (c) the hostnet-module developers
# GNU General Public License v3.0+ (see plugins/COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The documentation of the module. What runs on the target is library/hostnet_linux_*, and plugins/action/hostnet.py brings it there.

DOCUMENTATION = r'''
---
module: hostnet
short_description: The network of a virtualization host, bonds, VLANs and bridges, from one document
version_added: "0.1.0"
description:
  - Makes the network of a host what the task describes, as one change. Afterwards the network is as described, or as it was before.
  - The target needs no Python. One static program does the work there; it is kept in a cache on the target, so that only the first task sends it.
  - What the task does not say is left as it is. Existing links are adopted and changed in place, not made anew.
  - All that is wrong with a document is reported at once in C(problems), before anything is touched.
  - Values may be templated texts. C("16") is a number, C("yes") a boolean, C("eth0,eth1") a list. Quote MAC addresses.
notes:
  - The program is kept under C(/var/cache/hostnet-module) on the target, named by its checksum, which is verified before each use. The host variable
    C(hostnet_cache_dir) puts it elsewhere. Where it cannot be kept, it is sent with each task.
  - C(async) is refused. It would need Python on the target.
  - A change is confirmed over a new connection. C(confirm_timeout) is 30 seconds where nothing is said (0, off, with a local connection). What cannot be
    reached anew within that time the target undoes by itself; the task waits for that, and fails with C(rolled_back).
author:
  - the hostnet-module developers (@hostnet)
requirements:
  - Linux on amd64 or arm64, with the kernel modules bonding, 8021q and bridge as far as the document needs them
  - root on the target, that is C(become=true)
attributes:
  check_mode:
    description: Predicts what a run would do, object by object, and sends the kernel nothing.
    support: full
  diff_mode:
    description: Shows each changed object before and after.
    support: full
  platform:
    description: The target.
    platforms: Linux
    support: full
options: # made from the tables: go test ./module/spec -run TestAnsibleDocumentation -update
  state:
    description: "Absent takes away every object that is listed; gathered changes nothing and returns the running topology as a document."
    type: str
    choices: ["present", "absent", "gathered"]
  prune:
    description: "Remove objects that an earlier run created and this document no longer names; never what was there before."
    type: bool
  persist:
    description: "Bring the objects back at boot, too; the default is true in the host's own network namespace."
    type: bool
  confirm_timeout:
    description: "Seconds after which everything is undone unless C(hostnet-module confirm) came in time; 0 is off."
    type: int
  probes:
    description: "What must answer after the change, or it is undone."
    type: list
    elements: raw
  probe_timeout:
    description: "Seconds within which all probes must have answered; 10 where nothing is said."
    type: int
  result:
    description: "Summary counts the objects by what happened to them, instead of listing them and the steps; for documents with thousands."
    type: str
    choices: ["full", "summary"]
  max_disruption:
    description: "Refuse a plan that would disturb running traffic more: flap is a link down and up or its ports let go for a moment, recreate is a link made
      anew."
    type: str
    choices: ["none", "flap", "recreate"]
  ethernets:
    description: "A NIC that is there already; its attributes are set, it is never created or deleted."
    type: list
    elements: dict
    suboptions:
      name:
        description: "The link's name, 1-15 bytes; that of a VLAN is PARENT.ID where nothing is said."
        type: str
      state:
        description: "Absent takes the object away; what else is said of it is then passed over."
        type: str
        choices: ["present", "absent"]
      addresses:
        description: "Addresses of the host on this link, with their prefix lengths."
        type: list
        elements: raw
      gateway:
        description: "The default route's next hop, at most one for each family."
        type: list
        elements: str
      routes:
        description: "Routes over this link."
        type: list
        elements: dict
        suboptions:
          to:
            description: "The network, or default."
            type: str
          via:
            description: "The next hop; without one the network is on the link itself."
            type: str
          metric:
            description: "The lowest is preferred; the kernel's default is 0 for IPv4, 1024 for IPv6."
            type: int
          table:
            description: "The routing table, main where nothing is said."
            type: raw
          source:
            description: "The host's address that packets leave with."
            type: str
          onlink:
            description: "The next hop is on the link, though no address says so."
            type: bool
          type:
            description: "What the host does: unicast, send it on; blackhole, unreachable, prohibit: drop it, the latter two with a word to the sender; throw:
              look further in the next rule."
            type: str
            choices: ["unicast", "blackhole", "unreachable", "prohibit", "throw"]
          scope:
            description: "How far the destination is, of IPv4; link where there is no next hop, else global."
            type: raw
          mtu:
            description: "Largest packet, bytes."
            type: int
      ipv6:
        description: "Off: no IPv6 at all on this link, not even a link-local address; the default for members, ports, bonds that only carry VLANs, and bridges
          without host access."
        type: str
        choices: ["auto", "off"]
      up:
        description: "Administrative state. Takes true or false. Change: live."
        type: bool
      mtu:
        description: "Largest packet; solved over the whole tree: what carries a link is raised with it. Takes 68-65535 (bytes). Change: live."
        type: int
      mac:
        description: "Hardware address. Takes six bytes like 00:16:3e:00:00:01. Change: live."
        type: str
      description:
        description: "Free text, the kernel's ifalias. Takes text of at most 255 bytes. Change: live."
        type: str
  bonds:
    description: "Several NICs as one link, for failover or for bandwidth."
    type: list
    elements: dict
    suboptions:
      name:
        description: "The link's name, 1-15 bytes; that of a VLAN is PARENT.ID where nothing is said."
        type: str
      state:
        description: "Absent takes the object away; what else is said of it is then passed over."
        type: str
        choices: ["present", "absent"]
      addresses:
        description: "Addresses of the host on this link, with their prefix lengths."
        type: list
        elements: raw
      gateway:
        description: "The default route's next hop, at most one for each family."
        type: list
        elements: str
      routes:
        description: "Routes over this link."
        type: list
        elements: dict
        suboptions:
          to:
            description: "The network, or default."
            type: str
          via:
            description: "The next hop; without one the network is on the link itself."
            type: str
          metric:
            description: "The lowest is preferred; the kernel's default is 0 for IPv4, 1024 for IPv6."
            type: int
          table:
            description: "The routing table, main where nothing is said."
            type: raw
          source:
            description: "The host's address that packets leave with."
            type: str
          onlink:
            description: "The next hop is on the link, though no address says so."
            type: bool
          type:
            description: "What the host does: unicast, send it on; blackhole, unreachable, prohibit: drop it, the latter two with a word to the sender; throw:
              look further in the next rule."
            type: str
            choices: ["unicast", "blackhole", "unreachable", "prohibit", "throw"]
          scope:
            description: "How far the destination is, of IPv4; link where there is no next hop, else global."
            type: raw
          mtu:
            description: "Largest packet, bytes."
            type: int
      ipv6:
        description: "Off: no IPv6 at all on this link, not even a link-local address; the default for members, ports, bonds that only carry VLANs, and bridges
          without host access."
        type: str
        choices: ["auto", "off"]
      members:
        description: "The links that are its members: names, or objects with options."
        type: list
        elements: raw
      mode:
        description: "How members share the work; active-backup is the one for two separate switches. A change of it resets miimon, arp_interval, arp_validate,
          tlb_dynamic_lb, unless they are given. Takes one of balance-rr, active-backup, balance-xor, broadcast, 802.3ad, balance-tlb, balance-alb. Change: link
          down, ports released."
        type: str
        choices: ["balance-rr", "active-backup", "balance-xor", "broadcast", "802.3ad", "balance-tlb", "balance-alb"]
      miimon:
        description: "Interval at which the members' carrier is checked; 0 is off; sees a dead link, not a hung switch. Takes 0-2147483647 (ms). Change: live."
        type: int
      updelay:
        description: "Wait before a member whose carrier came back is used; a multiple of miimon. Takes 0-2147483647 (ms). Change: live."
        type: int
      downdelay:
        description: "Wait before a member whose carrier went away is left; a multiple of miimon. Takes 0-2147483647 (ms). Change: live."
        type: int
      peer_notif_delay:
        description: "Time between announcements after a failover; a multiple of the monitor's interval. Takes 0-300000 (ms). Change: live."
        type: int
      use_carrier:
        description: "Ask the driver for its carrier (1) or use MII ioctls (0). Takes 0-1. Change: live."
        type: bool
      arp_interval:
        description: "Interval of ARP (and ND) monitoring; 0 is off; notices a switch that hangs with its carrier up. Only with C(mode) balance-rr,
          active-backup, balance-xor, broadcast. Takes 0-2147483647 (ms). Change: live."
        type: int
      arp_ip_target:
        description: "Addresses that ARP monitoring asks for; an address behind a VLAN or a bridge above the bond works. Takes a list of at most 16 IPv4
          addresses. Change: live."
        type: list
        elements: str
      ns_ip6_target:
        description: "Addresses that ND monitoring asks for. Linux 5.18 and later. Takes a list of at most 16 IPv6 addresses. Change: live."
        type: list
        elements: str
      arp_validate:
        description: "Which received packets count as a sign of life. Only with C(mode) balance-rr, active-backup, balance-xor, broadcast. Takes one of none,
          active, backup, all, filter, filter_active, filter_backup. Change: live."
        type: str
        choices: ["none", "active", "backup", "all", "filter", "filter_active", "filter_backup"]
      arp_all_targets:
        description: "Whether one target or all must answer while arp_validate is on. Takes one of any, all. Change: live."
        type: str
        choices: ["any", "all"]
      missed_max:
        description: "Unanswered monitor intervals before a member is left. Only with C(mode) balance-rr, active-backup, balance-xor, broadcast. Linux 5.17 and
          later. Takes 1-255. Change: live."
        type: int
      primary:
        description: "The member that is used whenever it works. Only with C(mode) active-backup, balance-tlb, balance-alb. Takes the name of a link, or an
          empty text for none. Change: live."
        type: str
      primary_reselect:
        description: "When to go back to the primary. Takes one of always, better, failure. Change: live."
        type: str
        choices: ["always", "better", "failure"]
      fail_over_mac:
        description: "Whose MAC the members carry. Takes one of none, active, follow. Change: ports released."
        type: str
        choices: ["none", "active", "follow"]
      xmit_hash_policy:
        description: "What picks the member for a packet. Takes one of layer2, layer3+4, layer2+3, encap2+3, encap3+4, vlan+srcmac. Change: live."
        type: str
        choices: ["layer2", "layer3+4", "layer2+3", "encap2+3", "encap3+4", "vlan+srcmac"]
      resend_igmp:
        description: "IGMP reports sent after a failover. Takes 0-255. Change: live."
        type: int
      num_grat_arp:
        description: "Announcements (gratuitous ARP, unsolicited ND) sent after a failover. Takes 0-255. Change: live."
        type: int
      num_unsol_na:
        description: "The same as num_grat_arp."
        type: int
      all_slaves_active:
        description: "Keep frames that arrive on members which are not in use. Takes true or false. Change: live."
        type: bool
      min_links:
        description: "Members that must be up before the bond has carrier. Takes 0-2147483647. Change: live."
        type: int
      lp_interval:
        description: "Interval of learning packets to the switches. Takes 1-2147483647 (s). Change: live."
        type: int
      packets_per_slave:
        description: "Packets sent on one member before the next is used; 0 picks at random. Only with C(mode) balance-rr. Takes 0-65535. Change: live."
        type: int
      lacp_rate:
        description: "How often the partner shall send LACPDUs: every 30 s or every second. Only with C(mode) 802.3ad. Takes one of slow, fast. Change: link
          down."
        type: str
        choices: ["slow", "fast"]
      lacp_active:
        description: "Send LACPDUs unasked. Only with C(mode) 802.3ad. Linux 5.16 and later. Takes one of off, on. Change: link down."
        type: str
        choices: ["off", "on"]
      coupled_control:
        description: "Start to collect and to distribute in one step; off follows the states of IEEE 802.1AX for both apart. Only with C(mode) 802.3ad. Linux
          6.9 and later. Takes true or false. Change: link down."
        type: bool
      lacp_strict:
        description: "Have carrier only while a partner has answered. Only with C(mode) 802.3ad. Linux 7.2 and later. Takes true or false. Change: live."
        type: bool
      broadcast_neighbor:
        description: "Send ARP and neighbour discovery on all members, for switches that do not share what they learn. Only with C(mode) 802.3ad. Linux 6.17 and
          later. Takes true or false. Change: live."
        type: bool
      ad_select:
        description: "Which aggregator is used. Only with C(mode) 802.3ad. Takes one of stable, bandwidth, count, actor_port_prio. Change: link down."
        type: str
        choices: ["stable", "bandwidth", "count", "actor_port_prio"]
      ad_actor_sys_prio:
        description: "LACP system priority. Only with C(mode) 802.3ad. Takes 1-65535. Change: live."
        type: int
      ad_user_port_key:
        description: "User part of the LACP port key. Only with C(mode) 802.3ad. Takes 0-1023. Change: link down."
        type: int
      ad_actor_system:
        description: "LACP system identifier. Only with C(mode) 802.3ad. Takes six bytes like 00:16:3e:00:00:01. Change: live."
        type: str
      tlb_dynamic_lb:
        description: "Shuffle flows by load. Only with C(mode) balance-tlb, balance-alb. Takes 0-1. Change: link down."
        type: bool
      up:
        description: "Administrative state. Takes true or false. Change: live."
        type: bool
      mtu:
        description: "Largest packet; solved over the whole tree: what carries a link is raised with it. Takes 68-65535 (bytes). Change: live."
        type: int
      mac:
        description: "Hardware address. Takes six bytes like 00:16:3e:00:00:01. Change: live."
        type: str
      description:
        description: "Free text, the kernel's ifalias. Takes text of at most 255 bytes. Change: live."
        type: str
  vlans:
    description: "A VLAN subinterface of another link."
    type: list
    elements: dict
    suboptions:
      name:
        description: "The link's name, 1-15 bytes; that of a VLAN is PARENT.ID where nothing is said."
        type: str
      parent:
        description: "The link that carries the VLAN."
        type: str
      state:
        description: "Absent takes the object away; what else is said of it is then passed over."
        type: str
        choices: ["present", "absent"]
      addresses:
        description: "Addresses of the host on this link, with their prefix lengths."
        type: list
        elements: raw
      gateway:
        description: "The default route's next hop, at most one for each family."
        type: list
        elements: str
      routes:
        description: "Routes over this link."
        type: list
        elements: dict
        suboptions:
          to:
            description: "The network, or default."
            type: str
          via:
            description: "The next hop; without one the network is on the link itself."
            type: str
          metric:
            description: "The lowest is preferred; the kernel's default is 0 for IPv4, 1024 for IPv6."
            type: int
          table:
            description: "The routing table, main where nothing is said."
            type: raw
          source:
            description: "The host's address that packets leave with."
            type: str
          onlink:
            description: "The next hop is on the link, though no address says so."
            type: bool
          type:
            description: "What the host does: unicast, send it on; blackhole, unreachable, prohibit: drop it, the latter two with a word to the sender; throw:
              look further in the next rule."
            type: str
            choices: ["unicast", "blackhole", "unreachable", "prohibit", "throw"]
          scope:
            description: "How far the destination is, of IPv4; link where there is no next hop, else global."
            type: raw
          mtu:
            description: "Largest packet, bytes."
            type: int
      ipv6:
        description: "Off: no IPv6 at all on this link, not even a link-local address; the default for members, ports, bonds that only carry VLANs, and bridges
          without host access."
        type: str
        choices: ["auto", "off"]
      id:
        description: "VLAN identifier; the kernel takes a change of an existing link silently and ignores it. Takes 1-4094. Change: recreated."
        type: int
      protocol:
        description: "Tag protocol: 802.1Q, or 802.1ad for the outer tag of a stack. Takes one of 802.1Q, 802.1ad. Change: recreated."
        type: str
        choices: ["802.1Q", "802.1ad"]
      reorder_hdr:
        description: "Take the tag out of frames before the host sees them. Takes true or false. Change: live."
        type: bool
      gvrp:
        description: "Announce the VLAN by GVRP. Takes true or false. Change: live."
        type: bool
      loose_binding:
        description: "Do not follow the parent's operational state. Takes true or false. Change: live."
        type: bool
      mvrp:
        description: "Announce the VLAN by MVRP. Takes true or false. Change: live."
        type: bool
      bridge_binding:
        description: "Follow the state of the bridge ports that carry the VLAN, where the parent is a bridge. Takes true or false. Change: live."
        type: bool
      ingress_qos_map:
        description: "Pairs of a received frame's 802.1p priority and the host's packet priority; pairs that are not listed are left, to 0 takes one away. Takes
          a list of pairs like \"2:3\", from 0-7 to 0-4294967295. Change: live."
        type: list
        elements: str
      egress_qos_map:
        description: "Pairs of the host's packet priority and a sent frame's 802.1p priority; pairs that are not listed are left, to 0 takes one away. Takes a
          list of pairs like \"2:3\", from 0-4294967295 to 0-7. Change: live."
        type: list
        elements: str
      up:
        description: "Administrative state. Takes true or false. Change: live."
        type: bool
      mtu:
        description: "Largest packet; solved over the whole tree: what carries a link is raised with it. Takes 68-65535 (bytes). Change: live."
        type: int
      mac:
        description: "Hardware address. Takes six bytes like 00:16:3e:00:00:01. Change: live."
        type: str
      description:
        description: "Free text, the kernel's ifalias. Takes text of at most 255 bytes. Change: live."
        type: str
  bridges:
    description: "A switch inside the host; guests join a network by naming its bridge."
    type: list
    elements: dict
    suboptions:
      name:
        description: "The link's name, 1-15 bytes; that of a VLAN is PARENT.ID where nothing is said."
        type: str
      state:
        description: "Absent takes the object away; what else is said of it is then passed over."
        type: str
        choices: ["present", "absent"]
      addresses:
        description: "Addresses of the host on this link, with their prefix lengths."
        type: list
        elements: raw
      gateway:
        description: "The default route's next hop, at most one for each family."
        type: list
        elements: str
      routes:
        description: "Routes over this link."
        type: list
        elements: dict
        suboptions:
          to:
            description: "The network, or default."
            type: str
          via:
            description: "The next hop; without one the network is on the link itself."
            type: str
          metric:
            description: "The lowest is preferred; the kernel's default is 0 for IPv4, 1024 for IPv6."
            type: int
          table:
            description: "The routing table, main where nothing is said."
            type: raw
          source:
            description: "The host's address that packets leave with."
            type: str
          onlink:
            description: "The next hop is on the link, though no address says so."
            type: bool
          type:
            description: "What the host does: unicast, send it on; blackhole, unreachable, prohibit: drop it, the latter two with a word to the sender; throw:
              look further in the next rule."
            type: str
            choices: ["unicast", "blackhole", "unreachable", "prohibit", "throw"]
          scope:
            description: "How far the destination is, of IPv4; link where there is no next hop, else global."
            type: raw
          mtu:
            description: "Largest packet, bytes."
            type: int
      ipv6:
        description: "Off: no IPv6 at all on this link, not even a link-local address; the default for members, ports, bonds that only carry VLANs, and bridges
          without host access."
        type: str
        choices: ["auto", "off"]
      ports_exclusive:
        description: "Evict ports that are not listed, guests' too; by default they are left alone."
        type: bool
      host_access:
        description: "False: no frame of a guest reaches the host's own stack; the default is true, of a segment without addresses false."
        type: bool
      vlans:
        description: "The VLANs in which the host itself is on the bridge, exactly (bridge vlan ... self); without the key they are left as they are."
        type: list
        elements: raw
      ports:
        description: "The links that are its ports: names, or objects with options."
        type: list
        elements: raw
      stp_state:
        description: "Spanning tree; when on, a new port forwards only after twice forward_delay. Takes true or false. Change: live."
        type: bool
      stp:
        description: "The same as stp_state."
        type: bool
      forward_delay:
        description: "Time in each of the listening and learning states; at least 200 while spanning tree is on. Takes 0-3000 (s/100). Change: live."
        type: int
      hello_time:
        description: "Interval of spanning tree hellos. Takes 100-1000 (s/100). Change: live."
        type: int
      max_age:
        description: "Life of a received hello. Takes 600-4000 (s/100). Change: live."
        type: int
      ageing_time:
        description: "Life of a learned address. Takes 0-100000000 (s/100). Change: live."
        type: int
      priority:
        description: "Spanning tree priority; the lowest becomes root. Takes 0-65535. Change: live."
        type: int
      vlan_filtering:
        description: "Forward by VLAN. Takes true or false. Change: live."
        type: bool
      vlan_protocol:
        description: "Tag protocol of the VLAN table. Takes one of 802.1Q, 802.1ad. Change: live."
        type: str
        choices: ["802.1Q", "802.1ad"]
      vlan_default_pvid:
        description: "VLAN of untagged frames on ports that join; 0 is none. Takes 0-4094. Change: live."
        type: int
      default_pvid:
        description: "The same as vlan_default_pvid."
        type: int
      vlan_stats_enabled:
        description: "Count packets by VLAN. Takes true or false. Change: live."
        type: bool
      vlan_stats_per_port:
        description: "Count packets by VLAN of each port; the kernel takes it while no port has a VLAN. Takes true or false. Change: ports released."
        type: bool
      group_fwd_mask:
        description: "Link-local group addresses (01:80:c2:00:00:0X) that are forwarded, one bit each; 0, 1 and 2 never are. Takes 0-65528 without the bits 0x7.
          Change: live."
        type: int
      group_address:
        description: "Destination of spanning tree frames. Takes six bytes like 00:16:3e:00:00:01. Change: live."
        type: str
      mcast_snooping:
        description: "Send multicast only where it is listened to. Takes true or false. Change: live."
        type: bool
      mcast_router:
        description: "0 never, 1 when seen, 2 always a router on the bridge itself. Takes 0-2. Change: live."
        type: int
      mcast_querier:
        description: "Send IGMP and MLD queries. Takes true or false. Change: live."
        type: bool
      mcast_query_use_ifaddr:
        description: "Send queries from the bridge's own address. Takes true or false. Change: live."
        type: bool
      mcast_hash_max:
        description: "Most multicast groups. Takes 0-4294967295. Change: live."
        type: int
      mcast_last_member_count:
        description: "Queries before a group without listeners is given up. Takes 0-4294967295. Change: live."
        type: int
      mcast_startup_query_count:
        description: "Queries at the start. Takes 0-4294967295. Change: live."
        type: int
      mcast_last_member_interval:
        description: "Time between the queries for a group that somebody left. Takes 0-2147483647 (s/100). Change: live."
        type: int
      mcast_membership_interval:
        description: "Life of a listener. Takes 0-2147483647 (s/100). Change: live."
        type: int
      mcast_querier_interval:
        description: "Silence after which another querier is gone. Takes 0-2147483647 (s/100). Change: live."
        type: int
      mcast_query_interval:
        description: "Time between queries. Takes 100-8640000 (s/100). Change: live."
        type: int
      mcast_query_response_interval:
        description: "Time that listeners have for an answer. Takes 0-2147483647 (s/100). Change: live."
        type: int
      mcast_startup_query_interval:
        description: "Time between the queries at the start. Takes 100-8640000 (s/100). Change: live."
        type: int
      mcast_stats_enabled:
        description: "Count IGMP and MLD packets. Takes true or false. Change: live."
        type: bool
      mcast_igmp_version:
        description: "Version of the IGMP queries. Takes 2-3. Change: live."
        type: int
      mcast_mld_version:
        description: "Version of the MLD queries. Takes 1-2. Change: live."
        type: int
      nf_call_iptables:
        description: "Bridged IPv4 passes iptables. Takes true or false. Change: live."
        type: bool
      nf_call_ip6tables:
        description: "Bridged IPv6 passes ip6tables. Takes true or false. Change: live."
        type: bool
      nf_call_arptables:
        description: "Bridged ARP passes arptables. Takes true or false. Change: live."
        type: bool
      no_linklocal_learn:
        description: "Do not learn from frames to link-local group addresses. Takes true or false. Change: live."
        type: bool
      mcast_vlan_snooping:
        description: "Snoop multicast by VLAN; needs vlan_filtering. Linux 5.15 and later. Takes true or false. Change: live."
        type: bool
      mst_enabled:
        description: "Spanning tree state by VLAN; the kernel takes it while neither the bridge nor a port has a VLAN. Linux 5.18 and later. Takes true or
          false. Change: live."
        type: bool
      mdb_offload_fail_notification:
        description: "Tell about multicast groups that hardware did not take. Linux 6.16 and later. Takes true or false. Change: live."
        type: bool
      fdb_local_vlan_0:
        description: "Keep the bridge's own addresses on VLAN 0 alone, not on each. Linux 6.18 and later. Takes true or false. Change: live."
        type: bool
      fdb_max_learned:
        description: "Most addresses that are learned; 0 is no limit. Linux 6.7 and later. Takes 0-4294967295. Change: live."
        type: int
      stp_mode:
        description: "Who does spanning tree; the kernel takes it while stp_state is off. Linux 7.1 and later. Takes one of auto, user, kernel. Change: live."
        type: str
        choices: ["auto", "user", "kernel"]
      up:
        description: "Administrative state. Takes true or false. Change: live."
        type: bool
      mtu:
        description: "Largest packet; solved over the whole tree: what carries a link is raised with it. Takes 68-65535 (bytes). Change: live."
        type: int
      mac:
        description: "Hardware address. Takes six bytes like 00:16:3e:00:00:01. Change: live."
        type: str
      description:
        description: "Free text, the kernel's ifalias. Takes text of at most 255 bytes. Change: live."
        type: str
  segments:
    description: "The short form of VLANs and the bridges on them."
    type: list
    elements: dict
    suboptions:
      bridge:
        description: "The name of the bridge on the VLAN."
        type: str
      name:
        description: "The link's name, 1-15 bytes; that of a VLAN is PARENT.ID where nothing is said."
        type: str
      parent:
        description: "The link that carries the VLAN."
        type: str
      id:
        description: "VLAN identifier; the kernel takes a change of an existing link silently and ignores it. Takes 1-4094. Change: recreated."
        type: int
      protocol:
        description: "Tag protocol: 802.1Q, or 802.1ad for the outer tag of a stack. Takes one of 802.1Q, 802.1ad. Change: recreated."
        type: str
        choices: ["802.1Q", "802.1ad"]
      reorder_hdr:
        description: "Take the tag out of frames before the host sees them. Takes true or false. Change: live."
        type: bool
      gvrp:
        description: "Announce the VLAN by GVRP. Takes true or false. Change: live."
        type: bool
      loose_binding:
        description: "Do not follow the parent's operational state. Takes true or false. Change: live."
        type: bool
      mvrp:
        description: "Announce the VLAN by MVRP. Takes true or false. Change: live."
        type: bool
      bridge_binding:
        description: "Follow the state of the bridge ports that carry the VLAN, where the parent is a bridge. Takes true or false. Change: live."
        type: bool
      ingress_qos_map:
        description: "Pairs of a received frame's 802.1p priority and the host's packet priority; pairs that are not listed are left, to 0 takes one away. Takes
          a list of pairs like \"2:3\", from 0-7 to 0-4294967295. Change: live."
        type: list
        elements: str
      egress_qos_map:
        description: "Pairs of the host's packet priority and a sent frame's 802.1p priority; pairs that are not listed are left, to 0 takes one away. Takes a
          list of pairs like \"2:3\", from 0-4294967295 to 0-7. Change: live."
        type: list
        elements: str
      state:
        description: "Absent takes the object away; what else is said of it is then passed over."
        type: str
        choices: ["present", "absent"]
      addresses:
        description: "Addresses of the host on this link, with their prefix lengths."
        type: list
        elements: raw
      gateway:
        description: "The default route's next hop, at most one for each family."
        type: list
        elements: str
      routes:
        description: "Routes over this link."
        type: list
        elements: dict
        suboptions:
          to:
            description: "The network, or default."
            type: str
          via:
            description: "The next hop; without one the network is on the link itself."
            type: str
          metric:
            description: "The lowest is preferred; the kernel's default is 0 for IPv4, 1024 for IPv6."
            type: int
          table:
            description: "The routing table, main where nothing is said."
            type: raw
          source:
            description: "The host's address that packets leave with."
            type: str
          onlink:
            description: "The next hop is on the link, though no address says so."
            type: bool
          type:
            description: "What the host does: unicast, send it on; blackhole, unreachable, prohibit: drop it, the latter two with a word to the sender; throw:
              look further in the next rule."
            type: str
            choices: ["unicast", "blackhole", "unreachable", "prohibit", "throw"]
          scope:
            description: "How far the destination is, of IPv4; link where there is no next hop, else global."
            type: raw
          mtu:
            description: "Largest packet, bytes."
            type: int
      ipv6:
        description: "Off: no IPv6 at all on this link, not even a link-local address; the default for members, ports, bonds that only carry VLANs, and bridges
          without host access."
        type: str
        choices: ["auto", "off"]
      ports_exclusive:
        description: "Evict ports that are not listed, guests' too; by default they are left alone."
        type: bool
      host_access:
        description: "False: no frame of a guest reaches the host's own stack; the default is true, of a segment without addresses false."
        type: bool
      vlans:
        description: "The VLANs in which the host itself is on the bridge, exactly (bridge vlan ... self); without the key they are left as they are."
        type: list
        elements: raw
      stp_state:
        description: "Spanning tree; when on, a new port forwards only after twice forward_delay. Takes true or false. Change: live."
        type: bool
      stp:
        description: "The same as stp_state."
        type: bool
      forward_delay:
        description: "Time in each of the listening and learning states; at least 200 while spanning tree is on. Takes 0-3000 (s/100). Change: live."
        type: int
      hello_time:
        description: "Interval of spanning tree hellos. Takes 100-1000 (s/100). Change: live."
        type: int
      max_age:
        description: "Life of a received hello. Takes 600-4000 (s/100). Change: live."
        type: int
      ageing_time:
        description: "Life of a learned address. Takes 0-100000000 (s/100). Change: live."
        type: int
      priority:
        description: "Spanning tree priority; the lowest becomes root. Takes 0-65535. Change: live."
        type: int
      vlan_filtering:
        description: "Forward by VLAN. Takes true or false. Change: live."
        type: bool
      vlan_protocol:
        description: "Tag protocol of the VLAN table. Takes one of 802.1Q, 802.1ad. Change: live."
        type: str
        choices: ["802.1Q", "802.1ad"]
      vlan_default_pvid:
        description: "VLAN of untagged frames on ports that join; 0 is none. Takes 0-4094. Change: live."
        type: int
      default_pvid:
        description: "The same as vlan_default_pvid."
        type: int
      vlan_stats_enabled:
        description: "Count packets by VLAN. Takes true or false. Change: live."
        type: bool
      vlan_stats_per_port:
        description: "Count packets by VLAN of each port; the kernel takes it while no port has a VLAN. Takes true or false. Change: ports released."
        type: bool
      group_fwd_mask:
        description: "Link-local group addresses (01:80:c2:00:00:0X) that are forwarded, one bit each; 0, 1 and 2 never are. Takes 0-65528 without the bits 0x7.
          Change: live."
        type: int
      group_address:
        description: "Destination of spanning tree frames. Takes six bytes like 00:16:3e:00:00:01. Change: live."
        type: str
      mcast_snooping:
        description: "Send multicast only where it is listened to. Takes true or false. Change: live."
        type: bool
      mcast_router:
        description: "0 never, 1 when seen, 2 always a router on the bridge itself. Takes 0-2. Change: live."
        type: int
      mcast_querier:
        description: "Send IGMP and MLD queries. Takes true or false. Change: live."
        type: bool
      mcast_query_use_ifaddr:
        description: "Send queries from the bridge's own address. Takes true or false. Change: live."
        type: bool
      mcast_hash_max:
        description: "Most multicast groups. Takes 0-4294967295. Change: live."
        type: int
      mcast_last_member_count:
        description: "Queries before a group without listeners is given up. Takes 0-4294967295. Change: live."
        type: int
      mcast_startup_query_count:
        description: "Queries at the start. Takes 0-4294967295. Change: live."
        type: int
      mcast_last_member_interval:
        description: "Time between the queries for a group that somebody left. Takes 0-2147483647 (s/100). Change: live."
        type: int
      mcast_membership_interval:
        description: "Life of a listener. Takes 0-2147483647 (s/100). Change: live."
        type: int
      mcast_querier_interval:
        description: "Silence after which another querier is gone. Takes 0-2147483647 (s/100). Change: live."
        type: int
      mcast_query_interval:
        description: "Time between queries. Takes 100-8640000 (s/100). Change: live."
        type: int
      mcast_query_response_interval:
        description: "Time that listeners have for an answer. Takes 0-2147483647 (s/100). Change: live."
        type: int
      mcast_startup_query_interval:
        description: "Time between the queries at the start. Takes 100-8640000 (s/100). Change: live."
        type: int
      mcast_stats_enabled:
        description: "Count IGMP and MLD packets. Takes true or false. Change: live."
        type: bool
      mcast_igmp_version:
        description: "Version of the IGMP queries. Takes 2-3. Change: live."
        type: int
      mcast_mld_version:
        description: "Version of the MLD queries. Takes 1-2. Change: live."
        type: int
      nf_call_iptables:
        description: "Bridged IPv4 passes iptables. Takes true or false. Change: live."
        type: bool
      nf_call_ip6tables:
        description: "Bridged IPv6 passes ip6tables. Takes true or false. Change: live."
        type: bool
      nf_call_arptables:
        description: "Bridged ARP passes arptables. Takes true or false. Change: live."
        type: bool
      no_linklocal_learn:
        description: "Do not learn from frames to link-local group addresses. Takes true or false. Change: live."
        type: bool
      mcast_vlan_snooping:
        description: "Snoop multicast by VLAN; needs vlan_filtering. Linux 5.15 and later. Takes true or false. Change: live."
        type: bool
      mst_enabled:
        description: "Spanning tree state by VLAN; the kernel takes it while neither the bridge nor a port has a VLAN. Linux 5.18 and later. Takes true or
          false. Change: live."
        type: bool
      mdb_offload_fail_notification:
        description: "Tell about multicast groups that hardware did not take. Linux 6.16 and later. Takes true or false. Change: live."
        type: bool
      fdb_local_vlan_0:
        description: "Keep the bridge's own addresses on VLAN 0 alone, not on each. Linux 6.18 and later. Takes true or false. Change: live."
        type: bool
      fdb_max_learned:
        description: "Most addresses that are learned; 0 is no limit. Linux 6.7 and later. Takes 0-4294967295. Change: live."
        type: int
      stp_mode:
        description: "Who does spanning tree; the kernel takes it while stp_state is off. Linux 7.1 and later. Takes one of auto, user, kernel. Change: live."
        type: str
        choices: ["auto", "user", "kernel"]
      up:
        description: "Administrative state. Takes true or false. Change: live."
        type: bool
      mtu:
        description: "Largest packet; solved over the whole tree: what carries a link is raised with it. Takes 68-65535 (bytes). Change: live."
        type: int
      mac:
        description: "Hardware address. Takes six bytes like 00:16:3e:00:00:01. Change: live."
        type: str
      description:
        description: "Free text, the kernel's ifalias. Takes text of at most 255 bytes. Change: live."
        type: str
  rules:
    description: "Policy rules of the host, which say what routing table is looked up for which packets."
    type: list
    elements: dict
    suboptions:
      from:
        description: "Source addresses of the packets that are meant."
        type: str
      to:
        description: "Destination addresses of the packets that are meant."
        type: str
      family:
        description: "Of IPv4 or IPv6; where from or to do not say."
        type: str
        choices: ["ipv4", "ipv6"]
      not:
        description: "The rule holds for what does not match."
        type: bool
      tos:
        description: "Type of service."
        type: int
      type:
        description: "Lookup looks the table up; blackhole, unreachable and prohibit drop the packet, the latter two with a word to the sender."
        type: str
        choices: ["lookup", "blackhole", "unreachable", "prohibit"]
      table:
        description: "The routing table that is looked up."
        type: raw
      fwmark:
        description: "The packet's firewall mark, together with fwmask. Takes 0-4294967295. Change: live."
        type: int
      fwmask:
        description: "The bits of the firewall mark that are looked at; all where fwmark is given alone. Takes 0-4294967295. Change: live."
        type: int
      iif:
        description: "The link that the packet came in by; lo: the host's own packets. Takes text of at most 15 bytes. Change: live."
        type: str
      oif:
        description: "The link that a socket of the host is bound to. Takes text of at most 15 bytes. Change: live."
        type: str
      priority:
        description: "Rules are looked at from the lowest priority up; 0, 32766 and 32767 are the kernel's own. Takes 1-4294967295. Change: live."
        type: int
      uidrange:
        description: "Users of the host whose packets are meant, like 1000-1999. Takes a number or a range like 5-10, from 0-4294967295. Change: live."
        type: int
      ipproto:
        description: "The IP protocol's number: 6 TCP, 17 UDP. Takes 1-255. Change: live."
        type: int
      sport:
        description: "Source ports, like 53 or 1000-2000. Takes a number or a range like 5-10, from 0-65535. Change: live."
        type: int
      dport:
        description: "Destination ports. Takes a number or a range like 5-10, from 0-65535. Change: live."
        type: int
      suppress_prefixlength:
        description: "Pass over what the table finds where its prefix has this length or less. Takes 0-128. Change: live."
        type: int
      suppress_ifgroup:
        description: "Pass over what the table finds out of links of this group. Takes 0-2147483647. Change: live."
        type: int
      l3mdev:
        description: "Look up the table of the VRF that the packet's link belongs to. Takes true or false. Change: live."
        type: bool
  reconnect_host:
    description: "Where the target is to be reached after the change, if not at the same address; the rest of the play goes there. Its SSH host key must be
      known by that name."
    type: str
# end of the options
'''

EXAMPLES = r'''
- name: Two NICs, three networks; the host has no address on the third
  hostnet.linux.hostnet:
    bonds:
      - name: bond0
        mode: active-backup
        miimon: 100
        members: [eth0, eth1]
    segments:
      - {id: 16, parent: bond0, bridge: vlan16, addresses: [192.0.2.10/24], gateway: 192.0.2.1}
      - {id: 32, parent: bond0, bridge: vlan32, addresses: [198.51.100.10/24]}
      - {id: 48, parent: bond0, bridge: vlan48}
  become: true

- name: One network each
  hostnet.linux.hostnet:
    segments:
      - {id: "{{ item }}", parent: bond0, bridge: "vlan{{ item }}"}
  loop: [64, 65, 66]
  become: true

- name: The address by which the target is reached moves onto a bridge; what cannot be reached after it is undone
  hostnet.linux.hostnet:
    bonds: [{name: bond0, mode: active-backup, miimon: 100, members: [eth0, eth1]}]
    segments: [{id: 16, parent: bond0, bridge: vlan16, addresses: [192.0.2.10/24], gateway: 192.0.2.1}]
    confirm_timeout: 60
    probes: [gateway]
  become: true

- name: A network that is no longer wanted
  hostnet.linux.hostnet:
    segments:
      - {id: 48, parent: bond0, bridge: vlan48, state: absent}
  become: true
'''

RETURN = r'''
msg:
  description: The result in one sentence. After a failure, the step, the kernel's words and the state that the host was left in.
  type: str
  returned: always
  sample: "7 objects: 1 created, 6 unchanged"
objects:
  description: Every object of the document once, in the order ethernets, bonds, vlans, bridges, segments (VLAN, then bridge).
  type: list
  elements: dict
  returned: always
  contains:
    kind:
      description: C(ethernet), C(bond), C(vlan) or C(bridge).
      type: str
    name:
      description: Name of the link.
      type: str
    changed:
      description: Whether it is other than before. After a rollback it is not.
      type: bool
    action:
      description: C(none), C(create), C(update), C(recreate) or C(delete).
      type: str
    disruption:
      description: How much running traffic is disturbed, C(none), C(flap) or C(recreate).
      type: str
    touches:
      description: Ports of others that the disruption touches.
      type: list
      elements: str
      returned: if there are any
    differences:
      description: Attributes that change, each with C(name), C(before) and C(after); null is «not there».
      type: list
      elements: dict
steps:
  description: What was sent to the kernel, as commands of iproute2.
  type: list
  elements: str
  returned: always
  sample: ["ip link add name bond0 type bond mode active-backup miimon 100"]
counts:
  description: How many objects were created, updated and so on.
  type: dict
  returned: with C(result=summary), in place of C(objects), C(steps) and C(diff)
waves:
  description: What was sent, how often and how long it took.
  type: list
  elements: str
  returned: with -v, for large plans
recovered:
  description: What earlier runs had left unsettled, and what became of it.
  type: list
  elements: dict
  returned: if there was any
problems:
  description: What is wrong with the document. Nothing was touched.
  type: list
  elements: dict
  returned: when the document is refused
  contains:
    path:
      description: The place, such as C(bridges[2].addresses[0]).
      type: str
    message:
      description: What is wrong, and what is allowed.
      type: str
    hint:
      description: What to do about it; may be empty.
      type: str
warnings:
  description: What can be meant so but seldom is.
  type: list
  elements: str
  returned: always
rolled_back:
  description: Whether the run failed and everything was put back as it was.
  type: bool
  returned: always
confirmed:
  description: Whether the change was confirmed over a new connection.
  type: bool
  returned: after a change with C(confirm_timeout)
not_restored:
  description: What could not be put back.
  type: list
  elements: str
  returned: after a rollback that did not succeed in everything
document:
  description: The running topology as a document that could be applied.
  type: dict
  returned: with C(state=gathered)
network:
  description: The running topology as data, as M(hostnet.linux.hostnet_info) has it.
  type: dict
  returned: with C(state=gathered)
exception:
  description: The stack, after a fault in the program itself.
  type: str
  returned: after such a fault
'''
