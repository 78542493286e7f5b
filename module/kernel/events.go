package kernel

import (
	"context"
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// Events tells that something has happened to a link: the kernel says so, or udev that it is done with a device. What it was is
// not told: look.
type Events struct {
	links, udev int // sockets; udev is -1 where there is none to be had
	stop        *os.File
	stopped     *os.File
	release     func() bool
}

// groupUDEV is the multicast group of uevents that udev has dealt with (systemd: src/libsystemd/sd-device/device-monitor.c).
const groupUDEV = 2

// Listen begins to take events; Wait returns early when the context ends.
func Listen(ctx context.Context) (*Events, error) {
	e := &Events{udev: -1}
	var err error
	if e.links, err = multicast(unix.NETLINK_ROUTE, 1<<(unix.RTNLGRP_LINK-1)); err != nil {
		return nil, err
	}
	// Without udev's word Wait still ends in time, only later.
	if fd, err := multicast(unix.NETLINK_KOBJECT_UEVENT, groupUDEV); err == nil {
		e.udev = fd
	}
	if e.stopped, e.stop, err = os.Pipe(); err != nil {
		unix.Close(e.links)
		return nil, err
	}
	e.release = context.AfterFunc(ctx, func() { e.stop.Close() })
	return e, nil
}

// multicast opens a netlink socket that does not wait, in some groups.
func multicast(protocol int, groups uint32) (int, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, protocol)
	if err != nil {
		return -1, err
	}
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: groups}); err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// Wait returns after the next event, or at the end.
func (e *Events) Wait(end time.Time) error {
	fds := []unix.PollFd{{Fd: int32(e.links), Events: unix.POLLIN}, {Fd: int32(e.stopped.Fd()), Events: unix.POLLIN}}
	if e.udev >= 0 {
		fds = append(fds, unix.PollFd{Fd: int32(e.udev), Events: unix.POLLIN})
	}
	left := time.Until(end)
	if left <= 0 {
		return nil
	}
	_, err := unix.Poll(fds, int(left.Milliseconds())+1)
	if err != nil && !errors.Is(err, unix.EINTR) {
		return err
	}
	var buffer [64]byte // nobody looks at what is told
	for _, fd := range []int{e.links, e.udev} {
		// All that has been told until now; too much (ENOBUFS) is a reason to look, too.
		for err := error(nil); fd >= 0 && (err == nil || errors.Is(err, unix.ENOBUFS)); {
			_, _, err = unix.Recvfrom(fd, buffer[:], 0)
		}
	}
	return nil
}

// Close ends it.
func (e *Events) Close() {
	unix.Close(e.links)
	if e.udev >= 0 {
		unix.Close(e.udev)
	}
	if e.release() {
		e.stop.Close()
	}
	e.stopped.Close()
}
