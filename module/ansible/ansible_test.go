package ansible

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"hostnet-module/module/engine"
	"hostnet-module/module/state"
	"hostnet-module/tests/fake"
)

const bare = "eth0: up mtu 1500 address 02:00:00:00:00:01 permaddr 02:00:00:00:00:01\n" +
	"eth1: up mtu 1500 address 02:00:00:00:00:02 permaddr 02:00:00:00:00:02\n"

const bond = `"bonds": [{"name": "bond0", "mode": "active-backup", "miimon": "100", "members": "eth0,eth1"}]`

// call is one task.
type call struct {
	args   string // what the arguments file holds
	kernel *fake.Kernel
	dial   error
	door   Door
}

func (c call) do(t *testing.T) (result map[string]any, status int, raw string) {
	t.Helper()
	if c.kernel == nil {
		c.kernel = &fake.Kernel{Host: mustParse(t)}
	}
	var out bytes.Buffer
	d := c.door
	d.Stdout, d.Runtime = &out, t.TempDir()
	d.Kernel = func() (engine.Kernel, error) { return c.kernel, c.dial }
	if d.Args == nil {
		d.Args = []string{"/tmp/x/AnsiballZ_hostnet", "args"}
	}
	if d.Read == nil {
		d.Read = func(string) ([]byte, error) { return []byte(c.args), nil }
	}
	status = d.Main(t.Context())
	raw = out.String()
	if strings.Count(raw, "\n") != 1 || !strings.HasSuffix(raw, "\n") {
		t.Fatalf("not one line: %q", raw)
	}
	if i := strings.IndexFunc(raw, func(r rune) bool { return r > 0x7e }); i >= 0 {
		t.Fatalf("not ASCII at %d: %q", i, raw)
	}
	if err := json.Unmarshal([]byte(raw), &result); err != nil {
		t.Fatalf("%v: %s", err, raw)
	}
	return result, status, raw
}

// Each row is one rule of how Ansible calls a binary module.
func TestRules(t *testing.T) {
	lacking := func(names ...string) *fake.Kernel {
		return &fake.Kernel{Host: mustParse(t), Lacks: names}
	}
	rows := []struct {
		name   string
		call   call
		status int
		msg    string   // part of it
		has    []string // keys
		lacks  []string
	}{
		{"a run", call{args: `{` + bond + `, "_ansible_version": "2.19.11", "_ansible_tmpdir": null}`}, 0, "1 object: 1 created", []string{"changed", "steps"}, []string{"failed", "diff", "invocation"}},
		{"keys of tomorrow", call{args: `{` + bond + `, "_ansible_whatever": {"a": [1]}}`}, 0, "1 object: 1 created", nil, nil},
		{"diff", call{args: `{` + bond + `, "_ansible_diff": true}`}, 0, "created", []string{"diff"}, nil},
		{"no diff", call{args: `{` + bond + `, "_ansible_diff": false}`}, 0, "created", nil, []string{"diff"}},
		{"no_log keeps no values", call{args: `{` + bond + `, "_ansible_diff": true, "_ansible_no_log": true, "_ansible_inject_invocation": true}`}, 0, "created",
			[]string{"changed"}, []string{"diff", "invocation"}},
		{"invocation is asked for", call{args: `{` + bond + `, "_ansible_inject_invocation": true}`}, 0, "created", []string{"invocation"}, nil},
		{"invocation is refused", call{args: `{` + bond + `, "_ansible_inject_invocation": false, "_ansible_verbosity": 4}`}, 0, "created", nil, []string{"invocation"}},
		{"invocation of old", call{args: `{` + bond + `, "_ansible_verbosity": 3}`}, 0, "created", []string{"invocation"}, nil},
		{"no invocation of old", call{args: `{` + bond + `, "_ansible_verbosity": 2}`}, 0, "created", nil, []string{"invocation"}},
		{"a bad document", call{args: `{"bonds": [{"name": "bond0", "mod": 1}], "_ansible_verbosity": 3}`}, 2, "bonds[0].mod", []string{"failed", "problems", "invocation"}, nil},
		{"a file that is not there", call{door: Door{Read: os.ReadFile, Args: []string{"AnsiballZ_hostnet", "/nowhere/args"}}}, 1, "arguments file: open /nowhere/args: no such file", []string{"failed"}, nil},
		{"no argument", call{door: Door{Args: []string{"AnsiballZ_hostnet"}}}, 1, "called with 0 arguments", []string{"failed"}, nil},
		{"two arguments", call{door: Door{Args: []string{"AnsiballZ_hostnet", "a", "b"}}}, 1, "called with 2 arguments", []string{"failed"}, nil},
		{"an empty file", call{args: ""}, 2, "empty", []string{"failed", "problems"}, nil},
		{"broken JSON", call{args: `{"bonds": [`}, 2, "", []string{"failed", "problems"}, nil},
		{"JSON, but no object", call{args: `[1]`}, 2, "", []string{"failed", "problems"}, nil},
		{"nothing but Ansible's keys", call{args: `{"_ansible_check_mode": false}`}, 2, "the document says nothing", []string{"failed", "problems"}, nil},
		{"not root", call{args: `{` + bond + `}`, dial: fmt.Errorf("netlink socket: %w", syscall.EPERM)}, 1, "become: true", []string{"failed"}, nil},
		{"a module of the kernel is missing", call{args: `{` + bond + `}`, kernel: lacking("bonding")}, 1, "bonding", []string{"failed"}, nil},
		{"no such NIC", call{args: `{"bonds": [{"name": "bond0", "miimon": 100, "members": ["eth7", "eth8"]}]}`}, 2, "eth7", []string{"failed", "problems"}, nil},
		{"gathered", call{args: `{"state": "gathered", "_ansible_check_mode": true}`}, 0, "gathered 0 objects", []string{"document"}, []string{"diff"}},
		{"text that is not ASCII", call{args: `{"bridges": [{"name": "br0", "description": "caf\u00e9 \u0085"}]}`}, 0, "created", nil, nil},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			got, status, raw := r.call.do(t)
			if status != r.status || !strings.Contains(fmt.Sprint(got["msg"]), r.msg) {
				t.Errorf("status %d: %s", status, raw)
			}
			if failed, _ := got["failed"].(bool); failed != (status != 0) {
				t.Errorf("exit status %d and failed %v: Ansible looks at failed alone", status, got["failed"])
			}
			if failed := got["failed"] == true; failed && got["changed"] != false {
				t.Error("failed and changed")
			}
			for _, key := range r.has {
				if _, ok := got[key]; !ok {
					t.Errorf("no %s: %s", key, raw)
				}
			}
			for _, key := range append(r.lacks, "rc", "results", "stdout", "stderr") {
				if _, ok := got[key]; ok {
					t.Errorf("with %s: %s", key, raw)
				}
			}
		})
	}
}

// In check mode the kernel is sent nothing, and the result is that of the run.
func TestCheckMode(t *testing.T) {
	for _, word := range []string{"true", `"yes"`, `"True"`, "1", `"what?"`} {
		k := &fake.Kernel{Host: mustParse(t)}
		checked, status, _ := call{args: `{` + bond + `, "_ansible_diff": true, "_ansible_check_mode": ` + word + `}`, kernel: k}.do(t)
		if status != 0 || len(k.Sent) > 0 || len(k.Loaded) > 0 {
			t.Errorf("%s: status %d, sent %v, loaded %v", word, status, k.Sent, k.Loaded)
		}
		ran, _, _ := call{args: `{` + bond + `, "_ansible_diff": true, "_ansible_check_mode": false}`, kernel: k}.do(t)
		if len(k.Sent) == 0 {
			t.Error("the run sent nothing")
		}
		for _, r := range []map[string]any{checked, ran} {
			delete(r, "msg") // «would be»
		}
		if fmt.Sprint(checked) != fmt.Sprint(ran) {
			t.Errorf("check %v\nrun   %v", checked, ran)
		}
	}
}

func TestRunTwice(t *testing.T) {
	k := &fake.Kernel{Host: mustParse(t)}
	call{args: `{` + bond + `}`, kernel: k}.do(t)
	sent := len(k.Sent)
	got, _, raw := call{args: `{` + bond + `, "_ansible_diff": true}`, kernel: k}.do(t)
	if got["changed"] != false || got["msg"] != "1 object: nothing to change" || len(k.Sent) > sent || got["diff"] != nil {
		t.Errorf("%s\nsent %v", raw, k.Sent[sent:])
	}
}

func TestRefusedStep(t *testing.T) {
	h := mustParse(t)
	k := &fake.Kernel{Host: h, Refuse: func(n int, s state.Step) error {
		if n == 1 {
			return fmt.Errorf("no room: %w", syscall.ENOSPC)
		}
		return nil
	}}
	got, status, raw := call{args: `{` + bond + `}`, kernel: k}.do(t)
	if status != 1 || got["rolled_back"] != true || got["changed"] != false || !strings.Contains(raw, "everything was put back as it was") {
		t.Errorf("%d %s", status, raw)
	}
	if h.String() != mustParse(t).String() {
		t.Errorf("left behind:\n%s", h)
	}
}

func mustParse(t *testing.T) *state.Host {
	h, err := fake.Parse(bare)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// A kernel that panics stands for any fault of our own.
type broken struct{ *fake.Kernel }

func (broken) Snapshot(context.Context, ...string) (*state.Host, error) { panic("nil map \u0085") }

func TestPanic(t *testing.T) {
	d := Door{Args: []string{"AnsiballZ_hostnet", "args"}, Runtime: t.TempDir(), Stdout: &bytes.Buffer{},
		Read:   func(string) ([]byte, error) { return []byte(`{` + bond + `}`), nil },
		Kernel: func() (engine.Kernel, error) { return broken{&fake.Kernel{}}, nil }}
	status := d.Main(t.Context())
	var got map[string]any
	if err := json.Unmarshal(d.Stdout.(*bytes.Buffer).Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if status != 1 || got["failed"] != true || !strings.HasPrefix(fmt.Sprint(got["msg"]), "internal error: nil map") ||
		!strings.Contains(fmt.Sprint(got["exception"]), "Snapshot") {
		t.Errorf("%d %v", status, got)
	}
}

// SIGTERM ends the context: everything is put back.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	h := mustParse(t)
	k := &fake.Kernel{Host: h, Refuse: func(n int, _ state.Step) error {
		if n == 1 {
			cancel(errors.New("terminated signal received"))
		}
		return nil
	}}
	d := Door{Args: []string{"AnsiballZ_hostnet", "args"}, Runtime: t.TempDir(), Stdout: &bytes.Buffer{},
		Read:   func(string) ([]byte, error) { return []byte(`{` + bond + `}`), nil },
		Kernel: func() (engine.Kernel, error) { return k, nil }}
	status, want := d.Main(ctx), `"msg":"interrupted: terminated signal received; everything was put back as it was"`
	if status != 1 || !strings.Contains(d.Stdout.(*bytes.Buffer).String(), want) {
		t.Errorf("%d %s", status, d.Stdout)
	}
	if got, want := h.String(), mustParse(t).String(); got != want {
		t.Errorf("left behind:\n%s", got)
	}
}

type closed struct{}

func (closed) Write([]byte) (int, error) { return 0, syscall.EPIPE }

// Whoever reads the result may go away: the run is finished all the same.
func TestClosedOutput(t *testing.T) {
	h := mustParse(t)
	k := &fake.Kernel{Host: h}
	d := Door{Args: []string{"AnsiballZ_hostnet", "args"}, Runtime: t.TempDir(), Stdout: closed{},
		Read:   func(string) ([]byte, error) { return []byte(`{` + bond + `}`), nil },
		Kernel: func() (engine.Kernel, error) { return k, nil }}
	if status := d.Main(t.Context()); status != 1 || h.Link("bond0") == nil {
		t.Errorf("status %d, host\n%s", status, h)
	}
}

func TestInvocation(t *testing.T) {
	got, _, _ := call{args: `{` + bond + `, "prune": false, "_ansible_inject_invocation": true, "_ansible_secret": "x"}`}.do(t)
	args := got["invocation"].(map[string]any)["module_args"].(map[string]any)
	if keys := slices.Sorted(maps.Keys(args)); !slices.Equal(keys, []string{"bonds", "prune"}) {
		t.Errorf("%v", keys)
	}
}

func TestCalled(t *testing.T) {
	files := map[string]string{
		"args": `{"bonds": [], "_ansible_check_mode": false}`, "host.json": `{"bonds": []}`, "deep": `{"bonds": [{"_ansible_x": 1}]}`,
		"text": `{"description": "_ansible_x"}`, "yaml": "bonds: []\n", "broken": `{"_ansible_x": `, "-": `{"_ansible_no_log": false}`,
	}
	read := func(name string) ([]byte, error) {
		text, ok := files[name]
		if !ok {
			return nil, fs.ErrNotExist
		}
		return []byte(text), nil
	}
	rows := []struct {
		args string
		word bool
		want bool
	}{
		{"/home/ada/.ansible/tmp/x/AnsiballZ_hostnet /nowhere", false, true}, {"AnsiballZ_hostnet", false, true},
		{"hostnet-module args", false, true}, {"hostnet-module -", false, true}, {"hostnet-module args", true, false},
		{"hostnet-module host.json", false, false}, {"hostnet-module deep", false, false}, {"hostnet-module text", false, false},
		{"hostnet-module yaml", false, false}, {"hostnet-module broken", false, false}, {"hostnet-module nowhere", false, false},
		{"hostnet-module --check args", false, false}, {"hostnet-module --help", false, false}, {"hostnet-module", false, false},
	}
	for _, r := range rows {
		if got := Called(strings.Fields(r.args), read, r.word); got != r.want {
			t.Errorf("%s: %v", r.args, got)
		}
	}
}

// Templates yield texts: what Ansible's own argument types take is taken here too.
func TestCoercions(t *testing.T) {
	want, _, _ := call{args: `{` + bond + `}`}.do(t)
	for _, args := range []string{
		`"name": "bond0", "mode": 1, "miimon": 100, "members": ["eth0", "eth1"]`,
		`"name": "bond0", "mode": "1", "miimon": "100", "members": "['eth0', 'eth1']"`,
		`"name": "bond0", "mode": "active-backup", "miimon": 100.0, "members": "eth0, eth1", "mtu": null, "description": ""`,
		`"name": "bond0", "mode": "active-backup", "miimon": "100", "members": ["eth0", "eth1"], "up": "yes"`,
	} {
		got, status, raw := call{args: `{"bonds": [{` + args + `}]}`}.do(t)
		if status != 0 || fmt.Sprint(got["steps"]) != fmt.Sprint(want["steps"]) {
			t.Errorf("%s\n%s\nwant %v", args, raw, want["steps"])
		}
	}
	got, status, _ := call{args: `{"bridges": [{"name": "br0", "mac": 41135085296}]}`}.do(t)
	if status != 2 || !strings.Contains(fmt.Sprint(got["problems"]), "quote") {
		t.Errorf("a MAC that YAML took for a number: %v", got)
	}
}

// TestLeave: who asks to be let go of is let go of once, before anything changes, and only then.
func TestLeave(t *testing.T) {
	left := 0
	ask := func(args string, k *fake.Kernel) int {
		left = 0
		c := call{args: `{` + args + `, "_ansible_hostnet_leave": true}`, kernel: k, door: Door{Leave: func() {
			left++
			if len(k.Sent) > 0 {
				t.Errorf("%d steps before the caller was let go of", len(k.Sent))
			}
		}}}
		c.do(t)
		return left
	}
	k := &fake.Kernel{Host: mustParse(t)}
	if n := ask(bond+`, "_ansible_check_mode": true`, k); n != 0 {
		t.Errorf("in check mode: %d times", n)
	}
	if n := ask(bond, k); n != 1 {
		t.Errorf("with a change: %d times", n)
	}
	k.Sent = nil
	if n := ask(bond, k); n != 0 {
		t.Errorf("with nothing to change: %d times", n)
	}
}
