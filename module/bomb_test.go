package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"hostnet-module/tests/bad"
)

// peakFile names the file into which the program writes how much memory it had at most.
const peakFile = "HOSTNET_TEST_PEAK"

// measured is the program, which says at its end how much memory it had at most. (What wait4 tells of it holds its parent's.)
func measured() {
	status := run()
	told, err := os.ReadFile("/proc/self/status")
	if peak := regexp.MustCompile(`VmHWM:\s*([0-9]+) kB`).FindSubmatch(told); err == nil && peak != nil {
		err = os.WriteFile(os.Getenv(peakFile), peak[1], 0o600)
	}
	if err != nil {
		status = 99
	}
	os.Exit(status)
}

// TestBombs: a document below 1 MiB, however bad, costs the program no more than 64 MiB. The test's program is larger than the released one, by what it has
// before it reads anything.
func TestBombs(t *testing.T) {
	const most, idle = 64, 8
	dir := t.TempDir()
	peak := func(name, text, format string) int {
		document, file := filepath.Join(dir, name), filepath.Join(dir, "peak")
		if err := os.WriteFile(document, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c := exec.Command("measured", "validate", "--format", format, document)
		c.Env = append(os.Environ(), peakFile+"="+file)
		c.Run()
		if status := c.ProcessState.ExitCode(); status != 0 && status != 2 {
			t.Errorf("%s: %v", name, c.ProcessState)
		}
		told, err := os.ReadFile(file)
		n, _ := strconv.Atoi(string(told))
		if err != nil || n == 0 {
			t.Fatal(name, err)
		}
		return n >> 10
	}
	more := max(peak("empty.json", "{}", "json")-idle, 0)
	for i, b := range bad.Bombs() {
		format := []string{"json", "text"}[i%2]
		if n := peak(b.Name, b.Text, format); n > most+more {
			t.Errorf("%s, told as %s: %d MiB, %d of them the test's", b.Name, format, n, more)
		} else {
			t.Logf("%s, told as %s: %d MiB, %d of them the test's", b.Name, format, n, more)
		}
	}
}
