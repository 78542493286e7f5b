//go:build lab

package real

import (
	"strings"
	"testing"
	"time"

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
	// The switch's port comes back when its own kernel gets to it, and an emulated machine stalls: that is added to both, now
	// and then up to a second. So each has several tries, and its best one counts.
	var hand, ours [2]topo.Silence
	for try := range 6 {
		h4, h6 := byHandOnce()
		o4, o6 := oursOnce()
		t.Logf("by hand: IPv4 %v, IPv6 %v", h4, h6)
		t.Logf("ours:    IPv4 %v, IPv6 %v", o4, o6)
		hand = [2]topo.Silence{better(try, hand[0], h4), better(try, hand[1], h6)}
		ours = [2]topo.Silence{better(try, ours[0], o4), better(try, ours[1], o6)}
		if t.Failed() || noLonger(ours[0], hand[0]) && noLonger(ours[1], hand[1]) {
			return
		}
	}
	t.Errorf("silent for %v and %v at best, by hand for %v and %v", ours[0].Longest, ours[1].Longest, hand[0].Longest, hand[1].Longest)
}

func better(try int, a, b topo.Silence) topo.Silence {
	if try > 0 && a.Longest < b.Longest {
		return a
	}
	return b
}

// unnoticed measures something that costs no frame until it has been seen to cost none: an emulated machine stalls now and then,
// and a change that does lose frames loses them each time. What the same probe misses while nothing changes (idle) is the
// machine's too. One answer may be on its way when a probe ends.
func unnoticed(t *testing.T, what string, measure func(try int) (s topo.Silence, idle func() topo.Silence)) {
	t.Helper()
	var best topo.Silence
	limit := 25 * time.Millisecond
	for try := range 6 {
		s, idle := measure(try)
		if best = better(try, best, s); t.Failed() || best.Longest <= limit+best.Jitter {
			break
		}
		calm := idle()
		t.Logf("%s: %v; without a change %v", what, s, calm)
		limit = max(limit, calm.Longest-calm.Jitter)
	}
	t.Logf("%s: %v", what, best)
	if best.Longest > limit+best.Jitter {
		t.Errorf("%s: %d lost, silent for %v at best", what, best.Sent-best.Answered, best.Longest)
	}
}

// noLonger compares two silences; what the prober itself left between two requests says nothing about the host.
func noLonger(a, b topo.Silence) bool {
	return a.Longest <= max(b.Longest, 18*time.Millisecond)+max(a.Jitter, b.Jitter)
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
	var kernel, ours topo.Silence
	for try := range 4 {
		kernel, ours = better(try, kernel, measure(byKernel)), better(try, ours, measure(func(w *topo.World) { apply(t, w, document) }))
		t.Logf("the kernel's own bonding: %v; ours: %v", kernel, ours)
		// The monitor looks every 100 ms, so two runs differ by as much.
		if t.Failed() || ours.Longest <= kernel.Longest+100*time.Millisecond+ours.Jitter {
			return
		}
	}
	t.Errorf("silent for %v at best, the kernel's own bonding for %v", ours.Longest, kernel.Longest)
}
