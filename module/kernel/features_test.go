package kernel

import (
	"os"
	"path/filepath"
	"testing"
)

func TestHas(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		path := filepath.Join(dir, name)
		_ = os.MkdirAll(filepath.Dir(path), 0o755)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	f := features{"6.1.0-50-cloud-amd64", filepath.Join(dir, "btf"), modules{sys: filepath.Join(dir, "sys"), proc: filepath.Join(dir, "proc"), lib: dir}}
	has := func(module, release, constant string, want bool) {
		t.Helper()
		if f.has(module, release, constant) != want {
			t.Errorf("%s, %s of %s: want %v", module, constant, release, want)
		}
	}
	has("bonding", "5.17", "IFLA_BOND_MISSED_MAX", true)
	has("bonding", "6.9", "IFLA_BOND_COUPLED_CONTROL", false) // no BTF: the release is all there is
	write("btf/vmlinux", "BTF\x00IFLA_BRPORT_MAB\x00end")
	has("bridge", "6.2", "IFLA_BRPORT_MAB", true)
	has("bonding", "6.9", "IFLA_BOND_COUPLED_CONTROL", true) // may be: the module is not there yet
	write("proc/modules", "bonding 1 0 - Live 0x0\n")
	has("bonding", "6.9", "IFLA_BOND_COUPLED_CONTROL", false)
	write("btf/bonding", "BTF\x00IFLA_BOND_COUPLED_CONTROL\x00IFLA_BOND_BROADCAST_NEIGHBOURS\x00")
	has("bonding", "6.9", "IFLA_BOND_COUPLED_CONTROL", true)
	has("bonding", "6.17", "IFLA_BOND_BROADCAST_NEIGH", false)
	has("bonding", "6.17", "", false)
}
