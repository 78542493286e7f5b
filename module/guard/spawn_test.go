package guard

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestPlaces: a program that may not be run from one place is started from the next, which is told; an error of another sort is not hidden.
func TestPlaces(t *testing.T) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	closed := filepath.Join(t.TempDir(), "no")
	if err := os.WriteFile(closed, []byte("#!/bin/true"), 0o600); err != nil { // execve(2): EACCES, for root too
		t.Fatal(err)
	}
	forbidden := source{"a closed file", func() (*os.File, string, error) { return nil, closed, nil }}
	noexec := source{"memory", func() (*os.File, string, error) {
		return nil, "", &os.SyscallError{Syscall: "memfd_create", Err: unix.EACCES}
	}}
	good := source{"another place", func() (*os.File, string, error) { return nil, "/bin/true", nil }}
	broken := source{"a broken place", func() (*os.File, string, error) { return nil, "", errors.New("planned") }}
	for _, row := range []struct {
		places []source
		from   string
		fails  string
	}{
		{[]source{good}, "", ""},
		{[]source{noexec, good}, "the guardian runs from another place (from memory: memfd_create: permission denied)", ""},
		{[]source{forbidden, good}, "the guardian runs from another place (from a closed file:", ""},
		{[]source{noexec, forbidden, good}, "another place", ""},
		{[]source{noexec, forbidden}, "", "from a closed file: fork/exec"},
		{[]source{broken, good}, "", "planned"},
	} {
		pid, from, err := spawnFrom(row.places, null, "abcde")
		if (row.fails == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), row.fails) || !strings.Contains(from, row.from) || (row.from == "") != (from == "") || err == nil && pid == 0 {
			t.Errorf("%v: %d, %q, %v", row.places, pid, from, err)
		}
	}
	dir := t.TempDir()
	for range 2 { // the second takes the place of the first
		f, path, err := copyIn(dir)
		info, _ := os.Lstat(path)
		if err != nil || f != nil || info.Mode() != 0o700 {
			t.Fatalf("%v, %v", err, info)
		}
	}
	if _, _, err := copyIn(filepath.Join(dir, "nowhere")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
}
