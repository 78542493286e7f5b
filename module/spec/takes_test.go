package spec

import (
	"strings"
	"testing"
)

const keptDocument = `
ethernets: [{name: eth7, mtu: 1500}]
bonds: [{name: bond0, mode: active-backup, miimon: 100, members: [eth0, {mac: "00:16:3e:00:00:02"}]}]
segments:
  - {id: 16, parent: bond0, bridge: vlan16, addresses: [192.0.2.10/24], gateway: 192.0.2.1, routes: [{to: 198.51.100.0/24, via: 192.0.2.2}]}
  - {id: 48, parent: bond0, bridge: vlan48}
rules: [{priority: 100, from: 192.0.2.0/24, table: 16}]
`

// TestTakesAway: what a later document takes away from an earlier one is found, and nothing else is.
func TestTakesAway(t *testing.T) {
	kept, problems, _ := Read([]byte(keptDocument), "kept.yaml")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for text, want := range map[string]string{
		"bridges: [{name: br9}]": "",
		"segments: [{id: 64, parent: bond0, bridge: vlan64, addresses: [198.51.100.65/26]}]": "",
		"bonds: [{name: bond0, miimon: 200}]":                                                "",
		"bridges: [{name: vlan16, mtu: 1400}]":                                               "",
		"bonds: [{name: bond0, members: [eth0, eth1, {mac: '00:16:3e:00:00:02'}]}]":          "",
		"vlans: [{name: bond0.99, parent: bond0, id: 99}]":                                   "",

		"prune: true\nbridges: [{name: br9}]":                                 "prune: true would remove",
		"bonds: [{name: bond0, state: absent}]":                               "bond0 would be removed",
		"state: absent\nbridges: [{name: vlan48}]":                            "vlan48 would be removed",
		"vlans: [{name: bond0.16, state: absent}]":                            "bond0.16 would be removed",
		"bridges: [{name: br9, ports: [eth0]}]":                               "eth0 would be moved from bond0 to br9",
		"bridges: [{name: br9, ports: [{mac: '00:16:3e:00:00:02'}]}]":         "would be moved from bond0 to br9",
		"bridges: [{name: br9, ports: [bond0.48]}]":                           "bond0.48 would be moved from vlan48 to br9",
		"bridges: [{name: br9, ports: [bond0]}]":                              "bond0 would become a port of br9",
		"bridges: [{name: br9, ports: [eth7]}]":                               "eth7 would become a port of br9",
		"bonds: [{name: bond0, members: [eth0]}]":                             "bond0 would lose {mac: 00:16:3e:00:00:02}, its port",
		"bonds: [{name: bond0, members: [eth5, {mac: '00:16:3e:00:00:02'}]}]": "bond0 would lose eth0, its port",
		"bridges: [{name: vlan16, up: false}]":                                "vlan16 would be taken down",
		"bridges: [{name: bond0}]":                                            "bond0 is a bond and would be a bridge",
		"vlans: [{name: bond0.16, parent: eth9, id: 16}]":                     "bond0.16 would be moved from bond0 to eth9",
		"vlans: [{name: bond0.16, parent: bond0, id: 17}]":                    "bond0.16 would be another one: its id would change",
		"bridges: [{name: vlan16, addresses: [192.0.2.66/24]}]":               "vlan16 would lose its address 192.0.2.10/24",
		"bridges: [{name: br9, addresses: [192.0.2.10/24], gateway: 192.0.2.1, routes: [{to: 198.51.100.0/24, via: 192.0.2.2}]}]": "vlan16 would lose its address 192.0.2.10/24",
		"bridges: [{name: br9, addresses: [198.51.100.5/24], gateway: 198.51.100.1}]":                                             "vlan16 would lose its gateway 192.0.2.1",
		"bridges: [{name: vlan16, addresses: [192.0.2.10/24], gateway: 192.0.2.1}]":                                               "vlan16 would lose a route",
		"rules: []": "a rule would be removed",
	} {
		later, problems, _ := Read([]byte(text), "later.yaml")
		if len(problems) > 0 {
			t.Errorf("%s: %v", text, problems)
			continue
		}
		merged, problems := Merge(kept, later)
		if len(problems) > 0 {
			t.Errorf("%s: %v", text, problems)
			continue
		}
		got := Problems(TakesAway(kept, later, merged, nil)).Error()
		if (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%s:\ngot  %q\nwant %q", text, got, want)
		}
	}
}

// TestTakesAwayByCard: the same card by another of its names is the same card.
func TestTakesAwayByCard(t *testing.T) {
	card := func(p Port) string {
		if p.MAC == "00:16:3e:00:00:01" || p.HW == "pci-0000:00:10.0" {
			return "eth0"
		}
		return p.Name
	}
	kept, _, _ := Read([]byte("bonds: [{name: bond0, miimon: 100, members: [eth0]}]"), "kept.yaml")
	for text, want := range map[string]string{
		"bonds: [{name: bond0, members: [{mac: '00:16:3e:00:00:01'}]}]": "",
		"bridges: [{name: br9, ports: [{mac: '00:16:3e:00:00:01'}]}]":   "would be moved from bond0 to br9",
		"bridges: [{name: br9, ports: [{path: 'pci-0000:00:10.0'}]}]":   "would be moved from bond0 to br9",
		"bonds: [{name: bond0, members: [{mac: '00:16:3e:00:00:09'}]}]": "bond0 would lose eth0, its port",
	} {
		later, problems, _ := Read([]byte(text), "later.yaml")
		merged, more := Merge(kept, later)
		if len(problems)+len(more) > 0 {
			t.Fatalf("%s: %v %v", text, problems, more)
		}
		got := Problems(TakesAway(kept, later, merged, card)).Error()
		if (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%s:\ngot  %q\nwant %q", text, got, want)
		}
	}
}
