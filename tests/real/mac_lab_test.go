//go:build lab

package real

import (
	"strings"
	"testing"

	"hostnet-module/tests/lab/topo"
)

// TestMACs: nobody's coming or going changes a MAC: not the first member's, not a guest's with a lower one.
func TestMACs(t *testing.T) {
	t.Parallel()
	w := topo.New(t)
	first := w.Host.MAC("eth0")
	apply(t, w, classic)
	stays := func(when string) {
		t.Helper()
		for _, dev := range []string{"bond0", "bond0.16", "vlan16", "vlan32", "vlan48"} {
			want(t, when+": the MAC of "+dev, w.Host.MAC(dev), first)
		}
	}
	stays("at first")
	w.Host.Run("ip link add low address 00:00:5e:00:53:01 type dummy")
	w.Host.Run("ip link set low master vlan32")
	stays("with a port of a lower MAC")
	w.Host.Run("ip link del low")
	stays("without it")

	alone := strings.Replace(classic, "members: [eth0, eth1]", "members: [eth1]", 1)
	apply(t, w, alone)
	want(t, "eth0's master", link(w, "eth0")["master"], nil)
	want(t, "eth0's own MAC", w.Host.MAC("eth0"), first)
	stays("without the first member")
	want(t, "changed again", apply(t, w, alone).Changed, false)
	w.Host.Ping("192.0.2.1")
	apply(t, w, classic)
	stays("with the first member again")
	w.Host.Run("ip link set bond0.32 nomaster")
	apply(t, w, classic)
	stays("after the first port went and came")

	planned := strings.Replace(strings.Replace(classic, "miimon: 100,", `miimon: 100, mac: "00:16:3e:0a:0b:0c",`, 1), "bridge: vlan32,", `bridge: vlan32, mac: "00:16:3e:0a:0b:0d",`, 1)
	apply(t, w, planned)
	want(t, "the bond's planned MAC", w.Host.MAC("bond0"), "00:16:3e:0a:0b:0c")
	want(t, "the VLAN's, which follows", w.Host.MAC("bond0.32"), "00:16:3e:0a:0b:0c")
	want(t, "the bridge's planned MAC", w.Host.MAC("vlan32"), "00:16:3e:0a:0b:0d")
	want(t, "changed again", apply(t, w, planned).Changed, false)
	w.Host.Ping("192.0.2.1")
}

// TestMACOfBridges: in each layout, and also where somebody else has made the bridge, a guest with the lowest MAC comes and goes and the bridge
// keeps its own; so what neighbours know of the host stays true.
func TestMACOfBridges(t *testing.T) {
	t.Parallel()
	bond := "bonds: [{name: bond0, mode: active-backup, miimon: 100, members: [eth0, eth1]}]\n"
	for name, c := range map[string]struct {
		before         []string // somebody else's commands
		document, then string   // then: a second document
		bridge         string
		own            bool // a MAC of its own, not that of eth0
	}{
		"a bond of the same run":  {nil, bond + "bridges: [{name: br0, ports: [bond0], addresses: [192.0.2.10/24]}]\n", "", "br0", false},
		"no ports":                {nil, "bridges: [{name: br0, addresses: [203.0.113.1/24]}]\n", "", "br0", true},
		"a VLAN of a new bridge":  {nil, bond + "bridges: [{name: trunk, ports: [bond0]}, {name: br0, ports: [trunk.16]}]\nvlans: [{parent: trunk, id: 16}]\n", "", "br0", false},
		"a bridge upon a bridge":  {nil, "bridges: [{name: low, ports: [eth0]}, {name: br0, ports: [low.5]}]\nvlans: [{parent: low, id: 5}]\n", "", "br0", false},
		"members that come later": {nil, "bonds: [{name: bond0, mode: active-backup, miimon: 100, members: []}]\nsegments: [{id: 16, parent: bond0, bridge: br0}]\n", bond + "segments: [{id: 16, parent: bond0, bridge: br0}]\n", "br0", true},
		"adopted":                 {[]string{"ip link add br0 type bridge", "ip link set eth0 master br0"}, "bridges: [{name: br0, ports: [eth0]}]\n", "", "br0", false},
		"adopted, no ports":       {[]string{"ip link add br0 type bridge"}, "bridges: [{name: br0}]\n", "", "br0", true},
		"adopted with a guest":    {[]string{"ip link add br0 type bridge", "ip link add guest address 00:00:5e:00:53:09 type dummy", "ip link set guest master br0"}, "bridges: [{name: br0, ports: [eth0]}]\n", "", "br0", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := topo.New(t)
			first := w.Host.MAC("eth0")
			for _, command := range c.before {
				w.Host.Run("%s", command)
			}
			foretold := run(t, w, c.document, "--check").Steps
			want(t, "steps, and those foretold", apply(t, w, c.document).Steps, foretold)
			mac := w.Host.MAC(c.bridge)
			want(t, "it has the MAC of eth0", mac == first, !c.own)
			if c.then != "" {
				apply(t, w, c.then)
			}
			w.Host.Run("ip link add lowest address 00:00:5e:00:53:01 type dummy")
			w.Host.Run("ip link set lowest master %s", c.bridge)
			want(t, "with the lowest MAC among its ports", w.Host.MAC(c.bridge), mac)
			w.Host.Run("ip link del lowest")
			want(t, "without it again", w.Host.MAC(c.bridge), mac)
			last := c.document
			if c.then != "" {
				last = c.then
			}
			want(t, "steps of the second run", apply(t, w, last).Steps, []string{})
		})
	}
}

// TestFailOverMAC: where the bond's MAC is a matter of the member in use, a failover is no drift.
func TestFailOverMAC(t *testing.T) {
	t.Parallel()
	for _, policy := range []string{"active", "follow"} {
		w := topo.New(t)
		document := withMonitor("miimon: 50, primary: eth0, fail_over_mac: " + policy)
		apply(t, w, document)
		w.Await("eth0 in use", topo.Long, func() bool { return data(w, "bond0", "active_slave") == "eth0" })
		w.Carrier("eth0", false)
		w.Await("eth1 in use", topo.Long, func() bool { return data(w, "bond0", "active_slave") == "eth1" })
		want(t, policy+": changed after a failover", apply(t, w, document).Changed, false)
		if policy == "active" {
			want(t, "the bond's MAC", w.Host.MAC("bond0"), w.Host.MAC("eth1"))
		}
		w.Host.Ping("192.0.2.1")
	}
}

// TestMTUOfBridge: a bridge has the MTU that the document says, whatever its ports have, from the run on that makes it or gives
// it its first port.
func TestMTUOfBridge(t *testing.T) {
	t.Parallel()
	w := topo.New(t)
	w.Host.Run("ip link add br3 mtu 1400 type bridge")
	for _, mtu := range []string{"1400", "1300", "1500"} {
		document := strings.ReplaceAll("bridges: [{name: br2, mtu: MTU, ports: [eth1]}, {name: br3, mtu: MTU, ports: [eth0]}]\n", "MTU", mtu)
		apply(t, w, document)
		for _, bridge := range []string{"br2", "br3"} {
			want(t, "the MTU of "+bridge, link(w, bridge)["mtu"], mtu)
		}
		want(t, mtu+": changed again", apply(t, w, document).Changed, false)
	}
}
