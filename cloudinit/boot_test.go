package cloudinit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"hostnet-module/module/engine"
	"hostnet-module/module/persist"
	"hostnet-module/module/state"
	"hostnet-module/tests/bad"
	"hostnet-module/tests/fake"
)

const twoCards = `
lo: up
eth0: down mtu 1500 address 00:16:3e:00:00:01 permaddr 00:16:3e:00:00:01
eth1: down mtu 1500 address 00:16:3e:00:00:02 permaddr 00:16:3e:00:00:02
`

const classic = `
bonds:
  - {name: bond0, mode: active-backup, miimon: 100, members: [eth0, eth1]}
segments:
  - {id: 16, parent: bond0, bridge: vlan16, addresses: [192.0.2.10/24], gateway: 192.0.2.1}
  - {id: 48, parent: bond0, bridge: vlan48}
`

// machine is a host that boots, in a folder and a model.
type machine struct {
	t       *testing.T
	kernel  *fake.Kernel
	boot    *Boot
	journal bytes.Buffer
	console bytes.Buffer
	event   func() // what happens while somebody waits; nil: the time passes
}

func (m *machine) Wait(end time.Time) error {
	if do := m.event; do != nil {
		m.event = nil
		do()
		return nil
	}
	time.Sleep(min(time.Until(end), 10*time.Millisecond))
	return nil
}

func (m *machine) Close() {}

func newMachine(t *testing.T, files map[string]string) *machine {
	t.Helper()
	m := &machine{t: t, kernel: &fake.Kernel{}}
	m.boot = &Boot{
		Dial:   func() (engine.Kernel, error) { return m.kernel, nil },
		Listen: func(context.Context) (Events, error) { return m, nil },
		Host:   persist.Host{Root: t.TempDir(), Program: os.Executable}, Runtime: t.TempDir(),
		Patience: 20 * time.Millisecond, Longest: 50 * time.Millisecond,
	}
	m.lay("/run/systemd/system/x", "")
	for name, text := range files {
		m.lay(name, text)
	}
	m.restart()
	return m
}

// restart is a boot: everything in memory is gone.
func (m *machine) restart() {
	h, err := fake.Parse(twoCards)
	if err != nil {
		m.t.Fatal(err)
	}
	m.kernel.Host, m.kernel.AtHome = h, true
	m.journal, m.console = bytes.Buffer{}, bytes.Buffer{}
	m.boot.Stdout, m.boot.Console = &m.journal, &m.console
	m.boot.Runtime = m.t.TempDir()
	os.RemoveAll(filepath.Join(m.boot.Host.Root, runtime))
}

func (m *machine) lay(name, text string) {
	m.t.Helper()
	path := filepath.Join(m.boot.Host.Root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		m.t.Fatal(err)
	}
}

func (m *machine) read(name string) string { return string(m.boot.read(name)) }

// told boots and returns what was left in result.json.
func (m *machine) told(status int) Told {
	m.t.Helper()
	if got := m.boot.Main(m.t.Context()); got != status {
		m.t.Errorf("exit %d, want %d\n%s", got, status, m.journal.String())
	}
	var told struct {
		Source   string
		Fallback bool
		Missing  []string
		Refused  []struct{ Source string }
	}
	if err := json.Unmarshal([]byte(m.read(result)), &told); err != nil {
		m.t.Fatal(err)
	}
	out := Told{Source: told.Source, Fallback: told.Fallback, Missing: told.Missing}
	for _, r := range told.Refused {
		out.Refused = append(out.Refused, Refusal{Source: r.Source})
	}
	return out
}

func (m *machine) has(words ...string) {
	m.t.Helper()
	for _, w := range words {
		if !strings.Contains(m.kernel.Host.String(), w) {
			m.t.Errorf("no %q in\n%s%s", w, m.kernel.Host, m.journal.String())
		}
	}
}

func indented(text, by string) string {
	return by + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n"+by) + "\n"
}

// TestTakenOnce: what came with the machine is laid over what is there when it is new, and not again.
func TestTakenOnce(t *testing.T) {
	const name = "/var/lib/cloud/seed/nocloud/hostnet.yaml"
	m := newMachine(t, map[string]string{name: classic, persist.Document: "bridges: [{name: br9}]"})
	m.told(0)
	m.has("vlan16: bridge", "br9: bridge")
	m.lay(persist.Document, "bridges: [{name: br8}]") // by hand, since
	m.restart()
	m.told(0)
	if m.has("br8: bridge"); strings.Contains(m.kernel.Host.String(), "vlan16") {
		t.Error("taken twice")
	}
	m.lay(name, "bridges: [{name: br7}]")
	m.restart()
	m.told(0)
	m.has("br8: bridge", "br7: bridge")
}

// TestBadDocuments: each is refused with its place, in the journal and on the console, and what worked last comes up; or, if there is
// nothing, the machine stays as it is.
func TestBadDocuments(t *testing.T) {
	if n := len(bad.Documents()); n < 40 {
		t.Fatalf("only %d", n)
	}
	for _, text := range slices.Sorted(maps.Keys(bad.Documents())) {
		const name = "/var/lib/cloud/seed/nocloud/hostnet.yaml"
		m := newMachine(t, map[string]string{name: text})
		told := m.told(1)
		if len(told.Refused) != 1 || told.Refused[0].Source != name || len(m.kernel.Sent) > 0 || m.read(persist.Document) != "" {
			t.Errorf("%s: %+v, sent %v", text, told, m.kernel.Sent)
		}
		for where, said := range map[string]string{"journal": m.journal.String(), "console": m.console.String()} {
			if !strings.Contains(said, name+":") || !strings.Contains(said, bad.Documents()[text]) || !strings.Contains(said, "without hostnet") {
				t.Errorf("%s: the %s says\n%s", text, where, said)
			}
		}
		m.lay(persist.Document, classic)
		m.restart()
		if told := m.told(0); !told.Fallback || told.Source != persist.Document || m.console.Len() == 0 {
			t.Errorf("%s: %+v", text, told)
		}
		m.has("vlan16: bridge up", "inet 192.0.2.10/24")
		if m.read(persist.Document) != classic {
			t.Errorf("%s: the good document was changed", text)
		}
	}
}

// TestFallback: the document that boots was broken by hand, or does not hold: the one before it comes up.
func TestFallback(t *testing.T) {
	m := newMachine(t, map[string]string{persist.Document: "bonds: [{", "/etc/hostnet/previous/1.yaml": "also: broken", "/etc/hostnet/previous/2.yaml": classic})
	if told := m.told(0); !told.Fallback || told.Source != "/etc/hostnet/previous/2.yaml" || len(told.Refused) != 2 {
		t.Errorf("got %+v", told)
	}
	m.has("vlan16: bridge up")
	m = newMachine(t, map[string]string{persist.Document: classic, "/etc/hostnet/previous/1.yaml": "bridges: [{name: br0, addresses: [192.0.2.10/24]}]"})
	m.kernel.Refuse = func(_ int, s state.Step) error {
		return map[bool]error{true: fmt.Errorf("planned")}[strings.Contains(s.String(), "type bond ")]
	}
	if told := m.told(0); !told.Fallback || told.Source != "/etc/hostnet/previous/1.yaml" || !strings.Contains(m.console.String(), "planned") {
		t.Errorf("got %+v\n%s", told, m.console.String())
	}
	m.has("br0: bridge up")
}

// TestLateCard: the bond comes up with what is there and is completed when the rest comes.
// TestNoDocumentFile: what is no file in the place of the document that boots is neither waited for nor read without an end: the one before it comes up.
func TestNoDocumentFile(t *testing.T) {
	for what, put := range map[string]func(path string) error{
		"pipe":   func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"folder": func(path string) error { return os.Mkdir(path, 0o755) },
		"large":  func(path string) error { return errors.Join(os.WriteFile(path, nil, 0o600), os.Truncate(path, 8<<40)) },
	} {
		m := newMachine(t, map[string]string{"/etc/hostnet/previous/1.yaml": classic})
		if err := put(filepath.Join(m.boot.Host.Root, persist.Document)); err != nil {
			t.Fatal(err)
		}
		if told := m.told(0); !told.Fallback || told.Source != "/etc/hostnet/previous/1.yaml" || !strings.Contains(m.console.String(), persist.Document) {
			t.Errorf("%s: %+v\n%s", what, told, m.console.String())
		}
	}
}

// TestNothingThroughLink: what a boot leaves for others is not written where a link in the place of the run-time folder leads.
func TestNothingThroughLink(t *testing.T) {
	m := newMachine(t, map[string]string{"/etc/hostnet/hostnet.yaml": classic})
	elsewhere := t.TempDir()
	if err := os.Symlink(elsewhere, filepath.Join(m.boot.Host.Root, runtime)); err != nil {
		t.Fatal(err)
	}
	m.boot.Main(t.Context())
	if left, _ := os.ReadDir(elsewhere); len(left) > 0 || !strings.Contains(m.journal.String(), "symbolic link") {
		t.Errorf("%v\n%s", left, m.journal.String())
	}
}

func TestLateCard(t *testing.T) {
	m := newMachine(t, map[string]string{persist.Document: strings.Replace(classic, "[eth0, eth1]", "[eth0, {mac: '00:16:3e:00:00:03'}], primary: eth0", 1)})
	if told := m.told(0); !slices.Equal(told.Missing, []string{"{mac: 00:16:3e:00:00:03}"}) || told.Fallback {
		t.Errorf("got %+v", told)
	}
	m.has("vlan16: bridge up", "eth0: master bond0 up")
	if !strings.Contains(m.console.String(), "00:16:3e:00:00:03} is not there") || m.read(absent) == "" {
		t.Errorf("console %q", m.console.String())
	}
	m.event = func() {
		h, err := fake.Parse("eth7: down mtu 1500 address 00:16:3e:00:00:03 permaddr 00:16:3e:00:00:03\n")
		if err != nil {
			t.Fatal(err)
		}
		h.Links[0].Index = 77
		m.kernel.Host.Add(h.Links[0])
	}
	if status := m.boot.Late(t.Context()); status != 0 {
		t.Errorf("exit %d\n%s", status, m.journal.String())
	}
	m.has("eth7: master bond0 up")
	if m.read(absent) != "" {
		t.Error("it is still said to be missing")
	}
}

// TestNoCard: nothing to stand on is no reason to do without the bridges.
func TestNoCard(t *testing.T) {
	m := newMachine(t, map[string]string{persist.Document: strings.Replace(classic, "eth0, eth1", "eth8, eth9", 1) + "vlans: [{parent: eth6, id: 5}]\nethernets: [{name: eth5, mtu: 9000}]\n"})
	if told := m.told(0); !slices.Equal(told.Missing, []string{"eth5", "eth6", "eth8", "eth9"}) {
		t.Errorf("got %+v", told)
	}
	m.has("vlan16: bridge up", "bond0: bond up")
	if status := m.boot.Online(t.Context(), 0); status != 0 {
		t.Errorf("waited for carrier that nothing can give: %s", m.journal.String())
	}
}

// TestNewWithoutCards: a new document of whose cards none is there does not take the place of one that works.
func TestNewWithoutCards(t *testing.T) {
	m := newMachine(t, map[string]string{persist.Document: classic, "/var/lib/cloud/seed/nocloud/hostnet.yaml": "bonds: [{name: bond7, members: [eth8, eth9]}]"})
	if told := m.told(0); !told.Fallback || told.Source != persist.Document || !strings.Contains(m.console.String(), "eth8, eth9") ||
		!strings.Contains(m.console.String(), "nocloud/hostnet.yaml: did not come up") {
		t.Errorf("got %+v\n%s", told, m.console.String())
	}
	m.has("vlan16: bridge up")
}

// TestTake: what cloud-init hands over late is applied and kept, once.
func TestTake(t *testing.T) {
	m := newMachine(t, nil)
	for n, want := range []string{"created", "taken before"} {
		r, _ := m.boot.Take(t.Context(), "-", []byte(classic))
		if r.Failed || !strings.Contains(r.Msg, want) || !strings.Contains(m.read(persist.Document), "vlan16") {
			t.Errorf("call %d: %+v", n, r.Msg)
		}
	}
	if r, _ := m.boot.Take(t.Context(), "-", []byte("bridges: [{name: br9}]")); r.Failed || !r.Changed {
		t.Errorf("another one: %+v", r.Msg)
	}
	if r, _ := m.boot.Take(t.Context(), "-", []byte(classic)); !strings.Contains(r.Msg, "taken before") {
		t.Errorf("the first one again: %+v", r.Msg)
	}
	if r, _ := m.boot.Take(t.Context(), "-", []byte("bonds: [{nam: x}]")); !r.Failed {
		t.Error("a bad document was taken")
	}
	m.restart()
	m.told(0)
	m.has("vlan16: bridge up")
}
