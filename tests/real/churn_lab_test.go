//go:build lab

package real

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hostnet-module/tests/lab/topo"
)

// churn makes links that stand, and some that come and go without a pause until stop is called, as where guests and containers are started all the time.
func churn(t *testing.T, w *topo.World, stand, come int) (stop func()) {
	t.Helper()
	var standing, coming, going strings.Builder
	for n := range stand {
		fmt.Fprintf(&standing, "link add stand%d type dummy\n", n)
	}
	for n := range come {
		fmt.Fprintf(&coming, "link add come%d type dummy\n", n)
		fmt.Fprintf(&going, "link del come%d\n", n)
	}
	w.Host.Batch("ip", standing.String())
	lines := filepath.Join(t.TempDir(), "lines")
	if err := os.WriteFile(lines, []byte(coming.String()+going.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	busy := w.Host.Start("while :; do ip -force -batch %s; done >/dev/null 2>&1", lines)
	w.Await("links come", 60*time.Second, func() bool { return w.Host.TryRun("ip link show come0").Exit == 0 })
	return func() {
		busy.Stop()
		w.Host.Exec(going.String(), "ip", "-force", "-batch", "-")
		w.Host.Exec(strings.ReplaceAll(standing.String(), "add", "del"), "ip", "-force", "-batch", "-")
	}
}

// TestChurn: beside links that come and go without a pause a run that fails is undone, by itself, by the guardian, and by the next start after the guardian was killed; the host is as before.
func TestChurn(t *testing.T) {
	t.Parallel()
	w := topo.New(t)
	w.Host.Run("ip link set eth0 up")
	w.Host.Run("ip link set eth1 up")
	before := picture(w)
	stop := churn(t, w, 120, 60)
	r := run(t, w, strings.Replace(classic, "bridge: vlan32,", "bridge: vlan32, routes: [{to: 198.18.5.0/24, via: 198.51.100.1, source: 198.51.100.99}],", 1))
	if !r.Failed || !r.RolledBack || len(r.NotRestored) > 0 || !strings.Contains(r.Msg, "198.18.5.0/24") {
		t.Errorf("failed %v, rolled back %v, not restored %q: %s", r.Failed, r.RolledBack, r.NotRestored, r.Msg)
	}
	want(t, "bond0 after the refusal", link(w, "bond0"), map[string]any(nil))
	apply(t, w, classic, "--confirm-timeout", "600")
	if out := w.Host.TryRun("hostnet-module rollback"); out.Exit != 0 {
		t.Errorf("rollback: exit %d: %s%s", out.Exit, out.Stdout, out.Stderr)
	}
	r = apply(t, w, classic, "--confirm-timeout", "600")
	w.Host.Run("kill -9 %s", guardian(t, r.Confirm.ID))
	if next := apply(t, w, "bridges: [{name: br0, state: absent}]"); !strings.Contains(strings.Join(next.Warnings, " "), r.Confirm.ID) {
		t.Errorf("warnings %q", next.Warnings)
	}
	stop()
	if after := picture(w); sortLines(after) != sortLines(before) {
		t.Errorf("not as before:\n%s", difference(before, after))
	}
}
