//go:build labhost

// Package ansible runs the module as its users do: the real ansible-playbook on this host, SSH, and a machine of the lab
// without Python. It knows nothing of the program but what Ansible shows and what the machine's own ip says. Each story
// in testdata (testscript) begins on two bare NICs; one machine serves all.
package ansible

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// stories are a folder of testdata, and how Ansible is set up for those in it.
var stories = []struct {
	name, folder string
	setup        func(*machine, *testscript.Env) error
}{
	{"library", ".", (*machine).beside},
	{"collection", "collection", (*machine).installed},
	{"clone", "clone", (*machine).clone},
}

func TestStories(t *testing.T) {
	m := start(t)
	for _, s := range stories {
		t.Run(s.name, func(t *testing.T) {
			files, err := filepath.Glob(filepath.Join("testdata", s.folder, "*.txtar"))
			if err != nil || len(files) == 0 {
				t.Fatal("no stories", err)
			}
			m.tell(t, files, s.setup)
		})
	}
}

// TestFleet is about many hosts in one play.
func TestFleet(t *testing.T) {
	start(t).tell(t, []string{"testdata/fleet/fleet.txtar"}, (*machine).installed)
}

// TestLocal is Ansible on the machine itself, which has Python and Ansible for that.
func TestLocal(t *testing.T) {
	built, err := filepath.Glob("../../bin/hostnet-linux-*.tar.gz")
	if err != nil || len(built) != 1 {
		t.Fatalf("bin/ holds %d collections: make collection", len(built))
	}
	m := start(t, "--memory", "1536", "--package", "ansible-core", "--package", "libc-bin", "--file", built[0]+":/hostnet-linux.tar.gz")
	m.tell(t, []string{"testdata/local/local.txtar"}, func(*machine, *testscript.Env) error { return nil })
}

// TestVersions tells some of it with the Ansible of other Debian releases.
func TestVersions(t *testing.T) {
	m := start(t)
	stories := []string{"testdata/collection/classic.txtar", "testdata/collection/confirm.txtar", "testdata/collection/role.txtar"}
	for _, release := range []string{"13", "newest"} {
		t.Run(release, func(t *testing.T) {
			programs, err := exec.Command(filepath.Join(m.root, "bin/lab"), "ansible", "--release", release).Output()
			if err != nil {
				t.Fatalf("lab ansible: %v", err)
			}
			m.tell(t, stories, func(m *machine, env *testscript.Env) error {
				env.Setenv("PATH", strings.TrimSpace(string(programs))+":"+env.Getenv("PATH"))
				return m.installed(env)
			})
		})
	}
}

// tell runs stories, one after the other.
func (m *machine) tell(t *testing.T, files []string, setup func(*machine, *testscript.Env) error) {
	testscript.RunT(inTurn{t}, testscript.Params{
		Files: files,
		Setup: func(env *testscript.Env) error {
			if err := m.bare(); err != nil {
				return err
			}
			if err := m.controller(env); err != nil {
				return err
			}
			return setup(m, env)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"play": play, "recap": recap, "vm": m.vm, "inside": m.inside, "network": m.network, "hold": m.hold, "held": m.held, "cut": m.cut, "ended": m.ended,
			"fleet": m.fleet, "timed": timed, "recaps": recaps, "ownpath": m.ownpath, "within": within,
		},
		RequireExplicitExec: true,
	})
}

// inTurn is a testing.T whose subtests wait for each other: they share one machine.
type inTurn struct{ *testing.T }

func (t inTurn) Parallel()     {}
func (t inTurn) Verbose() bool { return testing.Verbose() }
func (t inTurn) Run(name string, f func(testscript.T)) {
	t.T.Run(name, func(t *testing.T) { f(inTurn{t}) })
}

// machine is the lab's machine.
type machine struct {
	root      string // of the repository
	dir       string // for what all stories share
	inventory string // the machine's line
	paths     string // of Ansible's connections
	key       string // for SSH
}

// start boots a machine that ends when our end of its standard input closes, in whatever way we end.
func start(t *testing.T, more ...string) *machine {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, "library/hostnet")); err != nil {
		t.Fatalf("%v: make build", err)
	}
	dir, err := os.MkdirTemp("", "hn-") // short: it holds sockets, whose paths have 107 bytes at most
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	m := &machine{root: root, dir: dir, paths: filepath.Join(dir, "cp")}

	name := "ansible-" + strconv.Itoa(os.Getpid())
	args := append([]string{"shell", "--sudo", "--arm64", "--name", name, "--file", filepath.Join(root, "bin/hostnet-module") + ":/usr/bin/hostnet-module"}, more...)
	lab := exec.Command(filepath.Join(root, "bin/lab"), append(args, "cat")...)
	lab.Stderr = os.Stderr
	lab.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is for us: we close its input
	in, err := lab.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := lab.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := lab.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		lab.Wait()
	})
	io.WriteString(in, "it is up\n")
	for lines := bufio.NewScanner(out); ; {
		if !lines.Scan() {
			t.Fatal("the machine does not come up")
		}
		if lines.Text() == "it is up" {
			break
		}
	}
	line, err := exec.Command(filepath.Join(root, "bin/lab"), "start", "--name", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	_, vars, _ := strings.Cut(string(line), " ")
	m.inventory = "dom0 " + vars
	t.Cleanup(func() { m.disconnect() })
	if err := m.sshConfig(vars); err != nil {
		t.Fatal(err)
	}
	return m
}

// sshConfig is for our own commands in the machine, over a connection that stays: Ansible's is to be cut.
func (m *machine) sshConfig(vars string) error {
	value := func(key string) string {
		_, rest, _ := strings.Cut(vars, key+"=")
		word, _, _ := strings.Cut(rest, " ")
		return strings.TrimSpace(word)
	}
	m.key = value("ansible_ssh_private_key_file")
	return os.WriteFile(filepath.Join(m.dir, "ssh"), fmt.Appendf(nil, `Host vm
HostName 127.0.0.1
Port %s
User root
IdentityFile %s
IdentitiesOnly yes
StrictHostKeyChecking no
UserKnownHostsFile /dev/null
LogLevel ERROR
ControlMaster auto
ControlPersist 600
ControlPath %s/vm
`, value("ansible_port"), value("ansible_ssh_private_key_file"), m.dir), 0o600)
}

// ssh is a command in the machine.
func (m *machine) ssh(command string) []string {
	return []string{"ssh", "-F", filepath.Join(m.dir, "ssh"), "vm", command}
}

// disconnect ends the connections that ssh keeps in the background.
func (m *machine) disconnect() {
	for _, path := range append(m.connections(), filepath.Join(m.dir, "vm")) {
		exec.Command("ssh", "-S", path, "-O", "exit", "vm").Run()
	}
}

// connections are the sockets of those that Ansible keeps.
func (m *machine) connections() []string {
	paths, _ := filepath.Glob(filepath.Join(m.paths, "*"))
	return paths
}

// bare gives the machine a new network: two NICs, two switches, a router, and no record of an earlier run; and what a story that failed
// has left of its own is taken away. It keeps nothing for a next boot, as the lab says: it has none. A story in which it shall removes boot-disabled.
func (m *machine) bare() error {
	argv := m.ssh(`for dir in /var/cache ~/.ansible /proc/sys/fs/binfmt_misc; do while umount $dir 2>/dev/null; do :; done; done
		[ ! -e /usr/bin/uname.real ] || mv -f /usr/bin/uname.real /usr/bin/uname
		cd /sys/class/net; for dev in */bridge/ */bonding/ eth0/ eth1/; do [ ! -e $dev ] || echo link del ${dev%%/*}; done | ip -batch -; cd /
		` + dissolve + `; ip netns del sw; ip netns del r; rm -rf /run/hostnet /etc/hostnet /usr/local/sbin/hostnet-module ~/.ansible /run/hostnet-cache; mkdir /etc/hostnet; >/etc/hostnet/boot-disabled; lab topo >/dev/null &&
		[ "$(cd /sys/class/net; echo */)" = "eth0/ eth1/ lo/ mgmt0/" ] || { ip link; exit 1; }`)
	if out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput(); err != nil {
		return fmt.Errorf("a bare network: %w\n%s", err, out)
	}
	return nil
}

// beside is the way of a person who cloned the repository and put a playbook beside library/.
func (m *machine) beside(env *testscript.Env) error {
	return os.Symlink(filepath.Join(m.root, "library"), filepath.Join(env.WorkDir, "library"))
}

// clone is the way of a person who runs playbooks with the configuration of the clone.
func (m *machine) clone(env *testscript.Env) error {
	env.Setenv("ANSIBLE_CONFIG", filepath.Join(m.root, "ansible.cfg"))
	return nil
}

// installed is the way of a person who has the collection from ansible-galaxy.
func (m *machine) installed(env *testscript.Env) error {
	folder := filepath.Join(m.dir, "collections")
	env.Setenv("ANSIBLE_COLLECTIONS_PATH", folder)
	if _, err := os.Stat(folder); err == nil {
		return nil
	}
	built, err := filepath.Glob(filepath.Join(m.root, "bin/hostnet-linux-*.tar.gz"))
	if err != nil || len(built) != 1 {
		return fmt.Errorf("bin/ holds %d collections: make collection", len(built))
	}
	install := exec.Command("ansible-galaxy", "collection", "install", "-p", folder, built[0])
	install.Env = append(os.Environ(), "ANSIBLE_HOME="+m.dir, "HOME="+m.dir)
	if out, err := install.CombinedOutput(); err != nil {
		return fmt.Errorf("ansible-galaxy: %w\n%s", err, out)
	}
	return nil
}

// controller is what all ways have in common: who the hosts are, and settings that a person might have.
func (m *machine) controller(env *testscript.Env) error {
	for name, value := range map[string]string{
		"HOME": env.WorkDir, "LC_ALL": "C.UTF-8", "ANSIBLE_INVENTORY": "hosts", "ANSIBLE_NOCOLOR": "1",
		"ANSIBLE_SSH_CONTROL_PATH_DIR": m.paths, "ANSIBLE_RETRY_FILES_ENABLED": "0", "ANSIBLE_LOCALHOST_WARNING": "0",
		"ANSIBLE_SSH_USETTY": "False", // the machine's SSH server loses what is still in a terminal when a program ends
	} {
		env.Setenv(name, value)
	}
	if err := os.WriteFile(filepath.Join(env.WorkDir, "nic.yml"), m.byNIC(), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(env.WorkDir, "hosts"), []byte(m.inventory), 0o644)
}

// byNIC is an inventory in which the machine is reached from its router, at its address on the NIC that documents are about.
func (m *machine) byNIC() []byte {
	return fmt.Appendf(nil, `all:
  hosts:
    dom0:
      ansible_host: 192.0.2.10
      ansible_user: root
      ansible_ssh_private_key_file: %s
      ansible_ssh_common_args: >-
        -o IdentitiesOnly=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR
        -o ProxyCommand="ssh -F %s/ssh vm exec ip netns exec r nc 192.0.2.10 22"
`, m.key, m.dir)
}
