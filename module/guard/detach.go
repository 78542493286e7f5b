package guard

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// detach takes this process out of reach of whatever may happen to its caller. Session and standard streams are new from the start.
// What could not be done is returned: the guardian works all the same.
func detach() (warnings []string) {
	signal.Ignore(syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGPIPE, syscall.SIGTSTP, syscall.SIGTTIN, syscall.SIGTTOU,
		syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGALRM)
	_ = os.Chdir("/")
	_ = os.WriteFile("/proc/self/comm", []byte(processName), 0) // the kernel takes the first 15 bytes; it has named us after the descriptor
	// Not the first to be killed when memory is short, and not in need of a disk that may be behind the network: nice to have.
	_ = os.WriteFile("/proc/self/oom_score_adj", []byte("-1000"), 0)
	_ = unix.Mlockall(unix.MCL_CURRENT | unix.MCL_FUTURE | unix.MCL_ONFAULT)
	if err := leaveCgroups("/proc/self"); err != nil {
		warnings = append(warnings, fmt.Sprintf("the guardian is still in its caller's control group (%v): what kills that group kills it too", err))
	}
	return warnings
}

// hierarchy is one tree of control groups that a process is in (cgroups(7)).
type hierarchy struct {
	controllers string // "" of version 2, "name=systemd", "cpu,cpuacct"
	path        string // of the process's group in it
}

func hierarchies(proc string) ([]hierarchy, error) {
	data, err := os.ReadFile(proc + "/cgroup")
	var all []hierarchy
	for line := range strings.Lines(string(data)) {
		if parts := strings.SplitN(strings.TrimSuffix(line, "\n"), ":", 3); len(parts) == 3 {
			all = append(all, hierarchy{parts[1], parts[2]})
		}
	}
	return all, err
}

// leaveCgroups moves this process to the top of every hierarchy: a session's or a service's group can be killed as a whole (cgroup.kill,
// systemd at logout or at the service's end), the top cannot. In a container whose top is no true top it is a group of our own there.
func leaveCgroups(proc string) error {
	all, err := hierarchies(proc)
	if err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return nil // a kernel without control groups
		}
		return err
	}
	mounts, err := cgroupMounts(proc, "")
	if err != nil {
		return err
	}
	// Who came by `ip netns exec` has a /sys of its own, without them: process 1 sees them.
	if first, err := cgroupMounts("/proc/1", "/proc/1/root"); err == nil {
		for controllers, path := range first {
			if mounts[controllers] == "" {
				mounts[controllers] = path
			}
		}
	}
	var faults []error
	for _, h := range all {
		if h.path == "/" || h.path == ownCgroup {
			continue
		}
		top, mounted := mounts[h.controllers]
		err := fmt.Errorf("%s: not mounted", h.path)
		if mounted {
			err = move(top)
		}
		if err != nil && h.kills() {
			faults = append(faults, err)
		}
	}
	if err := errors.Join(faults...); err != nil {
		return err
	}
	return verify(proc, all)
}

// kills tells whether groups of the hierarchy are killed as a whole: by cgroup.kill, or by a systemd that keeps its groups in version 1.
// The others only limit.
func (h hierarchy) kills() bool { return h.controllers == "" || h.controllers == "name=systemd" }

const ownCgroup = "/hostnet-guardian"

func move(top string) error {
	self := []byte(strconv.Itoa(os.Getpid()))
	err := os.WriteFile(filepath.Join(top, "cgroup.procs"), self, 0)
	if err == nil {
		return nil
	}
	own := filepath.Join(top, ownCgroup)
	if made := os.Mkdir(own, 0o755); made != nil && !errors.Is(made, os.ErrExist) {
		return errors.Join(err, made)
	}
	return os.WriteFile(filepath.Join(own, "cgroup.procs"), self, 0)
}

// verify looks whether the moves have had their effect.
func verify(proc string, before []hierarchy) error {
	now, err := hierarchies(proc)
	if err != nil {
		return err
	}
	for _, h := range now {
		if h.path == "/" || h.path == ownCgroup || !h.kills() {
			continue
		}
		for _, b := range before {
			if b == h {
				return fmt.Errorf("still in %s", h.path)
			}
		}
	}
	return nil
}

// cgroupMounts finds where a process sees the hierarchies (proc(5), mountinfo), by their controllers; its root is where we see its files.
func cgroupMounts(proc, root string) (map[string]string, error) {
	data, err := os.ReadFile(proc + "/mountinfo")
	if err != nil {
		return nil, err
	}
	mounts := map[string]string{}
	for line := range bytes.Lines(data) {
		left, right, _ := strings.Cut(string(line), " - ")
		at, kind := strings.Fields(left), strings.Fields(right)
		if len(at) < 5 || len(kind) < 3 {
			continue
		}
		switch path := root + strings.NewReplacer(`\040`, " ", `\011`, "\t", `\134`, `\`).Replace(at[4]); kind[0] {
		case "cgroup2":
			if mounts[""] == "" {
				mounts[""] = path
			}
		case "cgroup":
			var controllers []string
			for option := range strings.SplitSeq(kind[2], ",") {
				if option != "rw" && option != "ro" && option != "xattr" && !strings.HasPrefix(option, "release_agent=") {
					controllers = append(controllers, option)
				}
			}
			mounts[strings.Join(controllers, ",")] = path
		}
	}
	return mounts, nil
}
