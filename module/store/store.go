// Package store keeps files: the run-time record of what was applied last, the journal, the lock. It writes atomically (a new file,
// fsynced, renamed, the folder fsynced) and knows nothing about what is in the files; but it knows the boot and the processes that
// they speak of.
package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Runtime is where files live that shall not outlive a boot.
const Runtime = "/run/hostnet"

// Dir is a folder of ours. It is made, with mode 0755, when something is written.
type Dir string

// Read returns a file's bytes, nil if there is no such file.
func (d Dir) Read(name string) ([]byte, error) {
	data, err := ReadFile(filepath.Join(string(d), name))
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

// Write replaces a file: whoever reads it finds the old bytes or the new ones, also after a power cut. Two that write one file must
// hold the folder's lock. What a killed process has left of a write is overwritten by the next.
func (d Dir) Write(name string, data []byte) error {
	return d.replace(name, bytes.NewReader(data), 0o644)
}

// replace is Write for a file with any permissions.
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
	f, err := open(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
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

// make makes the folder, so that it is still there after a power cut.
func (d Dir) make() error {
	if _, err := os.Stat(string(d)); err == nil {
		return nil
	}
	if err := os.MkdirAll(string(d), 0o755); err != nil {
		return err
	}
	return Dir(filepath.Dir(string(d))).sync()
}

func (d Dir) sync() error {
	f, err := Open(string(d))
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// Busy says that another process holds the lock.
type Busy struct{ Holder string }

func (b *Busy) Error() string { return "another run is under way: " + b.Holder }

// Lock takes the folder's lock and waits for it at most as long as told. The lock is the kernel's (flock(2)): it goes with
// the process that holds it, however that ends. The holder's words about itself stand in the file.
func (d Dir) Lock(ctx context.Context, wait time.Duration, holder string) (unlock func(), err error) {
	if err := d.make(); err != nil {
		return nil, err
	}
	f, err := open(filepath.Join(string(d), "lock"), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	if err = flock(f, syscall.LOCK_EX|syscall.LOCK_NB); errors.Is(err, syscall.EWOULDBLOCK) {
		return d.wait(ctx, wait, f, holder)
	}
	return held(f, holder, err)
}

// Seize takes the folder's lock where there is one and it is free: it makes no file and waits for nobody. nil if it is not taken.
func (d Dir) Seize() *Seized {
	f, err := open(filepath.Join(string(d), "lock"), os.O_RDWR, 0)
	if err != nil {
		return nil
	}
	if flock(f, syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		f.Close()
		return nil
	}
	return &Seized{f}
}

// Seized is a lock of which nobody has been told who has it.
type Seized struct{ f *os.File }

// Lock keeps it, and tells who has it.
func (s *Seized) Lock(holder string) (unlock func(), err error) { return held(s.f, holder, nil) }

// Release lets it go.
func (s *Seized) Release() { s.f.Close() }

// wait waits for the lock, in a thread of its own.
func (d Dir) wait(ctx context.Context, wait time.Duration, f *os.File, holder string) (unlock func(), err error) {
	got := make(chan error, 1)
	go func() { got <- flock(f, syscall.LOCK_EX) }()
	waited, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	select {
	case err = <-got:
		return held(f, holder, err)
	case <-waited.Done():
		go func() { <-got; f.Close() }()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		words, _ := d.Read("lock")
		return nil, &Busy{strings.TrimSpace(string(words))}
	}
}

// held writes the holder's words into a file of which the lock has been taken, if it has.
func held(f *os.File, holder string, err error) (unlock func(), _ error) {
	if err == nil {
		if err = f.Truncate(0); err == nil {
			_, err = fmt.Fprintln(f, holder)
		}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return func() { f.Truncate(0); f.Close() }, nil
}

func flock(f *os.File, how int) error {
	return again(func() error { return syscall.Flock(int(f.Fd()), how) })
}
