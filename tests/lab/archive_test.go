package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/cavaliergopher/cpio"
)

func TestClean(t *testing.T) {
	for name, want := range map[string]string{
		"/init": "init", "bin": "bin", "/bin/sh": "usr/bin/sh", "lib64/ld.so": "usr/lib64/ld.so", "/../etc/x": "etc/x", "usr/bin/x": "usr/bin/x",
	} {
		if got := clean(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

func TestArchive(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "f"), []byte("text"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("f", filepath.Join(dir, "l")); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	a := newArchive(&b)
	if err := a.copy(dir, "/a/b"); err != nil {
		t.Fatal(err)
	}
	if err := a.close(); err != nil {
		t.Fatal(err)
	}
	r := cpio.NewReader(&b)
	got := map[string]string{}
	for {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		data, _ := io.ReadAll(r)
		got[h.Name] = string(data) + h.Linkname
	}
	want := map[string]string{"a": "", "a/b": "", "a/b/f": "text", "a/b/l": "f"}
	for name, text := range want {
		if v, ok := got[name]; !ok || v != text {
			t.Errorf("%s: %q, %v", name, v, ok)
		}
	}
	if len(got) != len(want) {
		t.Errorf("archive holds %v", got)
	}
}
