package cloudinit

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A block device of a virtualization host may be a guest's: an LV, a LUN, a zvol, an image on a loop device. What stands in it is the
// guest's word, and not for the host. So a device is a seed only if nothing speaks for its being somebody else's.

// blocks are the block devices of a host, as its sysfs tells them, which is the folder of that name.
type blocks string

func (d blocks) class() string { return filepath.Join(string(d), "class/block") }

// stacked are the names of disks that are made of other devices, of memory, of files or of what a network brings.
var stacked = []string{"dm-", "md", "loop", "ram", "zram", "zd", "nbd", "drbd", "rbd", "bcache", "etherd", "aoe", "ublk", "rnbd", "null", "scini", "vhd", "veritas", "emcpower", "dasdpav"}

// remote are the folders of sysfs that only disks of a network or of this host's own making lie below.
var remote = []string{"virtual", "rbd", "session", "rport-", "vport-", "tcm_loop", "pseudo_", "nvme-fabrics", "nvme-subsystem", "iscsi", "fcoe"}

// names of the devices.
func (d blocks) names() (names []string) {
	entries, err := os.ReadDir(d.class())
	if err != nil {
		return nil
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// at is the folder of a device in sysfs, and that of the disk that it is a partition of, or itself.
func (d blocks) at(name string) (device, disk string) {
	device, err := filepath.EvalSymlinks(filepath.Join(d.class(), name))
	if err != nil {
		return "", ""
	}
	if _, err := os.Stat(filepath.Join(device, "partition")); err == nil {
		return device, filepath.Dir(device)
	}
	return device, device
}

// inUse tells who has a device, in words; "": nobody does.
func (d blocks) inUse(name string) string {
	device, disk := d.at(name)
	if device == "" {
		return "sysfs does not know it"
	}
	for _, at := range []string{device, disk} {
		if holders, _ := os.ReadDir(filepath.Join(at, "holders")); len(holders) > 0 {
			return "it is in use by " + holders[0].Name()
		}
		if number := fileText(filepath.Join(at, "dev")); number != "" && slices.Contains(d.backends(), number) {
			return "it is served to a Xen guest"
		}
	}
	return ""
}

// backends are the numbers of the devices that Xen's guests are given by this host, as sysfs has them: MAJOR:MINOR.
func (d blocks) backends() (numbers []string) {
	files, _ := filepath.Glob(filepath.Join(string(d), "bus/xen-backend/devices/vbd-*/physical_device"))
	for _, f := range files {
		var major, minor int
		if n, _ := fmt.Sscanf(fileText(f), "%x:%x", &major, &minor); n == 2 {
			numbers = append(numbers, fmt.Sprintf("%d:%d", major, minor))
		}
	}
	return numbers
}

// foreign tells why a device need not be this machine's own, in words; "": it is a disk of its own, or a partition of one.
func (d blocks) foreign(name string) string {
	device, disk := d.at(name)
	base := filepath.Base(disk)
	if i := slices.IndexFunc(stacked, func(start string) bool { return strings.HasPrefix(base, start) }); i >= 0 || device == "" {
		return base + " is no disk of its own (device-mapper, md, zvol, nbd, drbd, rbd, loop and the like)"
	}
	top, _ := filepath.EvalSymlinks(string(d))
	for part := range strings.SplitSeq(strings.TrimPrefix(disk, top), "/") {
		if slices.ContainsFunc(remote, func(start string) bool { return strings.HasPrefix(part, start) }) {
			return base + " is virtual or comes over a network"
		}
	}
	for _, at := range []string{device, disk} {
		if under, _ := os.ReadDir(filepath.Join(at, "slaves")); len(under) > 0 {
			return base + " stands on " + under[0].Name()
		}
	}
	if by := fileText(filepath.Join(disk, "device", "transport")); strings.HasPrefix(base, "nvme") && by != "" && by != "pcie" {
		return base + " comes over a network (" + by + ")"
	}
	return ""
}

// removable tells whether a device is a CD or another medium that somebody has put in.
func (d blocks) removable(name string) bool {
	_, disk := d.at(name)
	return disk != "" && fileText(filepath.Join(disk, "removable")) == "1"
}

// fileText is what a small file says, "" if it cannot be read.
func fileText(path string) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(data))
}
