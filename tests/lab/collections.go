package main

import (
	"flag"
	"fmt"
	"path/filepath"
)

// collections is the subcommand that gets the collections that Debian's package ansible has, community.general among them, and prints the
// folder that ANSIBLE_COLLECTIONS_PATH wants. A bench compares with what others do by them.
func collections(args []string) (int, error) {
	flags := flag.NewFlagSet("collections", flag.ContinueOnError)
	release := flags.String("release", "12", "Debian release: 12, 13 or newest")
	if err := flags.Parse(args); err != nil {
		return 2, nil
	}
	suite, ok := suites[*release]
	if !ok {
		return exitLab, fmt.Errorf("release %q: want 12, 13 or newest", *release)
	}
	dir, err := cached("collections-"+suite, func(work string) (string, error) {
		a, err := newAPT(filepath.Join(work, "apt"), suite)
		if err != nil {
			return "", err
		}
		root := filepath.Join(work, "root")
		if err := a.family(root, "ansible", "ansible"); err != nil {
			return "", err
		}
		return filepath.Join(root, "usr/lib/python3/dist-packages"), nil
	})
	if err != nil {
		return exitLab, err
	}
	fmt.Println(dir)
	return 0, nil
}
