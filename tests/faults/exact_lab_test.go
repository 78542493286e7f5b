//go:build lab

package faults

import "testing"

// odd is a bridge with everything about it that no document tells of, and that a run takes along when it takes the bridge away.
const odd = nics + `link add br0 address 00:16:3e:00:05:01 type bridge ageing_time 12345 mcast_snooping 0 group_fwd_mask 8 no_linklocal_learn 1
link set br0 up mtu 1450 alias "not ours"
link set br0 addrgenmode none
link add vif1.0 address 00:16:3e:00:05:02 type veth peer name g1 address 00:16:3e:00:05:03
link add vif2.0 address 00:16:3e:00:05:04 type veth peer name g2 address 00:16:3e:00:05:05
link set vif1.0 master br0 up
link set vif2.0 master br0
link set g1 up
bridge link set dev vif1.0 cost 77 priority 9 isolated on hairpin on learning off flood off mcast_to_unicast on
bridge link set dev vif2.0 guard on root_block on neigh_suppress on
addr add 192.0.2.9/24 dev br0 broadcast 192.0.2.127 metric 31
addr add 192.0.2.8/24 dev br0 label br0:second
addr add 192.0.2.7/24 dev br0 valid_lft 9000 preferred_lft 8000
addr add 198.51.100.7/32 peer 198.51.100.8/32 dev br0 scope link
addr add 203.0.113.7/24 dev br0 noprefixroute
addr add 2001:db8:16::77/64 dev br0 nodad
addr add 2001:db8:16::78/64 dev br0 nodad valid_lft 9000 preferred_lft 8000 metric 99 noprefixroute
route add default via 192.0.2.1 dev br0 proto static metric 5 mtu 1300 src 192.0.2.8
route add 198.18.1.0/24 via 192.0.2.2 dev br0 table 100 proto 77 initcwnd 20 rtt 3000
route append 198.18.1.0/24 via 192.0.2.3 dev br0 table 100 proto 78
route append 198.18.1.0/24 via 192.0.2.4 dev br0 table 100 proto 79
route add 198.18.1.0/24 tos 0x10 via 192.0.2.5 dev br0 table 100
route add 198.18.2.0/24 nexthop via 192.0.2.2 dev br0 weight 3 nexthop via 192.0.2.3 dev br0 weight 5
route add 198.18.4.0/24 via 192.0.2.250 dev br0 onlink table 3000
route add unreachable 198.18.3.0/24 metric 9
route add 198.18.6.0/24 dev br0 scope link
-6 route add 2001:db8:99::/48 via 2001:db8:16::1 dev br0 table 100
-6 route add 2001:db8:98::/48 nexthop via 2001:db8:16::2 dev br0 weight 2 nexthop via 2001:db8:16::3 dev br0
-6 route add 2001:db8:97::/48 dev br0 metric 7 expires 9000
rule add from 192.0.2.9 table 100 priority 100
rule add iif br0 table 100 priority 100
rule add to 198.18.0.0/16 fwmark 7/255 table 3000 priority 90
`

const changed = "bridges: [{name: br0, mtu: 1400, ageing_time: 20000, hello_time: 300, description: ours, ports: [eth2], addresses: [192.0.2.10/24], ipv6: off}]"

// TestExact: what no document tells of is as it was, whatever step of whatever plan went wrong.
func TestExact(t *testing.T) {
	for name, document := range map[string]string{
		"gone":      "bridges: [{name: br0, state: absent}]",
		"changed":   changed,
		"exclusive": "bridges: [{name: br0, ports: [eth2], ports_exclusive: true, addresses: [192.0.2.8/24], gateway: 192.0.2.1}, {name: br1, mac: \"00:16:3e:00:05:09\", ports: []}]",
		"down":      "bridges: [{name: br0, up: false}]",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := &breaker{t: t, plan: plan{name: name, prepare: odd, document: document}}
			b.everywhere()
		})
	}
}
