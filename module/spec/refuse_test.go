package spec

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode"
)

// refusal is one bad document: it has exactly one problem, at the path, of the kind, with the words.
type refusal struct {
	input string
	path  string
	err   error
	words string
}

var refusedForm = []refusal{
	// The input as such.
	{"", "", ErrSyntax, "the document is empty"},
	{" \n\t\n", "", ErrSyntax, "the document is empty"},
	{"# only a comment\n", "", ErrSyntax, "the document is empty"},
	{"---", "", ErrSyntax, "the document is empty"},
	{`{"bonds": [}`, "", ErrSyntax, "not valid JSON"},
	{`{"bonds": []} x`, "", ErrSyntax, "something follows the end"},
	{`{"bonds": []} {}`, "", ErrSyntax, "something follows the end"},
	{`{"bonds": [`, "", ErrSyntax, "ends too early"},
	{"bonds: [", "", ErrSyntax, "not valid YAML"},
	{"bonds: []\n---\nbonds: []\n", "", ErrSyntax, "several YAML documents"},
	{"bonds:\n\t- name: x\n", "", ErrSyntax, "not valid YAML"},
	{"a: \xff\n", "", ErrSyntax, "byte 0xff is not valid UTF-8"},
	{"a: \x00\n", "", ErrSyntax, "control characters"},
	{`{"a": "` + "\x00" + `"}`, "", ErrSyntax, "not valid JSON"},
	{"a: *nobody\n", "", ErrSyntax, "unknown anchor"},
	{"a: &a [*a]\n", "", ErrSyntax, "nested more than"},
	{"a: !secret x\n", "", ErrSyntax, `tag "!secret" is not known`},
	{"? [a, b]\n: c\n", "", ErrSyntax, "a key must be a text, is a list"},
	{"<<: 3\nbonds: []\n", "", ErrSyntax, "what is merged with << must be an object, is a number"},
	{strings.Repeat("[", 100) + strings.Repeat("]", 100), "", ErrSyntax, "nested more than 64 deep"},
	{strings.Repeat("[", 100000), "", ErrSyntax, "nested more than 64 deep"},
	{strings.Repeat("{a: ", 100000), "", ErrSyntax, "in one list or object in brackets"},
	{strings.Repeat("{a: ", 1000), "", ErrSyntax, "nested more than 64 deep"},
	{strings.Repeat("- ", 1000), "", ErrSyntax, "nested more than 64 deep"},
	{strings.Repeat("? ", 1000) + "a", "", ErrSyntax, "nested more than 64 deep"},
	{"hello\n", "", ErrType, `"hello": must be an object`},
	{"[]", "", ErrType, "a list: must be an object"},
	{"null", "", ErrType, "null: must be an object"},
	{"{}", "", ErrMissing, "says nothing"},
	{"{bonds: null, segments: ''}", "", ErrMissing, "give at least one of ethernets, bonds, vlans, bridges, segments"},

	// Keys.
	{"bond: []\n", "bond", ErrUnknown, `unknown key "bond" (did you mean bonds?)`},
	{"{bonds: [{name: b0, miimon: 1, membres: [a, b]}]}", "bonds[0].membres", ErrUnknown, "did you mean members?"},
	{"{bonds: [{name: b0, miimon: 1, slaves: [a, b]}]}", "bonds[0].slaves", ErrUnknown, "did you mean members?"},
	{"{bonds: [{name: b0, miimon: 1, Mode: 1}]}", "bonds[0].Mode", ErrUnknown, "did you mean mode?"},
	{"{bonds: [{name: b0, miimon: 1, lacp-rate: fast}]}", "bonds[0].lacp-rate", ErrUnknown, "did you mean lacp_rate?"},
	{"{bridges: [{name: b0, host_acess: true}]}", "bridges[0].host_acess", ErrUnknown, "did you mean host_access?"},
	{"{bridges: [{name: b0, parent: eth0}]}", "bridges[0].parent", ErrUnknown, "it is a key of vlans"},
	{"{vlans: [{parent: p, id: 5, ports: [x]}]}", "vlans[0].ports", ErrUnknown, "it is a key of bridges"},
	{"{bridges: [{name: b0, miimon: 100}]}", "bridges[0].miimon", ErrUnknown, "it is a key of bonds"},
	{"{ethernets: [{name: e, addrgenmode: none}]}", "ethernets[0].addrgenmode", ErrUnknown, "ipv6"},
	{"{segments: [{id: 5, parent: p, bridge: b, ports: [x]}]}", "segments[0].ports", ErrUnknown, "unknown key"},
	{"{bridges: [{name: b0, ports: [{name: x, colour: red}]}]}", "bridges[0].ports[0].colour", ErrUnknown, "unknown key"},
	{"{bonds: [{name: b0, miimon: 1, members: [{name: x, vlans: [1]}, y]}]}", "bonds[0].members[0].vlans", ErrUnknown, "unknown key"},
	{"{bridges: [{name: b0, addresses: [{address: 192.0.2.1/24, metric: 3}]}]}", "bridges[0].addresses[0].metric", ErrUnknown, "unknown key"},
	{"{bridges: [{name: b0, addresses: [192.0.2.1/24], routes: [{dst: default, to: default, via: 192.0.2.9}]}]}", "bridges[0].routes[0].dst", ErrUnknown, "did you mean to?"},
	{"_ansible_diff: true\nbonds: []\n", "_ansible_diff", ErrUnknown, "unknown key"},
	{"{\"bonds\": [], \"b\u00e4d key\": 1}", "\"b\u00e4d key\"", ErrUnknown, "unknown key \"b\u00e4d key\""},
	{"{\"bonds\": [], \"b\\u001b[31m\\u202e\\u0085\": 1}", `"b\x1b[31m\u202e\u0085"`, ErrUnknown, `unknown key "b\x1b[31m\u202e\u0085"`},
	{"{1: 2, bonds: []}", "1", ErrUnknown, `unknown key "1"`},
	{`{"bonds": [], "bonds": []}`, "bonds", ErrDuplicate, "duplicate key, first at line 1"},
	{"bonds: []\nbonds: []\n", "bonds", ErrDuplicate, "duplicate key, first at line 1"},
	{"{bridges: [{name: a, name: b}]}", "bridges[0].name", ErrDuplicate, "duplicate key"},
	{"{bridges: [{name: a, stp: on, stp_state: on}]}", "bridges[0].stp_state", ErrDuplicate, "stp_state and stp are the same option"},
	{"{bonds: [{name: b0, miimon: 1, active_slave: eth0}]}", "bonds[0].active_slave", ErrValue, "reported by the kernel"},

	// Shapes.
	{"{bonds: {name: bond0}}", "bonds", ErrType, "an object: must be a list (put it in a list: [{...}])"},
	{"{bonds: 5}", "bonds[0]", ErrType, "5: must be an object"},
	{"{bonds: bond0}", "bonds[0]", ErrType, `"bond0": must be an object`},
	{"{bonds: [[]]}", "bonds[0]", ErrType, "a list: must be an object"},
	{"{bonds: [null]}", "bonds[0]", ErrType, "null: must be an object"},
	{"{bonds: '[{'}", "bonds", ErrSyntax, "starts like a list but is none"},
	{"{bonds: ['{x']}", "bonds[0]", ErrSyntax, "starts like an object but is none"},
	{"{bridges: [{name: [a]}]}", "bridges[0].name", ErrType, "a list: must be a text"},
	{"{bridges: [{name: {a: b}}]}", "bridges[0].name", ErrType, "an object: must be a text"},
	{"{bridges: [{name: a, up: [true]}]}", "bridges[0].up", ErrType, "a list: must be true or false"},
	{"{bridges: [{name: a, mtu: [1500]}]}", "bridges[0].mtu", ErrType, "a list: must be a number"},
	{"{bridges: [{name: a, ports: {name: b}}]}", "bridges[0].ports", ErrType, "must be a list"},
	{"{bridges: [{name: a, ports: [b, '']}]}", "bridges[0].ports[1]", ErrValue, `"": must be the name of a link`},
	{"{bridges: [{name: a, ports: 'b,'}]}", "bridges[0].ports[1]", ErrValue, `"": must be the name of a link`},
	{"{bridges: [{name: a, ports: [[b]]}]}", "bridges[0].ports[0]", ErrType, "a list: must be a text"},
	{"{bridges: [{name: a, ports: [{cost: 5}]}]}", "bridges[0].ports[0]", ErrMissing, "exactly one of name, mac and path"},
	{"{bridges: [{name: a, ports: [{name: b, path: c}]}]}", "bridges[0].ports[0]", ErrMissing, "exactly one of name, mac and path"},

	// Scalars that may have been something else before they came here.
	{`{"bridges": [{"name": true}]}`, "bridges[0].name", ErrType, "true: must be a text; unquoted on, off, yes and no are booleans (quote it)"},
	{`{"bridges": [{"name": 1.1}]}`, "bridges[0].name", ErrType, "1.1: must be a text; an unquoted number may be read as another one (quote it)"},
	{"bridges: [{name: 1.10}]", "bridges[0].name", ErrType, "1.10: must be a text"},
	{"bridges: [{name: 0100}]", "bridges[0].name", ErrType, "0100: must be a text"},
	{"bridges: [{name: 1e5}]", "bridges[0].name", ErrType, "1e5: must be a text"},
	{"bridges: [{name: a, description: 0x10}]", "bridges[0].description", ErrType, "0x10: must be a text"},
	{`{"bridges": [{"name": "a", "mac": 41135085296}]}`, "bridges[0].mac", ErrType, `quote the MAC: "52:54:00:12:34:56"`},
	{`{"bonds": [{"name": "b", "miimon": 1, "members": [41135085296, "e"]}]}`, "bonds[0].members[0]", ErrType, `write {mac: "52:54:00:12:34:56"}`},
	{"bonds: [{name: b, miimon: 1, members: ['00:16:3e:00:00:01', e]}]", "bonds[0].members[0]", ErrValue, `write {mac: "00:16:3e:00:00:01"}`},
	{"bridges: [{name: a, mtu: 01500}]", "bridges[0].mtu", ErrValue, "01500: is octal to some readers and decimal to others"},
	{"bridges: [{name: a, mtu: '0100'}]", "bridges[0].mtu", ErrValue, "octal"},
	{"bridges: [{name: a, mtu: 1500.5}]", "bridges[0].mtu", ErrValue, "1500.5: must be a whole number"},
	{"bridges: [{name: a, mtu: 1.5e3}]", "bridges[0].mtu", ErrValue, "1.5e3: must be a whole number (write the digits)"},
	{`{"bridges": [{"name": "a", "mtu": 1E400}]}`, "bridges[0].mtu", ErrValue, "1E400: must be a whole number"},
	{"bridges: [{name: a, mtu: 1_500}]", "bridges[0].mtu", ErrValue, "must be a whole number"},
	{`{"bridges": [{"name": "a", "mtu": 18446744073709551617500}]}`, "bridges[0].mtu", ErrValue, "18446744073709551617500: must be 68-65535 (bytes)"},
	{`{"confirm_timeout": 99999999999999999999, "bonds": []}`, "confirm_timeout", ErrValue, "must be 0-86400"},
	{"bridges: [{name: a, mtu: -1}]", "bridges[0].mtu", ErrValue, "-1: must be 68-65535 (bytes)"},
	{"bridges: [{name: a, mtu: big}]", "bridges[0].mtu", ErrValue, `"big": must be 68-65535 (bytes)`},
	{`{"bridges": [{"name": "a", "mtu": true}]}`, "bridges[0].mtu", ErrValue, "true: must be 68-65535 (bytes)"},
	{"bridges: [{name: a, up: maybe}]", "bridges[0].up", ErrValue, `"maybe": must be true or false`},
	{"bridges: [{name: a, up: 2}]", "bridges[0].up", ErrValue, "2: must be true or false"},
	{"bridges: [{name: a, group_fwd_mask: 9}]", "bridges[0].group_fwd_mask", ErrValue, "9: must be 0-65528 without the bits 0x7"},
	{"vlans: [{parent: a, id: 1, egress_qos_map: ['1:8']}]", "vlans[0].egress_qos_map", ErrValue, "pairs like \"2:3\", from 0-4294967295 to 0-7"},
	{"vlans: [{parent: a, id: 1, ingress_qos_map: 123}]", "vlans[0].ingress_qos_map", ErrType, "unquoted, YAML 1.1 reads one as a number"},
	{"vlans: [{parent: a, id: 1, ingress_qos_map: ['1:2', '1:3']}]", "vlans[0].ingress_qos_map", ErrValue, "each from another number"},
	{"bridges: [{name: a, mcast_snooping: 2}]", "bridges[0].mcast_snooping", ErrValue, "2: must be true or false"},
	{"bridges: [{name: a, stp: sometimes}]", "bridges[0].stp", ErrValue, `"sometimes": must be true or false`},
	{"bridges: [{name: a, state: gathered}]", "bridges[0].state", ErrValue, `"gathered": must be one of present, absent`},
	{"state: gone\nbonds: []\n", "state", ErrValue, `"gone": must be one of present, absent, gathered`},
	{"bridges: [{name: a, ipv6: maybe}]", "bridges[0].ipv6", ErrValue, `"maybe": must be one of auto, off`},
	{"bonds: [{name: b, mode: failover, miimon: 1}]", "bonds[0].mode", ErrValue, `"failover": must be one of balance-rr, active-backup`},
	{"bonds: [{name: b, mode: 7, miimon: 1}]", "bonds[0].mode", ErrValue, "7: must be one of"},
	{"bonds: [{name: b, miimon: 1, arp_ip_target: [2001:db8::1]}]", "bonds[0].arp_ip_target", ErrValue, "IPv4 addresses"},
	{"bonds: [{name: b, miimon: 1, arp_ip_target: [192.0.2.1, '']}]", "bonds[0].arp_ip_target[1]", ErrValue, "must be an address"},
	{"bridges: [{name: a, mac: 00:16:3e}]", "bridges[0].mac", ErrValue, `"00:16:3e": must be six bytes like 00:16:3e:00:00:01`},
	{"bonds: [{name: b, miimon: 1, members: [{mac: nonsense}, e]}]", "bonds[0].members[0].mac", ErrValue, `"nonsense": must be six bytes`},
	{"bridges: [{name: a, description: " + strings.Repeat("x", 256) + "}]", "bridges[0].description", ErrValue, "at most 255 bytes, has 256"},
	{`{"bridges": [{"name": "a", "description": "x\u0000y"}]}`, "bridges[0].description", ErrValue, "NUL"},

	// What belongs to later versions.
	{"{bonds: [], prune: 2}", "prune", ErrValue, "2: must be true or false"},
	{"{bonds: [], max_disruption: some}", "max_disruption", ErrValue, "must be one of none, flap, recreate"},

	// Probes.
	{"{bonds: [], confirm_timeout: soon}", "confirm_timeout", ErrValue, `"soon": must be 0-86400`},
	{"{bonds: [], probe_timeout: 601}", "probe_timeout", ErrValue, "601: must be 1-600"},
	{"{bonds: [], probes: {}}", "probes", ErrType, "must be a list"},
	{"{bonds: [], probes: [router]}", "probes[0]", ErrValue, `"router": must be one of gateway, {ping: ADDRESS}`},
	{"{bonds: [], probes: [{}]}", "probes[0]", ErrMissing, "says nothing to probe"},
	{"{bonds: [], probes: [{pink: 192.0.2.1}]}", "probes[0].pink", ErrUnknown, "did you mean ping?"},
	{"{bonds: [], probes: [{ping: router}]}", "probes[0].ping", ErrValue, `"router"`},
	{"{bonds: [], probes: [{ping: 224.0.0.1}]}", "probes[0].ping", ErrValue, `"224.0.0.1": must be the address of one host`},
	{"{bonds: [], probes: [{tcp: 192.0.2.1}]}", "probes[0].tcp", ErrValue, "must be HOST:PORT"},
	{"{bonds: [], probes: [{tcp: '192.0.2.1:0'}]}", "probes[0].tcp", ErrValue, "must be HOST:PORT"},
	{"{bonds: [], probes: [{tcp: '-a:22'}]}", "probes[0].tcp", ErrValue, "must be HOST:PORT"},
	{"{bonds: [], probes: [{tcp: '2001:db8::1:22'}]}", "probes[0].tcp", ErrValue, "[2001:db8::1]:22"},
	{"{bonds: [], probes: [{dns: 'exa mple'}]}", "probes[0].dns", ErrValue, "must be a name like example.org"},
	{"{bonds: [], probes: [{ping: 192.0.2.1, tcp: '192.0.2.1:22'}]}", "probes[0]", ErrConflict, "is more than one probe: ping, tcp"},
	{"{bonds: [], probes: [{ping: 192.0.2.1, server: 192.0.2.53}]}", "probes[0]", ErrConflict, "server is for dns alone"},

	// Addresses and routes in their form.
	{"bridges: [{name: a, addresses: [192.0.2.10/33]}]", "bridges[0].addresses[0]", ErrValue, `"192.0.2.10/33": the prefix length must be 0-32`},
	{"bridges: [{name: a, addresses: [2001:db8::1/129]}]", "bridges[0].addresses[0]", ErrValue, "the prefix length must be 0-128"},
	{"bridges: [{name: a, addresses: [192.0.2.10]}]", "bridges[0].addresses[0]", ErrValue, "must have a prefix length (write 192.0.2.10/24"},
	{"bridges: [{name: a, addresses: [192.0.2.10/255.255.255.0]}]", "bridges[0].addresses[0]", ErrValue, "not a netmask (write 192.0.2.10/24)"},
	{"bridges: [{name: a, addresses: [192.0.2.010/24]}]", "bridges[0].addresses[0]", ErrValue, "leading zero"},
	{"bridges: [{name: a, addresses: [192.0.2/24]}]", "bridges[0].addresses[0]", ErrValue, `"192.0.2/24": must be an address`},
	{"bridges: [{name: a, addresses: ['fe80::1%eth0/64']}]", "bridges[0].addresses[0]", ErrValue, "must be without a zone"},
	{"bridges: [{name: a, addresses: ['::ffff:192.0.2.1/64']}]", "bridges[0].addresses[0]", ErrValue, "must not be an IPv4 address in an IPv6 one (write 192.0.2.1)"},
	{"bridges: [{name: a, addresses: [{label: a}]}]", "bridges[0].addresses[0]", ErrMissing, "address is missing"},
	{"bridges: [{name: a, addresses: [{address: ''}]}]", "bridges[0].addresses[0].address", ErrValue, "must be an address"},
	{"bridges: [{name: a, addresses: [{address: 192.0.2.1, peer: '2001:db8::1'}]}]", "bridges[0].addresses[0].peer", ErrConflict, "same family"},
	{"bridges: [{name: a, addresses: [{address: 192.0.2.1/31, peer: 192.0.2.2/32}]}]", "bridges[0].addresses[0].peer", ErrConflict, "give the length once"},
	{"bridges: [{name: a, addresses: [{address: 192.0.2.1/24, scope: galaxy}]}]", "bridges[0].addresses[0].scope", ErrValue, "must be 0-254"},
	{"bridges: [{name: a, addresses: [{address: 192.0.2.1/24, valid_lft: 0}]}]", "bridges[0].addresses[0].valid_lft", ErrValue, "0: must be 1-4294967295"},
	{"bridges: [{name: a, addresses: [192.0.2.2/24], gateway: 192.0.2.1/24}]", "bridges[0].gateway[0]", ErrValue, "without a prefix length (write 192.0.2.1)"},
	{"bridges: [{name: a, addresses: [192.0.2.2/24], gateway: router}]", "bridges[0].gateway[0]", ErrValue, `"router": must be an address`},
	{"bridges: [{name: a, addresses: [192.0.2.2/24], routes: [default via 192.0.2.1]}]", "bridges[0].routes[0]", ErrType, "like {to: default, via: 192.0.2.1}"},
	{"bridges: [{name: a, addresses: [192.0.2.2/24], routes: [{via: 192.0.2.1}]}]", "bridges[0].routes[0]", ErrMissing, "to is missing"},
	{"bridges: [{name: a, addresses: [192.0.2.2/24], routes: [{to: default}]}]", "bridges[0].routes[0].to", ErrMissing, "write 0.0.0.0/0 or ::/0"},
	{"bridges: [{name: a, addresses: [192.0.2.2/24], routes: [{to: 10.0.0.0/8, via: 192.0.2.1, table: 0}]}]", "bridges[0].routes[0].table", ErrValue, "must be 1-4294967295"},
	{"bridges: [{name: a, addresses: [192.0.2.2/24], routes: [{to: 10.0.0.0/8, via: 192.0.2.1, mtu: 60}]}]", "bridges[0].routes[0].mtu", ErrValue, "must be 68-65535"},
}

var refusedSense = []refusal{
	{"bonds: [{name: b, fail_over_mac: active, mac: '02:00:00:00:00:01'}]", "bonds[0].mac", ErrConflict, "means nothing with fail_over_mac active"},
	// Names.
	{"bridges: [{ports: [eth0]}]", "bridges[0]", ErrMissing, "name is missing"},
	{"bonds: [{name: '', miimon: 1}]", "bonds[0]", ErrMissing, "name is missing"},
	{"bridges: [{name: abcdefghijklmnop}]", "bridges[0].name", ErrValue, "must have 1-15 bytes, has 16"},
	{"bridges: [{name: a/b}]", "bridges[0].name", ErrValue, "must not hold / or :"},
	{"bridges: [{name: 'eth0:1'}]", "bridges[0].name", ErrValue, "must not hold / or :"},
	{"bridges: [{name: 'a b'}]", "bridges[0].name", ErrValue, "white space"},
	{`{"bridges": [{"name": "a\u0007"}]}`, "bridges[0].name", ErrValue, "control characters"},
	{"bridges: [{name: br%d}]", "bridges[0].name", ErrValue, "must not hold %"},
	{"bridges: [{name: ..}]", "bridges[0].name", ErrValue, "folder"},
	{"bridges: [{name: all}]", "bridges[0].name", ErrValue, "is reserved"},
	{"bridges: [{name: default}]", "bridges[0].name", ErrValue, "is reserved"},
	{"ethernets: [{name: lo}]", "ethernets[0].name", ErrValue, "is reserved"},
	{"bridges: [{name: a, ports: [eth0/1]}]", "bridges[0].ports[0]", ErrValue, "must not hold /"},
	{"vlans: [{parent: 'bond 0', id: 5, name: v}]", "vlans[0].parent", ErrValue, "white space"},
	{"bonds: [{name: b, mode: 1, miimon: 1, primary: 'e 0'}]", "bonds[0].primary", ErrValue, "white space"},
	{"vlans: [{parent: enp175s0f0np0, id: 16}]", "vlans[0]", ErrValue, "the VLAN's default name, PARENT.ID, must have 1-15 bytes, has 16 (give the VLAN a shorter name: name: vlan16)"},
	{"segments: [{parent: enp175s0f0np0, id: 16, bridge: b}]", "segments[0]", ErrValue, "name: vlan16"},
	{"{bonds: [{name: x, miimon: 1}], bridges: [{name: x}]}", "bridges[0].name", ErrDuplicate, `"x": is the name of bonds[0] already`},
	{"segments: [{id: 5, parent: p, bridge: b}, {id: 6, parent: p, bridge: b}]", "segments[1].bridge", ErrDuplicate, "is the name of segments[0] already"},
	{"{vlans: [{parent: p, id: 5, name: q}], bridges: [{name: q, state: absent}]}", "bridges[0].name", ErrDuplicate, "is the name of vlans[0] already"},

	// Probes.
	{"{bonds: [], probes: [gateway]}", "probes[0]", ErrMissing, "no object of the document has a gateway (give an object a gateway"},
	{"{bonds: [], probes: [{ping: 192.0.2.1}, {ping: 192.0.2.1}]}", "probes[1]", ErrDuplicate, "is the same probe as probes[0]"},

	// What stands on what.
	{"vlans: [{name: v, id: 5}]", "vlans[0]", ErrMissing, "parent is missing"},
	{"vlans: [{name: v, parent: p}]", "vlans[0]", ErrMissing, "id is missing"},
	{"vlans: [{state: absent}]", "vlans[0]", ErrMissing, "name is missing: name, or parent and id"},
	{"segments: [{id: 5, bridge: b}]", "segments[0]", ErrMissing, "parent is missing"},
	{"segments: [{parent: p, bridge: b}]", "segments[0]", ErrMissing, "id is missing"},
	{"segments: [{parent: p, id: 5}]", "segments[0]", ErrMissing, "bridge is missing"},
	{"vlans: [{parent: p, id: 0}]", "vlans[0].id", ErrValue, "0: must be 1-4094"},
	{"vlans: [{parent: p, id: 4095}]", "vlans[0].id", ErrValue, "4095: must be 1-4094"},
	{"vlans: [{parent: p, id: 5}, {parent: p, id: 5, name: other}]", "vlans[1].id", ErrDuplicate, `5: is the VLAN of vlans[0] on "p" already`},
	{"{vlans: [{parent: p, id: 5, name: w}], segments: [{parent: p, id: 5, bridge: b, protocol: 802.1Q}]}", "segments[0].id", ErrDuplicate, "is the VLAN of vlans[0]"},
	{"bridges: [{name: a, ports: [x]}, {name: b, ports: [x]}]", "bridges[1].ports[0]", ErrConflict, `"x": is one of the ports of bridge "a" already (bridges[0].ports[0])`},
	{"bridges: [{name: a, ports: [x, y, x]}]", "bridges[0].ports[2]", ErrDuplicate, "is listed twice"},
	{"bonds: [{name: b, miimon: 1, members: [{mac: 00-16-3E-00-00-02}, {mac: '00:16:3e:00:00:02'}]}]", "bonds[0].members[1]", ErrDuplicate, "is listed twice"},
	{"{bonds: [{name: b, miimon: 1, members: [x, y]}], bridges: [{name: a, ports: [x]}]}", "bridges[0].ports[0]", ErrConflict, `is one of the members of bond "b" already`},
	{"bonds: [{name: b, miimon: 1, members: [x, c]}, {name: c, miimon: 1, members: [y, z]}]", "bonds[0].members[1]", ErrConflict, `"c": is declared as a bond (bonds[1]) and cannot be one of the members of a bond`},
	{"{bonds: [{name: b, miimon: 1, members: [x, c]}], bridges: [{name: c}]}", "bonds[0].members[1]", ErrConflict, "is declared as a bridge"},
	{"{bonds: [{name: b, miimon: 1, members: [x, v]}], vlans: [{name: v, parent: y, id: 5}]}", "bonds[0].members[1]", ErrConflict, "is declared as a vlan"},
	{"bridges: [{name: a, ports: [b]}, {name: b}]", "bridges[0].ports[0]", ErrConflict, "the kernel puts no bridge into another"},
	{"{bonds: [{name: b, miimon: 1, members: [x, y]}], vlans: [{parent: x, id: 5}]}", "vlans[0].parent", ErrConflict, "say parent: b"},
	{"bridges: [{name: a, ports: [a]}]", "bridges[0].ports[0]", ErrConflict, `"a": stands on itself: a on a`},
	{"{bridges: [{name: a, ports: [v]}], vlans: [{name: v, parent: a, id: 5}]}", "bridges[0].ports[0]", ErrConflict, "stands on itself: v on a on v"},
	{"vlans: [{name: v, parent: w, id: 5}, {name: w, parent: v, id: 5}]", "vlans[1].parent", ErrConflict, "stands on itself: v on w on v"},
	{"ethernets: [{name: x, state: absent}]", "ethernets[0]", ErrConflict, "a NIC is not created and cannot be absent"},
	{"{state: absent, ethernets: [{name: x}]}", "ethernets[0]", ErrConflict, "cannot be absent"},
	{"{ethernets: [{name: p, up: no}], vlans: [{parent: p, id: 5}]}", "ethernets[0].up", ErrConflict, `false: p.5 is to be up and stands on ethernet "p"`},
	{"{bonds: [{name: b, miimon: 1, members: [x, y], up: no}], segments: [{ids: 5-7, parent: b, bridge: 'c{id}'}]}", "bonds[0].up", ErrConflict, `false: b.5 is to be up and stands on bond "b" (and 2 more)`},
	{"{bonds: [{name: b, state: absent}], vlans: [{parent: b, id: 5}]}", "vlans[0].parent", ErrConflict, "stands on a link that shall be absent (bonds[0])"},
	{"{bridges: [{name: a, ports: [v]}], vlans: [{name: v, state: absent}]}", "bridges[0].ports[0]", ErrConflict, "shall be absent (vlans[0])"},
	{"{bonds: [{name: b, miimon: 1, members: [x, y], mtu: 1500}], vlans: [{parent: b, id: 5, mtu: 9000}]}", "vlans[0].mtu", ErrConflict, `9000: is above that of its parent "b", 1500`},
	{"{bonds: [{name: b, miimon: 1, members: [x, y], mtu: 1500}], segments: [{parent: b, id: 5, bridge: c, mtu: 9000}]}", "segments[0].mtu", ErrConflict, "raise bonds[0].mtu"},
	{"bridges: [{name: a, ports: [" + numbered("p%d", 1024) + "]}]", "bridges[0].ports", ErrValue, "a bridge takes at most 1023 ports, has 1024"},

	// Options.
	{"bonds: [{name: b, mode: 0, miimon: 1, members: [x, y], primary: x}]", "bonds[0].primary", ErrConflict, `"x": means nothing with mode balance-rr; it needs active-backup, balance-tlb or balance-alb`},
	{"bonds: [{name: b, mode: 1, miimon: 1, members: [x, y], primary: z}]", "bonds[0].primary", ErrConflict, `"z": must be one of the members, x or y`},
	{"bonds: [{name: b, mode: active-backup, miimon: 1, lacp_rate: fast}]", "bonds[0].lacp_rate", ErrConflict, "it needs 802.3ad"},
	{"bonds: [{name: b, mode: 802.3ad, arp_interval: 100, arp_ip_target: 192.0.2.1}]", "bonds[0].arp_interval", ErrConflict, "100: means nothing with mode 802.3ad"},
	{"bonds: [{name: b, mode: 1, miimon: 100, arp_interval: 100, arp_ip_target: 192.0.2.1}]", "bonds[0].arp_interval", ErrConflict, "miimon (100) and arp_interval exclude each other"},
	{"bonds: [{name: b, mode: 1, arp_interval: 100}]", "bonds[0].arp_interval", ErrMissing, "name them in arp_ip_target or ns_ip6_target"},
	{"bonds: [{name: b, mode: 1, miimon: 100, updelay: 150}]", "bonds[0].updelay", ErrConflict, "150: must be a multiple of miimon, 100"},
	{"bonds: [{name: b, mode: 1, miimon: 100, downdelay: 50}]", "bonds[0].downdelay", ErrConflict, "50: must be a multiple of miimon, 100"},
	{"bonds: [{name: b, mode: 1, miimon: 0, downdelay: 50}]", "bonds[0].downdelay", ErrConflict, "50: means nothing without miimon"},
	{"bonds: [{name: b, mode: 1, arp_interval: 100, arp_ip_target: [192.0.2.1, 192.0.2.1]}]", "bonds[0].arp_ip_target", ErrDuplicate, "is listed twice"},
	{"bonds: [{name: b, mode: 1, arp_interval: 100, arp_ip_target: [0.0.0.0]}]", "bonds[0].arp_ip_target", ErrValue, "unspecified"},
	{"bonds: [{name: b, mode: 1, miimon: 1, arp_ip_target: [" + numbered("192.0.2.%d", 17) + "]}]", "bonds[0].arp_ip_target", ErrValue, "at most 16 IPv4 addresses, has 17"},
	{"bridges: [{name: a, mac: 01:16:3e:00:00:01}]", "bridges[0].mac", ErrValue, "is a multicast address"},
	{"bridges: [{name: a, mac: '00:00:00:00:00:00'}]", "bridges[0].mac", ErrValue, "must not be zero"},
	{"bonds: [{name: b, miimon: 1, members: [{mac: 'ff:ff:ff:ff:ff:ff'}, y]}]", "bonds[0].members[0]", ErrValue, "is a multicast address"},
	{"bridges: [{name: a, group_address: 01:80:c2:00:00:02}]", "bridges[0].group_address", ErrValue, "01:80:c2:00:00:0X"},
	{"bridges: [{name: a, stp: on, forward_delay: 0}]", "bridges[0].forward_delay", ErrConflict, "0: must be 200-3000 (s/100) while stp_state is on"},
	{"bridges: [{name: a, forward_delay: 3001}]", "bridges[0].forward_delay", ErrValue, "3001: must be 0-3000 (s/100)"},
	{"bridges: [{name: a, hello_time: 99}]", "bridges[0].hello_time", ErrValue, "99: must be 100-1000 (s/100)"},
	{"bridges: [{name: a, max_age: 4001}]", "bridges[0].max_age", ErrValue, "4001: must be 600-4000 (s/100)"},
	{"bridges: [{name: a, stp: on, forward_delay: 400, max_age: 2000}]", "bridges[0].max_age", ErrConflict, "at most 2 x (forward_delay - 100), 600"},
	{"bridges: [{name: a, stp: on, hello_time: 900, max_age: 1000}]", "bridges[0].max_age", ErrConflict, "at least 2 x (hello_time + 100), 2000"},
	{"bridges: [{name: a, host_access: no, addresses: [192.0.2.1/24]}]", "bridges[0].addresses", ErrConflict, "the host has no access to this bridge"},
	{"segments: [{id: 5, parent: p, bridge: a, host_access: no, addresses: [192.0.2.1/24]}]", "segments[0].addresses", ErrConflict, "the host has no access"},
	{"bridges: [{name: a, host_access: no, ipv6: auto}]", "bridges[0].ipv6", ErrConflict, "no IPv6 there"},
	{"bridges: [{name: a, host_access: no, vlan_filtering: no}]", "bridges[0].vlan_filtering", ErrConflict, "VLAN filtering"},
	{"bridges: [{name: a, host_access: no, vlans: [16]}]", "bridges[0].vlans", ErrConflict, "the bridge itself is in no VLAN"},
	{"bridges: [{name: a, vlans: []}]", "bridges[0].vlans", ErrConflict, "say host_access: false"},
	{"bridges: [{name: a, vlan_filtering: no, ports: [{name: b, vlans: [16]}]}]", "bridges[0].ports[0].vlans", ErrConflict, "is not to look at VLANs"},
	{"bridges: [{name: a, vlan_filtering: no, vlans: [16]}]", "bridges[0].vlans", ErrConflict, "vlan_filtering: true"},
	{"bridges: [{name: a, ports: [{name: b, vlans: [0]}]}]", "bridges[0].ports[0].vlans[0]", ErrValue, "0: must be a VLAN from 1-4094, or a range of them like 100-110"},
	{"bridges: [{name: a, ports: [{name: b, vlans: [16, 4095]}]}]", "bridges[0].ports[0].vlans[1]", ErrValue, "4095: must be a VLAN from 1-4094"},
	{"bridges: [{name: a, ports: [{name: b, vlans: '16,100-5000'}]}]", "bridges[0].ports[0].vlans[1]", ErrValue, `"100-5000": must be a VLAN`},
	{"bridges: [{name: a, ports: [{name: b, vlans: [-5]}]}]", "bridges[0].ports[0].vlans[0]", ErrValue, "must be a VLAN"},
	{"bridges: [{name: a, ports: [{name: b, vlans: [1-2-3]}]}]", "bridges[0].ports[0].vlans[0]", ErrValue, "must be a VLAN"},
	{"bridges: [{name: a, ports: [{name: b, vlans: [yes]}]}]", "bridges[0].ports[0].vlans[0]", ErrValue, "must be a VLAN"},
	{"bridges: [{name: a, ports: [{name: b, vlans: [[5]]}]}]", "bridges[0].ports[0].vlans[0]", ErrType, "must be a VLAN"},
	{"bridges: [{name: a, ports: [{name: b, vlans: [110-100]}]}]", "bridges[0].ports[0].vlans[0]", ErrValue, `"110-100": the range runs backwards (write 100-110)`},
	{"bridges: [{name: a, ports: [{name: b, vlans: [{pvid: yes}]}]}]", "bridges[0].ports[0].vlans[0]", ErrMissing, "id is missing"},
	{"bridges: [{name: a, ports: [{name: b, vlans: [{id: 5, tagged: yes}]}]}]", "bridges[0].ports[0].vlans[0].tagged", ErrUnknown, `unknown key "tagged"`},
	{"bridges: [{name: a, ports: [{name: b, vlans: [{id: 100-110, pvid: yes}]}]}]", "bridges[0].ports[0].vlans[0]", ErrConflict, "pvid goes with no range"},
	{"bridges: [{name: a, ports: [{name: b, vlans: [{id: 5, pvid: yes}, {id: 6, pvid: yes}]}]}]", "bridges[0].ports[0].vlans[1]", ErrDuplicate, "6: untagged frames belong to 5 already (pvid)"},
	{"bridges: [{name: a, ports: [{name: b, vlans: [100-110, 105]}]}]", "bridges[0].ports[0].vlans[1]", ErrDuplicate, "105: VLAN 105 is listed already, with 100-110"},
	{"{ethernets: [{name: e, vlans: [5]}]}", "ethernets[0].vlans", ErrUnknown, "unknown key"},
	{"bridges: [{name: a, ports: [{name: b, cost: 65536}]}]", "bridges[0].ports[0].cost", ErrValue, "65536: must be 1-65535"},

	{"bonds: [{name: b, mode: active-backup, miimon: 100, arp_validate: filter, members: [x, y]}]", "bonds[0].arp_validate", ErrConflict, `"filter": means nothing with miimon (100)`},

	{"bonds: [{name: b, mode: balance-rr, miimon: 100, members: [{name: x, prio: 5}, y]}]", "bonds[0].members[0].prio", ErrConflict, "5: means nothing with mode balance-rr"},

	{"bonds: [{name: b, miimon: 100, members: [{name: x, queue_id: 5}, {name: y, queue_id: 5}]}]", "bonds[0].members[1].queue_id", ErrDuplicate, "5: bonds[0].members[0] has it already"},

	{"bridges: [{name: a, ports: [{name: x, mab: yes}]}]", "bridges[0].ports[0].mab", ErrConflict, "true: needs a locked port that learns (locked: true"},
	{"bridges: [{name: a, ports: [{name: x, mab: yes, locked: yes, learning: no}]}]", "bridges[0].ports[0].mab", ErrConflict, "needs a locked port that learns"},

	// Routes of other types, and rules.
	{"bridges: [{name: a, addresses: [192.0.2.10/24], routes: [{to: 203.0.113.0/24, via: 192.0.2.1, type: blackhole}]}]", "bridges[0].routes[0]", ErrConflict, "a route of type blackhole goes nowhere"},
	{"bridges: [{name: a, addresses: [192.0.2.10/24], routes: [{to: 203.0.113.0/24, type: local}]}]", "bridges[0].routes[0].type", ErrValue, "must be one of unicast, blackhole, unreachable, prohibit, throw"},
	{"bridges: [{name: a, addresses: ['2001:db8::1/64'], routes: [{to: '2001:db8:7::/48', scope: link}]}]", "bridges[0].routes[0]", ErrConflict, "scope is of IPv4"},
	{"bridges: [{name: a, addresses: [192.0.2.10/24], routes: [{to: 203.0.113.0/24, via: 192.0.2.1, scope: link}]}]", "bridges[0].routes[0]", ErrConflict, "what has a next hop is not of scope link"},
	{"rules: [{from: 192.0.2.0/24, table: 100}]", "rules[0]", ErrMissing, "priority is missing"},
	{"rules: [{priority: 0, from: 192.0.2.0/24, table: 100}]", "rules[0].priority", ErrValue, "0: must be 1-4294967295"},
	{"rules: [{priority: 32766, from: 192.0.2.0/24, table: 100}]", "rules[0].priority", ErrConflict, "32766: is the kernel's own rule"},
	{"rules: [{priority: 5, table: 100}]", "rules[0]", ErrMissing, "nothing says of which family the rule is (add family: ipv4"},
	{"rules: [{priority: 5, from: 192.0.2.0/24, to: '2001:db8::/32', table: 100}]", "rules[0].to", ErrConflict, "is not of ipv4"},
	{"rules: [{priority: 5, from: 192.0.2.0/24, family: ipv6, table: 100}]", "rules[0].from", ErrConflict, "is not of ipv6"},
	{"rules: [{priority: 5, from: 192.0.2.1/24, table: 100}]", "rules[0].from", ErrValue, "write 192.0.2.0/24"},
	{"rules: [{priority: 5, from: 192.0.2.0/33, table: 100}]", "rules[0].from", ErrValue, "must be 0-32"},
	{"rules: [{priority: 5, from: 192.0.2.0/24}]", "rules[0]", ErrMissing, "exactly one of table and l3mdev"},
	{"rules: [{priority: 5, from: 192.0.2.0/24, table: 100, l3mdev: yes}]", "rules[0]", ErrMissing, "exactly one of table and l3mdev"},
	{"rules: [{priority: 5, from: 192.0.2.0/24, table: mine}]", "rules[0].table", ErrValue, "must be 1-4294967295"},
	{"rules: [{priority: 5, from: 192.0.2.0/24, table: 100, type: prohibit}]", "rules[0]", ErrConflict, "a rule of type prohibit looks up no table"},
	{"rules: [{priority: 5, family: ipv4, l3mdev: yes, suppress_prefixlength: 0}]", "rules[0]", ErrConflict, "there is none"},
	{"rules: [{priority: 5, family: ipv4, fwmask: 1, table: 100}]", "rules[0].fwmask", ErrMissing, "means nothing without fwmark"},
	{"rules: [{priority: 5, family: ipv4, dport: 90-80, table: 100}]", "rules[0].dport", ErrValue, "a number or a range like 5-10, from 0-65535"},
	{"rules: [{priority: 5, family: ipv4, dport: 80-65536, table: 100}]", "rules[0].dport", ErrValue, "from 0-65535"},
	{"rules: [{priority: 5, from: 192.0.2.0/24, table: 100}, {table: 100, from: 192.0.2.0/24, priority: 5}]", "rules[1]", ErrDuplicate, "is the same rule as rules[0]"},
	{"rules: [{priority: 5, from: 192.0.2.0/24, table: 100, protocol: 3}]", "rules[0].protocol", ErrValue, "is reported by the kernel and cannot be set"},
	{"rules: [{priority: 5, from: 192.0.2.0/24, lookup: 100}]", "rules[0].lookup", ErrUnknown, `unknown key "lookup"`},
	{"rules: [5]", "rules[0]", ErrType, "must be an object: like {priority: 100"},

	// Addresses.
	{"bridges: [{name: a, addresses: [192.0.2.0/24]}]", "bridges[0].addresses[0]", ErrValue, "is the address of the network itself (a host is 192.0.2.1 to 192.0.2.254)"},
	{"bridges: [{name: a, addresses: [192.0.2.255/24]}]", "bridges[0].addresses[0]", ErrValue, "is the broadcast address of its network (a host is 192.0.2.1 to 192.0.2.254)"},
	{"bridges: [{name: a, addresses: ['2001:db8::/64']}]", "bridges[0].addresses[0]", ErrValue, "is the address of the network itself"},
	{"bridges: [{name: a, addresses: [224.0.0.5/24]}]", "bridges[0].addresses[0]", ErrValue, "is a multicast address"},
	{"bridges: [{name: a, addresses: [127.0.0.2/8]}]", "bridges[0].addresses[0]", ErrValue, "is a loopback address"},
	{"bridges: [{name: a, addresses: ['::/64']}]", "bridges[0].addresses[0]", ErrValue, "is the unspecified address"},
	{"bridges: [{name: a, addresses: [192.0.2.1/0]}]", "bridges[0].addresses[0]", ErrValue, "prefix length 0"},
	{"bridges: [{name: a, addresses: [192.0.2.1/24, 192.0.2.1/25]}]", "bridges[0].addresses[1]", ErrDuplicate, "is given at bridges[0].addresses[0] already"},
	{"bridges: [{name: a, addresses: [192.0.2.1/24, 192.0.2.1/32]}]", "bridges[0].addresses[1]", ErrDuplicate, "is given at bridges[0].addresses[0] already"},
	{"bridges: [{name: a, addresses: [192.0.2.1/24]}, {name: b, addresses: [192.0.2.1/25]}]", "bridges[1].addresses[0]", ErrDuplicate, "is given at bridges[0].addresses[0] already"},
	{"bridges: [{name: a, addresses: [192.0.2.1/24]}, {name: b, addresses: [192.0.2.1/24]}]", "bridges[1].addresses[0]", ErrDuplicate, "is given at bridges[0].addresses[0] already"},
	{"bridges: [{name: a, addresses: [192.0.2.1/24]}, {name: b, addresses: [192.0.2.2/24]}]", "bridges[1].addresses[0]", ErrConflict, `network 192.0.2.0/24 is on "a" already`},
	{"bridges: [{name: a, ipv6: off, addresses: ['2001:db8::1/64']}]", "bridges[0].addresses[0]", ErrConflict, "ipv6 is off here"},
	{"bridges: [{name: a, mtu: 1000, addresses: ['2001:db8::1/64']}]", "bridges[0].addresses[0]", ErrConflict, "mtu below 1280"},
	{"{bonds: [{name: b, miimon: 1, members: [x, y]}], ethernets: [{name: x, addresses: [192.0.2.1/24]}]}", "ethernets[0].addresses", ErrConflict, `"x" is one of the members of bond "b", which gets what arrives there (put them on b)`},
	{"{bridges: [{name: a, ports: [v]}], vlans: [{name: v, parent: x, id: 5, addresses: [192.0.2.1/24]}]}", "vlans[0].addresses", ErrConflict, "put them on a"},
	{"bridges: [{name: a, addresses: [{address: 192.0.2.1/24, label: 'b:1'}]}]", "bridges[0].addresses[0]", ErrValue, `label "b:1": must be of an IPv4 address`},
	{"bridges: [{name: a, addresses: [{address: 192.0.2.1/24, nodad: yes}]}]", "bridges[0].addresses[0]", ErrConflict, "nodad is of IPv6 only"},
	{"bridges: [{name: a, addresses: [{address: '2001:db8::1/64', broadcast: 192.0.2.255}]}]", "bridges[0].addresses[0]", ErrConflict, "broadcast is of IPv4 only"},
	{"bridges: [{name: a, addresses: [{address: 192.0.2.1/24, valid_lft: 60, preferred_lft: 61}]}]", "bridges[0].addresses[0]", ErrConflict, "preferred_lft must be at most valid_lft, 60"},

	// Routes.
	{"bridges: [{name: a, addresses: [192.0.2.2/24], gateway: 198.51.100.1}]", "bridges[0].gateway", ErrConflict, `"198.51.100.1": is in no network of this object (192.0.2.0/24)`},
	{"bridges: [{name: a, gateway: 198.51.100.1}]", "bridges[0].gateway", ErrConflict, "it has no address of that family"},
	{"bridges: [{name: a, addresses: [192.0.2.2/24], gateway: 192.0.2.2}]", "bridges[0].gateway", ErrConflict, "is the host's own address"},
	{"bridges: [{name: a, addresses: [192.0.2.2/24], gateway: 192.0.2.0}]", "bridges[0].gateway", ErrValue, "is the address of network 192.0.2.0/24 itself"},
	{"bridges: [{name: a, addresses: [192.0.2.2/24], gateway: 192.0.2.255}]", "bridges[0].gateway", ErrValue, "is the broadcast address of network"},
	{"bridges: [{name: a, addresses: [192.0.2.2/24], gateway: 0.0.0.0}]", "bridges[0].gateway", ErrValue, "is the unspecified address"},
	{"bridges: [{name: a, addresses: [192.0.2.2/24], gateway: [192.0.2.1, 192.0.2.3]}]", "bridges[0].gateway", ErrConflict, "second gateway of its family"},
	{"bridges: [{name: a, addresses: [192.0.2.2/24], gateway: 192.0.2.1}, {name: b, addresses: [198.51.100.2/24], gateway: 198.51.100.1}]", "bridges[1].gateway", ErrConflict, "is the second IPv4 default route with the same metric; the first is at bridges[0].gateway"},
	{"bridges: [{name: a, addresses: [192.0.2.2/24], gateway: 192.0.2.1, routes: [{to: default, via: 192.0.2.3}]}]", "bridges[0].routes[0]", ErrConflict, "second IPv4 default route"},
	{"bridges: [{name: a, addresses: ['2001:db8::2/64'], gateway: 'fe80::1', routes: [{to: '::/0', via: 'fe80::2', metric: 1024}]}]", "bridges[0].routes[0]", ErrConflict, "second IPv6 default route"},
	{"bridges: [{name: a, addresses: [192.0.2.2/24], routes: [{to: 10.0.0.0/8, via: 192.0.2.1}, {to: 10.0.0.0/8, via: 192.0.2.3, table: main}]}]", "bridges[0].routes[1]", ErrConflict, "second route to 10.0.0.0/8"},
	{"bridges: [{name: a, addresses: [192.0.2.2/24], routes: [{to: 10.0.0.1/8, via: 192.0.2.1}]}]", "bridges[0].routes[0]", ErrValue, "has bits set behind its prefix length (write 10.0.0.0/8)"},
	{"bridges: [{name: a, addresses: [192.0.2.2/24], routes: [{to: 10.0.0.0/8, via: 198.51.100.1}]}]", "bridges[0].routes[0]", ErrConflict, "is in no network of this object"},
	{"bridges: [{name: a, addresses: [192.0.2.2/24], routes: [{to: 10.0.0.0/8, onlink: yes}]}]", "bridges[0].routes[0]", ErrConflict, "onlink says how via is reached"},
	{"bridges: [{name: a, addresses: [192.0.2.2/24], routes: [{to: '2001:db8::/32', via: 192.0.2.1}]}]", "bridges[0].routes[0]", ErrConflict, "cannot go via an IPv4 address"},
	{"bridges: [{name: a, addresses: [192.0.2.2/24], routes: [{to: 10.0.0.0/8, via: 192.0.2.1, source: '2001:db8::2'}]}]", "bridges[0].routes[0]", ErrConflict, "of the other family"},
	{"bridges: [{name: a, addresses: ['2001:db8::2/64'], routes: [{to: '2001:db8:1::/48', via: 'fe80::1', mtu: 1000}]}]", "bridges[0].routes[0]", ErrValue, "must be 1280-65535"},
}

func numbered(format string, n int) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = fmt.Sprintf(format, i+1)
	}
	return strings.Join(parts, ", ")
}

func TestRefused(t *testing.T) {
	for _, rows := range [][]refusal{refusedForm, refusedSense} {
		for _, row := range rows {
			_, problems, _ := Read([]byte(row.input), "")
			if len(problems) != 1 {
				t.Errorf("%.200q: %d problems, want 1:\n%v", row.input, len(problems), Problems(problems))
				continue
			}
			p := problems[0]
			if p.Path != row.path || !errors.Is(p, row.err) || !strings.Contains(p.String(), row.words) {
				t.Errorf("%.200q:\n got %v, %v\nwant %s: ...%s..., %v", row.input, p, p.Err, row.path, row.words, row.err)
			}
			speaksWell(t, p)
		}
	}
}

// speaksWell checks what every message keeps: ASCII, one line, short, no shouting, no «failed to».
func speaksWell(t *testing.T, p Problem) {
	t.Helper()
	text := p.String()
	if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		t.Errorf("%q: holds what is not printed", text)
	}
	if len(text) > 400 {
		t.Errorf("%q: %d bytes are too long", text, len(text))
	}
	if strings.Contains(text, "failed to") || strings.HasSuffix(p.Message, ".") || p.Message == "" || p.Message[0] >= 'A' && p.Message[0] <= 'Z' {
		t.Errorf("%q: badly spoken", text)
	}
}

func TestAllAtOnce(t *testing.T) {
	const input = `bonds:
  - name: bond0
    mode: active-backup
    miimon: 100
    updelay: 150
    members: [eth0, eth0]
    colour: red
bridges:
  - name: br/0
    addresses:
      - 192.0.2.10/33
      - 198.51.100.0/24
    up: maybe
    mac: 01:00:00:00:00:00
`
	want := `line 5, column 14: bonds[0].updelay: 150: must be a multiple of miimon, 100
line 6, column 21: bonds[0].members[1]: "eth0": is listed twice, first at bonds[0].members[0]
line 7, column 5: bonds[0].colour: unknown key "colour"
line 9, column 11: bridges[0].name: "br/0": must not hold / or :
line 11, column 9: bridges[0].addresses[0]: "192.0.2.10/33": the prefix length must be 0-32
line 12, column 9: bridges[0].addresses[1]: "198.51.100.0/24": is the address of the network itself (a host is 198.51.100.1 to 198.51.100.254)
line 13, column 9: bridges[0].up: "maybe": must be true or false
line 14, column 10: bridges[0].mac: "01:00:00:00:00:00": is a multicast address (the second digit of a link's MAC is even)`
	_, problems, _ := Read([]byte(input), "host.yaml")
	if got := Problems(problems).Error(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestNothingFollowsFromWhatWasNotRead(t *testing.T) {
	for _, input := range []string{
		"bonds: [{name: b, mode: 1, miimon: 1, members: [x, {mac: bad}], primary: y}]",
		"bonds: [{name: b, mode: 1, arp_interval: 100, arp_ip_target: [bad]}]",
		"bridges: [{name: a, addresses: [bad], gateway: 192.0.2.1}]",
		"vlans: [{parent: p, id: 5000}]",
		"segments: [{parent: p, id: 5000, bridge: b, addresses: [192.0.2.1/24]}]",
		"segments: [{parent: p, id: 5, bridge: b, addresses: [bad], gateway: 192.0.2.1}]",
		"vlans: [{parent: [p], id: 5}]",
		"bridges: [{name: [a]}]",
	} {
		if _, problems, _ := Read([]byte(input), ""); len(problems) != 1 {
			t.Errorf("%s: %d problems, want 1:\n%v", input, len(problems), Problems(problems))
		}
	}
}

func TestBounded(t *testing.T) {
	_, problems, _ := Read([]byte("bridges: ["+strings.Repeat("{name: a/b}, ", 300)+"]"), "")
	if len(problems) != Most+1 || !strings.Contains(problems[Most].Message, "more are not shown") {
		t.Errorf("got %d problems, the last %v", len(problems), problems[len(problems)-1])
	}
	for what, input := range map[string]string{
		"values":        `{"bonds": [` + strings.Repeat("1,", 1<<17) + `1]}`,
		"aliases":       "a: &a [" + strings.Repeat("x,", 1000) + "]\nbonds: [" + strings.Repeat("*a,", 10000) + "]",
		"aliases twice": "a: &a [*a, *a, *a]",
		"words":         `{"bridges": [{"name": "a", "ports": "` + strings.Repeat("a,", 1000000) + `"}]}`,
		"texts":         "bonds: &a '[" + strings.Repeat("{},", 10000) + "]'\nbridges: [" + strings.Repeat("{name: a, ports: *a},", 1000) + "]",
		"unknown keys":  "{" + numbered(`"bridgeds%d": 1`, 100000) + "}",
		"ports":         `{"bridges": [{"name": "a", "ports": [` + strings.Repeat(`"a",`, 200000) + `"a"]}]}`,
	} {
		start := time.Now()
		_, problems, _ := Read([]byte(input), "")
		if took := time.Since(start); len(problems) == 0 || took > 20*time.Second {
			t.Errorf("%s: %d problems in %v", what, len(problems), took)
		}
	}
	huge := make([]byte, maxJSON+1)
	for i := range huge {
		huge[i] = ' '
	}
	if _, problems := Decode(huge, "x.json"); len(problems) != 1 || !strings.Contains(problems[0].Message, "at most") {
		t.Errorf("huge: %v", problems)
	}
}
