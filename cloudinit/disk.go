package cloudinit

import (
	"bytes"
	"cmp"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// The names that a disk has, as the program knows them, and where a host's devices are.
const (
	theDisk = "the CIDATA disk"
	sysfs   = "/sys"
	byLabel = "/dev/disk/by-label"
)

// SeedDisk is the seed disk of NoCloud: a file system with the label CIDATA, VFAT or ISO 9660. Its files are read at once; nil: there is no
// such disk, or none that may be the seed of this host (docs/boot.md).
func (b *Boot) SeedDisk() func(name string) []byte {
	device := b.seedDevice()
	if device == "" {
		return nil
	}
	at, err := os.MkdirTemp("/run", "hostnet-seed-")
	if err != nil {
		return nil
	}
	defer os.Remove(at)
	for _, kind := range []string{"vfat", "iso9660"} {
		if syscall.Mount(device, at, kind, syscall.MS_RDONLY|syscall.MS_NOSUID|syscall.MS_NODEV|syscall.MS_NOEXEC, "") == nil {
			defer syscall.Unmount(at, 0)
			return readAll(at)
		}
	}
	b.alarm("%s: %s cannot be mounted, and is not read", theDisk, device)
	return nil
}

// seedDevice is the device that may be the seed, "" if there is none. What has the label and is not taken is told.
func (b *Boot) seedDevice() string {
	want := b.asks()
	if want.device != "" {
		return b.namedDevice(want.device)
	}
	if b.keeps() && !want.disk {
		if link := b.linked(); link != "" {
			b.say("%s (%s) is not read: a document is kept, and nobody has asked for the disk (%s%s)", theDisk, link, seedWord, diskWord)
		}
		return ""
	}
	list, rest := b.candidates(want.disk)
	if len(list) == 0 && want.disk {
		list, rest = rest, nil
	}
	for _, c := range rest {
		b.say("%s (%s) is not read: %s (%s%s asks for it)", theDisk, c.device, c.why, seedWord, c.device)
	}
	switch len(list) {
	case 0:
		return ""
	case 1:
		return list[0].device
	}
	var names []string
	for _, c := range list {
		names = append(names, c.device)
	}
	b.alarm("%s: several disks have that label, and none is read: %s (%s/dev/NAME says which)", theDisk, strings.Join(names, ", "), seedWord)
	return ""
}

// namedDevice is the device that the host itself has named, if it is there.
func (b *Boot) namedDevice(name string) string {
	device, err := filepath.EvalSymlinks(b.tree().At(name))
	if err != nil {
		return ""
	}
	return device
}

// candidate is a device with the label.
type candidate struct {
	name, device string
	why          string // it need not be this machine's own
}

// candidates are the devices with the label CIDATA: those that may be the seed of this host, and those that may be somebody else's. Of a disk and
// its partition the disk counts. Only a device that may be the seed is read; with all, every one that nobody uses.
func (b *Boot) candidates(all bool) (fit, rest []candidate) {
	d, guest := b.blocks(), b.isGuest()
	linked := filepath.Base(b.linked())
	for _, name := range d.names() {
		used := d.inUse(name)
		c := candidate{name, b.tree().At("/dev/" + name), cmp.Or(used, d.foreign(name))}
		if c.why == "" && !all && !guest && !d.removable(name) {
			c.why = "this machine is no guest, and the disk is not removable"
		}
		switch {
		case c.why == "" && b.carries(name, linked):
			fit = append(fit, c)
		case c.why != "" && used == "" && all && b.carries(name, linked), c.why != "" && !all && name == linked:
			rest = append(rest, c)
		}
	}
	return d.whole(fit), d.whole(rest)
}

// mayBeSeed tells whether a device may be the seed of this host, whatever its label is.
func (b *Boot) mayBeSeed(device string) bool {
	want, d := b.asks(), b.blocks()
	real, err := filepath.EvalSymlinks(b.tree().At(device))
	if err != nil {
		return false
	}
	if want.device != "" {
		return real == b.namedDevice(want.device)
	}
	name := filepath.Base(real)
	switch {
	case d.inUse(name) != "":
		return false
	case want.disk:
		return true
	}
	return !b.keeps() && d.foreign(name) == "" && (d.removable(name) || b.isGuest())
}

func (b *Boot) blocks() blocks { return blocks(b.tree().At(sysfs)) }

// whole drops partitions of disks that are in the list too.
func (d blocks) whole(list []candidate) []candidate {
	return slices.DeleteFunc(slices.Clone(list), func(c candidate) bool {
		device, disk := d.at(c.name)
		return device != disk && slices.ContainsFunc(list, func(o candidate) bool { return o.name == filepath.Base(disk) })
	})
}

// carries tells whether a device has the label: udev has said so, or the device itself does. Floppies without a medium, and memory, are not asked.
func (b *Boot) carries(name, linked string) bool {
	if name == linked {
		return true
	}
	for _, start := range []string{"fd", "ram", "zram", "loop"} {
		if strings.HasPrefix(name, start) {
			return false
		}
	}
	return strings.EqualFold(label(head(b.tree().At("/dev/"+name))), "CIDATA")
}

// linked is the device that udev's link of the label leads to, "" if there is none.
func (b *Boot) linked() string {
	for _, label := range []string{"CIDATA", "cidata"} {
		if device, err := filepath.EvalSymlinks(filepath.Join(b.tree().At(byLabel), label)); err == nil {
			return device
		}
	}
	return ""
}

// seedFiles are all that is read of a seed.
var seedFiles = []string{"hostnet.yaml", "hostnet.yml", "hostnet.json", "meta-data", "vendor-data", "user-data", "network-config"}

// readAll reads the files of a folder that are a seed's and not unreasonably large.
func readAll(folder string) func(name string) []byte {
	have := map[string][]byte{}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil
	}
	for _, e := range entries {
		if name := strings.ToLower(e.Name()); slices.Contains(seedFiles, name) && have[name] == nil {
			have[name] = readMost(filepath.Join(folder, e.Name()), syscall.O_NOFOLLOW)
		}
	}
	return func(name string) []byte { return have[name] }
}

// readMost reads a file of at most 4 MiB; nil for a larger one, and for what is no file: a pipe or device would hold up the boot.
func readMost(path string, flags int) []byte {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOCTTY|flags, 0)
	if err != nil {
		return nil
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil
	}
	data, err := io.ReadAll(io.LimitReader(f, most+1))
	if err != nil || len(data) > most {
		return nil
	}
	return data
}

// head is the beginning of a device, as far as labels stand in it.
func head(device string) []byte {
	f, err := os.OpenFile(device, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil
	}
	defer f.Close()
	data := make([]byte, 32<<10+2048)
	n, _ := f.ReadAt(data, 0)
	return data[:n]
}

// label is that of a file system: of ISO 9660 the volume's (ECMA-119, 8.4), of VFAT that of the boot sector.
func label(head []byte) string {
	const iso = 32 << 10
	switch {
	case len(head) >= iso+72 && string(head[iso+1:iso+6]) == "CD001":
		head = head[iso+40 : iso+72]
	case len(head) >= 512 && string(head[0x36:0x39]) == "FAT":
		head = head[0x2b : 0x2b+11]
	case len(head) >= 512 && string(head[0x52:0x55]) == "FAT":
		head = head[0x47 : 0x47+11]
	default:
		return ""
	}
	return string(bytes.TrimRight(head, " \x00"))
}
