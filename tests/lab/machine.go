package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"hostnet-module/tests/await"
)

const qemu = "qemu-system-x86_64"

// checkTools says what is missing on this machine before anything is fetched.
func checkTools(more ...string) error {
	for _, tool := range append([]string{qemu, "apt-get", "dpkg-deb"}, more...) {
		if _, err := exec.LookPath(tool); err != nil {
			return fmt.Errorf("%s is not installed (make deps installs what the lab needs)", tool)
		}
	}
	return nil
}

// machine is a virtual machine to be started, or running.
type machine struct {
	kernel  *kernel
	initrd  *os.File
	memory  int      // MiB
	append  string   // more words for the kernel
	console string   // file that takes the kernel's messages
	sshPort int      // on 127.0.0.1, 0 for no NIC
	pidFile string   // not empty: reached by SSH, without our port
	outlive bool     // us
	disks   []string // files
	cx16    bool     // its programs may use cmpxchg16b
	more    []string // arguments of a machine that boots from a disk: its port is among them, and its console goes on after a reboot

	cmd   *exec.Cmd
	conn  net.Conn
	ended chan error
}

// arguments are QEMU's. Software emulation, since /dev/kvm may open and yet hang;
// cx16=off, since QEMU 7.2 corrupts the flags of cmpxchg16b with several CPUs (the kernel does without). Programs that
// cannot do without get it, and the kernel alone is kept from it: 141 is the feature's number there.
func (m *machine) arguments() []string {
	accel, cpu := "tcg,thread=multi", "max,cx16=off"
	if os.Getenv("HOSTNET_LAB_ACCEL") == "kvm" {
		accel, cpu = "kvm", "host"
	}
	unused := ""
	if m.cx16 {
		cpu, unused = strings.TrimSuffix(cpu, ",cx16=off"), " clearcpuid=141"
	}
	words := "console=ttyS0 quiet panic=-1 oops=panic mitigations=off random.trust_cpu=on nokaslr no_timer_check " +
		"8250.nr_uarts=1 rdinit=/init " + map[bool]string{true: "net.ifnames=0 "}[m.more == nil] + m.append + unused
	args := []string{
		"-name", "hostnet-lab", "-nodefaults", "-no-user-config", "-display", "none",
		"-accel", accel, "-cpu", cpu, "-smp", m.cpus(), "-m", strconv.Itoa(m.memory),
		"-kernel", m.kernel.image, "-initrd", "/proc/self/fd/3", "-append", strings.TrimSpace(words),
		"-chardev", "file,id=console,append=" + map[bool]string{true: "on", false: "off"}[m.more != nil] + ",path=" + m.console, "-serial", "chardev:console",
		"-device", "virtio-serial-pci",
	}
	args = append(args, "-no-reboot")
	if m.more != nil {
		return append(append(args, "-nic", "none"), m.more...)
	}
	for _, file := range m.disks { // what the machine has not sent to its disk is lost with it, what it has is not
		args = append(args, "-drive", "if=virtio,format=raw,cache=writethrough,file="+file)
	}
	if m.pidFile == "" {
		args = append(args, "-chardev", "socket,id=port,fd=4", "-device", "virtserialport,chardev=port,name="+portName)
	}
	if m.sshPort != 0 {
		args = append(args, "-netdev", fmt.Sprintf("user,id=mgmt,restrict=on,ipv6=off,net=%s,host=%s,dns=%s,dhcpstart=%s,hostfwd=tcp:127.0.0.1:%d-%s:22",
			mgmtNet, mgmtHost, mgmtDNS, mgmtGuest, m.sshPort, mgmtGuest), "-device", "virtio-net-pci,netdev=mgmt,romfile=")
	} else {
		args = append(args, "-nic", "none")
	}
	return args
}

// cpus is their number. An installed Debian has one: of two, one waits for the other whenever the host is busy, for minutes in a boot.
func (m *machine) cpus() string {
	if m.more != nil {
		return "1"
	}
	return "2"
}

// start starts QEMU. It dies with us, unless it is to outlive us.
func (m *machine) start() error {
	m.cmd = exec.Command(qemu, m.arguments()...)
	m.cmd.ExtraFiles = []*os.File{m.initrd}
	m.cmd.SysProcAttr = &unix.SysProcAttr{Setsid: true}
	if !m.outlive {
		m.cmd.SysProcAttr.Pdeathsig = unix.SIGKILL
	}
	var theirs *os.File
	if m.pidFile == "" {
		var err error
		if m.conn, theirs, err = socketPair(); err != nil {
			return err
		}
		m.cmd.ExtraFiles = append(m.cmd.ExtraFiles, theirs)
	}
	complaints, err := os.CreateTemp("", "lab-qemu-")
	if err != nil {
		return err
	}
	os.Remove(complaints.Name())
	m.cmd.Stderr = complaints
	err = m.cmd.Start()
	theirs.Close()
	m.initrd.Close()
	if err != nil {
		return err
	}
	if m.pidFile != "" {
		if err := os.WriteFile(m.pidFile, []byte(strconv.Itoa(m.cmd.Process.Pid)), 0o644); err != nil {
			return errors.Join(err, m.cmd.Process.Kill())
		}
	}
	m.ended = make(chan error, 1)
	go func() {
		err := m.cmd.Wait()
		said := make([]byte, 4096)
		n, _ := complaints.ReadAt(said, 0)
		if n > 0 {
			err = errors.Join(fmt.Errorf("%s: %s", qemu, strings.TrimSpace(string(said[:n]))), err)
		}
		m.ended <- err
	}()
	return nil
}

// tries is how often a machine is started that the emulator fails.
const tries = 3

// errNotUp says that a machine did not get as far as its program.
var errNotUp = errors.New("the machine was not up")

// errInt3 says that the kernel died at a breakpoint that it had written into its own code. Newer kernels do, now and then: they patch
// code that runs on another CPU, and the emulator does not see the patch in time.
var errInt3 = errors.New("the kernel died at an int3 of its own")

// diedAtInt3 looks for that in a console.
func diedAtInt3(console string) bool {
	data, _ := os.ReadFile(console)
	return bytes.Contains(data, []byte("int3: 0000 [#1]"))
}

// again does what is done with a machine once more if QEMU itself has crashed, hangs in the boot, or has killed the kernel: with several
// emulated CPUs it does, now and then. Each retry is noted for the end of `make test`.
func again(do func() error) error {
	for try := 1; ; try++ {
		err := do()
		why := ""
		switch {
		case crashed(err):
			why = qemu + " crashed"
		case errors.Is(err, errNotUp):
			why = "a machine hung in the boot"
		case errors.Is(err, errInt3):
			why = errInt3.Error()
		}
		if why == "" || try == tries {
			return err
		}
		await.Again("lab: %s", why)
		fmt.Fprintf(os.Stderr, "lab: %s; once more, from the start\n", why)
	}
}

// crashed tells whether QEMU ended by a signal that nobody sent it on purpose.
func crashed(err error) bool {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && slices.Contains([]syscall.Signal{unix.SIGSEGV, unix.SIGABRT, unix.SIGBUS, unix.SIGILL, unix.SIGFPE}, status.Signal())
}

func (m *machine) kill() {
	m.cmd.Process.Kill()
}

// socketPair returns our end as a connection, theirs as a file to be inherited.
func socketPair() (net.Conn, *os.File, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, err
	}
	ours, theirs := os.NewFile(uintptr(fds[0]), "port"), os.NewFile(uintptr(fds[1]), "port")
	defer ours.Close()
	conn, err := net.FileConn(ours)
	return conn, theirs, err
}

// consoleFile makes a new file for a console and drops those that an earlier run, killed, left over a day ago.
func consoleFile() (string, error) {
	cache, err := cacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "console")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	old, _ := filepath.Glob(filepath.Join(dir, "*.log"))
	for _, f := range old {
		if info, err := os.Stat(f); err == nil && time.Since(info.ModTime()) > 24*time.Hour {
			os.Remove(f)
		}
	}
	f, err := os.CreateTemp(dir, "*.log")
	if err != nil {
		return "", err
	}
	return f.Name(), f.Close()
}

// consoleTail returns the last lines of a console.
func consoleTail(file string, lines int) string {
	data, err := os.ReadFile(file)
	if err != nil {
		return err.Error()
	}
	text := strings.ReplaceAll(string(data), "\r", "")
	all := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
