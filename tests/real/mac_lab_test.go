//go:build lab

package real

import (
	"strings"
	"testing"
	"time"

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

// TestFailOverMAC: where the bond's MAC is a matter of the member in use, a failover is no drift.
func TestFailOverMAC(t *testing.T) {
	t.Parallel()
	for _, policy := range []string{"active", "follow"} {
		w := topo.New(t)
		document := withMonitor("miimon: 50, primary: eth0, fail_over_mac: " + policy)
		apply(t, w, document)
		w.Await("eth0 in use", 60*time.Second, func() bool { return data(w, "bond0", "active_slave") == "eth0" })
		w.Carrier("eth0", false)
		w.Await("eth1 in use", 60*time.Second, func() bool { return data(w, "bond0", "active_slave") == "eth1" })
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
