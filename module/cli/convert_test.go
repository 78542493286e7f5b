package cli

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// away is a desk whose files are below a folder.
func away(t *testing.T, files map[string]string) (*desk, string) {
	t.Helper()
	d, root := newDesk(t), t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		d.files[path] = text
	}
	return d, root
}

const bareENI = "auto eth0\niface eth0 inet static\n  address 192.0.2.10/24\n"

func TestConvert(t *testing.T) {
	d, root := away(t, map[string]string{
		"etc/network/interfaces":          "source interfaces.d/*\nauto eth1\niface eth1 inet dhcp\n  dns-key open sesame\n",
		"etc/network/interfaces.d/static": bareENI,
	})
	status, stdout, stderr := d.call(t, "convert", "--from", "ifupdown", "--root", root)
	if status != 0 || !strings.Contains(stdout, "\nethernets:\n  - name: eth0\n    addresses: [192.0.2.10/24]\n  - name: eth1\n") {
		t.Errorf("exit %d\n%s", status, stdout)
	}
	for _, text := range []string{stdout, stderr} {
		for _, want := range []string{"/etc/network/interfaces:3: ", "/etc/network/interfaces:4: ", "dns-key ...", "DHCP"} {
			if !strings.Contains(text, want) || strings.Contains(text, "sesame") {
				t.Errorf("no %q in, or a secret in\n%s", want, text)
			}
		}
	}
	if !strings.Contains(stderr, "\n    1 dhcp: the address comes from DHCP; keep a DHCP client") || !strings.HasSuffix(stderr, "\n2 lines could not be taken over\n") {
		t.Error(stderr)
	}
	d.files["made.yaml"] = stdout // it is a document
	if status, stdout, stderr := d.call(t, "validate", "made.yaml"); status != 0 {
		t.Error(stdout, stderr)
	}
	status, stdout, _ = d.call(t, "convert", "--from", "ifupdown", "--root", root, "--strict")
	if status != 1 || stdout != "" {
		t.Errorf("--strict: exit %d\n%s", status, stdout)
	}
}

func TestConvertJSON(t *testing.T) {
	d := newDesk(t)
	d.files["-"] = bareENI + "  dns-nameservers 192.0.2.53\n"
	for _, strict := range []bool{false, true} {
		args := []string{"convert", "--from=ifupdown", "--format=json", "-"}
		if strict {
			args = append(args, "--strict")
		}
		status, stdout, stderr := d.call(t, args...)
		var r struct {
			Failed   bool
			Document map[string]any
			Left     []struct {
				File, Reason, Text string
				Line               int
			}
		}
		if err := json.Unmarshal([]byte(stdout), &r); err != nil || stderr != "" {
			t.Fatal(err, stdout, stderr)
		}
		if r.Failed != strict || (status == 1) != strict || (r.Document == nil) != strict || len(r.Left) != 1 || r.Left[0].Line != 4 || r.Left[0].File != "-" || r.Left[0].Reason != "other_program" ||
			r.Left[0].Text != "`dns-nameservers 192.0.2.53` is not taken over: name servers are for resolvconf or systemd-resolved; leave it to that program, or set it there" {
			t.Errorf("strict %v: exit %d, %s", strict, status, stdout)
		}
	}
}

// netplan's files are taken in the order of their names, and /run hides /etc.
func TestConvertNetplan(t *testing.T) {
	d, root := away(t, map[string]string{
		"etc/netplan/50-b.yaml": "network: {ethernets: {eth0: {mtu: 1300}}}\n",
		"lib/netplan/10-a.yaml": "network: {ethernets: {eth0: {mtu: 1400}, eth1: {}}}\n",
		"run/netplan/50-b.yaml": "network: {ethernets: {eth0: {mtu: 1350}}}\n",
	})
	status, stdout, stderr := d.call(t, "convert", "--from", "netplan", "--root", root)
	if status != 0 || !strings.Contains(stdout, "# Made of /lib/netplan/10-a.yaml, /run/netplan/50-b.yaml by") || !strings.Contains(stdout, "mtu: 1350") ||
		!strings.Contains(stderr, "/run/netplan/50-b.yaml:1 says otherwise") {
		t.Errorf("exit %d\n%s%s", status, stdout, stderr)
	}
	d.files["bad.yaml"] = "network: [\n"
	if status, stdout, stderr := d.call(t, "convert", "--from", "netplan", "bad.yaml"); status != 2 || stdout != "" || !strings.Contains(stderr, "bad.yaml: ") {
		t.Errorf("exit %d\n%s%s", status, stdout, stderr)
	}
	if status, _, stderr := d.call(t, "convert", "--from", "cloud-init"); status != 2 || !strings.Contains(stderr, "no FILE given") {
		t.Errorf("exit %d\n%s", status, stderr)
	}
}

func TestConvertMisused(t *testing.T) {
	d := newDesk(t)
	for args, want := range map[string]string{
		"convert interfaces":                  `--from "": must be`,
		"convert --from ifdown x":             `--from "ifdown": must be`,
		"convert --from ifupdown nowhere":     "open nowhere: " + syscall.ENOENT.Error(),
		"convert --from ifupdown --root /non": "no such file",
	} {
		if status, stdout, stderr := d.call(t, strings.Fields(args)...); status != 2 || stdout != "" || !strings.Contains(stderr, want) {
			t.Errorf("%s: exit %d %s%s", args, status, stdout, stderr)
		}
	}
	d.files["empty"] = "# nothing\n"
	if status, stdout, stderr := d.call(t, "convert", "--from", "ifupdown", "empty"); status != 1 || stdout != "" || !strings.Contains(stderr, "nothing was found") {
		t.Error(status, stdout, stderr)
	}
	if _, err := (disk{d.command(nil, nil), "/root"}).Read("x"); !os.IsNotExist(err) && err != fs.ErrNotExist {
		t.Error(err)
	}
}
