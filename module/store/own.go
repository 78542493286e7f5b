package store

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// What lies where, and who may read it (docs/security.md). A mode is set, not asked for: the umask of whoever calls the program has no say.
const (
	shared  fs.FileMode = 0o755 // Runtime, Lasting, and folders under /etc
	private fs.FileMode = 0o700 // the run-time folder of one network namespace: lock, record, journal, the guardian's socket
	secret  fs.FileMode = 0o600 // journal, record, lock, and notes that nobody else reads
)

// Foreign says that a file or folder of ours is not what we would have made, so that somebody else may have written what is in there.
type Foreign struct {
	Path string
	Why  string
}

func (f *Foreign) Error() string {
	return fmt.Sprintf("%s %s: somebody else may have put it there, so it is not used; look at it, remove it, and run again", f.Path, f.Why)
}

// judge tells whether something is of a type, ours or root's, and not open to the writing of others; sticky folders are not, since each one's
// files there are safe from others.
func judge(path string, is *syscall.Stat_t, typ uint32, name string) error {
	mode := is.Mode & 0o7777
	switch {
	case is.Mode&syscall.S_IFMT == syscall.S_IFLNK:
		return &Foreign{path, "is a symbolic link and not a " + name}
	case is.Mode&syscall.S_IFMT != typ:
		return &Foreign{path, "is no " + name}
	case is.Uid != 0 && int(is.Uid) != os.Geteuid():
		return &Foreign{path, fmt.Sprintf("belongs to user %d, not to user %d", is.Uid, os.Geteuid())}
	case mode&0o022 != 0 && mode&syscall.S_ISVTX == 0 && int(is.Uid) != os.Geteuid():
		return &Foreign{path, fmt.Sprintf("has mode %#o: others can write there", mode)}
	}
	return nil
}

// openOwn opens what is there by this very name, and only if it is ours. Nothing is waited for: it may be a pipe. A *Foreign is the error of what is not ours.
func openOwn(path string, flags int, typ uint32, name string) (*os.File, *syscall.Stat_t, error) {
	var is syscall.Stat_t
	fd, err := openFile(path, flags|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		if syscall.Lstat(path, &is) == nil {
			err = cmp.Or(judge(path, &is, typ, name), err)
		}
		return nil, nil, err
	}
	if err = syscall.Fstat(fd, &is); err == nil {
		err = judge(path, &is, typ, name)
	}
	if err == nil {
		err = syscall.SetNonblock(fd, false) // else package os would have the poller wait for it
	}
	if err != nil {
		syscall.Close(fd)
		return nil, nil, err
	}
	return os.NewFile(uintptr(fd), path), &is, nil
}

// ReadOwn is Read for a file that we act upon: the error is a *Foreign where somebody else may have written it.
func (d Dir) ReadOwn(name string) ([]byte, error) {
	path := filepath.Join(string(d), name)
	f, is, err := openOwn(path, os.O_RDONLY, syscall.S_IFREG, "file")
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	}
	defer f.Close()
	if is.Mode&0o022 != 0 {
		return nil, &Foreign{path, fmt.Sprintf("has mode %#o: others can write there", is.Mode&0o7777)}
	}
	return whole(int(f.Fd()), path, mostOwn)
}

// right tells whether there is a folder of ours, with a mode.
func right(path string, mode fs.FileMode) bool {
	var is syscall.Stat_t
	return syscall.Lstat(path, &is) == nil && fs.FileMode(is.Mode&0o7777) == mode && judge(path, &is, syscall.S_IFDIR, "folder") == nil
}

// makeFolder makes a folder and those above it, and gives those that were not there their modes.
func makeFolder(path string, mode fs.FileMode) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	above := filepath.Dir(path)
	if err := makeFolder(above, shared); err != nil {
		return err
	}
	err := os.Mkdir(path, mode)
	if errors.Is(err, fs.ErrExist) {
		return nil // by another process, in this moment; or a link that leads nowhere, which the next call tells
	}
	if err == nil {
		err = os.Chmod(path, mode)
	}
	if err != nil {
		return err
	}
	return Dir(above).sync()
}

// Private makes the folder, if it is not there, one that nobody else can look into, and its parent one in which nobody else can write. Wrong modes, as
// earlier versions left them where the umask was another, are mended, those of the files too. What is a link, or somebody else's, is refused.
func (d Dir) Private() error {
	if right(filepath.Dir(string(d)), shared) && right(string(d), private) {
		return nil // nobody else can have changed what is in there
	}
	if err := makeFolder(filepath.Dir(string(d)), shared); err != nil {
		return err
	}
	if err := mend(filepath.Dir(string(d)), shared); err != nil {
		return err
	}
	if err := makeFolder(string(d), private); err != nil {
		return err
	}
	return d.mendAll(private)
}

// Ours sees to it that the folder, if it is there, is ours, and that nobody else can write in it.
func (d Dir) Ours() error {
	if err := mend(string(d), shared); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Shared sees to it that nobody else can write in the folder, where there is one, and that only we can read the files in it. Where the disk takes no
// modes it takes nobody's files either.
func (d Dir) Shared() error {
	if foreign := (*Foreign)(nil); errors.As(d.mendAll(shared), &foreign) {
		return foreign
	}
	return nil
}

func (d Dir) mendAll(mode fs.FileMode) error {
	if err := mend(string(d), mode); err != nil {
		return err
	}
	entries, err := os.ReadDir(string(d))
	for _, e := range entries {
		if info, fault := e.Info(); fault == nil && e.Name() != lockFile && info.Mode().IsRegular() && info.Mode().Perm() != secret && info.Mode().Perm()&0o022 == 0 {
			err = errors.Join(err, os.Chmod(filepath.Join(string(d), e.Name()), secret))
		}
	}
	return err
}

// mend gives a folder its mode, if it is ours. One with the sticky bit (/tmp) is nobody's to mend.
func mend(path string, mode fs.FileMode) error {
	f, is, err := openOwn(path, os.O_RDONLY|syscall.O_DIRECTORY, syscall.S_IFDIR, "folder")
	if err != nil {
		return err
	}
	defer f.Close()
	if has := fs.FileMode(is.Mode & 0o777); has == mode || is.Mode&syscall.S_ISVTX != 0 || int(is.Uid) != os.Geteuid() {
		return nil
	}
	return f.Chmod(mode)
}
