//go:build lab

package real

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"hostnet-module/tests/await"
	"hostnet-module/tests/lab/topo"
)

func TestClassicHost(t *testing.T) {
	t.Parallel()
	w := topo.New(t)
	bare := picture(w)

	predicted := apply(t, w, classic, "--check", "--diff")
	want(t, "what --check left", picture(w), bare)
	want(t, "requests that --check sent", writes(t, w, classic, "--check"), []string{})
	first := apply(t, w, classic)
	want(t, "what --check foretold", predicted.actions(), first.actions())
	want(t, "the steps that --check foretold", predicted.Steps, first.Steps)
	want(t, "objects", first.actions(), []string{"bond bond0 create", "vlan bond0.16 create", "bridge vlan16 create", "vlan bond0.32 create",
		"bridge vlan32 create", "vlan bond0.48 create", "bridge vlan48 create"})

	want(t, "mode", data(w, "bond0", "mode"), "active-backup")
	want(t, "miimon", data(w, "bond0", "miimon"), 100)
	for dev, master := range map[string]string{"eth0": "bond0", "eth1": "bond0", "bond0.16": "vlan16", "bond0.32": "vlan32", "bond0.48": "vlan48"} {
		want(t, dev+"'s master", link(w, dev)["master"], master)
	}
	for dev, id := range map[string]int{"bond0.16": 16, "bond0.32": 32, "bond0.48": 48} {
		want(t, dev+"'s VLAN", data(w, dev, "id"), id)
		want(t, dev+"'s parent", link(w, dev)["link"], "bond0")
	}
	want(t, "default route", strings.Fields(w.Host.Run("ip route show default"))[:5], "[default via 192.0.2.1 dev vlan16]")
	for _, dev := range []string{"bond0", "bond0.16", "bond0.32", "bond0.48", "vlan48"} {
		want(t, "IPv6 addresses on "+dev, w.Host.Run("ip -6 -o addr show dev %s", dev), "")
	}
	w.Host.Ping("192.0.2.1", "-I", "vlan16")
	w.Host.Ping(topo.Far4)
	w.Host.Ping(topo.Far6)
	secondRun(t, w)
}

// secondRun changes nothing, asks for nothing, and nobody who listens hears anything.
func secondRun(t *testing.T, w *topo.World) {
	t.Helper()
	w.Await("duplicate address detection", topo.Long, func() bool { return w.Host.Run("ip -6 addr show tentative") == "" })
	monitor := w.Host.Start("ip monitor link address route nexthop")
	mtu := 60000
	mark := func() { // what is heard between two marks has happened between them
		t.Helper()
		first := mtu
		w.Await("ip monitor", topo.Long, func() bool {
			mtu++ // only a change is heard, and the first may come before somebody listens
			w.Host.Run("ip link set lo mtu %d", mtu)
			return strings.Contains(monitor.Output(), fmt.Sprintf("mtu %d", first+1)) || strings.Contains(monitor.Output(), fmt.Sprintf("mtu %d", mtu))
		})
	}
	// The kernel's link watch still speaks of the first run, now and then.
	await.Rounds(t, "silence of a run that changes nothing", func(int) (bool, string) {
		mark()
		for last := ""; monitor.Output() != last; {
			last = monitor.Output()
			time.Sleep(2 * time.Second)
		}
		before := monitor.Output()
		again := apply(t, w, classic)
		mark()
		want(t, "changed", again.Changed, false)
		want(t, "objects changed", again.changed(), []string{})
		want(t, "steps", again.Steps, []string{})
		var heard []string
		for _, line := range strings.Split(strings.TrimPrefix(monitor.Output(), before), "\n") {
			if line != "" && !strings.HasPrefix(line, "1: lo") && !strings.HasPrefix(line, " ") {
				heard = append(heard, line)
			}
		}
		return len(heard) == 0, fmt.Sprintf("heard %q", heard)
	})
	monitor.Stop()
	want(t, "requests", writes(t, w, classic), []string{})
}

// TestGuest: a guest names a bridge and is in that network, untagged, and in no other.
func TestGuest(t *testing.T) {
	t.Parallel()
	w := topo.New(t)
	apply(t, w, classic)
	guest := w.Guest("vif1.0", "vlan32", "198.51.100.20/24")
	other := w.Guest("vif2.0", "vlan48", "198.51.100.21/24")
	inside, wire, elsewhere := guest.Capture("eth0", "icmp"), w.Switch.Capture("port-eth0", "icmp"), other.Capture("eth0", "arp or icmp")
	away := w.Router.Capture("trunk.16", "arp or icmp")
	guest.Ping("198.51.100.1")
	guest.Ping("198.51.100.10")
	if frames := inside.Stop(); len(frames) == 0 || slices.ContainsFunc(frames, func(f topo.Frame) bool { return f.VLAN != 0 }) {
		t.Errorf("the guest sees %v", frames)
	}
	frames := wire.Stop()
	if len(frames) == 0 || slices.ContainsFunc(frames, func(f topo.Frame) bool { return f.VLAN != 32 }) {
		t.Errorf("the wire carries %v", frames)
	}
	for _, c := range []*topo.Capture{elsewhere, away} {
		for _, f := range c.Stop() {
			if strings.Contains(f.Text, "198.51.100.20") {
				t.Errorf("leaked: %v", f)
			}
		}
	}
}

// TestDumbBridge: on vlan48 the host answers nobody and says nothing, and guests talk to each other and the wire.
func TestDumbBridge(t *testing.T) {
	t.Parallel()
	w := topo.New(t)
	wire := w.Switch.Capture("port-eth0", "ip6 or arp")
	apply(t, w, classic)
	guest := w.Guest("vif1.0", "vlan48", "203.0.113.20/24", "2001:db8:48::20/64")
	later := w.Guest("vif2.0", "vlan48", "203.0.113.21/24")
	guest.Ping("203.0.113.21")
	guest.Ping("203.0.113.1")
	later.Ping("203.0.113.1")
	for _, address := range []string{"192.0.2.10", "198.51.100.10"} {
		guest.Run("ip route add %s dev eth0", address)
		if r := guest.TryRun("arping -c 2 -w 2 -I eth0 %s", address); r.Exit == 0 {
			t.Errorf("the host answers ARP for %s on a dumb bridge: %s", address, r.Stdout)
		}
		guest.Run("ip neigh replace %s lladdr %s dev eth0 nud permanent", address, w.Host.MAC("vlan48"))
		guest.NoPing(address)
	}
	mac := w.Host.MAC("vlan48")
	if r := guest.TryRun("ping -6 -c 2 -w 2 ff02::1%%eth0"); strings.Contains(r.Stdout, "from fe80::") && strings.Contains(r.Stdout, linkLocal(mac)) {
		t.Errorf("the host answers all-nodes: %s", r.Stdout)
	}
	for _, f := range wire.Stop() {
		if f.VLAN == 48 && f.Src == mac {
			t.Errorf("the host speaks on the dumb bridge's VLAN: %v", f)
		}
	}
}

// linkLocal is the end of the address that a host with this MAC would answer from.
func linkLocal(mac string) string {
	b := strings.Split(mac, ":")
	return strings.TrimLeft(b[4], "0") + b[5]
}

// TestDrift: what somebody has broken is repaired, and only what was broken says so.
func TestDrift(t *testing.T) {
	t.Parallel()
	w := topo.New(t)
	apply(t, w, classic)
	good := picture(w)
	for _, drift := range []struct {
		what    string
		objects []string
	}{
		{"ip addr del 192.0.2.10/24 dev vlan16", []string{"vlan16"}},
		{"ip -6 addr del 2001:db8:16::10/64 dev vlan16", []string{"vlan16"}},
		{"ip route del default", []string{"vlan16"}},
		{"ip link set eth1 nomaster", []string{"bond0"}},
		{"ip link set bond0 type bond miimon 50", []string{"bond0"}},
		{"ip link set eth1 down", []string{"bond0"}},
		{"ip link set vlan48 type bridge vlan_filtering 0", []string{"vlan48"}},
		{"bridge vlan add vid 1 dev vlan48 self pvid untagged", []string{"vlan48"}},
		{"sysctl -qw net.ipv6.conf.bond0.disable_ipv6=0", []string{"bond0"}},
		{"sysctl -qw net.ipv6.conf.bond0/48.disable_ipv6=0", []string{"bond0.48"}},
		{"sysctl -qw net.ipv6.conf.vlan48.disable_ipv6=0", []string{"vlan48"}},
		{"ip link set bond0.32 nomaster", []string{"vlan32"}},
		{"ip link set vlan32 down", []string{"vlan32"}},
		{"ip link del bond0.48", []string{"bond0.48", "vlan48"}},
		{"ip link del vlan32", []string{"vlan32"}},
		{"ip link del bond0", []string{"bond0", "bond0.16", "vlan16", "bond0.32", "vlan32", "bond0.48", "vlan48"}},
	} {
		w.Host.Run("%s", drift.what)
		want(t, "objects changed after "+drift.what, apply(t, w, classic).changed(), drift.objects)
		if strings.HasPrefix(drift.what, "ip link del") {
			continue
		}
		if now := picture(w); sortLines(now) != sortLines(good) {
			t.Errorf("after the repair of %q:\n%s", drift.what, difference(good, now))
		}
	}
	w.Host.Ping(topo.Far4)
}

func sortLines(text string) string {
	lines := strings.Split(text, "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// difference lists the lines that only one of two texts has.
func difference(a, b string) string {
	var text []string
	for _, pair := range [][3]string{{a, b, "- "}, {b, a, "+ "}} {
		have := strings.Split(pair[1], "\n")
		for _, line := range strings.Split(pair[0], "\n") {
			if !slices.Contains(have, line) {
				text = append(text, pair[2]+line)
			}
		}
	}
	return strings.Join(text, "\n")
}

// TestForeign: guests' ports, somebody's address and route outlive every run, also a VLAN made anew under their bridge.
func TestForeign(t *testing.T) {
	t.Parallel()
	w := topo.New(t, topo.VLANs(33))
	apply(t, w, classic)
	w.Guest("vif1.0", "vlan32", "198.51.100.20/24")
	w.Host.Run("ip tuntap add tap0 mode tap")
	w.Host.Run("ip link set tap0 master vlan32 up")
	w.Host.Run("ip addr add 198.51.100.200/24 dev vlan32")
	w.Host.Run("ip route add 198.18.99.0/24 via 198.51.100.1 dev vlan32")
	check := func(when string) {
		t.Helper()
		for _, port := range []string{"vif1.0", "tap0"} {
			want(t, when+": the master of "+port, link(w, port)["master"], "vlan32")
		}
		if !strings.Contains(w.Host.Run("ip addr show dev vlan32"), "198.51.100.200/24") {
			t.Errorf("%s: the foreign address is gone", when)
		}
		if w.Host.Run("ip route show 198.18.99.0/24") == "" {
			t.Errorf("%s: the foreign route is gone", when)
		}
	}
	want(t, "changed", apply(t, w, classic).Changed, false)
	check("a run that changes nothing")
	moved := strings.Replace(classic, "{id: 32, parent", "{id: 33, name: bond0.32, parent", 1)
	want(t, "actions", apply(t, w, moved).actions()[3:5], []string{"vlan bond0.32 recreate", "bridge vlan32 none"})
	check("a VLAN made anew")
	want(t, "VLAN id", data(w, "bond0.32", "id"), 33)
	fewer := strings.Replace(classic, "addresses: [198.51.100.10/24]", "addresses: [198.51.100.11/24]", 1)
	apply(t, w, fewer)
	check("an address changed")
	if strings.Contains(w.Host.Run("ip addr show dev vlan32"), "198.51.100.10/24") {
		t.Error("the address that the document no longer lists is still there")
	}
}

// TestAbsent takes away what is declared, once, and gives the NICs back.
func TestAbsent(t *testing.T) {
	t.Parallel()
	w := topo.New(t)
	macs := []string{w.Host.MAC("eth0"), w.Host.MAC("eth1")}
	apply(t, w, classic)
	w.Host.Run("ip link add br9 type bridge")
	w.Guest("vif1.0", "vlan32")
	r := apply(t, w, classicGone)
	want(t, "objects", len(r.changed()), 7)
	want(t, "links left", links(w), []string{"br9", "eth0", "eth1", "lo", "vif1.0"})
	want(t, "MACs", []string{w.Host.MAC("eth0"), w.Host.MAC("eth1")}, macs)
	want(t, "changed the second time", apply(t, w, classicGone).Changed, false)
	want(t, "requests", writes(t, w, classicGone), []string{})
}

// TestAdopt: a bond that is there already, with the wrong mode, with and without members, is changed, not made anew.
func TestAdopt(t *testing.T) {
	t.Parallel()
	for name, before := range map[string][]string{
		"made by the module": {"ip link add bond0 type bond"},
		"in use": {"ip link add bond0 type bond mode balance-rr", "ip link set eth1 down", "ip link set eth1 master bond0", "ip link set bond0 up",
			"ip link add link bond0 name bond0.16 type vlan id 16", "ip link add vlan16 type bridge", "ip link set bond0.16 master vlan16",
			"ip link set bond0.16 up", "ip link set vlan16 up", "ip addr add 192.0.2.10/24 dev vlan16", "ip addr add 192.0.2.200/24 dev vlan16",
			"ip route add default via 192.0.2.1 dev vlan16"},
	} {
		t.Run(name, func(t *testing.T) {
			w := topo.New(t)
			for _, line := range before {
				w.Host.Run("%s", line)
			}
			index := link(w, "bond0")["ifindex"]
			r := apply(t, w, classic)
			want(t, "action", r.actions()[0], "bond bond0 update")
			want(t, "mode", data(w, "bond0", "mode"), "active-backup")
			want(t, "ifindex", link(w, "bond0")["ifindex"], index)
			for _, nic := range []string{"eth0", "eth1"} {
				want(t, nic+"'s master", link(w, nic)["master"], "bond0")
			}
			w.Host.Ping("192.0.2.1")
			w.Host.Ping(topo.Far4)
			if name == "in use" && !strings.Contains(w.Host.Run("ip addr show dev vlan16"), "192.0.2.200/24") {
				t.Error("the foreign address is gone")
			}
			want(t, "changed again", apply(t, w, classic).Changed, false)
		})
	}
}

// TestMembersByMAC finds the members by hardware address, also when they are members already and carry the bond's.
func TestMembersByMAC(t *testing.T) {
	t.Parallel()
	w := topo.New(t)
	doc := strings.Replace(classic, "members: [eth0, eth1]", `members: [{mac: "`+w.Host.MAC("eth1")+`"}, {mac: "`+w.Host.MAC("eth0")+`"}]`, 1)
	apply(t, w, doc)
	want(t, "the bond's MAC", w.Host.MAC("bond0"), w.Host.MAC("eth1"))
	want(t, "changed again", apply(t, w, doc).Changed, false)
}

// TestMTU: one word on a bridge raises everything below it, and lowering it leaves the rest alone; one word on the bond lowers
// what stands on it, and raises nothing. What a NIC cannot do is refused before anything is touched.
func TestMTU(t *testing.T) {
	t.Parallel()
	w := topo.New(t)
	jumbo := strings.Replace(classic, "bridge: vlan32,", "bridge: vlan32, mtu: 9000,", 1)
	apply(t, w, classic)
	apply(t, w, jumbo)
	for dev, mtu := range map[string]int{"eth0": 9000, "eth1": 9000, "bond0": 9000, "bond0.32": 9000, "vlan32": 9000, "bond0.16": 1500} {
		want(t, "mtu of "+dev, link(w, dev)["mtu"], mtu)
	}
	want(t, "changed again", apply(t, w, jumbo).Changed, false)
	sizes := func(what string, want map[string]int) {
		t.Helper()
		for dev, mtu := range want {
			if got := link(w, dev)["mtu"]; fmt.Sprint(got) != fmt.Sprint(mtu) {
				t.Errorf("%s: mtu of %s is %v, not %d", what, dev, got, mtu)
			}
		}
	}
	lower := strings.Replace(classic, "bridge: vlan32,", "bridge: vlan32, mtu: 1500,", 1)
	apply(t, w, lower)
	sizes("the bridge lowered", map[string]int{"eth0": 9000, "eth1": 9000, "bond0": 9000, "bond0.32": 1500, "vlan32": 1500, "bond0.16": 1500, "vlan16": 1500})
	want(t, "changed again", apply(t, w, lower).Changed, false)
	small := strings.Replace(classic, "miimon: 100,", "miimon: 100, mtu: 1400,", 1)
	apply(t, w, small)
	sizes("the bond lowered", map[string]int{"eth0": 1400, "eth1": 1400, "bond0": 1400, "bond0.32": 1400, "bond0.16": 1400, "bond0.48": 1400})
	want(t, "changed again", apply(t, w, small).Changed, false)
	large := strings.Replace(classic, "miimon: 100,", "miimon: 100, mtu: 9000,", 1)
	apply(t, w, large)
	sizes("the bond raised", map[string]int{"eth0": 9000, "eth1": 9000, "bond0": 9000, "bond0.32": 1400, "bond0.16": 1400})
	want(t, "changed again", apply(t, w, large).Changed, false)

	w.Host.Run("ip tuntap add tap9 mode tap") // 65521 at most
	before := picture(w)
	for path, document := range map[string]string{
		"bridges[0].mtu":   "bridges: [{name: br9, mtu: 65535, ports: [tap9]}]",
		"ethernets[0].mtu": "ethernets: [{name: tap9, mtu: 65535}]",
		"segments[0].mtu":  "segments: [{id: 16, parent: tap9, bridge: br9, mtu: 65535}]",
	} {
		r := run(t, w, document)
		if r.exit != 2 || len(r.Problems) != 1 || r.Problems[0].Path != path || !strings.Contains(r.Msg, "tap9 takes at most 65521") {
			t.Errorf("%s: exit %d: %v %s", document, r.exit, r.Problems, r.Msg)
		}
	}
	want(t, "after the refusals", picture(w), before)
}

func TestMain(m *testing.M) {
	became(os.Args[1:])
	if len(os.Args) > 2 && os.Args[1] == asNobody {
		println(becomeNobody(os.Args[2:]).Error())
		os.Exit(3)
	}
	if len(os.Args) == 3 && os.Args[1] == asServer {
		println(serve(os.Args[2]).Error())
		os.Exit(3)
	}
	if _, err := os.Stat(program); err != nil {
		println("hostnet-module is not in the machine: start the lab with --file bin/hostnet-module:" + program)
		os.Exit(1)
	}
	os.Exit(m.Run())
}
