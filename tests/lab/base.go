package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// baseFormat changes whenever this file changes what the base archive holds.
const baseFormat = "3"

// baseArchive returns the initramfs that all machines with this kernel share: the
// userland and the modules. What one run adds is another archive behind it (overlay.go).
func baseArchive(k *kernel, word string) (string, error) {
	u, err := openUserland()
	if err != nil {
		return "", err
	}
	key := sha256.Sum256(fmt.Append(nil, baseFormat, k.release, loaded, carried, u.dir, programs, extras))
	name := "base-" + word + "-" + hex.EncodeToString(key[:6]) + ".cpio"
	return cached(name, func(work string) (string, error) {
		out, err := os.Create(filepath.Join(work, name))
		if err != nil {
			return "", err
		}
		a := newArchive(out)
		for _, step := range []func(*archive) error{
			skeleton, u.archive, func(a *archive) error { return k.archive(a, u.busybox(), loaded, carried) }, (*archive).close,
		} {
			if err := step(a); err != nil {
				return "", err
			}
		}
		if err := pad(out); err != nil {
			return "", err
		}
		dropOld("base-" + word + "-*.cpio")
		return out.Name(), out.Close()
	})
}

// dropOld removes what an earlier version of the lab built and nobody wants any more.
func dropOld(pattern string) {
	if cache, err := cacheDir(); err == nil {
		old, _ := filepath.Glob(filepath.Join(cache, pattern))
		for _, f := range old {
			os.RemoveAll(f)
		}
	}
}

// pad fills a file to the page: an archive behind this one must start on a multiple of four.
func pad(f *os.File) error {
	size, err := f.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = f.Write(make([]byte, (4096-size%4096)%4096))
	}
	return err
}

// skeleton is the part of the tree that comes from no package.
func skeleton(a *archive) error {
	for _, top := range []string{"bin", "sbin", "lib", "lib64"} {
		if err := a.dir("usr/" + top); err != nil {
			return err
		}
		if err := a.symlink(top, "usr/"+top); err != nil {
			return err
		}
	}
	for _, dir := range []string{"proc", "sys", "dev", "run", "tmp", "root", "out", "test", "etc", "mnt", "var/lib", "var/log", "etc/dropbear"} {
		if err := a.dir(dir); err != nil {
			return err
		}
	}
	for _, link := range [][2]string{{"var/run", "/run"}, {"var/tmp", "/tmp"}, {"etc/mtab", "/proc/self/mounts"}} {
		if err := a.symlink(link[0], link[1]); err != nil {
			return err
		}
	}
	for name, text := range map[string]string{
		"etc/passwd":        "root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n",
		"etc/group":         "root:x:0:\nnogroup:x:65534:\n",
		"etc/shells":        "/bin/sh\n/bin/bash\n",
		"etc/hosts":         "127.0.0.1 localhost\n::1 localhost\n",
		"etc/hostname":      "lab\n",
		"etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
		// Nothing in here starts services, and what boots would be everybody's: /etc is shared by the namespaces of parallel tests.
		"etc/hostnet/boot-disabled": "",
		"etc/profile":               "export PS1='lab:\\w# '\n",
	} {
		if err := a.file(name, 0o644, []byte(text)); err != nil {
			return err
		}
	}
	return nil
}

// archive puts the programs and their libraries in, and busybox under all other names.
func (u *userland) archive(a *archive) error {
	files, err := u.files()
	if err != nil {
		return err
	}
	have := map[string]bool{}
	for _, f := range files {
		have[path.Base(f)] = true
		if info, err := os.Lstat(filepath.Join(u.dir, f)); err != nil || info.IsDir() {
			continue
		}
		if err := a.copy(filepath.Join(u.dir, f), f); err != nil {
			return err
		}
	}
	names, err := u.applets()
	for _, n := range names {
		if have[n] {
			continue
		}
		if err := a.symlink("usr/bin/"+n, "busybox"); err != nil {
			return err
		}
	}
	if err != nil {
		return err
	}
	// The kernel calls modprobe by this path.
	return a.symlink("usr/sbin/modprobe", "../bin/busybox")
}

// modulesFile lists, in the machine, the modules to load: a name and its parameters a line.
const modulesFile = "/lab/modules"

// archive puts the modules in, with the indexes for modprobe.
func (k *kernel) archive(a *archive, busybox string, loaded, carried []string) error {
	set, err := k.set(busybox, loaded, carried)
	if err != nil {
		return err
	}
	options := map[string]string{}
	dir := "usr/lib/modules/" + k.release
	load := map[string]bool{}
	for _, line := range loaded {
		name, option, _ := strings.Cut(line, " ")
		options[normal(name)] = option
		if m := set.got[normal(name)]; m != nil {
			load[m.name] = true
			for _, d := range set.below(m) {
				load[d.name] = true
			}
		}
	}
	var todo bytes.Buffer
	for _, m := range set.order {
		if load[m.name] {
			fmt.Fprintln(&todo, strings.TrimSpace(path.Join("/", dir, m.path)+" "+options[m.name]))
		}
		if err := a.file(path.Join(dir, m.path), 0o644, m.data); err != nil {
			return err
		}
	}
	for name, data := range map[string][]byte{
		modulesFile: todo.Bytes(), dir + "/modules.dep": set.dep(), dir + "/modules.alias": set.alias(),
		dir + "/modules.symbols": nil,
	} {
		if err := a.file(name, 0o644, data); err != nil {
			return err
		}
	}
	return nil
}
