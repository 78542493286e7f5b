package spec

import (
	"runtime"
	"strings"
	"testing"

	"hostnet-module/tests/bad"
)

// mostAllocated is what a reading may allocate in all, most of it to be collected again. The parser of YAML takes the most, for objects in braces.
const mostAllocated = 256 << 20

// allocated counts what a function allocates.
func allocated(do func()) int {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return int(after.TotalAlloc - before.TotalAlloc)
}

// TestBombs: no document below 1 MiB makes more work than an honest one. What is refused has a place, and says what is allowed.
func TestBombs(t *testing.T) {
	for _, b := range bad.Bombs() {
		t.Run(b.Name, func(t *testing.T) {
			if len(b.Text) > 1<<20 {
				t.Fatalf("a bomb of %d bytes", len(b.Text))
			}
			var problems, warnings []Problem
			if n := allocated(func() { _, problems, warnings = Read([]byte(b.Text), b.Name) }); n > mostAllocated {
				t.Errorf("%d MiB were allocated", n>>20)
			}
			text := Problems(problems).Error()
			if !strings.Contains(text, b.Says) || (b.Says == "") != (len(problems) == 0) {
				t.Errorf("want %q, got %.400s", b.Says, text)
			}
			if n := len(text) + len(Problems(warnings).Error()); n > 200<<10 {
				t.Errorf("%d bytes are said", n)
			}
			if first := problems; len(first) > 0 && first[0].Line == 0 && strings.HasSuffix(b.Name, ".yaml") {
				t.Errorf("%s: no place", first[0])
			}
		})
	}
}

// TestBombsUnder: the same, as one value of a larger file, as text and as it is.
func TestBombsUnder(t *testing.T) {
	for _, text := range []string{
		`{"hostnet": {"segments": [` + strings.Repeat(`{"ids": "1-4094", "parent": "b", "bridge": "a{id}"},`, 19) + `{}]}}`,
		`{"hostnet": "segments: [` + strings.Repeat(`{ids: 1-4094, parent: b, bridge: 'a{id}'},`, 19) + `{}]"}`,
		"hostnet:\n a: &a [x,x,x,x,x,x,x,x,x,x]\n b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n bonds: [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]",
	} {
		var problems []Problem
		n := allocated(func() { _, problems, _, _ = ReadUnder([]byte(text), "", "hostnet") })
		if len(problems) == 0 || n > 64<<20 {
			t.Errorf("%.60s: %d MiB, %v", text, n>>20, Problems(problems))
		}
	}
}

// TestComparisons: what is held against each of many others is held against so many and no more.
func TestComparisons(t *testing.T) {
	for _, b := range bad.Bombs() {
		if !strings.HasPrefix(b.Name, "targets") {
			continue
		}
		d, _ := Decode([]byte(b.Text), b.Name)
		c := newChecker(d, nil)
		warnTargets(c)
		if most := manyTargets + 2*len(d.Objects); c.targets > most || c.targets < manyTargets/2 {
			t.Errorf("%s: %d comparisons, at most %d are expected", b.Name, c.targets, most)
		}
	}
}

// TestLargest: the largest honest documents are taken: every VLAN with a bridge on it, in the three ways of saying so.
func TestLargest(t *testing.T) {
	const more = `parent: bond0, mtu: 9000, addresses: ["198.51.{id//256}.{id%256}/32", "2001:db8:{id}::10/64"], gateway: "2001:db8:{id}::1", routes: [{to: "2001:db8:ffff:{id}::/64", via: "2001:db8:{id}::2", metric: 50}], description: "network {id}"`
	bond := "bonds: [{name: bond0, mtu: 9000, miimon: 100, members: [eth0, eth1]}]\nethernets: [{name: eth0, mtu: 9000}, {name: eth1, mtu: 9000}]\n"
	short, problems, _ := Read([]byte(bond+`segments: [{ids: 1-4093, bridge: "vlan{id}", `+strings.ReplaceAll(more, `gateway: "2001:db8:{id}::1", `, "")+"}]"), "short.yaml")
	if len(problems) > 0 || len(short.Objects) != 3+2*4093 {
		t.Fatalf("%d objects, %.300s", len(short.Objects), Problems(problems).Error())
	}
	for _, text := range [][]byte{short.Encode().JSON(), short.Encode().YAML(), apart(short).Encode().JSON(), apart(short).Encode().YAML()} {
		d, problems, _ := Read(text, "")
		if len(problems) > 0 || len(d.Objects) != len(short.Objects) {
			t.Errorf("%.40s: %d bytes, %d objects, %.300s", text, len(text), len(d.Objects), Problems(problems).Error())
		}
	}
}

// apart is a document whose segments are written out as VLANs and bridges.
func apart(d *Document) *Document {
	out := &Document{State: Present}
	for _, o := range d.Objects {
		o = o.clone()
		o.Path = ""
		out.Objects = append(out.Objects, o)
	}
	return out
}
