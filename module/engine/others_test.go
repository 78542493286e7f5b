package engine_test

import (
	"context"
	"io/fs"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"hostnet-module/module/engine"
	"hostnet-module/module/store"
	"hostnet-module/tests/fake"
)

// TestOtherManagers: what else configures the links of a document is a warning, in check mode too, and in each run.
func TestOtherManagers(t *testing.T) {
	namespace := &fstest.MapFile{Data: []byte("net:[4026531840]"), Mode: fs.ModeSymlink}
	root := fstest.MapFS{
		"proc/1/ns/net": namespace, "proc/self/ns/net": namespace, "proc/77/ns/net": namespace, "sbin/ifup": {},
		"proc/77/cmdline":        {Data: []byte("/sbin/dhclient\x00eth1\x00")},
		"etc/network/interfaces": {Data: []byte("auto eth0 br9\niface eth0 inet dhcp\niface br9 inet dhcp\n")},
		"etc/netplan/a.yaml":     {Data: []byte("network: {bridges: {vlan48: {}}}\n")}, "usr/sbin/netplan": {},
	}
	want := []string{
		"eth0 is also configured by ifupdown: /etc/network/interfaces:2; it will fight over it (remove the stanza, without ifdown: the link stays up)",
		"eth1 is also configured by dhclient: process 77; it will fight over it (stop it: kill 77, and take it out of what starts it)",
		"vlan48 is also configured by netplan: /etc/netplan/a.yaml:1; it will fight over it (remove it there; netplan apply would take over, and so does each boot)",
	}
	k := &fake.Kernel{Host: host(t, bare)}
	r := engine.Runner{Kernel: k, Dir: store.Dir(t.TempDir()), Root: root}
	for _, check := range []bool{true, false, false} {
		r.Check = check
		out := r.Run(context.Background(), document(t, classic))
		if diff := cmp.Diff(want, out.Warnings); diff != "" || out.Failed != nil {
			t.Errorf("check %v: %v %s", check, out.Failed, diff)
		}
	}
	delete(root, "proc/1/ns/net")
	if out := r.Run(context.Background(), document(t, classic)); len(out.Warnings) > 0 {
		t.Error(out.Warnings)
	}
}
