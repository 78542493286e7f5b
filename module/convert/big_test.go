package convert

import (
	"fmt"
	"strings"
	"testing"
)

// many is a host of n VLANs with a bridge on each, where each VLAN has an address and a gateway in its bridge's network.
func many(n int) string {
	var b strings.Builder
	b.WriteString("network:\n  ethernets: {eth0: {}}\n  vlans:\n")
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&b, "    v%d: {id: %d, link: eth0, addresses: [\"2001:db8:%x::2/64\"], gateway6: \"2001:db8:%x::1\"}\n", i, i, i, i)
	}
	b.WriteString("  bridges:\n")
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&b, "    b%d: {interfaces: [v%d], addresses: [\"2001:db8:%x::3/64\"]}\n", i, i, i)
	}
	return b.String()
}

// Problems that have nothing to do with each other are taken out together: a host of 4,094 VLANs is looked at a few times.
func TestManyProblemsFewLooks(t *testing.T) {
	const n = 4094
	f := files{"a.yaml": many(n)}
	p, err := readNetplan(f, []string{"a.yaml"}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := p.result()
	if p.looks > 10 {
		t.Errorf("%d looks", p.looks)
	}
	if len(r.Left) != 2*n || strings.Count(string(r.Document.YAML()), "::3/64") != n {
		t.Errorf("%d are left, %d addresses", len(r.Left), strings.Count(string(r.Document.YAML()), "::3/64"))
	}
}
