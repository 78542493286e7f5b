// Package topo builds small networks inside the lab's machine: a host with two NICs,
// two switches, a router, guests. It works through iproute2 alone, so that it can bear witness
// against the program under test; it knows nothing of that program.
package topo

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"hostnet-module/tests/await"
)

// TB is the part of testing.TB that a world needs.
type TB interface {
	Helper()
	Logf(format string, args ...any)
	Fatalf(format string, args ...any)
	Failed() bool
	Cleanup(func())
}

// World is one isolated network. Its namespaces have names that no other world has, so
// tests can run in parallel.
//
//	Host eth0 ── port-eth0 swA ── isl ── swB port-eth1 ── eth1 Host
//	                        │
//	                        └ port-r ── trunk Router: trunk.16, trunk.32, trunk.48
//
// Every switch port carries VLAN 1 untagged and the world's VLANs tagged.
type World struct {
	Host   *Node
	Switch *Node // holds both switches, the bridges swA and swB
	Router *Node
	NICs   []string // of the host: eth0 on swA, eth1 on swB, eth2 on swA, …

	t      TB
	id     int64
	native int
	vlans  []int
}

// Network is a VLAN as the router has it.
type Network struct {
	VLAN           int
	Router4        string // the router's address, without prefix
	Router6        string
	Prefix4        string // as in ADDR/PREFIX: 24
	Prefix6        string
	router4Address string
	router6Address string
}

// Networks are the VLANs that the router serves.
var Networks = map[int]Network{
	16: network(16, "192.0.2.1"),
	32: network(32, "198.51.100.1"),
	48: network(48, "203.0.113.1"),
}

func network(vlan int, router4 string) Network {
	n := Network{VLAN: vlan, Router4: router4, Router6: fmt.Sprintf("2001:db8:%d::1", vlan), Prefix4: "24", Prefix6: "64"}
	n.router4Address, n.router6Address = n.Router4+"/"+n.Prefix4, n.Router6+"/"+n.Prefix6
	return n
}

// Far4 and Far6 are the router's own addresses, reached only through a default route.
const (
	Far4 = "198.18.0.1"
	Far6 = "2001:db8:ffff::1"
)

// Option changes the world that New builds.
type Option func(*World)

// NICs is how many the host has; they go to the two switches in turn. Default 2.
func NICs(n int) Option {
	return func(w *World) {
		w.NICs = nil
		for i := range n {
			w.NICs = append(w.NICs, fmt.Sprintf("eth%d", i))
		}
	}
}

// VLANs are carried by the switches in addition to 16, 32 and 48. The router is not on them.
func VLANs(ids ...int) Option { return func(w *World) { w.vlans = append(w.vlans, ids...) } }

// Untagged makes the router answer for a VLAN's network on untagged frames too (it
// bridges VLAN 1 and that VLAN): a host can have its address on a plain NIC first and on a tagged
// bridge later, and reach the same gateway.
func Untagged(vlan int) Option { return func(w *World) { w.native = vlan } }

// InRoot makes the machine's own network the host, and gives the other namespaces
// the plain names sw and r. For a person, and for what must run outside any namespace; once per machine.
func InRoot() Option { return func(w *World) { w.id = 0; w.Host = &Node{t: w.t} } }

var worlds atomic.Int64

// New builds a world and takes it down when the test ends.
func New(t TB, options ...Option) *World {
	t.Helper()
	w := &World{t: t, id: worlds.Add(1), vlans: []int{16, 32, 48}}
	NICs(2)(w)
	for _, o := range options {
		o(w)
	}
	w.build()
	return w
}

// build works in few calls: in software emulation the start of a program costs more than what it does here.
func (w *World) build() {
	w.t.Helper()
	if w.Host == nil {
		w.Host = w.node("h")
	}
	w.Switch, w.Router = w.node("sw"), w.node("r")
	w.t.Cleanup(w.report) // runs before the namespaces go
	var batch strings.Builder
	for _, n := range []*Node{w.Host, w.Switch, w.Router} {
		if n.Name != "" {
			fmt.Fprintf(&batch, "netns add %s\n", n.Name)
		}
	}
	fmt.Fprintf(&batch, "link add trunk netns %s type veth peer name port-r netns %s\n", w.Router, w.Switch)
	for _, nic := range w.NICs {
		fmt.Fprintf(&batch, "link add %s %s type veth peer name %s netns %s\n", nic, w.Host.netns(), port(nic), w.Switch)
	}
	(&Node{t: w.t}).Batch("ip", batch.String())
	w.Host.Batch("ip", "link set lo up\n")
	w.buildSwitches()
	w.buildRouter()
}

// node names a namespace, which is gone after the test with everything that runs in it.
func (w *World) node(kind string) *Node {
	n := &Node{Name: kind, t: w.t}
	if w.id != 0 {
		head, tail, dash := strings.Cut(kind, "-")
		n.Name = fmt.Sprintf("%s%d", head, w.id)
		if dash {
			n.Name += "-" + tail
		}
	}
	w.t.Cleanup(func() {
		n.killAll()
		(&Node{t: w.t}).TryRun("ip netns del %s", n.Name)
	})
	return n
}

// buildSwitches makes the two switches and the cable between them. IPv6 is off in
// there: a switch that says nothing of its own leaves captures readable.
func (w *World) buildSwitches() {
	w.t.Helper()
	w.Switch.Sysctl("net.ipv6.conf.all.disable_ipv6", "1")
	w.Switch.Sysctl("net.ipv6.conf.default.disable_ipv6", "1")
	links := "link set lo up\nlink add islA type veth peer name islB\n"
	for _, sw := range []string{"swA", "swB"} {
		links += "link add " + sw + " type bridge vlan_filtering 1 stp_state 0 mcast_snooping 0\nlink set " + sw + " up\n"
	}
	vlans := ""
	plug := func(port, sw string) {
		links += "link set " + port + " master " + sw + " up\n"
		for _, id := range w.vlanRanges() {
			vlans += "vlan add vid " + id + " dev " + port + "\n"
		}
	}
	plug("islA", "swA")
	plug("islB", "swB")
	plug("port-r", "swA")
	for i, nic := range w.NICs {
		plug(port(nic), []string{"swA", "swB"}[i%2])
	}
	w.Switch.Batch("ip", links)
	w.Switch.Batch("bridge", vlans)
}

// vlanRanges are the VLANs of this world as bridge(8) takes them: 16, 100-102.
func (w *World) vlanRanges() []string {
	slices.Sort(w.vlans)
	w.vlans = slices.Compact(w.vlans)
	var ranges []string
	for i := 0; i < len(w.vlans); {
		first, last := w.vlans[i], w.vlans[i]
		for i++; i < len(w.vlans) && w.vlans[i] == last+1; i++ {
			last++
		}
		text := fmt.Sprint(first)
		if last > first {
			text += fmt.Sprint("-", last)
		}
		ranges = append(ranges, text)
	}
	return ranges
}

func (w *World) buildRouter() {
	w.t.Helper()
	r := w.Router
	// arp_ignore: answer only for addresses of the VLAN that asks. Linux would for all, which
	// looks like a leak between VLANs.
	for _, key := range []string{"net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding", "net.ipv4.conf.all.arp_ignore"} {
		r.Sysctl(key, "1")
	}
	batch := fmt.Sprintf("link set lo up\nlink set trunk up\naddress add %s/32 dev lo\naddress add %s/128 dev lo\n", Far4, Far6)
	for _, id := range []int{16, 32, 48} {
		n, dev := Networks[id], fmt.Sprintf("trunk.%d", id)
		batch += fmt.Sprintf("link add link trunk name %s type vlan id %d\n", dev, id)
		if id == w.native {
			batch += fmt.Sprintf("link add lan type bridge\nlink set trunk master lan\nlink set %s master lan up\n", dev)
			dev = "lan"
		}
		batch += fmt.Sprintf("link set %s up\naddress add %s dev %s\naddress add %s dev %s nodad\n",
			dev, n.router4Address, dev, n.router6Address, dev)
	}
	r.Batch("ip", batch)
}

func port(nic string) string { return "port-" + nic }

// Carrier pulls a NIC's cable or plugs it in.
func (w *World) Carrier(nic string, up bool) {
	w.t.Helper()
	state := map[bool]string{true: "up", false: "down"}[up]
	w.Switch.Run("ip link set %s %s", port(nic), state)
}

// Hang makes a NIC's switch port drop all frames while its carrier stays, or ends that.
func (w *World) Hang(nic string, hung bool) {
	w.t.Helper()
	state := map[bool]string{true: "0", false: "3"}[hung]
	w.Switch.Run("bridge link set dev %s state %s", port(nic), state)
}

// Guest makes a guest as a hypervisor would: a namespace with an eth0 whose other end,
// named like Xen's vif1.0, is put into one of the host's bridges. An empty bridge leaves it out.
func (w *World) Guest(vif, bridge string, addresses ...string) *Node {
	w.t.Helper()
	g := w.node("g-" + vif)
	(&Node{t: w.t}).Batch("ip", fmt.Sprintf("netns add %s\nlink add %s %s type veth peer name eth0 netns %s\n",
		g, vif, w.Host.netns(), g))
	batch := "link set lo up\nlink set eth0 up\n"
	for _, a := range addresses {
		batch += "address add " + a + " dev eth0"
		if strings.Contains(a, ":") {
			batch += " nodad"
		}
		batch += "\n"
	}
	g.Batch("ip", batch)
	batch = ""
	if bridge != "" {
		batch = fmt.Sprintf("link set %s master %s\n", vif, bridge)
	}
	w.Host.Batch("ip", batch+fmt.Sprintf("link set %s up\n", vif))
	return g
}

// Long is the deadline of what a test waits for: only what hangs reaches it.
const Long = await.Long

// Await asks again and again until the condition holds; it fails the test after the time given.
func (w *World) Await(what string, within time.Duration, condition func() bool) {
	w.t.Helper()
	if !await.Until(within, condition) {
		w.t.Fatalf("%s: not within %v", what, within)
	}
}

// report shows the host of a failed test.
func (w *World) report() {
	if !w.t.Failed() {
		return
	}
	for _, show := range []string{"ip -br link", "ip -d link show type bond", "ip -br addr", "ip route", "ip -6 route", "bridge link", "bridge vlan"} {
		w.t.Logf("%s: %s\n%s", w.Host, show, w.Host.TryRun("%s", show).Stdout)
	}
}
