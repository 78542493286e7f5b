package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const lockFile = "lock"

// Busy says that another process holds the lock.
type Busy struct{ Holder string }

func (b *Busy) Error() string { return "another run is under way: " + b.Holder }

// Lock takes the folder's lock and waits for it at most as long as told. The lock is the kernel's (flock(2)): it goes with
// the process that holds it, however that ends. The holder's words about itself stand in the file. Nobody else can open it: who can open a file can
// lock it, and keep it for ever.
func (d Dir) Lock(ctx context.Context, wait time.Duration, holder string) (unlock func(), err error) {
	if err := d.Private(); err != nil {
		return nil, err
	}
	if err := d.narrow(); err != nil {
		return nil, err
	}
	until, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	for {
		f, err := d.openLock()
		if err != nil {
			return nil, err
		}
		if err = flock(f, syscall.LOCK_EX|syscall.LOCK_NB); errors.Is(err, syscall.EWOULDBLOCK) {
			if err = d.wait(until, f); until.Err() != nil && err != nil {
				return nil, cmp.Or(ctx.Err(), err)
			}
		}
		if err != nil || d.current(f) {
			return held(f, holder, err)
		}
		f.Close() // it was put in the place of a wider one while it was waited for
	}
}

func (d Dir) openLock() (*os.File, error) {
	path := filepath.Join(string(d), lockFile)
	for {
		f, _, err := openOwn(path, os.O_RDWR, syscall.S_IFREG, "file")
		if !errors.Is(err, fs.ErrNotExist) {
			return f, err
		}
		f, err = open(path, os.O_RDWR|os.O_CREATE|os.O_EXCL|syscall.O_NOFOLLOW, uint32(secret))
		if !errors.Is(err, fs.ErrExist) {
			if err == nil {
				err = f.Chmod(secret)
			}
			return f, err
		}
	}
}

// narrow takes a lock away that others can open, as earlier versions made it: whoever has opened it may hold it, also when its mode is another. Only a
// run of such a version may go on to hold it, which has written its number there; the next run sees to it then.
func (d Dir) narrow() error {
	path := filepath.Join(string(d), lockFile)
	var is syscall.Stat_t
	if syscall.Lstat(path, &is) != nil || fs.FileMode(is.Mode)&0o777 == secret {
		return nil
	}
	folder, err := Open(string(d)) // two that narrow at one time would each take the other's away
	if err != nil {
		return err
	}
	defer folder.Close()
	if err := flock(folder, syscall.LOCK_EX); err != nil {
		return err
	}
	if syscall.Lstat(path, &is) != nil || fs.FileMode(is.Mode)&0o777 == secret {
		return nil
	}
	f, _, err := openOwn(path, os.O_RDWR, syscall.S_IFREG, "file")
	if err != nil {
		return err
	}
	defer f.Close()
	if flock(f, syscall.LOCK_EX|syscall.LOCK_NB) != nil && is.Mode&0o022 == 0 {
		words, _ := d.Read(lockFile)
		var pid int
		if _, err := fmt.Sscanf(string(words), "pid %d ", &pid); err == nil && Of(pid).Alive() {
			return nil
		}
	}
	return os.Remove(path)
}

// current tells whether the file is still the one that lies there.
func (d Dir) current(f *os.File) bool {
	var has, is syscall.Stat_t
	return syscall.Fstat(int(f.Fd()), &has) == nil && syscall.Lstat(filepath.Join(string(d), lockFile), &is) == nil && has.Ino == is.Ino && has.Dev == is.Dev
}

// Seize takes the folder's lock where there is one and it is free: it makes no file and waits for nobody. nil if it is not taken.
func (d Dir) Seize() *Seized {
	if !right(string(d), private) {
		return nil // Lock sees to it
	}
	f, is, err := openOwn(filepath.Join(string(d), lockFile), os.O_RDWR, syscall.S_IFREG, "file")
	if err != nil {
		return nil
	}
	if fs.FileMode(is.Mode)&0o777 != secret || flock(f, syscall.LOCK_EX|syscall.LOCK_NB) != nil || !d.current(f) {
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

// wait waits for the lock, in a thread of its own, which closes the file where the lock comes too late.
func (d Dir) wait(ctx context.Context, f *os.File) error {
	got := make(chan error, 1)
	go func() { got <- flock(f, syscall.LOCK_EX) }()
	select {
	case err := <-got:
		return err
	case <-ctx.Done():
		go func() { <-got; f.Close() }()
		words, _ := d.Read(lockFile)
		return &Busy{strings.TrimSpace(string(words))}
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
