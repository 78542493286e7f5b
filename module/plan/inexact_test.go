package plan_test

import (
	"fmt"
	"strings"
	"testing"

	"hostnet-module/module/plan"
	"hostnet-module/module/spec"
	"hostnet-module/tests/fake"
)

// TestInexact: what no rollback brings back is said before the run, once, and only where a link is made anew.
func TestInexact(t *testing.T) {
	host := "lo: up\neth0: up mtu 1500 address 00:16:3e:00:00:01\n"
	var wanted, same []string
	for i := range 5 {
		host += fmt.Sprintf("v%d: vlan link eth0 up mtu 1500 address 00:16:3e:00:00:01 id %d\n", i, 20+i)
		wanted = append(wanted, fmt.Sprintf("{name: v%d, id: %d, parent: eth0}", i, 30+i))
		same = append(same, fmt.Sprintf("{name: v%d, id: %d, parent: eth0, mtu: 1400}", i, 20+i))
	}
	h, err := fake.Parse(host)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"vlans: [" + strings.Join(wanted, ", ") + "]": "vlans[0]: v0, v1, v2, 2 more: made anew; no rollback brings back what bridges have learned",
		"vlans: [" + wanted[3] + "]":                  "vlans[0]: v3: made anew; no",
		"vlans: [" + strings.Join(same, ", ") + "]":   "",
		"vlans: [{name: v9, id: 9, parent: eth0}]":    "",
	} {
		doc, problems, _ := spec.Read([]byte(text), "test.yaml")
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		p, problems, err := plan.Make(doc, h, plan.Last{})
		if err != nil || len(problems) > 0 {
			t.Fatal(err, problems)
		}
		got := strings.Join(p.Warnings, "\n")
		if want == "" && got != "" || !strings.HasPrefix(got, want) || strings.Count(got, "\n") > 0 {
			t.Errorf("%s: %q", text, got)
		}
	}
}
