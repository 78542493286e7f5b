// Package chance makes documents by chance, all about the same small world: the NICs eth1 and eth2, a bond of them, two VLANs of that,
// three bridges.
package chance

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// Document says of every object of a small world whether it is there, and how.
func Document(rnd *rand.Rand) string {
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
			strings.Join(ports[name], ", "), pick("on", "off"), pick("400", "401", "1500"), access(rnd, i))
	}
	return b.String()
}

// access is what a bridge says about the host on it.
func access(rnd *rand.Rand, i int) string {
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
