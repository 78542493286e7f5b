package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// The files of a system that does not run are read and written as that system would see them: a symbolic link in it, absolute or with any number of
// «..», leads to a place in it (as openat2(2) has it with RESOLVE_IN_ROOT, which old kernels lack). So an image whose /etc/systemd is a link to
// /etc/systemd gets its own units, and not the host on which it is built. Each folder on the way is held open, so that one who puts a link in its place
// meanwhile leads nobody out.

// mostLinks is how many symbolic links a name may lead through, as in the kernel (MAXSYMLINKS).
const mostLinks = 40

// runs tells whether a tree is that of the running system, whose links are the kernel's affair.
func (t Tree) runs() bool { return t == "" || filepath.Clean(string(t)) == "/" }

// spot is where a file is: a folder, and the file's name in it.
type spot struct {
	dir  Dir
	base string
	held *os.File // the folder, if it is held open
}

func (s spot) path() string { return string(s.dir) + "/" + s.base } // not joined: a folder held open is a link itself

// open opens what is there, of a kind that nobody has to wait for. In a tree that does not run a link that has come meanwhile is not followed.
func (s spot) open(kind fs.FileMode) (*os.File, error) {
	f, err := OpenNow(s.path())
	if s.held != nil {
		f, err = open(s.path(), os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	}
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err != nil || info.Mode().Type() != kind {
		f.Close()
		return nil, &fs.PathError{Op: "open", Path: s.path(), Err: errors.New("is of another kind")}
	}
	return f, nil
}

func (s spot) release() {
	if s.held != nil {
		s.held.Close()
	}
}

// spot finds the folder of a name, and makes it if told. With follow, a link of that name is followed too. The spot is to be released.
func (t Tree) spot(name string, makes, follow bool) (spot, error) {
	if t.runs() {
		s := spot{dir: Dir(filepath.Dir(t.At(name))), base: filepath.Base(name)}
		if makes {
			return s, s.dir.make()
		}
		return s, nil
	}
	w := walk{tree: t, name: name, makes: makes, follow: follow}
	defer w.close()
	s, err := w.to()
	if err != nil {
		return spot{}, &fs.PathError{Op: "find", Path: t.At(name), Err: plainError(err)}
	}
	return s, nil
}

// plainError is an error without the path that it speaks of, which is one of a folder held open.
func plainError(err error) error {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		return path.Err
	case errors.As(err, &link):
		return link.Err
	}
	return err
}

// walk goes from folder to folder.
type walk struct {
	tree          Tree
	name          string
	makes, follow bool
	at            []*os.Root // the folders on the way, the tree's own first
	links         int
}

func (w *walk) close() {
	for _, r := range w.at {
		r.Close()
	}
}

func (w *walk) here() *os.Root { return w.at[len(w.at)-1] }

// up leaves all folders but some.
func (w *walk) up(left int) {
	for ; len(w.at) > max(left, 1); w.at = w.at[:len(w.at)-1] {
		w.here().Close()
	}
}

// to goes to the folder of the name.
func (w *walk) to() (spot, error) {
	top, err := os.OpenRoot(string(w.tree))
	if errors.Is(err, fs.ErrNotExist) && w.makes {
		if err = makeFolder(string(w.tree), shared); err == nil {
			top, err = os.OpenRoot(string(w.tree))
		}
	}
	if err != nil {
		return spot{}, err
	}
	w.at = []*os.Root{top}
	parts := split(w.name)
	for len(parts) > 0 {
		part, last := parts[0], len(parts) == 1
		parts = parts[1:]
		switch {
		case part == "..":
			w.up(len(w.at) - 1)
			continue
		case last && !w.follow:
			return w.spot(part)
		}
		further, err := w.step(part, last)
		switch {
		case err != nil:
			return spot{}, err
		case further == nil && last:
			return w.spot(part)
		case further != nil:
			parts = append(further, parts...)
		}
	}
	return w.spot(".")
}

// step goes into a folder, which it makes if told. If there is a link, it is the way that leads on from here; nil else.
func (w *walk) step(part string, last bool) (further []string, err error) {
	info, err := w.here().Lstat(part)
	switch {
	case last && (err != nil || info.Mode()&fs.ModeSymlink == 0):
		return nil, nil
	case errors.Is(err, fs.ErrNotExist) && w.makes:
		if err := w.make(part); err != nil {
			return nil, err
		}
	case err != nil:
		return nil, err
	case info.Mode()&fs.ModeSymlink != 0:
		if w.links++; w.links > mostLinks {
			return nil, syscall.ELOOP
		}
		target, err := w.here().Readlink(part)
		if err != nil {
			return nil, err
		}
		if filepath.IsAbs(target) {
			w.up(1)
		}
		return split(target), nil
	}
	next, err := w.here().OpenRoot(part)
	if err != nil {
		return nil, err
	}
	w.at = append(w.at, next)
	return nil, nil
}

func (w *walk) make(part string) error {
	if err := w.here().Mkdir(part, shared); err != nil {
		return err
	}
	return w.here().Chmod(part, shared)
}

// spot holds the folder open that has been come to, by the path that the kernel has for such a one.
func (w *walk) spot(base string) (spot, error) {
	held, err := w.here().Open(".")
	if err != nil {
		return spot{}, err
	}
	return spot{Dir(fmt.Sprintf("/proc/self/fd/%d", held.Fd())), base, held}, nil
}

// split takes a path apart; an empty way leads to where one is.
func split(path string) (parts []string) {
	parts = []string{}
	for part := range strings.SplitSeq(path, "/") {
		if part != "" && part != "." {
			parts = append(parts, part)
		}
	}
	return parts
}
