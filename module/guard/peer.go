package guard

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

var errStranger = errors.New("the other side is neither root nor of this user")

// privileges are what a caller must have to be heard: those of the guardian's own that change a network.
type privileges struct {
	admin bool   // CAP_NET_ADMIN
	users string // the user namespace in which that counts; "": a kernel without them
}

// own are this process's.
func own() privileges {
	p := privileges{}
	p.admin, _ = mayAdminister("self")
	p.users, _ = os.Readlink("/proc/self/ns/user")
	return p
}

// refuse tells why the other end is none of ours; nil: it may ask. User 0 alone is not enough: root in a container with the host's network and
// without CAP_NET_ADMIN, or of another user namespace, may not change this network, and so neither keep nor undo what was done to it.
func (p privileges) refuse(conn *net.UnixConn) error {
	peer, pidfd, err := credentials(conn)
	if err != nil {
		return err
	}
	if pidfd >= 0 {
		defer unix.Close(pidfd)
	}
	if peer.Uid != 0 && int(peer.Uid) != os.Geteuid() {
		return errStranger
	}
	if peer.Pid <= 0 {
		return errors.New("the other side is a process that cannot be seen from here")
	}
	pid := strconv.Itoa(int(peer.Pid))
	admin, err := mayAdminister(pid)
	if err != nil {
		return err
	}
	users, _ := os.Readlink("/proc/" + pid + "/ns/user")
	// What was read was about the caller if the caller is still there: while it is, nobody gets its number.
	if pidfd >= 0 && unix.PidfdSendSignal(pidfd, 0, nil, 0) != nil {
		return errors.New("the other side has gone")
	}
	switch {
	case p.admin && !admin:
		return errors.New("the other side has no CAP_NET_ADMIN")
	case users != p.users:
		return errors.New("the other side is in another user namespace")
	}
	return nil
}

// credentials are the caller's when it connected, and a descriptor that pins its process (-1: the kernel has none, before Linux 5.3). Before
// Linux 6.5 the descriptor is opened by number, right after the call has come in.
func credentials(conn *net.UnixConn) (peer *unix.Ucred, pidfd int, err error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, -1, err
	}
	pidfd = -1
	fault := raw.Control(func(fd uintptr) {
		if peer, err = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED); err != nil {
			return
		}
		var pinned int
		if pinned, err = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_PEERPIDFD); err != nil && peer.Pid > 0 {
			pinned, err = unix.PidfdOpen(int(peer.Pid), 0)
		}
		switch {
		case err == nil:
			pidfd = pinned
		case errors.Is(err, syscall.ENOSYS) || errors.Is(err, syscall.EPERM): // an old kernel, or a filter
			err = nil
		}
	})
	return peer, pidfd, errors.Join(fault, err)
}

// mayAdminister tells whether a process has CAP_NET_ADMIN in effect (proc(5), status: CapEff), in whichever user namespace.
func mayAdminister(pid string) (bool, error) {
	status, err := os.ReadFile("/proc/" + pid + "/status")
	if err != nil {
		return false, err
	}
	for line := range bytes.Lines(status) {
		if set, is := bytes.CutPrefix(line, []byte("CapEff:")); is {
			bits, err := strconv.ParseUint(string(bytes.TrimSpace(set)), 16, 64)
			return bits&(1<<unix.CAP_NET_ADMIN) != 0, err
		}
	}
	return false, fmt.Errorf("/proc/%s/status names no capabilities", pid)
}

// ours tells whether the other end, which is to be believed, belongs to root or to our own user.
func ours(conn *net.UnixConn) error {
	peer, pidfd, err := credentials(conn)
	if pidfd >= 0 {
		unix.Close(pidfd)
	}
	switch {
	case peer == nil:
		return err
	case peer.Uid != 0 && int(peer.Uid) != os.Geteuid():
		return errStranger
	}
	return nil
}
