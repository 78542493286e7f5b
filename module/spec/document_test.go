package spec

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"hostnet-module/module/attr"
	"hostnet-module/module/kind"
)

// exactly compares documents in all that they say; no routes are the same as an empty list of them.
var exactly = cmp.Options{
	cmp.AllowUnexported(attr.Set{}),
	cmpopts.IgnoreUnexported(Document{}),
	cmp.Comparer(func(a, b *kind.Kind) bool { return a == b }),
	cmp.Comparer(func(a, b *attr.Row) bool { return a == b }),
	cmp.Comparer(func(a, b netip.Addr) bool { return a == b }),
	cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }),
	cmp.Transformer("routes", func(r []Route) []Route { return append([]Route{}, r...) }),
}

// byMeaning leaves out where things stand and in which order options were written.
var byMeaning = cmp.Options{exactly, cmpopts.IgnoreFields(Object{}, "Path"), cmpopts.IgnoreFields(Port{}, "Path"),
	cmpopts.IgnoreFields(Address{}, "Path"), cmpopts.IgnoreFields(Route{}, "Path")}

func decoded(t *testing.T, input string) *Document {
	t.Helper()
	d, problems := Decode([]byte(input), "")
	if len(problems) > 0 {
		t.Fatalf("%s:\n%v", input, Problems(problems))
	}
	return d
}

const seed = `bonds:
  - name: bond0
    mode: active-backup
    miimon: 100
    members: [eth0, eth1]
segments:
  - {id: 16, parent: bond0, bridge: vlan16, addresses: [192.0.2.10/24], gateway: 192.0.2.1}
  - {id: 32, parent: bond0, bridge: vlan32, addresses: [198.51.100.10/24]}
  - {id: 48, parent: bond0, bridge: vlan48}
`

// TestSegments compares the short form with the long one.
func TestSegments(t *testing.T) {
	bond := "bonds: [{name: bond0, mode: 1, miimon: 100, members: [eth0, eth1]}]\n"
	for _, row := range []struct{ short, long string }{
		{seed, bond + `
vlans: [{name: bond0.16, parent: bond0, id: 16}, {name: bond0.32, parent: bond0, id: 32}, {name: bond0.48, parent: bond0, id: 48}]
bridges:
- {name: vlan16, ports: [bond0.16], addresses: [192.0.2.10/24], gateway: 192.0.2.1, host_access: true}
- {name: vlan32, ports: [bond0.32], addresses: [198.51.100.10/24], host_access: true}
- {name: vlan48, ports: [bond0.48], host_access: false}`},
		{"segments: [{id: 5, parent: p, bridge: b, name: v, protocol: 802.1ad, gvrp: on, mtu: 9000, mac: '00:16:3e:00:00:01', description: x, up: false, stp_state: on, priority: 5, ipv6: auto, ports_exclusive: true, host_access: true}]",
			`vlans: [{name: v, parent: p, id: 5, protocol: 802.1ad, gvrp: on, mtu: 9000, up: false}]
bridges: [{name: b, mtu: 9000, mac: '00:16:3e:00:00:01', description: x, up: false, stp_state: on, priority: 5, ipv6: auto, ports_exclusive: true, host_access: true, ports: [v]}]`},
		{"segments: [{id: 5, parent: p, bridge: b, addresses: [], routes: []}]",
			"{vlans: [{parent: p, id: 5}], bridges: [{name: b, ports: [p.5], addresses: [], routes: [], host_access: false}]}"},
		{"segments: [{id: 5, parent: p, bridge: b, state: absent}]",
			"{vlans: [{parent: p, id: 5, state: absent}], bridges: [{name: b, ports: [p.5], state: absent, host_access: false}]}"},
	} {
		if diff := cmp.Diff(sorted(decoded(t, row.long)), sorted(decoded(t, row.short)), byMeaning); diff != "" {
			t.Errorf("%s (-long +short)\n%s", row.short, diff)
		}
	}
}

// sorted puts the objects of a document in one order: the VLANs, then the bridges of its segments.
func sorted(d *Document) *Document {
	var out []*Object
	for _, k := range kind.List() {
		for _, o := range d.Objects {
			if o.Kind == k {
				out = append(out, o)
			}
		}
	}
	d.Objects = out
	return d
}

func TestSegmentOrder(t *testing.T) {
	d, problems, warnings := Read([]byte("bridges: [{name: first}]\n"+seed), "host.yaml")
	if len(problems)+len(warnings) > 0 {
		t.Errorf("%v %v", problems, warnings)
	}
	var got []string
	for _, o := range d.Objects {
		got = append(got, o.Path+" "+o.Kind.Name+" "+o.Name)
	}
	want := []string{"bonds[0] bond bond0", "bridges[0] bridge first",
		"segments[0] vlan bond0.16", "segments[0] bridge vlan16", "segments[1] vlan bond0.32", "segments[1] bridge vlan32",
		"segments[2] vlan bond0.48", "segments[2] bridge vlan48"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestDocumentState(t *testing.T) {
	d := decoded(t, "{state: absent, bridges: [{name: a}, {name: b, state: present}], segments: [{id: 5, parent: p, bridge: c}]}")
	var got []bool
	for _, o := range d.Objects {
		got = append(got, o.Absent)
	}
	if diff := cmp.Diff([]bool{true, false, true, true}, got); diff != "" || d.State != Absent {
		t.Errorf("state %s: %s", d.State, diff)
	}
	if d := decoded(t, "state: gathered"); d.State != Gathered || len(d.Objects) > 0 {
		t.Errorf("gathered: %+v", d)
	}
}

// TestGiven tells apart what is not said, what is empty, and what is there.
func TestGiven(t *testing.T) {
	d := decoded(t, "bridges: [{name: a}, {name: b, ports: [], addresses: []}, {name: c, ports: '', gateway: ''}, {name: d, routes: []}]")
	for i, want := range []struct{ ports, l3 bool }{{false, false}, {true, true}, {false, false}, {false, true}} {
		if o := d.Objects[i]; (o.Ports != nil) != want.ports || o.L3 != want.l3 {
			t.Errorf("%s: ports %v, L3 %v", o.Name, o.Ports, o.L3)
		}
	}
}

func TestArgs(t *testing.T) {
	args := `{"_ansible_check_mode": true, "bonds": [{"name": "b", "miimon": "100", "members": "x,y"}],
 "_ansible_version": "2.19.1", "_ansible_tmpdir": null, "_ansible_syslog_facility": {"a": [1, 2]}, "_ansible_new": 1e3}`
	d, own, problems, warnings := ReadArgs([]byte(args))
	if len(problems)+len(warnings) > 0 || len(d.Objects) != 1 {
		t.Errorf("%v %v %v", d, problems, warnings)
	}
	want := map[string]string{"_ansible_check_mode": "true", "_ansible_version": `"2.19.1"`, "_ansible_tmpdir": "null",
		"_ansible_syslog_facility": `{"a": [1, 2]}`, "_ansible_new": "1e3"}
	got := map[string]string{}
	for key, raw := range own {
		got[key] = string(raw)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	_, _, problems, _ = ReadArgs([]byte(`{"_ansible_diff": true, "bonds": [{"_ansible_x": 1}], "ansible_y": 2}`))
	if got := Problems(problems).Error(); got != `ansible_y: unknown key "ansible_y" (known are state, prune, persist, confirm_timeout, probes, probe_timeout, result, max_disruption, ethernets, bonds, vlans, bridges, segments, rules)
bonds[0]._ansible_x: unknown key "_ansible_x"` {
		t.Errorf("got %s", got)
	}
	if _, own, problems := DecodeArgs([]byte(`{"_ansible_diff": true`)); len(problems) != 1 || own == nil {
		t.Errorf("cut off: %v %v", own, problems)
	}
	if _, _, problems := DecodeArgs([]byte(`[]`)); len(problems) != 1 || problems[0].Err != ErrType {
		t.Errorf("a list: %v", problems)
	}
}

// samples are documents that use every key.
func samples(t *testing.T) []string {
	t.Helper()
	list := []string{seed, "state: gathered", "state: absent\n" + seed, "bonds: []", "vlans: [{parent: p, id: 5}]",
		`ethernets: [{name: x, mtu: 9000, description: "\u00e4 \U0001F600 'x' \"y\" \\ # {"}]`}
	files, _ := filepath.Glob("testdata/*.yaml")
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, string(b))
	}
	return list
}

// TestEncode: what Encode writes, in JSON and in YAML, Decode reads back to the same document.
func TestEncode(t *testing.T) {
	for _, input := range samples(t) {
		d := decoded(t, input)
		tree := d.Encode()
		for name, text := range map[string]string{"x.json": string(tree.JSON()), "x.yaml": string(tree.YAML())} {
			again, problems := Decode([]byte(text), name)
			if diff := cmp.Diff(d, again, exactly); diff != "" || len(problems) > 0 {
				t.Errorf("%s\n%s%v\n%s", name, text, Problems(problems), diff)
			}
			if i := strings.IndexFunc(text, func(r rune) bool { return r > '~' || r < ' ' && r != '\n' }); i >= 0 {
				t.Errorf("%s: not ASCII at %d: %s", name, i, text)
			}
		}
	}
}

func TestEncodeText(t *testing.T) {
	tree := decoded(t, seed+"bridges: [{name: 'on', addresses: [{address: '2001:db8::1/64', nodad: true}], routes: [{to: default, via: 'fe80::1', metric: 5}]}]").Encode()
	want := `bonds:
  - name: bond0
    mode: active-backup
    miimon: 100
    members: [eth0, eth1]
bridges:
  - name: "on"
    addresses:
      - address: "2001:db8::1/64"
        nodad: true
    routes:
      - to: default
        via: "fe80::1"
        metric: 5
segments:
  - id: 16
    parent: bond0
    bridge: vlan16
    host_access: true
    addresses: [192.0.2.10/24]
    gateway: 192.0.2.1
  - id: 32
    parent: bond0
    bridge: vlan32
    host_access: true
    addresses: [198.51.100.10/24]
  - id: 48
    parent: bond0
    bridge: vlan48
    host_access: false
`
	if diff := cmp.Diff(want, string(tree.YAML())); diff != "" {
		t.Error(diff)
	}
	wantJSON := `{
  "state": "absent",
  "bridges": [
    {
      "name": "a",
      "ports": ["x", "y"]
    }
  ]
}
`
	if diff := cmp.Diff(wantJSON, string(decoded(t, "{state: absent, bridges: [{name: a, ports: [x, y]}]}").Encode().JSON())); diff != "" {
		t.Error(diff)
	}
}
