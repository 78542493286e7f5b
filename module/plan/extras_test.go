package plan_test

import (
	"strings"
	"testing"

	"hostnet-module/module/attr"
	"hostnet-module/module/plan"
	"hostnet-module/module/spec"
	"hostnet-module/module/state"
	"hostnet-module/tests/fake"
)

const burdened = `
lo: up
eth0: up mtu 1500 address 00:16:3e:00:00:01
eth1: up mtu 1500 address 00:16:3e:00:00:02
bond0: bond up mtu 1500 address 00:16:3e:00:00:01 mode active-backup
stor: vlan link bond0 up mtu 1500 address 00:16:3e:00:00:01 id 16
br0: bridge up mtu 1500 address 00:16:3e:00:00:01
vif1.0: veth up mtu 1500 address 00:16:3e:00:00:09 master br0
`

func entry(sort state.EntrySort, bridge, words string) state.Entry {
	data := "x"
	if sort == state.Queueing {
		data = ""
	}
	return state.Entry{Sort: sort, Bridge: bridge, Words: words, Data: data}
}

// TestExtras: what a link loses is put back in the run that costs it, or named before.
func TestExtras(t *testing.T) {
	for _, tt := range []struct{ name, document, steps, not, warnings string }{
		{"made anew", "vlans: [{name: stor, parent: bond0, id: 17}]",
			"sysctl -w net.ipv4.conf.stor.rp_filter=2|echo f >/sys/class/net/stor/queues/rx-0/rps_cpus|ip link property add dev stor altname storage|neigh replace 192.0.2.7 dev stor",
			"fdb", "stor loses for good: tc qdisc tbf 7: of stor"},
		{"taken away", "vlans: [{name: stor, state: absent}]", "ip link del stor", "altname|neigh|sysctl", "stor goes, and no rollback could bring back: tc qdisc tbf 7: of stor"},
		{"down and up", "bonds: [{name: bond0, mode: 802.3ad, miimon: 100}]", "neigh replace 192.0.2.7 dev stor|neigh replace 192.0.2.8 dev bond0", "altname|sysctl", ""},
		{"a member", "bonds: [{name: bond0, mode: active-backup, members: [eth1]}]", "neigh replace 192.0.2.9 dev eth1", "altname|sysctl", ""},
		{"the bridge goes", "bridges: [{name: br0, state: absent}]", "ip link del br0", "fdb", "vif1.0 loses for good: bridge fdb replace 02:00:00:00:00:11 dev vif1.0 master static"},
		{"nothing", "vlans: [{name: stor, parent: bond0, id: 16, mtu: 1400}]", "mtu 1400", "neigh|altname|sysctl", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h, err := fake.Parse(burdened)
			if err != nil {
				t.Fatal(err)
			}
			h.Link("stor").Extras = &state.Extras{
				Settings: attr.Of(attr.Item{Row: attr.FileRow("/proc/sys/net/ipv4/conf/*/rp_filter"), Value: attr.Str("2")}, attr.Item{Row: attr.FileRow("/sys/class/net/*/queues/rx-0/rps_cpus"), Value: attr.Str("f")}),
				Entries: []state.Entry{entry(state.AltName, "", "ip link property add dev * altname storage"), entry(state.Queueing, "", "tc qdisc tbf 7: of *"),
					entry(state.Neighbour, "", "ip neigh replace 192.0.2.7 dev *")}}
			h.Link("bond0").Extras = &state.Extras{Entries: []state.Entry{entry(state.Neighbour, "", "ip neigh replace 192.0.2.8 dev *")}}
			h.Link("eth1").Extras = &state.Extras{Entries: []state.Entry{entry(state.Neighbour, "", "ip neigh replace 192.0.2.9 dev *")}}
			h.Link("vif1.0").Extras = &state.Extras{Entries: []state.Entry{entry(state.Forward, "br0", "bridge fdb replace 02:00:00:00:00:11 dev * master static")}}
			doc, problems, _ := spec.Read([]byte(tt.document), "test.yaml")
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			p, problems, err := plan.Make(doc, h, plan.Last{})
			if err != nil || len(problems) > 0 {
				t.Fatal(err, problems)
			}
			var steps []string
			for _, s := range p.Steps {
				steps = append(steps, s.String())
			}
			all := strings.Join(steps, "\n")
			for word := range strings.SplitSeq(tt.steps, "|") {
				if !strings.Contains(all, word) {
					t.Errorf("no step has %q:\n%s", word, all)
				}
			}
			for word := range strings.SplitSeq(tt.not, "|") {
				if strings.Contains(all, word) {
					t.Errorf("a step has %q:\n%s", word, all)
				}
			}
			if got := strings.Join(p.Warnings, "\n"); tt.warnings != "" && !strings.Contains(got, tt.warnings) || tt.warnings == "" && strings.Contains(got, "loses for good") {
				t.Errorf("warnings %q, want %q", got, tt.warnings)
			}
		})
	}
}

// TestLosing: a run that takes nothing down looks no deeper than any other.
func TestLosing(t *testing.T) {
	for document, want := range map[string]string{
		"vlans: [{name: v9, parent: bond0, id: 9}]":                           "",
		"vlans: [{name: stor, parent: bond0, id: 16, mtu: 1400}]":             "",
		"vlans: [{name: stor, parent: bond0, id: 17}]":                        "stor whole",
		"bridges: [{name: br0, state: absent}]":                               "br0 whole, vif1.0 port",
		"bonds: [{name: bond0, mode: active-backup, members: [vif1.0]}]":      "vif1.0 port",
		"bridges: [{name: br1, ports: [vif1.0]}, {name: br0, ports: []}]":     "vif1.0 port",
		"bonds: [{name: bond0, mode: active-backup, description: something}]": "",
	} {
		h, err := fake.Parse(burdened)
		if err != nil {
			t.Fatal(err)
		}
		doc, problems, _ := spec.Read([]byte(document), "test.yaml")
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		p, problems, err := plan.Make(doc, h, plan.Last{})
		if err != nil || len(problems) > 0 {
			t.Fatal(err, problems)
		}
		depths := plan.Losing(h, p.Steps)
		var got []string
		for _, l := range []string{"eth1", "stor", "br0", "vif1.0"} {
			if d := depths[l]; d > state.Brief {
				got = append(got, l+" "+map[state.Depth]string{state.Port: "port", state.Whole: "whole"}[d])
			}
		}
		if text := strings.Join(got, ", "); text != want || want == "" && len(depths) > 0 {
			t.Errorf("%s: %q %v, want %q", document, text, depths, want)
		}
	}
}
