package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hostnet-module/module/engine"
	"hostnet-module/module/state"
	"hostnet-module/tests/fake"
)

const bare = "eth0: up mtu 1500 address 02:00:00:00:00:01 permaddr 02:00:00:00:00:01\n" +
	"eth1: up mtu 1500 address 02:00:00:00:00:02 permaddr 02:00:00:00:00:02\n"

const bond = "bonds:\n  - {name: bond0, mode: active-backup, miimon: 100, members: [eth0, eth1]}\n"

// desk is a person's place: files, a terminal or none, a host.
type desk struct {
	files    map[string]string
	terminal bool
	columns  int
	env      map[string]string
	kernel   *fake.Kernel
	dial     error
	runtime  string
	answers  string // what the person types
}

func newDesk(t *testing.T) *desk {
	h, err := fake.Parse(bare)
	if err != nil {
		t.Fatal(err)
	}
	return &desk{
		files:   map[string]string{"host.yaml": bond, "bad.yaml": "bonds:\n  - name: bond0\n    mod: x\n", "-": bond},
		columns: 100, env: map[string]string{"LANG": "C.UTF-8", "NO_COLOR": "1"},
		kernel: &fake.Kernel{Host: h}, runtime: t.TempDir(),
	}
}

func (d *desk) call(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	status = d.command(&out, &errs, args...).Main(t.Context())
	return status, out.String(), errs.String()
}

func (d *desk) command(out, errs io.Writer, args ...string) *Command {
	return &Command{
		Args: args, Answers: strings.NewReader(d.answers), Guard: d.kernel.Guards, Stdout: out, Stderr: errs, Runtime: d.runtime, Version: "v1.2.3",
		Getenv:  func(name string) string { return d.env[name] },
		Columns: func(io.Writer) (int, bool) { return d.columns, d.terminal },
		Kernel:  func() (engine.Kernel, error) { return d.kernel, d.dial },
		Read: func(name string) ([]byte, error) {
			if text, ok := d.files[name]; ok {
				return []byte(text), nil
			}
			return nil, &fs.PathError{Op: "open", Path: name, Err: syscall.ENOENT}
		},
	}
}

func TestApplyOnATerminal(t *testing.T) {
	d := newDesk(t)
	d.terminal = true
	steps := []struct {
		args   string
		status int
		stdout string
		stderr string
	}{
		{"--check host.yaml", 0, "+ bond0  bond  would be created\n1 object: 1 would be created\n", ""},
		{"host.yaml", 0, "+ bond0  bond  created\n1 object: 1 created\n", ""},
		{"-", 0, "1 object: nothing to change\n", ""},
		{"-v host.yaml", 0, "= bond0  bond  unchanged\n1 object: nothing to change\n", ""},
		{"bad.yaml", 2, "", "bad.yaml:3:5: bonds[0].mod: unknown key \"mod\"\n        mod: x\n        ^\n    hint: did you mean mode?\n" +
			"error: bad.yaml has 1 problem; nothing was touched\n"},
		{"nowhere.yaml", 2, "", "nowhere.yaml: cannot be read: open nowhere.yaml: no such file or directory\n" +
			"error: nowhere.yaml has 1 problem; nothing was touched\n"},
	}
	for _, s := range steps {
		status, stdout, stderr := d.call(t, strings.Fields(s.args)...)
		if status != s.status {
			t.Errorf("%s: exit %d\n%s%s", s.args, status, stdout, stderr)
		}
		if diff := cmp.Diff(s.stdout, stdout) + cmp.Diff(s.stderr, stderr); diff != "" {
			t.Errorf("%s: %s", s.args, diff)
		}
	}
}

func TestDiffChangesNothing(t *testing.T) {
	d := newDesk(t)
	d.terminal = true
	status, stdout, stderr := d.call(t, "diff", "-v", "host.yaml")
	if status != 0 || stderr != "" || len(d.kernel.Sent) > 0 {
		t.Errorf("exit %d, sent %v, %s", status, d.kernel.Sent, stderr)
	}
	for _, want := range []string{"+ bond0  bond  would be created, ", "--- bond bond0\n+++ bond bond0\n", "+mode: active-backup\n", "  ip link add name bond0 "} {
		if !strings.Contains(stdout, want) {
			t.Errorf("no %q in\n%s", want, stdout)
		}
	}
}

// Elsewhere than on a terminal everything is one JSON object on standard output, faults too.
func TestJSON(t *testing.T) {
	rows := []struct {
		args   string
		status int
		has    string
	}{
		{"host.yaml", 0, `"changed":true,"msg":"1 object: 1 created"`},
		{"--check --diff host.yaml", 0, `"diff":[`},
		{"bad.yaml", 2, `"problems":[{"path":"bonds[0].mod"`},
		{"validate bad.yaml", 2, `"line":3`},
		{"validate host.yaml", 0, `"msg":"the document is good: 1 object"`},
		{"nowhere.yaml", 2, `"failed":true`},
		{"show", 0, `{"links":[{"name":"eth0","kind":"ethernet",`},
		{"version --format json", 0, `{"version":"v1.2.3","commit":`},
	}
	for _, r := range rows {
		status, stdout, stderr := newDesk(t).call(t, strings.Fields(r.args)...)
		if status != r.status || !strings.Contains(stdout, r.has) || stderr != "" || !json.Valid([]byte(stdout)) || strings.Count(stdout, "\n") != 1 {
			t.Errorf("%s: exit %d\n%s%s", r.args, status, stdout, stderr)
		}
	}
}

func TestFormatIsObeyed(t *testing.T) {
	d := newDesk(t)
	if _, stdout, _ := d.call(t, "--format", "text", "host.yaml"); stdout != "+ bond0  bond  created\n1 object: 1 created\n" {
		t.Error(stdout)
	}
	d.terminal = true
	if _, stdout, _ := d.call(t, "--format=json", "host.yaml"); !strings.HasPrefix(stdout, `{"changed":false`) {
		t.Error(stdout)
	}
}

// What is wrong with the call itself is said in one line, with the way out; nothing is on standard output.
func TestUsage(t *testing.T) {
	rows := []struct{ args, says string }{
		{"", "no DOCUMENT given"},
		{"a.yaml b.yaml", "takes one DOCUMENT, got 2: a.yaml b.yaml"},
		{"valdate host.yaml", `"valdate" is no subcommand: did you mean validate?`},
		{"--chek host.yaml", "unknown flag: --chek: did you mean --check?"},
		{"-x host.yaml", "unknown shorthand flag"},
		{"--format xml host.yaml", `--format "xml": must be text or json`},
		{"--format json show", "the subcommand comes first: hostnet-module show …; a document of that name is ./show"},
		{"--confirm-timeout 86401 host.yaml", "--confirm-timeout and --extend are seconds, at most 86400"},
		{"--confirm-timeout soon host.yaml", "invalid argument"},
		{"doctor", "doctor: not in this version; a document of that name is ./doctor"},
		{"confirm a b", "takes one [ID], got 2: a b"},
		{"cloud-init", "no DOCUMENT given"},
		{"show host.yaml", `show takes no argument, got "host.yaml"`},
		{"validate", "no DOCUMENT given"},
		{"validate --check host.yaml", "unknown flag: --check"},
		{"help nothing", `"nothing" is no subcommand of this version`},
	}
	for _, r := range rows {
		d := newDesk(t)
		status, stdout, stderr := d.call(t, strings.Fields(r.args)...)
		if status != 2 || stdout != "" || !strings.Contains(stderr, r.says) || !strings.Contains(stderr, "\nusage: hostnet-module") {
			t.Errorf("%q: exit %d\n%s%s", r.args, status, stdout, stderr)
		}
		if len(d.kernel.Sent) > 0 {
			t.Errorf("%q: sent %v", r.args, d.kernel.Sent)
		}
	}
}

func TestConfirmTimeoutZeroIsTheDefault(t *testing.T) {
	if status, _, stderr := newDesk(t).call(t, "--confirm-timeout=0", "--check", "host.yaml"); status != 0 {
		t.Error(status, stderr)
	}
}

// A document that has the name of a subcommand is reached by a path.
func TestDocumentNamedLikeASubcommand(t *testing.T) {
	d := newDesk(t)
	d.files["./show"] = bond
	if _, stdout, _ := d.call(t, "--check", "./show"); !strings.Contains(stdout, "1 would be created") {
		t.Error(stdout)
	}
}

func TestHelp(t *testing.T) {
	for _, args := range [][]string{{"--help"}, {"-h"}, {"help"}} {
		status, stdout, stderr := newDesk(t).call(t, args...)
		if status != 0 || stderr != "" || !strings.HasPrefix(stdout, "usage: hostnet-module [FLAGS] DOCUMENT\n") {
			t.Errorf("%v: %d %s%s", args, status, stdout, stderr)
		}
	}
	for _, v := range verbs() {
		_, a, _ := newDesk(t).call(t, v.name, "--help")
		_, b, _ := newDesk(t).call(t, "help", v.name)
		if a != b || !strings.HasPrefix(a, "usage: hostnet-module "+v.name) || !strings.Contains(a, "\nexamples:\n") {
			t.Errorf("%s:\n%s\n%s", v.name, a, b)
		}
		for line := range strings.Lines(a) {
			if len(line) > 121 {
				t.Errorf("%s: %d columns: %s", v.name, len(line), line)
			}
		}
	}
}

func TestVersion(t *testing.T) {
	for _, args := range [][]string{{"version"}, {"--version"}} {
		if _, stdout, _ := newDesk(t).call(t, args...); !strings.HasPrefix(stdout, "hostnet-module v1.2.3 (commit ") {
			t.Error(stdout)
		}
	}
}

func TestSchema(t *testing.T) {
	if status, stdout, stderr := newDesk(t).call(t, "schema"); status != 0 || stderr != "" || !json.Valid([]byte(stdout)) || !strings.Contains(stdout, "draft/2020-12") {
		t.Error(status, stdout, stderr)
	}
}

func TestShow(t *testing.T) {
	d := newDesk(t)
	d.terminal = true
	d.call(t, "host.yaml")
	status, stdout, _ := d.call(t, "show")
	if status != 0 || strings.Count(stdout, "\n") != 3 || !strings.Contains(stdout, "bond active-backup") {
		t.Error(stdout)
	}
	for _, args := range []string{"show --document --format text", "gathered.yaml"} {
		d.files["gathered.yaml"] = "state: gathered\n"
		if _, stdout, _ := d.call(t, strings.Fields(args)...); !strings.HasPrefix(stdout, "bonds:\n  - name: bond0\n") {
			t.Errorf("%s: %s", args, stdout)
		}
	}
	if _, stdout, _ := d.call(t, "show", "--document", "--format", "json"); !strings.HasPrefix(stdout, "{\n  \"bonds\": [") || !json.Valid([]byte(stdout)) {
		t.Error(stdout)
	}
	d.dial = fmt.Errorf("netlink socket: %w", syscall.EMFILE)
	status, stdout, stderr := d.call(t, "show")
	if status != 1 || stdout != "" || !strings.Contains(stderr, "error: netlink socket: too many open files") {
		t.Error(status, stdout, stderr)
	}
}

func TestRefusedStep(t *testing.T) {
	d := newDesk(t)
	d.terminal = true
	d.kernel.Refuse = func(n int, s state.Step) error {
		if n == 1 {
			return fmt.Errorf("no room: %w", syscall.ENOSPC)
		}
		return nil
	}
	status, stdout, stderr := d.call(t, "-v", "host.yaml")
	if status != 1 || stdout != "" || !strings.Contains(strings.Join(strings.Fields(stderr), " "), "everything was put back as it was") ||
		!strings.Contains(stderr, "hostnet-module: putting everything back, in 30s at most\n") {
		t.Errorf("exit %d\n%s%s", status, stdout, stderr)
	}
}

// The arguments file that Ansible leaves behind with ANSIBLE_KEEP_REMOTE_FILES is a document for a person too.
func TestArgumentsFile(t *testing.T) {
	d := newDesk(t)
	d.files["args"] = `{"bridges": [{"name": "br0"}], "_ansible_check_mode": false}`
	if status, stdout, _ := d.call(t, "--check", "args"); status != 0 || !strings.Contains(stdout, "would be created") || len(d.kernel.Sent) > 0 {
		t.Error(status, stdout)
	}
}

type closed struct{}

func (closed) Write([]byte) (int, error) { return 0, syscall.EPIPE }

func TestClosedOutput(t *testing.T) {
	for _, args := range []string{"host.yaml", "show", "version", "help", "validate host.yaml"} {
		var errs bytes.Buffer
		d := newDesk(t)
		status := d.command(closed{}, &errs, strings.Fields(args)...).Main(t.Context())
		if status != 1 || !strings.Contains(errs.String(), "could not be written: broken pipe") {
			t.Errorf("%s: exit %d, %s", args, status, errs.String())
		}
		if args == "host.yaml" && d.kernel.Host.Link("bond0") == nil {
			t.Error("the run was not finished")
		}
	}
}

func TestStyle(t *testing.T) {
	rows := []struct {
		env      string
		terminal bool
		columns  int
		color    bool
		plain    bool
		width    int
	}{
		{"LANG=en_US.UTF-8 TERM=xterm", true, 120, true, false, 120},
		{"LANG=en_US.UTF-8 NO_COLOR=1", true, 120, false, false, 120},
		{"LANG=C.utf8 TERM=dumb", true, 120, false, false, 120},
		{"LANG=en_US.UTF-8 LC_ALL=C", true, 120, true, true, 120},
		{"", true, 0, true, true, 80},
		{"COLUMNS=60", true, 120, true, true, 60},
		{"COLUMNS=3", true, 120, true, true, 40},
		{"LANG=C.UTF-8 COLUMNS=60", false, 0, false, false, 0},
	}
	for _, r := range rows {
		env := map[string]string{}
		for _, pair := range strings.Fields(r.env) {
			key, value, _ := strings.Cut(pair, "=")
			env[key] = value
		}
		c := Command{Getenv: func(name string) string { return env[name] }, Columns: func(io.Writer) (int, bool) { return r.columns, r.terminal }}
		if s := c.style(io.Discard, options{}); s.Color != r.color || s.Plain != r.plain || s.Width != r.width {
			t.Errorf("%v: %+v", r, s)
		}
	}
}

// Every word of DESIGN's list is a subcommand, now or later; none is both.
func TestWords(t *testing.T) {
	all := map[string]int{}
	for _, name := range append(names(), later()...) {
		all[name]++
	}
	for _, name := range []string{"validate", "show", "diff", "convert", "render", "confirm", "rollback", "boot", "cloud-init", "schema", "doctor", "rehearse", "version"} {
		if all[name] != 1 || !Word(name) {
			t.Errorf("%s: %d", name, all[name])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if strings.ContainsAny(name, "./") {
			t.Errorf("%s could be a path", name)
		}
	}
}
