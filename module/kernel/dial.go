// Package kernel is the only room that speaks netlink: it observes one network namespace (Snapshot) and carries steps out
// (Do), over one NETLINK_ROUTE socket. It plans nothing and knows no document: what it says and understands of a link is
// what the tables of package kind say.
package kernel

import (
	"fmt"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"hostnet-module/module/state"
)

// Kernel is the running kernel, seen from the network namespace in which Dial was called. Its methods may be called from
// several goroutines; they take turns.
type Kernel struct {
	mu       sync.Mutex
	fd       int // of the socket: non-blocking, and not in the runtime's poller, which would wake a thread at each answer
	conf     int // the folder of the settings of IPv6 (state.SysctlFolder); -1: not opened yet
	seq      uint32
	links    *directory      // names and indexes: from the last snapshot, kept up by Do
	fresh    map[string]bool // the links that Do has made
	next     uint32          // the interface index that the next new link is given; 0: the kernel chooses
	singly   bool            // links have turned out not to go in groups
	stats    Stats
	steps    []state.Step    // that are sent together
	about    map[string]bool // the links that they are about
	room     []byte          // for the messages that are made of them
	sent     []byte          // what was sent last
	datagram [1 << 16]byte   // what was received last
	slots    *slots          // for several at a time; nil: not needed yet
}

// Stats counts what went over the socket since Dial.
type Stats struct {
	Dumps    int // dump requests, repeated ones included
	Lookups  int // requests for one link
	Writes   int // requests that modify; the frames of Announce are not counted
	Sends    int // system calls that requests went out by
	Messages int // messages received
	Bytes    int // bytes received, headers included
}

const (
	// timeout bounds the wait for one answer. Deleting a bond with thousands of VLANs takes the kernel half a minute.
	timeout = 120 * time.Second
	// buffer for answers; the kernel doubles it. The default overflows on large dumps.
	receiveBuffer = 4 << 20
)

// Dial opens the socket. It needs no privilege, and neither does Snapshot; the kernel asks for CAP_NET_ADMIN only when
// something is to be changed.
func Dial() (*Kernel, error) {
	fd, err := multicast(unix.NETLINK_ROUTE, 0)
	if err != nil {
		return nil, fmt.Errorf("netlink socket: %w", err)
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_NETLINK, unix.NETLINK_EXT_ACK, 1); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("netlink socket: NETLINK_EXT_ACK: %w", err)
	}
	// The rest is a matter of comfort: kernels before 4.20 know no strict check, without root the buffer is capped.
	_ = unix.SetsockoptInt(fd, unix.SOL_NETLINK, unix.NETLINK_CAP_ACK, 1)
	_ = unix.SetsockoptInt(fd, unix.SOL_NETLINK, unix.NETLINK_GET_STRICT_CHK, 1)
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, receiveBuffer) != nil {
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, receiveBuffer)
	}
	return &Kernel{fd: fd, conf: -1, links: newDirectory(0), fresh: map[string]bool{}, about: map[string]bool{}}, nil
}

// Close closes the socket.
func (k *Kernel) Close() {
	unix.Close(k.fd)
	if k.conf >= 0 {
		unix.Close(k.conf)
	}
}

// Stats returns what has been counted so far.
func (k *Kernel) Stats() Stats {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.stats
}

// Home tells whether the namespace is that of process 1. Who may not look there for want of root is taken to be at home.
func (k *Kernel) Home() bool {
	var first, ours unix.Stat_t
	if unix.Stat("/proc/1/ns/net", &first) != nil || unix.Stat("/proc/thread-self/ns/net", &ours) != nil {
		return unix.Geteuid() != 0 // who may look at nothing changes nothing either; root that may not is shut in somewhere
	}
	return first.Ino == ours.Ino && first.Dev == ours.Dev
}
