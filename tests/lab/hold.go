package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// holdTime is how long a link is waited for.
const holdTime = 3 * time.Minute

// hold is the subcommand `lab hold LINK PROGRAM`, for inside a machine: it stops PROGRAM (SIGSTOP) as soon as LINK is there.
// However slow the machine is, PROGRAM does no more than the request that made the link: all processes are put on one CPU, and
// this one is ahead of them there, so that the kernel's word of the new link is the next thing that anybody hears. It says
// "listening" when PROGRAM may start, and "stopped PID" in the end.
func hold(args []string) (int, error) {
	if len(args) != 2 || os.Getenv("HOSTNET_LAB") == "" && !exists(orderFile) {
		return 2, errors.New("hold: LINK PROGRAM, and only inside the lab's machine")
	}
	// The thread that listens is the one that is ahead: dispatch runs on the main thread and stays there.
	one, all := unix.CPUSet{}, unix.CPUSet{}
	one.Set(0)
	for cpu := range runtime.NumCPU() {
		all.Set(cpu)
	}
	pin(one)
	defer pin(all)
	if err := unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_FIFO, Priority: 10}, 0); err != nil {
		return 1, fmt.Errorf("hold: %w", err)
	}
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return 1, fmt.Errorf("hold: %w", err)
	}
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: unix.RTMGRP_LINK}); err != nil {
		return 1, fmt.Errorf("hold: %w", err)
	}
	timeout := unix.NsecToTimeval(holdTime.Nanoseconds())
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &timeout); err != nil {
		return 1, fmt.Errorf("hold: %w", err)
	}
	fmt.Println("listening")
	for buf := make([]byte, 1<<16); ; {
		n, _, err := unix.Recvfrom(fd, buf, 0)
		if err == unix.EINTR || err == unix.ENOBUFS {
			continue
		}
		if err != nil {
			return 1, fmt.Errorf("hold: no link %s: %w", args[0], err)
		}
		if !announces(buf[:n], args[0]) {
			continue
		}
		pids := processes(args[1])
		if len(pids) == 0 {
			return 1, fmt.Errorf("hold: %s is there, and no %s runs", args[0], args[1])
		}
		for _, pid := range pids {
			if err := unix.Kill(pid, unix.SIGSTOP); err != nil {
				return 1, fmt.Errorf("hold: %w", err)
			}
		}
		fmt.Println("stopped", pids[0])
		return 0, nil
	}
}

// pin puts every thread of the machine, and so all that they start, on these CPUs. Those of the kernel do as they like.
func pin(cpus unix.CPUSet) {
	tasks, _ := filepath.Glob("/proc/[0-9]*/task/[0-9]*")
	for _, task := range tasks {
		if tid, err := strconv.Atoi(filepath.Base(task)); err == nil {
			unix.SchedSetaffinity(tid, &cpus)
		}
	}
}

// announces tells whether a message says that the link of this name is there.
func announces(data []byte, name string) bool {
	msgs, _ := syscall.ParseNetlinkMessage(data)
	for i := range msgs {
		if msgs[i].Header.Type != unix.RTM_NEWLINK {
			continue
		}
		attrs, _ := syscall.ParseNetlinkRouteAttr(&msgs[i])
		for _, a := range attrs {
			if a.Attr.Type == unix.IFLA_IFNAME && strings.TrimRight(string(a.Value), "\x00") == name {
				return true
			}
		}
	}
	return false
}

// processes are those whose program has this base name.
func processes(program string) (pids []int) {
	exes, _ := filepath.Glob("/proc/[0-9]*/exe")
	for _, exe := range exes {
		path, err := os.Readlink(exe)
		if pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(exe))); err == nil && filepath.Base(path) == program {
			pids = append(pids, pid)
		}
	}
	return pids
}
