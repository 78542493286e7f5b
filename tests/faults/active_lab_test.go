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

// TestActiveWithout: the active member's cable is out when everything is put back. All else is as it was, soon, and a warning tells.
func TestActiveWithout(t *testing.T) {
	t.Parallel()
	b := &breaker{t: t, plan: plan{prepare: second("active-backup"), document: "{bonds: [{name: bond0, state: absent}], vlans: [{name: bond0.16, state: absent}]}"}}
	b.reset()
	last := -1
	for i, ev := range b.space.run(fault{}, b.plan.document, program, "--format", "json", "-").seen {
		if ev.request {
			last = i
		}
	}
	b.reset()
	s, old := b.space, b.old
	defer s.close()
	if e := s.run(fault{n: last, way: after}, b.plan.document, program, "--format", "json", "-"); !e.struck {
		t.Fatalf("not killed: %s", e.text)
	}
	s.ip("link set p1 down\n")
	next := s.run(fault{}, nothing, program, "--format", "json", "-")
	const want = "; it was undone first; bond0: active_slave was eth1 before the run and is eth0 now: eth1 has no carrier"
	if next.exit != 0 || len(next.result.Recovered) != 1 || len(next.result.Recovered[0].NotRestored) > 0 || !strings.Contains(strings.Join(next.result.Warnings, "\n"), want) {
		t.Errorf("exit %d, %q: %s", next.exit, next.result.Warnings, next.text)
	}
	s.ip("link set p1 up\n")
	if now := s.picture(); indexes(now) != indexes(old) {
		t.Errorf("there is not:\n%s\nand there is:\n%s", lost(old, now), lost(now, old))
	}
}
