package spec

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	mergeBond = "bonds: [{name: bond0, mode: active-backup, primary: eth0, miimon: 100, members: [eth0, eth1]}]\n"
	mergeSegs = "segments: [{id: 16, parent: bond0, bridge: vlan16, addresses: [192.0.2.10/24], gateway: 192.0.2.1}, {id: 32, parent: bond0, bridge: vlan32}]\n"
)

// TestMerge: an earlier document, a later one, and what both together want.
func TestMerge(t *testing.T) {
	for name, row := range map[string]struct{ earlier, later, want string }{
		"nothing before": {"bonds: []", mergeBond + mergeSegs, mergeBond + mergeSegs},
		"the same again": {mergeBond + mergeSegs, mergeBond + mergeSegs, mergeBond + mergeSegs},
		"by name":        {mergeBond, mergeSegs + "persist: true\nconfirm_timeout: 60", mergeBond + mergeSegs},
		"what is not said stays": {mergeBond, "bonds: [{name: bond0, miimon: 50, mtu: 9000}]",
			"bonds: [{name: bond0, mode: active-backup, primary: eth0, miimon: 50, mtu: 9000, members: [eth0, eth1]}]"},
		"lists are taken whole": {"bridges: [{name: br0, addresses: [192.0.2.1/24, 192.0.2.2/24], gateway: 192.0.2.3}]", "bridges: [{name: br0, addresses: [192.0.2.2/24]}]",
			"bridges: [{name: br0, addresses: [192.0.2.2/24]}]"},
		"absent": {mergeBond + mergeSegs, "bridges: [{name: vlan32, state: absent}]", mergeBond +
			"vlans: [{name: bond0.32, parent: bond0, id: 32}]\nsegments: [{id: 16, parent: bond0, bridge: vlan16, addresses: [192.0.2.10/24], gateway: 192.0.2.1}]"},
		"a bond takes its VLANs": {mergeBond + mergeSegs, "{state: absent, bonds: [{name: bond0}]}",
			"bridges: [{name: vlan16, addresses: [192.0.2.10/24], gateway: 192.0.2.1, host_access: true, ports: []}, {name: vlan32, host_access: false, ports: []}]"},
		"an address moves": {"ethernets: [{name: eth0, addresses: [192.0.2.10/24], gateway: 192.0.2.1}]", "bridges: [{name: br0, ports: [eth0], addresses: [192.0.2.10/24], gateway: 192.0.2.1}]",
			"ethernets: [{name: eth0, addresses: [], gateway: []}]\nbridges: [{name: br0, ports: [eth0], addresses: [192.0.2.10/24], gateway: 192.0.2.1}]"},
		"a port moves":   {"bridges: [{name: br0, ports: [eth0, eth1]}]", "bridges: [{name: br1, ports: [eth1]}]", "bridges: [{name: br0, ports: [eth0]}, {name: br1, ports: [eth1]}]"},
		"a mode without": {mergeBond, "bonds: [{name: bond0, mode: 802.3ad, lacp_rate: fast}]", "bonds: [{name: bond0, mode: 802.3ad, miimon: 100, lacp_rate: fast, members: [eth0, eth1]}]"},
		"another way to watch": {mergeBond, "bonds: [{name: bond0, arp_interval: 200, arp_ip_target: [192.0.2.1]}]",
			"bonds: [{name: bond0, mode: active-backup, primary: eth0, arp_interval: 200, arp_ip_target: [192.0.2.1], members: [eth0, eth1]}]"},
		"a segment that says more": {mergeBond + mergeSegs, "bridges: [{name: vlan16, stp: true}]", mergeBond +
			"segments: [{id: 16, parent: bond0, bridge: vlan16, stp: true, addresses: [192.0.2.10/24], gateway: 192.0.2.1}, {id: 32, parent: bond0, bridge: vlan32}]"},
		"no segment any more": {mergeSegs[:len(mergeSegs)-1], "bridges: [{name: vlan32, ports: [bond0.32, eth2]}]",
			"vlans: [{name: bond0.32, parent: bond0, id: 32}]\nbridges: [{name: vlan32, host_access: false, ports: [bond0.32, eth2]}]\nsegments: [{id: 16, parent: bond0, bridge: vlan16, addresses: [192.0.2.10/24], gateway: 192.0.2.1}]"},
		"rules": {"rules: [{from: 192.0.2.0/24, table: 100, priority: 100}]", mergeBond, mergeBond + "rules: [{from: 192.0.2.0/24, table: 100, priority: 100}]"},
	} {
		t.Run(name, func(t *testing.T) {
			got, problems := Merge(good(t, row.earlier), good(t, row.later))
			if len(problems) > 0 {
				t.Fatal(Problems(problems))
			}
			if diff := cmp.Diff(string(good(t, row.want).Encode().YAML()), string(got.Encode().YAML())); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func good(t *testing.T, text string) *Document {
	t.Helper()
	d, problems, _ := Read([]byte(text), "test.yaml")
	if len(problems) > 0 {
		t.Fatal(Problems(problems))
	}
	return d
}

// TestMergeContradiction: what cannot be resolved is told, with the merged document's paths.
func TestMergeContradiction(t *testing.T) {
	_, problems := Merge(good(t, "vlans: [{name: v16, parent: eth0, id: 16}]"), good(t, "vlans: [{name: w16, parent: eth0, id: 16}]"))
	if len(problems) != 1 || problems[0].Path != "vlans[1].id" {
		t.Errorf("got %v", Problems(problems))
	}
}
