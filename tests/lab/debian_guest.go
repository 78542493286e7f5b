package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// Of a machine that runs an installed Debian: the process 1 of its first moments, before that of the disk takes over.

// first are the files that the machine gets on its disk before it is first booted, in the initial file system.
const first = "/lab/first"

// laid, on the disk, tells that they are there.
const laid = "/var/lib/lab-laid"

// agentUnit serves the host's commands (lab exec), from early on and whatever becomes of the network.
const agentUnit = `[Unit]
Description=The lab's hand in this machine
DefaultDependencies=no
Conflicts=shutdown.target
Before=shutdown.target

[Service]
ExecStart=/run/lab/lab agent
Restart=always
RestartSec=100ms
KillMode=process
Environment=HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin LC_ALL=C.UTF-8
`

// takeOver mounts the disk, leaves ourselves under /run for later, and becomes the disk's own process 1.
func (g *guest) takeOver() error {
	const root = "/sysroot"
	if err := os.MkdirAll(root, 0o755); err != nil {
		return err
	}
	if err := unix.Mount(g.order.Root, root, "ext4", unix.MS_NOATIME, ""); err != nil {
		return fmt.Errorf("mount %s: %w", g.order.Root, err)
	}
	if err := layFirst(root); err != nil {
		return err
	}
	if err := g.settleRun(); err != nil {
		return err
	}
	for _, dir := range []string{"/dev", "/proc", "/sys", "/run"} {
		if err := unix.Mount(dir, root+dir, "", unix.MS_MOVE, ""); err != nil {
			return fmt.Errorf("move %s: %w", dir, err)
		}
	}
	// What is left here is memory that nobody sees any more.
	for _, dir := range []string{"/usr", "/lab", "/init"} {
		os.RemoveAll(dir)
	}
	if err := os.Chdir(root); err != nil {
		return err
	}
	if err := unix.Mount(".", "/", "", unix.MS_MOVE, ""); err != nil {
		return err
	}
	if err := errors.Join(unix.Chroot("."), os.Chdir("/")); err != nil {
		return err
	}
	return unix.Exec("/sbin/init", []string{"/sbin/init"}, []string{"TERM=linux", "PATH=/usr/sbin:/usr/bin"})
}

// layFirst copies the files of the first boot onto the disk, once.
func layFirst(root string) error {
	if _, err := os.Stat(root + laid); err == nil {
		return nil
	}
	err := filepath.WalkDir(first, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || d.IsDir() {
			return err
		}
		rel := strings.TrimPrefix(path, first)
		if err := os.MkdirAll(filepath.Dir(root+rel), 0o755); err != nil {
			return err
		}
		if target, err := os.Readlink(path); err == nil {
			return os.Symlink(target, root+rel)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		return os.WriteFile(root+rel, data, info.Mode().Perm())
	})
	if err != nil {
		return err
	}
	return os.WriteFile(root+laid, nil, 0o644)
}

// settleRun puts into /run, which the disk's process 1 takes over as it is, what it is to run and not to run for us.
func (g *guest) settleRun() error {
	const units = "/run/systemd/system"
	wants := units + "/sysinit.target.wants"
	for _, dir := range []string{"/run/lab", wants} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	self, err := os.ReadFile("/init")
	if err != nil {
		return err
	}
	if err := os.WriteFile("/run/lab/lab", self, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(units+"/lab-agent.service", []byte(agentUnit), 0o644); err != nil {
		return err
	}
	for _, unit := range g.order.Masked {
		if err := os.Symlink("/dev/null", filepath.Join(units, unit)); err != nil {
			return err
		}
	}
	return os.Symlink("../lab-agent.service", wants+"/lab-agent.service")
}
