package main

import (
	"bufio"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"hostnet-module/tests/await"
)

// debian is a machine that boots an installed Debian from a disk of its own. It dies with the command that started it.
type debian struct {
	*named
	release, append string
	kernel          *kernel
	memory          int
	files, nics     list
	cidata          string
}

// plugged is the file with the devices that were plugged in since the machine was started. They stay in over a reboot.
const plugged = "plugged"

// diskTools are programs that machines with disks need, beside QEMU.
var diskTools = []string{"mmdebstrap", "mke2fs", "qemu-img", "mformat"}

// masked are units that take time at boot and have nothing to do with the network.
var masked = []string{
	"apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "e2scrub_all.timer", "e2scrub_reap.service", "fstrim.timer",
	"logrotate.timer", "man-db.timer", "getty@tty1.service", "serial-getty@ttyS0.service", "systemd-timesyncd.service", "cron.service",
	"systemd-hwdb-update.service", "systemd-pcrphase.service", "systemd-update-utmp.service", "systemd-update-utmp-runlevel.service", "sys-kernel-debug.mount",
	"sys-kernel-tracing.mount", "systemd-binfmt.service", "proc-sys-fs-binfmt_misc.automount", "modprobe@.service", "dev-hugepages.mount", "dev-mqueue.mount", "systemd-ask-password-wall.path", "systemd-ask-password-console.path",
}

// debianRun is the subcommand: it boots the machine and stays until that ends, or until its standard input does.
func debianRun(args []string) (int, error) {
	flags, name := nameFlags("debian")
	d := &debian{}
	flags.StringVar(&d.release, "release", envOr("HOSTNET_LAB_KERNEL", defaultKernel), "Debian release: 12, 13 or newest")
	flags.StringVar(&d.append, "append", "", "more words for the kernel's command line")
	flags.IntVar(&d.memory, "memory", 640, "memory, MiB")
	flags.Var(&d.files, "file", "SRC:/DST, a file or directory that is on the disk at the first boot (repeatable)")
	flags.Var(&d.nics, "nic", "MAC[,late] of a network card on the one wire; late: plugged in by `lab monitor`, `device_add` … (repeatable)")
	flags.StringVar(&d.cidata, "cidata", "", "directory whose files are on a second disk with the label CIDATA")
	if err := flags.Parse(args); err != nil {
		return 2, nil
	}
	var err error
	if d.named, err = openNamed(*name); err != nil {
		return exitLab, err
	}
	if d.pid() != 0 {
		return exitLab, fmt.Errorf("a machine %s is running already", d.name)
	}
	if err := d.prepare(); err != nil {
		return exitLab, err
	}
	m, err := d.start()
	if err != nil {
		return exitLab, err
	}
	defer d.stop()
	fmt.Println(d.dir)
	return d.stay(m)
}

// stay waits for the end of the machine or of whoever wants it. QEMU ends with each reboot, and another one goes on with the disk: after a
// reset in one and the same, the next kernel takes minutes to unpack itself over the translated code of the one before.
func (d *debian) stay(m *machine) (int, error) {
	gone := make(chan error, 1)
	go func() { _, err := io.Copy(io.Discard, os.Stdin); gone <- err }()
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, unix.SIGINT, unix.SIGTERM, unix.SIGHUP)
	for {
		select {
		case err := <-m.ended:
			if !m.cmd.ProcessState.Success() || strings.Contains(consoleTail(d.file("console.log"), 3), "reboot: Power down") {
				return exitLab, errors.Join(errors.New("the machine went down"), err)
			}
			if m, err = d.start(); err != nil {
				return exitLab, err
			}
		case <-signals:
			return 0, nil
		case <-gone:
			return 0, nil
		}
	}
}

// prepare makes the disk, and removes what an earlier machine of that name has left.
func (d *debian) prepare() error {
	if err := checkTools(diskTools...); err != nil {
		return err
	}
	for _, name := range []string{"console.log", plugged} {
		if err := os.Remove(d.file(name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	var err error
	if d.kernel, err = openKernel(d.release); err != nil {
		return err
	}
	image, err := debianImage(d.release, d.kernel)
	if err != nil {
		return err
	}
	return output("qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", image, d.file("disk.qcow2"))
}

// start starts QEMU.
func (d *debian) start() (*machine, error) {
	k := d.kernel
	for _, name := range []string{"agent", "monitor"} { // of the QEMU before
		os.Remove(d.file(name))
	}
	var err error
	m := &machine{kernel: k, memory: d.memory, append: d.append, console: d.file("console.log"), pidFile: d.file("pid")}
	if m.more, err = d.devices(); err != nil {
		return nil, err
	}
	if m.initrd, err = d.initrd(k); err != nil {
		return nil, err
	}
	if err := m.start(); err != nil {
		return nil, err
	}
	return m, d.awaitSockets(m)
}

// awaitSockets waits until QEMU has made the two ways in.
func (d *debian) awaitSockets(m *machine) error {
	var down error
	if !await.Until(await.Long, func() bool {
		select {
		case err := <-m.ended:
			down = errors.Join(errors.New("the machine went down"), err)
		default:
		}
		return down != nil || exists(d.file("agent")) && exists(d.file("monitor"))
	}) {
		m.kill()
		return errors.New("QEMU does not come up")
	}
	return down
}

// devices are QEMU's arguments for disks, cards and the two ways in.
func (d *debian) devices() ([]string, error) {
	args := []string{
		"-drive", "if=none,id=disk,format=qcow2,cache=writeback,file=" + d.file("disk.qcow2"), "-device", "virtio-blk-pci,drive=disk,addr=8",
		"-chardev", "socket,id=port,server=on,wait=off,path=" + d.file("agent"), "-device", "virtserialport,chardev=port,name=" + portName,
		"-chardev", "socket,id=monitor,server=on,wait=off,path=" + d.file("monitor"), "-mon", "chardev=monitor",
		"-device", "virtio-rng-pci",
	}
	for i, nic := range d.nics {
		mac, late, _ := strings.Cut(nic, ",")
		args = append(args, "-netdev", fmt.Sprintf("hubport,hubid=0,id=wire%d", i))
		if late == "" {
			args = append(args, "-device", fmt.Sprintf("virtio-net-pci,netdev=wire%d,id=nic%d,mac=%s,romfile=,addr=%#x", i, i, mac, 16+i))
		}
	}
	if data, err := os.ReadFile(d.file(plugged)); err == nil {
		for _, device := range strings.Fields(string(data)) {
			args = append(args, "-device", device)
		}
	}
	if d.cidata == "" {
		return args, nil
	}
	disk := d.file("cidata.img")
	if err := output("mformat", "-C", "-i", disk, "-v", "CIDATA", "-T", "2048", "::"); err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(d.cidata, "*"))
	if err != nil || len(files) == 0 {
		return nil, errors.Join(fmt.Errorf("--cidata %s: no files", d.cidata), err)
	}
	if err := output("mcopy", append(append([]string{"-i", disk}, files...), "::")...); err != nil {
		return nil, err
	}
	return append(args, "-drive", "if=none,id=cidata,format=raw,read-only=on,file="+disk, "-device", "virtio-blk-pci,drive=cidata,addr=9"), nil
}

// initrd is the small initial system that mounts the disk.
func (d *debian) initrd(k *kernel) (*os.File, error) {
	u, err := openUserland()
	if err != nil {
		return nil, err
	}
	pairs, err := parsePairs(d.files)
	if err != nil {
		return nil, err
	}
	for i := range pairs {
		pairs[i].dst = first + pairs[i].dst
	}
	o := &order{Root: "/dev/vda", Masked: masked}
	return initrd(os.DevNull, func(a *archive) error {
		for _, dir := range []string{"proc", "sys", "dev", "run", "tmp", "usr/lib", "usr/bin"} {
			if err := a.dir(dir); err != nil {
				return err
			}
		}
		if err := a.symlink("lib", "usr/lib"); err != nil {
			return err
		}
		if err := k.archive(a, u.busybox(), []string{"virtio_pci", "virtio_blk", "virtio_console"}, nil); err != nil {
			return err
		}
		return o.overlay(a, pairs)
	})
}

// execute is the subcommand: it runs a command in a Debian machine, as soon as that is up far enough.
func execute(args []string) (int, error) {
	flags, name := nameFlags("exec")
	timeout := flags.Duration("timeout", 2*time.Minute, "time for the machine to get there and for the command")
	input := flags.Bool("input", false, "pass our standard input on")
	if err := flags.Parse(args); err != nil || flags.NArg() == 0 {
		return 2, err
	}
	n, err := openNamed(*name)
	if err != nil {
		return exitLab, err
	}
	a := ask{ID: rand.Text(), Argv: flags.Args()}
	if len(a.Argv) == 1 {
		a.Argv = []string{"/bin/sh", "-c", a.Argv[0]}
	}
	if *input {
		if a.Input, err = io.ReadAll(os.Stdin); err != nil {
			return exitLab, err
		}
	}
	conn, err := net.Dial("unix", n.file("agent"))
	if err != nil {
		return exitLab, err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(*timeout)); err != nil {
		return exitLab, err
	}
	code, err := a.put(conn)
	if err != nil {
		return exitLab, fmt.Errorf("%w\n--- the end of the console, %s\n%s", err, n.file("console.log"), consoleTail(n.file("console.log"), 30))
	}
	return code, nil
}

// put asks, and passes the answer on.
func (a ask) put(conn net.Conn) (int, error) {
	data, err := json.Marshal(a)
	if err != nil {
		return 0, err
	}
	to := &framer{w: conn}
	if err := errors.Join(to.send(frameAsk, data), to.send(frameAsk, nil)); err != nil {
		return 0, err
	}
	from, mine := bufio.NewReader(conn), false
	for {
		kind, data, err := readFrame(from)
		if err != nil {
			return 0, fmt.Errorf("no answer: %w", err)
		}
		switch {
		case kind == frameHello:
			mine = string(data) == a.ID
		case mine && kind == frameStdout:
			os.Stdout.Write(data)
		case mine && kind == frameStderr:
			os.Stderr.Write(data)
		case mine && kind == frameExit:
			return strconv.Atoi(string(data))
		}
	}
}

// monitor is the subcommand: one command for QEMU itself, such as `system_reset`, which is a power cut.
func monitor(args []string) (int, error) {
	flags, name := nameFlags("monitor")
	if err := flags.Parse(args); err != nil || flags.NArg() == 0 {
		return 2, err
	}
	n, err := openNamed(*name)
	if err != nil {
		return exitLab, err
	}
	conn, err := net.Dial("unix", n.file("monitor"))
	if err != nil {
		return exitLab, err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(30 * time.Second))
	from := bufio.NewReader(conn)
	const prompt = "(qemu) "
	if _, err := until(from, prompt); err != nil {
		return exitLab, err
	}
	if _, err := fmt.Fprintln(conn, strings.Join(flags.Args(), " ")); err != nil {
		return exitLab, err
	}
	said, err := until(from, prompt)
	if err != nil && (flags.Arg(0) != "system_reset" || errors.Is(err, os.ErrDeadlineExceeded)) { // with which QEMU ends, and another one begins
		return exitLab, err
	}
	// The monitor repeats what is typed, letter by letter, with the cursor's ways.
	_, said, _ = strings.Cut(said, "\n")
	if said = strings.TrimSpace(said); said != "" && err == nil {
		fmt.Println(said)
		if strings.HasPrefix(said, "Error") || strings.HasPrefix(said, "unknown command") {
			return 1, nil
		}
	}
	if flags.Arg(0) == "device_add" {
		return 0, appendLine(n.file(plugged), flags.Arg(1))
	}
	return 0, nil
}

func appendLine(name, line string) error {
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(f, line)
	return errors.Join(err, f.Close())
}

// until reads up to some text, without it.
func until(r *bufio.Reader, end string) (string, error) {
	var b strings.Builder
	for {
		c, err := r.ReadByte()
		if err != nil {
			return b.String(), err
		}
		b.WriteByte(c)
		if strings.HasSuffix(b.String(), end) {
			return strings.TrimSuffix(b.String(), end), nil
		}
	}
}
