//go:build lab

package contract

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"hostnet-module/module/kernel"
	"hostnet-module/module/kind"
	"hostnet-module/module/plan"
	"hostnet-module/module/state"
	"hostnet-module/tests/await"
)

// inNamespace gives the test a network namespace of its own, on a thread that ends with it, with three NICs.
func inNamespace(t *testing.T, f func(k *kernel.Kernel)) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // never unlocked: the thread and its namespace end together
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			t.Error(err)
			return
		}
		for _, line := range strings.Split(nics, "\n") {
			if out, err := exec.Command("ip", strings.Fields(line)...).CombinedOutput(); err != nil && line != "" {
				t.Errorf("ip %s: %v: %s", line, err, out)
				return
			}
		}
		k, err := kernel.Dial()
		if err != nil {
			t.Error(err)
			return
		}
		defer k.Close()
		f(k)
	}()
	<-done
}

const nics = `link set lo up
link add eth0 address 00:16:3e:00:00:01 type veth peer name p0
link add eth1 address 00:16:3e:00:00:02 type veth peer name p1
link add eth2 address 00:16:3e:00:00:03 type veth peer name p2
link set p0 addrgenmode none up
link set p1 addrgenmode none up
link set p2 addrgenmode none up
link set eth0 up
link set eth1 up
link set eth2 up
addr add 192.0.2.10/24 dev eth0
addr add 2001:db8:16::10/64 dev eth0 nodad
addr change 2001:db8:16::10/64 dev eth0
route add default via 192.0.2.1 dev eth0`

func TestKernel(t *testing.T) {
	for _, sc := range scenarios {
		t.Run(sc.name, func(t *testing.T) {
			inNamespace(t, func(k *kernel.Kernel) {
				for _, r := range sc.rows {
					err := compare(t, k, r.step)
					if (err != nil) != r.refused {
						t.Errorf("%s: the kernel says %v, want a refusal: %v", r.step, err, r.refused)
					}
				}
			})
		})
	}
}

// TestMTU follows bridges from their making on, and members from their joining: whether somebody has set a bridge's MTU is not to be seen on
// it afterwards, nor on a member what it had before.
func TestMTU(t *testing.T) {
	for _, sc := range scenarios {
		if !strings.Contains(sc.name, "MTU") {
			continue
		}
		t.Run(sc.name, func(t *testing.T) {
			inNamespace(t, func(k *kernel.Kernel) {
				ctx := context.Background()
				model, err := k.Snapshot(ctx)
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range sc.rows {
					foreseen := model.Apply(r.step)
					_, err := k.Do(ctx, []state.Step{r.step})
					real, seen := k.Snapshot(ctx)
					if foreseen != nil || err != nil || seen != nil {
						t.Fatal(r.step, foreseen, err, seen)
					}
					for _, l := range real.Links {
						if m := model.Link(l.Name); m == nil || m.MTU() != l.MTU() {
							t.Errorf("%s: %s has MTU %d, the model says\n%s", r.step, l.Name, l.MTU(), model)
						}
					}
				}
			})
		})
	}
}

// TestRandomSteps sends steps that somebody might send in any order; the model must foresee each.
func TestRandomSteps(t *testing.T) {
	for seed := range uint64(10) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			inNamespace(t, func(k *kernel.Kernel) {
				rnd := rand.New(rand.NewPCG(seed, 7))
				for range 40 {
					compare(t, k, randomStep(rnd))
					if t.Failed() {
						return
					}
				}
			})
		})
	}
}

// compare sends a step to the kernel and to the model, from what the kernel is before, and compares what comes of it.
func compare(t *testing.T, k *kernel.Kernel, s state.Step) error {
	t.Helper()
	ctx := context.Background()
	before, err := k.Snapshot(ctx)
	if err != nil {
		t.Fatal(err)
	}
	model := before.Clone()
	foreseen := model.Apply(s)
	_, real := k.Do(ctx, []state.Step{s})
	after, err := k.Snapshot(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if (foreseen == nil) != (real == nil) {
		t.Errorf("%s: the kernel says %v, the model %v, on\n%s", s, real, foreseen, before)
	}
	faults := unforeseen(model, after)
	if len(faults) > 0 { // newer kernels raise the VLANs of a link that has come up in their own time
		await.Until(10*time.Second, func() bool {
			if after, err = k.Snapshot(ctx); err != nil {
				t.Fatal(err)
			}
			faults = unforeseen(model, after)
			return len(faults) == 0
		})
	}
	if len(faults) > 0 {
		t.Errorf("%s: the model did not foresee: %s\nbefore:\n%s\nafter:\n%s", s, strings.Join(faults, "; "), before, after)
	}
	return real
}

// unforeseen lists where the kernel's host is not the model's. What the model does not say it does not foresee; what the
// kernel makes by itself (link-local addresses, connected routes) is not compared.
func unforeseen(model, real *state.Host) []string {
	var faults []string
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	for _, r := range real.Links {
		if model.Link(r.Name) == nil {
			fault("%s is there", r.Name)
		}
	}
	for _, m := range plan.Goal(model).Links {
		r := real.Link(m.Name)
		if r == nil {
			fault("%s is gone", m.Name)
			continue
		}
		if m.Master != r.Master || m.Parent != r.Parent {
			fault("%s has master %q, parent %q", m.Name, r.Master, r.Parent)
		}
		for row, v := range m.Attrs.All() {
			if have, ok := r.Attrs.Get(row.Name); ok && !row.Equal(v, have) && row.Applies(r.Attrs) {
				fault("%s: %s is %s, not %s", m.Name, row.Name, row.Text(have), row.Text(v))
			}
		}
		if want, got := given(m), given(r); !slices.Equal(want, got) {
			fault("%s: addresses %v, not %v", m.Name, got, want)
		}
		if m.VLANs != nil && !slices.Equal(m.VLANs, r.VLANs) {
			fault("%s: VLANs %v, not %v", m.Name, r.VLANs, m.VLANs)
		}
	}
	if want, got := routes(model), routes(real); !slices.Equal(want, got) {
		fault("routes %v, not %v", got, want)
	}
	if !slices.EqualFunc(model.Rules, real.Rules, state.Rule.Same) {
		fault("rules %v, not %v", real.Rules, model.Rules)
	}
	return faults
}

func given(l *state.Link) []string {
	var list []string
	for _, a := range l.Addresses {
		if !a.Kernel() {
			list = append(list, a.Prefix.String())
		}
	}
	slices.Sort(list)
	return list
}

func routes(h *state.Host) []string {
	var list []string
	for _, r := range h.Routes {
		if !r.Kernel() {
			list = append(list, r.String())
		}
	}
	slices.Sort(list)
	return list
}

func randomStep(rnd *rand.Rand) state.Step {
	pick := func(of ...string) string { return of[rnd.IntN(len(of))] }
	links := []string{"eth0", "eth1", "eth2", "bond0", "bond0.16", "bond0.32", "br0", "br1"}
	link := pick(links...)
	switch rnd.IntN(16) {
	case 0:
		return add(kind.Bond, "bond0", "mode", pick("active-backup", "balance-rr", "802.3ad"), "up", pick("true", "false"), "mac", "00:16:3e:00:00:77")
	case 1:
		return vlan("bond0", pick("bond0.16", "bond0.32"), pick("16", "32"))
	case 2:
		return add(kind.Bridge, pick("br0", "br1"), "up", pick("true", "false"), "mac", "00:16:3e:00:00:88", "vlan_filtering", pick("true", "false"))
	case 3, 4:
		return change(nic, link, "up", pick("true", "false"))
	case 5:
		return change(nic, pick("eth0", "eth1", "eth2", "bond0", "bond0.16", "br0"), "mtu", pick("1300", "1400", "1500"))
	case 6, 7:
		return master(pick("eth1", "eth2"), pick("bond0", "bond0", "br0", ""))
	case 8:
		return master(pick("bond0.16", "bond0.32"), pick("br0", "br1", ""))
	case 9:
		return addr(state.AddrAdd, link, pick("192.0.2.11/24", "198.51.100.10/24", "198.51.100.11/24", "2001:db8:7::1/64"))
	case 10:
		return addr(state.AddrDel, link, pick("192.0.2.10/24", "192.0.2.11/24", "198.51.100.10/24", "2001:db8:7::1/64"))
	case 11:
		return route(pick2(rnd, state.RouteAdd, state.RouteDel), "203.0.113.0/24", pick("192.0.2.1", "198.51.100.1"), link)
	case 12:
		return change(kind.Bond, "bond0", "mode", pick("active-backup", "802.3ad"))
	case 13:
		port := pick("br0", "br1") // a bridge is always in its own table; a port would have to be one
		first := uint16(1 + rnd.IntN(4))
		return state.Step{Op: pick2(rnd, state.VLANAdd, state.VLANDel), Link: port, Self: true, LastID: first + uint16(rnd.IntN(3)),
			VLAN: state.VLAN{ID: first, Untagged: rnd.IntN(2) == 0}}
	case 14:
		return change(kind.Bridge, "br0", "vlan_default_pvid", pick("0", "1", "3"))
	}
	return del(pick(append(links[3:], "bond0.16", "br1")...))
}

func pick2(rnd *rand.Rand, a, b state.Op) state.Op { return []state.Op{a, b}[rnd.IntN(2)] }
