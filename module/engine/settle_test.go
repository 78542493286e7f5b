package engine_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hostnet-module/module/attr"
	"hostnet-module/module/engine"
	"hostnet-module/module/kind"
	"hostnet-module/module/plan"
	"hostnet-module/module/spec"
	"hostnet-module/module/state"
	"hostnet-module/module/store"
	"hostnet-module/tests/fake"
)

// later lets things happen on the fake host, one after the other, each some time after the last.
func later(k *fake.Kernel, steps ...func(*state.Host)) {
	k.Happen = func(h *state.Host) bool {
		if len(steps) == 0 {
			return false
		}
		time.Sleep(300 * time.Millisecond) // of synctest's clock
		steps[0](h)
		steps = steps[1:]
		return true
	}
}

func run(t *testing.T, k *fake.Kernel, text string) engine.Outcome {
	t.Helper()
	return engine.Runner{Kernel: k, Dir: store.Dir(t.TempDir())}.Run(context.Background(), document(t, text))
}

// awaited prints what was waited for.
func awaited(out engine.Outcome) []string {
	var list []string
	for _, a := range out.Awaited {
		list = append(list, fmt.Sprintf("%s %s %s %v", a.Link, a.What, a.Took, a.Arrived))
	}
	return list
}

// TestSettles: a member's carrier comes late, the bond's with it, an address is checked; all of it is waited for and told.
func TestSettles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &fake.Kernel{Host: host(t, bare), Unplugged: []string{"eth1", "br0"}}
		tentative := func(on bool) func(*state.Host) {
			return func(h *state.Host) {
				a := &h.Link("br0").Addresses[0]
				a.Flags &^= state.FlagTentative
				if on {
					a.Flags |= state.FlagTentative
				}
			}
		}
		later(k, func(*state.Host) {}, func(*state.Host) { k.Unplugged = []string{"br0"} }, func(h *state.Host) { k.Unplugged = nil; tentative(true)(h) }, tentative(false))
		out := run(t, k, `bridges: [{name: br0, ports: [eth1], addresses: ["2001:db8::10/64"]}]`)
		want := []string{"eth1 carrier 600ms true", "br0 carrier 300ms true", "br0 duplicate address detection of 2001:db8::10 300ms true"}
		if got := awaited(out); out.Failed != nil || !slices.Equal(got, want) {
			t.Errorf("%v\ngot  %q\nwant %q", out.Failed, got, want)
		}
	})
}

// TestSettlesInTime: what does not come is a warning after its time, and the next run does not wait for it again.
func TestSettlesInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &fake.Kernel{Host: host(t, bare), Unplugged: []string{"eth1"}}
		dir := store.Dir(t.TempDir())
		for _, mtu := range []string{"1500", "1400"} {
			start := time.Now()
			out := engine.Runner{Kernel: k, Dir: dir}.Run(context.Background(), document(t, "bridges: [{name: br0, ports: [eth0, eth1], mtu: "+mtu+"}]"))
			took, first := time.Since(start), mtu == "1500"
			if out.Failed != nil || first != (took >= state.AwaitMost) || took > 2*state.AwaitMost {
				t.Errorf("mtu %s: %v after %s", mtu, out.Failed, took)
			}
			if warned := slices.Contains(out.Warnings, "eth1: still without carrier after 5s"); warned != first {
				t.Errorf("mtu %s: warnings %q", mtu, out.Warnings)
			}
		}
	})
}

// TestDuplicateAddress: an address that somebody else has is a failure, and put back.
func TestDuplicateAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &fake.Kernel{Host: host(t, bare), Unplugged: []string{"eth1"}}
		later(k, func(h *state.Host) { h.Link("br0").Addresses[0].Flags |= state.FlagDadFailed | state.FlagTentative })
		out := run(t, k, `bridges: [{name: br0, ports: [eth1], addresses: ["2001:db8::10/64"]}]`)
		var other *plan.Duplicate
		if !errors.As(out.Failed, &other) || !out.RolledBack || !strings.Contains(out.Failed.Error(), "another host there has 2001:db8::10") {
			t.Errorf("got %v, rolled back %v", out.Failed, out.RolledBack)
		}
	})
}

// TestProtocols: LACP and spanning tree, by what the kernel tells of bonds and of ports.
func TestProtocols(t *testing.T) {
	before, now := host(t, bare), host(t, `
lo: up
eth0: up master br0 mtu 1500 address 00:16:3e:00:00:01 permaddr 00:16:3e:00:00:01
eth1: up master bond0 mtu 1500 address 00:16:3e:00:00:02 permaddr 00:16:3e:00:00:02
bond0: bond up mtu 1500 address 00:16:3e:00:00:02 mode 802.3ad
br0: bridge up mtu 1500 address 00:16:3e:00:00:01 stp_state 1 forward_delay 400
`)
	for _, l := range now.Links {
		l.Seen.Carrier = true
	}
	now.Link("eth0").Port.Put(kind.Bridge.Port.Must("state"), attr.Num(1))
	now.Link("eth1").Port.Put(kind.Bond.Port.Must("ad_actor_oper_port_state"), attr.Num(0x47))
	now.Link("bond0").Attrs.Put(kind.Bond.Rows.Must("ad_partner_mac"), attr.Str("00:00:00:00:00:00"))
	steps := []state.Step{{Op: state.LinkAdd, Link: "bond0"}, {Op: state.LinkAdd, Link: "br0"}, {Op: state.LinkSet, Link: "eth0", Master: state.To("br0")},
		{Op: state.LinkSet, Link: "eth1", Master: state.To("bond0")}}
	look := func() []string {
		waits, err := plan.Stirred(before, steps).Unsettled(now)
		if err != nil {
			t.Fatal(err)
		}
		var list []string
		for _, w := range waits {
			list = append(list, fmt.Sprintf("%s: %s, %s", w.Link, w.What, w.Most))
		}
		return list
	}
	want := []string{"eth0: forwarding (spanning tree), 10s", "eth1: LACP aggregation, 10s", "bond0: an LACP partner, 10s"}
	if got := look(); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	now.Link("eth0").Port.Put(kind.Bridge.Port.Must("state"), attr.Num(4)) // blocking: it has come to its end
	now.Link("eth1").Port.Put(kind.Bond.Port.Must("ad_actor_oper_port_state"), attr.Num(0x3f))
	now.Link("bond0").Attrs.Put(kind.Bond.Rows.Must("ad_partner_mac"), attr.Str("02:00:00:00:00:01"))
	if got := look(); len(got) > 0 {
		t.Errorf("got %q", got)
	}
}

const probed = `
bridges: [{name: br0, ports: [eth1], addresses: [203.0.113.10/24, "2001:db8::10/64"], gateway: [203.0.113.1, "2001:db8::1"]}]
probes: [gateway, {ping: 198.51.100.1}, {tcp: "mirror.example:443"}]
probe_timeout: 5
`

// TestProbes: all must answer in time; what did before is told apart from what did not.
func TestProbes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		changed := time.Time{}
		k := &fake.Kernel{Host: host(t, bare)}
		k.Refuse = func(int, state.Step) error { changed = time.Now(); return nil }
		k.Answers = func(link string, ip netip.Addr) error {
			if ip.Is6() && time.Since(changed) < 1700*time.Millisecond { // not before the change, and late after it
				return errors.New("no answer")
			}
			return nil
		}
		want := k.Host.String()
		for mirror, wantErr := range map[bool]string{true: "", false: "probe tcp mirror.example:443: connection refused after 10 attempts in 5s (it answered before the change)"} {
			k.Host, changed = host(t, bare), time.Now()
			r := engine.Runner{Kernel: k, Dir: store.Dir(t.TempDir()), Attempt: func(_ context.Context, p spec.Probe) error {
				if p.Kind == spec.ProbeTCP && !mirror && k.Host.Link("br0") != nil {
					return errors.New("connection refused")
				}
				return nil
			}}
			out := r.Run(context.Background(), document(t, probed))
			switch {
			case wantErr == "" && out.Failed != nil, wantErr != "" && (out.Failed == nil || out.Failed.Error() != wantErr):
				t.Errorf("mirror %v: got %v, want %q", mirror, out.Failed, wantErr)
			case wantErr != "" && (!out.RolledBack || !sameHost(k.Host.String(), want)):
				t.Errorf("mirror %v: rolled back %v\n%s", mirror, out.RolledBack, k.Host)
			}
			var got []string
			for _, p := range out.Probes {
				got = append(got, fmt.Sprintf("%s: %v, %d, before %v", p.Probe, p.Answered, p.Attempts, p.Before))
			}
			list := []string{"gateway 203.0.113.1 on br0: true, 1, before false", "gateway 2001:db8::1 on br0: true, 5, before false",
				"ping 198.51.100.1: true, 1, before true", "tcp mirror.example:443: true, 1, before true"}
			if !mirror {
				list[3] = "tcp mirror.example:443: false, 10, before true"
			}
			if !slices.Equal(got, list) {
				t.Errorf("mirror %v: got %q", mirror, got)
			}
		}
	})
}

// TestProbesWithoutChange: nothing is asked where nothing changes, nor in check mode.
func TestProbesWithoutChange(t *testing.T) {
	k := &fake.Kernel{Host: host(t, bare)}
	asked := 0
	k.Answers = func(string, netip.Addr) error { asked++; return nil }
	r := engine.Runner{Kernel: k, Dir: store.Dir(t.TempDir()), Attempt: func(context.Context, spec.Probe) error { asked++; return nil }}
	for _, check := range []bool{true, false, false} {
		r.Check = check
		if out := r.Run(context.Background(), document(t, probed)); out.Failed != nil || len(out.Problems) > 0 {
			t.Fatal(out.Failed, out.Problems)
		}
		// Two gateways whose network no link has before the change, and twice two others.
		if want := map[bool]int{true: 0, false: 6}[check]; asked != want {
			t.Errorf("check %v: asked %d times, want %d", check, asked, want)
		}
	}
}
