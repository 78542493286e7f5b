//go:build lab

package real

import (
	"strings"
	"testing"

	"hostnet-module/tests/lab/topo"
)

// TestRaised: what declared links stand on is down, in each way in which that comes about. One run, and the router answers; the next has
// nothing to do.
func TestRaised(t *testing.T) {
	t.Parallel()
	const segment = "segments: [{id: 16, parent: PARENT, bridge: vlan16, addresses: [192.0.2.10/24, \"2001:db8:16::10/64\"], gateway: 192.0.2.1}]\n"
	on := func(parent string) string { return strings.Replace(segment, "PARENT", parent, 1) }
	const bond = "bonds: [{name: bond0, mode: active-backup, miimon: 100, members: [eth0, eth1]}]\n"
	const one = "bonds: [{name: bond0, mode: active-backup, miimon: 100, members: [eth0]}]\n"
	theirs := []string{"ip link add bond9 type bond mode active-backup miimon 100", "ip link set eth0 down", "ip link set eth0 master bond9"}
	for name, c := range map[string]struct {
		before         []string
		earlier        string   // a document that runs before
		between        []string // and what somebody does then
		document, asks string
	}{
		"a NIC":                        {[]string{"ip link set eth0 down"}, "", nil, on("eth0"), "192.0.2.1"},
		"a VLAN with an address":       {[]string{"ip link set eth0 down"}, "", nil, "vlans: [{parent: eth0, id: 16, up: true, addresses: [192.0.2.10/24], gateway: 192.0.2.1}]\n", "192.0.2.1"},
		"somebody's bond":              {append(theirs, "ip link set bond9 down"), "", nil, on("bond9"), "192.0.2.1"},
		"its member":                   {append(theirs, "ip link set bond9 up", "ip link set eth0 down"), "", nil, on("bond9"), "192.0.2.1"},
		"both":                         {append(theirs, "ip link set eth0 down", "ip link set bond9 down"), "", nil, on("bond9"), "192.0.2.1"},
		"somebody's VLAN as a port":    {[]string{"ip link set eth0 up", "ip link add link eth0 name theirs type vlan id 16", "ip link set eth0 down"}, "", nil, "bridges: [{name: br0, ports: [theirs], addresses: [192.0.2.10/24]}]\n", "192.0.2.1"},
		"the second time":              {nil, on("eth0"), []string{"ip link set eth0 down"}, on("eth0"), "192.0.2.1"},
		"a member between two runs":    {nil, bond + on("bond0"), []string{"ip link set eth0 down", "ip link set eth1 down"}, bond + on("bond0"), "192.0.2.1"},
		"the bond between two runs":    {nil, bond + on("bond0"), []string{"ip link set bond0 down"}, bond + on("bond0"), "2001:db8:16::1"},
		"a member that has left":       {nil, bond, nil, one + on("eth1"), "192.0.2.1"},
		"a member that is listed":      {nil, bond, nil, one + "ethernets: [{name: eth1, description: spare}]\n" + on("eth1"), "192.0.2.1"},
		"members of a bond that goes":  {nil, bond, nil, strings.Replace(bond, "members: [eth0, eth1]", "state: absent", 1) + on("eth0"), "192.0.2.1"},
		"a member that is a port next": {nil, bond, nil, one + "bridges: [{name: br9, ports: [eth1.16], addresses: [192.0.2.10/24]}]\nvlans: [{parent: eth1, id: 16}]\n", "192.0.2.1"},
		"a VLAN of somebody's bridge":  {[]string{"ip link add br9 type bridge", "ip link set eth0 master br9", "ip link set eth0 up"}, "", nil, "vlans: [{parent: br9, id: 16, addresses: [192.0.2.10/24], gateway: 192.0.2.1}]\n", "192.0.2.1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := topo.New(t)
			for _, command := range c.before {
				w.Host.Run("%s", command)
			}
			if c.earlier != "" {
				apply(t, w, c.earlier)
			}
			for _, command := range c.between {
				w.Host.Run("%s", command)
			}
			foretold := run(t, w, c.document, "--check")
			r := apply(t, w, c.document)
			want(t, "steps, and those foretold", r.Steps, foretold.Steps)
			want(t, "changed", r.Changed && len(r.changed()) > 0, true)
			want(t, "steps of the second run", apply(t, w, c.document).Steps, []string{})
			w.Host.Ping(c.asks)
		})
	}
}

// TestKeptDown: what the document itself keeps down cannot carry what it wants up; nothing is touched.
func TestKeptDown(t *testing.T) {
	t.Parallel()
	w := topo.New(t)
	before := picture(w)
	for _, document := range []string{
		"ethernets: [{name: eth0, up: false}]\nvlans: [{parent: eth0, id: 16}]\n",
		"bonds: [{name: bond0, mode: active-backup, miimon: 100, members: [eth0, eth1], up: false}]\nsegments: [{id: 16, parent: bond0, bridge: vlan16}]\n",
	} {
		r := run(t, w, document)
		if !r.Failed || len(r.Problems) != 1 || !strings.Contains(r.Problems[0].Message, "to be up and stands on") {
			t.Errorf("%s: %+v", document, r)
		}
	}
	want(t, "the host", picture(w), before)
	apply(t, w, "ethernets: [{name: eth0, up: false}]\nvlans: [{parent: eth0, id: 16, up: false}]\n")
}

// TestOldUplink: a host goes from one NIC to a bond, and what has led to the VLAN until then is still a port of its bridge. It leaves in the
// same run; the guest that was there hears the router, and so does the host.
func TestOldUplink(t *testing.T) {
	t.Parallel()
	const document = "bonds: [{name: bond0, mode: active-backup, miimon: 100, members: [eth0, eth1]}]\n" +
		"segments: [{id: 16, parent: bond0, bridge: vlan16, addresses: [192.0.2.10/24, \"2001:db8:16::10/64\"], gateway: 192.0.2.1}]\n"
	tagged := []string{"ip link add vlan16 type bridge", "ip link set vlan16 up", "ip link set eth0 up", "ip link add link eth0 name old type vlan id 16", "ip link set old master vlan16 up"}
	for name, c := range map[string]struct {
		before []string
		leaves bool
	}{
		"beside the address":       {append(tagged[:5:5], "ip addr add 192.0.2.10/24 dev vlan16", "ip route add default via 192.0.2.1"), true},
		"with the address on it":   {append(tagged[:5:5], "ip addr add 192.0.2.10/24 dev old"), true},
		"of the other member":      {[]string{"ip link add vlan16 type bridge", "ip link set vlan16 up", "ip link set eth1 up", "ip link add link eth1 name old type vlan id 16", "ip link set old master vlan16 up"}, true},
		"a VLAN of ours":           {nil, true},
		"of another VLAN":          {append(tagged[:3:3], "ip link add link eth0 name old type vlan id 99", "ip link set old master vlan16 up"), false},
		"of another protocol's 16": {append(tagged[:3:3], "ip link add link eth0 name old type vlan protocol 802.1ad id 16", "ip link set old master vlan16 up"), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := topo.New(t)
			for _, command := range c.before {
				w.Host.Run("%s", command)
			}
			if c.before == nil {
				apply(t, w, "segments: [{id: 16, parent: eth0, name: old, bridge: vlan16, addresses: [192.0.2.10/24], gateway: 192.0.2.1}]\n")
			}
			guest := w.Guest("vif1.0", "vlan16", "192.0.2.50/24")
			foretold := run(t, w, document, "--check")
			r := apply(t, w, document)
			want(t, "steps, and those foretold", r.Steps, foretold.Steps)
			want(t, "told", strings.Contains(strings.Join(r.Warnings, "\n"), "old is removed"), c.leaves)
			want(t, "old is there", link(w, "old") != nil, !c.leaves)
			want(t, "steps of the second run", apply(t, w, document).Steps, []string{})
			w.Host.Ping("192.0.2.1")
			w.Host.Ping("2001:db8:16::1")
			guest.Ping("192.0.2.1")
			guest.Ping("192.0.2.10")
			w.Router.Ping("192.0.2.50")
		})
	}
}

// TestWhichNIC: a member is named by a MAC that both NICs have: nobody can tell which is meant.
func TestWhichNIC(t *testing.T) {
	t.Parallel()
	w := topo.New(t)
	w.Host.Run("ip link set eth1 address 00:16:3e:00:00:07")
	w.Host.Run("ip link set eth0 address 00:16:3e:00:00:07")
	r := run(t, w, "bonds: [{name: bond0, mode: active-backup, miimon: 100, members: [{mac: \"00:16:3e:00:00:07\"}, eth1]}]")
	if len(r.Problems) != 1 || !strings.Contains(r.Problems[0].Message, "eth0 and eth1") {
		t.Errorf("%+v", r)
	}
}
