package persist_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hostnet-module/cloudinit/files"
	"hostnet-module/module/persist"
	"hostnet-module/module/spec"
)

const (
	bond = "bonds: [{name: bond0, mode: active-backup, members: [eth0, eth1]}]\n"
	segs = "segments: [{id: 16, parent: bond0, bridge: vlan16, addresses: [192.0.2.10/24]}]\n"
)

// desk is a host in a folder.
type desk struct {
	t *testing.T
	persist.Host
}

func newDesk(t *testing.T, files ...string) desk {
	t.Helper()
	root := t.TempDir()
	d := desk{t, persist.Host{Root: root, Program: func() (string, error) { return filepath.Join(root, "tmp/program"), nil }}}
	for _, f := range append(files, "/tmp/program") {
		d.lay(f, "the program")
	}
	return d
}

func (d desk) lay(name, text string) {
	d.t.Helper()
	if strings.HasSuffix(name, "/") {
		if err := os.MkdirAll(filepath.Join(d.Root, name), 0o755); err != nil {
			d.t.Fatal(err)
		}
		return
	}
	d.lay(filepath.Dir(name)+"/", "")
	if err := os.WriteFile(filepath.Join(d.Root, name), []byte(text), 0o755); err != nil {
		d.t.Fatal(err)
	}
}

// files lists what is there, links with their targets.
func (d desk) files() []string {
	var list []string
	filepath.WalkDir(d.Root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		name := strings.TrimPrefix(path, d.Root)
		if to, err := os.Readlink(path); err == nil {
			name += " -> " + to
		}
		list = append(list, name)
		return nil
	})
	return list
}

func (d desk) read(name string) string {
	data, _ := os.ReadFile(filepath.Join(d.Root, name))
	return string(data)
}

func document(t *testing.T, text string) *spec.Document {
	t.Helper()
	doc, problems, _ := spec.Read([]byte(text), "test.yaml")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return doc
}

// keep plans and does, and plans again: then nothing is left.
func (d desk) keep(text string) *persist.Plan {
	d.t.Helper()
	was := d.files()
	p, problems := d.Make(document(d.t, text))
	if len(problems) > 0 {
		d.t.Fatal(problems)
	}
	if diff := cmp.Diff(was, d.files()); diff != "" {
		d.t.Errorf("planning changed files: %s", diff)
	}
	if err := p.Do(); err != nil {
		d.t.Fatal(err)
	}
	if again, _ := d.Make(document(d.t, text)); again.Changed() {
		d.t.Errorf("not idempotent: %+v", again.Object)
	}
	return p
}

const systemd = "/run/systemd/system/"

func TestSystemd(t *testing.T) {
	d := newDesk(t, systemd)
	p := d.keep(bond)
	want := []string{
		"/etc/hostnet/hostnet.yaml",
		"/etc/systemd/system/hostnet-late.service", "/etc/systemd/system/hostnet-wait-online.service", "/etc/systemd/system/hostnet.service",
		"/etc/systemd/system/multi-user.target.wants/hostnet-late.service -> /etc/systemd/system/hostnet-late.service",
		"/etc/systemd/system/network-online.target.wants/hostnet-wait-online.service -> /etc/systemd/system/hostnet-wait-online.service",
		"/etc/systemd/system/sysinit.target.wants/hostnet.service -> /etc/systemd/system/hostnet.service",
		"/tmp/program", "/usr/local/sbin/hostnet-module",
	}
	if diff := cmp.Diff(want, d.files()); diff != "" {
		t.Error(diff)
	}
	if p.Object.Kind != "boot" || p.Object.Action != "create" || len(p.Object.Differences) != 3 || len(p.Warnings) > 0 {
		t.Errorf("got %+v, warnings %q", p.Object, p.Warnings)
	}
	if text := d.read(persist.Document); !strings.HasPrefix(text, "# ") || !strings.Contains(text, "bond0") {
		t.Errorf("the document is\n%s", text)
	}
	// A later task: one document for both, the earlier one is kept.
	p = d.keep(segs)
	if p.Object.Action != "update" || len(p.Object.Differences) != 1 || !strings.Contains(d.read(persist.Document), "vlan16") || !strings.Contains(d.read(persist.Document), "bond0") {
		t.Errorf("got %+v\n%s", p.Object, d.read(persist.Document))
	}
	if got := d.Earlier(); !slices.Equal(got, []string{"/etc/hostnet/previous/1.yaml"}) || strings.Contains(d.read(got[0]), "vlan16") {
		t.Errorf("kept %v", got)
	}
	// Another program, a unit that somebody changed.
	d.lay("/tmp/program", "a newer program")
	d.lay("/etc/systemd/system/hostnet.service", "junk")
	if p = d.keep(segs); p.Object.Action != "update" || d.read("/usr/local/sbin/hostnet-module") != "a newer program" {
		t.Errorf("got %+v", p.Object)
	}
}

func TestPrevious(t *testing.T) {
	d := newDesk(t, systemd)
	for _, mtu := range []string{"1500", "1501", "1502", "1503", "1504", "1505", "1506", "1507"} {
		d.keep("bridges: [{name: br0, mtu: " + mtu + "}]")
	}
	if got := d.Earlier(); len(got) != 5 || !strings.Contains(d.read(got[0]), "1506") || !strings.Contains(d.read(got[4]), "1502") {
		t.Errorf("kept %v", got)
	}
}

// TestScripts: the shell takes them.
func TestScripts(t *testing.T) {
	for _, name := range []string{"hostnet.init", "hostnet.openrc"} {
		cmd := exec.Command("sh", "-n")
		cmd.Stdin = strings.NewReader(files.Read(name))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", name, err, out)
		}
	}
}

// TestOthers: hosts with other managers of services, or with what a package has brought.
func TestOthers(t *testing.T) {
	for name, row := range map[string]struct {
		has     []string
		want    []string
		warning string
	}{
		"OpenRC":           {[]string{"/sbin/openrc-run", "/etc/init.d/"}, []string{"/etc/init.d/hostnet", "/etc/runlevels/boot/hostnet -> /etc/init.d/hostnet", "/usr/local/sbin/hostnet-module"}, ""},
		"OpenRC in Debian": {[]string{"/sbin/openrc-run", "/etc/init.d/", "/etc/runlevels/sysinit/networking"}, []string{"/etc/init.d/hostnet", "/etc/runlevels/sysinit/hostnet -> /etc/init.d/hostnet", "/usr/local/sbin/hostnet-module"}, ""},
		"sysvinit":         {[]string{"/etc/init.d/", "/etc/rcS.d/"}, []string{"/etc/init.d/hostnet", "/etc/rcS.d/S05hostnet -> ../init.d/hostnet", "/usr/local/sbin/hostnet-module"}, ""},
		"neither":          {nil, nil, "nothing here starts services that we know of"},
		"package": {[]string{systemd, "/usr/sbin/hostnet-module", "/usr/lib/systemd/system/hostnet.service", "/usr/lib/systemd/system/hostnet-late.service", "/usr/lib/systemd/system/hostnet-wait-online.service"},
			[]string{
				"/etc/systemd/system/multi-user.target.wants/hostnet-late.service -> /usr/lib/systemd/system/hostnet-late.service",
				"/etc/systemd/system/network-online.target.wants/hostnet-wait-online.service -> /usr/lib/systemd/system/hostnet-wait-online.service",
				"/etc/systemd/system/sysinit.target.wants/hostnet.service -> /usr/lib/systemd/system/hostnet.service"}, ""},
		"switched off": {[]string{systemd, "/etc/hostnet/boot-disabled"}, nil, "switched off"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, row.has...)
			was := d.files()
			p := d.keep(bond)
			got := slices.DeleteFunc(d.files(), func(f string) bool { return slices.Contains(was, f) || f == persist.Document })
			if !slices.Equal(row.want, got) {
				t.Error(cmp.Diff(row.want, got))
			}
			if text := strings.Join(p.Warnings, " "); !strings.Contains(text, row.warning) || (text == "") != (row.warning == "") {
				t.Errorf("warnings %q", p.Warnings)
			}
			// And all of it goes again.
			if err := d.Uninstall().Do(); err != nil {
				t.Fatal(err)
			}
			was = slices.DeleteFunc(was, func(f string) bool { return f == "/etc/hostnet/boot-disabled" })
			if diff := cmp.Diff(was, d.files()); diff != "" {
				t.Errorf("left: %s", diff)
			}
			if _, err := os.Stat(filepath.Join(d.Root, persist.Folder)); err == nil {
				t.Error("the folder is left")
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	d := newDesk(t, systemd)
	d.lay(persist.Document, "bonds: [{nam: x}]")
	if _, problems := d.Make(document(t, bond)); len(problems) != 1 || !strings.Contains(problems[0].Message, "bonds[0].nam") {
		t.Errorf("got %v", problems)
	}
	d.lay(persist.Document, "vlans: [{name: v16, parent: eth0, id: 16}]")
	if _, problems := d.Make(document(t, "vlans: [{name: w16, parent: eth0, id: 16}]")); len(problems) != 1 || !strings.Contains(problems[0].Message, "contradicts itself") {
		t.Errorf("got %v", problems)
	}
}

// TestByHand: what a person has written stays as it is written while it says the same.
func TestByHand(t *testing.T) {
	d := newDesk(t, systemd)
	text := "# mine\nbonds:\n- {members: 'eth0,eth1', mode: 1, name: bond0}\n"
	d.lay(persist.JSON, `{"bonds": [{"name": "other"}]}`)
	d.lay(persist.Document, text)
	d.keep(bond)
	if d.read(persist.Document) != text {
		t.Errorf("rewritten:\n%s", d.read(persist.Document))
	}
	if err := os.Remove(filepath.Join(d.Root, persist.Document)); err != nil {
		t.Fatal(err)
	}
	d.keep(bond)
	if got := d.read(persist.JSON); !strings.Contains(got, `"bond0"`) || !strings.Contains(got, `"other"`) {
		t.Errorf("the JSON document is\n%s", got)
	}
}

// TestSwitch: off and on again, with the hands of others.
func TestSwitch(t *testing.T) {
	d := newDesk(t, systemd, "/usr/bin/cloud-init", "/etc/cloud/", "/etc/NetworkManager/", "/usr/lib/systemd/system/systemd-networkd-wait-online.service")
	d.lay("/etc/network/interfaces.d/50-cloud-init", "auto eth0\n")
	d.lay("/etc/network/interfaces.d/mine", "auto eth9\n")
	bare := d.files()
	d.keep(bond)
	p, err := d.Enable(true)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Do(); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"/etc/cloud/cloud.cfg.d/99-hostnet.cfg":                                   "network: {config: disabled}",
		"/etc/NetworkManager/conf.d/90-hostnet.conf":                              "interface-name:bond0;interface-name:eth0;interface-name:eth1",
		"/etc/systemd/system/systemd-networkd-wait-online.service.d/hostnet.conf": "ConditionPathExists=!",
		"/usr/lib/python3/dist-packages/cc_hostnet.py":                            "def handle(",
		"/var/lib/cloud/handlers/part_handler_hostnet.py":                         "text/x-hostnet",
		"/etc/systemd/system/cloud-init.target.wants/hostnet-cloud-init.service":  "cloud-init single",
		"/etc/systemd/system/hostnet-cloud-init.service":                          "cloud-init single",
	} {
		got, err := os.ReadFile(filepath.Join(d.Root, strings.Replace(name, "cloud-init.target.wants/", "", 1)))
		if err != nil || !strings.Contains(string(got), text) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if d.read("/etc/network/interfaces.d/50-cloud-init") != "" || d.read("/etc/network/interfaces.d/mine") == "" {
		t.Error("what cloud-init has written for ifupdown is still there, or more is gone")
	}
	if p, err := d.Enable(true); err != nil || p.Changed() {
		t.Errorf("not idempotent: %v %v", p, err)
	}
	d.keep("bridges: [{name: br9}]")
	if text := d.read("/etc/NetworkManager/conf.d/90-hostnet.conf"); !strings.Contains(text, "interface-name:br9") {
		t.Errorf("NetworkManager is told of %s", text)
	}
	off := d.Disable()
	if err := off.Do(); err != nil || !off.Changed() || !d.Off() {
		t.Error(err, off)
	}
	if d.Disable().Changed() {
		t.Error("switched off twice")
	}
	if d.read("/etc/network/interfaces.d/50-cloud-init") != "auto eth0\n" {
		t.Error("what was laid aside did not come back")
	}
	left := slices.DeleteFunc(d.files(), func(f string) bool { return slices.Contains(bare, f) })
	if diff := cmp.Diff([]string{"/etc/hostnet/boot-disabled", "/etc/hostnet/hostnet.yaml", "/etc/hostnet/previous/1.yaml", "/usr/local/sbin/hostnet-module"}, left); diff != "" {
		t.Error(diff)
	}
	if on, err := d.Enable(false); err != nil || !on.Changed() || on.Do() != nil || d.Off() {
		t.Error("not switched on again")
	}
}

// TestPackageComes: a package takes the place of what a run has installed; a unit that somebody has changed stays his.
func TestPackageComes(t *testing.T) {
	const late = "/etc/systemd/system/hostnet-late.service"
	d := newDesk(t, systemd)
	d.keep(bond)
	d.lay(late, d.read(late)+"# mine\n")
	d.lay("/usr/sbin/hostnet-module", "the package's")
	for _, w := range []string{"hostnet", "hostnet-late", "hostnet-wait-online"} {
		d.lay("/usr/lib/systemd/system/"+w+".service", "the package's")
	}
	p, err := d.Enable(false)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Do(); err != nil {
		t.Fatal(err)
	}
	got := slices.DeleteFunc(d.files(), func(f string) bool {
		return !strings.HasPrefix(f, "/etc/systemd/") && !strings.HasPrefix(f, "/usr/local/")
	})
	want := []string{late,
		"/etc/systemd/system/multi-user.target.wants/hostnet-late.service -> /usr/lib/systemd/system/hostnet-late.service",
		"/etc/systemd/system/network-online.target.wants/hostnet-wait-online.service -> /usr/lib/systemd/system/hostnet-wait-online.service",
		"/etc/systemd/system/sysinit.target.wants/hostnet.service -> /usr/lib/systemd/system/hostnet.service"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if p, err := d.Enable(false); err != nil || p.Changed() {
		t.Errorf("again: %v, %+v", err, p.Object)
	}
}

// TestInsideTheImage: an image whose links lead to the host on which it is built: enabling, keeping, disabling and uninstalling change the image,
// and not that host.
func TestInsideTheImage(t *testing.T) {
	for how, link := range map[string]func(outside string) string{
		"absolute": func(outside string) string { return outside },
		"relative": func(outside string) string { return strings.Repeat("../", 30) + outside[1:] },
		"chain":    func(outside string) string { return "/hop" },
	} {
		t.Run(how, func(t *testing.T) {
			outside := desk{t, persist.Host{Root: t.TempDir()}}
			d := newDesk(t, "/usr/bin/cloud-init", "/etc/cloud/cloud.cfg", "/usr/lib/systemd/system/systemd-networkd-wait-online.service", "/etc/NetworkManager/x", "/etc/network/x", "/usr/lib/python3/x", "/var/lib/cloud/x", "/usr/local/x")
			if err := os.Symlink(outside.Root, filepath.Join(d.Root, "hop")); err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{"/etc/systemd", "/etc/hostnet", "/usr/local/sbin", "/etc/cloud/cloud.cfg.d", "/var/lib/cloud/handlers", "/usr/lib/python3/dist-packages", "/etc/NetworkManager/conf.d", "/sbin"} {
				at := "/host" + name
				outside.lay(at+"/hostnet.service", "the host's")
				outside.lay(at+"/hostnet-module", "the host's")
				outside.lay(at+"/init", "systemd")
				outside.lay(at+"/hostnet.yaml", "the host's")
				target := link(outside.Root) + at
				if err := os.Symlink(target, filepath.Join(d.Root, name)); err != nil {
					t.Fatal(err)
				}
			}
			d.lay("/run/systemd/system/", "")
			was := strings.Join(outside.files(), "\n")
			p, err := d.Enable(true)
			if err != nil {
				t.Fatal(err)
			}
			if err := p.Do(); err != nil {
				t.Fatal(err)
			}
			if list := strings.Join(d.files(), "\n"); !strings.Contains(list, "hostnet-wait-online.service") || !strings.Contains(list, "sbin/hostnet-module") || !strings.Contains(list, "99-hostnet.cfg") {
				t.Errorf("the image has\n%s", list)
			}
			doc, _, _ := spec.Read([]byte(bond), "x")
			kept, problems := d.Make(doc)
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			for _, do := range []*persist.Plan{kept, d.Disable(), d.Uninstall()} {
				if err := do.Do(); err != nil {
					t.Fatal(err)
				}
			}
			if now := strings.Join(outside.files(), "\n"); now != was {
				t.Errorf("the host has\n%s\nand had\n%s", now, was)
			}
		})
	}
}
