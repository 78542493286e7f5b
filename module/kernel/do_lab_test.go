//go:build lab

package kernel

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"hostnet-module/module/attr"
	"hostnet-module/module/kind"
	"hostnet-module/module/state"
)

// TestRefusals holds the words of refusals against the real kernel's.
func TestRefusals(t *testing.T) {
	b := newBench(t)
	b.must(state.Step{Op: state.LinkAdd, Link: "b", Kind: "bond", Attrs: items(kind.Bond.Rows, "mode active-backup")})
	b.must(power("m0", true))
	for _, tc := range []struct {
		step  state.Step
		errno error
		want  string // in the text
	}{
		{state.Step{Op: state.LinkSet, Link: "m0", Master: state.To("b")}, nil, "Device can not be enslaved while up"},
		{state.Step{Op: state.LinkSet, Link: "b", Kind: "bond", Attrs: items(kind.Bond.Rows, "lacp_rate fast")}, nil, "option not supported in mode (lacp_rate)"},
		{state.Step{Op: state.LinkAdd, Link: "b", Kind: "bridge"}, unix.EEXIST, ""},
		{state.Step{Op: state.LinkSet, Link: "nobody", Attrs: items(kind.Common, "up 1")}, unix.ENODEV, `no link "nobody"`},
		{state.Step{Op: state.LinkAdd, Link: "w", Kind: "nosuchkind"}, unix.EOPNOTSUPP, "Unknown device type"},
		{state.Step{Op: state.RouteAdd, Route: &state.Route{Dst: netip.MustParsePrefix("0.0.0.0/0"), Via: netip.MustParseAddr("192.0.2.1"), Dev: "m0"}}, unix.ENETUNREACH, "Nexthop has invalid gateway"},
	} {
		n, err := b.k.Do(context.Background(), []state.Step{power("m0", true), tc.step, {Op: state.LinkDel, Link: "m1"}})
		var r *state.Refusal
		if !errors.As(err, &r) || n != 1 {
			t.Errorf("%s: %d done, %v", tc.step, n, err)
			continue
		}
		if tc.errno != nil && !errors.Is(err, tc.errno) || !strings.Contains(r.Text, tc.want) {
			t.Errorf("%s: %v %q, want %v %q", tc.step, r.Errno, r.Text, tc.errno, tc.want)
		}
	}
}

// TestChosenByKernel: a link whose index the kernel chose is found by its name, and one that was made anew is not mistaken for the old.
func TestChosenByKernel(t *testing.T) {
	b := newBench(t)
	for range 2 {
		b.must(state.Step{Op: state.LinkAdd, Link: "br", Kind: "bridge"})
		b.must(power("br", true))
		b.must(state.Step{Op: state.LinkAdd, Link: "v", Parent: "br", Kind: "vlan", Attrs: items(kind.VLAN.Rows, "id 5")})
		if l := b.link("v"); l.Parent != "br" {
			t.Errorf("parent %q", l.Parent)
		}
		b.must(state.Step{Op: state.LinkDel, Link: "br"})
	}
	b.must(state.Step{Op: state.LinkAdd, Link: "br", Kind: "bridge", Index: 4711})
	if l := b.link("br"); l.Index != 4711 {
		t.Errorf("index %d", l.Index)
	}
	// A link that went with its parent is made anew: the step that brings it up means the new one.
	b.must(state.Step{Op: state.LinkAdd, Link: "v", Parent: "br", Kind: "vlan", Attrs: items(kind.VLAN.Rows, "id 5")})
	b.must(state.Step{Op: state.LinkDel, Link: "br"})
	run(t, "ip link add v type dummy")
	if err := b.do(power("v", true)); err != nil {
		t.Errorf("a link that was made by another name's owner: %v", err)
	}
}

// TestPrimaryTakenBack: iproute2 has no word for it, the kernel has.
func TestPrimaryTakenBack(t *testing.T) {
	b := newBench(t)
	b.must(state.Step{Op: state.LinkAdd, Link: "b", Kind: "bond", Attrs: items(kind.Bond.Rows, "mode active-backup primary m1")})
	b.members("b")
	b.must(set("b", kind.Bond, kind.Bond.Rows.Must("primary"), attr.Str("")))
	if l := b.link("b"); l.Attrs.S("primary") != "" {
		t.Errorf("primary is still %q", l.Attrs.S("primary"))
	}
}

// TestAlias: 255 bytes fit, and none takes it away.
func TestAlias(t *testing.T) {
	b := newBench(t)
	for _, text := range []string{strings.Repeat("x", 255), "a net, \"quoted\"", ""} {
		b.must(state.Step{Op: state.LinkSet, Link: "m0", Attrs: attr.Of(attr.Item{Row: kind.Description, Value: attr.Str(text)})})
		if l := b.link("m0"); l.Attrs.S("description") != text {
			t.Errorf("reads %q", l.Attrs.S("description"))
		}
	}
	if out := run(t, "ip -j link show m0"); strings.Contains(out, "ifalias") {
		t.Errorf("an alias is left: %s", out)
	}
}

// TestVLANTable: a bridge without an entry of its own is dumb.
func TestVLANTable(t *testing.T) {
	b := newBench(t)
	b.must(state.Step{Op: state.LinkAdd, Link: "br", Kind: "bridge", Attrs: items(kind.Bridge.Rows, "vlan_filtering 1")})
	if l := b.link("br"); len(l.VLANs) != 1 || l.VLANs[0] != (state.VLAN{ID: 1, PVID: true, Untagged: true}) {
		t.Errorf("a new bridge has %v", l.VLANs)
	}
	b.must(state.Step{Op: state.VLANDel, Link: "br", Self: true, VLAN: state.VLAN{ID: 1}})
	b.must(state.Step{Op: state.LinkSet, Link: "p0", Master: state.To("br")})
	b.must(state.Step{Op: state.VLANAdd, Link: "p0", VLAN: state.VLAN{ID: 7, Untagged: true}})
	b.must(state.Step{Op: state.VLANDel, Link: "p0", VLAN: state.VLAN{ID: 1}})
	if br, p := b.link("br").VLANs, b.link("p0").VLANs; len(br) != 0 || len(p) != 1 || p[0] != (state.VLAN{ID: 7, Untagged: true}) {
		t.Errorf("bridge %v, port %v", br, p)
	}
}

// TestAnnounce: the neighbours learn where an address lives.
func TestAnnounce(t *testing.T) {
	namespace(t)
	run(t, `ip netns add far; ip link add e0 address 00:16:3e:00:00:01 type veth peer name e1; ip link set e1 netns far up; ip link set e0 up
		ip -n far addr add 192.0.2.1/24 dev e1; ip -n far addr add 2001:db8::1/64 dev e1 nodad
		ip -n far neigh add 192.0.2.10 lladdr 02:00:00:00:00:99 dev e1 nud stale; ip -n far neigh add 2001:db8::10 lladdr 02:00:00:00:00:99 dev e1 nud stale`)
	t.Cleanup(func() { run(t, "ip netns del far") })
	k, err := Dial()
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	steps := []state.Step{
		{Op: state.Announce, Link: "e0", Address: state.Address{Prefix: netip.MustParsePrefix("192.0.2.10/24")}},
		{Op: state.Announce, Link: "e0", Address: state.Address{Prefix: netip.MustParsePrefix("2001:db8::10/64")}},
	}
	if n, err := k.Do(context.Background(), steps); err != nil {
		t.Fatalf("%d done: %v", n, err)
	}
	var now string
	for end := time.Now().Add(20 * time.Second); strings.Count(now, " 00:16:3e:00:00:01 ") < 2; time.Sleep(50 * time.Millisecond) {
		if now = run(t, "ip -n far neigh show to 192.0.2.10; ip -n far neigh show to 2001:db8::10"); time.Now().After(end) {
			t.Errorf("the neighbour has not learned both: %s", now)
			break
		}
	}
	if err := k.announceDown(t); err == nil {
		t.Error("an announcement on a link that is down says nothing")
	}
}

func (k *Kernel) announceDown(t *testing.T) error {
	run(t, "ip link set e0 down")
	_, err := k.Do(context.Background(), []state.Step{{Op: state.Announce, Link: "e0", Address: state.Address{Prefix: netip.MustParsePrefix("192.0.2.10/24")}}})
	return err
}

// TestSnapshotUnderChange: a snapshot beside a busy writer is a whole one.
func TestSnapshotUnderChange(t *testing.T) {
	b := newBench(t)
	const links = 200 // enough for a dump of several messages: only between them can it be interrupted
	var steps []state.Step
	for i := range links {
		steps = append(steps, state.Step{Op: state.LinkAdd, Link: fmt.Sprint("x", i), Kind: "dummy"})
	}
	if _, err := b.k.Do(context.Background(), steps); err != nil {
		t.Fatal(err)
	}
	other, err := Dial()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer other.Close()
		for ctx.Err() == nil {
			other.Do(ctx, []state.Step{{Op: state.LinkAdd, Link: "w", Kind: "dummy"}, {Op: state.LinkDel, Link: "w"}})
		}
	}()
	before := b.k.Stats().Dumps
	const looks = 100
	for range looks {
		h, err := b.k.Snapshot(context.Background())
		if err != nil {
			t.Error(err)
			break
		}
		for i := range links {
			if h.Link(fmt.Sprint("x", i)) == nil {
				t.Fatalf("link x%d is missing", i)
			}
		}
	}
	cancel()
	<-done
	t.Logf("%d dumps for %d snapshots of %d", b.k.Stats().Dumps-before, looks, 5)
}

// TestNotRoot: without CAP_NET_ADMIN one may look, and is told what is wanted to change something.
func TestNotRoot(t *testing.T) {
	b := newBench(t)
	var none [2]unix.CapUserData
	if err := unix.Capset(&unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}, &none[0]); err != nil { // of this thread alone
		t.Fatal(err)
	}
	b.link("m0")
	err := b.do(power("m0", true))
	if !errors.Is(err, unix.EPERM) || !strings.Contains(err.Error(), "root (CAP_NET_ADMIN) is needed") {
		t.Error(err)
	}
}
