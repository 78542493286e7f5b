//go:build lab

package contract

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"hostnet-module/module/engine"
	"hostnet-module/module/kernel"
	"hostnet-module/module/kind"
	"hostnet-module/module/spec"
)

// TestRandomDocuments takes two random documents over the same objects, each of which is wanted or absent. Applied to a bare
// host the first holds; applied again it changes nothing; the second, applied on top, leaves the host as it would be had the
// first never been there.
func TestRandomDocuments(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 99))
			first, second := randomDocument(rnd), randomDocument(rnd)
			after, alone := "", ""
			inNamespace(t, func(k *kernel.Kernel) {
				carry(t, k, first)
				carry(t, k, second)
				after = shape(t, k)
			})
			inNamespace(t, func(k *kernel.Kernel) {
				carry(t, k, second)
				alone = shape(t, k)
			})
			if after != alone {
				t.Errorf("after another document:\n%s\non a bare host:\n%s\nfirst:\n%s\nsecond:\n%s", after, alone, first, second)
			}
		})
	}
}

// records of each namespace, since the engine keys its run-time folder by it.
func carry(t *testing.T, k *kernel.Kernel, text string) {
	t.Helper()
	doc, problems, _ := spec.Read([]byte(text), "random.yaml")
	if len(problems) > 0 {
		t.Fatalf("%v\n%s", problems, text)
	}
	call := engine.Call{Dial: func() (engine.Kernel, error) { return k, nil }, Runtime: "/tmp/random"}
	for _, again := range []bool{false, true} {
		out := call.Do(context.Background(), doc)
		switch {
		case out.Failed != nil || len(out.Problems) > 0:
			t.Fatalf("again %v: %v %v, rolled back %v, not restored %q\n%s", again, out.Failed, out.Problems, out.RolledBack, out.NotRestored, text)
		case again && out.Plan.Changed():
			t.Fatalf("changes when nothing needs to: %v %+v\n%s", out.Plan.Steps, out.Plan.Objects, text)
		}
	}
}

// shape is a host without what differs by its past: indexes, MACs, the attributes that nobody has declared, whether a NIC
// that is free is up.
func shape(t *testing.T, k *kernel.Kernel) string {
	t.Helper()
	h, err := k.Snapshot(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, l := range h.Links {
		line := fmt.Sprintf("%s %s parent %q master %q", l.Name, l.Kind, l.Parent, l.Master)
		if l.K() != kind.Ethernet {
			line += fmt.Sprintf(" up %v mtu %d vlans %v", l.Up(), l.MTU(), l.VLANs)
		}
		lines = append(lines, line+" addresses "+strings.Join(given(l), " "))
	}
	lines = append(lines, routes(h)...)
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// randomDocument says of every object of a small world whether it is there, and how.
func randomDocument(rnd *rand.Rand) string {
	pick := func(of ...string) string { return of[rnd.IntN(len(of))] }
	yes := func() bool { return rnd.IntN(3) > 0 }
	bond, free := yes(), []string{"eth1", "eth2"}
	var b strings.Builder
	b.WriteString("bonds:\n")
	if bond {
		members := [][]string{{"eth1"}, {"eth2"}, {"eth1", "eth2"}, {"eth2", "eth1"}}[rnd.IntN(4)]
		free = slices.DeleteFunc(free, func(nic string) bool { return slices.Contains(members, nic) })
		fmt.Fprintf(&b, "  - {name: bond0, mac: \"00:16:3e:00:00:77\", mode: %s, miimon: %s, mtu: %s, members: [%s]}\n",
			pick("active-backup", "balance-rr", "802.3ad", "balance-xor"), pick("50", "100"), pick("1500", "9000"), strings.Join(members, ", "))
	} else {
		b.WriteString("  - {name: bond0, state: absent}\n")
	}
	ports := map[string][]string{}
	b.WriteString("vlans:\n")
	for _, id := range []string{"16", "32"} {
		if !bond || !yes() {
			fmt.Fprintf(&b, "  - {name: bond0.%s, state: absent}\n", id)
			continue
		}
		fmt.Fprintf(&b, "  - {parent: bond0, id: %s, mtu: 1500, gvrp: %s}\n", id, pick("true", "false"))
		bridge := pick("br0", "br1", "br2", "")
		ports[bridge] = append(ports[bridge], "bond0."+id)
	}
	for _, nic := range free {
		bridge := pick("br0", "br1", "", "")
		ports[bridge] = append(ports[bridge], nic)
	}
	b.WriteString("bridges:\n")
	for i, name := range []string{"br0", "br1", "br2"} {
		if !yes() && len(ports[name]) == 0 {
			fmt.Fprintf(&b, "  - {name: %s, state: absent}\n", name)
			continue
		}
		fmt.Fprintf(&b, "  - {name: %s, mac: \"00:16:3e:00:01:0%d\", mtu: 1500, ports: [%s], stp_state: %s, forward_delay: %s, %s}\n", name, i,
			strings.Join(ports[name], ", "), pick("on", "off"), pick("400", "401", "1500"), randomAccess(rnd, i))
	}
	return b.String()
}

// randomAccess is what a bridge says about the host on it.
func randomAccess(rnd *rand.Rand, i int) string {
	if rnd.IntN(3) == 0 {
		return "host_access: false"
	}
	text := "host_access: true, addresses: ["
	n := rnd.IntN(3)
	for a := range n {
		text += fmt.Sprintf("198.51.10%d.%d/24, \"2001:db8:%d::%d/64\", ", i, 10+a, i, 10+a)
	}
	text += "]"
	if n > 0 && rnd.IntN(2) == 0 {
		text += fmt.Sprintf(", routes: [{to: 203.0.113.%d/32, via: 198.51.10%d.1}, {to: \"2001:db8:f%d::/64\", via: \"2001:db8:%d::1\"}]", i, i, i, i)
	}
	return text
}
