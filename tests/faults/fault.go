//go:build lab

package faults

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"golang.org/x/sys/unix"
)

// way is how a request goes wrong.
type way string

const (
	fine    way = ""                   // it does not: all are counted
	refused way = "refused"            // the kernel answers with an error
	before  way = "killed before"      // the program is killed, the request was never made
	after   way = "killed right after" // the kernel has carried it out, the program never learns
	held    way = "held before"        // it does not go wrong, but something happens meanwhile
)

// fault is where and how a run goes wrong: at its n-th change, from 0.
type fault struct {
	n         int
	way       way
	meanwhile func(pid int) // what happens while the program is held
	note      func()        // told that the fault has come about; may be nil
}

func (f fault) String() string { return fmt.Sprintf("%s at change %d", f.way, f.n) }

// ended is what is left of a run.
type ended struct {
	result result
	seen   []event // the changes up to the fault
	struck bool    // the fault has come about
	text   string  // standard output and error
	exit   int
}

// result is what the program prints.
type result struct {
	Changed, Failed bool
	Msg             string
	Problems        []struct{ Path, Message string }
	Warnings        []string
	Steps           []string
	RolledBack      bool     `json:"rolled_back"`
	NotRestored     []string `json:"not_restored"`
	Recovered       []struct {
		Action, Found string
		Steps         []string
		NotRestored   []string `json:"not_restored"`
	}
}

// run runs the program in the namespace with one fault.
func (s *space) run(f fault, document string, argv ...string) (e ended) {
	cmd := exec.Command(argv[0], argv[1:]...)
	var out bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(document), &out, &out
	e = s.watched(f, cmd)
	e.text, e.exit = out.String(), cmd.ProcessState.ExitCode()
	_ = json.Unmarshal(out.Bytes(), &e.result)
	return e
}

// watched runs programs at once, under one filter, until all have ended.
func (s *space) watched(f fault, cmds ...*exec.Cmd) (e ended) {
	s.t.Helper()
	s.thread(func() error {
		listener, err := filter()
		if err != nil {
			return err
		}
		defer unix.Close(listener)
		self := uint32(unix.Gettid())
		done := make(chan struct{})
		go func() {
			defer close(done)
			e.watch(listener, self, f)
		}()
		for _, cmd := range cmds {
			if err = cmd.Start(); err != nil {
				break
			}
		}
		for _, cmd := range cmds {
			_ = cmd.Wait()
		}
		// The thread itself is under the filter, and only its end would end the watch: a call of none tells it.
		_ = unix.Fsync(-1)
		<-done
		return err
	})
	return e
}

// watch answers the calls of programs until they have ended.
func (e *ended) watch(listener int, self uint32, f fault) {
	known := map[int]int{} // processes, and what stands for them
	for {
		c, ok := next(listener)
		if !ok {
			return
		}
		if c.PID == self { // the thread that has started them
			give(listener, answer{ID: c.ID, Flags: goOn})
			if c.NR == unix.SYS_FSYNC {
				break
			}
			continue
		}
		pid := process(c.PID)
		if _, ok := known[pid]; !ok {
			known[pid], _ = unix.PidfdOpen(pid, 0)
		}
		e.judge(listener, pid, c, events(known[pid], c), f)
	}
	for _, fd := range known {
		unix.Close(fd)
	}
}

// process is the one that a thread belongs to.
func process(thread uint32) (pid int) {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", thread))
	_, rest, _ := strings.Cut(string(status), "Tgid:")
	_, _ = fmt.Sscan(rest, &pid)
	return pid
}

// judge lets a call pass or makes it the fault.
func (e *ended) judge(listener, pid int, c call, list []event, f fault) {
	defer func() {
		if len(list) > 0 && list[0].fd > 0 {
			unix.Close(list[0].fd)
		}
	}()
	for _, ev := range list {
		n := len(e.seen)
		ev.pid = pid
		e.seen = append(e.seen, ev)
		if n != f.n || f.way == fine {
			continue
		}
		e.struck = true
		if f.note != nil {
			f.note()
		}
		switch {
		case f.way == held:
			f.meanwhile(pid)
			continue
		case f.way == refused && ev.sysctl:
			give(listener, answer{ID: c.ID, Error: -int32(unix.EACCES)}) // as where /proc/sys is read-only
		case f.way == refused && !ev.request:
			give(listener, answer{ID: c.ID, Error: -int32(unix.EIO)})
		case f.way == refused:
			spoiled := bytes.Clone(ev.data)
			binary.NativeEndian.PutUint16(spoiled[ev.from+4:], 0x7ff0) // a type that no kernel knows: it is the kernel that says so
			give(listener, pass(ev.fd, c.ID, spoiled))
		default:
			end := ev.from
			if f.way == after {
				end = ev.to
			}
			if end > 0 && ev.fd > 0 {
				pass(ev.fd, c.ID, ev.data[:end])
			}
			_ = unix.Kill(pid, unix.SIGKILL)
		}
		return
	}
	give(listener, answer{ID: c.ID, Flags: goOn})
}

// pass sends other data in the program's place, and tells what has become of it.
func pass(fd int, id uint64, data []byte) answer {
	err := unix.Sendto(fd, data, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK})
	if errno, ok := err.(unix.Errno); ok {
		return answer{ID: id, Error: -int32(errno)}
	}
	return answer{ID: id, Value: int64(len(data))}
}
