package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRender(t *testing.T) {
	d := newDesk(t)
	d.files["host.yaml"] = "bonds:\n  - {name: bond0, mode: active-backup, miimon: 100, members: [eth0, {mac: \"02:00:00:00:00:02\"}]}\n"
	status, stdout, stderr := d.call(t, "render", "--to", "ifupdown", "host.yaml")
	if status != 0 || !strings.HasPrefix(stdout, "# file: /etc/network/interfaces.d/hostnet\n") || !strings.Contains(stdout, "\tbond-slaves eth0\n") ||
		!strings.Contains(stderr, "not rendered: bonds[0].members[1].{mac: 02:00:00:00:00:02}\n") {
		t.Errorf("exit %d\n%s%s", status, stdout, stderr)
	}
	if status, stdout, _ := d.call(t, "render", "--to", "ifupdown", "--strict", "host.yaml"); status != 1 || stdout != "" {
		t.Errorf("--strict: exit %d\n%s", status, stdout)
	}
	dir := t.TempDir()
	status, stdout, stderr = d.call(t, "render", "--to=networkd", "--output-dir", dir, "host.yaml")
	text, err := os.ReadFile(filepath.Join(dir, "etc/systemd/network/10-hostnet-bond0.netdev"))
	if status != 0 || stderr != "" || err != nil || !strings.Contains(string(text), "Kind=bond") || strings.Count(stdout, "\n"+dir) != strings.Count(stdout, "\n")-1 {
		t.Errorf("exit %d, %v\n%s%s", status, err, stdout, stderr)
	}
	status, stdout, _ = d.call(t, "render", "--to=netplan", "--format=json", "host.yaml")
	var r rendered
	if err := json.Unmarshal([]byte(stdout), &r); err != nil || status != 0 || len(r.Files) != 1 || len(r.Left) != 0 {
		t.Errorf("exit %d, %v\n%s", status, err, stdout)
	}
	for args, want := range map[string]string{"render host.yaml": `--to "": must be`, "render --to netplan bad.yaml": "did you mean mode?", "render --to netplan": "no DOCUMENT given"} {
		if status, stdout, stderr := d.call(t, strings.Fields(args)...); status != 2 || stdout != "" || !strings.Contains(stderr, want) {
			t.Errorf("%s: exit %d\n%s%s", args, status, stdout, stderr)
		}
	}
}
