package plan_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hostnet-module/module/plan"
	"hostnet-module/module/state"
	"hostnet-module/tests/fake"
)

const balanced = `
eth0: up address 00:16:3e:00:00:09 master bond0 port mii_status up
eth1: up address 00:16:3e:00:07:01 master bond0 port mii_status up
bond0: bond up address 00:16:3e:00:07:01 mode balance-tlb active_slave eth1
bond0.16: vlan link bond0 up address 00:16:3e:00:07:01 id 16
`

// TestPicks: what drivers pick by themselves is asked for again, the active member first, then the MACs, if that can be had and our steps had to do with it.
func TestPicks(t *testing.T) {
	bond := state.Step{Op: state.LinkSet, Link: "bond0", Kind: "bond"}
	const ask, was = "ip link set bond0 type bond active_slave eth1", "bond0: active_slave was eth1 before the run and is eth0 now: "
	other := [2]string{"active_slave eth1", "active_slave eth0"}
	for name, tt := range map[string]struct {
		steps   []state.Step
		change  []string // old, new, old, new … of what there is now
		plugged string
		dead    string // had no carrier before
		want    []string
	}{
		"same":          {steps: []state.Step{bond}, plugged: "eth0 eth1"},
		"bond":          {steps: []state.Step{bond}, change: other[:], plugged: "eth0 eth1", want: []string{ask}},
		"member":        {steps: []state.Step{{Op: state.LinkSet, Link: "eth0", Master: state.To("")}}, change: other[:], plugged: "eth1", want: []string{ask}},
		"joins":         {steps: []state.Step{{Op: state.LinkSet, Link: "eth7", Master: state.To("bond0")}}, change: other[:], plugged: "eth1", want: []string{ask}},
		"not ours":      {steps: []state.Step{{Op: state.LinkSet, Link: "bond0.16", Kind: "vlan"}}, change: other[:], plugged: "eth0 eth1"},
		"none":          {steps: []state.Step{bond}, change: []string{" active_slave eth1", ""}, plugged: "eth1", want: []string{ask}},
		"no carrier":    {steps: []state.Step{bond}, change: other[:], plugged: "eth0", want: []string{"soon " + was + "eth1 has no carrier"}},
		"down":          {steps: []state.Step{bond}, change: append(other[:], "eth1: up", "eth1: down"), plugged: "eth0", want: []string{was + "eth1 is down"}},
		"updelay":       {steps: []state.Step{bond}, change: append(other[:], "07:01 master bond0 port mii_status up", "07:01 master bond0 port mii_status going_back"), plugged: "eth1", want: []string{"soon " + was + "eth1 has mii_status going_back"}},
		"elsewhere":     {steps: []state.Step{bond}, change: append(other[:], "07:01 master bond0 port mii_status up", "07:01"), plugged: "eth1", want: []string{was + "eth1 is none of its members any more"}},
		"another mode":  {steps: []state.Step{bond}, change: []string{"balance-tlb active_slave eth1", "balance-rr"}, plugged: "eth0 eth1"},
		"preferred":     {steps: []state.Step{bond}, change: other[:], plugged: "eth0 eth1", dead: "eth0"},
		"MAC":           {steps: []state.Step{bond}, change: []string{"00:09", "00:02"}, plugged: "eth1", want: []string{"ip link set eth0 address 00:16:3e:00:00:09"}},
		"MAC, later":    {steps: []state.Step{bond}, change: append(other[:], "00:09", "00:02"), plugged: "eth1", want: []string{ask}},
		"bond's own":    {steps: []state.Step{bond}, change: []string{"bond up address 00:16:3e:00:07:01", "bond up address 00:16:3e:00:07:02", "00:09", "00:02"}, plugged: "eth1"},
		"another thing": {steps: []state.Step{bond}, change: []string{"bond0: bond up address 00:16:3e:00:07:01 mode balance-tlb active_slave eth1", "bond0: bridge up", " port mii_status up", "", " port mii_status up", ""}, plugged: "eth1"},
	} {
		before, err := fake.Parse(balanced)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range before.Links {
			l.Seen.Carrier = l.Name != tt.dead
		}
		text := balanced
		for i := 0; i < len(tt.change); i += 2 {
			if !strings.Contains(text, tt.change[i]) {
				t.Fatalf("%s: there is no %q", name, tt.change[i])
			}
			text = strings.Replace(text, tt.change[i], tt.change[i+1], 1)
		}
		now, err := fake.Parse(text)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, l := range now.Links {
			l.Seen.Carrier = strings.Contains(tt.plugged, l.Name)
		}
		var got []string
		for _, p := range plan.Picks(now, before, tt.steps) {
			switch {
			case p.Lacks == "":
				got = append(got, p.Step.String())
			case p.Soon:
				got = append(got, "soon "+p.String())
			default:
				got = append(got, p.String())
			}
			if err := now.Apply(p.Step); (err != nil) != (strings.Contains(p.Lacks, "is ")) {
				t.Errorf("%s: %s: the model says %v", name, p, err)
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
