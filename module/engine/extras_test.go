package engine_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"

	"hostnet-module/module/attr"
	"hostnet-module/module/engine"
	"hostnet-module/module/state"
	"hostnet-module/module/store"
	"hostnet-module/tests/fake"
)

// burden gives links of a host what no document says.
func burden(h *state.Host, links ...string) {
	for _, name := range links {
		h.Link(name).Extras = &state.Extras{
			Settings: attr.Of(attr.Item{Row: attr.FileRow("/proc/sys/net/ipv4/conf/*/rp_filter"), Value: attr.Str("2")}),
			Entries: []state.Entry{{Sort: state.AltName, Words: "ip link property add dev * altname x" + name, Data: "x"},
				{Sort: state.Neighbour, Words: "ip neigh replace 192.0.2.7 dev *", Data: "x"}},
		}
	}
}

func extrasOf(h *state.Host) (lines []string) {
	for _, l := range h.Links {
		if l.Extras == nil {
			continue
		}
		for r, v := range l.Extras.Settings.All() {
			lines = append(lines, r.Path(l.Name)+"="+r.Text(v))
		}
		for _, e := range l.Extras.Entries {
			lines = append(lines, e.Line(l.Name))
		}
	}
	slices.Sort(lines)
	return lines
}

// TestExtrasAtEveryStep lets the kernel refuse each step in turn: what no document says is there afterwards, or told. What puts it back is no reason to go
// back.
func TestExtrasAtEveryStep(t *testing.T) {
	spare := 0
	for _, document1 := range []string{gone, strings.Replace(classic, "id: 16,", "id: 17, name: bond0.16,", 1)} {
		for n := 0; ; n++ {
			var refused state.Step
			k := &fake.Kernel{Host: host(t, adopted), Refuse: func(i int, s state.Step) error {
				if i != n {
					return nil
				}
				refused = s
				return syscall.EBUSY
			}}
			burden(k.Host, "bond0", "bond0.16", "vlan16", "vif1.0", "eth0")
			want, extras := k.Host.String(), extrasOf(k.Host)
			out := engine.Runner{Kernel: k, Dir: store.Dir(t.TempDir())}.Run(context.Background(), document(t, document1))
			if refused.Op == 0 {
				break
			}
			switch {
			case out.Failed != nil && (!sameHost(k.Host.String(), want) || !slices.Equal(extrasOf(k.Host), extras) || !out.RolledBack):
				t.Errorf("refused %q: not restored %q, there are\n%s", refused, out.NotRestored, strings.Join(extrasOf(k.Host), "\n"))
			case out.Failed == nil && refused.Op != state.Announce:
				if spare++; !strings.Contains(strings.Join(out.Warnings, "\n"), refused.String()) {
					t.Errorf("refused %q is not told: %q", refused, out.Warnings)
				}
			}
		}
	}
	if spare == 0 {
		t.Error("no step put back what no document says")
	}
}

// TestNotRestoredIsNamed: what the kernel refuses for good, takes and does not hold, or cannot be told at all is in NotRestored, each once, and keeps nothing else
// from coming back, however much it is.
func TestNotRestoredIsNamed(t *testing.T) {
	const many = 60
	text := "lo: up\neth0: up mtu 1500 address 00:16:3e:00:00:01\nv60: vlan link eth0 up mtu 1500 address 00:16:3e:00:00:01 id 99\n"
	doc := "vlans:\n"
	for i := range many {
		text += fmt.Sprintf("v%d: vlan link eth0 up mtu 1500 address 00:16:3e:00:00:01 id %d\n  inet 198.51.100.%d/32\n", i, 100+i, i+1)
		doc += fmt.Sprintf("- {name: v%d, state: absent}\n", i)
	}
	k := &fake.Kernel{Host: host(t, text)}
	down := state.Step{}
	k.Refuse = func(_ int, s state.Step) error {
		switch {
		case s.Op == state.EntryAdd && s.Entry.Sort == state.Neighbour:
			return syscall.EINVAL
		case s.Op == state.LinkDel && s.Link == "v60":
			down = s
			return syscall.EBUSY
		}
		return nil
	}
	k.Ignore = func(r *attr.Row) bool { return r.Carried }
	for i := range many {
		burden(k.Host, fmt.Sprintf("v%d", i))
	}
	l := k.Host.Link("v0")
	l.Extras.Entries = append(l.Extras.Entries, state.Entry{Sort: state.Queueing, Words: "tc qdisc tbf 7: of *"})
	want := k.Host.String()
	out := engine.Runner{Kernel: k, Dir: store.Dir(t.TempDir())}.Run(context.Background(), document(t, doc+"- {name: v60, state: absent}\n"))
	if down.Op == 0 || out.Failed == nil || out.RolledBack {
		t.Fatalf("%v, rolled back %v", out.Failed, out.RolledBack)
	}
	if got := k.Host.String(); !sameHost(got, want) {
		t.Errorf("the rest is not as it was:\n%s", got)
	}
	if len(out.NotRestored) != 2*many+1 || !slices.Contains(out.NotRestored, "tc qdisc tbf 7: of v0") ||
		!slices.Contains(out.NotRestored, "ip neigh replace 192.0.2.7 dev v59") || !slices.Contains(out.NotRestored, "sysctl -w net.ipv4.conf.v59.rp_filter=2") {
		t.Errorf("%d not restored: %q", len(out.NotRestored), out.NotRestored)
	}
}
