package main

import "path/filepath"

// sudoFiles are sudo and su with what they ask for passwords, for a machine that is started with --sudo: the programs, PAM's
// modules, the libraries that they name. Who may do what is the test's to say (/etc/sudoers, /etc/pam.d), and the setuid bits.
func sudoFiles() ([]pair, error) {
	u, err := openPackages("sudo", userlandSuite, []string{"sudo", "util-linux", "libpam-modules", "libpam-modules-bin"}, nil)
	if err != nil {
		return nil, err
	}
	c := &elfClosure{root: u.dir, seen: map[string]bool{}}
	for _, rel := range []string{
		"usr/bin/sudo", "usr/libexec/sudo", "usr/bin/su", "usr/sbin/unix_chkpwd", libraries + "/security/pam_unix.so", libraries + "/security/pam_permit.so", libraries + "/security/pam_rootok.so",
	} {
		if err := c.add(rel); err != nil {
			return nil, err
		}
	}
	var pairs []pair
	for _, rel := range c.order {
		pairs = append(pairs, pair{filepath.Join(u.dir, rel), "/" + rel})
	}
	return pairs, nil
}
