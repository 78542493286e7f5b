package kernel

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"os"
	"runtime"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// Namespace names the network namespace, and never two of them alike while the machine runs: by the kernel's own cookie (SO_NETNS_COOKIE, Linux
// 5.14), else by the inode of the namespace file, which is used again when a namespace has died, and by our mark in it, which dies with it.
func (k *Kernel) Namespace() string {
	if cookie, err := k.cookie(); err == nil {
		return strconv.FormatUint(cookie, 10)
	}
	var st unix.Stat_t
	if unix.Stat(ownNamespace, &st) != nil {
		return "0"
	}
	name := strconv.FormatUint(st.Ino, 10)
	if id, err := mark(); err == nil && id >= 0 {
		name += "-" + strconv.Itoa(int(id))
	}
	return name
}

// Mark marks the namespace, where its name would not be its own else. It needs CAP_NET_ADMIN; where it cannot be done the name stays the inode alone.
func (k *Kernel) Mark() (renamed bool) {
	if _, err := k.cookie(); err == nil {
		return false
	}
	id, err := mark()
	return err == nil && id < 0 && setMark() == nil
}

func (k *Kernel) cookie() (uint64, error) {
	return unix.GetsockoptUint64(k.fd, unix.SOL_SOCKET, unix.SO_NETNS_COOKIE)
}

const ownNamespace = "/proc/thread-self/ns/net"

// The mark is the number by which the namespace knows itself (RTM_NEWNSID, Linux 4.0; `ip netns set`). The kernel gives none by itself, nothing goes by
// it, it cannot be changed, and it lies in the namespace.

// mark is the namespace's; -1 if it has none.
func mark() (int32, error) {
	answer, err := askMark(unix.RTM_GETNSID, 0)
	if err != nil {
		return -1, err
	}
	for len(answer) >= unix.SizeofRtAttr {
		length, typ := int(binary.NativeEndian.Uint16(answer)), binary.NativeEndian.Uint16(answer[2:])
		if length < unix.SizeofRtAttr || length > len(answer) {
			break
		}
		if typ == unix.NETNSA_NSID && length == unix.SizeofRtAttr+4 {
			return int32(binary.NativeEndian.Uint32(answer[unix.SizeofRtAttr:])), nil
		}
		answer = answer[min((length+3)&^3, len(answer)):]
	}
	return -1, errors.New("the kernel names no number")
}

// setMark gives it a number that no other has had: one of two thousand million.
func setMark() error {
	var random [4]byte
	_, _ = rand.Read(random[:]) // never fails (crypto/rand)
	id := binary.NativeEndian.Uint32(random[:])&0x7fffffff | 1<<16
	_, err := askMark(unix.RTM_NEWNSID, unix.NLM_F_ACK, attribute(unix.NETNSA_NSID, id)...)
	return err
}

func attribute(typ uint16, value uint32) []byte {
	b := binary.NativeEndian.AppendUint16(nil, unix.SizeofRtAttr+4)
	b = binary.NativeEndian.AppendUint16(b, typ)
	return binary.NativeEndian.AppendUint32(b, value)
}

// askMark sends one request about the namespace of this thread, in a socket of its own, and returns the attributes of the answer.
func askMark(typ, flags uint16, attributes ...byte) ([]byte, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	own, err := unix.Open(ownNamespace, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("open", err)
	}
	defer unix.Close(own)
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	defer unix.Close(fd)
	_ = unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: int64(markMost / time.Second)})
	const head = unix.SizeofNlMsghdr + 4 // struct rtgenmsg, filled up
	body := append(attribute(unix.NETNSA_FD, uint32(own)), attributes...)
	m := binary.NativeEndian.AppendUint32(nil, uint32(head+len(body)))
	m = binary.NativeEndian.AppendUint16(m, typ)
	m = binary.NativeEndian.AppendUint16(m, unix.NLM_F_REQUEST|flags)
	m = append(m, make([]byte, head-len(m))...)
	if err := unix.Sendto(fd, append(m, body...), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return nil, os.NewSyscallError("sendto", err)
	}
	answer := make([]byte, 1<<12)
	n, _, err := unix.Recvfrom(fd, answer, 0)
	if err != nil {
		return nil, os.NewSyscallError("recvfrom", err)
	}
	if answer = answer[:n]; n < head {
		return nil, errors.New("a cut answer")
	}
	if binary.NativeEndian.Uint16(answer[4:]) == unix.NLMSG_ERROR {
		if errno := -int32(binary.NativeEndian.Uint32(answer[unix.SizeofNlMsghdr:])); errno != 0 {
			return nil, unix.Errno(errno)
		}
		return nil, nil
	}
	return answer[head:], nil
}

// markMost bounds the wait for an answer.
const markMost = 5 * time.Second
