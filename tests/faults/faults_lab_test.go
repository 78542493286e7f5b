//go:build lab

package faults

import (
	"fmt"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const program = "/usr/bin/hostnet-module"

// nothing is a document that wants nothing: what its run does is done for an earlier one.
const nothing = "bridges: [{name: br9, state: absent}]"

// nics are those of every namespace here.
const nics = `link set lo up
link add eth0 address 00:16:3e:00:00:01 type veth peer name p0 address 00:16:3e:00:01:01
link add eth1 address 00:16:3e:00:00:02 type veth peer name p1 address 00:16:3e:00:01:02
link add eth2 address 00:16:3e:00:00:03 type veth peer name p2 address 00:16:3e:00:01:03
link set p0 addrgenmode none up
link set p1 addrgenmode none up
link set p2 addrgenmode none up
link set eth0 up
link set eth1 up
`

const classic = `
bonds:
  - {name: bond0, mode: active-backup, miimon: 100, members: [eth0, eth1]}
segments:
  - {id: 16, parent: bond0, bridge: vlan16, addresses: [192.0.2.10/24, "2001:db8:16::10/64"], gateway: [192.0.2.1, "2001:db8:16::1"]}
  - {id: 32, parent: bond0, bridge: vlan32, addresses: [198.51.100.10/24]}
  - {id: 48, parent: bond0, bridge: vlan48}
`

// byHand is the classic host as somebody has made it, unlike how we would: with options, ports of guests, a VLAN table, addresses and routes
// that no document tells of.
const byHand = nics + `link add bond0 type bond mode active-backup miimon 50 updelay 100 resend_igmp 3
link set eth0 down
link set eth1 down
link set eth0 master bond0
link set eth1 master bond0
link set bond0 alias made-by-hand up
link add link bond0 name bond0.16 type vlan id 16 ingress-qos-map 1:2 egress-qos-map 3:4
link add link bond0 name bond0.32 type vlan id 32
link add vlan16 type bridge ageing_time 20000 mcast_snooping 0
link add vlan32 type bridge vlan_filtering 1
link set bond0.16 up master vlan16
link set bond0.32 up master vlan32
link set vlan16 up
link set vlan32 up mtu 1400
link add vif1.0 address 00:16:3e:00:02:01 type veth peer name g1 address 00:16:3e:00:03:01
link add vif2.0 address 00:16:3e:00:02:02 type veth peer name g2 address 00:16:3e:00:03:02
link set vif1.0 master vlan16 up
link set vif2.0 master vlan32 up
link set g1 up
link set g2 up
bridge link set dev vif1.0 cost 77 priority 9 isolated on hairpin on
bridge vlan add vid 5-9 dev vif2.0
bridge vlan add vid 7 dev vif2.0 pvid untagged
addr add 192.0.2.77/24 dev vlan16 broadcast 192.0.2.255
addr add 192.0.2.78/24 dev vlan16 label vlan16:x
addr add 198.51.100.7/24 dev vlan32 valid_lft 9000 preferred_lft 8000 noprefixroute metric 77
addr add 2001:db8:16::77/64 dev vlan16 nodad
route add default via 192.0.2.1 dev vlan16 proto static metric 5 mtu 1300
route add 198.18.1.0/24 via 192.0.2.2 dev vlan16 table 100 proto 77 initcwnd 20
route add 198.18.2.0/24 nexthop via 192.0.2.2 dev vlan16 weight 3 nexthop via 192.0.2.3 dev vlan16 weight 5
route add unreachable 198.18.3.0/24 metric 9
-6 route add 2001:db8:99::/48 via 2001:db8:16::1 dev vlan16 table 100
rule add from 192.0.2.77 table 100 priority 100
rule add iif vlan16 table 100 priority 100
`

// live is a host with its address on a NIC.
const live = nics + `addr add 192.0.2.10/24 dev eth0
addr add 192.0.2.11/24 dev eth0 valid_lft 7000 preferred_lft 6000
addr add 2001:db8:16::10/64 dev eth0 nodad
route add default via 192.0.2.1 dev eth0
route add 198.18.7.0/24 via 192.0.2.7 dev eth0 proto 99
-6 route add default via 2001:db8:16::1 dev eth0
rule add from 192.0.2.10 table 100 priority 100
route add default via 192.0.2.9 dev eth0 table 100
`

// plan is one that is broken at each of its steps.
type plan struct {
	name     string
	prepare  string // lines for ip
	first    string // a document that is applied before
	guests   string // more lines, after that
	document string
}

var plans = []plan{
	{name: "create", prepare: nics, document: classic},
	{name: "adopt", prepare: byHand, document: strings.Replace(classic, "miimon: 100", "miimon: 100, mtu: 1500, xmit_hash_policy: layer3+4", 1)},
	{name: "move a live address", prepare: live, document: classic},
	{name: "mode change with ports", prepare: nics, first: classic,
		guests:   "link add vif1.0 address 00:16:3e:00:02:03 type veth peer name g1 address 00:16:3e:00:03:03\nlink set vif1.0 master vlan16 up\nlink set g1 up\nroute add 198.18.1.0/24 via 192.0.2.2 dev vlan16 proto 77\n",
		document: strings.Replace(strings.Replace(classic, "active-backup, miimon: 100", "802.3ad, miimon: 50, lacp_rate: fast, ad_user_port_key: 7", 1), "eth1]}", "eth2]}", 1)},
	{name: "teardown", prepare: nics, first: classic,
		guests: "link add vif1.0 address 00:16:3e:00:02:04 type veth peer name g1 address 00:16:3e:00:03:04\nlink set vif1.0 master vlan32 up\nlink set g1 up\nbridge link set dev vif1.0 cost 12 learning off\nbridge vlan add vid 9 dev vif1.0\n",
		document: "state: absent\nbonds: [{name: bond0}]\nsegments: [{id: 16, parent: bond0, bridge: vlan16}, {id: 32, parent: bond0, bridge: vlan32}, " +
			"{id: 48, parent: bond0, bridge: vlan48}]\n"},
}

// counted are the faults that came about, and the states that were clean after them.
var injected, clean atomic.Int64

// TestEveryStep breaks five plans at every change that they make, in three ways. Afterwards, or after the next start, the host is as it was,
// or as it was to be.
func TestEveryStep(t *testing.T) {
	t.Cleanup(func() { t.Logf("%d faults injected, %d states clean", injected.Load(), clean.Load()) })
	for _, p := range plans {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			b := &breaker{t: t, plan: p, files: p.name == plans[0].name}
			b.everywhere()
		})
	}
}

// breaker breaks one plan again and again.
type breaker struct {
	t        *testing.T
	plan     plan
	space    *space
	old, new string
	seen     []event // of the last run
	mayFail  bool    // the first document, by itself
	files    bool    // the program's own files are among what is broken: they are the same in each plan
}

// reset makes the host anew as it was.
func (b *breaker) reset() {
	b.t.Helper()
	if b.space != nil {
		b.space.close()
	}
	b.space = newSpace(b.t, b.plan.prepare)
	if b.plan.first != "" {
		if out, exit := b.space.exec(b.plan.first, program, "--format", "json", "-"); exit != 0 && !b.mayFail {
			b.t.Fatal(out)
		}
	}
	b.space.ip(b.plan.guests)
	b.space.exec(nothing, program, "--format", "json", "-") // makes its folder
	b.old = b.space.picture()
}

// everywhere breaks the plan at each of its changes, in each way.
func (b *breaker) everywhere() {
	b.t.Helper()
	b.reset()
	whole := b.space.run(fault{}, b.plan.document, program, "--format", "json", "-")
	if whole.result.Failed || whole.exit != 0 || len(whole.seen) < 5 {
		b.t.Fatalf("without a fault: exit %d, %d changes: %s", whole.exit, len(whole.seen), whole.text)
	}
	b.new = b.space.picture()
	b.reset()
	for n, ev := range whole.seen {
		ofFile := !ev.request && !ev.sysctl
		if ofFile && !b.files {
			continue
		}
		if !b.strike(fault{n: n, way: before}) {
			b.t.Errorf("change %d (%s) did not come about again", n, ev.what)
			continue
		}
		if ev.request { // what follows on a change of a file is before the next change
			b.strike(fault{n: n, way: after})
		}
		b.strike(fault{n: n, way: refused})
	}
}

// slow is what no run with a fault takes, on whatever machine: one that does, hangs.
const slow = 10 * time.Minute

// strike runs with one fault, then starts the program again, and looks. It is false if the run has ended before the fault.
func (b *breaker) strike(f fault) bool {
	b.t.Helper()
	begun := time.Now()
	e := b.space.run(f, b.plan.document, program, "--format", "json", "-")
	b.seen = e.seen
	if !e.struck {
		b.reset()
		return false
	}
	ev := e.seen[f.n]
	if took := time.Since(begun); took > slow {
		b.t.Errorf("%s (%s): the run took %v", f, ev.what, took)
	}
	injected.Add(1)
	fail := func(format string, args ...any) {
		b.t.Errorf("%s (%s): %s\n%.700s", f, ev.what, fmt.Sprintf(format, args...), e.text)
	}
	if f.way == refused {
		b.told(e, fail)
	}
	next := b.space.run(fault{}, nothing, program, "--format", "json", "-")
	for _, r := range next.result.Recovered {
		if f.way == refused || r.Action != "undone" || len(r.NotRestored) > 0 {
			fail("recovered: %+v", r)
		}
	}
	if next.exit != 0 || len(next.result.Recovered) > 1 {
		fail("the next start: exit %d: %s", next.exit, next.text)
	}
	switch now := b.space.picture(); {
	case now == b.old:
		clean.Add(1)
	case indexes(now) == indexes(b.new):
		clean.Add(1)
		b.reset()
	default:
		fail("between two states. Of the old one there is not:\n%s\nand there is:\n%s\nof the new one there is not:\n%s\nand there is:\n%s\nthe next start said %.500s",
			lost(b.old, now), lost(now, b.old), lost(indexes(b.new), indexes(now)), lost(indexes(now), indexes(b.new)), next.text)
		b.reset()
	}
	return true
}

// indexes leaves out of a picture what is as it comes in a new state: the numbers of links, which member of a bond is in use, and what
// a bridge thinks a fast port costs: of a bond that is 2 or 1, by how many members had carrier when it became a port.
func indexes(picture string) string { return numbers.ReplaceAllString(picture, "") }

var numbers = regexp.MustCompile(`"(ifindex|link_index)":\d+,?|"active_slave":"[^"]*",?|"cost":[12]\b,?`)

// told holds the result of a run with a refused change against the host.
func (b *breaker) told(e ended, fail func(string, ...any)) {
	now := b.space.picture()
	switch r := e.result; {
	case r.Failed != (e.exit != 0):
		fail("failed is %v, exit %d", r.Failed, e.exit)
	case r.Failed && (len(r.NotRestored) > 0 || now != b.old || r.Changed):
		fail("failed, changed %v, rolled back %v, not restored %q", r.Changed, r.RolledBack, r.NotRestored)
	case !r.Failed && indexes(now) != indexes(b.new):
		fail("not failed, and not as it was to be. There is not:\n%s\nand there is:\n%s", lost(b.new, now), lost(now, b.new))
	case r.Msg == "":
		fail("no result")
	}
}
