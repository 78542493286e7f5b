package kernel

import (
	"bytes"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"hostnet-module/module/attr"
)

// features knows what the running kernel can: by its release, and by what it tells of itself.
type features struct {
	release string
	btf     string // /sys/kernel/btf: the kernel's own types, and those of each loaded module (Documentation/bpf/btf.rst)
	modules modules
}

func running() features {
	var u unix.Utsname
	_ = unix.Uname(&u)
	return features{unix.ByteSliceToString(u.Release[:]), "/sys/kernel/btf", thisMachine()}
}

// Release is the kernel's, as uname tells it: "6.1.0-50-cloud-amd64".
func (k *Kernel) Release() string { return running().release }

// Has tells whether the running kernel knows what came with a release of Linux and a constant of its headers. The release alone
// does not tell: stable kernels and distributions carry new options into old ones (Debian's 6.1 has coupled_control of 6.9). Nor does
// asking help: the kernel takes most attributes that it does not know, and ignores them.
func (k *Kernel) Has(module, release, constant string) bool {
	return running().has(module, release, constant)
}

func (f features) has(module, release, constant string) bool {
	if !(attr.Since{Release: release}).After(f.release) {
		return true
	}
	base, err := os.ReadFile(filepath.Join(f.btf, "vmlinux"))
	if err != nil || constant == "" {
		return false
	}
	if names(base, constant) {
		return true
	}
	own, err := os.ReadFile(filepath.Join(f.btf, module))
	if err != nil {
		return !f.modules.has(module) // nobody knows before it is loaded; a run loads it first, check mode does not
	}
	return names(own, constant)
}

// names tells whether a constant is among BTF's strings, which end in NUL each.
func names(btf []byte, constant string) bool {
	return bytes.Contains(btf, []byte("\x00"+constant+"\x00"))
}
