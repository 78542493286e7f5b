package cloudinit

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// CIDATA is the seed disk of NoCloud: a file system with that label, VFAT or ISO 9660. Its files are read at once; nil: there is no
// such disk.
func CIDATA() func(name string) []byte {
	device := labelled("/dev/disk/by-label", "/sys/class/block")
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
	return nil
}

// readAll reads the files of a folder that are not unreasonably large.
func readAll(folder string) func(name string) []byte {
	have := map[string][]byte{}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil
	}
	for _, e := range entries {
		if info, err := e.Info(); err != nil || !info.Mode().IsRegular() || info.Size() > most {
			continue
		}
		if data, err := os.ReadFile(filepath.Join(folder, e.Name())); err == nil {
			have[strings.ToLower(e.Name())] = data
		}
	}
	return func(name string) []byte { return have[name] }
}

// labelled finds the device: udev's link, and where udev has not come to it yet, what the devices themselves say.
func labelled(links, devices string) string {
	for _, label := range []string{"CIDATA", "cidata"} {
		if device, err := filepath.EvalSymlinks(filepath.Join(links, label)); err == nil {
			return device
		}
	}
	entries, err := os.ReadDir(devices)
	if err != nil {
		return ""
	}
	for _, e := range entries {
		device := filepath.Join("/dev", e.Name())
		if name := e.Name(); strings.HasPrefix(name, "loop") || strings.HasPrefix(name, "ram") || strings.HasPrefix(name, "zram") {
			continue
		}
		if head := head(device); strings.EqualFold(label(head), "CIDATA") {
			return device
		}
	}
	return ""
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
