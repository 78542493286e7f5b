package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// packageFiles are Debian packages with all that they depend on, for a machine that is started with --packages: what they have
// to run by. They are unpacked, not installed: nobody made users, links or caches for them.
func packageFiles(names []string) ([]pair, error) {
	u, err := openPackages("packages-"+strings.Join(names, "-"), userlandSuite, names, nil)
	if err != nil {
		return nil, err
	}
	var pairs []pair
	err = filepath.WalkDir(u.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(u.dir, path)
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains([]string{"usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/i18n", "var"}, rel):
			return fs.SkipDir
		case d.IsDir() || !strings.HasPrefix(rel, "usr/") && !strings.HasPrefix(rel, "etc/"):
			return nil
		case d.Type()&os.ModeSymlink != 0 && !within(u.dir, path):
			return nil
		}
		pairs = append(pairs, pair{path, "/" + rel})
		return nil
	})
	return pairs, err
}

// within tells whether a symbolic link leads to something in the tree.
func within(dir, link string) bool {
	to, err := filepath.EvalSymlinks(link)
	return err == nil && strings.HasPrefix(to, dir+"/")
}
