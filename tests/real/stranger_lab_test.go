//go:build lab

package real

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"hostnet-module/tests/lab/topo"
)

// stranger runs a command line as a user without any right.
func stranger(format string, args ...any) string {
	return "su -s /bin/sh nobody -c '" + fmt.Sprintf(format, args...) + "'"
}

// TestStranger: whatever the umask of the run, another user can lock nothing, read no journal and no record, and sees the same network; where an earlier version has left the
// lock for everybody to open, and somebody holds it, the next run works and closes the folder.
func TestStranger(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, mask := range []string{"000", "022", "077"} {
		w := topo.New(t)
		bridge := "br-mask" + mask
		r := w.Host.Exec("bridges: [{name: "+bridge+", mac: '00:16:3e:00:00:99', ipv6: off}]", "sh", "-c", "umask "+mask+"; exec hostnet-module -")
		if r.Exit != 0 {
			t.Fatalf("umask %s: %s%s", mask, r.Stdout, r.Stderr)
		}
		folder := filepath.Dir(strings.TrimSpace(w.Host.Run("grep -l '\"%s\"' /run/hostnet/*/applied.json | cat", bridge)))
		want(t, "modes under umask "+mask, w.Host.Run("stat -c '%%a %%n' /run/hostnet %s %s/lock %s/applied.json", folder, folder, folder),
			fmt.Sprintf("755 /run/hostnet\n700 %s\n600 %s/lock\n600 %s/applied.json\n", folder, folder, folder))
		for _, try := range []string{"flock -n %s/lock true", "cat %s/applied.json", "touch %s/journal", "ls %s", "rm -r %s"} {
			if r := w.Host.TryRun("%s", stranger(try, folder)); r.Exit == 0 {
				t.Errorf("umask %s: nobody may %s: %s", mask, try, r.Stdout)
			}
		}
		seen[strings.ReplaceAll(w.Host.Run("%s", stranger("id -u; hostnet-module show --format text")), bridge, "BRIDGE")] = mask

		w.Host.Run("chmod 755 %s", folder)
		w.Host.Run("chmod 644 %s/lock %s/applied.json", folder, folder)
		holder := w.Host.Start("%s", stranger("exec flock %s/lock sleep 1000", folder))
		w.Await("nobody holds the lock", topo.Long, func() bool { return w.Host.TryRun("flock -n %s/lock true", folder).Exit != 0 })
		if r := w.Host.Exec("bridges: [{name: "+bridge+", state: absent}]", "sh", "-c", "umask "+mask+"; exec hostnet-module -"); r.Exit != 0 {
			t.Errorf("beside somebody who holds the lock of an earlier version: %s%s", r.Stdout, r.Stderr)
		}
		want(t, "modes after that", w.Host.Run("stat -c '%%a %%n' %s %s/lock %s/applied.json", folder, folder, folder),
			fmt.Sprintf("700 %s\n600 %s/lock\n600 %s/applied.json\n", folder, folder, folder))
		holder.Stop()
	}
	for text := range seen {
		if !strings.HasPrefix(text, "65534\n") || !strings.Contains(text, "BRIDGE") || !strings.Contains(text, "only root can see") {
			t.Errorf("nobody sees\n%s", text)
		}
	}
	if len(seen) != 1 {
		t.Errorf("what nobody sees depends on who ran first: %q", seen)
	}
}
