//go:build lab

// Package real runs the program itself on a real kernel, in a world of namespaces, with iproute2, tcpdump and ping as
// witnesses. It knows the program by its command line and its result alone.
package real

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"hostnet-module/tests/lab/topo"
)

const program = "/usr/bin/hostnet-module"

// classic is the seed host's document.
const classic = `
bonds:
  - {name: bond0, mode: active-backup, miimon: 100, members: [eth0, eth1]}
segments:
  - {id: 16, parent: bond0, bridge: vlan16, addresses: [192.0.2.10/24, "2001:db8:16::10/64"], gateway: [192.0.2.1, "2001:db8:16::1"]}
  - {id: 32, parent: bond0, bridge: vlan32, addresses: [198.51.100.10/24]}
  - {id: 48, parent: bond0, bridge: vlan48}
`

// classicGone takes all of it away.
const classicGone = `
state: absent
bonds: [{name: bond0}]
segments:
  - {id: 16, parent: bond0, bridge: vlan16}
  - {id: 32, parent: bond0, bridge: vlan32}
  - {id: 48, parent: bond0, bridge: vlan48}
`

// result is what the program prints.
type result struct {
	Changed  bool
	Failed   bool
	Msg      string
	Objects  []object
	Steps    []string
	Warnings []string
	Problems []struct{ Path, Message, Hint string }
	Probes   []struct {
		Probe    string
		Answered bool
		Before   bool `json:"answered_before"`
		Attempts int
	}
	Confirm *struct {
		ID, Phase          string
		Timeout, Remaining int
		Deadline           time.Time
	}
	Awaited []struct {
		What, Link string
		MS         int64
		Arrived    bool
	}
	RolledBack  bool     `json:"rolled_back"`
	NotRestored []string `json:"not_restored"`
	exit        int
}

type object struct {
	Kind, Name, Action, Disruption string
	Changed                        bool
	Differences                    []struct {
		Name          string
		Before, After any
	}
}

// run gives the document on standard input. Exit code and `failed` must agree.
func run(t *testing.T, w *topo.World, document string, flags ...string) result {
	t.Helper()
	argv := append([]string{program, "--format", "json"}, flags...)
	out := w.Host.Exec(document, append(argv, "-")...)
	var r result
	if err := json.Unmarshal([]byte(out.Stdout), &r); err != nil {
		t.Fatalf("no result: %v\nstdout: %s\nstderr: %s", err, out.Stdout, out.Stderr)
	}
	r.exit = out.Exit
	if r.Failed != (r.exit != 0) {
		t.Errorf("failed is %v, exit code %d: %s", r.Failed, r.exit, r.Msg)
	}
	return r
}

// apply is run for what must succeed.
func apply(t *testing.T, w *topo.World, document string, flags ...string) result {
	t.Helper()
	r := run(t, w, document, flags...)
	if r.Failed {
		t.Fatalf("failed: %s\nproblems: %v\nrolled back: %v, not restored: %q", r.Msg, r.Problems, r.RolledBack, r.NotRestored)
	}
	return r
}

// actions lists "bond bond0 create" for every object.
func (r result) actions() []string {
	var list []string
	for _, o := range r.Objects {
		list = append(list, fmt.Sprintf("%s %s %s", o.Kind, o.Name, o.Action))
	}
	return list
}

// changed names the objects that say so.
func (r result) changed() []string {
	names := []string{}
	for _, o := range r.Objects {
		if o.Changed {
			names = append(names, o.Name)
		}
	}
	return names
}

// picture is everything that ip can tell of the host and that a run must not change unasked, without counters and timers.
func picture(w *topo.World) string {
	var text []string
	for _, show := range []string{"ip -d link", "ip addr", "ip route show table all", "ip -6 route show table all", "ip rule", "ip -6 rule", "bridge vlan", "bridge -d link"} {
		for _, line := range strings.Split(w.Host.Run("%s", show), "\n") {
			if words := strings.Fields(noise.ReplaceAllString(line, "")); len(words) > 0 && !itsOwn.MatchString(line) {
				text = append(text, strings.Join(words, " "))
			}
		}
	}
	return strings.Join(text, "\n")
}

// itsOwn are lines that the kernel adds and takes away by itself when a link is up: link-local addresses, multicast.
var itsOwn = regexp.MustCompile(`fe80::|ff00::|^multicast|^anycast|^local .*:`)

// noise comes and goes by itself: counters and timers of bridges and bonds, operational states, duplicate address
// detection, expiry of addresses.
var noise = regexp.MustCompile(`(\w+_timer|link_failure_count|mii_status|topology_change|topology_change_detected|root_port|root_path_cost|fdb_n_learned|mcast_n_groups)\s+\S+|state [A-Z]+|tentative|dadfailed|<[^>]*>|expires \S+|(valid|preferred)_lft \S+|linkdown`)

// writes counts the requests that ask the kernel to change something, as strace decodes them.
func writes(t *testing.T, w *topo.World, document string, flags ...string) []string {
	t.Helper()
	argv := append([]string{"strace", "-f", "-e", "trace=sendto,sendmsg,sendmmsg", "-s", "64", program, "--format", "json"}, flags...)
	out := w.Host.Exec(document, append(argv, "-")...)
	if !strings.Contains(out.Stderr, "RTM_GETLINK") {
		t.Fatalf("strace does not show netlink: %s", out.Stderr)
	}
	return modifying.FindAllString(out.Stderr, -1)
}

var modifying = regexp.MustCompile(`RTM_(NEW|DEL|SET)[A-Z]+`)

// link is what `ip -d -j link show` tells about a link; nil if it is not there.
func link(w *topo.World, dev string) map[string]any {
	var list []map[string]any
	w.Host.JSON(&list, "ip -d -j link show")
	for _, l := range list {
		if l["ifname"] == dev {
			return l
		}
	}
	return nil
}

// data reads a link's kind data as ip prints it.
func data(w *topo.World, dev, key string) any {
	info, _ := link(w, dev)["linkinfo"].(map[string]any)
	d, _ := info["info_data"].(map[string]any)
	return d[key]
}

func want(t *testing.T, what string, got, want any) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// links names the host's links.
func links(w *topo.World) []string {
	var list []struct{ Ifname string }
	w.Host.JSON(&list, "ip -j link")
	var names []string
	for _, l := range list {
		names = append(names, l.Ifname)
	}
	slices.Sort(names)
	return names
}
