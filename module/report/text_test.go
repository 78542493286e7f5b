package report

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hostnet-module/module/engine"
	"hostnet-module/module/plan"
	"hostnet-module/module/spec"
)

func TestWriteText(t *testing.T) {
	hostile := planOf(object2("bridge", "br0", plan.Update, plan.Difference{Name: "description", Before: "x", After: "\x1b[2J\u202eevil"}))
	rows := []struct {
		name  string
		out   engine.Outcome
		asked Asked
		style Style
		want  string
	}{
		{"done", engine.Outcome{Plan: mixed, Applied: true, Warnings: []string{"bond0 has one member only"}}, Asked{}, Style{}, `
+ bond0     bond    created
! bond0.16  vlan    recreated, id 18 → 16, touches vif1.0
~ vlan16    bridge  mtu 1500 → 9000, addresses +192.0.2.10/24 -192.0.2.9/24
- vlan48    bridge  deleted
  1 unchanged
warning: bond0 has one member only
5 objects: 1 created, 1 updated, 1 recreated, 1 deleted, 1 unchanged
`},
		{"check, verbose, narrow, ASCII", engine.Outcome{Plan: mixed}, Asked{Check: true}, Style{Verbose: true, Width: 48, Plain: true}, `
= eth0      ethernet  unchanged
+ bond0     bond      would be created,
                      mode active-backup
! bond0.16  vlan      would be recreated,
                      id 18 -> 16,
                      touches vif1.0
~ vlan16    bridge    mtu 1500 -> 9000,
                      addresses +192.0.2.10/24 -192.0.2.9/24
- vlan48    bridge    would be deleted
  ip link del x0
5 objects: 1 would be created, 1 would
  be updated, 1 would be recreated, 1
  would be deleted, 1 unchanged
`},
		{"colours", engine.Outcome{Plan: planOf(object2("bond", "bond0", plan.Create)), Applied: true}, Asked{}, Style{Color: true},
			"\n\x1b[32m+\x1b[0m bond0  bond  created\n1 object: 1 created\n"},
		{"nothing", engine.Outcome{Plan: unchanged}, Asked{}, Style{}, "\n2 objects: nothing to change\n"},
		{"nothing, verbose", engine.Outcome{Plan: unchanged}, Asked{}, Style{Verbose: true}, `
= bond0  bond    unchanged
= br0    bridge  unchanged
2 objects: nothing to change
`},
		{"hostile", engine.Outcome{Plan: hostile, Applied: true}, Asked{}, Style{}, `
~ br0  bridge  description x → \u001b[2J\u202eevil
1 object: 1 updated
`},
		{"diff", engine.Outcome{Plan: planOf(plan.Object{Kind: "bond", Name: "bond0", Action: plan.Update,
			States: plan.Stated(map[string]any{"miimon": 0, "mode": "balance-rr", "up": true}, map[string]any{"miimon": 100, "mode": "balance-rr", "up": true, "zz": "new"})})},
			Asked{Check: true, Diff: true}, Style{}, `
~ bond0  bond  would be updated
--- bond bond0
+++ bond bond0
-miimon: 0
+miimon: 100
 mode: balance-rr
 up: true
+zz: new
1 object: 1 would be updated
`},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			var b strings.Builder
			if err := From(r.out, r.asked).WriteText(&b, r.style); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(strings.TrimPrefix(r.want, "\n"), b.String()); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestWriteFailure(t *testing.T) {
	src := Source{Name: "host.yaml", Data: []byte("bonds:\n  - name: bond0\n    miimon: fast\n    members: [" + strings.Repeat("eth0, ", 30) + "]\n")}
	problems := spec.Problems{
		{Path: "bonds[0].miimon", Message: `"fast": must be 0-2147483647 (ms)`, Hint: "100 is usual", Line: 3, Column: 13},
		{Path: "bonds[0].members[29]", Message: "listed twice", Line: 4, Column: 100},
		{Message: "no bridge"},
	}
	rows := []struct {
		name   string
		result *Result
		src    Source
		style  Style
		want   string
	}{
		{"problems", Refused(problems, nil), src, Style{Width: 60}, `
host.yaml:3:13: bonds[0].miimon: "fast": must be 0-2147483647 (ms)
        miimon: fast
                ^
    hint: 100 is usual
host.yaml:4:100: bonds[0].members[29]: listed twice
    0, eth0, eth0, eth0, eth0, eth0, eth0, eth0, eth0, eth0,
                                ^
host.yaml: no bridge
error: host.yaml has 3 problems; nothing was touched
`},
		{"standard input", Refused(problems[2:], nil), Source{}, Style{}, `
standard input: no bridge
error: standard input has 1 problem; nothing was touched
`},
		{"run", From(engine.Outcome{Plan: mixed, Applied: true, Failed: refused, RolledBack: true, Warnings: []string{"old kernel"}}, Asked{}), src, Style{}, `
warning: old kernel
error: ip link del x0: device or resource busy: Device is busy; everything was put back as it was
`},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			var b strings.Builder
			if err := r.result.WriteFailure(&b, r.style, r.src); err != nil {
				t.Fatal(err)
			}
			got := b.String()
			if d := cmp.Diff(strings.TrimPrefix(r.want, "\n"), got); d != "" {
				t.Error(d)
			}
		})
	}
}
