package kernel

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"syscall"
	"time"
	"unsafe"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"hostnet-module/module/attr"
	"hostnet-module/module/state"
)

// Of the library (nl) nothing sends or receives here. NetlinkRequest makes a buffer of its own for each message. Its Execute
// skips the echoed request by the length in the request's header, which NETLINK_CAP_ACK cuts to the header alone (a slice out of
// range); it loses the offset of the attribute at fault; and it does not tell an interrupted dump's rows from a sound one's.
// The library's Receive makes 64 KiB of garbage for each answer, and its Send takes one message.

// request is one message to the kernel: struct nlmsghdr without length and sequence number, and what follows it.
type request struct {
	typ, flags uint16
	payload    []byte
}

// appendTo writes the request: struct nlmsghdr (length, type, flags, sequence number, port: 0, the socket's own), what follows it, and what
// aligns the next one.
func (r request) appendTo(b []byte, seq uint32) []byte {
	length := unix.SizeofNlMsghdr + len(r.payload)
	b = binary.NativeEndian.AppendUint32(b, uint32(length))
	b = binary.NativeEndian.AppendUint16(b, r.typ)
	b = binary.NativeEndian.AppendUint16(b, r.flags|unix.NLM_F_REQUEST)
	b = binary.NativeEndian.AppendUint32(b, seq)
	b = binary.NativeEndian.AppendUint32(b, 0)
	b = append(b, r.payload...)
	return append(b, make([]byte, align(length)-length)...)
}

// message is one answer.
type message struct {
	typ  uint16
	data []byte
}

// answer is the kernel's refusal: NLMSG_ERROR, or an NLMSG_DONE with an error in it.
type answer struct {
	errno  syscall.Errno
	text   string // NLMSGERR_ATTR_MSG
	offset int    // NLMSGERR_ATTR_OFFS: of the attribute at fault, from the start of the message; 0: not said
}

func (a *answer) Error() string {
	if a.text == "" {
		return a.errno.Error()
	}
	return a.errno.Error() + ": " + a.text
}

func (a *answer) Unwrap() error { return a.errno }

// send writes requests as one datagram and returns the first one's sequence number; those of the others follow it. The kernel
// takes them in order, and does not stop at one that it refuses. Answers come in order.
func (k *Kernel) send(requests ...request) (first uint32, err error) {
	first = k.seq + 1
	k.sent = k.sent[:0]
	for _, r := range requests {
		k.seq++
		k.sent = r.appendTo(k.sent, k.seq)
	}
	k.stats.Sends++
	for {
		err = unix.Sendto(k.fd, k.sent, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK})
		switch {
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EAGAIN):
			if err := k.poll(unix.POLLOUT); err != nil {
				return first, err
			}
		default:
			return first, err
		}
	}
}

// read takes one datagram from the kernel. The next one overwrites it.
func (k *Kernel) read() ([]byte, error) {
	for {
		n, sender, err := k.receiveNow()
		if errors.Is(err, unix.EAGAIN) {
			err = k.poll(unix.POLLIN)
			if err == nil {
				continue
			}
		}
		switch {
		case errors.Is(err, unix.EINTR), err == nil && sender != nl.PidKernel:
		case err != nil:
			return nil, err
		case n > len(k.datagram):
			return nil, fmt.Errorf("an answer of %d bytes: %w", n, unix.EMSGSIZE)
		default:
			return k.datagram[:n], nil
		}
	}
}

// receiveNow takes one datagram if there is one, and says which process has sent it. The socket never blocks, so Go's scheduler need not be told of
// the call: of a long dump each part takes the kernel longer than a scheduler waits before it gives the thread's place away,
// and to get that back for each of a thousand parts costs a fifth of a run.
func (k *Kernel) receiveNow() (n int, sender uint32, err error) {
	var from unix.RawSockaddrNetlink
	size := uint32(unix.SizeofSockaddrNetlink)
	got, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(k.fd), uintptr(unsafe.Pointer(&k.datagram[0])), uintptr(len(k.datagram)), unix.MSG_TRUNC,
		uintptr(unsafe.Pointer(&from)), uintptr(unsafe.Pointer(&size)))
	if errno != 0 {
		return 0, 0, errno
	}
	if size != unix.SizeofSockaddrNetlink || from.Family != unix.AF_NETLINK {
		return 0, 1, nil // nobody's: no process that sends on netlink is asked
	}
	return int(got), from.Pid, nil
}

// poll waits until the socket can be read or written.
func (k *Kernel) poll(events int16) error {
	for {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(k.fd), Events: events}}, int(timeout.Milliseconds()))
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return err
		case n == 0:
			return fmt.Errorf("no answer from the kernel for %s: %w", timeout, unix.ETIMEDOUT)
		default:
			return nil
		}
	}
}

// header is struct nlmsghdr, without the process that the answer is for.
type header struct {
	length     uint32
	typ, flags uint16
	seq        uint32
}

// each calls f for the messages of a datagram.
func each(datagram []byte, f func(h header, data []byte)) {
	for at := 0; at+unix.SizeofNlMsghdr <= len(datagram); {
		b := datagram[at:]
		h := header{u32(b), u16(b[4:]), u16(b[6:]), u32(b[8:])}
		if h.length < unix.SizeofNlMsghdr || int64(h.length) > int64(len(b)) {
			return
		}
		f(h, b[unix.SizeofNlMsghdr:h.length])
		at += align(int(h.length))
	}
}

// receive hands on the answers to one request, until its acknowledgement or the end of its dump. What f is given is overwritten by
// the next datagram; f may be nil. On an error nothing that it was given counts.
func (k *Kernel) receive(seq uint32, f func(message)) (err error) {
	interrupted, done := false, false
	for !done {
		datagram, failed := k.read()
		if failed != nil {
			return failed
		}
		each(datagram, func(h header, data []byte) {
			k.stats.Messages++
			k.stats.Bytes += int(h.length)
			if h.seq != seq {
				return // left over from a request that was given up
			}
			interrupted = interrupted || h.flags&unix.NLM_F_DUMP_INTR != 0
			switch h.typ {
			case unix.NLMSG_DONE, unix.NLMSG_ERROR:
				done = true
				if a := parseAnswer(h.typ, h.flags, data); a != nil {
					err = a
				}
			case unix.NLMSG_NOOP:
			default:
				if f != nil {
					f(message{h.typ, data})
				}
			}
		})
	}
	if err == nil && interrupted {
		err = state.ErrUnsteady
	}
	return err
}

// parseAnswer reads struct nlmsgerr (netlink(7), linux/netlink.h) or the end of a dump; nil is success.
func parseAnswer(typ, flags uint16, p []byte) *answer {
	if len(p) < 4 {
		return nil
	}
	errno := int32(binary.NativeEndian.Uint32(p))
	if errno >= 0 {
		return nil
	}
	a := &answer{errno: syscall.Errno(-errno)}
	rest := p[4:]
	if typ == unix.NLMSG_ERROR {
		if len(rest) < unix.SizeofNlMsghdr {
			return a
		}
		echoed := unix.SizeofNlMsghdr
		if flags&unix.NLM_F_CAPPED == 0 {
			echoed = align(int(binary.NativeEndian.Uint32(rest)))
		}
		if echoed < 0 || echoed > len(rest) {
			return a
		}
		rest = rest[echoed:]
	}
	if flags&unix.NLM_F_ACK_TLVS == 0 {
		return a
	}
	attr.Walk(rest, func(num uint16, payload []byte) {
		switch {
		case num == unix.NLMSGERR_ATTR_MSG:
			a.text = text(payload)
		case num == unix.NLMSGERR_ATTR_OFFS && len(payload) >= 4:
			a.offset = int(binary.NativeEndian.Uint32(payload))
		}
	})
	return a
}

// A dump beside a busy writer is interrupted one time in six (measured), so this many in a row means that it never ends.
const attempts = 20

// reader makes something of the messages of a dump, one by one. What a message holds is not there any more after take.
type reader interface {
	begin() // what was taken until now does not count
	take(message)
}

// dump asks for everything of a type. A dump that a change interrupted is not consistent and is asked for again.
func (k *Kernel) dump(ctx context.Context, what string, typ uint16, payload []byte, into reader) (err error) {
	for try := range attempts {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if try > 0 {
			time.Sleep(time.Duration(try) * time.Millisecond)
		}
		k.stats.Dumps++
		into.begin()
		if err = k.ask(request{typ, unix.NLM_F_DUMP, payload}, into.take); err == nil {
			return nil
		}
		if !transient(err) {
			return fmt.Errorf("reading %s: %w", what, err)
		}
	}
	return fmt.Errorf("reading %s, %d times: %w", what, attempts, err)
}

// transient tells whether the same dump may succeed when it is asked for once more.
func transient(err error) bool {
	return errors.Is(err, state.ErrUnsteady) || errors.Is(err, unix.ENOBUFS) || errors.Is(err, unix.EBUSY) || errors.Is(err, unix.EINTR)
}

// ask sends a request and hands on what is answered, beside its acknowledgement.
func (k *Kernel) ask(r request, f func(message)) error {
	seq, err := k.send(r)
	if err != nil {
		return err
	}
	return k.receive(seq, f)
}

func align(n int) int { return (n + 3) &^ 3 }
