//go:build lab

package real

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"hostnet-module/tests/lab/topo"
)

// As the first argument these make the test binary run the others as somebody else, or attack.
const (
	asContained = "as-contained" // root without CAP_NET_ADMIN, as in a container with the host's network and /run
	asElsewhere = "as-elsewhere" // root of another user namespace, which is root here too
	asLocked    = "as-locked"    // where nothing may be run from memory
	asAttacker  = "as-attacker"
)

// became runs what the test binary was called for, if that is one of these.
func became(argv []string) {
	if len(argv) < 2 {
		return
	}
	var err error
	switch argv[0] {
	case asContained:
		if err = unix.Prctl(unix.PR_CAPBSET_DROP, unix.CAP_NET_ADMIN, 0, 0, 0); err == nil {
			err = syscall.Exec(argv[1], argv[1:], os.Environ())
		}
	case asElsewhere:
		all := []syscall.SysProcIDMap{{ContainerID: 0, HostID: 0, Size: 1}}
		cmd := exec.Command(argv[1], argv[2:]...)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER, UidMappings: all, GidMappings: all}
		if err = cmd.Run(); err == nil || cmd.ProcessState != nil {
			os.Exit(cmd.ProcessState.ExitCode())
		}
	case asLocked:
		if err = withoutMemfd(); err == nil {
			err = syscall.Exec(argv[1], argv[1:], os.Environ())
		}
	case asAttacker:
		err = attack(argv[1])
	default:
		return
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(3)
	}
	os.Exit(0)
}

// withoutMemfd makes memfd_create(2) fail for this process and all that come of it, as vm.memfd_noexec=2 does.
func withoutMemfd() error {
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 1, K: unix.SYS_MEMFD_CREATE},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(unix.EACCES)},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if _, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&program))); errno != 0 {
		return errno
	}
	return nil
}

// attack is what somebody tries who is none of ours.
func attack(how string) error {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		return err
	}
	cookie, err := unix.GetsockoptUint64(fd, unix.SOL_SOCKET, unix.SO_NETNS_COOKIE)
	if err != nil {
		return err
	}
	folder := "/run/hostnet/" + strconv.FormatUint(cookie, 10)
	if how == "squat" {
		for _, name := range []string{"@" + folder + "/guardian", "@" + folder + "/guardian.sock"} {
			if _, err := net.Listen("unix", name); err != nil {
				return err
			}
		}
		fmt.Println("squatting")
		select {}
	}
	c, err := net.Dial("unix", folder+"/guardian.sock")
	if err != nil {
		return err
	}
	if how == "sit" {
		for range 100 {
			if _, err := net.Dial("unix", folder+"/guardian.sock"); err != nil {
				return err
			}
		}
		fmt.Println("sitting")
		select {}
	}
	piece := []byte(strings.Repeat("a", 1<<16))
	_, err = c.Write([]byte(`{"verb":"`))
	sent := 0
	for ; err == nil && sent < 1<<30; sent += len(piece) {
		_, err = c.Write(piece)
	}
	n, _ := c.Read(piece)
	return fmt.Errorf("cut off after %d MiB, %d bytes heard: %v", sent>>20, n, err)
}

// resident is a process's memory, in KiB.
func resident(t *testing.T, pid string) (kib int) {
	t.Helper()
	text, err := os.ReadFile("/proc/" + pid + "/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	if _, err := fmt.Sscan(rest, &kib); err != nil {
		t.Fatal(err)
	}
	return kib
}

// TestGuardianAttacked: nobody else feeds the guardian, takes its name, asks it, or keeps it from being asked.
func TestGuardianAttacked(t *testing.T) {
	w := live(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	attackers := []*topo.Process{w.Host.Start("%s %s %s %s squat", self, asNobody, self, asAttacker)}
	begun := func(word string) {
		w.Await(word, topo.Long, func() bool { return strings.Contains(attackers[len(attackers)-1].Output(), word) })
	}
	begun("squatting")
	before := picture(w)
	r := apply(t, w, enslaving(300))
	pid := guardian(t, r.Confirm.ID)
	has := resident(t, pid)
	for _, who := range []string{asNobody, asContained, asElsewhere, ""} {
		argv := strings.Fields(who)
		if who != "" {
			argv = []string{self, who}
		}
		out := w.Host.Exec("", append(argv, self, asAttacker, "feed")...)
		t.Logf("%s: %s", who, strings.TrimSpace(out.Stdout))
		if denied := strings.Contains(out.Stdout, "permission denied"); denied != (who == asNobody) || !denied && !strings.Contains(out.Stdout, "cut off after 0 MiB, 0 bytes heard") {
			t.Errorf("%q: %s%s", who, out.Stdout, out.Stderr)
		}
		if who == "" {
			continue
		}
		for _, verb := range []string{"confirm", "rollback"} {
			if out := w.Host.Exec("", append(argv, program, verb, "--format", "json")...); out.Exit != 1 || !strings.Contains(out.Stdout, `"failed":true`) {
				t.Errorf("%s: %s: exit %d: %s", who, verb, out.Exit, out.Stdout)
			}
		}
		w.Host.Run("kill -0 %s", pid)
	}
	for range 3 {
		attackers = append(attackers, w.Host.Start("%s %s sit", self, asAttacker))
		begun("sitting")
	}
	if now := resident(t, pid); now > has+8<<10 {
		t.Errorf("the guardian had %d KiB, and has %d", has, now)
	}
	for _, a := range attackers {
		a.Stop()
	}
	if back := say(t, w, "rollback", r.Confirm.ID); back.Failed || !back.RolledBack {
		t.Errorf("rollback: %s", back.Msg)
	}
	asBefore(t, w, before)
}
