//go:build lab

// Package nobonding runs the program on a kernel that lacks the bonding module: `make real` starts a machine of its own for it
// (bin/lab run --no-module bonding).
package nobonding

import (
	"os/exec"
	"strings"
	"testing"
)

func TestKernelWithoutBonding(t *testing.T) {
	if out, err := exec.Command("ip", "link", "add", "bond9", "type", "bond").CombinedOutput(); err == nil {
		t.Fatalf("this kernel has bonding; start the lab with --no-module bonding: %s", out)
	}
	for _, flags := range [][]string{{"--check"}, {}} {
		cmd := exec.Command("/usr/bin/hostnet-module", append(flags, "--format", "json", "-")...)
		cmd.Stdin = strings.NewReader("bonds: [{name: bond0, mode: active-backup, miimon: 100, members: []}]")
		out, _ := cmd.Output()
		if cmd.ProcessState.ExitCode() != 1 {
			t.Errorf("%v: exit %d: %s", flags, cmd.ProcessState.ExitCode(), out)
		}
		for _, word := range []string{`"failed":true`, "bonding", "install", "modprobe bonding"} {
			if !strings.Contains(string(out), word) {
				t.Errorf("%v: the message lacks %q: %s", flags, word, out)
			}
		}
	}
	cmd := exec.Command("/usr/bin/hostnet-module", "--format", "json", "-")
	cmd.Stdin = strings.NewReader("bridges: [{name: br0}]")
	if out, err := cmd.Output(); err != nil {
		t.Errorf("a bridge does not need bonding: %v: %s", err, out)
	}
}
