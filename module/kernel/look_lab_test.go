//go:build lab

package kernel

import (
	"context"
	"testing"
)

// TestLook: some links, asked for one by one, are what the snapshot says of them; those that are not there are left out, and
// one that has come since the snapshot is found.
func TestLook(t *testing.T) {
	namespace(t)
	run(t, "set -e\n"+everything)
	t.Cleanup(func() { run(t, "ip netns del far") })
	k, err := Dial()
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	if _, err := k.Snapshot(context.Background()); err != nil {
		t.Fatal(err)
	}
	run(t, "ip link add link bond0 name bond0.99 type vlan id 99\nip link set bond0.99 master vlan48\nip addr add 192.0.2.99/32 dev bond0.99")
	names, some := []string{"bond0", "bond0.99", "eth0", "nobody", "vlan16", "vlan48"}, map[string]bool{}
	for _, name := range names {
		some[name] = true
	}
	// Carrier and address detection go on for a moment: both have to look at one picture.
	for try := 0; ; try++ {
		before := k.Stats()
		got, err := k.Look(context.Background(), names)
		if err != nil {
			t.Fatal(err)
		}
		if n := k.Stats().Lookups - before.Lookups; n != len(names) {
			t.Errorf("%d lookups for %d names", n, len(names))
		}
		all, err := k.Snapshot(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if l := got.Link("bond0.99"); l == nil || l.Master != "vlan48" || len(l.Addresses) == 0 || len(l.VLANs) == 0 {
			t.Fatalf("the new link is %+v", l)
		}
		if want, got := all.Only(some).String(), got.String(); want != got && try == 20 {
			t.Errorf("a snapshot says\n%s\na look\n%s", want, got)
		} else if want == got {
			return
		}
	}
}
