package main

import (
	"archive/tar"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

func mountAll() error {
	for _, m := range []struct{ kind, at, data string }{
		{"proc", "/proc", ""}, {"sysfs", "/sys", ""}, {"devtmpfs", "/dev", ""}, {"devpts", "/dev/pts", "mode=0620,ptmxmode=0666"},
		{"tmpfs", "/dev/shm", "mode=1777"}, {"tmpfs", "/run", "mode=0755"}, {"cgroup2", "/sys/fs/cgroup", ""},
	} {
		if err := os.MkdirAll(m.at, 0o755); err != nil {
			return err
		}
		if err := unix.Mount(m.kind, m.at, m.kind, 0, m.data); err != nil {
			return fmt.Errorf("mount %s: %w", m.at, err)
		}
	}
	for link, target := range map[string]string{
		"/dev/fd": "/proc/self/fd", "/dev/stdin": "/proc/self/fd/0", "/dev/stdout": "/proc/self/fd/1", "/dev/stderr": "/proc/self/fd/2",
	} {
		if err := os.Symlink(target, link); err != nil {
			return err
		}
	}
	if err := os.Chmod("/tmp", 0o1777); err != nil {
		return err
	}
	return unix.Sethostname([]byte("lab"))
}

// loadModules loads the modules of modulesFile in their order. An excluded one is
// removed from the disk, so that the kernel cannot load it by itself either.
func loadModules(without []string) error {
	data, err := os.ReadFile(modulesFile)
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(data)) {
		path, options, _ := strings.Cut(strings.TrimSpace(line), " ")
		name := normal(strings.TrimSuffix(filepath.Base(path), ".ko"))
		if slices.Contains(without, name) {
			if err := os.Remove(path); err != nil {
				return err
			}
			continue
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		err = unix.FinitModule(int(f.Fd()), options, 0)
		f.Close()
		if err != nil && err != unix.EEXIST {
			return fmt.Errorf("module %s: %w", path, err)
		}
	}
	return nil
}

// sendBack sends the files that the order names, as one tar file with absolute names.
func (g *guest) sendBack() error {
	w := tar.NewWriter(stream{g.frames, frameBack})
	sent := false
	for _, top := range g.order.Back {
		err := filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			sent = true
			if err := w.WriteHeader(&tar.Header{Name: path, Mode: 0o644, Size: int64(len(data))}); err != nil {
				return err
			}
			_, err = w.Write(data)
			return err
		})
		if err != nil && !os.IsNotExist(err) {
			return err
		}
	}
	if !sent {
		return nil
	}
	return w.Close()
}
