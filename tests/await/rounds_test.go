package await_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hostnet-module/tests/await"
)

// judged is a test that is judged by rounds.
type judged struct {
	testing.TB
	failed bool
	said   string
}

func (j *judged) Helper()                      {}
func (j *judged) Name() string                 { return "TestX" }
func (j *judged) Failed() bool                 { return j.failed }
func (j *judged) Logf(f string, args ...any)   { j.said += fmt.Sprintf(f, args...) }
func (j *judged) Errorf(f string, args ...any) { j.failed = true; j.Logf(f, args...) }

// TestRounds: a machine that stalls now and then does no harm, and a fault that shows five times of six does not pass. Every round beyond
// the first two is noted.
func TestRounds(t *testing.T) {
	for _, row := range []struct {
		rounds string // + holds, - does not
		holds  bool
	}{
		{"++", true},
		{"-++++", true},
		{"+-+-+-+", true},
		{"+----", false},
		{"----", false},
		{"+-+-+--", false},
	} {
		noted := filepath.Join(t.TempDir(), "retries")
		t.Setenv(await.Retries, noted)
		j, played := &judged{}, 0
		await.Rounds(j, "a thing", func(n int) (bool, string) { played++; return row.rounds[n] == '+', "so long" })
		if j.failed == row.holds || played != len(row.rounds) || !strings.Contains(j.said, fmt.Sprintf("of %d rounds hold", played)) {
			t.Errorf("%s: failed %v after %d rounds: %s", row.rounds, j.failed, played, j.said)
		}
		if data, _ := os.ReadFile(noted); strings.Count(string(data), "\n") != played-2 {
			t.Errorf("%s: noted %q", row.rounds, data)
		}
	}
	// What a round itself finds wrong ends them.
	j, played := &judged{}, 0
	await.Rounds(j, "a thing", func(int) (bool, string) { played++; j.Errorf("not as before"); return true, "" })
	if !j.failed || played != 1 {
		t.Errorf("failed %v after %d rounds", j.failed, played)
	}
}
