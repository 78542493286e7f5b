//go:build lab

package real

import (
	"strings"
	"testing"

	"hostnet-module/tests/lab/topo"
)

// aggregate makes one switch of the two whose ports speak LACP with the host's NICs.
func aggregate(w *topo.World) {
	w.Switch.Batch("ip", `link add agg type bond mode 802.3ad miimon 100 lacp_rate fast
link set port-eth0 nomaster down
link set port-eth1 nomaster down
link set port-eth0 master agg
link set port-eth1 master agg
link set agg master swA up
`)
	w.Switch.Batch("bridge", "vlan add vid 16 dev agg\nvlan add vid 32 dev agg\nvlan add vid 48 dev agg\n")
}

// TestLACP: both members come into one aggregator with the switch, what LACP knows is shown, and traffic flows; a second run
// changes nothing.
func TestLACP(t *testing.T) {
	t.Parallel()
	w := topo.New(t)
	aggregate(w)
	document := strings.Replace(classic, "mode: active-backup, miimon: 100", "mode: 802.3ad, miimon: 100, lacp_rate: fast, xmit_hash_policy: layer3+4, ad_select: bandwidth", 1)
	apply(t, w, document)
	info := func() map[string]any { m, _ := data(w, "bond0", "ad_info").(map[string]any); return m }
	synced := func(nic string) func() bool { // 802.1AX: active, fast, aggregatable, in sync, collecting, distributing
		return func() bool {
			return strings.Contains(w.Host.Run("ip -d link show %s", nic), "ad_actor_oper_port_state 63")
		}
	}
	w.Await("eth0 in sync", topo.Long, synced("eth0"))
	w.Await("eth1 in sync", topo.Long, synced("eth1"))
	want(t, "the partner", info()["partner_mac"], w.Switch.MAC("agg"))
	w.Host.Ping("192.0.2.1")
	guest := w.Guest("vif1.0", "vlan32", "198.51.100.20/24")
	guest.Ping("198.51.100.1")
	for _, form := range []string{"text", "json"} {
		if shown := w.Host.Run("%s show --format %s", program, form); form == "json" && !strings.Contains(shown, w.Switch.MAC("agg")) {
			t.Errorf("show does not tell the partner:\n%s", shown)
		}
	}
	want(t, "changed again", apply(t, w, document).Changed, false)

	// What does not make the partner negotiate anew loses nothing.
	unnoticed(t, "options of a bond in use", func(n int) topo.Silence {
		p := guest.Probe("198.51.100.1")
		r := apply(t, w, strings.Replace(document, "layer3+4", []string{"layer2+3, min_links: 1", "layer3+4, min_links: 0"}[n%2], 1))
		want(t, "disruption", r.Objects[0].Disruption, "none")
		return p.Stop()
	})
	w.Carrier("eth0", false)
	w.Await("one member left", topo.Long, func() bool { return info()["num_ports"] == 1.0 })
	guest.Ping("198.51.100.1")
}
