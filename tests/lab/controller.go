package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

// controller is the subcommand that gets the Ansible of another Debian release with its own Python, and prints the folder of
// its programs. They are unpacked, not installed, and run through their own dynamic loader, whichever libc this host has.
func controller(args []string) (int, error) {
	flags := flag.NewFlagSet("ansible", flag.ContinueOnError)
	release := flags.String("release", "13", "Debian release: 13 or newest")
	if err := flags.Parse(args); err != nil {
		return 2, nil
	}
	suite, ok := suites[*release]
	if !ok {
		return exitLab, fmt.Errorf("release %q: want 12, 13 or newest", *release)
	}
	u, err := openPackages("ansible", suite, []string{"ansible-core", "ansible-lint", "yamllint", "python3-voluptuous", "python3-pycodestyle"}, wrap)
	if err != nil {
		return exitLab, err
	}
	fmt.Println(filepath.Join(u.dir, wrappers))
	return 0, nil
}

// The folders of an unpacked tree: of programs that start on this host, and of those that they start.
const (
	wrappers = "usr/bin"
	wrapped  = "lab/programs"
)

// wrap leaves in usr/bin what this host can start: Python and the programs that are Python, each through its own loader. All others
// that came with them would not find their libraries here.
func wrap(root string) error {
	old, folder := filepath.Join(root, wrapped), filepath.Join(root, wrappers)
	if err := os.MkdirAll(filepath.Dir(old), 0o755); err != nil {
		return err
	}
	if err := os.Rename(folder, old); err != nil {
		return err
	}
	if err := os.Mkdir(folder, 0o755); err != nil {
		return err
	}
	python, err := os.Readlink(filepath.Join(old, "python3"))
	if err != nil {
		return err
	}
	programs := []string{"python3", "yamllint"}
	found, err := filepath.Glob(filepath.Join(old, "ansible*"))
	if err != nil {
		return err
	}
	for _, p := range found {
		programs = append(programs, filepath.Base(p))
	}
	for _, name := range programs {
		script := ""
		if name != "python3" {
			// Under another name: who looks for such a program beside itself shall not find this one.
			if err := os.Rename(filepath.Join(old, name), filepath.Join(old, name+".script")); err != nil {
				return err
			}
			script = " $root/" + wrapped + "/" + name + ".script"
		}
		text := fmt.Sprintf(`#!/bin/sh
root=$(readlink -f "$(dirname "$0")/../..")
export PYTHONHOME=$root/usr PYTHONPATH=$root/usr/lib/python3/dist-packages
exec $root/usr/lib64/ld-linux-x86-64.so.2 --argv0 $root/%s/python3 --library-path $root/%s $root/%s/%s%s "$@"
`, wrappers, libraries, wrapped, python, script)
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o755); err != nil {
			return err
		}
	}
	return nil
}
