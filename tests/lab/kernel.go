package main

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

// suites are the Debian suites whose cloud kernel can be asked for, by the word
// that --kernel takes. What "newest" is, is decided when it is first fetched.
var suites = map[string]string{"12": "bookworm", "13": "trixie", "newest": "sid"}

// defaultKernel is the oldest release that the project supports.
const defaultKernel = "12"

// kernel is an unpacked kernel package.
type kernel struct {
	dir     string
	release string // as in uname -r
	image   string // path of the vmlinuz
	modules string // path of the directory lib/modules/RELEASE
}

// openKernel fetches the kernel of a Debian release if needed.
func openKernel(word string) (*kernel, error) {
	suite, ok := suites[word]
	if !ok {
		return nil, fmt.Errorf("kernel %q: want 12, 13 or newest", word)
	}
	dir, err := cached("kernel-"+word, func(work string) (string, error) {
		fmt.Fprintf(os.Stderr, "lab: fetching the kernel of Debian %s (%s), once\n", word, suite)
		a, err := newAPT(filepath.Join(work, "apt"), suite)
		if err != nil {
			return "", err
		}
		root := filepath.Join(work, "root")
		return root, a.family(root, "linux-image-cloud-amd64", "linux-image-", "linux-modules-", "linux-binary-")
	})
	if err != nil {
		return nil, err
	}
	return findKernel(dir)
}

// findKernel looks for the image and the modules where the packages of the
// different releases put them: /boot and /lib/modules, or all under /usr/lib/modules.
func findKernel(dir string) (*kernel, error) {
	k := &kernel{dir: dir}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case !d.IsDir() && strings.HasPrefix(d.Name(), "vmlinuz"):
			k.image = path
		case d.IsDir() && d.Name() == "kernel" && filepath.Base(filepath.Dir(filepath.Dir(path))) == "modules":
			k.modules = filepath.Dir(path)
			k.release = filepath.Base(k.modules)
			return nil
		}
		return nil
	})
	if err == nil && (k.image == "" || k.modules == "") {
		err = errors.New("no kernel image or no modules in " + dir)
	}
	return k, err
}

// fetch is the subcommand that fills the cache.
func fetch(args []string) (int, error) {
	flags := flag.NewFlagSet("fetch", flag.ContinueOnError)
	var words list
	flags.Var(&words, "kernel", "release to fetch: 12, 13 or newest (repeatable)")
	disks := flags.Bool("disk", false, "make the disks of installed Debians too, which needs root")
	if err := flags.Parse(args); err != nil {
		return 2, nil
	}
	if len(words) == 0 {
		words = list{defaultKernel}
	}
	sort.Strings(words)
	for _, w := range words {
		if err := checkTools(); err != nil {
			return exitLab, err
		}
		k, err := openKernel(w)
		if err != nil {
			return exitLab, err
		}
		if _, err := baseArchive(k, w); err != nil {
			return exitLab, err
		}
		if *disks {
			if err := checkTools(diskTools...); err != nil {
				return exitLab, err
			}
			if _, err := debianImage(w, k); err != nil {
				return exitLab, err
			}
		}
		fmt.Printf("%s: %s\n", w, k.release)
	}
	return 0, nil
}

// list is a flag that can be given more than once.
type list []string

func (l *list) String() string     { return strings.Join(*l, " ") }
func (l *list) Set(s string) error { *l = append(*l, s); return nil }
