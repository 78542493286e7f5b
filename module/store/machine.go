package store

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// What records must say of the machine and of processes to be understood by a later one.

// Lasting is where files live that shall outlive a boot.
const Lasting = "/var/lib/hostnet"

// Boot identifies this boot of the kernel (random(4): boot_id); "" if /proc does not say.
func Boot() string {
	id, _ := ReadFile("/proc/sys/kernel/random/boot_id")
	return strings.TrimSpace(string(id))
}

// Uptime is how long the kernel has been up, by a clock that nobody sets (proc(5): uptime); 0 if /proc does not say.
func Uptime() time.Duration {
	text, _ := ReadFile("/proc/uptime")
	seconds, _, _ := strings.Cut(string(text), " ")
	up, _ := strconv.ParseFloat(seconds, 64)
	return time.Duration(up * float64(time.Second))
}

// Process is one process, told from a later one of the same number by the time of its start.
type Process struct {
	PID   int    `json:"pid"`
	Start uint64 `json:"start"` // ticks after boot (proc(5): stat, field 22)
}

// Of is the process of a number, as it runs now.
func Of(pid int) Process { return Process{pid, started(pid)} }

// Self is this process.
func Self() Process { return Of(os.Getpid()) }

// Alive tells whether the process still runs.
func (p Process) Alive() bool { return p.PID > 0 && p.Start > 0 && started(p.PID) == p.Start }

// started is 0 if there is no such process, or only what is left of it until its parent has asked (Z).
func started(pid int) uint64 {
	stat, _ := ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:])) // the name before it may hold anything, brackets too
	if len(fields) < 20 || fields[0] == "Z" || fields[0] == "X" {
		return 0
	}
	ticks, _ := strconv.ParseUint(fields[19], 10, 64)
	return ticks
}
