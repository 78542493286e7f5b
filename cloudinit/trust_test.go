package cloudinit

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"hostnet-module/module/persist"
)

// fat is a disk with the label CIDATA, as far as labels stand in it.
func fat() string {
	head := make([]byte, 512)
	copy(head[0x36:], "FAT16   ")
	copy(head[0x2b:], "CIDATA     ")
	return string(head)
}

// device is a block device in sysfs, with the label.
type device struct {
	at    string            // its folder, below /sys/devices
	files map[string]string // there
}

// plug lays a block device into a machine's sysfs and /dev.
func (m *machine) plug(name string, d device) {
	m.t.Helper()
	m.lay("/sys/devices/"+d.at+"/size", "1")
	for file, text := range d.files {
		m.lay("/sys/devices/"+d.at+"/"+file, text)
	}
	m.lay("/dev/"+name, fat())
	class := filepath.Join(m.boot.Host.Root, "sys/class/block")
	os.MkdirAll(class, 0o755)
	if err := os.Symlink("../../devices/"+d.at, filepath.Join(class, name)); err != nil {
		m.t.Fatal(err)
	}
}

const (
	guestCPU = "processor\t: 0\nflags\t\t: fpu vme hypervisor lahf_lm\n"
	plainCPU = "processor\t: 0\nflags\t\t: fpu vme lahf_lm\n"
)

// TestWhichDisk: which block device may be the seed of a host on which nothing is kept: never one that may be a guest's.
func TestWhichDisk(t *testing.T) {
	const pci = "pci0000:00/0000:00:05.0/"
	stick := map[string]string{"removable": "1"}
	for _, row := range []struct {
		name                  string
		device                device
		guest, host, askedFor bool // whether it may be the seed of a guest, of a virtualization host, of one that asks for it
	}{
		{"vdb", device{pci + "virtio3/block/vdb", nil}, true, false, true},
		{"vdb1", device{pci + "virtio3/block/vdb/vdb1", map[string]string{"partition": "1"}}, true, false, true},
		{"sr0", device{pci + "ata2/host1/target1:0:0/1:0:0:0/block/sr0", stick}, true, true, true},
		{"sdb1", device{pci + "usb1/1-1/1-1:1.0/host2/target2:0:0/2:0:0:0/block/sdb/sdb1", map[string]string{"partition": "1", "../removable": "1"}}, true, true, true},
		{"xvdb", device{"vbd-51728/block/xvdb", nil}, true, false, true},
		{"nvme0n1", device{pci + "nvme/nvme0/nvme0n1", map[string]string{"device/transport": "pcie"}}, true, false, true},
		{"dm-3", device{"virtual/block/dm-3", nil}, false, false, true},
		{"dm-4", device{"virtual/block/dm-4", map[string]string{"removable": "1", "slaves/sda2": ""}}, false, false, true},
		{"md127", device{"virtual/block/md127", nil}, false, false, true},
		{"md127p1", device{"virtual/block/md127/md127p1", map[string]string{"partition": "1"}}, false, false, true},
		{"zd16", device{"virtual/block/zd16", nil}, false, false, true},
		{"nbd0p1", device{"virtual/block/nbd0/nbd0p1", map[string]string{"partition": "1"}}, false, false, true},
		{"drbd0", device{"virtual/block/drbd0", nil}, false, false, true},
		{"rbd0", device{"rbd/0/block/rbd0", nil}, false, false, true},
		{"bcache0", device{"virtual/block/bcache0", nil}, false, false, true},
		{"sdc", device{"platform/host3/session1/target3:0:0/3:0:0:1/block/sdc", stick}, false, false, true},
		{"sdd", device{pci + "host4/rport-4:0-2/target4:0:0/4:0:0:0/block/sdd", nil}, false, false, true},
		{"sde", device{"pseudo_0/adapter0/host5/target5:0:0/5:0:0:0/block/sde", stick}, false, false, true},
		{"nvme1n1", device{"virtual/nvme-fabrics/ctl/nvme1/nvme1n1", map[string]string{"device/transport": "tcp"}}, false, false, true},
		{"nvme2n1", device{pci + "nvme/nvme2/nvme2n1", map[string]string{"device/transport": "rdma"}}, false, false, true},
		{"sdf", device{pci + "ata3/host2/target2:0:0/2:0:0:0/block/sdf", map[string]string{"holders/dm-5": "", "removable": "1"}}, false, false, false},
		{"sdg1", device{pci + "ata4/host3/target3:0:0/3:0:0:0/block/sdg/sdg1", map[string]string{"partition": "1", "../holders/md0": "", "../removable": "1"}}, false, false, false},
		{"sdh", device{pci + "ata5/host4/target4:0:0/4:0:0:0/block/sdh", map[string]string{"dev": "8:112", "removable": "1"}}, false, false, false}, // served to a guest
	} {
		for how, files := range map[string]map[string]string{
			"guest":   {"/proc/cpuinfo": guestCPU},
			"host":    {"/proc/cpuinfo": plainCPU},
			"dom0":    {"/proc/cpuinfo": guestCPU, "/sys/hypervisor/type": "xen\n", "/sys/hypervisor/properties/features": "00002705\n", "/proc/xen/capabilities": "control_d\n"},
			"dom0-2":  {"/proc/cpuinfo": guestCPU, "/sys/hypervisor/type": "xen\n", "/sys/hypervisor/properties/features": "00000f05\n"},
			"asked":   {"/proc/cpuinfo": plainCPU, "/proc/cmdline": "quiet ds=nocloud\n"},
			"asked-2": {"/proc/cpuinfo": plainCPU, persist.Seed: "# ours\ncidata\n"},
			"asked-3": {"/proc/cpuinfo": plainCPU, "/proc/cmdline": "hostnet.seed=replace,cidata\n", persist.Document: classic},
		} {
			m := newMachine(t, files)
			m.lay("/sys/bus/xen-backend/devices/vbd-1-51712/physical_device", "8:70\n")
			m.plug(row.name, row.device)
			want := map[string]bool{"guest": row.guest, "asked": row.askedFor, "asked-2": row.askedFor, "asked-3": row.askedFor}[how] || strings.HasPrefix(how, "dom0") && row.host || how == "host" && row.host
			got := m.boot.seedDevice()
			if (got != "") != want || want && filepath.Base(got) != row.name {
				t.Errorf("%s on %s: got %q, may be one: %t\n%s", row.name, how, got, want, m.journal.String())
			}
			if may := m.boot.mayBeSeed("/dev/" + row.name); may != want {
				t.Errorf("%s on %s by cloud-init: %t", row.name, how, may)
			}
			// With a document kept, and nobody who asks, no disk at all.
			m.lay(persist.Document, classic)
			if got := m.boot.seedDevice(); got != "" && !strings.HasPrefix(how, "asked") {
				t.Errorf("%s on %s beside a kept document: %s", row.name, how, got)
			}
		}
	}
}

// TestSeveralDisks: of a disk and its partition the disk is taken, of two disks none, unless the host names one, and one of the machine's own
// before one that may be a guest's.
func TestSeveralDisks(t *testing.T) {
	const pci = "pci0000:00/0000:00:05.0/"
	m := newMachine(t, map[string]string{"/proc/cpuinfo": guestCPU})
	m.plug("sda", device{pci + "block/sda", nil})
	m.plug("sda1", device{pci + "block/sda/sda1", map[string]string{"partition": "1"}})
	m.plug("dm-0", device{"virtual/block/dm-0", nil})
	want := func(name string) {
		t.Helper()
		if got := m.boot.seedDevice(); filepath.Base(got) != name && (name != "" || got != "") {
			t.Errorf("got %q, want %q\n%s", got, name, m.journal.String())
		}
	}
	want("sda")
	m.lay("/proc/cmdline", "hostnet.seed=cidata")
	want("sda")
	m.lay("/proc/cmdline", "hostnet.seed=/dev/dm-0")
	want("dm-0")
	m.lay("/proc/cmdline", "hostnet.seed=/dev/none")
	want("")
	m.lay("/proc/cmdline", "")
	m.plug("sdb", device{pci + "block/sdb", nil})
	want("")
	if !strings.Contains(m.console.String(), "several disks") {
		t.Errorf("the console says %q", m.console.String())
	}
}

// TestKeptDocument: what came with the machine takes nothing away from what is kept, by whatever way it came, unless it was asked; and
// whatever it does is told in the journal and on the console.
func TestKeptDocument(t *testing.T) {
	const folder = "/var/lib/cloud/seed/nocloud/"
	takeover := "bridges: [{name: guests, ports: [%s]}]\n"
	attacks := map[string]string{
		"by name": fmt.Sprintf(takeover, "eth0"),
		"by MAC":  fmt.Sprintf(takeover, "{mac: '00:16:3e:00:00:01'}"),
		"prune":   "prune: true\nbridges: [{name: guests}]\n",
		"absent":  "bridges: [{name: guests}, {name: vlan16, state: absent}]\n",
		"down":    "bridges: [{name: vlan16, up: false}]\n",
	}
	ways := map[string]func(text string) map[string]string{
		"folder": func(text string) map[string]string { return map[string]string{folder + "hostnet.yaml": text} },
		"user-data": func(text string) map[string]string {
			return map[string]string{folder + "user-data": fmt.Sprintf(multipartUserData, text)}
		},
		"meta-data": func(text string) map[string]string {
			return map[string]string{folder + "meta-data": "hostnet:\n" + indented(text, "  ")}
		},
	}
	for attack, text := range attacks {
		for way, files := range ways {
			m := newMachine(t, files(text))
			m.lay(persist.Document, classic)
			if told := m.told(0); told.Source != persist.Document || !told.Fallback {
				t.Errorf("%s by %s: %+v", attack, way, told)
			}
			m.has("vlan16: bridge up", "eth0: master bond0 up", "eth1: master bond0 up", "inet 192.0.2.10/24")
			if strings.Contains(m.kernel.Host.String(), "guests") || m.read(persist.Document) != classic {
				t.Errorf("%s by %s: it was taken\n%s", attack, way, m.kernel.Host)
			}
			for _, said := range []string{m.journal.String(), m.console.String()} {
				if !strings.Contains(said, "came with the machine and is new") || !strings.Contains(said, "hostnet.seed=replace") {
					t.Errorf("%s by %s: told %s", attack, way, said)
				}
			}
			m.lay("/proc/cmdline", "hostnet.seed=replace")
			m.restart()
			if told := m.told(0); told.Fallback {
				t.Errorf("%s by %s, asked for: %+v\n%s", attack, way, told, m.journal.String())
			}
		}
		// cloud-init's network stage.
		m := newMachine(t, map[string]string{persist.Document: classic})
		m.told(0)
		if r, _ := m.boot.Take(t.Context(), "-", []byte(text)); !r.Failed || m.read(persist.Document) != classic || strings.Contains(m.kernel.Host.String(), "guests") {
			t.Errorf("%s taken late: %s", attack, r.Msg)
		}
	}
	// What root of this host has written may do all that.
	m := newMachine(t, map[string]string{"/etc/cloud/cloud.cfg.d/9.cfg": "hostnet:\n" + indented(attacks["absent"], "  "), persist.Document: classic})
	if told := m.told(0); told.Fallback || m.console.Len() == 0 {
		t.Errorf("own configuration: %+v\n%s", told, m.console.String())
	}
}

// TestBrokenKept: where the kept document is broken, what came with the machine takes nothing away from the one before it.
func TestBrokenKept(t *testing.T) {
	m := newMachine(t, map[string]string{"/var/lib/cloud/seed/nocloud/hostnet.yaml": "bridges: [{name: guests, ports: [eth0]}]", persist.Document: "bonds: [{", "/etc/hostnet/previous/1.yaml": classic})
	if told := m.told(0); !told.Fallback || told.Source != "/etc/hostnet/previous/1.yaml" {
		t.Errorf("got %+v", told)
	}
	m.has("vlan16: bridge up", "eth0: master bond0 up")
}

// TestInstanceFromDisk: cloud-init mounts every disk with the label; what it has from a guest's is not taken from it either, early or late.
func TestInstanceFromDisk(t *testing.T) {
	data := `{"v1": {"subplatform": "%s"}, "ds": {"meta_data": {"hostnet": {"bridges": [{"name": "br9"}]}}}}`
	for from, want := range map[string]bool{
		"config-disk (/dev/dm-3)": false, "seed-dir (cmdline,/dev/dm-3)": false, "config-disk (/dev/gone)": false, "config-disk (/dev/vdb)": true,
		"seed-dir (/var/lib/cloud/seed/nocloud)": true, "metadata (http://192.0.2.254)": true,
	} {
		m := newMachine(t, map[string]string{"/proc/cpuinfo": guestCPU, instance: fmt.Sprintf(data, from)})
		m.plug("dm-3", device{"virtual/block/dm-3", nil})
		m.plug("vdb", device{"pci0000:00/virtio3/block/vdb", nil})
		if s := m.told(0).Source; (s == instance) != want {
			t.Errorf("%s: source %q\n%s", from, s, m.journal.String())
		}
		r, _ := m.boot.Take(t.Context(), "-", []byte("bridges: [{name: br8}]"))
		if from == "config-disk (/dev/vdb)" {
			continue // now something is kept
		}
		if r.Failed == want {
			t.Errorf("%s, late: %s", from, r.Msg)
		}
	}
}

// TestUnreadIsNotTried: where the reader comes to no end, what it was to read is not read here; the kept document comes up, and both say so.
func TestUnreadIsNotTried(t *testing.T) {
	const name = "/var/lib/cloud/seed/nocloud/hostnet.yaml"
	calls := 0
	m := newMachine(t, map[string]string{name: "bridges: [{name: br9}]", persist.Document: classic})
	m.boot.Reader = func(context.Context, Errand) error { calls++; return &Unread{name, os.ErrDeadlineExceeded} }
	if told := m.told(0); told.Source != persist.Document || !told.Fallback || len(told.Refused) != 1 || told.Refused[0].Source != name {
		t.Errorf("got %+v", told)
	}
	m.has("vlan16: bridge up")
	if !strings.Contains(m.console.String(), "memory") || m.read(persist.Document) != classic {
		t.Errorf("the console says %s", m.console.String())
	}
	if r, _ := m.boot.Take(t.Context(), "-", []byte("bridges: [{name: br9}]")); !r.Failed || calls != 2 {
		t.Errorf("late: %s, %d calls", r.Msg, calls)
	}
}

// TestReaderIsSeldom: nothing is started where nothing came with the machine, or nothing new.
func TestReaderIsSeldom(t *testing.T) {
	const folder = "/var/lib/cloud/seed/nocloud/"
	for want, files := range []map[string]string{
		{persist.Document: classic, "/etc/cloud/cloud.cfg.d/05_logging.cfg": "output: {all: x}\n", folder + "user-data": "#cloud-config\n{}\n"},
		{folder + "hostnet.yaml": classic},
	} {
		m := newMachine(t, files)
		calls := 0
		m.boot.Reader = func(context.Context, Errand) error { calls++; return nil }
		m.told(0)
		m.restart()
		m.told(0)
		if calls != want {
			t.Errorf("%d readers in two boots, want %d", calls, want)
		}
	}
}

// TestTryWithoutEnd: a document under which the process died, or was started anew, is not tried again in this boot.
func TestTryWithoutEnd(t *testing.T) {
	const name = "/var/lib/cloud/seed/nocloud/hostnet.yaml"
	m := newMachine(t, map[string]string{name: "bridges: [{name: br9}]", persist.Document: classic})
	m.lay(trying, name+"\n")
	if told := m.told(0); told.Source != persist.Document || !told.Fallback || !strings.Contains(m.console.String(), "came to no end") {
		t.Errorf("got %+v\n%s", told, m.console.String())
	}
	m.has("vlan16: bridge up")
	m.boot.unfit = ""
	m.restart() // the next boot tries it again
	if told := m.told(0); told.Source != name || m.read(trying) != "" {
		t.Errorf("next boot: %+v", told)
	}
}

// TestHungTry: a document that holds the process up, whatever it is asked, makes it start anew with a word for the process that comes after it.
func TestHungTry(t *testing.T) {
	const name = "/var/lib/cloud/seed/nocloud/hostnet.yaml"
	m := newMachine(t, map[string]string{name: "bridges: [{name: br9}]", persist.Document: classic})
	m.boot.Trial = time.Millisecond
	anew := make(chan string)
	m.boot.Listen = func(context.Context) (Events, error) {
		if m.read(trying) != "" { // hangs, and heeds nothing
			if word := <-anew; word != name+"\n" {
				t.Errorf("the word is %q", word)
			}
		}
		return m, nil
	}
	m.boot.Anew = func() error {
		anew <- m.read(trying)
		return os.ErrProcessDone // a process would be another one now
	}
	if told := m.told(0); told.Source != persist.Document || !told.Fallback || m.read(trying) != "" {
		t.Errorf("got %+v\n%s", told, m.journal.String())
	}
	m.has("vlan16: bridge up")
}

// TestNotWaitedFor: a pipe, a device or a folder in a seed's place is no document, and nobody waits for it; nor for a file that has no end.
func TestNotWaitedFor(t *testing.T) {
	const folder = "/var/lib/cloud/seed/nocloud/"
	m := newMachine(t, map[string]string{persist.Document: classic, folder + "x": ""})
	at := func(name string) string { return filepath.Join(m.boot.Host.Root, name) }
	if err := syscall.Mkfifo(at(folder+"hostnet.yaml"), 0o600); err != nil {
		t.Fatal(err)
	}
	m.lay(folder+"hostnet.yml/x", "")
	m.lay("/run/cloud-init/x", "")
	m.lay("/etc/cloud/cloud.cfg.d/x", "")
	for name, target := range map[string]string{folder + "user-data": "/dev/zero", folder + "meta-data": at(folder + "hostnet.yaml"), instance: "/dev/zero", "/etc/cloud/cloud.cfg.d/1.cfg": at(folder + "hostnet.yaml")} {
		if err := os.Symlink(target, at(name)); err != nil {
			t.Fatal(err)
		}
	}
	m.lay("/proc/cmdline", "hostnet.config="+folder+"hostnet.yaml")
	if told := m.told(0); told.Source != persist.Document || !told.Fallback {
		t.Errorf("got %+v\n%s", told, m.journal.String())
	}
	m.has("vlan16: bridge up")
}
