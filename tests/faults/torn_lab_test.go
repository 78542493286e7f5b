//go:build lab

package faults

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// TestTorn: a run is killed in its middle, and its journal cut, or spoiled in one byte. It is never acted upon, told and kept aside, and the
// network stays as it is; the whole one still brings back what was. (Every byte is cut on the model, in module/engine.)
func TestTorn(t *testing.T) {
	t.Parallel()
	s := newSpace(t, odd)
	defer s.close()
	s.exec(nothing, program, "--format", "json", "-")
	old := s.picture()
	whole := s.run(fault{n: 12, way: after}, changed, program, "--format", "json", "-")
	path := filepath.Join("/run/hostnet", s.cookie(), "journal")
	journal, err := os.ReadFile(path)
	if err != nil || !whole.struck {
		t.Fatalf("%v, killed %v: %s", err, whole.struck, whole.text)
	}
	between := s.picture()
	if between == old {
		t.Fatal("nothing was changed")
	}
	line := bytes.IndexByte(journal, '\n')
	var damaged [][]byte
	for _, n := range []int{0, 1, 8, line - 1, line, line + 1, line + 2, len(journal) - 2, len(journal) - 1} {
		damaged = append(damaged, journal[:n])
	}
	for part := range 12 {
		damaged = append(damaged, journal[:len(journal)*(part+1)/13], spoiled(journal, len(journal)*part/12+3))
	}
	damaged = append(damaged, append(bytes.Clone(journal), '\n'), bytes.Repeat([]byte{0}, len(journal)))
	quiet := 0
	for n, data := range damaged {
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		next := s.run(fault{}, nothing, program, "--format", "json", "-")
		if next.exit != 0 || len(next.result.Recovered) != 1 || next.result.Recovered[0].Action != "put aside" || len(next.result.Warnings) == 0 {
			t.Errorf("journal %d, %d bytes: exit %d: %s", n, len(data), next.exit, next.text)
		} else if now := s.picture(); now != between {
			t.Errorf("journal %d, %d bytes. There is no more:\n%s\nand there is:\n%s", n, len(data), lost(between, now), lost(now, between))
		} else {
			quiet++
		}
	}
	t.Logf("%d damaged journals of %d bytes, %d networks left alone", len(damaged), len(journal), quiet)
	if err := os.WriteFile(path, journal, 0o644); err != nil {
		t.Fatal(err)
	}
	next := s.run(fault{}, nothing, program, "--format", "json", "-")
	if now := s.picture(); now != old || len(next.result.Recovered) != 1 || next.result.Recovered[0].Action != "undone" {
		t.Errorf("the whole one: %s\nThere is not:\n%s\nand there is:\n%s", next.text, lost(old, now), lost(now, old))
	}
}

// spoiled has one bit turned.
func spoiled(data []byte, at int) []byte {
	data = bytes.Clone(data)
	data[at] ^= 4
	return data
}

// cookie names the namespace as the program does (socket(7): SO_NETNS_COOKIE).
func (s *space) cookie() (name string) {
	s.t.Helper()
	s.thread(func() error {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		cookie, err := unix.GetsockoptUint64(fd, unix.SOL_SOCKET, unix.SO_NETNS_COOKIE)
		name = fmt.Sprint(cookie)
		return err
	})
	return name
}
