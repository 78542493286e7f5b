package plan_test

import (
	"slices"
	"strings"
	"testing"

	"hostnet-module/module/plan"
	"hostnet-module/module/spec"
	"hostnet-module/tests/fake"
)

// TestBackupPort: the other port joins first, and must be one.
func TestBackupPort(t *testing.T) {
	h, err := fake.Parse("lo: up\neth0: up mtu 1500\neth1: up mtu 1500\neth2: up mtu 1500\n")
	if err != nil {
		t.Fatal(err)
	}
	make := func(text string) (*plan.Plan, []spec.Problem) {
		doc, problems, _ := spec.Read([]byte(text), "test.yaml")
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		p, problems, err := plan.Make(doc, h, plan.Last{})
		if err != nil {
			t.Fatal(err)
		}
		return p, problems
	}
	p, problems := make("bridges: [{name: br0, ports: [{name: eth0, backup_port: eth1}, {name: eth1, backup_port: eth0}]}]")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	joined := map[string]bool{}
	set := 0
	for _, s := range p.Steps {
		if s.Master != nil {
			joined[s.Link] = true
		}
		if other := s.Port.S("backup_port"); other != "" {
			set++
			if !joined[other] {
				t.Errorf("%s: %s is no port yet", s, other)
			}
		}
	}
	if set != 2 {
		t.Errorf("%v", p.Steps)
	}
	_, problems = make("bridges: [{name: br0, ports: [{name: eth0, backup_port: eth2}, {name: eth1, backup_port: eth1}]}]")
	var got []string
	for _, p := range problems {
		got = append(got, p.Path+": "+p.Message)
	}
	want := []string{`bridges[0].ports[0].backup_port: "eth2": is not another of the ports of br0`, `bridges[0].ports[1].backup_port: "eth1": is not another of the ports of br0`}
	if !slices.Equal(got, want) {
		t.Error(strings.Join(got, "\n"))
	}
}
