//go:build lab

package topo_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"hostnet-module/tests/lab/topo"
)

// classic builds the host that the project is about, by hand: a bond of both NICs, a VLAN
// and a bridge on it, with an address.
func classic(w *topo.World, options string) {
	w.Host.Batch("ip", `
		link add bond0 type bond mode active-backup `+options+`
		link set eth0 master bond0
		link set eth1 master bond0
		link set bond0 type bond active_slave eth0
		link set bond0 up
		link add link bond0 name bond0.16 type vlan id 16
		link add vlan16 type bridge
		link set bond0.16 master vlan16 up
		link set vlan16 up
		address add 192.0.2.10/24 dev vlan16
		address add 2001:db8:16::10/64 dev vlan16 nodad
		route add default via 192.0.2.1
		route add default via 2001:db8:16::1
		link add link bond0 name bond0.32 type vlan id 32
		link add vlan32 type bridge
		link set bond0.32 master vlan32 up
		link set vlan32 up`)
}

func TestModules(t *testing.T) {
	t.Parallel()
	w := topo.New(t)
	for _, x := range []string{"name x type bond", "name x type bridge", "link eth0 name x type vlan id 5", "name x type dummy", "link eth0 name x type macvlan"} {
		w.Host.Run("ip link add %s", x)
		w.Host.Run("ip link del x")
	}
	if links := w.Host.Run("ip -br link show type bond"); links != "" {
		t.Errorf("a bond that nobody made:\n%s", links)
	}
}

func TestSwitchCarriesVLANs(t *testing.T) {
	t.Parallel()
	w := topo.New(t)
	for _, nic := range w.NICs { // eth0 is on the router's switch, eth1 on the other one
		w.Host.Batch("ip", "link set "+nic+" up\nlink add link "+nic+" name v16 type vlan id 16\n"+
			"link set v16 up\naddress add 192.0.2.10/24 dev v16\naddress add 2001:db8:16::10/64 dev v16 nodad")
		w.Host.Ping("192.0.2.1")
		w.Host.Ping("2001:db8:16::1")
		w.Host.Run("ip link del v16")
		w.Host.Run("ip link set %s down", nic)
	}
}

func TestTagsDoNotLeak(t *testing.T) {
	t.Parallel()
	w := topo.New(t)
	w.Host.Batch("ip", "link set eth0 up\nlink add link eth0 name v16 type vlan id 16\nlink set v16 up\n"+
		"address add 198.51.100.10/24 dev v16\nlink add link eth0 name v32 type vlan id 32\nlink set v32 up")
	trunk := w.Router.Capture("trunk", "icmp or arp")
	other := w.Router.Capture("trunk.32", "icmp or arp")
	w.Host.NoPing("198.51.100.1") // the right address, the wrong VLAN
	seen := trunk.Stop()
	if len(seen) == 0 {
		t.Fatal("nothing on the trunk")
	}
	for _, f := range seen {
		if f.Type == "ARP" && f.Src == w.Host.MAC("v16") && f.VLAN != 16 {
			t.Errorf("sent on VLAN 16, seen as %v", f)
		}
	}
	for _, f := range other.Stop() {
		t.Errorf("leaked to VLAN 32: %v", f)
	}
	w.Host.Run("ip link add link eth0 name v99 type vlan id 99")
	w.Host.Run("ip link set v99 up")
	w.Host.Run("ip addr add 198.51.100.99/24 dev v99")
	w.Host.NoPing("198.51.100.1", "-I", "v99") // a VLAN that the switch does not carry
}

func TestGuest(t *testing.T) {
	t.Parallel()
	w := topo.New(t)
	classic(w, "miimon 100")
	g := w.Guest("vif1.0", "vlan32", "198.51.100.50/24", "2001:db8:32::50/64")
	trunk := w.Router.Capture("trunk", "icmp")
	g.Ping("198.51.100.1")
	g.Ping("2001:db8:32::1")
	g.NoPing("192.0.2.1")
	w.Host.Ping(topo.Far4)
	w.Host.Ping(topo.Far6)
	mac := g.MAC("eth0")
	tagged := slices.ContainsFunc(trunk.Stop(), func(f topo.Frame) bool { return f.Src == mac && f.VLAN == 32 && f.Type == "IPv4" })
	if !tagged {
		t.Error("the guest's ping was not on the wire with tag 32")
	}
}

func TestCarrierDown(t *testing.T) {
	t.Parallel()
	w := topo.New(t)
	classic(w, "miimon 100")
	active := func() string {
		var links []struct {
			LinkInfo struct {
				Data struct {
					Active string `json:"active_slave"`
				} `json:"info_data"`
			}
		}
		w.Host.JSON(&links, "ip -j -d link show bond0")
		return links[0].LinkInfo.Data.Active
	}
	w.Await("eth0 active", topo.Long, func() bool { return active() == "eth0" })
	s := w.Host.Silence("192.0.2.1", func() {
		w.Carrier("eth0", false)
		w.Await("eth1 active", topo.Long, func() bool { return active() == "eth1" })
	})
	t.Log(s)
	if s.Lost() == 0 {
		t.Errorf("a member loses its carrier, and no frame is lost: %v", s)
	}
	w.Carrier("eth0", true)
	w.Await("eth0 has carrier", topo.Long, func() bool { return !strings.Contains(w.Host.Run("ip link show eth0"), "NO-CARRIER") })
}

func TestHang(t *testing.T) {
	t.Parallel()
	w := topo.New(t)
	classic(w, "miimon 100")
	w.Host.Ping("192.0.2.1")
	w.Hang("eth0", true)
	w.Host.NoPing("192.0.2.1")
	if out := w.Host.Run("ip link show eth0"); !strings.Contains(out, "LOWER_UP") {
		t.Errorf("a hung switch keeps the carrier, but:\n%s", out)
	}
	w.Hang("eth0", false)
	w.Host.Ping("192.0.2.1")
}

// TestSilenceMeasures is not parallel: it measures time. What a machine that stalls adds goes to the prober too, as its jitter.
func TestSilenceMeasures(t *testing.T) {
	w := topo.New(t)
	classic(w, "miimon 100")
	for _, address := range []string{"192.0.2.1", "2001:db8:16::1"} {
		const gap = 300 * time.Millisecond
		var held time.Duration
		s := w.Host.Silence(address, func() {
			start := time.Now()
			w.Hang("eth0", true)
			time.Sleep(gap)
			w.Hang("eth0", false)
			held = time.Since(start)
		})
		t.Logf("%s: hung for %v at most: %v", address, held, s)
		if s.Longest < gap || s.Longest > held+s.Jitter+time.Second || s.Lost() == 0 {
			t.Errorf("%s: a hang of %v to %v was measured as %v", address, gap, held, s)
		}
		calm := w.Host.Silence(address, func() {})
		t.Logf("%s: nothing done: %v", address, calm)
		if calm.Lost() > 0 || calm.Sent == 0 {
			t.Errorf("%s: nothing done, and yet: %v", address, calm)
		}
	}
}

func TestUntagged(t *testing.T) {
	t.Parallel()
	w := topo.New(t, topo.Untagged(16), topo.NICs(3), topo.VLANs(100, 101, 102))
	w.Host.Batch("ip", "link set eth0 up\naddress add 192.0.2.10/24 dev eth0")
	w.Host.Ping("192.0.2.1")
	w.Host.Batch("ip", "address del 192.0.2.10/24 dev eth0\nlink add link eth0 name v16 type vlan id 16\n"+
		"link set v16 up\naddress add 192.0.2.10/24 dev v16")
	w.Host.Ping("192.0.2.1")
	w.Host.Batch("ip", "link set eth2 up\nlink add link eth2 name v101 type vlan id 101\nlink set v101 up")
	trunk := w.Switch.Capture("islA", "arp")
	w.Host.Run("ip address add 192.0.2.99/24 dev v101")
	w.Host.NoPing("192.0.2.98", "-I", "v101")
	if seen := trunk.Stop(); !slices.ContainsFunc(seen, func(f topo.Frame) bool { return f.VLAN == 101 }) {
		t.Errorf("VLAN 101 is not carried between the switches: %v", seen)
	}
}

// TestManyWorlds is what `go test` does with parallel tests: worlds must not see each other.
func TestManyWorlds(t *testing.T) {
	for range 4 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			w := topo.New(t)
			classic(w, "miimon 100")
			w.Host.Ping("192.0.2.1")
		})
	}
}
