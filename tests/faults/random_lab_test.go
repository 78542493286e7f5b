//go:build lab

package faults

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"hostnet-module/tests/chance"
)

// share is how many random documents are tried where nobody says how many (HOSTNET_FAULTS).
const share = 20

// TestRandom: random documents on random hosts, each broken once at random. HOSTNET_FAULTS says how many, HOSTNET_SEED which.
func TestRandom(t *testing.T) {
	many, seed := number("HOSTNET_FAULTS", share), number("HOSTNET_SEED", 1)
	t.Cleanup(func() { t.Logf("seed %d: %d faults injected, %d states clean", seed, injected.Load(), clean.Load()) })
	for i := range many {
		t.Run(fmt.Sprint(seed+i), func(t *testing.T) {
			t.Parallel()
			rnd := rand.New(rand.NewPCG(uint64(seed+i), 44))
			p := plan{prepare: nics + somebody(rnd), first: quick(rnd), guests: guests(rnd), document: quick(rnd)}
			b := &breaker{t: t, plan: p, mayFail: true}
			b.reset()
			whole := b.space.run(fault{}, p.document, program, "--format", "json", "-")
			if whole.result.Failed {
				b.byItself(whole)
				return
			}
			b.new = b.space.picture()
			b.reset()
			f := fault{n: rnd.IntN(len(whole.seen)), way: []way{before, after, refused}[rnd.IntN(3)]}
			if !whole.seen[f.n].request && f.way == after {
				f.way = before
			}
			if !b.strike(f) {
				b.strike(fault{way: f.way})
			}
			if t.Failed() {
				t.Logf("host:\n%s\nfirst document:\n%s\nthen:\n%s\ndocument:\n%s", p.prepare, p.first, p.guests, p.document)
			}
		})
	}
}

// byItself is for a run that has failed without a fault: that may only be because its document does not fit the host.
func (b *breaker) byItself(e ended) {
	b.t.Helper()
	now := b.space.picture()
	if len(e.result.Problems) == 0 || now != b.old {
		b.t.Errorf("failed by itself. There is not:\n%s\nand there is:\n%s\n%s", lost(b.old, now), lost(now, b.old), e.text)
	}
	b.t.Logf("host:\n%s\nfirst document:\n%s\nthen:\n%s\ndocument:\n%s", b.plan.prepare, b.plan.first, b.plan.guests, b.plan.document)
}

func number(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return otherwise
}

// quick is a document that no run waits for: without spanning tree's delays, and without LACP, for which there is no partner here: instead of
// it a mode in which the driver gives the bond's MAC to the active member and exchanges MACs when that changes.
func quick(rnd *rand.Rand) string {
	return strings.NewReplacer("stp_state: on", "stp_state: off", "802.3ad", "balance-tlb").Replace(chance.Document(rnd))
}

// somebody has set up this and that before we came.
func somebody(rnd *rand.Rand) string {
	return some(rnd,
		"addr add 192.0.2.10/24 dev eth1\nroute add default via 192.0.2.1 dev eth1\n",
		"addr add 2001:db8:16::10/64 dev eth2 nodad\nlink set eth2 up\n-6 route add 2001:db8:55::/48 via 2001:db8:16::1 dev eth2 metric 7\n",
		"link set eth1 mtu 1400\n", "link set eth2 alias \"a NIC\"\n", "link set eth0 mtu 9000\n",
		"rule add from 192.0.2.10 table 100 priority 100\nrule add iif eth1 table 101 priority 100\n",
		"route add blackhole 198.18.77.0/24\nroute add unreachable 198.18.78.0/24 table 100 metric 3\n",
		"addr add 203.0.113.9/24 dev eth0 valid_lft 5000 preferred_lft 4000\nlink set eth0 up\nroute add 198.18.9.0/24 via 203.0.113.1 dev eth0 proto 99\n")
}

// guests have come after the first document, to bridges that may or may not be there.
func guests(rnd *rand.Rand) string {
	text := "link add vif1.0 address 00:16:3e:00:02:01 type veth peer name g1 address 00:16:3e:00:03:01\nlink set g1 up\nlink set vif1.0 up\n" +
		"link add mine address 00:16:3e:00:02:02 type bridge\nlink set mine up\nlink set vif1.0 master mine\n"
	return text + some(rnd, "addr add 198.18.50.1/24 dev mine\nroute add 198.18.51.0/24 via 198.18.50.2 dev mine\n",
		"bridge link set dev vif1.0 cost 33 isolated on\n", "bridge vlan add vid 30-33 dev vif1.0\n", "addr add 2001:db8:50::1/64 dev mine nodad\n")
}

// some picks some of the texts.
func some(rnd *rand.Rand, texts ...string) string {
	var b strings.Builder
	for _, text := range texts {
		if rnd.IntN(2) == 0 {
			b.WriteString(text)
		}
	}
	return b.String()
}
