package kernel

import (
	"encoding/binary"
	"errors"
	"unsafe"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// The kernel acknowledges each request of a datagram by a datagram of its own. They are there when the send has returned, and taken out many at
// a time (recvmmsg(2)).
const (
	mostAnswers = 64
	answerRoom  = len(Kernel{}.datagram) / mostAnswers // an acknowledgement repeats at most the request (no NETLINK_CAP_ACK), and says a sentence
)

// slots is where many datagrams are received: in pieces of Kernel.datagram.
type slots struct {
	heads [mostAnswers]struct { // struct mmsghdr
		unix.Msghdr
		n uint32
	}
	pieces [mostAnswers]unix.Iovec
	from   [mostAnswers]unix.RawSockaddrNetlink
}

// readMany takes what datagrams there are from the kernel, but at least one, and hands them on. Of one that is longer than its room the first message
// ends there.
func (k *Kernel) readMany(f func(datagram []byte)) error {
	if k.slots == nil {
		k.slots = &slots{}
	}
	s := k.slots
	for i := range s.heads {
		s.pieces[i].Base = &k.datagram[i*answerRoom]
		s.pieces[i].SetLen(answerRoom)
		s.heads[i].Msghdr = unix.Msghdr{Name: (*byte)(unsafe.Pointer(&s.from[i])), Namelen: unix.SizeofSockaddrNetlink, Iov: &s.pieces[i]}
		s.heads[i].SetIovlen(1)
	}
	for {
		n, _, errno := unix.Syscall6(unix.SYS_RECVMMSG, uintptr(k.fd), uintptr(unsafe.Pointer(&s.heads[0])), mostAnswers, unix.MSG_DONTWAIT, 0, 0)
		switch {
		case errno == unix.EAGAIN:
			if err := k.poll(unix.POLLIN); err != nil {
				return err
			}
		case errors.Is(errno, unix.EINTR):
		case errno != 0:
			return errno
		default:
			for i := range int(n) {
				s.hand(i, k.datagram[i*answerRoom:], f)
			}
			return nil
		}
	}
}

func (s *slots) hand(i int, b []byte, f func(datagram []byte)) {
	h := &s.heads[i]
	if s.from[i].Pid != nl.PidKernel || h.n < unix.SizeofNlMsghdr {
		return
	}
	if b = b[:min(int(h.n), answerRoom)]; h.Flags&unix.MSG_TRUNC != 0 {
		binary.NativeEndian.PutUint32(b, min(u32(b), uint32(answerRoom)))
	}
	f(b)
}

// gather collects the acknowledgements of n requests that were sent together: nil, or what the kernel said.
func (k *Kernel) gather(first uint32, n int) ([]error, error) {
	answers, left := make([]error, n), n
	for left > 0 {
		err := k.readMany(func(datagram []byte) {
			each(datagram, func(h header, data []byte) {
				k.stats.Messages++
				k.stats.Bytes += int(h.length)
				if i := int64(h.seq) - int64(first); h.typ == unix.NLMSG_ERROR && i >= 0 && i < int64(n) {
					left--
					if a := parseAnswer(h.typ, h.flags, data); a != nil {
						answers[i] = a
					}
				}
			})
		})
		if err != nil {
			return nil, err
		}
	}
	return answers, nil
}
