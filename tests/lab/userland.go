package main

import (
	"crypto/sha256"
	"debug/elf"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// userlandSuite is the Debian release that the programs inside come from,
// whichever kernel runs: the witness stays the same, and this iproute2 knows the attributes of
// the older kernels too.
const userlandSuite = "trixie"

// packages are installed into the machine, programs are taken from them.
var (
	packages = []string{
		"busybox-static", "iproute2", "iputils-ping", "iputils-arping", "tcpdump", "strace", "ethtool",
		"dropbear-bin", "openssh-sftp-server", "dash", "bash",
	}
	programs = []string{
		"busybox", "sh", "dash", "bash", "ip", "bridge", "tc", "ss", "ping", "arping", "tcpdump", "strace", "ethtool", "dropbear", "dropbearkey", "dbclient",
	}
	// extras are other files and directories of these packages.
	extras = []string{"usr/lib/sftp-server", "usr/share/iproute2"}
)

// userland is an unpacked tree of Debian packages.
type userland struct{ dir string }

func openUserland() (*userland, error) { return openPackages("userland", userlandSuite, packages, nil) }

// openPackages fetches packages of a Debian suite with all that they depend on, once, and unpacks them into a tree of a name.
// finish, if there is one, adds to the tree.
func openPackages(name, suite string, packages []string, finish func(root string) error) (*userland, error) {
	key := sha256.Sum256(fmt.Append(nil, packages))
	dir, err := cached(name+"-"+suite+"-"+hex.EncodeToString(key[:6]), func(work string) (string, error) {
		fmt.Fprintf(os.Stderr, "lab: fetching the programs of the lab (%s) from %s, once\n", name, suite)
		a, err := newAPT(filepath.Join(work, "apt"), suite)
		if err != nil {
			return "", err
		}
		dropOld(name + "-" + suite + "-*")
		root := filepath.Join(work, "root")
		if err := a.closure(root, packages...); err != nil || finish == nil {
			return root, err
		}
		return root, finish(root)
	})
	return &userland{dir}, err
}

func (u *userland) busybox() string { return filepath.Join(u.dir, "usr/bin/busybox") }

// applets are the names that busybox answers to.
func (u *userland) applets() ([]string, error) {
	out, err := exec.Command(u.busybox(), "--list").Output()
	return strings.Fields(string(out)), err
}

// files lists what goes into the machine, relative to the tree: the programs and
// the libraries that they name, followed through.
func (u *userland) files() ([]string, error) {
	c := &elfClosure{root: u.dir, seen: map[string]bool{}}
	for _, p := range programs {
		path := ""
		for _, dir := range []string{"usr/bin", "usr/sbin"} {
			if exists(filepath.Join(u.dir, dir, p)) {
				path = filepath.Join(dir, p)
			}
		}
		if path == "" {
			return nil, fmt.Errorf("no program %s in %s", p, u.dir)
		}
		if err := c.add(path); err != nil {
			return nil, err
		}
	}
	for _, e := range extras {
		if err := c.add(e); err != nil {
			return nil, err
		}
	}
	return c.order, nil
}

// libraries is where Debian keeps the shared libraries of this architecture.
const libraries = "usr/lib/x86_64-linux-gnu"

// elfClosure collects files with the libraries they need.
type elfClosure struct {
	root  string
	seen  map[string]bool
	order []string
}

func (c *elfClosure) add(rel string) error {
	if c.seen[rel] {
		return nil
	}
	c.seen[rel] = true
	path := filepath.Join(c.root, rel)
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	c.order = append(c.order, rel)
	switch {
	case info.Mode()&os.ModeSymlink != 0:
		target, err := os.Readlink(path)
		if err != nil {
			return err
		}
		if filepath.IsAbs(target) {
			return c.add(strings.TrimPrefix(target, "/"))
		}
		return c.add(filepath.Join(filepath.Dir(rel), target))
	case info.IsDir():
		entries, err := os.ReadDir(path)
		for _, e := range entries {
			if err := c.add(filepath.Join(rel, e.Name())); err != nil {
				return err
			}
		}
		return err
	}
	return c.needed(path)
}

// needed adds the interpreter and the libraries of one ELF file; other files need none.
func (c *elfClosure) needed(path string) error {
	f, err := elf.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			// The interpreter's own path is its contract; Debian's /lib64 is usr/lib64.
			if err := c.add("usr/lib64/ld-linux-x86-64.so.2"); err != nil {
				return err
			}
		}
	}
	libs, err := f.ImportedLibraries()
	if err != nil {
		return nil
	}
	own, _ := f.DynString(elf.DT_RUNPATH)
	for _, lib := range libs {
		if lib == "ld-linux-x86-64.so.2" {
			continue
		}
		dir := libraries
		for _, d := range own { // where a program keeps libraries of its own
			if rel := strings.TrimPrefix(d, "/"); exists(filepath.Join(c.root, rel, lib)) {
				dir = rel
			}
		}
		if err := c.add(filepath.Join(dir, lib)); err != nil {
			return err
		}
	}
	return nil
}
