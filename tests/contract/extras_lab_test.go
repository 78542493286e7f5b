//go:build lab

package contract

import (
	"context"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"hostnet-module/module/attr"
	"hostnet-module/module/kernel"
	"hostnet-module/module/kind"
	"hostnet-module/module/state"
)

// givenByHand is what no document says, on links of each kind.
const givenByHand = `ip link add m0 type veth peer name pm0
ip link set pm0 up
ip link add bond0 address 00:16:3e:00:00:77 type bond mode active-backup
ip link set m0 master bond0
ip link set bond0 up
ip link add link bond0 name bond0.16 up type vlan id 16
ip link add br0 address 00:16:3e:00:00:88 up type bridge
ip link set eth2 master br0
ip addr add 198.51.100.10/24 dev bond0.16
ip link property add dev eth1 altname uplink
ip link set eth1 promisc on txqueuelen 333
ip neigh add 192.0.2.7 lladdr 02:00:00:00:00:07 nud permanent dev eth0
ip neigh add proxy 192.0.2.8 dev eth0
ip neigh add 2001:db8:16::7 lladdr 02:00:00:00:00:07 nud permanent dev eth0
ip neigh add 192.0.2.9 lladdr 02:00:00:00:00:07 nud permanent dev eth1
ip neigh add 198.51.100.7 lladdr 02:00:00:00:00:07 nud permanent dev bond0.16
ip neigh add proxy 2001:db8::8 dev bond0.16
ip neigh add 198.51.100.8 lladdr 02:00:00:00:00:07 nud permanent dev bond0
ip neigh add 198.51.100.9 lladdr 02:00:00:00:00:07 nud permanent dev br0
ip nexthop add id 5 dev eth0
ip nexthop add id 6 dev bond0.16
ip nexthop add id 7 group 6
ip maddr add 01:00:5e:00:00:99 dev eth1
bridge fdb add 02:00:00:00:00:11 dev eth2 master static
bridge fdb add 02:00:00:00:00:12 dev eth2 master permanent
bridge fdb add 02:00:00:00:00:13 dev br0 self local
bridge fdb add 02:00:00:00:00:14 dev eth2 self
bridge mdb add dev br0 port eth2 grp 239.1.1.1 permanent
echo 2 >/proc/sys/net/ipv4/conf/eth0/rp_filter
echo 77 >/proc/sys/net/ipv6/neigh/bond0.16/gc_stale_time
echo 1 >/proc/sys/net/ipv4/conf/bond0.16/proxy_arp
`

// TestKernelLosesExtras holds what the model says of settings and entries of tables against the kernel: what each step costs, and that what is put back
// is what was there.
func TestKernelLosesExtras(t *testing.T) {
	inNamespace(t, func(k *kernel.Kernel) {
		if out, err := exec.Command("sh", "-ec", givenByHand).CombinedOutput(); err != nil { // in the namespace of the thread
			t.Errorf("%v: %s", err, out)
			return
		}
		first := deepLook(t, k)
		if n := len(extraLines(first)); n < 25 {
			t.Errorf("%d extras were seen:\n%s", n, strings.Join(extraLines(first), "\n"))
		}
		for _, steps := range [][]state.Step{
			{change(nic, "eth0", "up", "false"), change(nic, "eth0", "up", "true")},
			{change(kind.Bond, "bond0", "up", "false"), change(kind.Bond, "bond0", "up", "true")},
			{change(nic, "eth0", "mac", "00:16:3e:00:00:42"), change(kind.Bond, "bond0", "mac", "00:16:3e:00:00:43")},
			{sysctl("eth0", "true"), sysctl("bond0.16", "true"), sysctl("eth0", "false")},
			{addr(state.AddrDel, "eth0", "192.0.2.10/24"), addr(state.AddrDel, "bond0.16", "198.51.100.10/24")},
			{change(nic, "eth1", "up", "false"), master("eth1", "bond0"), master("eth1", "")},
			{change(nic, "eth2", "up", "false"), change(kind.Bridge, "br0", "up", "false"), change(nic, "eth2", "up", "true"), change(kind.Bridge, "br0", "up", "true")},
			{master("eth2", ""), master("eth2", "br0")},
			{master("eth2", ""), change(nic, "eth2", "up", "false"), master("eth2", "bond0"), master("eth2", ""), master("eth2", "br0")},
			{del("br0")},
			{del("bond0.16")},
			{del("bond0")},
		} {
			for _, s := range steps {
				before := deepLook(t, k)
				_ = before.Apply(s)
				if _, err := k.Do(context.Background(), []state.Step{s}); err != nil {
					t.Errorf("%s: %v", s, err)
				}
				if want, got := extraLines(before), extraLines(known(deepLook(t, k), before)); !slices.Equal(want, got) {
					t.Errorf("%s: of this the kernel has one and the model the other:\n%s", s, strings.Join(apart(got, want), "\n"))
				}
			}
			putBackExtras(t, k, first)
		}
	})
}

// apart are the lines that are in one list alone, with its sign.
func apart(plus, minus []string) (lines []string) {
	for _, l := range plus {
		if !slices.Contains(minus, l) {
			lines = append(lines, "kernel: "+l)
		}
	}
	for _, l := range minus {
		if !slices.Contains(plus, l) {
			lines = append(lines, "model: "+l)
		}
	}
	return lines
}

// putBackExtras puts back what the links that are still there can have, and looks whether it is what was there.
func putBackExtras(t *testing.T, k *kernel.Kernel, first *state.Host) {
	t.Helper()
	now := deepLook(t, k)
	for _, l := range now.Links {
		was := first.Link(l.Name)
		if was == nil || was.Extras == nil {
			continue
		}
		for _, e := range was.Extras.Entries {
			if s := (state.Step{Op: state.EntryAdd, Link: l.Name, Entry: &e}); l.Fits(e) && e.Sort != state.NextHopGroup {
				if _, err := k.Do(context.Background(), []state.Step{s}); err != nil {
					t.Errorf("%s: %v", s, err)
				}
				_ = now.Apply(s)
			}
		}
	}
	if want, got := extraLines(now), extraLines(deepLook(t, k)); !slices.Equal(want, got) {
		t.Errorf("put back: of this the kernel has one and the model the other:\n%s", strings.Join(apart(got, want), "\n"))
	}
}

// known leaves out what the model does not foresee: the neighbours of a link whose hardware address may have changed.
func known(real, model *state.Host) *state.Host {
	for _, l := range real.Links {
		if m := model.Link(l.Name); m != nil && m.MAC() == "" && l.Extras != nil {
			l.Extras.Entries = slices.DeleteFunc(l.Extras.Entries, func(e state.Entry) bool { return e.Sort == state.Neighbour })
		}
	}
	return real
}

func deepLook(t *testing.T, k *kernel.Kernel) *state.Host {
	t.Helper()
	h := look(t, k)
	depths := map[string]state.Depth{}
	for _, l := range h.Links {
		depths[l.Name] = state.Whole
	}
	if err := k.Extras(context.Background(), h, depths); err != nil {
		t.Fatal(err)
	}
	return h
}

func extraLines(h *state.Host) (lines []string) {
	for _, l := range h.Links {
		if l.Extras == nil || strings.HasPrefix(l.Name, "p") || l.Seen.Loopback {
			continue
		}
		for r, v := range l.Extras.Settings.All() {
			if v != (attr.Value{}) {
				lines = append(lines, l.Name+" "+r.Name+" "+r.Text(v))
			}
		}
		for _, e := range l.Extras.Entries {
			lines = append(lines, e.Line(l.Name))
		}
	}
	slices.Sort(lines)
	return lines
}
