//go:build lab

package real

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"hostnet-module/tests/lab/topo"
)

// withMonitor is the classic host with another monitor on its bond.
func withMonitor(monitor string) string { return strings.Replace(classic, "miimon: 100", monitor, 1) }

// TestHungSwitch: the active member's switch port drops everything and keeps its carrier. ARP monitoring with a target behind
// vlan16, which stands on a VLAN of the bond, leaves it within (missed_max + 1) intervals and 100 ms; miimon never does.
func TestHungSwitch(t *testing.T) {
	const interval, missed = 200 * time.Millisecond, 2
	for monitor, survives := range map[string]bool{
		fmt.Sprintf("arp_interval: %d, missed_max: %d, arp_ip_target: 192.0.2.1", interval.Milliseconds(), missed):                    true,
		fmt.Sprintf("arp_interval: %d, missed_max: %d, arp_validate: all, arp_ip_target: 192.0.2.1", interval.Milliseconds(), missed): true,
		fmt.Sprintf("arp_interval: %d, missed_max: %d, ns_ip6_target: \"2001:db8:16::1\"", interval.Milliseconds(), missed):           true,
		"miimon: 100": false,
	} {
		t.Run(monitor, func(t *testing.T) {
			w := topo.New(t)
			apply(t, w, withMonitor(monitor))
			guest := w.Guest("vif1.0", "vlan32", "198.51.100.20/24")
			guest.Ping("198.51.100.1")
			w.Await("an active member", 60*time.Second, func() bool { return data(w, "bond0", "active_slave") != nil })
			active := data(w, "bond0", "active_slave").(string)
			p := guest.Probe("198.51.100.1")
			w.Hang(active, true)
			if !survives {
				time.Sleep(3 * time.Second)
				s := p.Stop()
				t.Logf("miimon alone: %v", s)
				want(t, "the active member", data(w, "bond0", "active_slave"), active)
				guest.NoPing("198.51.100.1")
				return
			}
			w.Await("the other member", 60*time.Second, func() bool { return data(w, "bond0", "active_slave") != active })
			time.Sleep(500 * time.Millisecond)
			s := p.Stop()
			t.Logf("ARP monitoring: %v", s)
			// (missed_max + 1) intervals and 100 ms on a quiet machine; an emulated one that is busy gets as much again.
			if limit := 2*((missed+1)*interval+100*time.Millisecond) + s.Jitter; s.Longest > limit {
				t.Errorf("silent for %v, more than %v", s.Longest, limit)
			}
			guest.Ping("198.51.100.1")
		})
	}
}

// TestLiveOptions changes what can be changed on a bond in use while a guest probes every 2 ms: nothing is lost, no port is
// released, no index changes. Under ARP monitoring the same; from one monitor to the other the kernel itself takes a pause
// (docs/monitors.md).
func TestLiveOptions(t *testing.T) {
	for base, list := range map[string][]string{
		"miimon: 100": {"miimon: 50", "miimon: 100, updelay: 200, downdelay: 100", "miimon: 100, primary: eth0", "miimon: 100, primary_reselect: failure",
			"miimon: 100, num_grat_arp: 3, peer_notif_delay: 200", "miimon: 100, resend_igmp: 3", "miimon: 100, xmit_hash_policy: layer2+3", "miimon: 100, min_links: 1",
			"miimon: 100, all_slaves_active: true", "miimon: 100, lp_interval: 2", "miimon: 100, arp_all_targets: all", "miimon: 100, missed_max: 9"},
		"arp_interval: 200, arp_ip_target: 192.0.2.1": {"arp_interval: 300, arp_ip_target: 192.0.2.1", "arp_interval: 200, missed_max: 5, arp_ip_target: 192.0.2.1", "arp_interval: 200, arp_ip_target: [192.0.2.1, 198.51.100.1]",
			"arp_interval: 200, arp_ip_target: 192.0.2.1, ns_ip6_target: [\"2001:db8:16::1\"]", "arp_interval: 200, arp_ip_target: 192.0.2.1, arp_all_targets: all",
			"arp_interval: 200, arp_ip_target: 192.0.2.1, arp_validate: backup",
			"arp_interval: 200, arp_ip_target: 192.0.2.1, primary: eth0", "arp_interval: 200, arp_ip_target: 192.0.2.1, arp_validate: none"},
	} {
		t.Run(base, func(t *testing.T) { liveOptions(t, base, list) })
	}
}

func liveOptions(t *testing.T, base string, list []string) {
	w := topo.New(t)
	apply(t, w, withMonitor(base))
	guest := w.Guest("vif1.0", "vlan32", "198.51.100.20/24")
	guest.Ping("198.51.100.1")
	w.Await("eth0 in use", 60*time.Second, func() bool { return data(w, "bond0", "active_slave") == "eth0" })
	index := link(w, "bond0")["ifindex"]
	p := guest.Probe("198.51.100.1")
	for _, options := range list {
		r := apply(t, w, withMonitor(options))
		want(t, "objects changed by "+options, r.changed(), []string{"bond0"})
		want(t, "disruption of "+options, r.Objects[0].Disruption, "none")
		for _, step := range r.Steps {
			if !strings.HasPrefix(step, "ip link set bond0 type bond ") {
				t.Errorf("%s: a step too many: %s", options, step)
			}
		}
	}
	r := apply(t, w, strings.Replace(withMonitor(list[len(list)-1]), "members: [eth0, eth1]", "members: [{name: eth0, queue_id: 1, prio: 10}, {name: eth1, queue_id: 2, prio: 5}]", 1))
	want(t, "disruption of members' options", r.Objects[0].Disruption, "none")
	time.Sleep(time.Second)
	s := p.Stop()
	t.Logf("%d changes: %v", len(list)+1, s)
	if lost := s.Sent - s.Answered; s.Longest > 25*time.Millisecond+s.Jitter {
		t.Errorf("%d lost, silent for %v", lost, s.Longest)
	}
	want(t, "ifindex", link(w, "bond0")["ifindex"], index)
}

// TestDumbForLong: a guest on a dumb bridge — ours, or somebody's that has been adopted with its IPv6 address and all — sends
// to every MAC of the host: the host's IP stack counts none of it, and says nothing on that VLAN for half a minute.
func TestDumbForLong(t *testing.T) {
	t.Parallel()
	for name, before := range map[string]string{
		"ours": "",
		"adopted": `link add bond0 type bond mode active-backup miimon 100
link set eth0 down
link set eth0 master bond0
link set bond0 up
link add link bond0 name bond0.48 type vlan id 48
link add vlan48 type bridge
link set bond0.48 master vlan48
link set bond0.48 up
link set vlan48 up
`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := topo.New(t)
			w.Host.Batch("ip", before)
			guest := w.Guest("vif1.0", map[bool]string{true: "vlan48"}[before != ""], "203.0.113.20/24")
			apply(t, w, classic)
			w.Host.Run("ip link set vif1.0 master vlan48")
			wire := w.Switch.Capture("port-eth0", "")
			start := time.Now()
			macs := []string{w.Host.MAC("vlan48"), w.Host.MAC("bond0"), w.Host.MAC("vlan16")}
			for _, mac := range macs {
				const address = "192.0.2.10"
				received := ipReceived(w)
				guest.Run("ip route replace %s dev eth0", address)
				guest.Run("ip neigh replace %s lladdr %s dev eth0 nud permanent", address, mac)
				guest.NoPing(address)
				want(t, "packets that the host's IP stack counted for "+mac, ipReceived(w)-received, 0)
			}
			guest.Ping("203.0.113.1")
			time.Sleep(time.Until(start.Add(30 * time.Second)))
			guestMAC := guest.MAC("eth0")
			for _, f := range wire.Stop() {
				if f.VLAN == 48 && f.Src != guestMAC && (f.Src == macs[0] || f.Src == macs[1]) {
					t.Errorf("the host speaks: %v", f)
				}
			}
		})
	}
}

// ipReceived is what the host's IPv4 stack has counted as received.
func ipReceived(w *topo.World) int {
	lines := strings.Split(w.Host.Run("cat /proc/net/snmp"), "\n")
	var n int
	fmt.Sscan(strings.Fields(lines[1])[3], &n)
	return n
}
