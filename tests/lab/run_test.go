package main

import (
	"archive/tar"
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hostnet-module/tests/await"
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

// TestRetriesComeBack: what a test in the machine does once more is noted here, beside what the lab did.
func TestRetriesComeBack(t *testing.T) {
	noted := filepath.Join(t.TempDir(), "retries")
	t.Setenv(await.Retries, noted)
	j := &job{boot: &bootFlags{}, files: &list{}}
	if err := j.prepare([]string{"x"}); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(j.order.Env, await.Retries+"="+guestRetries) || slices.Contains(j.order.Env, await.Retries+"="+noted) || !slices.Contains(j.order.Back, guestRetries) {
		t.Errorf("the order: environment %q, back %q", j.order.Env, j.order.Back)
	}
	await.Again("one of ours")
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	text := "two\nof the machine's\n"
	w.WriteHeader(&tar.Header{Name: guestRetries, Size: int64(len(text)), Mode: 0o644})
	w.Write([]byte(text))
	w.Close()
	r := newReturns(j)
	r.Write(b.Bytes())
	if err := r.finish(); err != nil {
		t.Fatal(err)
	}
	if data, _ := os.ReadFile(noted); string(data) != "one of ours\n"+text {
		t.Errorf("noted: %q", data)
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
