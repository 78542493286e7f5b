package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// Files are opened here without asking whether they could be waited for, as package os asks of each: five system calls and, at the first, a
// poller to which threads of the runtime then turn. A pipe or a terminal that is opened so holds up a thread.

// Open is os.Open, but for that.
func Open(path string) (*os.File, error) { return open(path, os.O_RDONLY, 0) }

// OpenNow is Open for what may be a pipe: it is opened whether or not somebody writes into it, and reading it waits as always.
func OpenNow(path string) (*os.File, error) {
	fd, err := openFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	if err := syscall.SetNonblock(fd, false); err != nil { // else package os would have the poller wait for it
		syscall.Close(fd)
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return os.NewFile(uintptr(fd), path), nil
}

func open(path string, flags int, mode uint32) (*os.File, error) {
	fd, err := openFile(path, flags, mode)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), path), nil
}

func openFile(path string, flags int, mode uint32) (fd int, err error) {
	err = again(func() error {
		fd, err = syscall.Open(path, flags|syscall.O_CLOEXEC|syscall.O_LARGEFILE, mode)
		return err
	})
	if err != nil {
		return -1, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return fd, nil
}

// again repeats a call that a signal has interrupted.
func again(call func() error) error {
	for {
		if err := call(); !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}

// ReadFile is os.ReadFile, but for that. It neither waits for a pipe nor reads without an end.
func ReadFile(path string) ([]byte, error) { return readFile(path, mostOwn, 0) }

// readRegular is ReadFile for what must be a regular file, of at most mostRead bytes.
func readRegular(path string) ([]byte, error) { return readFile(path, mostRead, syscall.S_IFREG) }

// readFile reads a file; typ, if it is not 0, is the type that it must have.
func readFile(path string, most int, typ uint32) ([]byte, error) {
	fd, err := openFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer syscall.Close(fd)
	if typ != 0 {
		var is syscall.Stat_t
		switch err := syscall.Fstat(fd, &is); {
		case err != nil:
			return nil, &fs.PathError{Op: "stat", Path: path, Err: err}
		case is.Mode&syscall.S_IFMT != typ && is.Mode&syscall.S_IFMT != syscall.S_IFDIR: // which reading tells
			return nil, &fs.PathError{Op: "read", Path: path, Err: errNoFile}
		}
	}
	return whole(fd, path, most)
}

var errNoFile = errors.New("it is no regular file: move it away")

// What is read of one file at most. It may be a sparse one, whose size costs nothing, and whose bytes would cost all the memory there is.
const (
	mostRead = 32 << 20  // documents, and files of a system that does not run, which may be anybody's
	mostOwn  = 256 << 20 // what only this program and the kernel write: a journal of 4,094 segments has some 20 MB
)

// tooMuch says that a file is larger than what is read of it.
type tooMuch int

func (most tooMuch) Error() string { return fmt.Sprintf("it has more than %d bytes", int(most)) }

// whole reads from an open file to its end.
func whole(fd int, path string, most int) ([]byte, error) {
	const first = 512 // what /proc tells has no size
	data := make([]byte, 0, first)
	for {
		var n int
		err := again(func() (err error) {
			n, err = syscall.Read(fd, data[len(data):cap(data)])
			return err
		})
		switch {
		case err != nil:
			return nil, &fs.PathError{Op: "read", Path: path, Err: err}
		case n == 0:
			return data, nil
		}
		if data = data[:len(data)+n]; len(data) < cap(data) {
			continue
		}
		var st syscall.Stat_t
		more := len(data)
		known := syscall.Fstat(fd, &st) == nil && st.Size > int64(len(data))
		if len(data) > most || known && st.Size > int64(most) {
			return nil, &fs.PathError{Op: "read", Path: path, Err: tooMuch(most)}
		}
		if known {
			more = int(st.Size) - len(data) + 1
		}
		data = append(make([]byte, 0, len(data)+more), data...)
	}
}

// Root is the files of a host as an fs.FS, as os.DirFS gives them.
func Root(folder string) fs.FS { return root{os.DirFS(folder).(dirFS), folder} }

// dirFS is what os.DirFS can do.
type dirFS interface {
	fs.ReadDirFS
	fs.StatFS
	fs.ReadLinkFS
}

type root struct {
	dirFS
	folder string
}

// ReadFile implements fs.ReadFileFS.
func (r root) ReadFile(name string) ([]byte, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	return ReadFile(Tree(r.folder).At(name))
}
