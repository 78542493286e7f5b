package main

import (
	"errors"
	"fmt"
	"os/exec"
	"testing"
)

// TestAgain: a crash is tried again, and not for ever; what was killed on purpose, or failed, is not.
func TestAgain(t *testing.T) {
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
}
