package spec

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// plainForm is a document in the shape that every other way of writing it must come down to.
func plainForm(t *testing.T, input string) string {
	t.Helper()
	d, problems, _ := Read([]byte(input), "")
	if len(problems) > 0 {
		t.Errorf("%s:\n%v", input, Problems(problems))
	}
	return string(d.Encode().YAML())
}

// TestLenient holds pairs of documents that mean the same: as templating and other readers of YAML deliver it, and as it
// would be written.
func TestLenient(t *testing.T) {
	for _, row := range sameMeaning {
		got, want := plainForm(t, row.input), plainForm(t, row.plain)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", row.input, diff)
		}
	}
}

var sameMeaning = []struct{ input, plain string }{
	// Numbers.
	{`{"bonds": [{"name": "b", "miimon": "100"}]}`, "bonds: [{name: b, miimon: 100}]"},
	{`{"bonds": [{"name": "b", "miimon": " 100 "}]}`, "bonds: [{name: b, miimon: 100}]"},
	{`{"bonds": [{"name": "b", "miimon": 100.0}]}`, "bonds: [{name: b, miimon: 100}]"},
	{`{"segments": [{"id": "16", "parent": "p", "bridge": "b"}]}`, "segments: [{id: 16, parent: p, bridge: b}]"},
	{"bridges: [{name: a, group_fwd_mask: 0x4000}]", "bridges: [{name: a, group_fwd_mask: 16384}]"},
	{"bridges: [{name: a, group_fwd_mask: '0x4000'}]", "bridges: [{name: a, group_fwd_mask: 16384}]"},
	{"bonds: [{name: b, miimon: 1, members: [{name: x, prio: -5}, y]}]", "bonds: [{name: b, miimon: 1, members: [{name: x, prio: '-5'}, y]}]"},
	{`{"bonds": [], "confirm_timeout": "0"}`, "bonds: []"},

	// Words that YAML 1.1 takes for booleans, and numbers for words.
	{"bonds: [{name: b, mode: 4, miimon: 100}]", "bonds: [{name: b, mode: 802.3ad, miimon: 100}]"},
	{"bonds: [{name: b, mode: '1', miimon: 100}]", "bonds: [{name: b, mode: active-backup, miimon: 100}]"},
	{"bonds: [{name: b, mode: Active-Backup, miimon: 100}]", "bonds: [{name: b, mode: active-backup, miimon: 100}]"},
	{"bridges: [{name: a, stp: off}]", "bridges: [{name: a, stp_state: 'off'}]"},
	{`{"bridges": [{"name": "a", "stp": false}]}`, "bridges: [{name: a, stp_state: 'off'}]"},
	{`{"bridges": [{"name": "a", "stp": "True"}]}`, "bridges: [{name: a, stp_state: 'on'}]"},
	{`{"bridges": [{"name": "a", "stp_state": 1}]}`, "bridges: [{name: a, stp_state: 'on'}]"},
	{"bridges: [{name: on}]", "bridges: [{name: 'on'}]"},
	{"bridges: [{name: yes}]", "bridges: [{name: 'yes'}]"},
	{"bridges: [{name: true}]", "bridges: [{name: 'true'}]"},
	{"bridges: [{name: 10, ports: [5]}]", "bridges: [{name: '10', ports: ['5']}]"},
	{`{"bridges": [{"name": 10}]}`, "bridges: [{name: '10'}]"},
	{"bridges: [{name: a, description: 2026-01-02}]", "bridges: [{name: a, description: '2026-01-02'}]"},
	{"bridges: [{name: a, mac: 52:54:00:12:34:56}]", "bridges: [{name: a, mac: '52:54:00:12:34:56'}]"},
	{"bridges: [{name: a, mac: 52-54-00-12-34-5E}]", "bridges: [{name: a, mac: '52:54:00:12:34:5e'}]"},
	{"bridges: [{name: a, ipv6: off}]", "bridges: [{name: a, ipv6: 'off'}]"},
	{`{"bridges": [{"name": "a", "ipv6": false}]}`, "bridges: [{name: a, ipv6: 'off'}]"},
	{`{"bonds": [{"name": "b", "mode": 4, "miimon": 1, "lacp_active": true}]}`, "bonds: [{name: b, mode: 802.3ad, miimon: 1, lacp_active: 'on'}]"},
	{`{"bonds": [{"name": "b", "mode": 4, "miimon": 1, "lacp_rate": "1"}]}`, "bonds: [{name: b, mode: 802.3ad, miimon: 1, lacp_rate: fast}]"},

	// Booleans.
	{"bridges: [{name: a, up: yes}]", "bridges: [{name: a, up: true}]"},
	{"{ethernets: [{name: p, up: no}], vlans: [{parent: p, id: 5, up: no}, {parent: p, id: 6, loose_binding: on}]}", "{ethernets: [{name: p, up: false}], vlans: [{parent: p, id: 5, up: false}, {parent: p, id: 6, loose_binding: true}]}"},
	{"bridges: [{name: a, up: 'No'}]", "bridges: [{name: a, up: false}]"},
	{"bridges: [{name: a, up: ON}]", "bridges: [{name: a, up: true}]"},
	{"bridges: [{name: a, up: 0}]", "bridges: [{name: a, up: false}]"},
	{"bridges: [{name: a, up: '1'}]", "bridges: [{name: a, up: true}]"},
	{"bridges: [{name: a, mcast_snooping: off}]", "bridges: [{name: a, mcast_snooping: 0}]"},
	{`{"bridges": [{"name": "a", "mcast_snooping": true}]}`, "bridges: [{name: a, mcast_snooping: 1}]"},
	{"bridges: [{name: a, host_access: 'no', ports_exclusive: 'yes', vlan_filtering: on}]", "bridges: [{name: a, host_access: false, ports_exclusive: true, vlan_filtering: true}]"},

	// Lists.
	{`{"bonds": [{"name": "b", "miimon": 1, "members": "eth0,eth1"}]}`, "bonds: [{name: b, miimon: 1, members: [eth0, eth1]}]"},
	{`{"bonds": [{"name": "b", "miimon": 1, "members": "eth0, eth1"}]}`, "bonds: [{name: b, miimon: 1, members: [eth0, eth1]}]"},
	{`{"bonds": [{"name": "b", "miimon": 1, "members": "['eth0','eth1']"}]}`, "bonds: [{name: b, miimon: 1, members: [eth0, eth1]}]"},
	{`{"bonds": [{"name": "b", "miimon": 1, "members": "[\"eth0\", \"eth1\"]"}]}`, "bonds: [{name: b, miimon: 1, members: [eth0, eth1]}]"},
	{`{"bonds": [{"name": "b", "miimon": 1, "members": ["{'mac': '00:16:3e:00:00:01', 'prio': 5}", "y"]}]}`, "bonds: [{name: b, miimon: 1, members: [{mac: '00:16:3e:00:00:01', prio: 5}, y]}]"},
	{"bridges: [{name: a, ports: eth0}]", "bridges: [{name: a, ports: [eth0]}]"},
	{"bridges: [{name: a, ports: []}]", "bridges: [{name: a, ports: '[]'}]"},
	{"bonds: [{name: b, mode: 1, arp_interval: 100, arp_ip_target: '192.0.2.1, 192.0.2.2'}]", "bonds: [{name: b, mode: 1, arp_interval: 100, arp_ip_target: [192.0.2.1, 192.0.2.2]}]"},
	{"bonds: [{name: b, miimon: 1, arp_ip_target: []}]", `{"bonds": [{"name": "b", "miimon": 1, "arp_ip_target": "[]"}]}`},
	{"bridges: [{name: a, addresses: '192.0.2.1/24,2001:db8::1/64'}]", "bridges: [{name: a, addresses: [192.0.2.1/24, '2001:db8::1/64']}]"},
	{"bridges: [{name: a, addresses: 192.0.2.2/24, gateway: [192.0.2.1]}]", "bridges: [{name: a, addresses: [192.0.2.2/24], gateway: 192.0.2.1}]"},
	{"bridges: [{name: a, addresses: ['192.0.2.2/24', '2001:db8::2/64'], gateway: '192.0.2.1,fe80::1'}]", "bridges: [{name: a, addresses: ['192.0.2.2/24', '2001:db8::2/64'], gateway: [192.0.2.1, 'fe80::1']}]"},

	// A document's part that arrives as text.
	{`{"bonds": "[{\"name\": \"b\", \"miimon\": 100}]"}`, "bonds: [{name: b, miimon: 100}]"},
	{`{"bonds": "[{'name': 'b', 'miimon': 100, 'up': True, 'mode': None}]"}`, "bonds: [{name: b, miimon: 100, up: true}]"},
	{`{"bonds": ["{\"name\": \"b\", \"miimon\": 100}"]}`, "bonds: [{name: b, miimon: 100}]"},
	{`{"bridges": [{"name": "a", "addresses": ["{\"address\": \"192.0.2.1/24\", \"scope\": \"link\"}"]}]}`, "bridges: [{name: a, addresses: [{address: 192.0.2.1/24, scope: link}]}]"},
	{`"{\"bonds\": [{\"name\": \"b\", \"miimon\": 100}]}"`, "bonds: [{name: b, miimon: 100}]"},

	// Not given.
	{`{"bonds": [{"name": "b", "miimon": 100, "mode": "", "mtu": null, "members": "", "up": ""}]}`, "bonds: [{name: b, miimon: 100}]"},
	{"bridges: [{name: a, addresses: , gateway: '', routes: ~, ports: ''}]", "bridges: [{name: a}]"},
	{`{"bridges": [{"name": "a", "mtu": "__omit_place_holder__1f2e"}], "state": "__omit_place_holder__1f2e"}`, "bridges: [{name: a}]"},
	{`{"bridges": [{"name": "a", "ports": ["eth0", "__omit_place_holder__1f2e", "eth1"]}]}`, "bridges: [{name: a, ports: [eth0, eth1]}]"},
	{`{"bridges": [{"name": "a", "ports": "__omit_place_holder__1f2e"}]}`, "bridges: [{name: a}]"},
	{`{"bridges": [{"name": "a", "mac": "", "addresses": [], "host_access": null}]}`, "bridges: [{name: a, addresses: []}]"},
	{`{"bridges": [{"name": "a"}], "bonds": "", "segments": null, "state": ""}`, "bridges: [{name: a}]"},

	// What shall happen after the change.
	{"{bonds: [], confirm_timeout: '60', probes: '', probe_timeout: 5.0}", "{confirm_timeout: 60, probe_timeout: 5, bonds: []}"},
	{"{bonds: [], probes: [{ping: ' 192.0.2.1'}, \"{'tcp': '192.0.2.1:22'}\"]}", "{bonds: [], probes: [{ping: 192.0.2.1}, {tcp: '192.0.2.1:22'}]}"},
	{"{bonds: [], probes: [{tcp: '[2001:DB8::1]:22'}, {dns: example.org, server: '2001:db8::53'}, {dns: _srv.example.org.}]}",
		"{bonds: [], probes: [{tcp: '[2001:db8::1]:22'}, {dns: example.org, server: '2001:db8::53'}, {dns: _srv.example.org.}]}"},
	{"{bridges: [{name: a, addresses: [192.0.2.2/24], gateway: 192.0.2.1}], probes: Gateway}", "{bridges: [{name: a, addresses: [192.0.2.2/24], gateway: 192.0.2.1}], probes: [gateway]}"},

	// An empty text is one where there is such a value; null is not given.
	{"bonds: [{name: b, miimon: 100, mode: 802.3ad, primary: '', description: ' '}]", "bonds: [{name: b, miimon: 100, mode: 802.3ad, primary: '', description: ''}]"},
	{"bonds: [{name: b, miimon: 100, primary: ~, description: }]", "bonds: [{name: b, miimon: 100}]"},
	{`{"bonds": [{"name": "b", "miimon": 100, "primary": "__omit_place_holder__1f2e", "description": null}]}`, "bonds: [{name: b, miimon: 100}]"},
	{"bridges: [{name: a, ports: [{name: b, backup_port: ''}, c]}]", "bridges: [{name: a, ports: [{name: b, backup_port: ''}, c]}]"},

	// Keys of later versions that ask for nothing.
	{"{bonds: [], prune: 'yes', max_disruption: Flap}", "{prune: true, max_disruption: flap, bonds: []}"},
	{"{bonds: [], prune: no, confirm_timeout: 0, probes: [], max_disruption: ''}", "bonds: []"},
	{"{bonds: [], persist: 'no'}", "{bonds: [], persist: false}"},
	{"{bonds: [], probes: '', max_disruption: '', persist: , prune: ''}", "bonds: []"},

	// VLAN tables.
	{"bridges: [{name: a, ports: [{name: b, vlans: 16}]}]", "bridges: [{name: a, ports: [{name: b, vlans: [16]}]}]"},
	{"bridges: [{name: a, ports: [{name: b, vlans: '16, 100 - 110'}]}]", "bridges: [{name: a, ports: [{name: b, vlans: [16, 100-110]}]}]"},
	{"bridges: [{name: a, ports: [{name: b, vlans: [{id: '16'}, {id: 17-17}]}]}]", "bridges: [{name: a, ports: [{name: b, vlans: [16, 17]}]}]"},
	{"bridges: [{name: a, ports: [{name: b, vlans: null}]}]", "bridges: [{name: a, ports: [b]}]"},
	{"segments: [{id: 5, parent: p, bridge: a, vlans: [{id: 1, pvid: yes, untagged: yes}]}]", "segments: [{id: 5, parent: p, bridge: a, host_access: true, vlans: [{id: 1, pvid: true, untagged: true}]}]"},

	// Rules.
	{"rules: [{priority: '100', from: 198.51.100.7, table: 0x64}]", "rules: [{table: 100, from: 198.51.100.7/32, priority: 100}]"},
	{"rules: [{priority: 5, family: ipv6, fwmark: 0x10, table: main}]", "rules: [{priority: 5, family: ipv6, fwmark: 16, fwmask: 4294967295, table: 254}]"},
	{"rules: [{priority: 5, from: 0.0.0.0/0, dport: '80 - 90', ipproto: 6, type: Prohibit, not: no}]", "rules: [{priority: 5, family: ipv4, dport: 80-90, ipproto: 6, type: prohibit}]"},
	{"rules: []", "{rules: [], bonds: []}"},

	// Other ways of writing.
	{"bridges: [{name: a, stp: on}]", "bridges: [{name: a, stp_state: on}]"},
	{"bonds: [{name: b, miimon: 1, num_unsol_na: 3}]", "bonds: [{name: b, miimon: 1, num_grat_arp: 3}]"},
	{"vlans: [{parent: p, id: 5}]", "vlans: [{name: p.5, parent: p, id: 5}]"},
	{"bridges: [{name: a, addresses: [{address: 192.0.2.1/24}]}]", "bridges: [{name: a, addresses: [192.0.2.1/24]}]"},
	{"bridges: [{name: a, addresses: [{address: 192.0.2.1, peer: 192.0.2.9}]}]", "bridges: [{name: a, addresses: [{address: 192.0.2.1/32, peer: 192.0.2.9/32}]}]"},
	{"bridges: [{name: a, addresses: [{address: 192.0.2.1/24, valid_lft: forever, scope: 0}]}]", "bridges: [{name: a, addresses: [192.0.2.1/24]}]"},
	{"bridges: [{name: a, addresses: [192.0.2.2/24], routes: [{to: Default, via: 192.0.2.1, table: main}]}]", "bridges: [{name: a, addresses: [192.0.2.2/24], routes: [{to: 0.0.0.0/0, via: 192.0.2.1, table: 254}]}]"},
	{"bridges: [{name: a, addresses: [192.0.2.2/24], routes: [{to: 10.0.0.1, via: 192.0.2.1, table: 0x64}]}]", "bridges: [{name: a, addresses: [192.0.2.2/24], routes: [{to: 10.0.0.1/32, via: 192.0.2.1, table: 100}]}]"},
	{"bonds:\n- &d {name: b, miimon: 100}\n- {<<: *d, name: c}\n- {<<: [*d, {mode: 1}], name: d}\n", "bonds: [{name: b, miimon: 100}, {name: c, miimon: 100}, {name: d, miimon: 100, mode: 1}]"},
	{"bonds: &l [{name: b, miimon: 100}]\nbridges: []\n", "bonds: [{name: b, miimon: 100}]"},
	{"\xef\xbb\xbfbonds: [{name: b, miimon: 100}]\r\n", "bonds: [{name: b, miimon: 100}]"},
	{"%YAML 1.1\n---\nbonds: [{name: b, miimon: 100}]\n...\n", "bonds: [{name: b, miimon: 100}]"},

	// Absent objects need their name only, and may carry all the rest.
	{"bonds: [{name: b, state: absent}]", "bonds: [{state: Absent, name: b}]"},
	{"vlans: [{parent: p, id: 5, state: absent}]", "vlans: [{name: p.5, parent: p, id: 5, state: absent}]"},
}

func TestAccepted(t *testing.T) {
	for _, input := range accepted {
		if _, problems, _ := Read([]byte(input), ""); len(problems) > 0 {
			t.Errorf("%s:\n%v", input, Problems(problems))
		}
	}
}

var accepted = []string{
	"state: gathered",
	"{state: gathered, bonds: [{name: a/b}]}",
	"bridges: [{name: a, addresses: [192.0.2.0/31, 198.51.100.255/32, '2001:db8::/127', '2001:db8:1::/128']}]",
	"bridges: [{name: a, addresses: ['fe80::1/64']}, {name: b, addresses: ['fe80::1/64']}]",
	"bridges: [{name: a, addresses: [192.0.2.1/24, 192.0.2.2/24]}]",
	"bridges: [{name: a, addresses: [192.0.2.1/24]}, {name: b, addresses: [192.0.2.200/25]}]",
	"bridges: [{name: a, addresses: [192.0.2.1/24]}, {name: b, state: absent, addresses: [192.0.2.1/24]}]",
	"bridges: [{name: a, addresses: ['2001:db8::2/64'], gateway: 'fe80::1'}]",
	"bridges: [{name: a, addresses: [{address: 192.0.2.1, peer: 192.0.2.9}], gateway: 192.0.2.9}]",
	"bridges: [{name: a, addresses: [192.0.2.2/24], routes: [{to: 10.0.0.0/8, via: 198.51.100.1, onlink: true}]}]",
	"bridges: [{name: a, addresses: [192.0.2.2/24], routes: [{to: 10.0.0.0/8}]}]",
	"bridges: [{name: a, addresses: [192.0.2.2/24], routes: [{to: 10.0.0.0/8, via: 192.0.2.1}, {to: 10.0.0.0/8, via: 192.0.2.3, metric: 5}, {to: 10.0.0.0/8, via: 192.0.2.3, table: 5}]}]",
	"bonds: [{name: b, mode: 802.3ad, miimon: 100, arp_interval: 0, arp_validate: none}]",
	"bonds: [{name: b, primary: x, lacp_rate: fast, miimon: 100}]",
	"bonds: [{name: b, mode: 1, miimon: 100, members: [x, {mac: 00:16:3e:00:00:01}], primary: y}]",
	"bonds: [{name: b, mode: 1, miimon: 100, updelay: 200, downdelay: 0, peer_notif_delay: 100}]",
	"{ethernets: [{name: x, mtu: 9000}], bonds: [{name: b, miimon: 100, members: [x, y]}]}",
	"{bonds: [{name: b, state: absent, members: [x]}], bridges: [{name: a, ports: [x]}]}",
	"{bonds: [{name: b, state: absent}], segments: [{id: 5, parent: b, bridge: c, state: absent}]}",
	"bridges: [{name: a, stp: on, forward_delay: 400, max_age: 600, hello_time: 100}]",
	"bridges: [{name: a, forward_delay: 0}]",
	"vlans: [{parent: p, id: 5}, {parent: p, id: 5, protocol: 802.1ad, name: q}, {parent: q, id: 5}]",
	"bridges: [{name: ifn\u00e4me}]",
	"bridges: []",
}

func TestWarnings(t *testing.T) {
	for _, row := range warningRows {
		_, _, warnings := Read([]byte(row.input), "")
		switch {
		case row.words == "" && len(warnings) == 0:
		case len(warnings) != 1 || warnings[0].Path != row.path || !strings.Contains(warnings[0].Message, row.words):
			t.Errorf("%s: got %v, want %s: %s", row.input, warnings, row.path, row.words)
		}
	}
}

var warningRows = []struct{ input, path, words string }{
	{"bonds: [{name: b, mode: 1}]", "bonds[0]", "neither miimon nor arp_interval is set: a dead link is not noticed, unless the bond exists already"},
	{"bonds: [{name: b, mode: 1, miimon: 0}]", "bonds[0]", "a dead link is not noticed"},
	{"bonds: [{name: b, miimon: 100, members: [x]}]", "bonds[0].members", "one of the members only"},
	{"bridges: [{name: b, mcast_vlan_snooping: on, ports: [{name: a, mcast_router: 2}]}]", "bridges[0].ports[0].mcast_router", `with mcast_vlan_snooping, kernels before 6.16 can crash when the port leaves the bridge`},
	{"bridges: [{name: b, host_access: no, mcast_querier: on}]", "bridges[0].mcast_querier", "the bridge itself sends multicast queries, though the host has no access to it"},
	{"segments: [{id: 5, parent: x, bridge: b, stp: on}]", "segments[0].stp_state", "the bridge itself sends spanning tree's frames"},
	{"bridges: [{name: b, mcast_querier: on, stp: on}]", "", ""},
	{"bonds: [{name: b, miimon: 100, members: []}]", "bonds[0].members", `no members are listed: "b" passes no traffic`},
	{"{bonds: [{name: b, mode: 1, arp_interval: 100, arp_ip_target: [192.0.2.1, 203.0.113.1]}], segments: [{id: 5, parent: b, bridge: c, addresses: 192.0.2.2/24}]}",
		"bonds[0].arp_ip_target", `"203.0.113.1": is in no declared network`},
	{"{bonds: [{name: b, mode: 1, arp_interval: 100, ns_ip6_target: ['2001:db8:2::1', 'fe80::1']}], segments: [{id: 5, parent: b, bridge: c, addresses: '2001:db8:1::2/64'}]}",
		"bonds[0].ns_ip6_target", `"2001:db8:2::1": is in no declared network`},
	{"{bonds: [{name: b, mode: 1, arp_interval: 100, arp_ip_target: 192.0.2.1}], segments: [{id: 5, parent: x, bridge: c, addresses: 192.0.2.2/24}]}",
		"bonds[0].arp_ip_target", `"192.0.2.1": is in the network of bridge "c", which does not stand on "b": the monitor may never get an answer`},
	{"{bonds: [{name: b, mode: 1, arp_interval: 100, arp_ip_target: 192.0.2.1, addresses: 192.0.2.2/24}]}", "", ""},
	{"{bonds: [{name: b, mode: 1, arp_interval: 100, arp_ip_target: 192.0.2.1}], vlans: [{parent: b, id: 5, addresses: 192.0.2.2/24}]}", "", ""},
	{"{bonds: [{name: b, mode: 1, arp_interval: 100, arp_ip_target: 192.0.2.1}], segments: [{id: 5, parent: b, bridge: c, addresses: 192.0.2.2/24}]}", "", ""},
	{"bonds: [{name: b, miimon: 100, members: [x, y]}]", "", ""},
	{"bonds: [{name: b, state: absent}]", "", ""},
	{"bonds: [{name: b, colour: red}]", "", ""}, // problems come first
}
