//go:build lab

package kernel

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"hostnet-module/module/attr"
	"hostnet-module/module/kind"
	"hostnet-module/module/state"
)

func bridges(n int) []state.Step {
	steps := make([]state.Step, n)
	for i := range steps {
		steps[i] = state.Step{Op: state.LinkAdd, Link: fmt.Sprintf("br%d", i), Kind: "bridge"}
	}
	return steps
}

func vlans(n int) []state.Step {
	steps := make([]state.Step, n)
	for i := range steps {
		steps[i] = state.Step{Op: state.LinkAdd, Link: fmt.Sprintf("v%d", i), Kind: "vlan", Parent: "parent", Master: state.To(fmt.Sprintf("br%d", i)),
			Attrs: items(kind.VLAN.Rows, "id "+strconv.Itoa(i+1))}
	}
	return steps
}

func goes(names ...string) []state.Step {
	steps := make([]state.Step, len(names))
	for i, name := range names {
		steps[i] = state.Step{Op: state.LinkDel, Link: name}
	}
	return steps
}

// look fails the test if the host cannot be seen.
func (b *bench) look() *state.Host {
	b.Helper()
	h, err := b.k.Snapshot(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	return h
}

// TestTogether: many new links take few system calls and not one question back, and each has what was asked for.
func TestTogether(t *testing.T) {
	b := newBench(t)
	b.look()
	before := b.k.Stats()
	steps := append(bridges(300), vlans(300)...)
	if n, err := b.k.Do(context.Background(), steps); n != len(steps) || err != nil {
		t.Fatal(n, err)
	}
	after := b.k.Stats()
	if writes, sends, asked := after.Writes-before.Writes, after.Sends-before.Sends, after.Lookups-before.Lookups; writes != 600 || sends > 10 || asked > 1 {
		t.Errorf("%d requests in %d system calls, %d questions", writes, sends, asked)
	}
	h := b.look()
	for i := range 300 {
		v, br := h.Link(fmt.Sprintf("v%d", i)), h.Link(fmt.Sprintf("br%d", i))
		if br == nil || v == nil || v.Master != br.Name || v.Parent != "parent" || v.Attrs.N("id") != uint64(i+1) {
			t.Fatalf("%d: %+v on %+v", i, v, br)
		}
	}
}

// TestRefusedTogether: the error names the step that was refused and counts what came before it. The kernel has gone on to the end of
// the datagram, and not beyond.
func TestRefusedTogether(t *testing.T) {
	b := newBench(t)
	run(t, "ip link add br40 type dummy")
	b.look()
	steps := bridges(300)
	n, err := b.k.Do(context.Background(), steps)
	var r *state.Refusal
	if n != 40 || !errors.As(err, &r) || r.Step.Link != "br40" || r.Errno != unix.EEXIST {
		t.Fatalf("%d done, %v", n, err)
	}
	h := b.look()
	if h.Link("br39") == nil || h.Link("br299") != nil || h.Link("br40").Kind != "dummy" {
		t.Errorf("%v", h)
	}
	// The last of three, by one of its attributes.
	pair := bridges(303)[300:]
	pair[2].Attrs = attr.Of(attr.Item{Row: kind.Bridge.Rows.Must("group_fwd_mask"), Value: attr.Num(1)})
	if n, err := b.k.Do(context.Background(), pair); n != 2 || err == nil {
		t.Errorf("%d done, %v", n, err)
	}
}

// TestIndexTaken: somebody else was quicker to take an interface index that we had chosen. His link is not touched, and ours has another.
func TestIndexTaken(t *testing.T) {
	b := newBench(t)
	b.look()
	if n, err := b.k.Do(context.Background(), bridges(3)); n != 3 || err != nil {
		t.Fatal(n, err)
	}
	for i := range uint32(4) {
		run(t, fmt.Sprintf("ip link add foreign%d index %d type bridge", i, b.k.next+2*i))
	}
	steps := append(bridges(12)[3:], vlans(12)...)
	if n, err := b.k.Do(context.Background(), steps); n != len(steps) || err != nil {
		t.Fatal(n, err)
	}
	h := b.look()
	for i := range 12 {
		if v := h.Link(fmt.Sprintf("v%d", i)); v == nil || v.Master != fmt.Sprintf("br%d", i) {
			t.Errorf("%d: %+v", i, v)
		}
	}
	for i := range 4 {
		if ports := h.Ports(fmt.Sprintf("foreign%d", i)); len(ports) > 0 {
			t.Errorf("foreign%d has got %s", i, ports[0].Name)
		}
	}
}

// TestGoTogether: links go in groups: those that shall, and nobody who happens to be in a group of such a number; of those that
// cannot go the first is named, what comes after it stays, and no group is left behind.
func TestGoTogether(t *testing.T) {
	b := newBench(t)
	if n, err := b.k.Do(context.Background(), append(bridges(600), vlans(600)...)); n != 1200 || err != nil {
		t.Fatal(n, err)
	}
	run(t, fmt.Sprintf("ip link set m0 group %d; ip link set m1 group %d; ip link set br599 group 7", firstGroup, firstGroup+2))
	b.look()
	before := b.k.Stats()
	var names []string
	for i := range 599 {
		names = append(names, fmt.Sprintf("br%d", i))
	}
	if n, err := b.k.Do(context.Background(), goes(names...)); n != len(names) || err != nil {
		t.Fatal(n, err)
	}
	if writes := b.k.Stats().Writes - before.Writes; writes > len(names)+20 {
		t.Errorf("%d requests", writes)
	}
	h := b.look()
	if h.Link("m0") == nil || h.Link("m1") == nil || h.Link("br599") == nil || h.Link("br598") != nil || h.Link("v598") == nil || h.Link("v598").Master != "" {
		t.Errorf("%v", h)
	}
	n, err := b.k.Do(context.Background(), goes("v1", "v2", "lo", "br599", "v3"))
	if n != 2 || err == nil || !strings.Contains(err.Error(), "ip link del lo") {
		t.Errorf("%d done, %v", n, err)
	}
	if h := b.look(); h.Link("v2") != nil || h.Link("v3") == nil {
		t.Error(h)
	}
	for name, group := range map[string]uint32{"br599": 7, "v3": 0, "lo": 0, "m0": firstGroup} {
		if got := b.k.links.known[name].group; got != group {
			t.Errorf("%s is in group %d, not %d", name, got, group)
		}
	}
}
