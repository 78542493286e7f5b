package spec

import (
	"fmt"
	"strings"
	"testing"

	"hostnet-module/tests/bad"
)

// FuzzCost: whatever is read costs what bombs may cost, and no more is said of it than of them.
func FuzzCost(f *testing.F) {
	for _, b := range bad.Bombs() {
		if len(b.Text) < 8<<10 {
			f.Add([]byte(b.Text), strings.HasSuffix(b.Name, ".json"))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, isJSON bool) {
		name := map[bool]string{true: "x.json", false: "x.yaml"}[isJSON]
		var d *Document
		var problems, warnings []Problem
		if n := allocated(func() { d, problems, warnings = Read(data, name) }); n > mostAllocated {
			t.Errorf("%d bytes take %d MiB", len(data), n>>20)
		}
		if len(d.Objects) > 2*maxObjects || len(problems) > Most+1 || len(warnings) > Most+1 {
			t.Errorf("%d objects, %d problems, %d warnings", len(d.Objects), len(problems), len(warnings))
		}
	})
}

// TestMergeIsBounded: what stands on what goes is found in one pass, however it is listed; and no more than so many options are tried to find which of them
// contradict a later document.
func TestMergeIsBounded(t *testing.T) {
	const n = 3000
	var chain, bonds, modes []string
	for i := range n {
		chain = append(chain, fmt.Sprintf(`{"name": "v%d", "parent": "v%d", "id": 7}`, n-i, n-i-1))
	}
	got, problems := Merge(good(t, `{"ethernets": [{"name": "v0"}], "vlans": [`+strings.Join(chain, ",")+`]}`), good(t, `{"vlans": [{"name": "v1", "state": "absent"}]}`))
	if len(problems) > 0 || len(got.Objects) != 1 {
		t.Errorf("%d objects are left, %.200s", len(got.Objects), Problems(problems).Error())
	}
	for i := range n / 2 {
		bonds = append(bonds, fmt.Sprintf(`{"name": "b%d", "mode": "active-backup", "miimon": 100, "updelay": 200, "primary": "a%[1]d", "members": ["a%[1]d"]}`, i))
		modes = append(modes, fmt.Sprintf(`{"name": "b%d", "mode": "802.3ad", "arp_interval": 0}`, i))
	}
	earlier, later := good(t, `{"bonds": [`+strings.Join(bonds, ",")+`]}`), good(t, `{"bonds": [`+strings.Join(modes, ",")+`]}`)
	if n := allocated(func() { _, problems = Merge(earlier, later) }); len(problems) == 0 || n > 2<<30 {
		t.Errorf("%d problems, %d MiB", len(problems), n>>20)
	}
	// One bond that changes its mode beside thousands of segments still does.
	got, problems = Merge(good(t, mergeBond+"segments: [{ids: 1-4000, parent: bond0, bridge: 'x{id}'}]"), good(t, "bonds: [{name: bond0, arp_interval: 200, arp_ip_target: [192.0.2.1]}]"))
	if len(problems) > 0 || got.Find("bond0").Attrs.Has("miimon") {
		t.Error(Problems(problems))
	}
}
