// Package store keeps files: the run-time record of what was applied last, the journal, the lock. It writes atomically (a new file,
// fsynced, renamed, the folder fsynced) and knows nothing about what is in the files; but it knows the boot and the processes that
// they speak of.
package store

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Runtime is where files live that shall not outlive a boot.
const Runtime = "/run/hostnet"

// Dir is a folder of ours. It is made, with mode 0755, when something is written; a lock makes it private (Private).
type Dir string

// Read returns a file's bytes, nil if there is no such file. What is no regular file, or very large, is refused: a pipe would be waited for.
func (d Dir) Read(name string) ([]byte, error) {
	data, err := readRegular(filepath.Join(string(d), name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return data, err
}

// Size is a file's, in bytes; 0 if there is no such file.
func (d Dir) Size(name string) int64 {
	info, err := os.Stat(filepath.Join(string(d), name))
	if err != nil {
		return 0
	}
	return info.Size()
}

// Mode is a file's permissions; 0 if there is no such file.
func (d Dir) Mode(name string) fs.FileMode {
	info, err := os.Stat(filepath.Join(string(d), name))
	if err != nil {
		return 0
	}
	return info.Mode().Perm()
}

// Write replaces a file of mode 0600: whoever reads it finds the old bytes or the new ones, also after a power cut. Two that write one file must
// hold the folder's lock. What a killed process has left of a write is overwritten by the next.
func (d Dir) Write(name string, data []byte) error {
	return d.WriteMode(name, data, secret)
}

// WriteMode is Write for a file with any permissions, whatever the umask.
func (d Dir) WriteMode(name string, data []byte, mode fs.FileMode) error {
	return d.replace(name, bytes.NewReader(data), mode)
}

// replace is WriteMode for what is read from elsewhere.
func (d Dir) replace(name string, from io.Reader, mode fs.FileMode) error {
	return d.fill(name, mode, func(f *os.File) error {
		_, err := io.Copy(f, from)
		return err
	})
}

// fill is replace for what writes itself.
func (d Dir) fill(name string, mode fs.FileMode, write func(*os.File) error) error {
	if err := d.make(); err != nil {
		return err
	}
	path := filepath.Join(string(d), name)
	f, err := anew(path + ".new")
	if err != nil {
		return err
	}
	err = write(f)
	for _, do := range []func() error{func() error { return f.Chmod(mode) }, f.Sync, f.Close} {
		if fault := do(); err == nil {
			err = fault
		}
	}
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err != nil {
		os.Remove(path + ".new")
		return err
	}
	return d.sync()
}

// anew makes a file that was not there: what a killed process has left is taken away, and a link that somebody has laid there is not followed.
func anew(path string) (*os.File, error) {
	const flags = os.O_WRONLY | os.O_CREATE | os.O_EXCL | syscall.O_NOFOLLOW
	f, err := open(path, flags, uint32(secret))
	if errors.Is(err, fs.ErrExist) {
		if err := os.Remove(path); err != nil {
			return nil, err
		}
		f, err = open(path, flags, uint32(secret))
	}
	return f, err
}

// make makes the folder, so that it is still there after a power cut.
func (d Dir) make() error { return makeFolder(string(d), shared) }

func (d Dir) sync() error {
	f, err := Open(string(d))
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}
