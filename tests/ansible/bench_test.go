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
	rounds      = 2
)

// seedHost is the module's argument: the host of the README, whose change is taken for confirmed.
const seedHost = "{bonds: [{name: bond0, mode: active-backup, miimon: 100, members: [eth0, eth1]}], " +
	"segments: [{id: 16, parent: bond0, bridge: vlan16, addresses: [192.0.2.10/24], gateway: 192.0.2.1}, " +
	"{id: 32, parent: bond0, bridge: vlan32, addresses: [198.51.100.10/24]}, {id: 48, parent: bond0, bridge: vlan48}]%s}"

// TestFigures compares a task that has nothing to do with Ansible's own ping (without pipelining, as is its default) and with the plain
// binary module, on a machine with Python, at the distance of the loopback and 20 ms away. It fails where the limits are passed.
func TestFigures(t *testing.T) {
	m := start(t, "--package", "python3", "--memory", "1024")
	env := m.bench(t)
	document := fmt.Sprintf(seedHost, ", confirm_timeout: 0")
	tasks := []struct{ name, yaml string }{
		{"ping, not pipelined", "ansible.builtin.ping: {}"},
		{"hostnet, in the cache", "hostnet.linux.hostnet: " + document},
		{"hostnet, plain binary module", "hostnet: " + document},
	}
	note("| distance | task, one that changes nothing | of ping | sends, KiB |\n|---|---|---|---|\n")
	for _, delay := range []string{"", "20ms"} {
		m.far(t, delay)
		each := make([]cost, len(tasks))
		for i, task := range tasks {
			m.play(t, env, playOf(1, task.yaml)) // the connection, the cache, the change
			each[i] = cost{wall: time.Hour}
		}
		for range rounds { // in turn: a slow moment of this host is everybody's
			for i, task := range tasks {
				each[i] = least(each[i], m.each(t, env, task.yaml))
			}
		}
		for i, task := range tasks {
			ratio := each[i].wall.Seconds() / each[0].wall.Seconds()
			note("| loopback%s | %s | %.2f | %.1f |\n", map[bool]string{true: " + " + delay}[delay != ""], task.name, ratio, float64(each[i].sent)/1024)
			if i == 1 && ratio > mostOfPing {
				t.Errorf("%s: %.2f of ping, %.1f is the limit", task.name, ratio, mostOfPing)
			}
			if i == 1 && each[i].sent > mostBytes {
				t.Errorf("%s: a task sent %d bytes; %d is the limit", task.name, each[i].sent, mostBytes)
			}
		}
	}
	note("\n")
}

// TestNmcli compares the module, with all that it does by itself (the change is confirmed over a new connection), with the nine tasks of
// community.general.nmcli that describe the same host: whole plays, by the Ansible of Debian 13 and its collections. udev runs, as on every host.
func TestNmcli(t *testing.T) {
	m := start(t, "--memory", "2048", "--package", "network-manager", "--package", "dbus", "--package", "python3", "--package", "udev")
	env := m.bench(t)
	env.Setenv("PATH", m.lab(t, "ansible", "--release", "13")+":"+os.Getenv("PATH"))
	env.Setenv("ANSIBLE_COLLECTIONS_PATH", filepath.Join(m.dir, "collections")+":"+m.lab(t, "collections", "--release", "13"))
	m.inMachine(t, read(t, "testdata/bench/udev.sh"))

	hostnet := playOf(1, "hostnet.linux.hostnet: "+fmt.Sprintf(seedHost, ""))
	m.play(t, env, playOf(1, "hostnet.linux.hostnet_info:")) // the program into the cache
	ours := m.twice(t, env, hostnet, func() {})
	if err := m.bare(); err != nil {
		t.Fatal(err)
	}
	m.inMachine(t, read(t, "testdata/bench/networkmanager.sh"))
	theirs := m.twice(t, env, read(t, "testdata/bench/nmcli.yml"), func() { m.inMachine(t, read(t, "testdata/bench/forget.sh")) })

	note("| the seed host, a whole play | one `hostnet` task | nine `community.general.nmcli` tasks |\n|---|---|---|\n")
	for i, what := range []string{"made", "looked at again"} {
		note("| %s | 1 | %.1f |\n", what, theirs[i].Seconds()/ours[i].Seconds())
		if theirs[i] < ours[i] {
			t.Errorf("%s: slower than nmcli: %v, %v", what, ours[i], theirs[i])
		}
	}
}

// twice runs a play on a bare host and once more, and returns the times; once, since what is compared is not close.
func (m *machine) twice(t *testing.T, env *testscript.Env, text string, forget func()) (took [2]time.Duration) {
	forget()
	if err := m.bare(); err != nil {
		t.Fatal(err)
	}
	m.inMachine(t, "udevadm settle --timeout 60")
	for i := range took {
		took[i] = m.play(t, env, text)
		m.inMachine(t, "ping -q -c 1 -w 60 192.0.2.1; [ -d /sys/class/net/vlan48/brif/bond0.48 ] && [ -d /sys/class/net/vlan32/brif/bond0.32 ]")
	}
	return took
}

// cost is what a task takes.
type cost struct {
	wall time.Duration
	sent int // bytes, by the controller
}

func least(a, b cost) cost {
	if a.wall < b.wall {
		return a
	}
	return b
}

// each is what one task takes: a play with several of them, less one with a single one.
func (m *machine) each(t *testing.T, env *testscript.Env, task string) cost {
	received := func() int {
		n, err := strconv.Atoi(m.inMachine(t, "cat /sys/class/net/mgmt0/statistics/rx_bytes"))
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := received()
	one := m.play(t, env, playOf(1, task))
	between := received()
	all := m.play(t, env, playOf(tasksOfPlay, task))
	return cost{(all - one) / (tasksOfPlay - 1), (received() - between - (between - before)) / (tasksOfPlay - 1)}
}

func playOf(n int, task string) string {
	return "- hosts: all\n  gather_facts: false\n  tasks:\n" + strings.Repeat("    - "+task+"\n", n)
}

// bench is where plays are measured from.
func (m *machine) bench(t *testing.T) *testscript.Env {
	env := &testscript.Env{WorkDir: t.TempDir(), Vars: os.Environ()}
	for _, setup := range []func(*testscript.Env) error{m.controller, m.beside, m.installed} {
		if err := setup(env); err != nil {
			t.Fatal(err)
		}
	}
	env.Setenv("ANSIBLE_PYTHON_INTERPRETER", "/usr/bin/python3")
	return env
}

func (m *machine) play(t *testing.T, env *testscript.Env, text string) time.Duration {
	t.Helper()
	if err := os.WriteFile(filepath.Join(env.WorkDir, "bench.yml"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("env", "ansible-playbook", "bench.yml") // looked up in the PATH of the play
	cmd.Dir, cmd.Env = env.WorkDir, env.Vars
	began := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return time.Since(began)
}

// lab is what a subcommand of the lab prints.
func (m *machine) lab(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command(filepath.Join(m.root, "bin/lab"), args...).Output()
	if err != nil {
		t.Fatalf("lab %v: %v", args, err)
	}
	return strings.TrimSpace(string(out))
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

func read(t *testing.T, name string) string {
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// note prints, and adds to the file of figures if there is one.
func note(format string, args ...any) {
	fmt.Printf(format, args...)
	if name := os.Getenv("HOSTNET_FIGURES"); name != "" {
		if f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644); err == nil {
			fmt.Fprintf(f, format, args...)
			f.Close()
		}
	}
}
