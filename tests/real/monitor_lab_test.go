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
// vlan16, which stands on a VLAN of the bond, leaves it when missed_max + 1 of its questions have had no answer; miimon never does.
func TestHungSwitch(t *testing.T) {
	const missed = 2
	arp, nd := [2]string{"who-has 192.0.2.1 ", "192.0.2.1 is-at"}, [2]string{"who has 2001:db8:16::1", "tgt is 2001:db8:16::1"}
	for monitor, asks := range map[string][2]string{ // the monitor's questions, and their answers
		fmt.Sprintf("arp_interval: 200, missed_max: %d, arp_ip_target: 192.0.2.1", missed):                    arp,
		fmt.Sprintf("arp_interval: 200, missed_max: %d, arp_validate: all, arp_ip_target: 192.0.2.1", missed): arp,
		fmt.Sprintf("arp_interval: 200, missed_max: %d, ns_ip6_target: \"2001:db8:16::1\"", missed):           nd,
		"miimon: 100": {},
	} {
		t.Run(monitor, func(t *testing.T) {
			t.Parallel()
			w := topo.New(t)
			apply(t, w, withMonitor(monitor))
			guest := w.Guest("vif1.0", "vlan32", "198.51.100.20/24")
			guest.Ping("198.51.100.1")
			if asks[0] == "" {
				neverComesBack(t, w, guest)
				return
			}
			// The monitor's own clock counts, by its questions: an emulated machine stalls, and the monitor with it. One more may have been
			// on its way when the port was hung, and one may be sent before the bond has left.
			asked := leavesHung(w, guest, asks)
			t.Logf("left after %d questions", asked)
			if asked < 1 || asked > missed+1+2 {
				t.Errorf("left after %d questions without an answer, with missed_max %d", asked, missed)
			}
		})
	}
}

// leavesHung hangs the active member's port until the guest has moved to the other one with the bond, lets it go again, and counts what the
// monitor asked there after the last answer.
func leavesHung(w *topo.World, guest *topo.Node, asks [2]string) (asked int) {
	settled := func() bool { // an active member through which the guest is heard
		return data(w, "bond0", "active_slave") != nil && guest.TryRun("ping -c 1 -W 1 198.51.100.1").Exit == 0
	}
	w.Await("an active member", topo.Long, settled)
	active := data(w, "bond0", "active_slave").(string)
	wire := w.Switch.Capture("port-"+active, "arp or icmp6")
	wire.Await("an answer", topo.Long, func(f topo.Frame) bool { return strings.Contains(f.Text, asks[1]) })
	w.Hang(active, true)
	w.Await("the other member", topo.Long, func() bool {
		now := data(w, "bond0", "active_slave")
		return now != nil && now != active
	})
	w.Await("traffic", topo.Long, settled)
	for _, f := range wire.Stop() { // a port that is hung lets no answer out
		switch {
		case strings.Contains(f.Text, asks[1]):
			asked = 0
		case strings.Contains(f.Text, asks[0]):
			asked++
		}
	}
	w.Hang(active, false)
	w.Await("traffic over the other member", topo.Long, settled)
	return asked
}

// neverComesBack is what carrier alone sees of a hung port: nothing.
func neverComesBack(t *testing.T, w *topo.World, guest *topo.Node) {
	active := data(w, "bond0", "active_slave").(string)
	p := guest.Probe("198.51.100.1")
	w.Hang(active, true)
	time.Sleep(3 * time.Second) // thirty looks of the monitor's
	s := p.Stop()
	t.Logf("miimon alone: %v", s)
	if s.Lost() < 100 {
		t.Errorf("the port was to be hung: %v", s)
	}
	want(t, "the active member", data(w, "bond0", "active_slave"), active)
	guest.NoPing("198.51.100.1")
}

// TestLiveOptions changes what can be changed on a bond in use while a guest probes every 2 ms: nothing is lost, no port is
// released, no index changes. Under ARP monitoring the same; from one monitor to the other the kernel itself takes a pause
// (docs/monitors.md).
func TestLiveOptions(t *testing.T) {
	const slowly = "arp_interval: 1000, missed_max: 10, arp_ip_target: 192.0.2.1"
	for base, list := range map[string][]string{
		"miimon: 100": {"miimon: 50", "miimon: 100, updelay: 200, downdelay: 100", "miimon: 100, primary: eth0", "miimon: 100, primary_reselect: failure",
			"miimon: 100, num_grat_arp: 3, peer_notif_delay: 200", "miimon: 100, resend_igmp: 3", "miimon: 100, xmit_hash_policy: layer2+3", "miimon: 100, min_links: 1",
			"miimon: 100, all_slaves_active: true", "miimon: 100, lp_interval: 2", "miimon: 100, arp_all_targets: all", "miimon: 100, missed_max: 9"},
		// A monitor that bears a machine which stalls for seconds: it must not leave a member for another reason than the change.
		slowly: {"arp_interval: 1200, arp_ip_target: 192.0.2.1", "arp_interval: 1000, missed_max: 20, arp_ip_target: 192.0.2.1", "arp_interval: 1000, arp_ip_target: [192.0.2.1, 198.51.100.1]", slowly + ", ns_ip6_target: [\"2001:db8:16::1\"]",
			slowly + ", arp_all_targets: all", slowly + ", arp_validate: backup", slowly + ", primary: eth0", slowly + ", arp_validate: none"},
	} {
		t.Run(base, func(t *testing.T) {
			t.Parallel()
			unnoticed(t, fmt.Sprint(len(list)+1, " changes"), func(int) topo.Silence { return liveOptions(t, base, list) })
		})
	}
}

// use makes a member the active one, once it is thought to work: which of them ARP monitoring settles on first is chance.
func use(w *topo.World, member string) {
	w.Await(member+" in use", topo.Long, func() bool {
		if data(w, "bond0", "active_slave") == member {
			return true
		}
		w.Host.TryRun("ip link set bond0 type bond active_slave %s", member)
		return false
	})
}

// liveOptions makes all the changes on a bond of its own.
func liveOptions(t *testing.T, base string, list []string) topo.Silence {
	w := topo.New(t)
	apply(t, w, withMonitor(base))
	guest := w.Guest("vif1.0", "vlan32", "198.51.100.20/24")
	guest.Ping("198.51.100.1")
	use(w, "eth0")
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
	s := p.Stop()
	want(t, "ifindex", link(w, "bond0")["ifindex"], index)
	return s
}
