package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hostnet-module/module/engine"
	"hostnet-module/module/plan"
	"hostnet-module/module/spec"
	"hostnet-module/module/state"
)

func object2(kind, name string, action plan.Action, diffs ...plan.Difference) plan.Object {
	return plan.Object{Kind: kind, Name: name, Action: action, Disruption: plan.Undisturbed, Differences: diffs}
}

func planOf(objects ...plan.Object) *plan.Plan {
	p := &plan.Plan{Objects: objects}
	if p.Changed() {
		p.Steps = []state.Step{{Op: state.LinkDel, Link: "x0"}}
	}
	return p
}

var (
	unchanged = planOf(object2("bond", "bond0", plan.None), object2("bridge", "br0", plan.None))
	mixed     = planOf(
		object2("ethernet", "eth0", plan.None),
		object2("bond", "bond0", plan.Create, plan.Difference{Name: "mode", After: "active-backup"}),
		plan.Object{Kind: "vlan", Name: "bond0.16", Action: plan.Recreate, Disruption: plan.Recreates, Touches: []string{"vif1.0"},
			Differences: []plan.Difference{{Name: "id", Before: uint64(18), After: uint64(16)}}},
		object2("bridge", "vlan16", plan.Update,
			plan.Difference{Name: "mtu", Before: uint64(1500), After: uint64(9000)},
			plan.Difference{Name: "addresses", Before: []string{"192.0.2.9/24", "192.0.2.8/24"}, After: []string{"192.0.2.8/24", "192.0.2.10/24"}}),
		object2("bridge", "vlan48", plan.Delete),
	)
	refused = &state.Refusal{Step: state.Step{Op: state.LinkDel, Link: "x0"}, Errno: syscall.EBUSY, Text: "Device is busy"}
)

func TestMessage(t *testing.T) {
	around := planOf(object2("bond", "bond0", plan.None))
	around.Steps = []state.Step{{Op: state.LinkDel, Link: "x0"}}
	rows := []struct {
		name    string
		out     engine.Outcome
		check   bool
		msg     string
		changed bool
	}{
		{"nothing", engine.Outcome{Plan: unchanged}, false, "2 objects: nothing to change", false},
		{"all", engine.Outcome{Plan: planOf(object2("bond", "b", plan.Create)), Applied: true}, false, "1 object: 1 created", true},
		{"mixed", engine.Outcome{Plan: mixed, Applied: true}, false, "5 objects: 1 created, 1 updated, 1 recreated, 1 deleted, 1 unchanged", true},
		{"check", engine.Outcome{Plan: mixed}, true,
			"5 objects: 1 would be created, 1 would be updated, 1 would be recreated, 1 would be deleted, 1 unchanged", true},
		{"empty", engine.Outcome{Plan: &plan.Plan{}}, false, "0 objects: nothing to change", false},
		{"around", engine.Outcome{Plan: around, Applied: true}, false, "1 object: all unchanged, 1 step on the links around them", true},
		{"around, check", engine.Outcome{Plan: around}, true, "1 object: all unchanged, 1 step would go to the links around them", true},
		{"refused, put back", engine.Outcome{Plan: mixed, Applied: true, Failed: refused, RolledBack: true}, false,
			"ip link del x0: device or resource busy: Device is busy; everything was put back as it was", false},
		{"refused, nearly put back", engine.Outcome{Plan: mixed, Applied: true, Failed: refused, NotRestored: []string{"a", "b"}}, false,
			"ip link del x0: device or resource busy: Device is busy; what could be was put back, not: a; b", true},
		{"refused, not put back", engine.Outcome{Plan: mixed, Applied: true, Failed: refused}, false,
			"ip link del x0: device or resource busy: Device is busy; what had been changed until then is still in place", true},
		{"before", engine.Outcome{Failed: errors.New("lock: held by process 7")}, false, "lock: held by process 7; nothing was changed", false},
		{"not root", engine.Outcome{Failed: fmt.Errorf("netlink: %w", fs.ErrPermission)}, false,
			"netlink: permission denied (this needs root or CAP_NET_ADMIN: `become: true` in Ansible, sudo in a shell); nothing was changed", false},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			got := From(r.out, Asked{Check: r.check})
			if got.Msg != r.msg {
				t.Errorf("msg\n got %s\nwant %s", got.Msg, r.msg)
			}
			if got.Changed != r.changed {
				t.Errorf("changed = %v", got.Changed)
			}
			if got.Failed != (r.out.Failed != nil) || got.RolledBack != r.out.RolledBack {
				t.Errorf("failed %v, rolled back %v", got.Failed, got.RolledBack)
			}
			for _, o := range got.Objects {
				if o.Changed != (got.Changed && o.Action != plan.None) {
					t.Errorf("%s: action %s, changed %v", o.Name, o.Action, o.Changed)
				}
			}
			if got.Exit() != map[bool]int{true: 1}[got.Failed] {
				t.Errorf("exit %d", got.Exit())
			}
		})
	}
}

func TestProblems(t *testing.T) {
	problems := spec.Problems{
		{Path: "bonds[0].miimon", Message: `"fast": must be 0-2147483647 (ms)`, Hint: "100 is usual", Line: 3, Column: 5, Err: spec.ErrValue},
		{Message: "a document has no bonds", Err: spec.ErrMissing},
		{Path: "x", Message: "unknown key"},
	}
	wants := []string{`line 3, column 5: bonds[0].miimon: "fast": must be 0-2147483647 (ms) (100 is usual) (and 2 more)`,
		`line 3, column 5: bonds[0].miimon: "fast": must be 0-2147483647 (ms) (100 is usual)`, "the document is refused"}
	for i, ps := range []spec.Problems{problems, problems[:1], nil} {
		if got := Refused(ps, nil); got.Msg != wants[i] || !got.Failed || got.Changed || len(got.Problems) != len(ps) {
			t.Errorf("%+v", got)
		}
	}
	out := engine.Outcome{Problems: problems, Warnings: []string{"w"}}
	got := From(out, Asked{})
	if got.Exit() != 2 || len(got.Problems) != 3 || got.Problems[0].Line != 3 || !slices.Equal(got.Warnings, []string{"w"}) {
		t.Errorf("problems that only the host can tell: %+v", got)
	}
}

// What is printed is a promise: keys, their order, no nulls where lists are.
func TestWriteJSON(t *testing.T) {
	p := planOf(
		plan.Object{Kind: "bond", Name: "bond0", Action: plan.Create, Disruption: plan.Undisturbed,
			Differences: []plan.Difference{{Name: "mode", After: "active-backup"}},
			States:      plan.Stated(nil, map[string]any{"mode": "active-backup", "members": []string{"eth0", "eth1"}, "up": true, "description": "caf\u00e9 \u0085\u2028 \U0001f600", "mtu": uint64(9000)})},
		object2("bridge", "vlan48", plan.None))
	r := From(engine.Outcome{Plan: p, Applied: true}, Asked{Diff: true})
	var b strings.Builder
	if err := r.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	want := `{"changed":true,"msg":"2 objects: 1 created, 1 unchanged","objects":[` +
		`{"kind":"bond","name":"bond0","changed":true,"action":"create","disruption":"none","differences":[{"name":"mode","before":null,"after":"active-backup"}]},` +
		`{"kind":"bridge","name":"vlan48","changed":false,"action":"none","disruption":"none","differences":[]}],` +
		`"steps":["ip link del x0"],` +
		`"diff":[{"before_header":"bond bond0","after_header":"bond bond0","before":"","after":` +
		`"description: \"caf\\U000000e9 \\U00000085\\U00002028 \\U0001f600\"\nmembers:\n- eth0\n- eth1\nmode: active-backup\nmtu: 9000\nup: true\n"}],` +
		`"warnings":[],"rolled_back":false}` + "\n"
	if d := cmp.Diff(want, b.String()); d != "" {
		t.Error(d)
	}
	b.Reset()
	if err := Refused(spec.Problems{{Path: "a", Message: "m"}}, nil).WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	want = `{"changed":false,"failed":true,"msg":"a: m","objects":[],"steps":[],"problems":[{"path":"a","message":"m","hint":""}],"warnings":[],"rolled_back":false}` + "\n"
	if d := cmp.Diff(want, b.String()); d != "" {
		t.Error(d)
	}
}

func TestKeysThatAnsibleOwns(t *testing.T) {
	for f := range reflect.TypeFor[Result]().Fields() {
		key, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if slices.Contains([]string{"rc", "results", "stdout", "stderr", "stdout_lines", "stderr_lines", "skipped", "ansible_facts"}, key) {
			t.Errorf("%s: Ansible gives this key a meaning", key)
		}
	}
}

func TestDiffOnlyOfChanged(t *testing.T) {
	r := From(engine.Outcome{Plan: mixed, Applied: true}, Asked{Diff: true})
	if len(r.Diff) != 4 {
		t.Errorf("%d diffs", len(r.Diff))
	}
	if r := From(engine.Outcome{Plan: mixed, Applied: true}, Asked{}); r.Diff != nil {
		t.Error("diff without being asked")
	}
}

func TestYAMLText(t *testing.T) {
	got := yamlText(map[string]any{
		"b": nil, "a": "", "c": []any{}, "d": map[string]any{}, "e": map[string]any{"y": 1, "x": "on"},
		"f": []any{map[string]any{"name": "eth0", "prio": 5}, "eth1"}, "g": "1.10", "h": "a: b", "i": false, "j": []any{[]string{"x"}},
		"k": "fe80::1", "l": "a\x1bb", "m": "00:16:3e:00:00:01",
	})
	want := `a: ""
b: null
c: []
d: {}
e:
  x: "on"
  y: 1
f:
- name: eth0
  prio: 5
- eth1
g: "1.10"
h: "a: b"
i: false
j:
- [x]
k: "fe80::1"
l: "a\U0000001bb"
m: "00:16:3e:00:00:01"
`
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if yamlText(nil) != "" {
		t.Error("an object that is not there has no text")
	}
}

// What we print parses back equal, is ASCII, and is one line.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{"", "plain", "caf\u00e9", "\u0085\u2028\u2029", "\U0001f600", "\xff\xfe", "<&>", "\x00\x1b\x7f", `\u00e9`, "\xed\xa0\x80"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, key, value string) {
		in := map[string]any{"key": map[string]any{key: []any{value, 1.5, nil, true}}}
		text, err := JSON(in)
		if err != nil {
			t.Fatal(err)
		}
		for i, c := range text {
			if c > 0x7e || c < ' ' && i < len(text)-1 {
				t.Fatalf("byte %#x at %d of %q", c, i, text)
			}
		}
		var got, want any
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		std, _ := json.Marshal(in)
		if err := json.Unmarshal(std, &want); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("printed %s, read back %#v, want %#v", text, got, want)
		}
	})
}

// TestRecovered: what was done about an earlier run is told, and is a change.
func TestRecovered(t *testing.T) {
	found := engine.Recovered{ID: "k7m2p", Started: time.Date(2026, 11, 25, 3, 4, 5, 0, time.UTC), Command: "hostnet-module host.yaml", Path: "/run/hostnet/1/journal",
		Found: "run k7m2p did not come to its end", Action: engine.Undone, Steps: []string{"ip link del bond0"}}
	r := From(engine.Outcome{Recovered: []engine.Recovered{found}, Plan: &plan.Plan{}}, Asked{})
	text, err := JSON(r.Recovered)
	const want = `[{"id":"k7m2p","started":"2026-11-25T03:04:05Z","command":"hostnet-module host.yaml","journal":"/run/hostnet/1/journal",` +
		`"found":"run k7m2p did not come to its end","action":"undone","steps":["ip link del bond0"],"not_restored":[]}]`
	if err != nil || !r.Changed || strings.TrimSpace(string(text)) != want {
		t.Errorf("changed %v, %v\n got %s\nwant %s", r.Changed, err, text, want)
	}
	r = From(engine.Outcome{Recovered: []engine.Recovered{found}, Failed: errors.New("look at the network: no")}, Asked{})
	if !r.Changed || !strings.HasSuffix(r.Msg, "an earlier run had been undone before, nothing else was changed") {
		t.Errorf("changed %v: %s", r.Changed, r.Msg)
	}
	found.Missing = []string{"a", "b", "c", "d"}
	if text := found.String(); !strings.HasSuffix(text, "it was undone, but for: a; b; c; and 1 more") {
		t.Error(text)
	}
}
