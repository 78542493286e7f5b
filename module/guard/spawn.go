package guard

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"

	"hostnet-module/module/store"
)

const self = "/proc/self/exe"

// source is a place that the guardian's program can be started from.
type source struct {
	what string // for people
	open func() (program *os.File, path string, err error)
}

// sources are these places, the best first. It runs from a copy in memory: the file that it was started from may be deleted (Ansible's
// is, at once), or lie on a disk behind the network. A host may run nothing but what lies in files that it knows (IMA, fapolicyd, SELinux, vm.memfd_noexec): there it is
// the program's own file, which /proc reaches also when it has been deleted, and where that may not be run any more, a copy of it in the run-time folder.
func sources(dir string) []source {
	return []source{
		{"a copy in memory", copyInMemory},
		{"the program's own file", func() (*os.File, string, error) { return nil, self, nil }},
		{"a copy in " + dir, func() (*os.File, string, error) { return copyIn(dir) }},
	}
}

// spawn starts the program anew as a guardian, from the first place that the host lets it run from. from says if that is not memory.
func spawn(line *os.File, c Charge) (pid int, from string, err error) {
	return spawnFrom(sources(c.Dir), line, c.ID)
}

func spawnFrom(places []source, line *os.File, id string) (pid int, from string, err error) {
	var faults []error
	for i, place := range places {
		program, path, err := place.open()
		if err == nil {
			pid, err = start(line, id, program, path)
			if program != nil {
				program.Close()
			}
		}
		switch {
		case err == nil && i == 0:
			return pid, "", nil
		case err == nil:
			return pid, fmt.Sprintf("the guardian runs from %s (%v): while a disk is away that it lies on, it may not be able to put anything back", place.what, errors.Join(faults...)), nil
		}
		faults = append(faults, fmt.Errorf("from %s: %w", place.what, err))
		if !refused(err) {
			break
		}
	}
	return 0, "", fmt.Errorf("this host does not let the guardian start: %w", errors.Join(faults...))
}

// refused tells whether the host forbids to run a program from there: another place may do.
func refused(err error) bool {
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOEXEC) || errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOSPC)
}

// start starts the program that is at path, where the child sees it.
func start(line *os.File, id string, program *os.File, path string) (pid int, err error) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return 0, err
	}
	defer null.Close()
	cmd := exec.Cmd{Path: path, Args: []string{processName, id}, Dir: "/", Stdin: null, Stdout: null, Stderr: null,
		Env: environment(), ExtraFiles: []*os.File{line}, SysProcAttr: &syscall.SysProcAttr{Setsid: true}}
	if program != nil {
		cmd.ExtraFiles = append(cmd.ExtraFiles, program)
	}
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	go func() { _ = cmd.Wait() }() // so that no zombie is left while we live
	return cmd.Process.Pid, nil
}

// copyInMemory makes a sealed copy of this program in memory, which the child reaches by its descriptor. The kernel may have no such
// files, or forbid to run them (vm.memfd_noexec).
func copyInMemory() (*os.File, string, error) {
	fd, err := unix.MemfdCreate("hostnet-module", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING|unix.MFD_EXEC)
	if err == unix.EINVAL { // before Linux 6.3 there is no such flag, and all may be run
		fd, err = unix.MemfdCreate("hostnet-module", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	}
	if err != nil {
		return nil, "", os.NewSyscallError("memfd_create", err)
	}
	f := os.NewFile(uintptr(fd), "hostnet-module")
	if err = copySelf(f); err == nil {
		_, err = unix.FcntlInt(f.Fd(), unix.F_ADD_SEALS, unix.F_SEAL_SHRINK|unix.F_SEAL_GROW|unix.F_SEAL_WRITE|unix.F_SEAL_SEAL)
	}
	if err != nil {
		f.Close()
		return nil, "", err
	}
	return f, fmt.Sprintf("/proc/self/fd/%d", programFD), nil
}

func copySelf(to io.Writer) error {
	from, err := store.Open(self)
	if err != nil {
		return err
	}
	defer from.Close()
	_, err = io.Copy(to, from)
	return err
}

// copyName is the copy in the run-time folder; each guardian's takes the place of the one before, which the kernel keeps while that runs.
const copyName = "guardian.program"

// copyIn makes a copy in a folder of ours.
func copyIn(dir string) (*os.File, string, error) {
	path := filepath.Join(dir, copyName)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, "", err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o700)
	if err != nil {
		return nil, "", err
	}
	err = errors.Join(copySelf(f), f.Close())
	return nil, path, err
}
