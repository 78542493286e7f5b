//go:build lab

package real

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"hostnet-module/tests/await"
	"hostnet-module/tests/lab/topo"
)

// sorted is one bridge that sorts by VLAN itself, on a trunk; GUESTS stands for the guests' ports.
const sorted = `
bonds: [{name: bond0, mode: active-backup, miimon: 100, members: [eth0, eth1]}]
bridges:
  - name: br0
    vlan_filtering: true
    host_access: false
    ports:
      - {name: bond0, vlans: [16, 32-48]}
GUESTS`

const guestPorts = `
      - {name: lan1, vlans: [{id: 32, pvid: true, untagged: true}]}
      - {name: lan2, vlans: [{id: 32, pvid: true, untagged: true}]}
      - {name: lan3, vlans: [{id: 48, pvid: true, untagged: true}]}
      - {name: lan4, vlans: [16, 32]}
`

// TestVLANTables: guests of one VLAN talk to each other and to the wire, those of another do not, and nobody reaches the host.
func TestVLANTables(t *testing.T) {
	t.Parallel()
	w := topo.New(t)
	apply(t, w, strings.Replace(sorted, "GUESTS", "", 1))
	one := w.Guest("lan1", "br0", "198.51.100.20/24")
	two := w.Guest("lan2", "br0", "198.51.100.21/24")
	three := w.Guest("lan3", "br0", "198.51.100.22/24", "203.0.113.22/24")
	trunk := w.Guest("lan4", "br0")
	document := strings.Replace(sorted, "GUESTS", guestPorts, 1)
	apply(t, w, document)
	want(t, "changed again", apply(t, w, document).Changed, false)
	want(t, "requests", writes(t, w, document), []string{})
	want(t, "the trunk's VLANs", len(strings.Fields(w.Host.Run("bridge -compressvlans vlan show dev bond0"))), len(strings.Fields("port vlan-id bond0 16 32-48")))

	two.Ping("198.51.100.20")
	one.Ping("198.51.100.1")
	three.Ping("203.0.113.1")
	three.NoPing("198.51.100.20")
	trunk.Run("ip link add link eth0 name eth0.32 type vlan id 32")
	trunk.Run("ip addr add 198.51.100.23/24 dev eth0.32")
	trunk.Run("ip link set eth0.32 up")
	trunk.Ping("198.51.100.20")
	trunk.Ping("198.51.100.1")

	w.Host.Run("ip addr add 192.0.2.99/32 dev lo")
	for _, guest := range []*topo.Node{one, three} {
		guest.Run("ip route add 192.0.2.99 dev eth0")
		guest.NoPing("192.0.2.99")
		guest.Run("ip neigh replace 192.0.2.99 lladdr %s dev eth0 nud permanent", w.Host.MAC("br0"))
		guest.NoPing("192.0.2.99")
	}

	// A port changes its network while others go on without a lost frame.
	moved := strings.Replace(document, "{id: 48, pvid", "{id: 32, pvid", 1)
	unnoticed(t, "guests whose VLAN stays, while another one's changes", func(n int) topo.Silence {
		p := two.Probe("198.51.100.20")
		r := apply(t, w, []string{moved, document}[n%2])
		want(t, "objects changed", r.changed(), []string{"br0"})
		want(t, "differences", len(r.Objects[1].Differences), 1)
		return p.Stop()
	})
	apply(t, w, moved)
	three.Ping("198.51.100.20")
	three.NoPing("203.0.113.1")

	// What somebody else changes is put right.
	w.Host.Run("bridge vlan add vid 48 dev lan1")
	w.Host.Run("bridge vlan del vid 40-44 dev bond0")
	want(t, "steps of the repair", apply(t, w, document).Steps, []string{"bridge vlan add vid 40-44 dev bond0", "bridge vlan del vid 48 dev lan1",
		"bridge vlan add vid 48 dev lan3 pvid untagged", "bridge vlan del vid 32 dev lan3"})

	// What runs, as a document, changes nothing.
	gathered := w.Host.Run("%s show --document --format text", program)
	if !strings.Contains(gathered, "32-48") {
		t.Errorf("the running tables are not told:\n%s", gathered)
	}
	want(t, "steps of the running document", apply(t, w, gathered).Steps, []string{})
}

// TestHostComesAndGoes lets the host onto a bridge and off it again, while guests talk to each other and to the wire. What
// turning the kernel's VLAN filtering on costs, iproute2 pays too.
func TestHostComesAndGoes(t *testing.T) {
	w := topo.New(t)
	apply(t, w, classic)
	one, two := w.Guest("vif1.0", "vlan32", "198.51.100.20/24"), w.Guest("lan2", "vlan32", "198.51.100.21/24")
	away := strings.Replace(classic, "addresses: [198.51.100.10/24]", "addresses: [], host_access: false", 1)
	both := func(change func()) (inside, wire topo.Silence) {
		a, b := one.Probe("198.51.100.21"), two.Probe("198.51.100.1")
		change()
		time.Sleep(1200 * time.Millisecond) // the kernel's link watch acts once a second
		return a.Stop(), b.Stop()
	}
	for _, change := range []struct {
		what, document string
		kernels        string // iproute2's way
	}{
		{"off", away, "bridge vlan del vid 1 dev vlan32 self; ip link set vlan32 type bridge vlan_filtering 1"},
		{"on", classic, "bridge vlan add vid 1 dev vlan32 self pvid untagged"},
	} {
		back := map[string]string{"off": classic, "on": away}[change.what]
		await.Rounds(t, "guests while the host is let "+change.what, func(int) (bool, string) {
			inside, wire := both(func() { apply(t, w, change.document) })
			apply(t, w, back)
			insideByIP, wireByIP := both(func() { w.Host.Run("%s", change.kernels) })
			apply(t, w, back)
			return noMore(inside, insideByIP, 10) && noMore(wire, wireByIP, 10),
				fmt.Sprintf("guest to guest %s, by iproute2 %s; guest to wire %s, by iproute2 %s", inside, insideByIP, wire, wireByIP)
		})
		apply(t, w, change.document)
	}
}
