//go:build labhost

package boot

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// folder is a seed for --cidata.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestWithoutCloudInit: a disk with the label CIDATA, and nobody but us to read it.
func TestWithoutCloudInit(t *testing.T) {
	t.Parallel()
	m := start(t, "12", with(map[string]string{"/etc/cloud/cloud-init.disabled": ""}),
		"--cidata", folder(t, map[string]string{"meta-data": metaData, "user-data": "#cloud-config\nhostnet:\n" + indented(classic)}))
	m.up()
	if out := m.run("cat /run/hostnet/result.json; cloud-init status"); !strings.Contains(out, `"source":"the CIDATA disk/user-data","fallback":false`) || !strings.Contains(out, "status: disabled") {
		t.Errorf("%.500s", out)
	}
	m.classic()
	m.router()
}

// TestLateChannels: a seed that only cloud-init knows of. The document arrives in its network stage, is applied, and is there before the
// network at the next boot. Here with the release that no container runs (TestChannels has the others).
func TestLateChannels(t *testing.T) {
	for name, files := range map[string]map[string]string{
		"part":        {"user-data": multipart(classic)},
		"vendor-data": {"user-data": "#cloud-config\n{}\n", "vendor-data": "#cloud-config\nhostnet:\n" + indented(classic)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lay := map[string]string{elsewhere + "meta-data": metaData, seedfile: seedfrom}
			for file, text := range files {
				lay[elsewhere+file] = text
			}
			m := start(t, "12", with(lay))
			m.up()
			m.await("the document has been taken", "test -e "+kept+" && test -e /sys/class/net/vlan48")
			if out, code := m.try(bootTime, "cloud-init status --wait --long"); code != 0 || !strings.Contains(out, "status: done") {
				t.Errorf("cloud-init: exit %d\n%s", code, out)
			}
			was := m.network()
			m.reboot()
			m.laterBoot(was)
		})
	}
}

// TestCommandLine: a seed that the kernel's command line names, packed as some clouds' tools pack it, and a document that it names.
func TestCommandLine(t *testing.T) {
	rows := map[string]struct{ append, source string }{
		"seed": {"ds=nocloud;s=file://" + elsewhere, elsewhere + "user-data (text/x-hostnet)"},
	}
	if all {
		rows["document"] = struct{ append, source string }{"hostnet.config=" + elsewhere + "host.yaml", elsewhere + "host.yaml"}
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := start(t, "12", with(map[string]string{elsewhere + "meta-data": metaData, elsewhere + "user-data": packed(multipart(classic)), elsewhere + "host.yaml": classic}), "--append", row.append)
			m.up()
			if out := m.run("cat /run/hostnet/result.json"); !strings.Contains(out, `"source":"`+row.source+`","fallback":false`) {
				t.Errorf("the source is not %s:\n%.300s", row.source, out)
			}
			m.classic()
			if out, code := m.try(bootTime, "cloud-init status --long"); code != 0 {
				t.Errorf("cloud-init: exit %d\n%s", code, out)
			}
		})
	}
}
