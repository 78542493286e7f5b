//go:build lab

package real

import (
	"strings"
	"testing"

	"hostnet-module/tests/lab/topo"
)

// TestPrune: what an earlier run made and the document no longer names goes, in the order that the kernel takes; what was adopted,
// and what others made, stays. Guests of the networks that stay lose nothing but what the wire loses.
func TestPrune(t *testing.T) {
	t.Parallel()
	w := topo.New(t)
	w.Host.Run("ip link add br9 type bridge")
	w.Host.Run("ip link add br8 type bridge")
	full := classic + `bridges: [{name: br9, addresses: [203.0.113.10/24]}]
rules: [{priority: 100, from: 198.51.100.0/24, table: 100}]
`
	apply(t, w, full)
	guest := w.Guest("vif1.0", "vlan32", "198.51.100.20/24")
	guest.Ping("198.51.100.1")
	fewer := "prune: true\n" + classic[:strings.Index(classic, "  - {id: 48")]

	bare := picture(w)
	predicted := apply(t, w, fewer, "--check")
	want(t, "what --check left", picture(w), bare)
	want(t, "requests that --check sent", writes(t, w, fewer, "--check"), []string{})
	r := apply(t, w, fewer)
	want(t, "objects", r.actions(), []string{"bond bond0 none", "vlan bond0.16 none", "bridge vlan16 none", "vlan bond0.32 none", "bridge vlan32 none",
		"rules rules update", "vlan bond0.48 delete", "bridge vlan48 delete"})
	want(t, "what --check foretold", predicted.actions(), r.actions())
	want(t, "the steps that --check foretold", predicted.Steps, r.Steps)
	want(t, "links", links(w), []string{"bond0", "bond0.16", "bond0.32", "br8", "br9", "eth0", "eth1", "lo", "vif1.0", "vlan16", "vlan32"})
	want(t, "the adopted bridge's address", len(strings.Fields(w.Host.Run("ip -4 -o addr show dev br9"))) > 0, true)
	want(t, "rules of priority 100", w.Host.Run("ip rule show priority 100"), "")
	guest.Ping("198.51.100.1")
	want(t, "changed again", apply(t, w, fewer).Changed, false)
	want(t, "requests", writes(t, w, fewer), []string{})

	// All of it goes, with a guest's bridge; somebody else's VLAN on the bond is in the way, and then nothing is touched.
	none := "{prune: true, bonds: []}"
	w.Host.Run("ip link add link bond0 name bond0.99 type vlan id 99")
	bare = picture(w)
	if r := run(t, w, none); r.exit != 2 || len(r.Problems) != 1 || r.Problems[0].Path != "prune" || !strings.Contains(r.Msg, "bond0.99 stands on it") {
		t.Errorf("exit %d: %s", r.exit, r.Msg)
	}
	want(t, "after the refusal", picture(w), bare)
	w.Host.Run("ip link del bond0.99")
	r = run(t, w, "{prune: true, max_disruption: flap, bonds: []}")
	want(t, "refused", r.Msg, "prune: max_disruption is flap, and vlan32 would be taken from under vif1.0 (say max_disruption: recreate to allow it)")
	r = apply(t, w, none)
	want(t, "warnings", r.Warnings, []string{"prune: vif1.0 loses its bridge vlan32"})
	want(t, "links left", links(w), []string{"br8", "br9", "eth0", "eth1", "lo", "vif1.0"})
	want(t, "changed once more", apply(t, w, none).Changed, false)

	// A link that somebody else has made anew under a name of ours is his.
	apply(t, w, "bridges: [{name: br7}, {name: br6}]")
	w.Host.Run("ip link del br7")
	w.Host.Run("ip link add br7 type bridge")
	want(t, "objects", apply(t, w, none).actions(), []string{"bridge br6 delete"})
	want(t, "links left", links(w), []string{"br7", "br8", "br9", "eth0", "eth1", "lo", "vif1.0"})
}

// TestMaxDisruption: a plan that disturbs more than allowed is refused with what causes it, and the kernel is sent nothing; what
// is mild enough is done.
func TestMaxDisruption(t *testing.T) {
	t.Parallel()
	w := topo.New(t)
	apply(t, w, classic)
	w.Guest("vif1.0", "vlan32", "198.51.100.20/24")
	before := picture(w)
	for _, tt := range []struct{ most, document, msg string }{
		{"none", strings.Replace(classic, "active-backup", "balance-xor", 1), "bonds[0]: max_disruption is none, and bond0 would be taken down, or its members let go, for a moment: mode active-backup to balance-xor"},
		{"none", strings.Replace(classic, "{id: 32, parent", "{id: 33, name: bond0.32, parent", 1), "segments[1]: max_disruption is none, and bond0.32 would be made anew: id 32 to 33"},
		{"flap", strings.Replace(classic, "{id: 32, parent", "{id: 33, name: bond0.32, parent", 1), "segments[1]: max_disruption is flap, and bond0.32 would be made anew: id 32 to 33"},
		{"flap", "bridges: [{name: vlan32, state: absent}]", "bridges[0]: max_disruption is flap, and vlan32 would be taken from under vif1.0"},
	} {
		document := "max_disruption: " + tt.most + "\n" + tt.document
		if r := run(t, w, document); r.exit != 2 || !strings.HasPrefix(r.Msg, tt.msg) {
			t.Errorf("exit %d: %s; want %s", r.exit, r.Msg, tt.msg)
		}
		want(t, "requests", writes(t, w, document), []string{})
	}
	want(t, "after all that", sortLines(picture(w)), sortLines(before))
	r := apply(t, w, "max_disruption: none\n"+strings.Replace(classic, "miimon: 100", "miimon: 50", 1))
	want(t, "objects changed", r.changed(), []string{"bond0"})
	r = apply(t, w, "max_disruption: flap\n"+strings.Replace(classic, "active-backup", "balance-xor", 1))
	want(t, "disruption", r.Objects[0].Disruption, "flap")
}

// TestLiveNICIsADisruption: the NIC with the host's address goes into a bond, and that is told.
func TestLiveNICIsADisruption(t *testing.T) {
	t.Parallel()
	w := topo.New(t)
	w.Host.Run("ip link set eth0 up")
	w.Host.Run("ip addr add 192.0.2.10/24 dev eth0")
	if r := run(t, w, "max_disruption: none\n"+classic); r.exit != 2 || !strings.Contains(r.Msg, "eth0 is in use and joins") {
		t.Errorf("exit %d: %s", r.exit, r.Msg)
	}
	r := apply(t, w, classic)
	want(t, "disruption", r.Objects[0].Disruption, "flap")
}
