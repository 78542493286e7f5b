package main

import (
	"path/filepath"
)

// udevFiles are Debian's device manager with its rules for network links, for a machine that is started with --udev: the
// files of the package and the libraries that they name. They are in no other machine, which would only be slower for them.
func udevFiles() ([]pair, error) {
	u, err := openPackages("udev", userlandSuite, []string{"udev"}, nil)
	if err != nil {
		return nil, err
	}
	c := &elfClosure{root: u.dir, seen: map[string]bool{}}
	for _, rel := range []string{
		"usr/bin/udevadm", "usr/lib/udev/rules.d/50-udev-default.rules", "usr/lib/udev/rules.d/75-net-description.rules",
		"usr/lib/udev/rules.d/80-net-setup-link.rules", "usr/lib/systemd/network/99-default.link",
	} {
		if err := c.add(rel); err != nil {
			return nil, err
		}
	}
	// The daemon is the same program under another name.
	pairs := []pair{{filepath.Join(u.dir, "usr/bin/udevadm"), "/usr/lib/systemd/systemd-udevd"}}
	for _, rel := range c.order {
		pairs = append(pairs, pair{filepath.Join(u.dir, rel), "/" + rel})
	}
	return pairs, nil
}
