//go:build release

// Package release builds a release twice, in two places, and looks at what came of it with the programs that people will use on it:
// dpkg-deb, rpm, mandoc, fish, zsh. `make test-release` runs it.
package release

import (
	"bytes"
	"debug/elf"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const version = "1.2.3"

// command runs a program in a folder; the test fails if it does.
func command(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s%s", name, strings.Join(args, " "), err, out, errs.String())
	}
	return string(out)
}

// build makes a release of the working tree's commit in a clone of its own.
func build(t *testing.T, dir string) string {
	t.Helper()
	command(t, ".", "git", "clone", "-q", "../..", dir)
	command(t, dir, "make", "release", "VERSION="+version)
	return filepath.Join(dir, "dist")
}

func TestRelease(t *testing.T) {
	one := build(t, filepath.Join(t.TempDir(), "one"))
	two := build(t, filepath.Join(t.TempDir(), "somewhere", "else", "two"))
	names := files(t, one)
	want := []string{"SHA256SUMS", "hostnet-module-1.2.3-1.aarch64.rpm", "hostnet-module-1.2.3-1.x86_64.rpm", "hostnet-module_1.2.3_amd64.deb", "hostnet-module_1.2.3_arm64.deb",
		"hostnet_linux_amd64", "hostnet_linux_amd64.cdx.json", "hostnet_linux_arm64", "hostnet_linux_arm64.cdx.json"}
	if !slices.Equal(names, want) {
		t.Errorf("the files are %v", names)
	}
	for _, name := range names {
		a, b := read(t, filepath.Join(one, name)), read(t, filepath.Join(two, name))
		if !bytes.Equal(a, b) {
			t.Errorf("%s is not the same from two places", name)
		}
	}
	command(t, one, "sha256sum", "--check", "--strict", "SHA256SUMS")
	t.Run("static", func(t *testing.T) {
		static(t, filepath.Join(one, "hostnet_linux_amd64"), filepath.Join(one, "hostnet_linux_arm64"))
	})
	t.Run("sbom", func(t *testing.T) { sbom(t, filepath.Join(one, "hostnet_linux_amd64.cdx.json")) })
	t.Run("deb", func(t *testing.T) { deb(t, one) })
	t.Run("rpm", func(t *testing.T) { rpm(t, one) })
}

func files(t *testing.T, dir string) (names []string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// static: the programs ask for no interpreter and no library, which a host may not have, and are built without switches of the toolchain.
func static(t *testing.T, names ...string) {
	for _, name := range names {
		f, err := elf.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for _, p := range f.Progs {
			if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
				t.Errorf("%s has a segment %v", name, p.Type)
			}
		}
		if built := command(t, ".", "go", "version", "-m", name); strings.Contains(built, "GOEXPERIMENT") || strings.Contains(built, "X:") || !strings.Contains(built, "CGO_ENABLED=0") {
			t.Errorf("built with switches:\n%s", built)
		}
	}
}

// sbom holds the list of modules against the one that Go has built into the program.
func sbom(t *testing.T, name string) {
	var bom struct {
		Metadata   struct{ Component struct{ Version string } }
		Components []struct{ Name, Version string }
	}
	if err := json.Unmarshal(read(t, name), &bom); err != nil || bom.Metadata.Component.Version != version {
		t.Fatal(err, bom.Metadata)
	}
	for line := range strings.Lines(command(t, ".", "go", "version", "-m", strings.TrimSuffix(name, ".cdx.json"))) {
		if w := strings.Fields(line); len(w) > 2 && w[0] == "dep" && !slices.ContainsFunc(bom.Components, func(c struct{ Name, Version string }) bool { return c.Name == w[1] && c.Version == w[2] }) {
			t.Errorf("no %s %s", w[1], w[2])
		}
	}
}

// installed are the files of both kinds of packages that others look for in their places.
var installed = []string{"/etc/hostnet/README", "/usr/sbin/hostnet-module", "/usr/lib/systemd/system/hostnet.service", "/usr/lib/systemd/system/hostnet-late.service",
	"/usr/lib/systemd/system/hostnet-wait-online.service", "/usr/lib/systemd/system/hostnet-cloud-init.service", "/usr/share/man/man8/hostnet-module.8.gz", "/usr/share/bash-completion/completions/hostnet-module",
	"/usr/share/fish/vendor_completions.d/hostnet-module.fish", "/usr/share/doc/hostnet-module/copyright", "/usr/share/doc/hostnet-module/convert.md"}

// deb installs the package into a root of its own, with a dpkg database of its own, and runs what it has put there.
func deb(t *testing.T, dist string) {
	file := filepath.Join(dist, "hostnet-module_1.2.3_amd64.deb")
	for field, want := range map[string]string{"Package": "hostnet-module", "Version": version, "Architecture": "amd64"} {
		if got := strings.TrimSpace(command(t, ".", "dpkg-deb", "--field", file, field)); got != want {
			t.Errorf("%s: %s", field, got)
		}
	}
	if got := strings.TrimSpace(command(t, ".", "dpkg-deb", "--field", filepath.Join(dist, "hostnet-module_1.2.3_arm64.deb"), "Architecture")); got != "arm64" {
		t.Error(got)
	}
	if conf := command(t, ".", "dpkg-deb", "--info", file, "conffiles"); conf != "/etc/hostnet/README\n" {
		t.Errorf("conffiles: %q", conf)
	}
	root := t.TempDir()
	command(t, ".", "dpkg-deb", "--extract", file, root)
	for _, name := range installed {
		if _, err := os.Stat(root + name); err != nil {
			t.Error(err)
		}
	}
	if out := command(t, ".", root+"/usr/sbin/hostnet-module", "version"); !strings.HasPrefix(out, "hostnet-module 1.2.3 (") {
		t.Error(out)
	}
	for _, unit := range []string{"hostnet", "hostnet-late", "hostnet-wait-online"} {
		if text := string(read(t, root+"/usr/lib/systemd/system/"+unit+".service")); !strings.Contains(text, "\nExecStart=/usr/sbin/hostnet-module boot") || strings.Contains(text, "/usr/local/sbin/") {
			t.Errorf("%s: %s", unit, text)
		}
	}
	for _, script := range []string{"postinst", "prerm", "postrm"} {
		command(t, root, "sh", "-c", "dpkg-deb --info "+file+" "+script+" | sh -n")
	}
	shells(t, root)
	page := root + "/usr/share/man/man8/hostnet-module.8.gz"
	if out, _ := exec.Command("mandoc", "-T", "lint", page).CombinedOutput(); len(out) > 0 {
		t.Errorf("the manual page: %s", out)
	}
	if text := command(t, ".", "mandoc", "-T", "ascii", page); !strings.Contains(text, "hostnet-module 1.2.3") {
		t.Error(text)
	}
}

// shells asks fish what it makes of its file, and zsh and bash whether theirs can be read.
func shells(t *testing.T, root string) {
	fish := root + "/usr/share/fish/vendor_completions.d/hostnet-module.fish"
	out := command(t, root, "fish", "--no-config", "-c", "source "+fish+"; complete -C 'hostnet-module con'; complete -C 'hostnet-module render --to net'; complete -C 'hostnet-module convert --st'")
	for _, want := range []string{"convert\t", "netplan\t", "networkd\t", "--strict\t"} {
		if !strings.Contains("\n"+out, "\n"+want) {
			t.Errorf("fish knows no %q: %s", want, out)
		}
	}
	command(t, root, "zsh", "-n", root+"/usr/share/zsh/vendor-completions/_hostnet-module")
	command(t, root, "bash", "-n", root+"/usr/share/bash-completion/completions/hostnet-module")
}

func rpm(t *testing.T, dist string) {
	for file, arch := range map[string]string{"hostnet-module-1.2.3-1.x86_64.rpm": "x86_64", "hostnet-module-1.2.3-1.aarch64.rpm": "aarch64"} {
		list := strings.Fields(command(t, dist, "rpm", "-qlp", "--nosignature", file))
		for _, name := range append(slices.Clone(installed), "/etc/hostnet", "/usr/share/zsh/site-functions/_hostnet-module") {
			if !slices.Contains(list, name) {
				t.Errorf("%s has no %s", file, name)
			}
		}
		if got := command(t, dist, "rpm", "-qp", "--nosignature", "--qf", "%{NAME} %{VERSION} %{ARCH} %{LICENSE}", file); got != "hostnet-module 1.2.3 "+arch+" Apache-2.0" {
			t.Error(got)
		}
		if got := command(t, dist, "rpm", "-qcp", "--nosignature", file); got != "/etc/hostnet/README\n" {
			t.Errorf("configuration: %q", got)
		}
	}
}
