//go:build lab

package real

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"hostnet-module/tests/lab/topo"
)

// somebodys is a dumb VLAN as somebody else made it: the host is on it, with an IPv6 address and all.
const somebodys = `link add bond0 type bond mode active-backup miimon 100
link set eth0 down
link set eth0 master bond0
link set bond0 up
link add link bond0 name bond0.48 type vlan id 48
link add vlan48 type bridge
link set bond0.48 master vlan48
link set bond0.48 up
link set vlan48 up
`

// dumbs are the ways to a bridge on VLAN 48 that the host is not on.
var dumbs = map[string]dumb{
	"ours":    {bridge: "vlan48", document: classic, legs: []string{"vlan48", "bond0.48", "bond0"}},
	"adopted": {before: somebodys, bridge: "vlan48", document: classic, legs: []string{"vlan48", "bond0.48", "bond0"}},
	"a VLAN table": {bridge: "br0", document: strings.Replace(sorted, "GUESTS", "", 1), legs: []string{"br0", "bond0"},
		join: "bridge vlan add vid 48 dev %[1]s pvid untagged"},
	"a VLAN table, adopted": {before: "link add br0 type bridge vlan_filtering 1 mcast_querier 1 mcast_query_interval 200 mcast_startup_query_interval 200\nlink set br0 up\n", bridge: "br0", document: strings.Replace(sorted, "GUESTS", "", 1),
		legs: []string{"br0", "bond0"}, join: "bridge vlan add vid 48 dev %[1]s pvid untagged"},
}

type dumb struct {
	before   string // ip's batch, before the program runs
	bridge   string
	document string
	legs     []string // the links on which the host must count nothing
	join     string   // what a guest's port needs beside its master
}

// guest joins the bridge, as a hypervisor makes it join.
func (d dumb) guest(w *topo.World, vif string, addresses ...string) *topo.Node {
	g := w.Guest(vif, d.bridge, addresses...)
	if d.join != "" {
		w.Host.Run(d.join, vif)
	}
	return g
}

// TestDumbForLong measures from two guests, of which one joins when all is done: the host answers no ARP for any of its
// addresses, counts nothing that is sent to any of its MACs, does not answer IPv6 all-nodes, and says nothing on that VLAN for half
// a minute. The guests reach each other and the wire.
func TestDumbForLong(t *testing.T) {
	t.Parallel()
	for name, d := range dumbs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := topo.New(t)
			w.Host.Batch("ip", d.before)
			w.Host.Run("ip addr add 192.0.2.99/32 dev lo")
			wire := w.Switch.Capture("port-eth0", "")
			if d.before == "" {
				apply(t, w, d.document)
			}
			first := d.guest(w, "vif1.0", "203.0.113.20/24", "2001:db8:48::20/64")
			apply(t, w, d.document)
			if d.before != "" { // what the host said before it was told to be silent does not count
				// Nor does one packet that it sends and receives itself a few seconds later: its counters of both go up by one. Most likely
				// that is its answer to the bridge's own query of before, up to ten seconds late, which is looped back (net/ipv4/igmp.c).
				time.Sleep(11 * time.Second)
				wire.Stop()
				wire = w.Switch.Capture("port-eth0", "")
			}
			want(t, "changed by a run with a guest on the bridge", apply(t, w, d.document).Changed, false)
			later := d.guest(w, "vif2.0", "203.0.113.21/24", "2001:db8:48::21/64")

			heard := map[*topo.Node]*topo.Capture{first: first.Capture("eth0", ""), later: later.Capture("eth0", "")}
			start := time.Now()
			guests := []*topo.Node{first, later}
			for _, g := range guests {
				d.disturb(t, w, g)
			}
			first.Ping("203.0.113.21")
			later.Ping("2001:db8:48::20")
			for _, g := range guests {
				g.Ping("203.0.113.1")
				g.Ping("2001:db8:48::1")
			}
			time.Sleep(time.Until(start.Add(30 * time.Second)))
			d.silent(t, w, guests, heard, wire)
		})
	}
}

// disturb sends from a guest whatever could bring the host to answer, and looks what its stack has counted: nothing.
func (d dumb) disturb(t *testing.T, w *topo.World, guest *topo.Node) {
	t.Helper()
	counted := d.counted(w)
	for _, address := range []string{"192.0.2.99", "192.0.2.10", "198.51.100.10"} {
		guest.Run("ip route replace %s dev eth0", address)
		if r := guest.TryRun("arping -c 2 -w 2 -I eth0 %s", address); r.Exit == 0 {
			t.Errorf("%s: the host answers ARP for %s: %s", guest, address, r.Stdout)
		}
	}
	for _, mac := range d.macs(w) {
		guest.Batch("ip", fmt.Sprintf("neigh replace 192.0.2.99 lladdr %s dev eth0 nud permanent\nneigh replace fe80::99 lladdr %s dev eth0 nud permanent\n", mac, mac))
		guest.NoPing("192.0.2.99")
		guest.NoPing("fe80::99%eth0")
	}
	guest.TryRun("ping -6 -n -c 3 -i 0.2 -W 1 ff02::1%%eth0")
	guest.TryRun("ping -n -b -c 3 -i 0.2 -W 1 203.0.113.255")
	want(t, guest.Name+": packets that the host's IP stack has counted on "+strings.Join(d.legs, ", "), d.counted(w)-counted, 0)
}

// macs are the MACs by which a guest could mean the host: the bridge's, the bond's, those of other bridges, and of its own port.
func (d dumb) macs(w *topo.World) []string {
	list := []string{}
	for _, dev := range links(w) {
		if mac := w.Host.MAC(dev); dev != "lo" && !slices.Contains(list, mac) {
			list = append(list, mac)
		}
	}
	return list
}

// counted is what the host's IP stacks have received: all of IPv4, and IPv6 on the bridge and what is below it.
func (d dumb) counted(w *topo.World) int {
	lines := strings.Split(w.Host.Run("cat /proc/net/snmp"), "\n")
	var n, sum int
	fmt.Sscan(strings.Fields(lines[1])[3], &sum)
	for _, dev := range d.legs {
		for _, line := range strings.Split(w.Host.TryRun("cat /proc/net/dev_snmp6/%s", dev).Stdout, "\n") {
			if words := strings.Fields(line); len(words) == 2 && (words[0] == "Ip6InReceives" || words[0] == "Icmp6InMsgs") {
				fmt.Sscan(words[1], &n)
				sum += n
			}
		}
	}
	return sum
}

// silent looks through what was heard for frames of the host. A guest hears its own port, which is the hypervisor's and no part of
// the document, come up (docs/rationale.md); nobody else does, and nothing else is heard.
func (d dumb) silent(t *testing.T, w *topo.World, guests []*topo.Node, heard map[*topo.Node]*topo.Capture, wire *topo.Capture) {
	t.Helper()
	all := d.macs(w)
	for i, g := range guests {
		own := w.Host.MAC(fmt.Sprintf("vif%d.0", i+1))
		frames := heard[g].Stop()
		if len(frames) < 20 {
			t.Errorf("%s: %d frames were heard in all: the capture does not work", g, len(frames))
		}
		for _, f := range frames {
			if slices.Contains(all, f.Src) && f.Src != own {
				t.Errorf("%s hears the host: %v", g, f)
			}
		}
	}
	for _, f := range wire.Stop() {
		if (f.VLAN == 48 || f.VLAN == 0 && strings.Contains(f.Text, "IPv6")) && slices.Contains(all, f.Src) {
			t.Errorf("the host speaks on the wire: %v", f)
		}
	}
}
