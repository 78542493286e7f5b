package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// times are what a contender's phases took, round by round.
type times [][phases][]cost

// measure lets the contenders work in turn, each round in another order: who comes after whom changes too, since what one leaves
// to the kernel to do later falls into the next one's time. The first round warms up and does not count.
func (w *host) measure(rounds int) (times, error) {
	t := make(times, len(w.ways))
	for round := range rounds + 1 {
		for i := range w.ways {
			n := turn(i, round, len(w.ways))
			err := w.life(w.ways[n], func(p phase) error {
				c, err := w.do(w.ways[n], p)
				if round > 0 {
					t[n][p] = append(t[n][p], c)
				}
				return err
			})
			if err != nil {
				return nil, err
			}
		}
	}
	return t, nil
}

// turn is whose turn it is, the i-th of a round among so many: each round begins with another, every second one goes backwards.
func turn(i, round, many int) int {
	n := (i + round/2) % many
	if round%2 == 1 {
		n = many - 1 - n
	}
	return n
}

// ratio compares ours with another's in the same phase, round by round: what slows one round of an emulated machine down slows both.
type ratio struct{ low, median, high float64 } // quartiles

func (t times) ratio(other int, p phase, of func(cost) time.Duration) ratio {
	var all []float64
	for i, c := range t[ours][p] {
		all = append(all, float64(of(c))/float64(max(of(t[other][p][i]), 1)))
	}
	slices.Sort(all)
	at := func(part float64) float64 { return all[int(part*float64(len(all)-1)+0.5)] }
	return ratio{at(.25), at(.5), at(.75)}
}

func (t times) median(who int, p phase) time.Duration {
	var all []time.Duration
	for _, c := range t[who][p] {
		all = append(all, c.wall)
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// count is what a phase costs that does not depend on the clock.
type count struct {
	kib             int // most memory held
	calls           int // system calls, of all threads and processes
	sent, received  int // of them, on sockets: in both programs each request is one, each answer takes one or two
	opened, waiting int // files opened; calls that wait for another thread or for time
}

// count carries every phase out twice more: under busybox's time for the memory, under strace for the system calls. What wait4
// says of a child's memory is of no use here: it includes what its parent held when it started the child.
func (w *host) count() ([][phases]count, error) {
	out := make([][phases]count, len(w.ways))
	memory, calls := filepath.Join(w.folder, "memory"), filepath.Join(w.folder, "calls")
	for i, c := range w.ways {
		err := w.life(c, func(p phase) error {
			os.Remove(memory)
			_, err := w.do(c, p, "busybox", "time", "-a", "-o", memory, "-f", "%M")
			if err != nil {
				return err
			}
			data, err := os.ReadFile(memory)
			for _, kib := range strings.Fields(string(data)) {
				n, _ := strconv.Atoi(kib)
				out[i][p].kib = max(out[i][p].kib, n)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
		err = w.life(c, func(p phase) error {
			os.Remove(calls)
			if _, err := w.do(c, p, "strace", "-f", "-A", "-c", "-U", "calls,name", "-o", calls); err != nil {
				return err
			}
			data, err := os.ReadFile(calls)
			out[i][p].add(data)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// add reads strace's table, one or several.
func (c *count) add(table []byte) {
	for line := range bytes.Lines(table) {
		var n int
		var name string
		if _, err := fmt.Sscan(string(line), &n, &name); err != nil || name == "total" {
			continue
		}
		c.calls += n
		switch name {
		case "sendto", "sendmsg":
			c.sent += n
		case "recvfrom", "recvmsg", "recvmmsg":
			c.received += n
		case "open", "openat":
			c.opened += n
		case "futex", "nanosleep", "epoll_pwait", "sched_yield", "tgkill":
			c.waiting += n
		}
	}
}
