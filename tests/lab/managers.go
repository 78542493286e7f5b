package main

import (
	"os"
	"path/filepath"
)

// managerPackages are other managers of the network, for a machine that is started with --managers: ifupdown with its
// companions, systemd-networkd, netplan's generator. Tests let them carry out the same input as the program.
var managerPackages = []string{"ifupdown", "ifenslave", "vlan", "bridge-utils", "systemd", "netplan-generator", "debianutils", "coreutils", "sed", "grep"}

// managerFiles are what is taken of them: single files, and folders with all that is in them.
var managerFiles = []string{
	"usr/sbin/ifup", "usr/sbin/ifdown", "usr/sbin/ifquery", "usr/lib/ifupdown", "etc/network", "usr/sbin/brctl", "usr/lib/bridge-utils",
	"usr/lib/systemd/systemd-networkd", "usr/bin/run-parts", "usr/bin/printenv", "usr/bin/sed", "usr/bin/grep", "usr/bin/egrep", "usr/libexec/netplan",
}

func managers() ([]pair, error) {
	u, err := openPackages("managers", userlandSuite, managerPackages, nil)
	if err != nil {
		return nil, err
	}
	c := &elfClosure{root: u.dir, seen: map[string]bool{}}
	for _, rel := range managerFiles {
		if err := c.add(rel); err != nil {
			return nil, err
		}
	}
	var pairs []pair
	for _, rel := range c.order {
		src := filepath.Join(u.dir, rel)
		if target, err := os.Readlink(src); err == nil && filepath.IsAbs(target) { // it means the machine's root, not this one's
			src = filepath.Join(u.dir, target)
		}
		if info, err := os.Stat(src); err == nil && !info.IsDir() {
			pairs = append(pairs, pair{src, "/" + rel})
		}
	}
	return pairs, nil
}
