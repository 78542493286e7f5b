//go:build lab

package real

import (
	"os"
	"strings"
	"syscall"
	"testing"

	"hostnet-module/tests/lab/topo"
)

// TestRefused: the kernel refuses a step near the start, in the middle and at the end of different plans. Everything is as
// before, and the message names the step and the kernel's words.
func TestRefused(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		prepare  []string
		document string
		step     string
		words    string
	}{
		"the first step": {[]string{"ip link property add dev eth1 altname bond0"}, classic, "ip link add name bond0", "file exists"},
		"a member that is in use": {[]string{"ip link add link eth1 name mv0 type macvlan"}, classic,
			"ip link set eth1 master bond0", "in use"},
		"an address in the middle": {[]string{"sh -c 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6'"}, classic,
			"ip addr replace 2001:db8:16::10/64", "permission denied"},
		"the last step, with the live address moved": {[]string{"ip addr add 192.0.2.10/24 dev eth0", "ip -6 addr add 2001:db8:16::10/64 dev eth0 nodad",
			"ip route add default via 192.0.2.1 dev eth0", "ip route add 198.18.99.0/24 via 192.0.2.99 dev eth0", "ip -6 route add default via 2001:db8:16::1 dev eth0"},
			strings.Replace(classic, "bridge: vlan32,", "bridge: vlan32, routes: [{to: 198.18.5.0/24, via: 198.51.100.1, source: 198.51.100.99}],", 1),
			"198.18.5.0/24", "invalid"},
		"teardown of a bridge with guests": {nil, "", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tt.document == "" {
				refusedTeardown(t)
				return
			}
			w := topo.New(t)
			w.Host.Run("ip link set eth0 up")
			w.Host.Run("ip link set eth1 up")
			for _, line := range tt.prepare {
				w.Host.Run("%s", line)
			}
			refused(t, w, tt.document, tt.step, tt.words)
		})
	}
}

func refused(t *testing.T, w *topo.World, document, step, words string) {
	t.Helper()
	before := picture(w)
	r := run(t, w, document)
	if !r.Failed || !r.RolledBack || len(r.NotRestored) > 0 || r.exit != 1 {
		t.Errorf("failed %v, exit %d, rolled back %v, not restored %q: %s", r.Failed, r.exit, r.RolledBack, r.NotRestored, r.Msg)
	}
	if !strings.Contains(r.Msg, step) || !strings.Contains(strings.ToLower(r.Msg), words) {
		t.Errorf("the message does not name %q and %q: %s", step, words, r.Msg)
	}
	if after := picture(w); sortLines(after) != sortLines(before) {
		t.Errorf("not as before:\n%s", difference(before, after))
	}
}

// refusedTeardown takes a guest's bridge away and then fails at an address that the kernel does not take: the bridge is
// back, with the guest's port in it.
func refusedTeardown(t *testing.T) {
	w := topo.New(t)
	apply(t, w, classic)
	w.Guest("vif1.0", "vlan32", "198.51.100.20/24")
	w.Host.Sysctl("net.ipv6.conf.default.disable_ipv6", "1")
	document := "segments: [{id: 32, parent: bond0, bridge: vlan32, state: absent}]\n" +
		"bridges: [{name: brx, addresses: [\"2001:db8:77::1/64\"], routes: [{to: 198.18.5.0/24, via: 198.51.100.1, source: 198.51.100.99, onlink: true}]}]"
	r := run(t, w, document)
	if !r.RolledBack || len(r.NotRestored) > 0 {
		t.Fatalf("rolled back %v, not restored %q: %s", r.RolledBack, r.NotRestored, r.Msg)
	}
	want(t, "vif1.0's master", link(w, "vif1.0")["master"], "vlan32")
	want(t, "changed by a run of the old document", apply(t, w, classic).Changed, false)
}

// TestBadDocuments: twelve faults, each with its path; nothing is touched.
func TestBadDocuments(t *testing.T) {
	t.Parallel()
	w := topo.New(t)
	before := picture(w)
	for _, tt := range []struct{ document, path, words string }{
		{"bonds: [", "", ""},
		{"bond: []", "bond", "bonds"},
		{"bonds: [{name: bond0, mode: active_backup, members: [eth0]}]", "bonds[0].mode", "active-backup"},
		{"bonds: [{name: bond0, members: [eth7]}]", "bonds[0].members[0]", "eth0"},
		{"bonds: [{name: bond0, miimon: fast}]", "bonds[0].miimon", "0-"},
		{"bonds: [{name: bond0, members: [eth0]}, {name: bond0, members: [eth1]}]", "bonds[1].name", "bond0"},
		{"vlans: [{parent: eth0, id: 4095}]", "vlans[0].id", "4094"},
		{"vlans: [{parent: bond9, id: 16}]", "vlans[0].parent", "bond9"},
		{"bridges: [{name: br0, addresses: [192.0.2.10/33]}]", "bridges[0].addresses[0]", "32"},
		{"bridges: [{name: br0, addresses: [192.0.2.10/24], gateway: 198.51.100.1}]", "bridges[0].gateway", "198.51.100.1"},
		{"bridges: [{name: br0, host_access: false, addresses: [192.0.2.10/24]}]", "bridges[0]", "host_access"},
		{"bridges: [{name: a-bridge-with-a-long-name}]", "bridges[0].name", "15"},
		{"bridges: [{name: eth0}]", "bridges[0]", "eth0"},
		{"bridges: [{name: br0, ports: [eth0]}, {name: br1, ports: [eth0]}]", "bridges[1].ports[0]", "br0"},
		{"{bonds: [], probes: [gateway]}", "probes[0]", "gateway"},
	} {
		r := run(t, w, tt.document)
		if r.exit != 2 || len(r.Problems) == 0 || r.Changed {
			t.Errorf("%s: exit %d, problems %v: %s", tt.document, r.exit, r.Problems, r.Msg)
			continue
		}
		if p := r.Problems[0]; !strings.HasPrefix(p.Path, tt.path) || !strings.Contains(p.Message+p.Hint, tt.words) {
			t.Errorf("%s: %q: %s (%s); want the path %q and the word %q", tt.document, p.Path, p.Message, p.Hint, tt.path, tt.words)
		}
	}
	all := run(t, w, "bonds: [{name: bond0, mode: x, miimon: y, nonsense: z}]")
	want(t, "problems reported at once", len(all.Problems), 3)
	want(t, "the host after all that", picture(w), before)
}

// TestNotRoot gets a clear word, and --check works all the same.
func TestNotRoot(t *testing.T) {
	t.Parallel()
	w := topo.New(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	out := w.Host.Exec(classic, self, asNobody, program, "--format", "json", "-")
	if out.Exit != 1 || !strings.Contains(out.Stdout, "root") || !strings.Contains(out.Stdout, `"failed":true`) {
		t.Errorf("exit %d: %s%s", out.Exit, out.Stdout, out.Stderr)
	}
	out = w.Host.Exec(classic, self, asNobody, program, "--check", "--format", "json", "-")
	if out.Exit != 0 || !strings.Contains(out.Stdout, "would be created") {
		t.Errorf("--check: exit %d: %s%s", out.Exit, out.Stdout, out.Stderr)
	}
}

// asNobody as the first argument makes the test binary run the others without privilege.
const asNobody = "as-nobody"

func becomeNobody(argv []string) error {
	for _, drop := range []func() error{func() error { return syscall.Setgroups(nil) },
		func() error { return syscall.Setgid(65534) }, func() error { return syscall.Setuid(65534) }} {
		if err := drop(); err != nil {
			return err
		}
	}
	return syscall.Exec(argv[0], argv, os.Environ())
}
