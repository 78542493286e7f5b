package engine_test

import (
	"context"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"hostnet-module/module/attr"
	"hostnet-module/module/engine"
	"hostnet-module/module/kind"
	"hostnet-module/module/state"
	"hostnet-module/module/store"
	"hostnet-module/tests/fake"
)

const inUse = `
lo: up
eth0: up mtu 1500 address 00:16:3e:00:00:01 permaddr 00:16:3e:00:00:01 master bond0
eth1: up mtu 1500 address 00:16:3e:00:00:01 permaddr 00:16:3e:00:00:02 master bond0
bond0: bond up mtu 1500 address 00:16:3e:00:00:01 mode active-backup miimon 100 active_slave eth1
bond0.16: vlan link bond0 up mtu 1500 address 00:16:3e:00:00:01 id 16
  inet 192.0.2.10/24
`

// TestPicks: the member that was in use is so again after a rollback: at once, or when it has carrier. If that does not come, or the kernel
// will not have it, the rollback is whole all the same, and a warning tells.
func TestPicks(t *testing.T) {
	const goes = "bond0: active_slave was eth1 before the run and is eth0 now"
	for name, tt := range map[string]struct {
		unplugged string
		waits     int // until it is plugged in; 0: never
		refuse    bool
		follows   bool // the bond's MAC goes by the active member, and cannot be set
		active    string
		warning   string
		asked     int
		took      time.Duration
	}{
		"at once":    {active: "eth1", asked: 1},
		"follows":    {follows: true, active: "eth1", asked: 1},
		"later":      {unplugged: "eth1", waits: 3, active: "eth1", asked: 1, took: 300 * time.Millisecond},
		"no carrier": {unplugged: "eth1", active: "eth0", warning: goes + ": eth1 has no carrier", took: state.AwaitMost},
		"refused":    {refuse: true, active: "eth0", warning: goes, asked: 1, took: state.AwaitMost},
	} {
		synctest.Test(t, func(t *testing.T) {
			k, asked, failed := &fake.Kernel{Host: host(t, inUse)}, 0, time.Time{}
			want, bond := k.Host.String(), &k.Host.Link("bond0").Attrs
			k.Ignore = func(r *attr.Row) bool { return tt.follows && r == kind.MAC }
			k.Refuse = func(_ int, s state.Step) error {
				if s.Attrs.Has("active_slave") {
					if asked++; tt.refuse {
						return syscall.EINVAL
					}
					bond.Put(kind.MAC, attr.Str("00:16:3e:00:00:01"))
				}
				if s.Link == "bond0" && failed.IsZero() { // the driver picks another
					bond.Put(kind.Bond.Rows.Must("active_slave"), attr.Str("eth0"))
					if tt.follows {
						bond.Put(kind.MAC, attr.Str("00:16:3e:00:00:05"))
					}
				}
				if s.Link == "bond0.16" && s.Op == state.LinkAdd && failed.IsZero() {
					failed = time.Now()
					k.Unplugged = []string{tt.unplugged}
					return syscall.EBUSY
				}
				return nil
			}
			waited := 0
			k.Happen = func(*state.Host) bool {
				if waited++; tt.waits == 0 || waited > tt.waits {
					return false
				}
				time.Sleep(100 * time.Millisecond) // of synctest's clock
				if waited == tt.waits {
					k.Unplugged = nil
				}
				return true
			}
			out := engine.Runner{Kernel: k, Dir: store.Dir(t.TempDir())}.Run(context.Background(), document(t, anew))
			took := time.Since(failed)
			if out.Failed == nil || !out.RolledBack || len(out.NotRestored) > 0 || !tt.follows && !sameHost(k.Host.String(), want) || k.Host.Link("bond0").MAC() != "00:16:3e:00:00:01" {
				t.Fatalf("%s: %v, not restored %q\n%s", name, out.Failed, out.NotRestored, k.Host)
			}
			if active := k.Host.Link("bond0").Attrs.S("active_slave"); active != tt.active || asked != tt.asked || took != tt.took {
				t.Errorf("%s: %q is in use, asked for %d times, in %v", name, active, asked, took)
			}
			if (tt.warning != "") != slices.Contains(out.Warnings, tt.warning) {
				t.Errorf("%s: warnings %q", name, out.Warnings)
			}
		})
	}
}

// anew makes the bond's VLAN anew, after the bond itself.
const anew = `
bonds: [{name: bond0, mode: balance-xor, members: [eth0, eth1]}]
vlans: [{name: bond0.16, id: 17, parent: bond0}]
`
