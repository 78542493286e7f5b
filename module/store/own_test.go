package store_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"hostnet-module/module/store"
)

// under runs something under an umask.
func under(t *testing.T, mask int, do func() error) {
	t.Helper()
	was := syscall.Umask(mask)
	err := do()
	syscall.Umask(was)
	if err != nil {
		t.Fatal(err)
	}
}

// holds tells what is wrong with a mode.
func holds(t *testing.T, path string, want fs.FileMode) {
	t.Helper()
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != want {
		t.Errorf("%s has mode %o, not %o", path, info.Mode().Perm(), want)
	}
}

func lock(d store.Dir) error {
	unlock, err := d.Lock(context.Background(), 0, "us")
	if err == nil {
		unlock()
	}
	return err
}

// TestModes: whatever the umask, what is private is so, and what is for everybody is that too.
func TestModes(t *testing.T) {
	for _, mask := range []int{0o000, 0o022, 0o077, 0o777} {
		top := t.TempDir()
		d := store.Dir(filepath.Join(top, "run", "hostnet", "1"))
		under(t, mask, func() error {
			return errors.Join(lock(d), d.Write("applied.json", nil), d.WriteMode("result", nil, 0o644), store.Tree(top).Write("/etc/hostnet/hostnet.yaml", nil, 0o644))
		})
		for name, want := range map[string]fs.FileMode{"run/hostnet": 0o755, "run/hostnet/1": 0o700, "run/hostnet/1/lock": 0o600, "run/hostnet/1/applied.json": 0o600,
			"run/hostnet/1/result": 0o644, "etc/hostnet": 0o755, "etc/hostnet/hostnet.yaml": 0o644} {
			holds(t, filepath.Join(top, name), want)
		}
	}
}

// TestModesMended: what versions before have left, under other umasks, is mended by the next lock; but what others could have written is not used.
func TestModesMended(t *testing.T) {
	for _, mask := range []fs.FileMode{0, 0o022, 0o077} {
		d := store.Dir(filepath.Join(t.TempDir(), "hostnet", "1"))
		old := map[string]fs.FileMode{"lock": 0o644 &^ mask, "applied.json": 0o644 &^ mask, "last.json": 0o644 &^ mask}
		if err := os.MkdirAll(string(d), 0o755); err != nil {
			t.Fatal(err)
		}
		for name, mode := range old {
			if err := errors.Join(os.WriteFile(filepath.Join(string(d), name), []byte("{}"), 0o600), os.Chmod(filepath.Join(string(d), name), mode)); err != nil {
				t.Fatal(err)
			}
		}
		if err := errors.Join(os.Chmod(string(d), 0o777&^mask), os.Chmod(filepath.Dir(string(d)), 0o777&^mask), lock(d)); err != nil {
			t.Fatal(err)
		}
		holds(t, filepath.Dir(string(d)), 0o755)
		holds(t, string(d), 0o700)
		for name := range old {
			holds(t, filepath.Join(string(d), name), 0o600)
		}
	}
	d := store.Dir(t.TempDir())
	if err := errors.Join(d.Write("applied.json", []byte("{}")), os.Chmod(filepath.Join(string(d), "applied.json"), 0o666), lock(d)); err != nil {
		t.Fatal(err)
	}
	var foreign *store.Foreign
	if data, err := d.ReadOwn("applied.json"); !errors.As(err, &foreign) || data != nil || !strings.Contains(err.Error(), "0666") {
		t.Errorf("what everybody could write: %q, %v", data, err)
	}
}

// TestWideLock: who has opened the lock while everybody could, and holds it, stops nobody; a run of an earlier version, which says its number, is waited for.
func TestWideLock(t *testing.T) {
	for name, c := range map[string]struct {
		mode  fs.FileMode
		words string
		busy  bool
	}{
		"anybody":                  {0o644, "", false},
		"of a run that is over":    {0o644, "pid 4194305 since ever: hostnet-module", false},
		"with words of anybody":    {0o666, "pid 1 since ever: hostnet-module", false},
		"a run of earlier version": {0o644, "pid 1 since ever: hostnet-module", true},
	} {
		d := store.Dir(filepath.Join(t.TempDir(), "1"))
		path := filepath.Join(string(d), "lock")
		if err := errors.Join(os.Mkdir(string(d), 0o755), os.WriteFile(path, []byte(c.words), 0o600), os.Chmod(path, c.mode)); err != nil {
			t.Fatal(err)
		}
		held, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer held.Close()
		if err := syscall.Flock(int(held.Fd()), syscall.LOCK_EX); err != nil {
			t.Fatal(err)
		}
		var busy *store.Busy
		if err := lock(d); errors.As(err, &busy) != c.busy || err != nil && !c.busy {
			t.Errorf("%s: %v", name, err)
		}
		if !c.busy {
			holds(t, path, 0o600)
		}
	}
}

// TestLockReplaced: who has waited for a lock that another one has put a narrower one in the place of does not hold it.
func TestLockReplaced(t *testing.T) {
	d := store.Dir(t.TempDir())
	first, err := d.Lock(context.Background(), 0, "first")
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan error, 1)
	go func() {
		unlock, err := d.Lock(context.Background(), time.Minute, "second")
		if err == nil {
			defer unlock()
			var busy *store.Busy
			if err = lock(d); errors.As(err, &busy) && busy.Holder == "second" {
				err = nil
			} else {
				err = errors.Join(errors.New("two hold it"), err)
			}
		}
		got <- err
	}()
	for !waits(t, filepath.Join(string(d), "lock")) {
		time.Sleep(time.Millisecond)
	}
	if err := os.Remove(filepath.Join(string(d), "lock")); err != nil {
		t.Fatal(err)
	}
	first()
	if err := <-got; err != nil {
		t.Error(err)
	}
}

// waits tells whether somebody waits for the lock of a file (proc(5): locks, `->`).
func waits(t *testing.T, path string) bool {
	t.Helper()
	var is syscall.Stat_t
	locks, err := os.ReadFile("/proc/locks")
	if err := errors.Join(err, syscall.Stat(path, &is)); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(locks)) {
		if strings.Contains(line, "-> FLOCK") && strings.Contains(line, ":"+strconv.FormatUint(is.Ino, 10)+" ") {
			return true
		}
	}
	return false
}

// TestForeign: links and other people's files and folders in the run-time path are refused, and nothing is written where they lead.
func TestForeign(t *testing.T) {
	stranger := func(path string) error { return os.Lchown(path, 65534, 65534) }
	if os.Geteuid() != 0 {
		stranger = nil
	}
	for name, c := range map[string]struct {
		lay func(d, elsewhere string) error
		why string
	}{
		"the folder is a link": {func(d, elsewhere string) error { return os.Symlink(elsewhere, d) }, "symbolic link"},
		"its parent is a link": {func(d, elsewhere string) error {
			p := filepath.Dir(d)
			return errors.Join(os.Remove(p), os.Symlink(elsewhere, p))
		}, "symbolic link"},
		"the folder is a file": {func(d, _ string) error { return os.WriteFile(d, nil, 0o600) }, "no folder"},
		"the lock is a link": {func(d, elsewhere string) error {
			return errors.Join(os.Mkdir(d, 0o700), os.Symlink(elsewhere+"/victim", d+"/lock"))
		}, "symbolic link"},
		"the lock is a pipe":         {func(d, _ string) error { return errors.Join(os.Mkdir(d, 0o700), syscall.Mkfifo(d+"/lock", 0o600)) }, "no file"},
		"the folder is a stranger's": {func(d, _ string) error { return errors.Join(os.Mkdir(d, 0o700), stranger(d)) }, "belongs to user 65534"},
		"its parent is a stranger's": {func(d, _ string) error { return stranger(filepath.Dir(d)) }, "belongs to user 65534"},
		"the lock is a stranger's": {func(d, _ string) error {
			return errors.Join(os.Mkdir(d, 0o700), os.WriteFile(d+"/lock", nil, 0o600), stranger(d+"/lock"))
		}, "belongs to user 65534"},
	} {
		if strings.Contains(name, "stranger") && stranger == nil {
			continue
		}
		top := t.TempDir()
		d, elsewhere := filepath.Join(top, "hostnet", "1"), filepath.Join(top, "elsewhere")
		victim := filepath.Join(elsewhere, "victim")
		if err := errors.Join(os.Mkdir(elsewhere, 0o750), os.WriteFile(victim, []byte("theirs"), 0o640), os.Mkdir(filepath.Dir(d), 0o755), c.lay(d, elsewhere)); err != nil {
			t.Fatal(err)
		}
		var foreign *store.Foreign
		if err := lock(store.Dir(d)); !errors.As(err, &foreign) || !strings.Contains(err.Error(), c.why) {
			t.Errorf("%s: %v", name, err)
		}
		if store.Dir(d).Seize() != nil {
			t.Errorf("%s: seized", name)
		}
		if data, _ := os.ReadFile(victim); string(data) != "theirs" {
			t.Errorf("%s: what it leads to holds %q", name, data)
		}
		holds(t, victim, 0o640)
		holds(t, elsewhere, 0o750)
	}
}

// TestPlantedFile: what is read and acted upon is no link, nobody else's, and not what a pipe gives.
func TestPlantedFile(t *testing.T) {
	d := store.Dir(t.TempDir())
	path := filepath.Join(string(d), "journal")
	if err := d.Write("sound", []byte("ours")); err != nil {
		t.Fatal(err)
	}
	for name, lay := range map[string]func() error{
		"a link":   func() error { return os.Symlink(filepath.Join(string(d), "sound"), path) },
		"a pipe":   func() error { return syscall.Mkfifo(path, 0o600) },
		"a folder": func() error { return os.Mkdir(path, 0o700) },
	} {
		if err := lay(); err != nil {
			t.Fatal(err)
		}
		var foreign *store.Foreign
		if data, err := d.ReadSealed("journal", 1); !errors.As(err, &foreign) || data != nil {
			t.Errorf("%s: %q, %v", name, data, err)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(string(d), "sound"), path+".new"); err != nil {
		t.Fatal(err)
	}
	if err := d.Write("journal", []byte("new")); err != nil {
		t.Fatal(err)
	}
	if data, _ := d.Read("sound"); string(data) != "ours" {
		t.Errorf("a link in the place of the new file was followed: %q", data)
	}
}

// TestEndlessFile: a file of an image that has a size and next to no bytes is not read to its end.
func TestEndlessFile(t *testing.T) {
	root := t.TempDir()
	f, err := os.Create(filepath.Join(root, "hostnet.yaml"))
	if err := errors.Join(err, f.Truncate(1<<40), f.Close()); err != nil {
		t.Fatal(err)
	}
	if data, err := store.Tree(root).Read("/hostnet.yaml"); data != nil || err == nil || !strings.Contains(err.Error(), "hostnet.yaml: it has more than 33554432 bytes") {
		t.Errorf("%d bytes, %v", len(data), err)
	}
}
