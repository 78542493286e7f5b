package store_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hostnet-module/module/store"
)

// TestSealed: what was written comes back; cut at any byte, or with any bit turned, it is told to be damaged.
func TestSealed(t *testing.T) {
	d := store.Dir(filepath.Join(t.TempDir(), "never", "made"))
	if data, err := d.ReadSealed("journal", 1); data != nil || err != nil {
		t.Fatalf("nothing there: %q, %v", data, err)
	}
	const content = "{\"a\":\n\"b\"}\n"
	write := func(w *bufio.Writer) error { _, err := w.WriteString(content); return err }
	if err := d.WriteSealed("journal", 1, write); err != nil {
		t.Fatal(err)
	}
	if data, err := d.ReadSealed("journal", 1); string(data) != content || err != nil {
		t.Fatalf("%q, %v", data, err)
	}
	path := filepath.Join(string(d), "journal")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	bad := map[string]string{"longer": string(whole) + "x", "nothing": "", "a directory's worth": "\x00\x00\x00", "an empty line": "\n" + content}
	for n := range whole {
		bad["cut at "+string(rune(n))] = string(whole[:n])
		bad["turned at "+string(rune(n))] = string(whole[:n]) + string(whole[n]^1) + string(whole[n+1:])
	}
	for name, text := range bad {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		var damaged *store.Damaged
		if data, err := d.ReadSealed("journal", 1); !errors.As(err, &damaged) || data != nil {
			t.Errorf("%s: %q, %v", name, data, err)
		}
	}
	if err := os.WriteFile(path, fmt.Appendf(nil, "hostnet-journal 1 %d %x\n%s", len(content), sha256.Sum256([]byte(content)), content), 0o644); err != nil {
		t.Fatal(err)
	}
	if data, err := d.ReadSealed("journal", 1); string(data) != content || err != nil {
		t.Errorf("as it was written before the length had a fixed width: %q, %v", data, err)
	}
	if err := d.WriteSealed("journal", 2, write); err != nil {
		t.Fatal(err)
	}
	if _, err := d.ReadSealed("journal", 1); err == nil || !strings.Contains(err.Error(), "version 2") {
		t.Errorf("of another version: %v", err)
	}
	broken := errors.New("broken")
	if err := d.WriteSealed("journal", 1, func(w *bufio.Writer) error { _ = write(w); return broken }); !errors.Is(err, broken) {
		t.Errorf("a content that breaks off: %v", err)
	}
	if data, err := d.ReadSealed("journal", 2); string(data) != content || err != nil {
		t.Errorf("after one that broke off: %q, %v", data, err)
	}
	if left, _ := filepath.Glob(path + "?*"); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

// TestAside: damaged files are kept, not for ever, and a file that is not there can be removed.
func TestAside(t *testing.T) {
	d := store.Dir(t.TempDir())
	now := time.Date(2026, 11, 25, 3, 0, 0, 0, time.UTC)
	for i := range 9 {
		if err := d.Write("journal", []byte{byte(i)}); err != nil {
			t.Fatal(err)
		}
		if _, err := d.MoveAside("journal", now.Add(time.Duration(i)*time.Millisecond)); err != nil {
			t.Fatal(err)
		}
	}
	left, err := filepath.Glob(filepath.Join(string(d), "*"))
	if err != nil || len(left) != 5 || !strings.HasSuffix(left[4], "journal.damaged-20261125T030000.008000000") {
		t.Errorf("left: %q, %v", left, err)
	}
	for range 2 {
		if err := d.Remove("journal"); err != nil {
			t.Error(err)
		}
	}
}

// TestHalfWritten: what a killed process has left of a write is in nobody's way.
func TestHalfWritten(t *testing.T) {
	d := store.Dir(t.TempDir())
	if err := os.WriteFile(filepath.Join(string(d), "journal.new"), []byte(strings.Repeat("left over", 99)), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := d.Write("journal", []byte("new")); err != nil {
		t.Fatal(err)
	}
	if data, err := d.Read("journal"); string(data) != "new" || err != nil {
		t.Errorf("%q, %v", data, err)
	}
}

func TestProcess(t *testing.T) {
	if !store.Self().Alive() {
		t.Error("we are dead")
	}
	other := store.Self()
	other.Start++
	if other.Alive() || (store.Process{}).Alive() {
		t.Error("somebody else with our number is taken for us")
	}
	sleep := exec.Command("sleep", "100")
	if err := sleep.Start(); err != nil {
		t.Fatal(err)
	}
	p := store.Of(sleep.Process.Pid)
	if !p.Alive() {
		t.Error("a child is taken for dead")
	}
	_ = sleep.Process.Kill()
	for end := time.Now().Add(10 * time.Second); p.Alive(); time.Sleep(time.Millisecond) { // a zombie, at last
		if time.Now().After(end) {
			t.Fatal("a dead child is taken for alive")
		}
	}
	_ = sleep.Wait()
	if store.Boot() == "" || store.Uptime() <= 0 {
		t.Errorf("boot %q, up %v", store.Boot(), store.Uptime())
	}
}

// TestStaleLock: what a dead holder has left in the lock's file is no lock, and no words of the next holder.
func TestStaleLock(t *testing.T) {
	d := store.Dir(t.TempDir())
	if err := os.WriteFile(filepath.Join(string(d), "lock"), []byte("pid 1 since ever: somebody with a long name"), 0o644); err != nil {
		t.Fatal(err)
	}
	unlock, err := d.Lock(context.Background(), time.Second, "us")
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	var busy *store.Busy
	if _, err := d.Lock(context.Background(), time.Millisecond, "them"); !errors.As(err, &busy) || busy.Holder != "us" {
		t.Errorf("got %v", err)
	}
}
