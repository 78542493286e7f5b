//go:build lab

package faults

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// space is a network namespace without a name: it ends with the last thing that is in it.
type space struct {
	t  judge
	ns *os.File // nil: the machine's own
}

// judge is the part of testing.TB that a space needs.
type judge interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// newSpace makes a namespace and sets it up (see ip).
func newSpace(t judge, lines string) *space {
	t.Helper()
	s := &space{t: t}
	s.thread(func() error {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return err
		}
		var err error
		s.ns, err = os.Open("/proc/thread-self/ns/net")
		return err
	})
	s.settle(lines)
	return s
}

// settle sets the namespace up.
func (s *space) settle(lines string) {
	s.t.Helper()
	s.sysctl("all/accept_dad", "0")
	s.sysctl("default/accept_dad", "0") // nobody here is to wait for it, and a picture not to depend on it
	s.ip(lines)
}

func (s *space) close() { s.ns.Close() }

// thread calls f on a thread of its own in the namespace, which ends with f.
func (s *space) thread(f func() error) {
	s.t.Helper()
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		var err error
		if s.ns != nil {
			err = unix.Setns(int(s.ns.Fd()), unix.CLONE_NEWNET)
		}
		if err == nil {
			err = f()
		}
		done <- err
	}()
	if err := <-done; err != nil {
		s.t.Fatal(err)
	}
}

// exec runs a program in the namespace.
func (s *space) exec(stdin string, argv ...string) (out string, exit int) {
	s.t.Helper()
	s.thread(func() error {
		cmd := exec.Command(argv[0], argv[1:]...)
		var b bytes.Buffer
		cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &b, &b
		err := cmd.Run()
		out, exit = b.String(), cmd.ProcessState.ExitCode() // of none: -1
		if cmd.ProcessState != nil && cmd.ProcessState.Exited() {
			return nil
		}
		return err
	})
	return out, exit
}

// ip feeds lines to ip, those that begin with «-6 » to ip -6, and those that begin with «bridge » to bridge.
func (s *space) ip(lines string) {
	s.t.Helper()
	program, batch := "ip", ""
	flush := func() {
		if batch == "" {
			return
		}
		if out, exit := s.exec(batch, append(strings.Fields(program), "-batch", "-")...); exit != 0 {
			s.t.Fatalf("%s -batch: %s\n%s", program, out, batch)
		}
		batch = ""
	}
	for line := range strings.Lines(lines) {
		is, rest := "ip", strings.TrimSpace(line)
		for prefix, other := range map[string]string{"bridge ": "bridge", "-6 ": "ip -6"} {
			if after, ok := strings.CutPrefix(rest, prefix); ok {
				is, rest = other, after
			}
		}
		if is != program {
			flush()
			program = is
		}
		if rest != "" {
			batch += rest + "\n"
		}
	}
	flush()
}

func (s *space) sysctl(key, value string) {
	s.t.Helper()
	s.thread(func() error { return os.WriteFile("/proc/sys/net/ipv6/conf/"+key, []byte(value), 0) })
}

// picture is everything that iproute2 can tell of the namespace, without counters, timers and what comes and goes by itself: one line a
// thing, in ip's order.
func (s *space) picture() string {
	s.t.Helper()
	var lines []string
	byBridge := 0
	for _, ask := range []struct{ argv, batch string }{
		{"ip -d -j -N -batch -", "link show\naddr show\nroute show table all\nrule show\n"},
		{"ip -d -j -N -6 -batch -", "route show table all\nrule show\n"},
		{"bridge -d -j -batch -", "vlan show\nlink show\n"},
	} {
		byBridge = len(lines)
		out, exit := s.exec(ask.batch, strings.Fields(ask.argv)...)
		if exit != 0 {
			s.t.Fatalf("%s: %s", ask.argv, out)
		}
		for d := json.NewDecoder(strings.NewReader(out)); d.More(); {
			var list []map[string]any
			if err := d.Decode(&list); err != nil {
				s.t.Fatalf("%s: %v\n%s", ask.argv, err, out)
			}
			for _, item := range list {
				if line := words(calm(item)); line != "" && !itsOwn.MatchString(line) {
					lines = append(lines, line)
				}
			}
		}
	}
	slices.SortFunc(lines[byBridge:], func(a, b string) int { return cmp.Or(cmp.Compare(indexes(a), indexes(b)), cmp.Compare(a, b)) }) // bridge lists by when links were made, and nothing goes by that
	return strings.Join(lines, "\n")
}

// itsOwn are routes that the kernel adds and takes away by itself when a link is up.
var itsOwn = regexp.MustCompile(`"dst":"(fe80::|ff00::|multicast)|"type":"(multicast|anycast|5|4)"|"dst":"[0-9a-f:]*:[0-9a-f:]*".*"type":"(local|2)"`)

// restless are keys that change by themselves.
var restless = regexp.MustCompile(`^tso_max_|timer|_time$|failure_count|mii_status|^operstate$|^flags$|topology_change|root_port|root_path_cost|n_learned|mcast_n_groups|expires|^tentative$|` +
	`^linkmode$|^qdisc$|^promiscuity$|^allmulti$|ad_(actor|partner)_oper|churn|partner_mac|active_aggregator|^ad_info|^state$|^ad_aggregator|cacheinfo|designated|^(config_)?pending$|^gc_|^inet6_|num_(tx|rx)|^fwd_state`)

// portNumber are a port's number in its bridge and the spanning tree's name for it: they tell in which order ports have joined.
var portNumber = regexp.MustCompile(`^(no|id) 0x`)

// calm takes out of what ip tells the keys that change by themselves. Of the flags the ones that somebody sets stay; of addresses those that
// the kernel makes itself go, and of a lifetime stays that there is one.
func calm(item map[string]any) map[string]any {
	for key, v := range item {
		if flags, ok := v.([]any); ok && key == "flags" {
			item["set"] = slices.DeleteFunc(slices.Clone(flags), func(f any) bool { return !slices.Contains([]any{"UP", "NOARP", "onlink"}, f) })
		}
		if list, ok := v.([]any); ok && key == "addr_info" {
			item[key] = slices.DeleteFunc(list, func(a any) bool { return strings.HasPrefix(fmt.Sprint(a.(map[string]any)["local"]), "fe80:") })
			for _, a := range item[key].([]any) {
				life, _ := a.(map[string]any)["valid_life_time"].(float64)
				a.(map[string]any)["mortal"] = life != 4294967295
			}
		}
		number, _ := v.(string)
		if restless.MatchString(key) || portNumber.MatchString(key+" "+number) {
			delete(item, key)
			continue
		}
		switch v := item[key].(type) {
		case map[string]any:
			calm(v)
		case []any:
			for _, each := range v {
				if m, ok := each.(map[string]any); ok {
					calm(m)
				}
			}
		}
	}
	return item
}

// words prints what is left, with sorted keys; nothing is nothing.
func words(item map[string]any) string {
	if len(slices.Collect(maps.Keys(item))) == 0 {
		return ""
	}
	line, _ := json.Marshal(item)
	return string(line)
}

// lost lists the lines of one picture that another lacks. Of two lines about one thing only what differs is shown.
func lost(of, in string) string {
	have := strings.Split(in, "\n")
	var out []string
	for line := range strings.SplitSeq(of, "\n") {
		if slices.Contains(have, line) {
			continue
		}
		near := have[0]
		for _, other := range have {
			if alike(line, other) > alike(line, near) {
				near = other
			}
		}
		words := strings.Split(near, ",")
		out = append(out, name.FindString(line)+" … "+strings.Join(slices.DeleteFunc(strings.Split(line, ","), func(w string) bool { return slices.Contains(words, w) }), ","))
	}
	return strings.Join(out, "\n")
}

var name = regexp.MustCompile(`"(ifname|dst)":"[^"]*"`)

// alike counts the words that two lines share.
func alike(a, b string) (n int) {
	words := strings.Split(b, ",")
	for w := range strings.SplitSeq(a, ",") {
		if slices.Contains(words, w) {
			n++
		}
	}
	return n
}
