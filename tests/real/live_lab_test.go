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

// live gives eth0 the host's addresses and default routes, as an installer would.
func live(t *testing.T) *topo.World {
	w := topo.New(t, topo.Untagged(16))
	w.Host.Batch("ip", `link set eth0 up
link set eth1 up
addr add 192.0.2.10/24 dev eth0
addr add 2001:db8:16::10/64 dev eth0 nodad
route add default via 192.0.2.1 dev eth0
route add 198.18.99.0/24 via 192.0.2.99 dev eth0
route add default via 2001:db8:16::1 dev eth0
`)
	w.Host.Ping("192.0.2.1")
	w.Host.Ping("2001:db8:16::1")
	return w
}

// byHand is the best order that is known: everything above first, the standby NIC first, the address added above before it
// is removed below.
func byHand(mac string) string {
	return strings.ReplaceAll(`link add bond0 address MAC up type bond mode active-backup miimon 100
link set eth1 down
link set eth1 master bond0
link add vlan16 address MAC up type bridge
link add link bond0 name bond0.16 up type vlan id 16
link set bond0.16 master vlan16
addr add 192.0.2.10/24 dev vlan16
addr add 2001:db8:16::10/64 dev vlan16 nodad
route replace default via 192.0.2.1 dev vlan16
route append default via 2001:db8:16::1 dev vlan16
addr del 192.0.2.10/24 dev eth0
link set eth0 down
link set eth0 master bond0
`, "MAC", mac)
}

// TestLiveAddressMoves takes the NIC with the host's addresses into the bond while somebody probes them every 2 ms, from
// the router and over the default route, in both families. The best batch written by hand is measured in the same way.
func TestLiveAddressMoves(t *testing.T) {
	document := "bonds: [{name: bond0, mode: active-backup, miimon: 100, members: [eth0, eth1]}]\n" +
		`segments: [{id: 16, parent: bond0, bridge: vlan16, addresses: [192.0.2.10/24, "2001:db8:16::10/64"], gateway: [192.0.2.1, "2001:db8:16::1"]}]`
	measure := func(change func(w *topo.World)) (four, six topo.Silence) {
		w := live(t)
		p4, p6 := w.Router.Probe("192.0.2.10"), w.Router.Probe("2001:db8:16::10")
		change(w)
		time.Sleep(1500 * time.Millisecond) // the kernel's link watch acts once a second
		return p4.Stop(), p6.Stop()
	}
	byHandOnce := func() (four, six topo.Silence) {
		return measure(func(w *topo.World) { w.Host.Batch("ip", byHand(w.Host.MAC("eth0"))) })
	}
	oursOnce := func() (four, six topo.Silence) {
		return measure(func(w *topo.World) {
			r := apply(t, w, document)
			want(t, "warnings", r.Warnings, []string{})
			w.Host.Ping(topo.Far4)
			w.Host.Ping(topo.Far6)
			want(t, "IPv4 addresses left on eth0", w.Host.Run("ip -4 -o addr show dev eth0"), "")
			if !strings.Contains(w.Host.Run("ip route show 198.18.99.0/24"), "dev vlan16") {
				t.Error("a route of others did not follow the address")
			}
			want(t, "changed again", apply(t, w, document).Changed, false)
		})
	}
	await.Rounds(t, "the host's addresses while they move", func(int) (bool, string) {
		h4, h6 := byHandOnce()
		o4, o6 := oursOnce()
		return noMore(o4, h4, 10) && noMore(o6, h6, 10), fmt.Sprintf("ours %v; %v; by hand %v; %v", o4, o6, h4, h6)
	})
}

// noMore compares frames that were lost, by ours and by another way: as many as by the other, twice, and some that are owed to when it
// began. Counted, not measured: a machine that stalls answers late, and it has lost nothing.
func noMore(ours, theirs topo.Silence, some int) bool { return ours.Lost() <= 2*theirs.Lost()+some }

// few frames are what 25 ms are to a probe. The kernel loses one or two of its own now and then, when it takes an option of a bond in use.
const few = 12

// unnoticed holds that a change loses next to no frame, in every round or in most of them.
func unnoticed(t *testing.T, what string, measure func(round int) topo.Silence) {
	t.Helper()
	await.Rounds(t, what, func(n int) (bool, string) {
		s := measure(n)
		return s.Lost() <= few && s.Sent > 10*few, s.String()
	})
}

// TestFailover: the active member loses its carrier; a guest is silent no longer than over a bond that ip has made.
func TestFailover(t *testing.T) {
	document := strings.Replace(classic, ", gateway: [192.0.2.1, \"2001:db8:16::1\"]", "", 1)
	measure := func(set func(w *topo.World)) topo.Silence {
		w := topo.New(t)
		set(w)
		guest := w.Guest("vif1.0", "vlan32", "198.51.100.20/24")
		guest.Ping("198.51.100.1")
		active, _ := data(w, "bond0", "active_slave").(string)
		s := guest.Silence("198.51.100.1", func() { w.Carrier(active, false) })
		if now := data(w, "bond0", "active_slave"); now == active {
			t.Errorf("the bond stays on %v", now)
		}
		guest.Ping("198.51.100.1")
		return s
	}
	byKernel := func(w *topo.World) {
		w.Host.Batch("ip", `link add bond0 type bond mode active-backup miimon 100
link set eth0 down
link set eth0 master bond0
link set eth1 down
link set eth1 master bond0
link set bond0 up
link add link bond0 name bond0.32 type vlan id 32
link add vlan32 type bridge
link set bond0.32 master vlan32
link set bond0.32 up
link set vlan32 up
`)
	}
	await.Rounds(t, "a guest while its bond changes over", func(int) (bool, string) {
		kernel, ours := measure(byKernel), measure(func(w *topo.World) { apply(t, w, document) })
		// The monitor looks every 100 ms, which are 50 frames.
		return noMore(ours, kernel, 60), fmt.Sprintf("ours %v; the kernel's own bonding %v", ours, kernel)
	})
}
