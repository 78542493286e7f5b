package kernel

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// machine makes a root with the files given; a modprobe that does what a script says.
func machine(t *testing.T, files map[string]string, modprobe string) modules {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	program := ""
	if modprobe != "" {
		program = filepath.Join(root, "modprobe")
		if err := os.WriteFile(program, []byte("#!/bin/sh\ncd "+root+"\n"+modprobe), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return modules{filepath.Join(root, "sys"), filepath.Join(root, "proc"), filepath.Join(root, "lib"), func() string { return program }}
}

var onDisk = map[string]string{
	"lib/modules.dep": "kernel/drivers/net/bonding/bonding.ko.xz: kernel/net/tls/tls.ko.xz\nkernel/net/8021q/8021q.ko.xz:\nkernel/net/snd-pcm.ko:\n",
	"lib/kernel/drivers/net/bonding/bonding.ko.xz": "", "lib/kernel/net/8021q/8021q.ko.xz": "", "lib/kernel/net/snd-pcm.ko": "",
}

func TestMissing(t *testing.T) {
	ask := []string{"bonding", "8021q", "bridge", "snd_pcm"}
	for _, tc := range []struct {
		name     string
		files    map[string]string
		modprobe string
		want     []string
	}{
		{"nothing anywhere", nil, "true", ask},
		{"on disk", onDisk, "true", []string{"bridge"}},
		{"in the list, and the files are not there", map[string]string{"lib/modules.dep": onDisk["lib/modules.dep"]}, "true", ask},
		{"on disk, no modprobe", onDisk, "", ask},
		{"on disk, loading is switched off", map[string]string{"lib/modules.dep": onDisk["lib/modules.dep"], "proc/sys/kernel/modules_disabled": "1\n"}, "true", ask},
		{"loaded or built in, with parameters", map[string]string{"sys/bonding/version": "", "sys/bridge/version": ""}, "", []string{"8021q", "snd_pcm"}},
		{"loaded", map[string]string{"proc/modules": "8021q 40960 0 - Live 0x0\nbridge_x 1 0 - Live 0x0\n"}, "", []string{"bonding", "bridge", "snd_pcm"}},
		{"built in", map[string]string{"lib/modules.builtin": "kernel/net/bridge/bridge.ko\nkernel/net/8021q/8021q.ko\n"}, "", []string{"bonding", "snd_pcm"}},
	} {
		if diff := cmp.Diff(tc.want, machine(t, tc.files, tc.modprobe).missing(ask)); diff != "" {
			t.Errorf("%s: %s", tc.name, diff)
		}
	}
}

func TestLoad(t *testing.T) {
	ctx := context.Background()
	m := machine(t, onDisk, `echo "$@" >>log; mkdir -p sys/$1`)
	if err := m.load(ctx, []string{"bonding", "8021q", "bonding"}); err != nil {
		t.Fatal(err)
	}
	log, _ := os.ReadFile(filepath.Join(filepath.Dir(m.sys), "log"))
	if want := "bonding max_bonds=0\n8021q\n"; string(log) != want {
		t.Errorf("modprobe was run with %q, want %q", log, want)
	}
	for _, tc := range []struct{ name, modprobe, want string }{
		{"refused", "echo 'modprobe: FATAL: Module bonding not found.' >&2; exit 1", "modprobe bonding max_bonds=0: exit status 1: modprobe: FATAL: Module bonding not found."},
		{"says yes, does nothing", "true", "modprobe bonding max_bonds=0: no error, and no module either"},
		{"not there", "", "kernel module bonding is not loaded, and there is no modprobe"},
	} {
		if err := machine(t, onDisk, tc.modprobe).load(ctx, []string{"bonding"}); err == nil || err.Error() != tc.want {
			t.Errorf("%s: %v, want %s", tc.name, err, tc.want)
		}
	}
}

func TestPaths(t *testing.T) {
	for _, tc := range []struct{ device, want string }{
		{"/sys/devices/pci0000:00/0000:00:1c.0/0000:03:00.0", "pci-0000:03:00.0"},
		{"/sys/devices/pci0000:00/0000:00:03.0/virtio0", "pci-0000:00:03.0"},
		{"/sys/devices/vif-0", "xen-vif-0"},
		{"/sys/devices/pci0000:00/0000:00:14.0/usb1/1-2/1-2.3/1-2.3:1.0", "pci-0000:00:14.0-usb-0:2.3:1.0"},
		{"/sys/devices/virtual/net/dummy0", ""},
	} {
		if got := idPath(tc.device); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.device, got, tc.want)
		}
	}
}

func TestFiles(t *testing.T) {
	root := t.TempDir()
	f := files{class: filepath.Join(root, "class"), udev: filepath.Join(root, "udev")}
	write := func(name, text string) {
		os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o755)
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("class/eth0/ifindex", "2\n")
	write("class/eth0/speed", "10000\n")
	write("class/eth1/ifindex", "3\n")
	write("class/eth1/speed", "-1\n")
	write("devices/0000:04:00.0/x", "")
	os.Symlink(filepath.Join(root, "devices/0000:04:00.0"), filepath.Join(root, "class/eth1/device"))
	write("udev/n2", "E:ID_BUS=pci\nE:ID_PATH=pci-0000:03:00.0\nE:ID_PATH_TAG=pci-0000_03_00_0\n")
	for _, tc := range []struct {
		name  string
		index int
		path  string
		speed int
	}{
		{"eth0", 2, "pci-0000:03:00.0", 10000},
		{"eth1", 3, "pci-0000:04:00.0", 0},
		{"eth0", 9, "", 0}, // a link of the same name in another namespace
		{"eth7", 7, "", 0},
	} {
		if path, speed := f.path(tc.name, tc.index), f.speed(tc.name, tc.index); path != tc.path || speed != tc.speed {
			t.Errorf("%s %d: %q %d, want %q %d", tc.name, tc.index, path, speed, tc.path, tc.speed)
		}
	}
	if !strings.HasPrefix(sys.class, "/sys/") {
		t.Error(sys)
	}
}
