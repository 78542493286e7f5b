package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
)

// bootFlags say what machine to boot.
type bootFlags struct {
	kernel, append  string
	memory          int
	noModules       list
	udev, sudo      bool
	arm64, managers bool
	packages        list
	disks           list
}

func machineFlags(flags *flag.FlagSet) (*bootFlags, *list) {
	b, files := &bootFlags{}, &list{}
	flags.StringVar(&b.kernel, "kernel", envOr("HOSTNET_LAB_KERNEL", defaultKernel), "kernel release: 12, 13 or newest")
	flags.StringVar(&b.append, "append", "", "more words for the kernel's command line")
	flags.IntVar(&b.memory, "memory", 512, "memory, MiB")
	flags.Var(&b.noModules, "no-module", "kernel module that the machine shall not have (repeatable)")
	flags.Var(&b.disks, "disk", "file that is a disk of the machine, /dev/vda the first (repeatable)")
	flags.BoolVar(&b.udev, "udev", false, "put Debian's udev into the machine (nobody starts it)")
	flags.BoolVar(&b.managers, "managers", false, "put ifupdown, systemd-networkd and netplan's generator into the machine")
	flags.BoolVar(&b.sudo, "sudo", false, "put sudo and su into the machine (nobody is allowed anything)")
	flags.BoolVar(&b.arm64, "arm64", false, "put into the machine what runs programs for arm64 (nobody turns it on)")
	flags.Var(&b.packages, "package", "Debian package whose programs the machine shall have too (repeatable)")
	flags.Var(files, "file", "SRC:DST, a file or directory to copy into the machine (repeatable)")
	return b, files
}

// without is the list of modules as the kernel spells them.
func (b *bootFlags) without() []string {
	var names []string
	for _, m := range b.noModules {
		names = append(names, normal(m))
	}
	return names
}

// prepare gets the kernel and returns a machine that lacks its initrd and console.
func (b *bootFlags) prepare() (*machine, error) {
	if err := checkTools(); err != nil {
		return nil, err
	}
	k, err := openKernel(b.kernel)
	return &machine{kernel: k, memory: b.memory, append: b.append, disks: b.disks, cx16: b.arm64}, err
}

// initrd joins the cached base with what this one machine is for.
func (b *bootFlags) initrd(k *kernel, o *order, files []pair) (*os.File, error) {
	base, err := baseArchive(k, b.kernel)
	if err != nil {
		return nil, err
	}
	for _, extra := range []struct {
		wanted bool
		files  func() ([]pair, error)
	}{{b.udev, udevFiles}, {b.sudo, sudoFiles}, {b.managers, managers}, {b.arm64, func() ([]pair, error) { return foreignFiles(k) }}, {len(b.packages) > 0, func() ([]pair, error) { return packageFiles(b.packages) }}} {
		if !extra.wanted {
			continue
		}
		more, err := extra.files()
		if err != nil {
			return nil, err
		}
		files = append(more, files...)
	}
	return initrd(base, func(a *archive) error { return o.overlay(a, files) })
}

// pair is a file of the host and its name in the machine.
type pair struct{ src, dst string }

func parsePairs(files []string) ([]pair, error) {
	var pairs []pair
	for _, f := range files {
		src, dst, ok := strings.Cut(f, ":")
		if !ok || !strings.HasPrefix(dst, "/") {
			return nil, fmt.Errorf("--file %s: want SRC:/DST", f)
		}
		pairs = append(pairs, pair{src, dst})
	}
	return pairs, nil
}

func envOr(name, otherwise string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return otherwise
}
