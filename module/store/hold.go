package store

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Hold is a file that says that the process which holds it lives, and what it says about itself. The hold is the kernel's (an open file
// description lock, fcntl(2)): it ends with the process and stands while the process is stopped. To look for one takes nothing from it.
type Hold struct{ f *os.File }

// holdSize is what a holder may say; shorter words are filled up, so that each replaces the others whole.
const holdSize = 4096

// The calls (fcntl(2): F_OFD_GETLK, F_OFD_SETLK), which package syscall does not name.
const (
	getHold = 36
	setHold = 37
)

// ErrHeld says that another process holds the file.
var ErrHeld = errors.New("another process holds it")

// Hold takes hold of a file in the folder, which is made private. It waits for nobody.
func (d Dir) Hold(name string) (*Hold, error) {
	if err := d.Private(); err != nil {
		return nil, err
	}
	path := filepath.Join(string(d), name)
	f, err := open(path, os.O_RDWR|os.O_CREATE|os.O_EXCL|syscall.O_NOFOLLOW, uint32(secret))
	if errors.Is(err, fs.ErrExist) {
		f, _, err = openOwn(path, os.O_RDWR, syscall.S_IFREG, "file")
	}
	if err != nil {
		return nil, err
	}
	lock := syscall.Flock_t{Type: syscall.F_WRLCK, Whence: io.SeekStart}
	err = again(func() error { return syscall.FcntlFlock(f.Fd(), setHold, &lock) })
	switch {
	case errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EACCES):
		err = &fs.PathError{Op: "hold", Path: path, Err: ErrHeld}
	case err == nil:
		err = f.Chmod(secret)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return &Hold{f}, nil
}

// Say replaces the holder's words.
func (h *Hold) Say(words []byte) error {
	if len(words) > holdSize {
		return errors.New("too many words")
	}
	text := make([]byte, holdSize)
	for i := copy(text, words); i < len(text); i++ {
		text[i] = ' '
	}
	_, err := h.f.WriteAt(text, 0)
	return err
}

// Release lets it go. The file stays: it says nothing any more.
func (h *Hold) Release() { h.f.Close() }

// Held tells whether a process holds the file, and what it says. Without the permission to look, or where something else lies there, that is the error.
func (d Dir) Held(name string) (words []byte, held bool, err error) {
	f, _, err := openOwn(filepath.Join(string(d), name), os.O_RDONLY, syscall.S_IFREG, "file")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	defer f.Close()
	lock := syscall.Flock_t{Type: syscall.F_RDLCK, Whence: io.SeekStart}
	if err := again(func() error { return syscall.FcntlFlock(f.Fd(), getHold, &lock) }); err != nil {
		return nil, false, os.NewSyscallError("fcntl", err)
	}
	if lock.Type == syscall.F_UNLCK {
		return nil, false, nil
	}
	words = make([]byte, holdSize)
	n, err := f.ReadAt(words, 0)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return words[:n], true, err
}
