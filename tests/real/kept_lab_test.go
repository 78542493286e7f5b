//go:build lab

package real

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"hostnet-module/tests/lab/topo"
)

// kept is a host on which somebody has set what no document says.
const kept = `
bonds: [{name: bond0, mode: active-backup, miimon: 100, members: [eth0, eth1]}]
vlans:
  - {name: stor, parent: bond0, id: 16, addresses: [192.0.2.10/24, "2001:db8:16::10/64"]}
  - {name: bond0.32, parent: bond0, id: 32}
  - {name: inner, parent: stor, id: 5, addresses: [203.0.113.77/28]}
bridges: [{name: br0, ports: [bond0.32], addresses: [198.51.100.10/24]}]
persist: false
`

// fails is what makes a run fail when all of it is done.
const fails = "\nprobes: [{tcp: \"127.0.0.1:9\"}]\nprobe_timeout: 1\n"

// setByHand sets it, on links of each kind: settings, neighbours, names, flags, entries of tables.
func setByHand(w *topo.World) {
	h := w.Host
	h.Batch("ip", `link add vif1.0 type veth peer name g1
link set g1 up
link set vif1.0 master br0 up
link set stor txqueuelen 333 allmulticast on promisc on
link set br0 txqueuelen 77
link property add dev stor altname storage altname enx16
link property add dev br0 altname guests
neigh add 192.0.2.77 lladdr 02:00:00:00:00:77 nud permanent dev stor
neigh add 2001:db8:16::77 lladdr 02:00:00:00:00:77 nud permanent router dev stor
neigh add 198.51.100.77 lladdr 02:00:00:00:00:78 nud permanent dev br0
neigh add 203.0.113.78 lladdr 02:00:00:00:00:78 nud permanent dev inner
neigh add 192.0.2.79 lladdr 02:00:00:00:00:79 nud permanent dev eth0
neigh add proxy 192.0.2.78 dev stor
neigh add proxy 2001:db8:16::78 dev stor
neigh add proxy 198.51.100.78 dev bond0
maddr add 01:00:5e:00:00:99 dev stor
maddr add 01:00:5e:00:00:98 dev br0
nexthop add id 41 via 192.0.2.1 dev stor
nexthop add id 42 via 192.0.2.2 dev stor protocol static
nexthop add id 43 group 41/42,3
route add 198.18.4.0/24 nhid 41
-6 route add 2001:db8:4::/64 dev stor expires 7200
`)
	h.Batch("bridge", `fdb add 02:00:00:00:00:11 dev vif1.0 master static
fdb add 02:00:00:00:00:12 dev vif1.0 master permanent
fdb add 02:00:00:00:00:13 dev br0 self local
fdb add 02:00:00:00:00:14 dev bond0.32 self
fdb add 02:00:00:00:00:15 dev bond0.32 master static sticky
mdb add dev br0 port vif1.0 grp 239.1.1.1 permanent
mdb add dev br0 port bond0.32 grp ff05::99 permanent vid 1
`)
	h.Run(`sysctl -qw net.ipv4.conf.stor.rp_filter=2 net.ipv4.conf.stor.arp_ignore=1 net.ipv6.conf.stor.accept_ra=0 net.ipv4.conf.stor.forwarding=1 net.ipv6.conf.stor.forwarding=1
net.ipv4.neigh.stor.gc_stale_time=77 net.ipv6.neigh.stor.base_reachable_time_ms=31000 net.ipv4.conf.inner.log_martians=1 net.ipv4.conf.br0.send_redirects=0 net.ipv6.conf.br0.hop_limit=7
net.ipv4.conf.bond0.arp_announce=2 net.ipv4.conf.eth0.rp_filter=1 net.ipv4.neigh.bond0.locktime=55`)
	h.Run("echo 1 >/proc/sys/net/ipv4/conf/bond0.32/proxy_arp; echo 3 >/sys/class/net/stor/queues/rx-0/rps_cpus; echo 20000 >/sys/class/net/br0/gro_flush_timeout")
}

var mortal = regexp.MustCompile(` expires \d+sec| users \d+|^\d+: | qdisc [a-z_]+ state`)

var headline = regexp.MustCompile(`^\d+:\s+([^:@\s]+)`)

// extras are all of that, as other programs see it: one line each.
func extras(t *testing.T, w *topo.World, links ...string) []string {
	t.Helper()
	var lines []string
	take := func(what, text string, keep func(string) bool) {
		for line := range strings.Lines(text) {
			if line = strings.TrimSpace(mortal.ReplaceAllString(line, "")); line != "" && keep(line) {
				lines = append(lines, what+" "+line)
			}
		}
	}
	all := func(string) bool { return true }
	h := w.Host
	has := func(words ...string) func(string) bool {
		return func(line string) bool {
			return slices.ContainsFunc(words, func(word string) bool { return strings.Contains(line, word) })
		}
	}
	folders := ""
	for _, l := range links {
		for _, folder := range []string{"proc/sys/net/ipv4/conf", "proc/sys/net/ipv6/conf", "proc/sys/net/ipv4/neigh", "proc/sys/net/ipv6/neigh", "sys/class/net"} {
			if folder != "sys/class/net" {
				folders += " /" + folder + "/" + l
			} else {
				folders += " /" + folder + "/" + l + "/gro_flush_timeout /" + folder + "/" + l + "/queues/rx-0"
			}
		}
	}
	take("file", h.Run("grep -rs . %s; true", folders), all)
	name := ""
	for line := range strings.Lines(h.Run("ip -d link; ip maddr")) {
		if m := headline.FindStringSubmatch(line); m != nil {
			name = m[1]
		}
		take("link "+name, line, has("altname", "promiscuity", "qlen", " static"))
	}
	take("tc", h.Run("tc qdisc show"), all)
	take("neigh", h.Run("ip neigh show nud permanent"), all)
	take("proxy", h.Run("ip neigh show proxy"), all)
	take("fdb", h.Run("bridge fdb show"), func(line string) bool { // a bond hands on to its members what it receives
		return strings.HasPrefix(line, "02:00:00:00:00:1") && !strings.Contains(line, "dev eth")
	})
	take("mdb", h.Run("bridge mdb show"), has(" permanent"))
	take("nexthop", h.Run("ip nexthop show"), all)
	take("route", h.Run("ip route show"), has("nhid"))
	take("route", h.Run("ip -6 -d route show"), has("2001:db8:4::"))
	slices.Sort(lines)
	return lines
}

// unequal are the lines that only one of two lists has.
func unequal(before, after []string) (lines []string) {
	for _, l := range before {
		if !slices.Contains(after, l) {
			lines = append(lines, "- "+l)
		}
	}
	for _, l := range after {
		if !slices.Contains(before, l) {
			lines = append(lines, "+ "+l)
		}
	}
	return lines
}

var keptLinks = []string{"eth0", "eth1", "bond0", "stor", "bond0.32", "inner", "br0", "vif1.0"}

// TestWhatNobodyDeclaredStays: settings, neighbours, names and entries of tables are there again after runs that failed, whatever these did to their
// links: made anew, taken away, down and up. After a run that holds they are there too, or named, in check mode already.
func TestWhatNobodyDeclaredStays(t *testing.T) {
	t.Parallel()
	w := topo.New(t)
	apply(t, w, kept)
	setByHand(w)
	before := extras(t, w, keptLinks...)
	otherIDs := strings.NewReplacer("id: 16", "id: 17", "id: 32", "id: 33").Replace(kept)
	for _, tt := range []struct{ name, document string }{
		{"other VLAN ids", otherIDs},
		{"all taken away", "state: absent\nbonds: [{name: bond0}]\nvlans: [{name: stor}, {name: bond0.32}, {name: inner}]\nbridges: [{name: br0}]\npersist: false\n"},
		{"pruned", "prune: true\nbonds: [{name: bond0, mode: active-backup, miimon: 100, members: [eth0, eth1]}]\npersist: false\n"},
		{"other mode", strings.Replace(kept, "active-backup", "balance-xor", 1)},
		{"a member leaves", strings.Replace(kept, "[eth0, eth1]", "[eth1]", 1)},
	} {
		r := run(t, w, tt.document+fails)
		if !r.Failed || !r.RolledBack || len(r.NotRestored) > 0 || !strings.Contains(r.Msg, "everything was put back as it was") {
			t.Errorf("%s: %s; not restored %q", tt.name, r.Msg, r.NotRestored)
		}
		if diff := unequal(before, extras(t, w, keptLinks...)); len(diff) > 0 {
			t.Fatalf("%s: not as before:\n%s\nwarnings %q", tt.name, strings.Join(diff, "\n"), r.Warnings)
		}
	}
	w.Host.Run("tc qdisc add dev stor root handle 7: pfifo limit 50")
	const lost = "tc qdisc pfifo 7: of stor"
	r := run(t, w, otherIDs+fails)
	if r.RolledBack || fmt.Sprint(r.NotRestored) != "["+lost+"]" || strings.Contains(r.Msg, "everything") {
		t.Errorf("%s; rolled back %v, not restored %q", r.Msg, r.RolledBack, r.NotRestored)
	}
	w.Host.Run("tc qdisc replace dev stor root handle 7: pfifo limit 50")
	foreseen := run(t, w, otherIDs, "--check")
	r = apply(t, w, otherIDs)
	want(t, "the steps of check mode", strings.Join(foreseen.Steps, "\n"), strings.Join(r.Steps, "\n"))
	for _, result := range []result{foreseen, r} {
		if !slices.Contains(result.Warnings, "stor loses for good: "+lost) {
			t.Errorf("the queueing of stor is not named: %q", result.Warnings)
		}
	}
	if diff := unequal(before, extras(t, w, keptLinks...)); len(diff) > 0 {
		t.Errorf("not kept:\n%s\nwarnings %q", strings.Join(diff, "\n"), r.Warnings)
	}
	if again := apply(t, w, otherIDs); again.Changed {
		t.Errorf("the second run changes: %q", again.Steps)
	}
}
