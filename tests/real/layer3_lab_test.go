//go:build lab

package real

import (
	"strings"
	"testing"

	"hostnet-module/tests/lab/topo"
)

// policy is the classic host whose second network has a default route of its own.
var policy = strings.Replace(classic, "bridge: vlan32, addresses: [198.51.100.10/24]",
	"bridge: vlan32, addresses: [198.51.100.10/24], routes: [{to: default, via: 198.51.100.1, table: 100}, {to: 198.18.7.0/24, type: prohibit, table: 100}, "+
		"{to: 198.18.8.0/24, via: 198.51.100.1, table: 100, metric: 7, source: 198.51.100.10, mtu: 1400}, {to: 198.18.9.0/24, scope: link}, {to: 198.18.11.0/24, via: 198.18.99.1, onlink: true}]", 1) + `
rules:
  - {priority: 100, from: 198.51.100.0/24, table: 100}
  - {priority: 101, family: ipv4, fwmark: 0x10, fwmask: 0xff, iif: vlan48, dport: 80-90, ipproto: 6, table: 100}
  - {priority: 90, from: 198.51.100.0/24, table: main, suppress_prefixlength: 0}
  - {priority: 102, to: "2001:db8:77::/48", type: unreachable}
`

// TestPolicyRouting: rules and routes of several tables and types, with somebody else's among them.
func TestPolicyRouting(t *testing.T) {
	t.Parallel()
	w := topo.New(t)
	w.Host.Run("ip rule add from 203.0.113.7 lookup 300 priority 100")
	foreign := w.Host.Run("ip rule")
	apply(t, w, policy)
	want(t, "steps of the second run", apply(t, w, policy).Steps, []string{})
	want(t, "requests", writes(t, w, policy), []string{})
	for ask, answer := range map[string]string{
		"ip route get 203.0.113.200 from 198.51.100.10": "via 198.51.100.1 dev vlan32 table 100",
		"ip route get 203.0.113.200 from 192.0.2.10":    "via 192.0.2.1 dev vlan16",
		"ip route get 192.0.2.77 from 198.51.100.10":    "dev vlan16",
		"ip route show table 100 198.18.8.0/24":         "via 198.51.100.1 dev vlan32 proto static src 198.51.100.10 metric 7 mtu 1400",
		"ip route show 198.18.9.0/24":                   "dev vlan32 proto static scope link",
		"ip route show 198.18.11.0/24":                  "via 198.18.99.1 dev vlan32 proto static onlink",
		"ip rule show priority 101":                     "from all fwmark 0x10/0xff iif vlan48 ipproto",
	} {
		if got := w.Host.Run("%s", ask); !strings.Contains(strings.Join(strings.Fields(got), " "), answer) {
			t.Errorf("%s: %s, not %s", ask, got, answer)
		}
	}
	if r := w.Host.TryRun("ip route get 198.18.7.1 from 198.51.100.10"); !strings.Contains(r.Stderr, "Permission denied") {
		t.Errorf("a prohibited destination: %s%s", r.Stdout, r.Stderr)
	}
	for _, drift := range []string{"ip rule del priority 90", "ip -6 rule del priority 102", "ip route del prohibit 198.18.7.0/24 table 100",
		"ip route del 198.18.8.0/24 table 100 metric 7", "ip route del 198.18.11.0/24"} {
		w.Host.Run("%s", drift)
		want(t, "objects changed after "+drift, len(apply(t, w, policy).changed()), 1)
	}

	fewer := strings.Replace(policy, "  - {priority: 90, from: 198.51.100.0/24, table: main, suppress_prefixlength: 0}\n", "", 1)
	fewer = strings.Replace(fewer, "{to: 198.18.7.0/24, type: prohibit, table: 100}, ", "", 1)
	want(t, "steps", apply(t, w, fewer).Steps, []string{"ip rule del from 198.51.100.0/24 priority 90 table 254 suppress_prefixlength 0", "ip route del prohibit 198.18.7.0/24 table 100"})
	want(t, "changed where rules are not spoken of", apply(t, w, policy[:strings.Index(policy, "rules:")]).changed(), []string{"vlan32"})
	apply(t, w, policy[:strings.Index(policy, "rules:")]+"rules: []")
	want(t, "rules that are left", w.Host.Run("ip rule"), foreign)

	apply(t, w, policy)
	gathered := w.Host.Run("%s show --document --format text", program)
	want(t, "steps of the running document", apply(t, w, gathered).Steps, []string{})
}

// TestAddresses: addresses with all that can be said of them; lifetimes run down and are no change.
func TestAddresses(t *testing.T) {
	t.Parallel()
	w := topo.New(t)
	document := `bridges:
  - name: br0
    addresses:
      - {address: 192.0.2.10/24, label: "br0:web", broadcast: 192.0.2.255}
      - {address: 198.51.100.10, peer: 198.51.100.1/32}
      - {address: 203.0.113.10/24, scope: link, noprefixroute: true}
      - {address: 198.18.1.10/24, valid_lft: 3600, preferred_lft: 1800}
      - {address: 198.18.2.10/24, preferred_lft: 0}
      - {address: "2001:db8:1::10/64", nodad: true}
      - {address: "2001:db8:2::10/64", noprefixroute: true, valid_lft: forever, preferred_lft: 0}
      - {address: "2001:db8:3::10", peer: "2001:db8:3::1/128"}
`
	apply(t, w, document)
	text := strings.Join(strings.Fields(strings.ReplaceAll(w.Host.Run("ip addr show dev br0"), "tentative", "")), " ")
	for _, words := range []string{"inet 192.0.2.10/24 brd 192.0.2.255 scope global br0:web", "inet 198.51.100.10 peer 198.51.100.1/32",
		"inet 203.0.113.10/24 scope link noprefixroute br0", "inet 198.18.1.10/24 scope global dynamic br0 valid_lft 3", "inet 198.18.2.10/24 scope global deprecated br0", "inet6 2001:db8:1::10/64 scope global nodad",
		"inet6 2001:db8:2::10/64 scope global deprecated noprefixroute", "inet6 2001:db8:3::10 peer 2001:db8:3::1/128"} {
		if !strings.Contains(text, words) {
			t.Errorf("%q is not in %s", words, text)
		}
	}
	want(t, "changed again", apply(t, w, document).Changed, false)
	w.Host.Run("ip addr change 198.18.1.10/24 dev br0")
	want(t, "objects changed after the lifetime was taken off", apply(t, w, document).changed(), []string{"br0"})
	want(t, "changed once more", apply(t, w, document).Changed, false)

	// A routed host: one address alone on the uplink, and with its network on the guests' bridge.
	routed := "ethernets: [{name: eth0, addresses: ['2001:db8:5::2/128', 203.0.113.66/32]}]\nbridges: [{name: br5, addresses: ['2001:db8:5::2/64', 203.0.113.66/28]}]\n"
	apply(t, w, routed)
	want(t, "changed again", apply(t, w, routed).Changed, false)
	both := func(link string) string { return w.Host.Run("ip -br addr show dev %s", link) }
	for link, words := range map[string][]string{"eth0": {"2001:db8:5::2/128", "203.0.113.66/32"}, "br5": {"2001:db8:5::2/64", "203.0.113.66/28"}} {
		for _, word := range words {
			if got := both(link); !strings.Contains(got, word) {
				t.Errorf("%s has no %s: %s", link, word, got)
			}
		}
	}
	apply(t, w, strings.Replace(routed, "'2001:db8:5::2/128', 203.0.113.66/32", "", 1))
	if got := both("eth0") + both("br5"); strings.Contains(got, "/128") || !strings.Contains(got, "2001:db8:5::2/64") || !strings.Contains(got, "203.0.113.66/28") {
		t.Errorf("after the uplink's are gone: %s", got)
	}
	want(t, "objects changed when they come back", apply(t, w, routed).changed(), []string{"eth0"})
}

// TestRefusedLayer3: a run that fails late leaves what iproute2 alone can say as it was: protocols and metrics of addresses,
// metrics of routes, rules. Their order it does not look at, nor lifetimes.
func TestRefusedLayer3(t *testing.T) {
	t.Parallel()
	w := topo.New(t)
	w.Host.Batch("ip", `link set eth0 up
link set eth1 up
addr add 192.0.2.10/24 metric 77 proto 0x42 dev eth0
addr add 192.0.2.11/24 dev eth0
addr add 2001:db8:16::10/64 nodad metric 78 dev eth0
addr add 2001:db8:17::10/64 nodad valid_lft 3000 preferred_lft 2000 dev eth0
route add default via 192.0.2.1 dev eth0 initcwnd 20 mtu 1400 advmss 1300 metric 5
route add 198.18.3.0/24 via 192.0.2.9 dev eth0 realm 3 table 77
route add 2001:db8:99::/64 via 2001:db8:16::9 dev eth0 pref high hoplimit 9
rule add from 192.0.2.0/24 lookup 77 priority 50
rule add to 198.18.0.0/16 lookup 78 priority 50
rule add iif eth0 lookup 79 priority 50
`)
	document := strings.Replace(classic, "bridge: vlan32,", "bridge: vlan32, routes: [{to: 198.18.5.0/24, via: 198.51.100.1, source: 198.51.100.99}],", 1) +
		"rules: [{priority: 50, from: 203.0.113.0/24, table: 80}]\n"
	refused(t, w, document, "198.18.5.0/24", "invalid")
}
