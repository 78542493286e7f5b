//go:build labhost

package faults

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"
)

// TestPowerCut cuts a machine's power at changes of a run. Its disk is real, an ext4 file system. It is booted again, the boot sets the old
// network up as ever, and the next start of the program recognises what it finds: it never acts on it, says so where there was a
// journal, and the network of the new boot is as the boot made it. With HOSTNET_CUTS=all five plans are
// cut at every change; else at some changes of files and some of the kernel's, the first one at more of them.
func TestPowerCut(t *testing.T) {
	every := os.Getenv("HOSTNET_CUTS") == "all"
	names := []string{"create", "adopt", "move a live address", "mode change with ports", "teardown"}
	var total, sound atomic.Int64
	t.Cleanup(func() { t.Logf("%d power cuts, %d states clean", total.Load(), sound.Load()) })
	guest := build(t)
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			disk := filepath.Join(t.TempDir(), "disk")
			tool := exec.Command("mke2fs", "-q", "-t", "ext4", disk, "8M")
			tool.Env = append(os.Environ(), "PATH="+os.Getenv("PATH")+":/usr/sbin:/sbin")
			if out, err := tool.CombinedOutput(); err != nil {
				t.Fatalf("mke2fs: %v: %s", err, out)
			}
			cuts, clean, journals, old := 0, 0, 0, []string(nil)
			for n := 0; ; n += step(name == names[0], n, every) {
				b := bootAgain(t, guest, disk, fmt.Sprintf("%s:%d", name, n))
				if old == nil {
					old = b.was
				}
				if cuts > 0 && b.judge(t, old) {
					clean++
					journals += len(b.next.Recovered)
				}
				if !b.cut {
					break
				}
				cuts++
			}
			t.Logf("%d power cuts, %d states clean, %d journals outlived them", cuts, clean, journals)
			total.Add(int64(cuts))
			sound.Add(int64(clean))
			if cuts < 3 || journals == 0 || clean != cuts {
				t.Errorf("%d power cuts, %d states clean, %d journals", cuts, clean, journals)
			}
		})
	}
}

// step leaves most of the kernel's changes out: they do not reach the disk.
func step(first bool, n int, every bool) int {
	switch {
	case every:
		return 1
	case !first && n == 0: // the journal is written, and not yet under its name
		return 3
	case !first && n < 12:
		return 8
	case !first:
		return 24
	case n < 8:
		return 2
	}
	return 12
}

// build makes the test that runs in the machine.
func build(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "faults.test")
	cmd := exec.Command("go", "test", "-c", "-tags", "lab", "-o", file, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return file
}

// booted is what a boot told.
type booted struct {
	left []string // files of the program that outlived the boot before
	was  []string // what iproute2 told before the next start of the program, a line each
	is   []string // and after it
	next struct {
		Failed, Changed bool
		Warnings        []string
		Recovered       []struct{ Action, Found, Journal string }
	}
	cut bool // the run was held and the power cut; else it came to its end
}

// bootAgain boots the machine with its disk, until the power is cut.
func bootAgain(t *testing.T, guest, disk, cut string) (b booted) {
	t.Helper()
	program, err := filepath.Abs("../../bin/hostnet-module")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("../../bin/lab", "run", "--disk", disk, "--file", program+":/usr/bin/hostnet-module", guest)
	cmd.Env = append(os.Environ(), "HOSTNET_CUT="+cut)
	cmd.SysProcAttr = &unix.SysProcAttr{Pdeathsig: unix.SIGKILL}
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill() // the machine dies with it at once, with all that it has not sent to the disk
		_ = cmd.Wait()
		released(t, disk)
	}()
	lines := bufio.NewScanner(out)
	for lines.Buffer(nil, 1<<20); lines.Scan(); {
		word, text, _ := strings.Cut(strings.TrimPrefix(lines.Text(), "@@"), " ")
		err = nil
		switch word {
		case "LEFT":
			err = json.Unmarshal([]byte(text), &b.left)
		case "WAS":
			err = json.Unmarshal([]byte(text), &b.was)
		case "IS":
			err = json.Unmarshal([]byte(text), &b.is)
		case "NEXT":
			err = json.Unmarshal([]byte(text), &b.next)
		case "CUT":
			b.cut = true
			return b
		case "WHOLE":
			return b
		default:
			err = errors.New("it says " + lines.Text())
		}
		if err != nil {
			t.Fatalf("%s: %v", cut, err)
		}
	}
	t.Fatalf("%s: the machine has ended: %s", cut, errs.String())
	return b
}

// released waits until the machine has let go of its disk: it dies a moment after the one who was killed, and no other one may have
// the disk before (QEMU has OFD locks on it, fcntl(2)).
func released(t *testing.T, disk string) {
	t.Helper()
	f, err := os.OpenFile(disk, os.O_RDWR, 0)
	if err == nil {
		err = unix.FcntlFlock(f.Fd(), unix.F_OFD_SETLKW, &unix.Flock_t{Type: unix.F_WRLCK})
		f.Close()
	}
	if err != nil {
		t.Error(err)
	}
}

// judge holds what the start after a power cut said against what lay on the disk, and the network against the one before the first cut.
func (b booted) judge(t *testing.T, old []string) bool {
	t.Helper()
	if len(old) < 10 || !slices.Equal(b.was, old) || !slices.Equal(b.is, old) {
		t.Errorf("there lay %q; of %d lines about the old network the boot made %d, and after the next start there were %d:\n%s\n---\n%s",
			b.left, len(old), len(b.was), len(b.is), strings.Join(old, "\n"), strings.Join(b.is, "\n"))
		return false
	}
	had := slices.Contains(b.left, "journal")
	sound := !b.next.Failed && !b.next.Changed && had == (len(b.next.Recovered) == 1) && len(b.next.Recovered) <= 1
	for _, r := range b.next.Recovered {
		sound = sound && r.Action == "removed" && strings.Contains(r.Found, "earlier boot") && len(b.next.Warnings) > 0
	}
	if !sound {
		t.Errorf("there lay %q; the next start: %+v", b.left, b.next)
	}
	t.Logf("there lay %q", b.left)
	return sound
}
