//go:build lab

package contract

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"hostnet-module/module/engine"
	"hostnet-module/module/kernel"
	"hostnet-module/module/kind"
	"hostnet-module/module/spec"
	"hostnet-module/tests/chance"
)

// TestRandomDocuments takes two random documents over the same objects, each of which is wanted or absent. Applied to a bare
// host the first holds; applied again it changes nothing; the second, applied on top, leaves the host as it would be had the
// first never been there.
func TestRandomDocuments(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 99))
			first, second := chance.Document(rnd), chance.Document(rnd)
			after, alone := "", ""
			inNamespace(t, func(k *kernel.Kernel) {
				carry(t, k, first)
				carry(t, k, second)
				after = shape(t, k)
			})
			inNamespace(t, func(k *kernel.Kernel) {
				carry(t, k, second)
				alone = shape(t, k)
			})
			if after != alone {
				t.Errorf("after another document:\n%s\non a bare host:\n%s\nfirst:\n%s\nsecond:\n%s", after, alone, first, second)
			}
		})
	}
}

// records of each namespace, since the engine keys its run-time folder by it.
func carry(t *testing.T, k *kernel.Kernel, text string) {
	t.Helper()
	doc, problems, _ := spec.Read([]byte(text), "random.yaml")
	if len(problems) > 0 {
		t.Fatalf("%v\n%s", problems, text)
	}
	call := engine.Call{Dial: func() (engine.Kernel, error) { return k, nil }, Runtime: "/tmp/random", Hurry: true}
	for _, again := range []bool{false, true} {
		out := call.Do(context.Background(), doc)
		switch {
		case out.Failed != nil || len(out.Problems) > 0:
			t.Fatalf("again %v: %v %v, rolled back %v, not restored %q\n%s", again, out.Failed, out.Problems, out.RolledBack, out.NotRestored, text)
		case again && out.Plan.Changed():
			t.Fatalf("changes when nothing needs to: %v %+v\n%s", out.Plan.Steps, out.Plan.Objects, text)
		}
	}
}

// shape is a host without what differs by its past: indexes, MACs, the attributes that nobody has declared, whether a NIC
// that is free is up.
func shape(t *testing.T, k *kernel.Kernel) string {
	t.Helper()
	h, err := k.Snapshot(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, l := range h.Links {
		line := fmt.Sprintf("%s %s parent %q master %q", l.Name, l.Kind, l.Parent, l.Master)
		if l.K() != kind.Ethernet {
			line += fmt.Sprintf(" up %v mtu %d vlans %v", l.Up(), l.MTU(), l.VLANs)
		}
		lines = append(lines, line+" addresses "+strings.Join(given(l), " "))
	}
	lines = append(lines, routes(h)...)
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}
