//go:build lab

package kernel

import (
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"hostnet-module/module/state"
)

// namespace gives the test a network namespace of its own: its thread moves there and is thrown away with the test. Programs that
// the test starts are in it too.
func namespace(t *testing.T) {
	t.Helper()
	runtime.LockOSThread() // and never unlocked: the thread ends with the test's goroutine
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		t.Fatal(err)
	}
}

// run runs a line of shell and fails the test if that fails.
func run(t *testing.T, line string) string {
	t.Helper()
	out, err := exec.Command("sh", "-c", line).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v: %s", line, err, out)
	}
	return string(out)
}

// TestGoldenLive captures what iproute2 sends and compares. With HOSTNET_LAB_OUT=module/kernel/testdata in the environment of
// bin/lab it also leaves golden.txt there:
//
//	HOSTNET_LAB_OUT=$PWD/module/kernel/testdata go test -tags lab -exec "$PWD/bin/lab run" -run GoldenLive ./module/kernel
func TestGoldenLive(t *testing.T) {
	namespace(t)
	run(t, `ip link add eth0 index 101 type dummy; ip link add eth1 index 102 type dummy; ip link add bond0 index 110 type bond
		ip link add link bond0 name bond0.5 index 111 type vlan id 5; ip link add br0 index 120 type bridge; ip link add tap0 index 121 type dummy
		ip link set tap0 master br0; ip link set eth0 master bond0; ip link set br0 up`)
	var file strings.Builder
	fmt.Fprintf(&file, "# What iproute2 sends for each line. Captured by TestGoldenLive: %s", run(t, "ip -V; uname -r"))
	batches := map[string][]state.Step{}
	for _, s := range goldenSteps() {
		batches[program.FindString(s.String())] = append(batches[program.FindString(s.String())], s)
	}
	for _, with := range []string{"bridge ", "ip -6 ", "ip "} {
		sent := strace(t, with, batches[with])
		for i, s := range batches[with] {
			fmt.Fprintf(&file, "$ %s\n%s\n", s, hex.EncodeToString(sent[i]))
			theirs, err := split(sent[i])
			if err != nil {
				t.Fatal(err)
			}
			agree(t, s, theirs)
		}
	}
	if _, err := os.Stat("/out"); err == nil {
		if err := os.WriteFile(filepath.Join("/out", "golden.txt"), []byte(file.String()), 0o644); err != nil {
			t.Error(err)
		}
	}
}

var (
	program = regexp.MustCompile(`^(bridge|ip -6|ip) `)
	hexLine = regexp.MustCompile(`^ \| [0-9a-f]+  ((?:[0-9a-f]{2} ? ?){1,16})`)
)

// strace runs lines in one iproute2 and returns the message of each that asks for a change; what the kernel answers does not
// matter. The type of such messages is not 2 modulo 4 (RTM_GET…).
func strace(t *testing.T, with string, steps []state.Step) [][]byte {
	t.Helper()
	var batch strings.Builder
	for _, s := range steps {
		fmt.Fprintln(&batch, strings.TrimPrefix(s.String(), with))
	}
	cmd := exec.Command("sh", "-c", "exec strace -s 0 -e trace=sendmsg,sendto -e write=all -o /dev/stderr "+with+"-force -batch -")
	cmd.Stdin = strings.NewReader(batch.String())
	out, _ := cmd.CombinedOutput()
	var sent [][]byte
	for text := range strings.Lines(string(out) + "send") {
		if strings.HasPrefix(text, "send") {
			if n := len(sent) - 1; n >= 0 && (len(sent[n]) < 6 || u16(sent[n][4:])%4 == 2) {
				sent = sent[:n]
			}
			sent = append(sent, nil)
		}
		if m := hexLine.FindStringSubmatch(text); m != nil {
			raw, err := hex.DecodeString(strings.ReplaceAll(m[1][:min(len(m[1]), 49)], " ", ""))
			if err != nil {
				t.Fatalf("%q: %v", text, err)
			}
			sent[len(sent)-1] = append(sent[len(sent)-1], raw...)
		}
	}
	sent = sent[:len(sent)-1]
	if len(sent) != len(steps) {
		t.Fatalf("%s: %d lines, %d messages:\n%s\n%s", with, len(steps), len(sent), batch.String(), out)
	}
	return sent
}
