package main

import (
	"archive/tar"
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestGoTestFlags(t *testing.T) {
	j := &job{back: map[string]bool{}, order: order{Argv: []string{"/lab/bin/x.test", "-test.v=true", "-test.testlogfile=/b/testlog.txt",
		"-test.coverprofile=/b/cover.out", "-test.gocoverdir=/b/dir", "-test.run=X"}}}
	j.goTest()
	want := []string{"/lab/bin/x.test", "-test.v=true", "-test.coverprofile=/b/cover.out", "-test.gocoverdir=/b/dir", "-test.run=X"}
	if got := j.order.Argv; !slices.Equal(got, want) {
		t.Errorf("flags %q", got)
	}
	if !slices.Equal(j.order.Back, []string{"/b/cover.out", "/b/dir/"}) {
		t.Errorf("to come back: %q", j.order.Back)
	}
}

func TestReturns(t *testing.T) {
	dir := t.TempDir()
	asked := filepath.Join(dir, "asked")
	for _, row := range []struct{ sent, lands string }{
		{"/out/a", "out/a"},
		{"/out/b/c", "out/b/c"},
		{asked, "asked"},
		{filepath.Join(dir, "not-asked"), ""},
		{"/out/../../x", ""},
		{"/etc/shadow", ""},
	} {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		w.WriteHeader(&tar.Header{Name: row.sent, Size: 2, Mode: 0o600})
		w.Write([]byte("hi"))
		w.Close()
		r := newReturns(&job{out: filepath.Join(dir, "out"), back: map[string]bool{asked: true}})
		r.Write(b.Bytes())
		err := r.finish()
		if row.lands == "" {
			if err == nil || !strings.Contains(err.Error(), "not asked for") {
				t.Errorf("%s: error %v", row.sent, err)
			}
			continue
		}
		if got, _ := os.ReadFile(filepath.Join(dir, row.lands)); string(got) != "hi" || err != nil {
			t.Errorf("%s: %q, %v", row.sent, got, err)
		}
	}
}
