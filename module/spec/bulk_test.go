package spec

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestBulk: a segment with ids is what its segments are, written one by one.
func TestBulk(t *testing.T) {
	long := "segments:\n"
	for _, id := range []int{100, 101, 102, 300} {
		long += fmt.Sprintf("  - {id: %d, parent: bond0, bridge: vlan%[1]d, mtu: 1400, addresses: ['2001:db8:%[1]d::10/64', 198.51.%d.%d/24], gateway: '2001:db8:%[1]d::1', description: 'network %[4]d of {a: b}'}\n",
			id, id/100, id%100+1, id+1000*2-5)
	}
	const more = `parent: bond0, bridge: "vlan{id}", mtu: 1400, addresses: ["2001:db8:{id}::10/64", "198.51.{id//100}.{ id % 100 + 1 }/24"], gateway: "2001:db8:{id}::1", description: "network {id+1000*2-5} of {a: b}"}]`
	for _, ids := range []string{"[100-102, 300]", "'100-102,300'", "[100, 101, '102', 300]", "['100 - 101', 102, 300]", `"['100-102', 300]"`} {
		short := "segments: [{ids: " + ids + ", " + more
		if diff := cmp.Diff(decoded(t, long).Objects, decoded(t, short).Objects, byMeaning); diff != "" {
			t.Errorf("%s: %s", ids, diff)
		}
	}
	for _, same := range []string{"ids: null, id: 16", "ids: '', id: 16", "ids: 16"} {
		if diff := cmp.Diff(decoded(t, "segments: [{id: 16, parent: bond0, bridge: br0}]").Objects, decoded(t, "segments: [{"+same+", parent: bond0, bridge: br0}]").Objects, byMeaning); diff != "" {
			t.Errorf("%s: %s", same, diff)
		}
	}
}

func TestBulkProblems(t *testing.T) {
	for input, want := range map[string]string{
		"{ids: 100-99, parent: bond0, bridge: 'v{id}'}":                                    `line 1, column 19: segments[0].ids[0]: "100-99": the range runs backwards`,
		"{ids: '1,5-7,6', parent: bond0, bridge: 'v{id}'}":                                 `line 1, column 19: segments[0].ids[2]: "6": 6 is listed already`,
		"{ids: 4000-4095, parent: bond0, bridge: 'v{id}'}":                                 `segments[0].ids[0]: "4000-4095": must be a VLAN from 1-4094, or a range of them like 100-110`,
		"{ids: 1-2, id: 3, parent: bond0, bridge: 'v{id}'}":                                `segments[0].id: id goes with no ids`,
		"{ids: 1-2, parent: bond0, bridge: br0}":                                           `line 1, column 47: segments[0].bridge: "br0": would be the bridge of all 2 ids: it must contain {id}`,
		"{ids: 1-2, parent: bond0, bridge: 'br{ID}'}":                                      `segments[0].bridge: "br{ID}": would be the bridge of all 2 ids: it must contain {id}`,
		"{ids: 7, parent: bond0, bridge: 'br{ID}'}":                                        `segments[0](id 7).bridge: "br{ID}": "{ID}": is no expression with id`,
		"{ids: 7, parent: bond0, bridge: 'br{id%0}'}":                                      `segments[0](id 7).bridge: "br{id%0}": "{id%0}": divides by 0`,
		"{ids: 254-257, parent: bond0, bridge: 'v{id}', mtu: '{id*10}'}":                   ``,
		"{ids: '117,118', parent: bond0, bridge: 'bridge-of-vlan{id-17}'}":                 `line 1, column 53: segments[0](id 117).bridge: "bridge-of-vlan100": must have 1-15 bytes, has 17`,
		"{ids: 200-300, parent: bond0, bridge: 'v{id}', addresses: ['2001:db8::{id}/64']}": `segments[0](id 201).addresses[0]`,
		"{id: 100-199, parent: bond0, bridge: br0}":                                        `segments[0].id: "100-199": must be one number from 1-4094`,
	} {
		_, problems, _ := Read([]byte("{segments: ["+input+"]}"), "x.yaml")
		var got []string
		for _, p := range problems {
			got = append(got, p.String())
		}
		if ok := slices.ContainsFunc(got, func(g string) bool { return strings.Contains(g, want) }); want == "" && len(got) > 0 || want != "" && !ok {
			t.Errorf("%s:\nwant %s\ngot  %s", input, want, strings.Join(got, "\n     "))
		}
	}
}

// TestCalculate holds expressions against what Python says of them.
func TestCalculate(t *testing.T) {
	for text, want := range map[string]int{"id": 117, " id ": 117, "id+1000": 1117, "1000 - id * 2": 766, "id//10%7": 4, "id % 100 + 1": 18, "7": 7,
		"(id)": -1, "id id": -1, "": -1, "id+": -1, "id/2": -1, "-id": -1, "id*1000000*1000000": -1, "(3-id)": -1, "3-id//10": -8, "3-5-id": -119} {
		got, err := calculate(text, 117)
		if err != nil {
			got = -1
		}
		if got != want {
			t.Errorf("%q: %d (%v), want %d", text, got, err, want)
		}
	}
}
