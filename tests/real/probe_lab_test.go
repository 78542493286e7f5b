//go:build lab

package real

import (
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"hostnet-module/tests/lab/topo"
)

// moved is the document for a live host; VLAN and the rest are filled in.
const moved = `
bonds: [{name: bond0, mode: active-backup, miimon: 100, members: [eth0, eth1]}]
segments: [{id: %d, parent: bond0, bridge: vlan16, addresses: [192.0.2.10/24, "2001:db8:16::10/64"], gateway: [192.0.2.1, "2001:db8:16::1"]}]
%s
`

// asServer as the first argument makes the test binary a TCP and DNS server on one address, which knows no name but answers.
const asServer = "as-server"

func serve(address string) error {
	l, err := net.Listen("tcp", address+":443")
	if err != nil {
		return err
	}
	go func() {
		for {
			if conn, err := l.Accept(); err == nil {
				conn.Close()
			}
		}
	}()
	conn, err := net.ListenPacket("udp", address+":53")
	if err != nil {
		return err
	}
	fmt.Println("serving")
	for b := make([]byte, 512); ; {
		n, from, err := conn.ReadFrom(b)
		if err != nil {
			return err
		}
		b[2], b[3] = b[2]|0x80, 3 // NXDOMAIN (RFC 1035, 4.1.1)
		conn.WriteTo(b[:n], from)
	}
}

func server(t *testing.T, w *topo.World) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := w.Router.Start("%s %s %s", self, asServer, topo.Far4)
	w.Await("the server", topo.Long, func() bool { return strings.Contains(p.Output(), "serving") })
}

// TestProbes: everything answers, over the new network, in both families; and a run that changes nothing asks nobody.
func TestProbes(t *testing.T) {
	t.Parallel()
	w := live(t)
	server(t, w)
	probes := fmt.Sprintf("probes: [gateway, {ping: %q}, {ping: %q}, {tcp: '%s:443'}, {dns: example.org, server: %s}]", topo.Far4, topo.Far6, topo.Far4, topo.Far4)
	document := fmt.Sprintf(moved, 16, probes)
	r := apply(t, w, document)
	var names []string
	for _, p := range r.Probes {
		if !p.Answered || !p.Before || p.Attempts == 0 {
			t.Errorf("%+v", p)
		}
		names = append(names, p.Probe)
	}
	want(t, "probes", strings.Join(names, ", "), "gateway 192.0.2.1 on vlan16, gateway 2001:db8:16::1 on vlan16, ping 198.18.0.1, ping 2001:db8:ffff::1, tcp 198.18.0.1:443, dns example.org at 198.18.0.1")
	if again := apply(t, w, document); again.Changed || len(again.Probes) > 0 {
		t.Errorf("again: changed %v, probes %v", again.Changed, again.Probes)
	}
}

// TestWrongVLAN is the night call: the document names a VLAN that the switch does not carry. The gateway does not answer, everything
// is put back, and the message says which probe, how often, and that it answered before.
func TestWrongVLAN(t *testing.T) {
	t.Parallel()
	w := live(t)
	before := picture(w)
	start := time.Now()
	r := run(t, w, fmt.Sprintf(moved, 17, "probes: [gateway, {tcp: '192.0.2.1:9'}]\nprobe_timeout: 3"))
	took := time.Since(start)
	if !r.Failed || !r.RolledBack || r.Changed || len(r.NotRestored) > 0 {
		t.Errorf("failed %v, rolled back %v, not restored %q: %s", r.Failed, r.RolledBack, r.NotRestored, r.Msg)
	}
	for _, text := range []string{"probe gateway 192.0.2.1 on vlan16: no answer after ", "probe gateway 2001:db8:16::1 on vlan16: no answer", "s (it answered before the change)",
		"probe tcp 192.0.2.1:9: ", "(it did not answer before the change either)", "everything was put back as it was"} {
		if !strings.Contains(r.Msg, text) {
			t.Errorf("no %q in %s", text, r.Msg)
		}
	}
	if after := picture(w); sortLines(after) != sortLines(before) {
		t.Errorf("not as before:\n%s", difference(before, after))
	}
	w.Host.Ping("192.0.2.1")
	t.Logf("%s: %s", took.Round(time.Millisecond), r.Msg)
}

// TestDuplicateAddress: somebody else on the bridge's network has the address. The kernel keeps it and does not use it, so the run
// fails and is put back.
func TestDuplicateAddress(t *testing.T) {
	t.Parallel()
	w := topo.New(t)
	w.Host.Run("ip link set eth0 up")
	before := picture(w)
	r := run(t, w, `segments: [{id: 16, parent: eth0, bridge: vlan16, addresses: ["2001:db8:16::1/64"]}]`) // the router's
	if !r.Failed || !r.RolledBack || !strings.Contains(r.Msg, "vlan16: duplicate address detection failed: another host there has 2001:db8:16::1") {
		t.Errorf("failed %v, rolled back %v: %s", r.Failed, r.RolledBack, r.Msg)
	}
	if after := picture(w); sortLines(after) != sortLines(before) {
		t.Errorf("not as before:\n%s", difference(before, after))
	}
}

// TestVeil: while the spanning tree's topology changes the kernel reports another ageing_time than the one that was set. That is no
// change to be made, nothing for a rollback to bring back, and is told.
func TestVeil(t *testing.T) {
	t.Parallel()
	w := topo.New(t)
	const doc = `bridges: [{name: br0, stp: on, forward_delay: 400, priority: 4096, max_age: 600, ageing_time: 60000, ports: [eth0]}]`
	apply(t, w, doc)
	ageing := func(of string) bool {
		return strings.Contains(w.Host.Run("ip -d link show br0"), " ageing_time "+of+" ")
	}
	w.Await("the kernel's own ageing_time", topo.Long, func() bool { return ageing("800") })
	if r := run(t, w, doc); r.Changed || !strings.Contains(strings.Join(r.Warnings, "; "), "bridges[0].ageing_time: br0: not compared and not set") {
		t.Errorf("changed %v, warnings %q", r.Changed, r.Warnings)
	}
	if r := run(t, w, strings.Replace(doc, "4096", "8192", 1)+"\nprobes: [{tcp: \"127.0.0.1:9\"}]\nprobe_timeout: 1"); !r.RolledBack {
		t.Errorf("not put back: %s", r.Msg)
	}
	w.Await("the ageing_time that was set", topo.Long, func() bool { return ageing("60000") })
	if r := run(t, w, doc); r.Changed || len(r.Warnings) > 0 {
		t.Errorf("changed %v, warnings %q", r.Changed, r.Warnings)
	}
}

// TestSettles: what is not there at once is waited for by events and told: carrier, duplicate address detection, spanning tree. A
// cable that is out is waited for once and warned of.
func TestSettles(t *testing.T) {
	t.Parallel()
	w := topo.New(t)
	r := apply(t, w, `ethernets: [{name: eth0}]
segments: [{id: 16, parent: eth0, bridge: vlan16, stp: on, forward_delay: 200, addresses: ["2001:db8:16::10/64"]}]`)
	told := map[string]int64{}
	for _, a := range r.Awaited {
		told[a.Link+" "+a.What] = a.MS
		if !a.Arrived {
			t.Errorf("%+v", a)
		}
	}
	t.Logf("%+v", r.Awaited)
	if ms := told["eth0.16 forwarding (spanning tree)"]; ms < 3000 || ms > 7000 {
		t.Errorf("spanning tree, twice 2 s: %d ms", ms)
	}
	if told["vlan16 duplicate address detection of 2001:db8:16::10"] == 0 {
		t.Error("duplicate address detection is not told")
	}
	w.Host.Ping("2001:db8:16::1")
	// The kernel's own link-local address is nobody's to wait for: it may still be tentative.
	if out := w.Host.Run("ip -6 addr show vlan16 scope global"); strings.Contains(out, "tentative") {
		t.Errorf("settled, and yet:\n%s", out)
	}
	w.Carrier("eth1", false)
	r = apply(t, w, "bridges: [{name: br1, ports: [eth1]}]")
	if !strings.Contains(strings.Join(r.Warnings, "; "), "eth1: still without carrier after ") {
		t.Errorf("warnings %q", r.Warnings)
	}
	if r = apply(t, w, "bridges: [{name: br1, ports: [eth1], mtu: 1400}]"); len(r.Awaited) > 0 {
		t.Errorf("a cable that was out before is awaited: %v", r.Awaited)
	}
}
