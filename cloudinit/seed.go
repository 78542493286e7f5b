package cloudinit

import "strings"

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
		list = append(list, place{folder, func(name string) []byte { return b.read(folder + "/" + name) }})
	}
	if b.Disk != nil {
		if read := b.Disk(); read != nil {
			list = append(list, place{"the CIDATA disk", read})
		}
	}
	return list
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

// seed looks through a NoCloud seed, the plainest first: a file of our own, then the keys and parts of cloud-init's.
func seed(where string, read files) *source {
	for _, name := range []string{"hostnet.yaml", "hostnet.yml", "hostnet.json"} {
		if data := read(name); data != nil {
			return whole(where+"/"+name, data)
		}
	}
	for _, name := range []string{"meta-data", "vendor-data", "user-data"} {
		if s := cloudData(where+"/"+name, unpacked(read(name))); s != nil {
			return s
		}
	}
	return nil
}

// cloudData looks for a document in a file of cloud-init's: a part of its own, or below our key, in the file or in a part of it.
func cloudData(name string, data []byte) *source {
	if data == nil {
		return nil
	}
	parts := mimeParts(data)
	if parts == nil {
		return under(name, data, key)
	}
	for _, p := range parts {
		if p.kind == partType {
			return whole(name+" ("+p.kind+")", p.data)
		}
	}
	for _, p := range parts {
		if p.kind != cloudConfig {
			continue
		}
		if s := under(name+" ("+p.kind+")", p.data, key); s != nil {
			return s
		}
	}
	return nil
}
