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
