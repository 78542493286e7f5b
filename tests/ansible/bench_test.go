//go:build labhost && bench

package ansible

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// The limits: of what a task costs that finds the program in the cache, against an ordinary task, and of what it sends.
const (
	mostOfPing  = 0.3
	mostBytes   = 64 << 10
	tasksOfPlay = 6
)

// TestFigures compares a task that has nothing to do with Ansible's own ping (without pipelining, as is its default) and with the plain
// binary module, on a machine with Python, at the distance of the loopback and 20 ms away. It fails where the limits are passed.
func TestFigures(t *testing.T) {
	m := start(t, "--package", "python3", "--memory", "1024")
	env := &testscript.Env{WorkDir: t.TempDir(), Vars: os.Environ()}
	for _, setup := range []func(*testscript.Env) error{m.controller, m.beside, m.installed} {
		if err := setup(env); err != nil {
			t.Fatal(err)
		}
	}
	env.Setenv("ANSIBLE_PYTHON_INTERPRETER", "/usr/bin/python3")
	document := "{bonds: [{name: bond0, mode: active-backup, miimon: 100, members: [eth0, eth1]}], segments: [{id: 16, parent: bond0, bridge: vlan16, addresses: [192.0.2.10/24]}], confirm_timeout: 0}"
	tasks := []struct{ name, yaml string }{
		{"ping, not pipelined", "ansible.builtin.ping: {}"},
		{"hostnet, in the cache", "hostnet.linux.hostnet: " + document},
		{"hostnet, plain binary module", "hostnet: " + document},
	}
	fmt.Printf("\n| distance | task, one that changes nothing | of ping | s each |\n|---|---|---|---|\n")
	for _, delay := range []string{"", "20ms"} {
		m.far(t, delay)
		first := m.each(t, env, tasks[0].yaml)
		for i, task := range tasks {
			each := first
			if i > 0 {
				each = m.each(t, env, task.yaml)
			}
			ratio := each.Seconds() / first.Seconds()
			fmt.Printf("| loopback%s | %s | %.2f | %.2f |\n", map[bool]string{true: " + " + delay}[delay != ""], task.name, ratio, each.Seconds())
			if i == 1 && ratio > mostOfPing {
				t.Errorf("%s: %.2f of ping, %.1f is the limit", task.name, ratio, mostOfPing)
			}
		}
	}
	m.far(t, "")
	before := m.received(t)
	m.play(t, env, 1, tasks[1].yaml)
	if n := m.received(t) - before; n > mostBytes {
		t.Errorf("a task with nothing to do sent %d bytes; %d is the limit", n, mostBytes)
	} else {
		fmt.Printf("\nA play with one such task sends %d bytes, the connection included; the program has %d.\n", n, m.size(t))
	}
}

// each is what one task takes: a play with several of them, less one with a single one.
func (m *machine) each(t *testing.T, env *testscript.Env, task string) time.Duration {
	m.play(t, env, 1, task) // the connection, the cache, the change
	best := time.Hour
	for range 3 {
		one, all := m.play(t, env, 1, task), m.play(t, env, tasksOfPlay, task)
		best = min(best, (all-one)/(tasksOfPlay-1))
	}
	return best
}

func (m *machine) play(t *testing.T, env *testscript.Env, n int, task string) time.Duration {
	t.Helper()
	text := "- hosts: all\n  gather_facts: false\n  tasks:\n" + strings.Repeat("    - "+task+"\n", n)
	if err := os.WriteFile(filepath.Join(env.WorkDir, "bench.yml"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("ansible-playbook", "bench.yml")
	cmd.Dir, cmd.Env = env.WorkDir, env.Vars
	began := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return time.Since(began)
}

// inMachine runs a command in the machine.
func (m *machine) inMachine(t *testing.T, command string) string {
	t.Helper()
	argv := m.ssh(command)
	out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", command, err, out)
	}
	return strings.TrimSpace(string(out))
}

// far puts the machine at a distance: what it sends is delayed.
func (m *machine) far(t *testing.T, delay string) {
	m.inMachine(t, "tc qdisc del dev mgmt0 root 2>/dev/null; true")
	if delay != "" {
		m.inMachine(t, "tc qdisc add dev mgmt0 root netem delay "+delay)
	}
}

func (m *machine) received(t *testing.T) int {
	n, err := strconv.Atoi(m.inMachine(t, "cat /sys/class/net/mgmt0/statistics/rx_bytes"))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func (m *machine) size(t *testing.T) int64 {
	info, err := os.Stat(filepath.Join(m.root, "library/hostnet_linux_amd64"))
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}
