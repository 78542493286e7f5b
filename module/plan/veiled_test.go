package plan_test

import (
	"slices"
	"strings"
	"testing"

	"hostnet-module/module/plan"
	"hostnet-module/module/spec"
	"hostnet-module/tests/fake"
)

// TestVeiled: what the kernel does not tell for a while is neither compared nor set, and that is said; everything else is.
func TestVeiled(t *testing.T) {
	const warning = "bridges[0].ageing_time: br0: not compared and not set, as the kernel hides it while topology_change is on; the next run after that does"
	for _, tc := range []struct{ has, text, steps, warning string }{
		{"topology_change 1", "ageing_time: 60000", "", warning},
		{"topology_change 1", "ageing_time: 60000, max_age: 700", "ip link set br0 type bridge max_age 700", warning},
		{"topology_change 1", "max_age: 600", "", ""},
		{"topology_change 0 ageing_time 30000", "ageing_time: 60000", "ip link set br0 type bridge ageing_time 60000", ""},
		{"topology_change 0 ageing_time 60000", "ageing_time: 60000", "", ""},
	} {
		h, err := fake.Parse("lo: up\nbr0: bridge up mtu 1500 address 00:16:3e:00:00:01 stp_state 1 max_age 600 " + tc.has + "\n")
		if err != nil {
			t.Fatal(err)
		}
		doc, problems, _ := spec.Read([]byte("bridges: [{name: br0, "+tc.text+"}]"), "test.yaml")
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
		if got := strings.Join(steps, "\n"); got != tc.steps || !slices.Equal(p.Warnings, strings.Split(tc.warning, "\n")) && (tc.warning != "" || len(p.Warnings) > 0) {
			t.Errorf("%s, %s: %q, warnings %q", tc.has, tc.text, got, p.Warnings)
		}
	}
}
