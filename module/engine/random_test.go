package engine_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"syscall"
	"testing"

	"hostnet-module/module/engine"
	"hostnet-module/module/state"
	"hostnet-module/module/store"
	"hostnet-module/tests/chance"
	"hostnet-module/tests/fake"
)

// lines are a host's, each with the link that it is about: in which order addresses lie is not in the model.
func lines(dump string) (list []string) {
	link := ""
	for line := range strings.Lines(dump) {
		if !strings.HasPrefix(line, "  ") {
			link, _, _ = strings.Cut(line, ":")
		}
		list = append(list, link+line)
	}
	slices.Sort(list)
	return list
}

// TestRandomFaults: random documents on random hosts, each broken once at random, on the model. tests/faults does the same on a real kernel,
// where it takes a hundred times as long.
func TestRandomFaults(t *testing.T) {
	broken := 0
	for seed := range uint64(200) {
		rnd := rand.New(rand.NewPCG(seed, 45))
		pick := func(of ...string) string { return of[rnd.IntN(len(of))] }
		text := strings.NewReplacer("MTU1", pick("1400", "1500", "9000"), "MTU2", pick("1400", "1500", "9000")).Replace(`
lo: up
eth0: up mtu 1500 address 00:16:3e:00:00:01 permaddr 00:16:3e:00:00:01
  inet 203.0.113.9/24
eth1: up mtu MTU1 address 00:16:3e:00:00:02 permaddr 00:16:3e:00:00:02
  inet 192.0.2.10/24
eth2: down mtu MTU2 address 00:16:3e:00:00:03 permaddr 00:16:3e:00:00:03
mine: bridge up mtu 1500 address 00:16:3e:00:02:02
vif1.0: veth up mtu 1500 address 00:16:3e:00:02:01 master mine
  vlan 1 pvid untagged
route default via 192.0.2.1 dev eth1
route 198.18.9.0/24 via 203.0.113.1 dev eth0 proto 99
`)
		first, second := chance.Document(rnd), chance.Document(rnd)
		n, after, killed := rnd.IntN(30), rnd.IntN(2) == 0, rnd.IntN(3) > 0
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			k := &fake.Kernel{Host: host(t, text), Whole: true}
			r := engine.Runner{Kernel: k, Dir: store.Dir(t.TempDir()), Hurry: true}
			if out := r.Run(context.Background(), document(t, first)); out.Failed != nil {
				t.Fatalf("%v\n%s", out.Failed, first)
			}
			k.Sent = nil
			_, _ = k.Snapshot(t.Context())
			old := k.Host.Clone().String()
			switch {
			case killed:
				if !dies(t, k, r, second, n, after) {
					return
				}
			default:
				k.Refuse = func(i int, _ state.Step) error {
					if i == n {
						return syscall.EINVAL
					}
					return nil
				}
				out := r.Run(context.Background(), document(t, second))
				var refusal *state.Refusal
				if out.Failed == nil {
					return // it has come to its end before
				}
				if !errors.As(out.Failed, &refusal) {
					t.Fatal(out.Failed)
				}
				k.Refuse = nil
			}
			broken++
			if out := r.Run(context.Background(), document(t, nothing)); out.Failed != nil {
				t.Error(out.Failed)
			}
			_, _ = k.Snapshot(t.Context())
			if now := k.Host.String(); !slices.Equal(lines(now), lines(old)) {
				t.Errorf("broken at step %d, killed %v, after it %v. It was\n%s\nand is\n%s\nfirst document:\n%s\ndocument:\n%s", n, killed, after, old, now, first, second)
			}
		})
	}
	t.Logf("%d runs broken", broken)
}
