package store

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// Tree is a host's files under a folder: "/", or that of a system that does not run. Names are absolute paths of the host.
type Tree string

// At is where a file of the host lies, links apart.
func (t Tree) At(name string) string { return filepath.Join(string(t), name) }

// Exists tells whether there is a file or link of a name.
func (t Tree) Exists(name string) bool {
	_, err := t.lstat(name, false)
	return err == nil
}

// Folder tells whether a name, or where a link of that name leads, is a folder.
func (t Tree) Folder(name string) bool {
	info, err := t.lstat(name, true)
	return err == nil && info.IsDir()
}

// lstat looks at a file; with follow, where a link of that name leads.
func (t Tree) lstat(name string, follow bool) (fs.FileInfo, error) {
	s, err := t.spot(name, false, follow)
	if err != nil {
		return nil, err
	}
	defer s.release()
	return os.Lstat(s.path())
}

// Read returns a file's bytes, nil if there is no such file. What is no regular file, or very large, is refused: a pipe would be waited for.
func (t Tree) Read(name string) ([]byte, error) {
	s, err := t.spot(name, false, true)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer s.release()
	if s.held == nil {
		return s.dir.Read(s.base)
	}
	f, err := s.open(0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, t.told("read", name, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, mostRead+1))
	if err == nil && len(data) > mostRead {
		data, err = nil, tooMuch(mostRead)
	}
	return data, t.told("read", name, err)
}

// told is an error that names the file as the caller knows it.
func (t Tree) told(op, name string, err error) error {
	if err == nil || t.runs() {
		return err
	}
	return &fs.PathError{Op: op, Path: t.At(name), Err: plainError(err)}
}

// Mode is a file's permissions; 0 if there is no such file.
func (t Tree) Mode(name string) fs.FileMode {
	info, err := t.lstat(name, true)
	if err != nil {
		return 0
	}
	return info.Mode().Perm()
}

// Link is where a symbolic link leads, "" if it is none.
func (t Tree) Link(name string) string {
	s, err := t.spot(name, false, false)
	if err != nil {
		return ""
	}
	defer s.release()
	target, err := os.Readlink(s.path())
	if err != nil {
		return ""
	}
	return target
}

// Same tells whether a file has the bytes and the mode.
func (t Tree) Same(name string, data []byte, mode fs.FileMode) bool {
	info, err := t.lstat(name, false)
	if err != nil || !info.Mode().IsRegular() || info.Mode().Perm() != mode || info.Size() != int64(len(data)) {
		return false
	}
	has, err := t.Read(name)
	return err == nil && bytes.Equal(has, data)
}

// SameAs tells whether a file has the bytes of another one, a path of this system, and the mode.
func (t Tree) SameAs(name, other string, mode fs.FileMode) bool {
	s, err := t.spot(name, false, true)
	if err != nil {
		return false
	}
	defer s.release()
	a, err := s.open(0)
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
	return t.replace(name, from, mode)
}

// Write replaces a file as Dir.Write does.
func (t Tree) Write(name string, data []byte, mode fs.FileMode) error {
	return t.replace(name, bytes.NewReader(data), mode)
}

func (t Tree) replace(name string, from io.Reader, mode fs.FileMode) error {
	return t.change("write", name, true, func(s spot) error { return s.dir.replace(s.base, from, mode) })
}

// change does something with a file, whose folder it makes if told.
func (t Tree) change(op, name string, makes bool, do func(spot) error) error {
	s, err := t.spot(name, makes, false)
	if err != nil {
		return err
	}
	defer s.release()
	return t.told(op, name, do(s))
}

// Symlink makes or replaces a symbolic link, in one step.
func (t Tree) Symlink(name, target string) error {
	return t.change("link", name, true, func(s spot) error {
		other := filepath.Join(string(s.dir), "."+s.base+".new")
		if err := os.Remove(other); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err := os.Symlink(target, other); err != nil {
			return err
		}
		if err := os.Rename(other, s.path()); err != nil {
			return err
		}
		return s.dir.sync()
	})
}

// Remove takes a file or link away; that there is none is no error.
func (t Tree) Remove(name string) error {
	err := t.change("remove", name, false, func(s spot) error {
		if err := os.Remove(s.path()); err != nil {
			return err
		}
		return s.dir.sync()
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Move gives a file another name, of the same file system.
func (t Tree) Move(name, to string) error {
	return t.change("move", name, false, func(from spot) error {
		return t.change("move", to, true, func(s spot) error {
			if err := os.Rename(from.path(), s.path()); err != nil {
				return err
			}
			if err := s.dir.sync(); err != nil {
				return err
			}
			return from.dir.sync()
		})
	})
}

// RemoveEmpty takes a folder away if nothing is in it.
func (t Tree) RemoveEmpty(name string) {
	if s, err := t.spot(name, false, false); err == nil {
		_ = os.Remove(s.path())
		s.release()
	}
}

// List names the files of a folder, in order; none if there is no such folder.
func (t Tree) List(name string) []string {
	s, err := t.spot(name, false, true)
	if err != nil {
		return nil
	}
	defer s.release()
	f, err := s.open(fs.ModeDir)
	if err != nil {
		return nil
	}
	defer f.Close()
	names, err := f.Readdirnames(-1)
	if err != nil {
		return nil
	}
	slices.Sort(names)
	return names
}
