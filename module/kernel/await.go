package kernel

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sys/unix"

	"hostnet-module/module/state"
)

// awaitMost bounds how long one Await waits: the kernel's link watch acts at most once a second (net/core/link_watch.c), and a
// NIC that was taken down for a moment negotiates with its switch for up to four.
const awaitMost = 5 * time.Second

// await waits until a link has carrier: for a bridge that is when one of its ports forwards. It looks, and then looks again at
// each event that the kernel tells of any link. That a link has none at the end is no error: the cable may be out.
func (k *Kernel) await(ctx context.Context, s state.Step) error {
	events, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_ROUTE)
	if err != nil {
		return err
	}
	defer unix.Close(events)
	if err := unix.Bind(events, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: 1 << (unix.RTNLGRP_LINK - 1)}); err != nil {
		return err
	}
	buffer := make([]byte, 1<<16)
	for end := time.Now().Add(awaitMost); ctx.Err() == nil; {
		l, err := k.lookup(s.Link)
		if err != nil || l.Seen.Carrier {
			return err
		}
		left := time.Until(end)
		if left <= 0 {
			return nil
		}
		_, err = unix.Poll([]unix.PollFd{{Fd: int32(events), Events: unix.POLLIN}}, int(left.Milliseconds())+1)
		if err != nil && !errors.Is(err, unix.EINTR) {
			return err
		}
		for err = nil; err == nil || errors.Is(err, unix.ENOBUFS); { // all that has been told until now; too much is a reason to look, too
			_, _, err = unix.Recvfrom(events, buffer, 0)
		}
	}
	return ctx.Err()
}
