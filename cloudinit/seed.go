package cloudinit

import (
	"strings"
	"sync"
)

// files are what a seed holds: in a folder, or on a disk that is not mounted any more.
type files func(name string) []byte

// place is where a seed may be.
type place struct {
	where string
	read  files
}

// seeds are the places where a NoCloud seed may be, that which the kernel's command line names before all others, as with cloud-init.
func (b *Boot) seeds() (list []place) {
	folders := []string{"/var/lib/cloud/seed/nocloud", "/var/lib/cloud/seed/nocloud-net"}
	if named := seedfrom(string(b.read("/proc/cmdline"))); named != "" {
		folders = append([]string{named}, folders...)
	}
	for _, folder := range folders {
		list = append(list, place{folder, func(name string) []byte { return b.few(folder + "/" + name) }})
	}
	if b.Disk == nil {
		return list
	}
	// It is looked for only if no folder has a document.
	disk := sync.OnceValue(b.Disk)
	return append(list, place{theDisk, func(name string) []byte {
		if read := disk(); read != nil {
			return read(name)
		}
		return nil
	}})
}

// seedfrom is the folder that NoCloud's words on the kernel's command line name: ds=nocloud;s=file:///srv/seed/ (cloud-init,
// DataSourceNoCloud, parse_cmdline_data). "" without such words, and for a seed that has to be fetched.
func seedfrom(cmdline string) (folder string) {
	for _, word := range strings.Fields(cmdline) {
		words := strings.Split(word, ";")
		if words[0] != "ds=nocloud" && words[0] != "ds=nocloud-net" {
			continue
		}
		for _, w := range words[1:] {
			if key, value, _ := strings.Cut(w, "="); key == "s" || key == "seedfrom" {
				folder = strings.TrimPrefix(value, "file://")
			}
		}
	}
	if !strings.HasPrefix(folder, "/") {
		return ""
	}
	return "/" + strings.Trim(folder, "/")
}

// cloudData looks for a document in a file of cloud-init's: a part of its own, or below our key, in the file or in a part of it. What
// was not looked into is told in the notes.
func cloudData(name string, data []byte) (s *source, notes []string) {
	left := newBudget()
	if data = left.unpacked(data); data == nil {
		return nil, left.told(name)
	}
	parts := left.mimeParts(data)
	notes = left.told(name)
	if parts == nil {
		return under(name, data, key), notes
	}
	for _, p := range parts {
		if p.kind == partType {
			return whole(name+" ("+p.kind+")", p.data), notes
		}
	}
	for _, p := range parts {
		if p.kind != cloudConfig {
			continue
		}
		if s := under(name+" ("+p.kind+")", p.data, key); s != nil {
			return s, notes
		}
	}
	return nil, notes
}
