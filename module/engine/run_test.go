package engine_test

import (
	"context"
	"errors"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"hostnet-module/module/attr"
	"hostnet-module/module/engine"
	"hostnet-module/module/spec"
	"hostnet-module/module/state"
	"hostnet-module/module/store"
	"hostnet-module/tests/fake"
)

const bare = `
lo: up
eth0: up mtu 1500 address 00:16:3e:00:00:01 permaddr 00:16:3e:00:00:01
  inet 192.0.2.10/24
  inet 2001:db8:16::10/64
eth1: down mtu 1500 address 00:16:3e:00:00:02 permaddr 00:16:3e:00:00:02
route default via 192.0.2.1 dev eth0
route default via 2001:db8:16::1 dev eth0
`

const adopted = `
lo: up
eth0: up mtu 1500 address 00:16:3e:00:00:01 permaddr 00:16:3e:00:00:01 master bond0
eth1: up mtu 1500 address 00:16:3e:00:00:01 permaddr 00:16:3e:00:00:02 master bond0
bond0: bond up mtu 1500 address 00:16:3e:00:00:01 mode balance-rr miimon 0
  inet 192.0.2.77/24
bond0.16: vlan link bond0 up mtu 1500 address 00:16:3e:00:00:01 id 99 master vlan16
  vlan 1 pvid untagged
vlan16: bridge up mtu 1500 address 00:16:3e:00:00:01
  inet 192.0.2.10/24
  vlan 1 pvid untagged
vif1.0: veth up mtu 1500 address fe:ff:ff:ff:ff:ff master vlan16
  vlan 1 pvid untagged
route default via 192.0.2.1 dev vlan16
`

const classic = `
bonds:
  - {name: bond0, mode: active-backup, miimon: 100, members: [eth0, eth1]}
segments:
  - {id: 16, parent: bond0, bridge: vlan16, addresses: [192.0.2.10/24, "2001:db8:16::10/64"], gateway: [192.0.2.1, "2001:db8:16::1"]}
  - {id: 32, parent: bond0, bridge: vlan32, addresses: [198.51.100.10/24]}
  - {id: 48, parent: bond0, bridge: vlan48}
`

const gone = `
bonds: [{name: bond0, state: absent}]
vlans: [{name: bond0.16, state: absent}]
bridges: [{name: vlan16, state: absent}]
`

func host(t *testing.T, text string) *state.Host {
	t.Helper()
	h, err := fake.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func document(t *testing.T, text string) *spec.Document {
	t.Helper()
	doc, problems, _ := spec.Read([]byte(text), "test.yaml")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return doc
}

// TestRefusedAtEveryStep lets the kernel refuse each step of several plans in turn: everything is put back, and the result
// names the step and the kernel's words.
func TestRefusedAtEveryStep(t *testing.T) {
	count := 0
	for name, tt := range map[string]struct{ before, document string }{
		"create and move the live address": {bare, classic}, "adopt": {adopted, classic}, "teardown": {adopted, gone},
	} {
		for n := 0; ; n++ {
			var refused state.Step
			k := &fake.Kernel{Host: host(t, tt.before), Refuse: func(i int, s state.Step) error {
				if i != n {
					return nil
				}
				refused = s
				return errors.Join(syscall.EBUSY, errors.New("planned refusal"))
			}}
			want := k.Host.String()
			out := engine.Runner{Kernel: k, Dir: store.Dir(t.TempDir())}.Run(context.Background(), document(t, tt.document))
			if refused.Op == 0 {
				if out.Failed != nil {
					t.Fatalf("%s: without a refusal: %v", name, out.Failed)
				}
				break
			}
			if refused.Op == state.Announce { // told, and no reason to go back
				if out.Failed != nil || len(out.Warnings) != 1 {
					t.Errorf("%s: refused %q: %v, warnings %q", name, refused, out.Failed, out.Warnings)
				}
				continue
			}
			count++
			if got := k.Host.String(); !sameHost(got, want) || !out.RolledBack || len(out.NotRestored) > 0 {
				t.Errorf("%s: refused %q: rolled back %v, not restored %q\ngot:\n%s\nwant:\n%s", name, refused, out.RolledBack, out.NotRestored, got, want)
			}
			if out.Failed == nil || !strings.Contains(out.Failed.Error(), refused.String()) || !strings.Contains(out.Failed.Error(), "planned refusal") {
				t.Errorf("%s: refused %q: the error is %v", name, refused, out.Failed)
			}
		}
	}
	if count < 30 {
		t.Errorf("only %d refusals tried", count)
	}
	t.Logf("%d refusals, %d hosts as before", count, count)
}

// sameHost compares dumps without regard to the order of the links: one that had to be made anew comes last.
func sameHost(a, b string) bool {
	return sorted(a) == sorted(b)
}

func sorted(dump string) string {
	blocks := map[string]bool{}
	block := ""
	for line := range strings.Lines(dump) {
		if !strings.HasPrefix(line, "  ") {
			blocks[block], block = true, ""
		}
		block += line
	}
	blocks[block] = true
	return strings.Join(slices.Sorted(maps.Keys(blocks)), "")
}

func TestKernelForgets(t *testing.T) {
	k := &fake.Kernel{Host: host(t, bare), Ignore: func(r *attr.Row) bool { return r.Name == "miimon" }}
	want := k.Host.String()
	out := engine.Runner{Kernel: k, Dir: store.Dir(t.TempDir())}.Run(context.Background(), document(t, classic))
	var forgot *engine.NotKept
	if !errors.As(out.Failed, &forgot) || !strings.Contains(out.Failed.Error(), "miimon 100") || !out.RolledBack {
		t.Errorf("got %v, rolled back %v", out.Failed, out.RolledBack)
	}
	if !sameHost(k.Host.String(), want) {
		t.Errorf("not as before:\n%s", k.Host)
	}
}

func TestRoundedTimersAreNoDifference(t *testing.T) {
	k := &fake.Kernel{Host: host(t, bare), Round: func(r *attr.Row, v attr.Value) attr.Value {
		if r.Slack > 0 && v.N%2 == 1 {
			return attr.Num(v.N - 1) // HZ=250: 401 comes back as 400
		}
		return v
	}}
	doc := document(t, "bridges: [{name: br0, forward_delay: 401}]")
	dir := store.Dir(t.TempDir())
	for range 2 {
		out := engine.Runner{Kernel: k, Dir: dir}.Run(context.Background(), doc)
		if out.Failed != nil {
			t.Fatal(out.Failed)
		}
	}
	if len(k.Sent) != 1 {
		t.Errorf("sent %v", k.Sent)
	}
}

func TestCheckSendsNothing(t *testing.T) {
	k := &fake.Kernel{Host: host(t, bare)}
	predicted := engine.Runner{Kernel: k, Check: true, Dir: "/nowhere"}.Run(context.Background(), document(t, classic))
	if len(k.Sent) != 0 || len(k.Loaded) != 0 || predicted.Applied {
		t.Fatalf("check sent %v, loaded %v", k.Sent, k.Loaded)
	}
	done := engine.Runner{Kernel: k, Dir: store.Dir(t.TempDir())}.Run(context.Background(), document(t, classic))
	if len(predicted.Plan.Objects) != len(done.Plan.Objects) || len(predicted.Plan.Steps) != len(k.Sent) {
		t.Errorf("predicted %d objects, %d steps; did %d, %d", len(predicted.Plan.Objects), len(predicted.Plan.Steps), len(done.Plan.Objects), len(k.Sent))
	}
	for i, o := range predicted.Plan.Objects {
		if o.Action != done.Plan.Objects[i].Action {
			t.Errorf("%s: predicted %s, did %s", o.Name, o.Action, done.Plan.Objects[i].Action)
		}
	}
}

// TestReleasedMTU: what a bond lets go gets its old MTU back, which no dump tells. Where something above needs a larger one it is set.
func TestReleasedMTU(t *testing.T) {
	k := &fake.Kernel{Host: host(t, strings.Replace(bare, "eth1: down mtu 1500", "eth1: down mtu 1400", 1))}
	runner := engine.Runner{Kernel: k, Dir: store.Dir(t.TempDir())}
	for _, text := range []string{
		"bonds: [{name: bond0, mode: active-backup, miimon: 100, members: [eth0, eth1]}]",
		"bonds: [{name: bond0, members: [eth0]}]\nbridges: [{name: br0, mtu: 1500, ports: [eth1]}]",
	} {
		if out := runner.Run(context.Background(), document(t, text)); out.Failed != nil {
			t.Fatal(out.Failed)
		}
	}
	if mtu := k.Host.Link("eth1").MTU(); mtu != 1500 {
		t.Errorf("eth1 has MTU %d", mtu)
	}
}

func TestMissingModule(t *testing.T) {
	k := &fake.Kernel{Host: host(t, bare), Lacks: []string{"bonding"}}
	out := engine.Runner{Kernel: k, Dir: store.Dir(t.TempDir())}.Run(context.Background(), document(t, classic))
	var missing *engine.MissingModules
	if !errors.As(out.Failed, &missing) || len(k.Sent) != 0 {
		t.Errorf("got %v, sent %v", out.Failed, k.Sent)
	}
}

// TestInterrupted cancels the run in the middle: it is rolled back, although its context has ended.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	k := &fake.Kernel{Host: host(t, bare), Refuse: func(n int, _ state.Step) error {
		if n == 5 {
			cancel()
		}
		return nil
	}}
	want := k.Host.String()
	out := engine.Runner{Kernel: k, Dir: store.Dir(t.TempDir())}.Run(ctx, document(t, classic))
	if !errors.Is(out.Failed, context.Canceled) || !out.RolledBack || !sameHost(k.Host.String(), want) {
		t.Errorf("got %v, rolled back %v:\n%s", out.Failed, out.RolledBack, k.Host)
	}
}

func TestSecondRunWaitsThenNamesTheHolder(t *testing.T) {
	dir := store.Dir(t.TempDir())
	unlock, err := dir.Lock(context.Background(), time.Second, "pid 1: somebody")
	if err != nil {
		t.Fatal(err)
	}
	k := &fake.Kernel{Host: host(t, bare)}
	runner := engine.Runner{Kernel: k, Dir: dir, LockWait: 10 * time.Millisecond}
	out := runner.Run(context.Background(), document(t, classic))
	var busy *store.Busy
	if !errors.As(out.Failed, &busy) || busy.Holder != "pid 1: somebody" || len(k.Sent) > 0 {
		t.Errorf("got %v", out.Failed)
	}
	unlock()
	runner.LockWait = time.Minute // the one that gave up may get it for a moment
	if out := runner.Run(context.Background(), document(t, classic)); out.Failed != nil {
		t.Error(out.Failed)
	}
}

// TestForeignThings: what others added survives, what an earlier run set and the document no longer lists does not.
func TestForeignThings(t *testing.T) {
	k := &fake.Kernel{Host: host(t, adopted)}
	dir := store.Dir(t.TempDir())
	run := func(text string) engine.Outcome {
		t.Helper()
		out := engine.Runner{Kernel: k, Dir: dir}.Run(context.Background(), document(t, text))
		if out.Failed != nil || len(out.Problems) > 0 {
			t.Fatal(out.Failed, out.Problems)
		}
		return out
	}
	base := "bonds: [{name: bond0, mode: active-backup, miimon: 100, members: [eth0, eth1]}]\n"
	run(base + "segments: [{id: 16, parent: bond0, bridge: vlan16, addresses: [192.0.2.10/24, 192.0.2.11/24]}]")
	vip := state.Step{Op: state.AddrAdd, Link: "vlan16", Address: state.Address{Prefix: netip.MustParsePrefix("192.0.2.200/24"), Valid: state.Forever, Preferred: state.Forever}}
	if err := k.Host.Apply(vip); err != nil {
		t.Fatal(err)
	}
	run(base + "segments: [{id: 16, parent: bond0, bridge: vlan16, addresses: [192.0.2.10/24]}]")
	dump := k.Host.String()
	for text, want := range map[string]bool{"inet 192.0.2.10/24": true, "inet 192.0.2.11/24": false, "inet 192.0.2.200/24": true, "vif1.0: veth master vlan16": true,
		"route default via 192.0.2.1 dev vlan16": true} {
		if strings.Contains(dump, text) != want {
			t.Errorf("%q: want %v in\n%s", text, want, dump)
		}
	}
	if p := run(base).Plan; p.Changed() {
		t.Errorf("a document about the bond alone changes %v", p.Steps)
	}
}

// TestDamagedRecord: told, and no reason to stop.
func TestDamagedRecord(t *testing.T) {
	dir := store.Dir(t.TempDir())
	if err := dir.Write("applied.json", []byte("junk")); err != nil {
		t.Fatal(err)
	}
	runner := engine.Runner{Kernel: &fake.Kernel{Host: host(t, bare)}, Dir: dir}
	out := runner.Run(context.Background(), document(t, classic))
	if out.Failed != nil || !slices.ContainsFunc(out.Warnings, func(w string) bool { return strings.Contains(w, "applied.json") }) {
		t.Errorf("got %v, warnings %q", out.Failed, out.Warnings)
	}
	if out := runner.Run(context.Background(), document(t, classic)); len(out.Warnings) > 0 {
		t.Errorf("the record was not mended: %q", out.Warnings)
	}
}

// TestPanic: a fault of the program in the middle of a run is a failed run like any other, and rolled back.
func TestPanic(t *testing.T) {
	k := &fake.Kernel{Host: host(t, bare), Refuse: func(n int, _ state.Step) error {
		if n == 4 {
			panic("planned")
		}
		return nil
	}}
	want := k.Host.String()
	out := engine.Runner{Kernel: k, Dir: store.Dir(t.TempDir())}.Run(context.Background(), document(t, classic))
	var fault *engine.Panic
	if !errors.As(out.Failed, &fault) || len(fault.Stack) == 0 || !out.RolledBack || !sameHost(k.Host.String(), want) {
		t.Errorf("got %v, rolled back %v:\n%s", out.Failed, out.RolledBack, k.Host)
	}
}

// TestEndedBeforeTheLock tells the reason, not that somebody else is at work.
func TestEndedBeforeTheLock(t *testing.T) {
	dir := store.Dir(t.TempDir())
	unlock, err := dir.Lock(context.Background(), time.Second, "pid 1: somebody")
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	out := engine.Runner{Kernel: &fake.Kernel{Host: host(t, bare)}, Dir: dir}.Run(ctx, document(t, classic))
	if !errors.Is(out.Failed, context.Canceled) {
		t.Errorf("got %v", out.Failed)
	}
}

// TestOldKernel: what the running kernel lacks is reported, with all other problems, and nothing is sent.
func TestOldKernel(t *testing.T) {
	const text = `
bonds: [{name: bond0, mode: 802.3ad, coupled_control: off, ad_select: actor_port_prio, members: [{name: eth1, actor_port_prio: 5}, eth9]}]
bridges: [{name: br0, mcast_vlan_snooping: on, fdb_max_learned: 9}]
`
	k := &fake.Kernel{Host: host(t, bare), Old: []string{"IFLA_BOND_COUPLED_CONTROL", "BOND_AD_PRIO", "IFLA_BOND_SLAVE_ACTOR_PORT_PRIO", "BR_BOOLOPT_MCAST_VLAN_SNOOPING"}}
	for _, check := range []bool{true, false} {
		out := engine.Runner{Kernel: k, Dir: store.Dir(t.TempDir()), Check: check}.Run(context.Background(), document(t, text))
		var got []string
		for _, p := range out.Problems {
			got = append(got, p.Path+": "+p.Message)
		}
		const lacks = `: this kernel (6.1.0-50-cloud-amd64) does not have the option; it came with Linux `
		want := []string{`bonds[0].coupled_control: "off"` + lacks + "6.9", `bonds[0].ad_select: "actor_port_prio"` + lacks + "6.18",
			`bonds[0].members[0].actor_port_prio: "5"` + lacks + "6.18", `bridges[0].mcast_vlan_snooping: "1"` + lacks + "5.15", "bonds[0].members[1]: eth9: no such link on this host"}
		if !slices.Equal(got, want) || len(k.Sent) > 0 {
			t.Errorf("check %v: %q, %v", check, got, k.Sent)
		}
	}
}

// TestBackToEmpty: what the kernel does not report while it is empty is taken away by a rollback.
func TestBackToEmpty(t *testing.T) {
	const before = `
lo: up
eth0: up mtu 1500 address 00:16:3e:00:00:01
bond0: bond up mtu 1500 address 00:16:3e:00:00:01 mode active-backup arp_interval 0
bond0.16: vlan link bond0 up mtu 1500 address 00:16:3e:00:00:01 id 16 egress-qos-map 1:2
`
	const text = `
bonds: [{name: bond0, description: ours, arp_interval: 100, arp_ip_target: 192.0.2.1, members: [eth0]}]
vlans: [{name: bond0.16, parent: bond0, id: 16, gvrp: on, egress_qos_map: ["1:3", "4:5"], ingress_qos_map: ["0:7"], mtu: 1400}]
`
	for n := range 20 {
		k := &fake.Kernel{Host: host(t, before), Refuse: func(i int, s state.Step) error {
			if i != n {
				return nil
			}
			return syscall.EBUSY
		}}
		out := engine.Runner{Kernel: k, Dir: store.Dir(t.TempDir())}.Run(context.Background(), document(t, text))
		if out.Failed == nil {
			if n < 3 {
				t.Errorf("only %d steps", n)
			}
			break
		}
		if got, want := k.Host.String(), host(t, before).String(); !sameHost(got, want) {
			t.Errorf("refused step %d: %v\ngot:\n%s\nwant:\n%s", n, out.Failed, got, want)
		}
	}
}
