package main

import (
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/cavaliergopher/cpio"
)

// archive writes an initramfs: a "newc" cpio archive. The kernel takes several,
// one behind the other; a later file replaces an earlier one.
type archive struct {
	w    *cpio.Writer
	dirs map[string]bool
}

func newArchive(w io.Writer) *archive {
	return &archive{w: cpio.NewWriter(w), dirs: map[string]bool{}}
}

// dir makes a directory and those above it, once.
func (a *archive) dir(name string) error {
	name = clean(name)
	if name == "" || name == "." || a.dirs[name] {
		return nil
	}
	if err := a.dir(path.Dir(name)); err != nil {
		return err
	}
	a.dirs[name] = true
	return a.w.WriteHeader(&cpio.Header{Name: name, Mode: cpio.TypeDir | 0o755, Links: 2})
}

func (a *archive) file(name string, perm os.FileMode, data []byte) error {
	name = clean(name)
	if err := a.dir(path.Dir(name)); err != nil {
		return err
	}
	h := &cpio.Header{Name: name, Mode: cpio.TypeReg | cpio.FileMode(perm), Size: int64(len(data)), Links: 1}
	if err := a.w.WriteHeader(h); err != nil {
		return err
	}
	_, err := a.w.Write(data)
	return err
}

func (a *archive) symlink(name, target string) error {
	name = clean(name)
	if err := a.dir(path.Dir(name)); err != nil {
		return err
	}
	h := &cpio.Header{Name: name, Mode: cpio.TypeSymlink | 0o777, Size: int64(len(target)), Links: 1}
	if err := a.w.WriteHeader(h); err != nil {
		return err
	}
	_, err := a.w.Write([]byte(target)) // a link's data is its target
	return err
}

// copy takes a file, a symbolic link or a whole directory of ours in as name.
func (a *archive) copy(src, name string) error {
	info, err := os.Lstat(src)
	if err != nil {
		return err
	}
	switch {
	case info.Mode()&os.ModeSymlink != 0:
		target, err := os.Readlink(src)
		if err != nil {
			return err
		}
		return a.symlink(name, target)
	case info.IsDir():
		if err := a.dir(name); err != nil {
			return err
		}
		entries, err := os.ReadDir(src)
		for _, e := range entries {
			if err := a.copy(filepath.Join(src, e.Name()), path.Join(name, e.Name())); err != nil {
				return err
			}
		}
		return err
	case !info.Mode().IsRegular():
		return nil
	}
	data, err := os.ReadFile(src)
	if err != nil {
		return err
	}
	return a.file(name, info.Mode().Perm(), data)
}

func (a *archive) close() error { return a.w.Close() }

// clean makes a path as an archive has it: without the leading slash. The
// merged /usr of Debian is applied here, so that no file lands in a directory that is a link.
func clean(name string) string {
	name = strings.TrimPrefix(path.Clean("/"+name), "/")
	top, rest, found := strings.Cut(name, "/")
	if found && merged[top] {
		return "usr/" + top + "/" + rest
	}
	return name
}

var merged = map[string]bool{"bin": true, "sbin": true, "lib": true, "lib64": true}
