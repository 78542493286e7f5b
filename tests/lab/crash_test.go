package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"hostnet-module/tests/await"
)

// TestAgain: a crash is tried again, noted, and not for ever; what was killed on purpose, or failed, is not.
func TestAgain(t *testing.T) {
	noted := filepath.Join(t.TempDir(), "retries")
	t.Setenv(await.Retries, noted)
	for script, want := range map[string]int{"kill -SEGV $$": tries, "kill -ABRT $$": tries, "kill -KILL $$": 1, "exit 3": 1, "true": 1} {
		done := 0
		err := again(func() error {
			done++
			if err := exec.Command("sh", "-c", script).Run(); err != nil {
				return fmt.Errorf("the machine went down: %w", errors.Join(errors.New("said"), err))
			}
			return nil
		})
		if done != want || (err == nil) != (script == "true") {
			t.Errorf("%s: done %d times, want %d: %v", script, done, want, err)
		}
	}
	done := 0
	if err := again(func() error { done++; return fmt.Errorf("exit 125: %w", errInt3) }); !errors.Is(err, errInt3) || done != tries {
		t.Errorf("a kernel that died at an int3: done %d times: %v", done, err)
	}
	if data, _ := os.ReadFile(noted); strings.Count(string(data), "\n") != 3*(tries-1) {
		t.Errorf("noted: %q", data)
	}
}

// TestDiedAtInt3 tells the emulator's fault from an oops of the kernel's own.
func TestDiedAtInt3(t *testing.T) {
	for text, want := range map[string]bool{
		"[   12.345678] int3: 0000 [#1] PREEMPT SMP NOPTI\r\n":                               true,
		"[    9.100000] Oops: int3: 0000 [#1] SMP PTI\n[    9.2] Kernel panic - not syncing": true,
		"[    9.100000] invalid opcode: 0000 [#1] PREEMPT SMP\n":                             false,
		"[    9.100000] Kernel panic - not syncing: sysrq triggered crash\n":                 false,
		"": false,
	} {
		console := filepath.Join(t.TempDir(), "console")
		if err := os.WriteFile(console, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if got := diedAtInt3(console); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
