package cli

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"hostnet-module/module/engine"
)

// TestProgress: a person on a terminal sees a long run move, and nothing of it stays; nobody else sees anything.
func TestProgress(t *testing.T) {
	var stderr bytes.Buffer
	terminal := true
	c := &Command{Stderr: &stderr, Columns: func(io.Writer) (int, bool) { return 80, terminal }}
	tell := output{c: c}.progress()
	for _, done := range []int{128, 2048, 2049, 4096} {
		tell(engine.Progress{Done: done, Total: 4096, Took: time.Duration(done) * time.Millisecond})
	}
	if got, want := stderr.String(), "\r2048 of 4096 steps, 1000/s, 2s left\x1b[K\r\x1b[K"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	stderr.Reset()
	tell = output{c: c}.progress()
	tell(engine.Progress{Done: 10, Total: 10, Took: time.Millisecond})
	if terminal = false; (output{c: c}).progress() != nil || stderr.Len() > 0 {
		t.Error(strings.TrimSpace(stderr.String()))
	}
}
