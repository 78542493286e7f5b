package store_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"hostnet-module/module/store"
)

// building is a host on which an image is built: outside lies what is the host's.
type building struct {
	t              *testing.T
	image, outside string
}

func newBuilding(t *testing.T) building {
	b := building{t, filepath.Join(t.TempDir(), "image"), t.TempDir()}
	for _, dir := range []string{"etc/systemd", "usr/lib"} {
		if err := os.MkdirAll(filepath.Join(b.image, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(b.outside, "hostnet.service"), []byte("the host's"), 0o644); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b building) link(name, target string) {
	b.t.Helper()
	if err := os.Symlink(target, filepath.Join(b.image, name)); err != nil {
		b.t.Fatal(err)
	}
}

// untouched: outside of the image nothing was written, moved or removed.
func (b building) untouched() {
	b.t.Helper()
	entries, err := os.ReadDir(b.outside)
	data, err1 := os.ReadFile(filepath.Join(b.outside, "hostnet.service"))
	if err != nil || err1 != nil || len(entries) != 1 || string(data) != "the host's" {
		b.t.Errorf("outside: %v %q %v %v", entries, data, err, err1)
	}
}

// TestInside: links in an image lead to places in the image, whatever they are, and nothing outside is read, written, moved or removed.
func TestInside(t *testing.T) {
	const name = "/etc/systemd/system/hostnet.service"
	for how, lay := range map[string]func(b building) (where string){
		"absolute": func(b building) string { b.link("etc/systemd/system", b.outside); return b.outside },
		"relative": func(b building) string {
			b.link("etc/systemd/system", strings.Repeat("../", 40)+b.outside[1:])
			return b.outside
		},
		"a chain": func(b building) string {
			b.link("etc/systemd/system", "/one")
			b.link("one", "two/")
			b.link("two", b.outside+"/.")
			return b.outside
		},
		"a chain above": func(b building) string {
			os.Remove(b.image + "/etc/systemd")
			b.link("etc/systemd", "../usr/up")
			b.link("usr/up", "../../.."+b.outside)
			return b.outside + "/system"
		},
		"the image's own": func(b building) string { b.link("etc/systemd/system", "/usr/lib/units"); return "/usr/lib/units" },
		"below a link":    func(b building) string { b.link("etc/systemd/system", "/usr/lib/../../usr/lib"); return "/usr/lib" },
		"the file is a link": func(b building) string {
			os.Mkdir(b.image+"/etc/systemd/system", 0o755)
			b.link("etc/systemd/system/hostnet.service", b.outside+"/hostnet.service")
			return "/etc/systemd/system"
		},
		"its new name is one": func(b building) string {
			os.Mkdir(b.image+"/etc/systemd/system", 0o755)
			b.link("etc/systemd/system/hostnet.service.new", b.outside+"/hostnet.service")
			return "/etc/systemd/system"
		},
	} {
		t.Run(how, func(t *testing.T) {
			b := newBuilding(t)
			where := lay(b)
			tree := store.Tree(b.image)
			if data, err := tree.Read(name); string(data) == "the host's" || err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("read %q, %v", data, err)
			}
			if tree.Same(name, []byte("the host's"), 0o644) || tree.SameAs(name, b.outside+"/hostnet.service", 0o644) || len(tree.List("/etc/systemd/system")) > 1 {
				t.Error("the host's file is seen")
			}
			if err := tree.Write(name, []byte("ours"), 0o644); err != nil {
				t.Fatal(err)
			}
			if data, err := os.ReadFile(filepath.Join(b.image, where, "hostnet.service")); string(data) != "ours" {
				t.Errorf("in the image: %q, %v", data, err)
			}
			if data, err := tree.Read(name); string(data) != "ours" || err != nil || !tree.Same(name, []byte("ours"), 0o644) || len(tree.List("/etc/systemd/system")) == 0 {
				t.Errorf("read back %q, %v", data, err)
			}
			if err := tree.Symlink("/etc/systemd/system/x.wants/hostnet.service", name); err != nil || tree.Link("/etc/systemd/system/x.wants/hostnet.service") != name {
				t.Error(err)
			}
			if err := tree.Move(name, "/etc/systemd/system/aside/1"); err != nil || tree.Exists(name) {
				t.Error(err)
			}
			for _, gone := range []string{"/etc/systemd/system/aside/1", "/etc/systemd/system/x.wants/hostnet.service", name} {
				if err := tree.Remove(gone); err != nil || tree.Exists(gone) {
					t.Error(gone, err)
				}
			}
			b.untouched()
		})
	}
}

// TestInsideRefuses: what leads nowhere is an error that names the file, and what would have to be waited for is refused.
func TestInsideRefuses(t *testing.T) {
	b := newBuilding(t)
	b.link("a", "b")
	b.link("b", "/a")
	tree := store.Tree(b.image)
	if err := tree.Write("/a/x", nil, 0o644); !errors.Is(err, syscall.ELOOP) || !strings.Contains(err.Error(), b.image+"/a/x") {
		t.Error(err)
	}
	if err := syscall.Mkfifo(b.image+"/pipe", 0o644); err != nil {
		t.Fatal(err)
	}
	b.link("to-pipe", "/pipe")
	for _, name := range []string{"/pipe", "/to-pipe", "/etc"} {
		if data, err := tree.Read(name); err == nil || !strings.Contains(err.Error(), b.image+name) {
			t.Errorf("%s: %q, %v", name, data, err)
		}
		if tree.List("/pipe") != nil || tree.SameAs(name, b.image+"/pipe", 0o644) {
			t.Error(name)
		}
	}
}

// TestInsideSwapped: somebody in the image puts a link in the place of a folder, and the folder back, all the time.
func TestInsideSwapped(t *testing.T) {
	b := newBuilding(t)
	tree := store.Tree(b.image)
	folder, other := b.image+"/etc/systemd/system", b.image+"/other"
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	b.link("other", b.outside)
	done, stop := make(chan int), make(chan struct{})
	go func() {
		n := 0
		defer func() { done <- n }()
		for ; ; n++ {
			select {
			case <-stop:
				return
			default:
				os.Rename(folder, b.image+"/third")
				os.Rename(other, folder)
				os.Rename(folder, other)
				os.Rename(b.image+"/third", folder)
			}
		}
	}()
	for range 100 {
		_ = tree.Write("/etc/systemd/system/hostnet.service", []byte("ours"), 0o644)
		_ = tree.Symlink("/etc/systemd/system/x.wants/hostnet.service", "x")
		if data, _ := tree.Read("/etc/systemd/system/hostnet.service"); string(data) == "the host's" {
			t.Fatal("the host's file was read")
		}
		_ = tree.Remove("/etc/systemd/system/hostnet.service")
	}
	close(stop)
	t.Logf("swapped %d times", <-done)
	b.untouched()
}
