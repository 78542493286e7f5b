package store

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Tree is a host's files under a folder: "/", or that of a system that does not run. Names are absolute paths of the host.
type Tree string

// At is where a file of the host lies.
func (t Tree) At(name string) string { return filepath.Join(string(t), name) }

// Exists tells whether there is a file or link of a name.
func (t Tree) Exists(name string) bool {
	_, err := os.Lstat(t.At(name))
	return err == nil
}

// Read returns a file's bytes, nil if there is no such file.
func (t Tree) Read(name string) ([]byte, error) {
	return Dir(filepath.Dir(t.At(name))).Read(filepath.Base(name))
}

// Mode is a file's permissions; 0 if there is no such file.
func (t Tree) Mode(name string) fs.FileMode {
	return Dir(filepath.Dir(t.At(name))).Mode(filepath.Base(name))
}

// Link is where a symbolic link leads, "" if it is none.
func (t Tree) Link(name string) string {
	target, err := os.Readlink(t.At(name))
	if err != nil {
		return ""
	}
	return target
}

// Same tells whether a file has the bytes and the mode.
func (t Tree) Same(name string, data []byte, mode fs.FileMode) bool {
	info, err := os.Lstat(t.At(name))
	if err != nil || !info.Mode().IsRegular() || info.Mode().Perm() != mode || info.Size() != int64(len(data)) {
		return false
	}
	has, err := t.Read(name)
	return err == nil && bytes.Equal(has, data)
}

// SameAs tells whether a file has the bytes of another one, a path of this system, and the mode.
func (t Tree) SameAs(name, other string, mode fs.FileMode) bool {
	a, err := Open(t.At(name))
	if err != nil {
		return false
	}
	defer a.Close()
	b, err := Open(other)
	if err != nil {
		return false
	}
	defer b.Close()
	is, err := a.Stat()
	shall, err1 := b.Stat()
	if err != nil || err1 != nil || !is.Mode().IsRegular() || is.Mode().Perm() != mode || is.Size() != shall.Size() {
		return false
	}
	x, y := make([]byte, 1<<16), make([]byte, 1<<16)
	for {
		n, err := io.ReadFull(a, x)
		m, err1 := io.ReadFull(b, y)
		if n != m || !bytes.Equal(x[:n], y[:m]) {
			return false
		}
		if err != nil || err1 != nil {
			return ended(err) && ended(err1)
		}
	}
}

func ended(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }

// Copy replaces a file by a copy of another one, as Write does.
func (t Tree) Copy(name, other string, mode fs.FileMode) error {
	from, err := Open(other)
	if err != nil {
		return err
	}
	defer from.Close()
	return Dir(filepath.Dir(t.At(name))).replace(filepath.Base(name), from, mode)
}

// Write replaces a file as Dir.Write does.
func (t Tree) Write(name string, data []byte, mode fs.FileMode) error {
	return Dir(filepath.Dir(t.At(name))).replace(filepath.Base(name), bytes.NewReader(data), mode)
}

// Symlink makes or replaces a symbolic link, in one step.
func (t Tree) Symlink(name, target string) error {
	dir := Dir(filepath.Dir(t.At(name)))
	if err := dir.make(); err != nil {
		return err
	}
	other := filepath.Join(string(dir), "."+filepath.Base(name)+".new")
	if err := os.Remove(other); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Symlink(target, other); err != nil {
		return err
	}
	if err := os.Rename(other, t.At(name)); err != nil {
		return err
	}
	return dir.sync()
}

// Remove takes a file or link away; that there is none is no error.
func (t Tree) Remove(name string) error {
	err := os.Remove(t.At(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return Dir(filepath.Dir(t.At(name))).sync()
}

// Move gives a file another name, of the same file system.
func (t Tree) Move(name, to string) error {
	dir := Dir(filepath.Dir(t.At(to)))
	if err := dir.make(); err != nil {
		return err
	}
	if err := os.Rename(t.At(name), t.At(to)); err != nil {
		return err
	}
	if err := dir.sync(); err != nil {
		return err
	}
	return Dir(filepath.Dir(t.At(name))).sync()
}

// RemoveEmpty takes a folder away if nothing is in it.
func (t Tree) RemoveEmpty(name string) { _ = os.Remove(t.At(name)) }

// List names the files of a folder, in order; none if there is no such folder.
func (t Tree) List(name string) []string {
	entries, err := os.ReadDir(t.At(name))
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}
