package await_test

import (
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"hostnet-module/tests/await"
)

// TestUntil: the answer counts, not the time at which it comes; a waiter who was stopped beyond the deadline asks once more.
func TestUntil(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		if !await.Until(await.Long, func() bool { asked++; return asked == 3 }) || asked != 3 {
			t.Errorf("asked %d times", asked)
		}
		begun := time.Now()
		if await.Until(time.Minute, func() bool { return false }) || time.Since(begun) < time.Minute {
			t.Errorf("without an answer: over after %v", time.Since(begun))
		}
		stopped := false
		if !await.Until(time.Minute, func() bool {
			was := stopped
			stopped = true
			time.Sleep(time.Hour)
			return was
		}) {
			t.Error("gave up with the question before the deadline")
		}
	})
}

// TestAgain: each retry is a line, from whatever process; without a place for them nothing happens.
func TestAgain(t *testing.T) {
	file := filepath.Join(t.TempDir(), "retries")
	t.Setenv(await.Retries, file)
	await.Again("a machine that %s", "hung")
	await.Again("another")
	if data, _ := os.ReadFile(file); string(data) != "a machine that hung\nanother\n" {
		t.Errorf("noted: %q", data)
	}
	t.Setenv(await.Retries, "")
	await.Again("nobody asks")
}
