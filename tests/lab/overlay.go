package main

import (
	"debug/elf"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// initrd is base archive and overlay in one piece of memory that has no name, so
// that nothing is left behind however we end. The machine reads it through a file descriptor.
func initrd(base string, overlay func(*archive) error) (*os.File, error) {
	fd, err := unix.MemfdCreate("initrd", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("memfd_create: %w", err)
	}
	f := os.NewFile(uintptr(fd), "initrd")
	b, err := os.Open(base)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	if _, err := io.Copy(f, b); err != nil {
		return nil, err
	}
	a := newArchive(f)
	if err := overlay(a); err != nil {
		return nil, err
	}
	if err := a.close(); err != nil {
		return nil, err
	}
	return f, pad(f)
}

// overlay puts in what this run needs: ourselves as /init, the order, the files.
func (o *order) overlay(a *archive, files []pair) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if !static(self) {
		return fmt.Errorf("%s is not a static program: build it with CGO_ENABLED=0 (make build)", self)
	}
	if err := a.copy(self, "/init"); err != nil {
		return err
	}
	if err := a.symlink("/usr/bin/lab", "/init"); err != nil {
		return err
	}
	data, err := json.Marshal(o)
	if err != nil {
		return err
	}
	if err := a.file(orderFile, 0o644, data); err != nil {
		return err
	}
	for _, f := range files {
		src, err := filepath.EvalSymlinks(f.src)
		if err != nil {
			return err
		}
		if err := a.copy(src, f.dst); err != nil {
			return err
		}
	}
	return nil
}

// static tells whether a program needs no interpreter.
func static(path string) bool {
	f, err := elf.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			return false
		}
	}
	return true
}
