//go:build lab

// Package faults breaks runs of the program on a real kernel: at every request that it makes of the kernel, in every way in which that
// can go wrong. A seccomp filter (seccomp_unotify(2)) stops the program at each write; the test then lets it go on, has the kernel refuse
// the request, or kills the program right before or right after it. The program knows nothing of it and has no switch for it.
package faults

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// watched are the calls by which a program changes anything outside itself, beside openat, which is watched where it opens for writing.
// write is not: Go's own scheduler uses it, on the thread too that is put under the filter, and nobody could answer.
var watched = []uint32{unix.SYS_SENDTO, unix.SYS_SENDMSG, unix.SYS_SENDMMSG, unix.SYS_FSYNC, unix.SYS_RENAMEAT, unix.SYS_RENAMEAT2, unix.SYS_UNLINKAT}

// filter puts a filter on the calling thread, and so on all that it starts, and returns the descriptor at which their calls are told.
func filter() (listener int, err error) {
	const nr, flags = 0, 16 + 2*8 // in struct seccomp_data: the call's number, the lower half of its third argument
	load := func(at uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: at}
	}
	program := []unix.SockFilter{load(nr)}
	for i, call := range watched {
		program = append(program, unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jt: uint8(len(watched) - i + 3), K: call})
	}
	program = append(program,
		unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 2, K: unix.SYS_OPENAT}, load(flags),
		unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K, Jt: 1, K: unix.O_WRONLY | unix.O_RDWR},
		unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
		unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_USER_NOTIF})
	fprog := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	// Once told, a call waits for its answer whatever signals come (Go's own preemption among them): what was done for it is not done twice.
	fd, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER,
		unix.SECCOMP_FILTER_FLAG_NEW_LISTENER|unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, uintptr(unsafe.Pointer(&fprog)))
	if errno != 0 {
		return 0, fmt.Errorf("seccomp: %w", errno)
	}
	return int(fd), nil
}

// call is one call that has been told (struct seccomp_notif).
type call struct {
	ID    uint64
	PID   uint32 // of the thread
	Flags uint32
	NR    int32
	Arch  uint32
	IP    uint64
	Args  [6]uint64
}

// answer is what becomes of a call (struct seccomp_notif_resp).
type answer struct {
	ID    uint64
	Value int64
	Error int32
	Flags uint32
}

const goOn = 1 // SECCOMP_USER_NOTIF_FLAG_CONTINUE

// next waits for a call. ok is false when the last process under the filter has ended.
func next(listener int) (c call, ok bool) {
	for {
		polled := []unix.PollFd{{Fd: int32(listener), Events: unix.POLLIN}}
		if _, err := unix.Poll(polled, -1); err == unix.EINTR {
			continue
		}
		if polled[0].Revents&unix.POLLIN == 0 {
			return c, false
		}
		c = call{}
		_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(listener), unix.SECCOMP_IOCTL_NOTIF_RECV, uintptr(unsafe.Pointer(&c)))
		if errno == 0 {
			return c, true
		}
	}
}

func give(listener int, a answer) {
	_, _, _ = unix.Syscall(unix.SYS_IOCTL, uintptr(listener), unix.SECCOMP_IOCTL_NOTIF_SEND, uintptr(unsafe.Pointer(&a)))
}

// event is one change that a program is about to make.
type event struct {
	what    string
	pid     int
	request bool   // a message to rtnetlink; else one of a file
	sysctl  bool   // the file is a setting of the kernel, not one of the program's own
	fd      int    // ours, of the same socket; 0: none
	data    []byte // what is to be written: a whole buffer, of which this event is the part [from:to]
	from    int
	to      int
}

// events tells what a call is about to change: nothing, or one thing, or several requests in one buffer.
func events(pidfd int, c call) []event {
	switch c.NR {
	case unix.SYS_SENDTO:
		return requests(ourFD(pidfd, int(c.Args[0])), memory(c.PID, c.Args[1], c.Args[2]))
	case unix.SYS_SENDMSG: // struct msghdr: name, its length, iov, their count
		h := memory(c.PID, c.Args[1], 32)
		var data []byte
		for iov := memory(c.PID, binary.NativeEndian.Uint64(h[16:]), 16*binary.NativeEndian.Uint64(h[24:])); len(iov) >= 16; iov = iov[16:] {
			data = append(data, memory(c.PID, binary.NativeEndian.Uint64(iov), binary.NativeEndian.Uint64(iov[8:]))...)
		}
		return requests(ourFD(pidfd, int(c.Args[0])), data)
	case unix.SYS_OPENAT:
		path := text(c.PID, c.Args[1])
		if folder, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", c.PID, int32(c.Args[0]))); err == nil && !filepath.IsAbs(path) {
			path = filepath.Join(folder, path)
		}
		switch {
		case strings.HasPrefix(path, "/proc/sys/net/"):
			return []event{{what: "open " + path, sysctl: true}}
		case strings.Contains(path, "hostnet/"):
			return []event{{what: "open " + filepath.Base(path)}}
		}
	case unix.SYS_FSYNC:
		path, _ := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", c.PID, c.Args[0]))
		return []event{{what: "fsync " + filepath.Base(path)}}
	case unix.SYS_RENAMEAT, unix.SYS_RENAMEAT2:
		return []event{{what: "rename " + filepath.Base(text(c.PID, c.Args[1]))}}
	case unix.SYS_UNLINKAT:
		return []event{{what: "unlink " + filepath.Base(text(c.PID, c.Args[1]))}}
	case unix.SYS_SENDMMSG:
		panic("sendmmsg: nobody here has used it yet")
	}
	return nil
}

// requests are the messages of a buffer that ask for a change, if it goes to rtnetlink (rtnetlink(7): of each four types the third asks
// for information).
func requests(fd int, data []byte) (list []event) {
	family, _ := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DOMAIN)
	if family != unix.AF_NETLINK {
		unix.Close(fd)
		return nil
	}
	for at := 0; at+unix.SizeofNlMsghdr <= len(data); {
		n := int(binary.NativeEndian.Uint32(data[at:]))
		typ := binary.NativeEndian.Uint16(data[at+4:])
		end := min(at+(n+3)&^3, len(data))
		if n < unix.SizeofNlMsghdr {
			break
		}
		if typ >= unix.RTM_BASE && (typ-unix.RTM_BASE)%4 != 2 {
			list = append(list, event{what: fmt.Sprintf("request of type %d, %d bytes", typ, n), request: true, fd: fd, data: data, from: at, to: end})
		}
		at = end
	}
	if len(list) == 0 {
		unix.Close(fd)
	}
	return list
}

// ourFD is a descriptor of ours for a program's.
func ourFD(pidfd, fd int) int {
	ours, err := unix.PidfdGetfd(pidfd, fd, 0)
	if err != nil {
		return -1
	}
	return ours
}

func memory(pid uint32, at, length uint64) []byte {
	f, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	if err != nil {
		return nil
	}
	defer f.Close()
	b := make([]byte, length)
	n, _ := f.ReadAt(b, int64(at))
	return b[:n]
}

func text(pid uint32, at uint64) string {
	name, _, _ := strings.Cut(string(memory(pid, at, 256)), "\x00")
	return name
}
