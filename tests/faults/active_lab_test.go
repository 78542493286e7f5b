//go:build lab

package faults

import (
	"strings"
	"testing"
)

// second is a bond of which somebody has made the second member the active one; with a MAC of its own, so that a balancing bond gives it to that member.
func second(mode string) string {
	return nics + `link add bond0 address 00:16:3e:00:07:01 type bond mode ` + mode + ` miimon 50
link set eth0 down
link set eth1 down
link set eth0 master bond0
link set eth1 master bond0
link set bond0 up
link set bond0 type bond active_slave eth1
link add link bond0 name bond0.16 type vlan id 16
link set bond0.16 up
addr add 192.0.2.77/24 dev bond0.16
`
}

// TestActive: which member is the active one no option tells, and a driver picks it anew when a member leaves. It is the same afterwards,
// and so are the members' MACs.
func TestActive(t *testing.T) {
	for name, p := range map[string]plan{
		"mode":        {prepare: second("active-backup"), document: "bonds: [{name: bond0, mode: balance-xor, miimon: 50, members: [eth0, eth1]}]"},
		"follow":      {prepare: second("active-backup fail_over_mac follow"), document: "bonds: [{name: bond0, mode: active-backup, miimon: 100, members: [eth0, eth2]}]"},
		"active":      {prepare: second("active-backup fail_over_mac active"), document: "bonds: [{name: bond0, mode: active-backup, fail_over_mac: none, miimon: 100, members: [eth0, eth1]}]"},
		"gone":        {prepare: second("active-backup"), document: "{bonds: [{name: bond0, state: absent}], vlans: [{name: bond0.16, state: absent}]}"},
		"balance-tlb": {prepare: second("balance-tlb"), document: "bonds: [{name: bond0, mode: broadcast, miimon: 50, members: [eth1, eth0]}]"},
		"balance-alb": {prepare: second("balance-alb"), document: "bonds: [{name: bond0, mode: balance-alb, miimon: 100, members: [eth2, eth1]}]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p.name = name
			b := &breaker{t: t, plan: p}
			b.everywhere()
			if !strings.Contains(b.old, `"active_slave":"eth1"`) {
				t.Errorf("eth1 was not the active member:\n%s", b.old)
			}
		})
	}
}
