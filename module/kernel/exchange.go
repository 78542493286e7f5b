package kernel

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"hostnet-module/module/attr"
)

// The framing and the socket are the library's (nl.NetlinkRequest, nl.NetlinkSocket). Its Execute is not used: it skips the
// echoed request by the length in the request's header, which NETLINK_CAP_ACK cuts to the header alone (a slice out of
// range); it loses the offset of the attribute at fault; and it does not tell an interrupted dump's rows from a sound one's.

// request is one message to the kernel: struct nlmsghdr without length and sequence number, and what follows it.
type request struct {
	typ, flags uint16
	payload    []byte
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

// send writes one request and returns its sequence number. Several may be under way at once: answers come in order.
func (k *Kernel) send(r request) (uint32, error) {
	k.seq++
	m := nl.NetlinkRequest{NlMsghdr: unix.NlMsghdr{Type: r.typ, Flags: r.flags | unix.NLM_F_REQUEST, Seq: k.seq}}
	m.AddRawData(r.payload)
	return k.seq, k.sock.Send(&m)
}

var errInterrupted = errors.New("the dump was interrupted by a change")

// receive collects the answers to one request, until its acknowledgement or the end of its dump.
func (k *Kernel) receive(seq uint32) ([]message, error) {
	var out []message
	interrupted := false
	for {
		batch, from, err := k.sock.Receive()
		if errors.Is(err, unix.EAGAIN) {
			return nil, fmt.Errorf("no answer from the kernel for %s: %w", timeout, unix.ETIMEDOUT)
		}
		if err != nil {
			return nil, err
		}
		if from.Pid != nl.PidKernel {
			continue
		}
		for _, m := range batch {
			k.stats.Messages++
			k.stats.Bytes += int(m.Header.Len)
			if m.Header.Seq != seq {
				continue // left over from a request that was given up
			}
			interrupted = interrupted || m.Header.Flags&unix.NLM_F_DUMP_INTR != 0
			switch m.Header.Type {
			case unix.NLMSG_DONE, unix.NLMSG_ERROR:
				if a := parseAnswer(m.Header.Type, m.Header.Flags, m.Data); a != nil {
					return nil, a
				}
				if interrupted {
					return nil, errInterrupted
				}
				return out, nil
			case unix.NLMSG_NOOP:
			default:
				out = append(out, message{m.Header.Type, m.Data})
			}
		}
	}
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

// dump asks for everything of a type. A dump that a change interrupted is not consistent and is asked for again.
func (k *Kernel) dump(ctx context.Context, what string, typ uint16, payload []byte) ([]message, error) {
	var err error
	for try := range attempts {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if try > 0 {
			time.Sleep(time.Duration(try) * time.Millisecond)
		}
		var out []message
		k.stats.Dumps++
		if out, err = k.ask(request{typ, unix.NLM_F_DUMP, payload}); err == nil {
			return out, nil
		}
		again := errors.Is(err, errInterrupted) || errors.Is(err, unix.ENOBUFS) || errors.Is(err, unix.EBUSY) || errors.Is(err, unix.EINTR)
		if !again {
			return nil, fmt.Errorf("reading %s: %w", what, err)
		}
	}
	return nil, fmt.Errorf("reading %s, %d times: %w", what, attempts, err)
}

func (k *Kernel) ask(r request) ([]message, error) {
	seq, err := k.send(r)
	if err != nil {
		return nil, err
	}
	return k.receive(seq)
}

func align(n int) int { return (n + 3) &^ 3 }
