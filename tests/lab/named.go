package main

import (
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"hostnet-module/tests/await"
)

// named is a machine that outlives the command that started it. All that there is
// to know about it is in its directory.
type named struct {
	name string
	dir  string
}

// nameFlags are the flags that start, ssh, stop and shell have in common.
func nameFlags(command string) (*flag.FlagSet, *string) {
	flags := flag.NewFlagSet(command, flag.ContinueOnError)
	return flags, flags.String("name", "lab", "name of the machine")
}

func openNamed(name string) (*named, error) {
	cache, err := cacheDir()
	if err != nil {
		return nil, err
	}
	if name == "" || strings.ContainsAny(name, "/. ") {
		return nil, fmt.Errorf("machine name %q: letters, digits, hyphens", name)
	}
	n := &named{name, filepath.Join(cache, "machine", name)}
	return n, os.MkdirAll(n.dir, 0o700)
}

func (n *named) file(name string) string { return filepath.Join(n.dir, name) }

// pid is the machine's process, 0 if it does not run. The process must still be one
// of ours: after a reboot of this host the number may be anybody's.
func (n *named) pid() int {
	data, err := os.ReadFile(n.file("pid"))
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(data)))
	if err != nil {
		return 0
	}
	line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if !strings.Contains(string(line), n.file("console.log")) {
		return 0
	}
	return pid
}

// port is where the running machine's SSH server is reached on 127.0.0.1.
func (n *named) port() string {
	data, _ := os.ReadFile(n.file("port"))
	return strings.TrimSpace(string(data))
}

// sshOptions are the same for ssh, for Ansible's ssh_args and for a person. The
// host key is new at every boot, and the connection does not leave this host.
func (n *named) sshOptions() []string {
	return []string{
		"-p", n.port(), "-i", n.file("key"), "-o", "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=no",
		"-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR",
	}
}

// inventory is the machine as a line of an Ansible inventory.
func (n *named) inventory() string {
	return fmt.Sprintf("%s ansible_host=127.0.0.1 ansible_port=%s ansible_user=root ansible_ssh_private_key_file=%s "+
		"ansible_ssh_common_args='-o IdentitiesOnly=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null'",
		n.name, n.port(), n.file("key"))
}

// start is the subcommand: boot in the background, wait for SSH, say how to get in.
func start(args []string) (int, error) {
	flags, name := nameFlags("start")
	m, files := machineFlags(flags)
	if err := flags.Parse(args); err != nil {
		return 2, nil
	}
	n, err := openNamed(*name)
	if err != nil {
		return exitLab, err
	}
	if n.pid() == 0 {
		if err := n.boot(m, *files, true); err != nil {
			return exitLab, err
		}
	}
	fmt.Println(n.inventory())
	return 0, nil
}

// boot starts the machine and waits until its SSH server answers. The machine dies
// with this process, unless it is to outlive it.
func (n *named) boot(b *bootFlags, files list, outlive bool) error {
	return again(func() error { return n.bootOnce(b, files, outlive) })
}

func (n *named) bootOnce(b *bootFlags, files list, outlive bool) error {
	m, err := b.prepare()
	if err != nil {
		return err
	}
	if !exists(n.file("key")) {
		if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "lab", "-f", n.file("key")).CombinedOutput(); err != nil {
			return fmt.Errorf("ssh-keygen: %w: %s", err, out)
		}
	}
	pairs, err := parsePairs(files)
	if err != nil {
		return err
	}
	pairs = append(pairs, pair{n.file("key.pub"), guestHome + "/.ssh/authorized_keys"})
	o := &order{SSH: true, NoModules: b.without()}
	if m.initrd, err = b.initrd(m.kernel, o, pairs); err != nil {
		return err
	}
	m.console, m.pidFile, m.outlive = n.file("console.log"), n.file("pid"), outlive
	if m.sshPort, err = freePort(); err != nil {
		return err
	}
	if err := os.WriteFile(n.file("port"), []byte(strconv.Itoa(m.sshPort)), 0o644); err != nil {
		return err
	}
	if err := m.start(); err != nil {
		return err
	}
	if err := m.awaitSSH(); err != nil {
		m.kill()
		return fmt.Errorf("%w\n--- the end of the console, %s\n%s", err, m.console, consoleTail(m.console, 60))
	}
	return nil
}

// freePort asks the kernel for a port. Another process could take it before the
// machine does; then the machine does not start, and says so.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// awaitSSH waits for the server's greeting: QEMU accepts connections before the machine does.
func (m *machine) awaitSSH() error {
	var down error
	if !await.Until(bootTime, func() bool {
		select {
		case err := <-m.ended:
			down = errors.Join(errors.New("the machine went down"), err)
		default:
		}
		return down != nil || m.greets()
	}) {
		return fmt.Errorf("%w: no SSH after %v", errNotUp, bootTime)
	}
	return down
}

// greets tells whether the server has said who it is.
func (m *machine) greets() bool {
	conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", m.sshPort))
	if err != nil {
		return false
	}
	defer conn.Close()
	conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	greeting := make([]byte, 4)
	_, err = conn.Read(greeting)
	return err == nil && string(greeting) == "SSH-"
}

// stop is the subcommand. A machine has nothing worth keeping: it is switched off.
func stop(args []string) (int, error) {
	flags, name := nameFlags("stop")
	if err := flags.Parse(args); err != nil {
		return 2, nil
	}
	n, err := openNamed(*name)
	if err != nil {
		return exitLab, err
	}
	return 0, n.stop()
}

func (n *named) stop() error {
	pid := n.pid()
	if pid == 0 {
		return os.RemoveAll(n.dir)
	}
	if err := unix.Kill(pid, unix.SIGKILL); err != nil {
		return err
	}
	if !await.Until(await.Long, func() bool { return n.pid() == 0 }) {
		return fmt.Errorf("process %d does not end", pid)
	}
	return os.RemoveAll(n.dir)
}

// ssh is the subcommand: it becomes ssh.
func ssh(args []string) (int, error) {
	flags, name := nameFlags("ssh")
	if err := flags.Parse(args); err != nil {
		return 2, nil
	}
	n, err := openNamed(*name)
	if err != nil {
		return exitLab, err
	}
	if n.pid() == 0 {
		return exitLab, fmt.Errorf("no machine %s is running (lab start)", n.name)
	}
	program, err := exec.LookPath("ssh")
	if err != nil {
		return exitLab, err
	}
	argv := append(append([]string{"ssh"}, n.sshOptions()...), "root@127.0.0.1")
	return exitLab, unix.Exec(program, append(argv, flags.Args()...), os.Environ())
}
