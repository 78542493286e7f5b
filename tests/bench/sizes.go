package main

import (
	"encoding/gob"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// act is a part of the life of a host with n segments, each on what the one before has left.
type act int

const (
	actCreate act = iota
	actAgain
	actAdd
	actChange
	actRemove
	actTeardown
	acts
)

func (a act) String() string {
	return [...]string{"create", "no-op", "add one", "change one", "remove one", "teardown"}[a]
}

// way is one way to live that life: a command for each act; nil: it has none.
type way struct {
	name string
	does [acts][]string
}

const lookCommand = "ip -d -j link; ip -j addr; ip -j route"

// ways are what is compared at a size. The batches are the usual four lines a segment; the floor is for the creations and the looks.
func ways(self string) []way {
	batch := func(file string) []string { return []string{"ip", "-batch", file} }
	floor := func(file string) [acts][]string {
		return [acts][]string{actCreate: {self, "--replay", file}, actAgain: {self, "--look"}, actTeardown: batch("batch-gone")}
	}
	return []way{
		{"hostnet-module", life("hostnet-module", "kernel")},
		{"hostnet-module, dumb", life("hostnet-module", "dumb")},
		{"ip -batch", [acts][]string{batch("batch"), {"sh", "-c", lookCommand}, batch("batch+1"), batch("batch-change"), batch("batch-1"), batch("batch-gone")}},
		{"replay", floor("floor")},
		{"replay, dumb", floor("floor-dumb")},
	}
}

// sizeFiles writes what the commands read.
func (w *host) sizeFiles(n int) error {
	texts := map[string]string{}
	ours := func(name, ids, more string) {
		texts[name] = "bonds: [{name: bond0, mode: active-backup, miimon: 100, members: [eth0, eth1]}]\n" +
			fmt.Sprintf("segments:\n  - {ids: %s, parent: bond0, bridge: \"vlan{id}\"%s}\n", ids, more)
	}
	for kind, more := range map[string]string{"kernel": ", host_access: true", "dumb": ""} {
		all := fmt.Sprintf("1-%d", n)
		ours(kind, all, more)
		ours(kind+"+1", fmt.Sprintf("1-%d", n+1), more)
		texts[kind+"+change"] = fmt.Sprintf("bridges: [{name: vlan%d, priority: 4096}]\n", n+1)
		texts[kind+"-1"] = fmt.Sprintf("segments: [{id: %d, parent: bond0, bridge: vlan%[1]d, state: absent}]\n", n+1)
	}
	ours("gone", fmt.Sprintf("1-%d", n), "")
	texts["gone"] = "state: absent\n" + texts["gone"]
	line := func(id int) string {
		return fmt.Sprintf("link add link bond0 name bond0.%d type vlan id %[1]d\nlink add vlan%[1]d type bridge\nlink set bond0.%[1]d master vlan%[1]d up\nlink set vlan%[1]d up\n", id)
	}
	create := "link add bond0 type bond mode active-backup miimon 100\nlink set eth0 down\nlink set eth0 master bond0\nlink set eth1 down\nlink set eth1 master bond0\nlink set bond0 up\n"
	var batch, gone strings.Builder
	batch.WriteString(create)
	for id := 1; id <= n; id++ {
		batch.WriteString(line(id))
		fmt.Fprintf(&gone, "link del vlan%d\n", id)
	}
	texts["batch"], texts["batch+1"], texts["batch-gone"] = batch.String(), line(n+1), gone.String()+"link del bond0\n"
	texts["batch-change"] = fmt.Sprintf("link set vlan%d type bridge priority 4096\n", n+1)
	texts["batch-1"] = fmt.Sprintf("link del vlan%d\nlink del bond0.%[1]d\n", n+1)
	for name, text := range texts {
		if err := os.WriteFile(filepath.Join(w.folder, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	for name, dumb := range map[string]bool{"floor": false, "floor-dumb": true} {
		if err := w.floorFile(name, n, dumb); err != nil {
			return err
		}
	}
	return nil
}

func (w *host) floorFile(name string, n int, dumb bool) error {
	var nics [2]int
	var mac [6]byte
	for i, nic := range []string{"eth0", "eth1"} {
		link, err := net.InterfaceByName(nic)
		if err != nil {
			return err
		}
		nics[i] = link.Index
		if i == 0 {
			copy(mac[:], link.HardwareAddr)
		}
	}
	f, err := os.Create(filepath.Join(w.folder, name))
	if err != nil {
		return err
	}
	defer f.Close()
	return gob.NewEncoder(f).Encode(floorOf(n, dumb, mac, nics))
}

// figure is what one act of one way costs at one size: medians of all rounds.
type figure struct {
	N        int
	Way      string
	Act      string
	Wall     float64 // ms
	User     float64 // ms
	System   float64 // ms
	KiB      int     `json:",omitempty"`
	Calls    int     `json:",omitempty"`
	Sent     int     `json:",omitempty"` // bytes on sockets
	Received int     `json:",omitempty"`
}

// sizes measures the ways at some sizes, in turn.
func (w *host) sizes(list []int, rounds int, tell func(figure)) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	for _, n := range list {
		if err := w.sizeFiles(n); err != nil {
			return err
		}
		others, err := w.here(n)
		if err != nil {
			return err
		}
		own := ways(self)
		all := slices.Concat(own, others)
		samples := make([][acts][]cost, len(all))
		for round := range rounds {
			for i := range all {
				i = turn(i, round, len(all))
				if i >= len(own) && n > mostOften && len(samples[i][actCreate]) > 0 {
					continue
				}
				err := w.warm(all[i], n, i < len(own))
				if err == nil {
					err = w.liveOnce(all[i], n, &samples[i])
				}
				if err != nil && i < len(own) {
					return fmt.Errorf("%d segments: %w", n, err)
				}
				if err != nil {
					fmt.Fprintf(os.Stderr, "%d segments: %s has failed: %v\n", n, all[i].name, err)
				}
				if i >= len(own) {
					if err := w.clear(); err != nil {
						return err
					}
				}
			}
		}
		for i, c := range all {
			var counts [acts]figure
			if i < len(own) {
				if counts, err = w.counts(c, n); err != nil {
					return err
				}
			}
			for a := range acts {
				if len(samples[i][a]) > 0 {
					f := counts[a]
					f.N, f.Way, f.Act = n, c.name, a.String()
					for _, s := range samples[i][a] {
						f.KiB = max(f.KiB, s.kib)
					}
					f.Wall, f.User, f.System = median(samples[i][a], wall), median(samples[i][a], func(c cost) time.Duration { return c.user }), median(samples[i][a], func(c cost) time.Duration { return c.cpu - c.user })
					tell(f)
				}
			}
		}
	}
	return nil
}

// warm lives a small host's life once before it counts: what came in between has driven the program out of the emulator's memory of code
// that it has translated, and translating it again takes longer than such a life. Larger hosts, and other managers, do not feel it.
func (w *host) warm(c way, n int, own bool) error {
	if !own || n > mostWarmed {
		return nil
	}
	var ignored [acts][]cost
	c.name += ", warming up"
	return w.liveOnce(c, n, &ignored)
}

// clear takes away what another manager has left.
func (w *host) clear() error {
	_, err := w.run([]string{"sh", "-c", `for kind in bridge vlan bond; do
  ip -o link show type $kind | sed 's/^[0-9]*: \([^:@]*\).*/link del \1/' | ip -force -batch -; done; true`})
	return err
}

// liveOnce lives a life, and says so: at the large sizes each act takes minutes. Where no life is spent on counting, the memory is
// measured here, by a program more, which is nothing beside the time that such an act takes.
func (w *host) liveOnce(c way, n int, into *[acts][]cost) error {
	if err := w.bare(); err != nil {
		return err
	}
	time.Sleep(time.Second + time.Duration(n)*5*time.Millisecond) // the kernel is still busy with what the last one has taken away
	for a := range acts {
		if c.does[a] == nil {
			continue
		}
		memory, wrapper := filepath.Join(w.folder, "memory"), []string(nil)
		if n > mostCounted {
			wrapper = weighing(memory)
		}
		took, err := w.run(c.does[a], wrapper...)
		if err != nil {
			return fmt.Errorf("%s: %s: %w", c.name, a, err)
		}
		if n > mostCounted {
			took.kib = number(memory)
		}
		fmt.Fprintf(os.Stderr, "%d segments: %s: %s: %s\n", n, c.name, a, took.wall.Round(time.Millisecond))
		into[a] = append(into[a], took)
	}
	return nil
}

// weighing wraps a command so that the most memory it has held, in KiB, is written to a file.
func weighing(file string) []string { return []string{"busybox", "time", "-o", file, "-f", "%M"} }

// number reads the number that a file begins with; 0 if there is none.
func number(name string) (n int) {
	if data, err := os.ReadFile(name); err == nil {
		_, _ = fmt.Sscan(string(data), &n)
	}
	return n
}

func median(costs []cost, of func(cost) time.Duration) float64 {
	var all []float64
	for _, c := range costs {
		all = append(all, float64(of(c).Microseconds())/1000)
	}
	slices.Sort(all)
	return (all[(len(all)-1)/2] + all[len(all)/2]) / 2
}

// mostCounted is the largest size at which memory is measured and system calls are counted, in two more lives: it takes long.
var mostCounted = 1024

// mostOften is the largest size at which other managers live as often as the rest: above it they take minutes for one life, and live it
// once. One that fails tries again in the next round. mostWarmed is the largest size at which our own lives are warmed up.
const mostOften, mostWarmed = 3, 16

// counts lives the life twice more: for the memory, and under strace for the system calls and what went over sockets.
func (w *host) counts(c way, n int) (out [acts]figure, err error) {
	memory, trace := filepath.Join(w.folder, "memory"), filepath.Join(w.folder, "trace")
	for _, counted := range []bool{false, true} {
		if n > mostCounted {
			break
		}
		if err := w.bare(); err != nil {
			return out, err
		}
		for a := range acts {
			if c.does[a] == nil {
				continue
			}
			wrapper := weighing(memory)
			if counted {
				wrapper = []string{"strace", "-f", "-qq", "-s", "0", "-e", "abbrev=!recvmmsg", "-o", trace}
			}
			if _, err := w.run(c.does[a], wrapper...); err != nil {
				return out, err
			}
			if counted {
				out[a].count(trace)
			} else {
				out[a].KiB = number(memory)
			}
		}
	}
	return out, nil
}

// count reads a trace: one line a call, with what it returned.
func (f *figure) count(trace string) {
	data, err := os.ReadFile(trace)
	if err != nil {
		return
	}
	for line := range strings.Lines(string(data)) {
		if strings.Contains(line, "unfinished ...>") {
			continue
		}
		f.Calls++
		var bytes int
		if at := strings.LastIndex(line, "= "); at >= 0 {
			_, _ = fmt.Sscan(line[at+2:], &bytes)
		}
		switch {
		case bytes <= 0:
		case strings.Contains(line, "sendto(") || strings.Contains(line, "sendmsg("), strings.Contains(line, "sendto resumed"), strings.Contains(line, "sendmsg resumed"):
			f.Sent += bytes
		case strings.Contains(line, "recvmmsg"): // it returns how many messages there were
			for _, rest := range strings.Split(line, "msg_len=")[1:] {
				_, _ = fmt.Sscan(rest[:strings.IndexAny(rest, "},")], &bytes)
				f.Received += bytes
			}
		case strings.Contains(line, "recv") && !strings.Contains(line, "MSG_PEEK"):
			f.Received += bytes
		}
	}
}
