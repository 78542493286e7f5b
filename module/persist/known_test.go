package persist_test

import (
	"os"
	"path/filepath"
	"testing"

	"hostnet-module/module/store"
	"hostnet-module/tests/many"
)

// TestKnown: that a large document is in the one that boots is found out once; what that costs is counted in allocations. Whatever changes in
// either of the two, it is found out anew.
func TestKnown(t *testing.T) {
	d := newDesk(t, systemd)
	d.Known = store.Dir(t.TempDir())
	doc := document(t, many.Document(1024, ""))
	d.keep(many.Document(1024, ""))
	cost := func() float64 {
		return testing.AllocsPerRun(1, func() {
			if p, problems := d.Make(doc); len(problems) > 0 || p.Changed() {
				t.Fatal(problems, p.Object)
			}
		})
	}
	before := cost()
	p, _ := d.Make(doc)
	p.Note()
	if after := cost(); after > before/3 {
		t.Errorf("%.0f allocations, %.0f once it is known", before, after)
	}
	if p, problems := d.Make(document(t, many.Document(1024, ", mtu: 1400"))); len(problems) > 0 || !p.Changed() {
		t.Errorf("another document: %v", problems)
	}
	name := filepath.Join(d.Root, "etc/hostnet/hostnet.yaml")
	if err := os.WriteFile(name, []byte("bonds: []\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if p, problems := d.Make(doc); len(problems) > 0 || !p.Changed() {
		t.Errorf("another one that boots: %v", problems)
	}
	d.keep("bonds: [{name: bond0, mode: active-backup, members: [eth0]}]")
	p, _ = d.Make(document(t, "bonds: [{name: bond0, mode: active-backup, members: [eth0]}]"))
	p.Note()
	if data, err := d.Known.Read("in-boot"); err != nil || len(data) != 64 {
		t.Errorf("noted: %q %v", data, err)
	}
}
