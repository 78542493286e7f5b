package store_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"

	"hostnet-module/module/store"
)

// TestRead: a file of any size comes whole, one of /proc too, which has none.
func TestRead(t *testing.T) {
	d := store.Dir(t.TempDir())
	for _, size := range []int{0, 1, 511, 512, 513, 1024, 1025, 4096, 1<<20 + 1} {
		want := bytes.Repeat([]byte("0123456789abcdef!"), size/17+1)[:size]
		if err := d.Write("file", want); err != nil {
			t.Fatal(err)
		}
		if data, err := d.Read("file"); err != nil || data == nil || !bytes.Equal(data, want) {
			t.Errorf("%d bytes: got %d, %v", size, len(data), err)
		}
	}
	maps, err := store.Dir("/proc/self").Read("mountinfo")
	want, _ := os.ReadFile("/proc/self/mountinfo")
	if err != nil || len(want) == 0 || !bytes.Equal(maps, want) {
		t.Errorf("got %d bytes of %d, %v", len(maps), len(want), err)
	}
	if data, err := d.Read("none"); data != nil || err != nil {
		t.Errorf("nothing there: %q, %v", data, err)
	}
	if _, err := store.Dir("/").Read("proc"); err == nil || !strings.Contains(err.Error(), "read /proc: is a directory") {
		t.Errorf("a folder: %v", err)
	}
}

// TestNoEnd: nothing is waited for, and nothing is read that has no end, wherever a file of ours or of the host should be.
func TestNoEnd(t *testing.T) {
	folder := t.TempDir()
	at := func(name string) string { return filepath.Join(folder, name) }
	sparse := func(name string, size int64) error {
		return errors.Join(os.WriteFile(at(name), nil, 0o600), os.Truncate(at(name), size))
	}
	err := errors.Join(syscall.Mkfifo(at("pipe"), 0o600), os.Symlink("pipe", at("to-pipe")), os.Symlink("/dev/zero", at("to-device")),
		os.Symlink("/proc/self/mem", at("to-memory")), sparse("large", 33<<20), sparse("sparse", 8<<40))
	if err != nil {
		t.Fatal(err)
	}
	other, err := os.OpenFile(at("pipe"), os.O_RDWR, 0) // a writer that writes nothing
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	for _, name := range []string{"pipe", "to-pipe", "to-device", "to-memory", "large", "sparse"} {
		if data, err := store.Dir(folder).Read(name); err == nil {
			t.Errorf("Dir.Read %s: %d bytes", name, len(data))
		}
		for _, tree := range []store.Tree{"", store.Tree(folder)} {
			path := at(name)
			if tree != "" {
				path = "/" + name
			}
			if data, err := tree.Read(path); err == nil && data != nil { // in the tree the device is not there
				t.Errorf("Tree(%q).Read %s: %d bytes", tree, name, len(data))
			}
			if tree.SameAs(path, "/proc/self/exe", 0o600) || tree.List(path) != nil {
				t.Errorf("Tree(%q) %s is a program, or a folder", tree, name)
			}
		}
		if name == "large" || name == "to-memory" {
			continue
		}
		if data, err := store.ReadFile(at(name)); err == nil && len(data) > 0 {
			t.Errorf("ReadFile %s: %d bytes", name, len(data))
		}
	}
	var damaged *store.Damaged
	if _, err := store.Dir(folder).ReadSealed("sparse", 1); !errors.As(err, &damaged) {
		t.Errorf("a sealed file: %v", err)
	}
}

// TestRoot: it is the file system that os.DirFS gives.
func TestRoot(t *testing.T) {
	folder := t.TempDir()
	if err := os.MkdirAll(filepath.Join(folder, "etc", "deep"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"etc/hosts": "127.0.0.1 localhost\n", "etc/deep/empty": "", "etc/large": strings.Repeat("large\n", 9999)} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("hosts", filepath.Join(folder, "etc", "link")); err != nil {
		t.Fatal(err)
	}
	root := store.Root(folder)
	if err := fstest.TestFS(root, "etc/hosts", "etc/deep/empty", "etc/large"); err != nil {
		t.Error(err)
	}
	if to, err := fs.ReadLink(root, "etc/link"); to != "hosts" || err != nil {
		t.Errorf("%q, %v", to, err)
	}
	if _, err := fs.ReadFile(root, "etc/none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("nothing there: %v", err)
	}
	if _, err := fs.ReadFile(root, "../etc/passwd"); !errors.Is(err, fs.ErrInvalid) {
		t.Errorf("above it: %v", err)
	}
}
