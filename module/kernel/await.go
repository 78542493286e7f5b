package kernel

import (
	"context"
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"hostnet-module/module/state"
)

// Watch begins to listen for changes of links and addresses in the namespace. next waits for one since its last call, or since the
// beginning, and takes in all that has been told until then; its error is the context's, or the socket's.
func (k *Kernel) Watch() (next func(context.Context) error, stop func(), err error) {
	fd, err := multicast(unix.NETLINK_ROUTE, 1<<(unix.RTNLGRP_LINK-1)|1<<(unix.RTNLGRP_IPV4_IFADDR-1)|1<<(unix.RTNLGRP_IPV6_IFADDR-1))
	if err != nil {
		return nil, nil, os.NewSyscallError("netlink socket", err)
	}
	w := &watch{fd: fd}
	return w.next, w.stop, nil
}

type watch struct {
	f  *os.File // owns the descriptor, once something is waited for: most runs wait for nothing, and need no poller
	fd int
}

func (w *watch) stop() {
	if w.f == nil {
		unix.Close(w.fd)
		return
	}
	w.f.Close()
}

func (w *watch) next(ctx context.Context) error {
	if w.f == nil {
		w.f = os.NewFile(uintptr(w.fd), "netlink socket")
	}
	var buffer [512]byte // what it says is not looked at
	_, err := readUntil(ctx, w.f, buffer[:])
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil && !errors.Is(err, unix.ENOBUFS) { // more than the socket holds is a change, too
		return err
	}
	for err = nil; err == nil || errors.Is(err, unix.ENOBUFS); {
		_, _, err = unix.Recvfrom(w.fd, buffer[:], 0)
	}
	return nil
}

// readUntil reads from a socket that waits without a thread, until the context ends.
func readUntil(ctx context.Context, f *os.File, b []byte) (int, error) {
	for {
		_ = f.SetReadDeadline(time.Time{})
		stop := context.AfterFunc(ctx, func() { _ = f.SetReadDeadline(time.Unix(1, 0)) })
		n, err := f.Read(b)
		stop()
		if !errors.Is(err, os.ErrDeadlineExceeded) || ctx.Err() != nil { // else it was an earlier context that ended just now
			return n, err
		}
	}
}

// await waits until a link has carrier: for a bridge that is when one of its ports forwards. It looks, and then looks again at
// each event that the kernel tells of. That a link has none at the end is no error: the cable may be out.
func (k *Kernel) await(ctx context.Context, s state.Step) error {
	next, stop, err := k.Watch()
	if err != nil {
		return err
	}
	defer stop()
	most, cancel := context.WithTimeout(ctx, state.AwaitMost)
	defer cancel()
	for {
		l, err := k.lookup(s.Link)
		if err != nil || l.Seen.Carrier {
			return err
		}
		if next(most) != nil {
			return ctx.Err()
		}
	}
}
