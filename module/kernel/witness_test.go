package kernel

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"hostnet-module/module/kind"
	"hostnet-module/module/state"
)

// A folder testdata/dump-RELEASE holds what a real kernel answered to our dumps, and beside it what iproute2 said at the same
// moment (snapshot_lab_test.go makes them). The parsers have to see what iproute2 saw.

// dumps are the messages that a snapshot is made of.
type dumps struct{ links, addresses, tables, vlans, routes4, routes6, rules4, rules6 []message }

// host makes one picture of the messages.
func (d dumps) host() (*state.Host, *directory) {
	host, dir := parseLinks(d.links)
	for _, dump := range []struct {
		msgs []message
		into reader
	}{
		{d.addresses, addressReader{host.Links}}, {d.tables, tableReader{host}},
		{d.routes4, routeReader{unix.AF_INET, dir, host}}, {d.routes6, routeReader{unix.AF_INET6, dir, host}},
		{d.rules4, ruleReader{unix.AF_INET, host}}, {d.rules6, ruleReader{unix.AF_INET6, host}},
	} {
		feed(dump.into, dump.msgs)
	}
	return host, dir
}

func parseLinks(msgs []message) (*state.Host, *directory) {
	var r linkReader
	feed(&r, msgs)
	return r.end(nil)
}

// feed gives messages to a reader as a dump does: what the last one held is overwritten by the next. All but the last had come
// before in a dump that was interrupted.
func feed(r reader, msgs []message) {
	for _, n := range []int{max(0, len(msgs)-1), len(msgs)} {
		r.begin()
		var buffer []byte
		for _, m := range msgs[:n] {
			for i := range buffer {
				buffer[i] = 0xa5
			}
			buffer = append(buffer[:0], m.data...)
			r.take(message{m.typ, buffer})
		}
		for i := range buffer {
			buffer[i] = 0xa5
		}
	}
}

// keeper keeps the messages themselves.
type keeper struct{ msgs *[]message }

func (r keeper) begin()         { *r.msgs = nil }
func (r keeper) take(m message) { *r.msgs = append(*r.msgs, message{m.typ, slices.Clone(m.data)}) }

// files are a dump's.
func (d *dumps) files() map[string]*[]message {
	return map[string]*[]message{"links.bin": &d.links, "addresses.bin": &d.addresses, "tables.bin": &d.tables, "vlans.bin": &d.vlans, "routes4.bin": &d.routes4, "routes6.bin": &d.routes6}
}

// sayings are iproute2's.
var sayings = map[string]string{
	"link.json": "ip -d -j link", "addr.json": "ip -j addr", "vlan.json": "bridge -j vlan",
	"route4.json": "ip -4 -N -j -d route show table all", "route6.json": "ip -6 -N -j -d route show table all",
}

// frames writes messages as they came, with struct nlmsghdr (flags, sequence number and port are nothing to a parser).
func framesOf(msgs []message) []byte {
	var b []byte
	for _, m := range msgs {
		b = binary.NativeEndian.AppendUint32(b, uint32(unix.SizeofNlMsghdr+len(m.data)))
		b = binary.NativeEndian.AppendUint16(b, m.typ)
		b = append(append(b, make([]byte, 10)...), m.data...)
		b = append(b, make([]byte, align(len(m.data))-len(m.data))...)
	}
	return b
}

// messagesOf reads what framesOf wrote, or anything.
func messagesOf(b []byte) []message {
	var msgs []message
	for len(b) >= unix.SizeofNlMsghdr {
		n := int(binary.NativeEndian.Uint32(b))
		if n < unix.SizeofNlMsghdr || n > len(b) {
			break
		}
		msgs = append(msgs, message{u16(b[4:]), b[unix.SizeofNlMsghdr:n]})
		b = b[min(align(n), len(b)):]
	}
	return msgs
}

func readDumps(t testing.TB, dir string) (d dumps, said map[string]string) {
	t.Helper()
	said = map[string]string{}
	read := func(name string) []byte {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for name, into := range d.files() {
		*into = messagesOf(read(name))
	}
	for name := range sayings {
		said[name] = string(read(name))
	}
	return d, said
}

// TestBegin: of a dump that was interrupted nothing is left.
func TestBegin(t *testing.T) {
	d, _ := readDumps(t, "testdata/dump-6.1")
	for _, r := range goldenRules() {
		into := map[bool]*[]message{true: &d.rules6, false: &d.rules4}[r.Six]
		*into = append(*into, message{unix.RTM_NEWRULE, encodeRule(r)})
	}
	h, dir := d.host()
	if len(h.Rules) != len(goldenRules()) {
		t.Fatalf("%d rules", len(h.Rules))
	}
	for _, r := range []reader{addressReader{h.Links}, tableReader{h}, routeReader{unix.AF_INET, dir, h}, ruleReader{unix.AF_INET, h}} {
		r.begin()
	}
	six := func(r state.Route) bool { return !r.Is4() }
	if len(h.Routes) == 0 || !slices.ContainsFunc(h.Routes, six) || slices.ContainsFunc(h.Routes, state.Route.Is4) {
		t.Errorf("IPv4's routes are to go, and no other: %v", h.Routes)
	}
	if len(h.Rules) != len(d.rules6) || !h.Rules[0].Six {
		t.Errorf("IPv4's rules are to go, and no other: %v", h.Rules)
	}
	for _, l := range h.Links {
		if l.Addresses != nil || l.VLANs != nil {
			t.Errorf("%s has %v, %v", l.Name, l.Addresses, l.VLANs)
		}
	}
}

// TestOrder: whatever order the links come in, each in turn first and the one before it last, they are the same.
func TestOrder(t *testing.T) {
	dirs, _ := filepath.Glob("testdata/dump-*")
	for _, dir := range dirs {
		d, _ := readDumps(t, dir)
		want, _ := d.host()
		forward := slices.Clone(d.links)
		for i := range 2 * len(forward) {
			d.links = append(slices.Clone(forward[i%len(forward):]), forward[:i%len(forward)]...)
			if i >= len(forward) {
				slices.Reverse(d.links)
			}
			if got, _ := d.host(); !reflect.DeepEqual(got, want) {
				t.Errorf("%s, link %d first, backwards %v: %s", dir, i%len(forward), i >= len(forward), cmp.Diff(ourLinks(want), ourLinks(got))+cmp.Diff(ourOptions(want), ourOptions(got)))
			}
		}
	}
}

func TestSnapshotFixtures(t *testing.T) {
	dirs, _ := filepath.Glob("testdata/dump-*")
	if len(dirs) == 0 {
		t.Fatal("no fixtures")
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			d, said := readDumps(t, dir)
			h, _ := d.host()
			if diff := sees(t, h, said); diff != "" {
				t.Error(diff)
			}
			feed(vlanReader{h}, d.vlans) // what an older kernel is asked for
			if diff := sees(t, h, said); diff != "" {
				t.Error("of the bridges' own dump: " + diff)
			}
		})
	}
}

// sees compares a host with what iproute2 said; "" if they agree.
func sees(t *testing.T, h *state.Host, said map[string]string) (differences string) {
	t.Helper()
	for _, side := range []struct {
		what         string
		ours, theirs []string
	}{
		{"links", ourLinks(h), theirLinks(t, said["link.json"])},
		{"options", shared(ourOptions(h), theirOptions(t, said["link.json"])), theirOptions(t, said["link.json"])},
		{"addresses", ourAddresses(h), theirAddresses(t, said["addr.json"])},
		{"VLANs", ourVLANs(h), theirVLANs(t, said["vlan.json"])},
		{"routes", ourRoutes(h), append(theirRoutes(t, said["route4.json"]), theirRoutes(t, said["route6.json"])...)},
	} {
		sort.Strings(side.ours)
		sort.Strings(side.theirs)
		if diff := cmp.Diff(side.theirs, side.ours); diff != "" {
			differences += fmt.Sprintf("%s: iproute2 (-), we (+):\n%s", side.what, diff)
		}
		if len(side.ours) == 0 {
			differences += fmt.Sprintf("%s: none to compare", side.what)
		}
	}
	return differences
}

func parseJSON[T any](t *testing.T, text string) (v []T) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// falls is a link whose parent iproute2 shows and we call one.
func falls(kindName string) bool {
	return kind.Of(kindName).HasParent || slices.Contains(fallsWithParent, kindName)
}

func ourAddresses(h *state.Host) (lines []string) {
	for _, l := range h.Links {
		for _, a := range l.Addresses {
			peer, label := "", a.Label
			if a.Peer.IsValid() {
				peer = a.Peer.Addr().String()
			}
			if label == "" && a.Is4() {
				label = l.Name
			}
			broadcast := ""
			if a.Broadcast.IsValid() {
				broadcast = a.Broadcast.String()
			}
			lines = append(lines, fmt.Sprintf("%s %s peer %q broadcast %q label %q scope %d life %s %s nodad %v noprefixroute %v tentative %v permanent %v",
				l.Name, a.Prefix, peer, broadcast, label, a.Scope, life(a.Valid), life(a.Preferred),
				a.Flags&state.FlagNodad != 0, a.Flags&state.FlagNoPrefixRoute != 0, a.Flags&state.FlagTentative != 0, a.Flags&state.FlagPermanent != 0))
		}
	}
	return lines
}

func theirAddresses(t *testing.T, text string) (lines []string) {
	scopes := map[string]int{"global": 0, "site": 200, "link": 253, "host": 254}
	for _, l := range parseJSON[struct {
		Ifname string
		Info   []struct {
			Local, Address, Broadcast, Label, Scope   string
			Prefixlen                                 int
			Valid                                     uint32 `json:"valid_life_time"`
			Preferred                                 uint32 `json:"preferred_life_time"`
			Nodad, Noprefixroute, Tentative, Deprecat bool
			Dynamic                                   bool
		} `json:"addr_info"`
	}](t, text) {
		for _, a := range l.Info {
			lines = append(lines, fmt.Sprintf("%s %s/%d peer %q broadcast %q label %q scope %d life %s %s nodad %v noprefixroute %v tentative %v permanent %v",
				l.Ifname, a.Local, a.Prefixlen, a.Address, a.Broadcast, a.Label, scopes[a.Scope], life(a.Valid), life(a.Preferred),
				a.Nodad, a.Noprefixroute, a.Tentative, !a.Dynamic))
		}
	}
	return lines
}

// life is a lifetime, coarse: it runs down between our look and iproute2's.
func life(seconds uint32) string {
	if seconds == state.Forever {
		return "forever"
	}
	return fmt.Sprint(seconds/1000, "000 s")
}

func ourVLANs(h *state.Host) (lines []string) {
	for _, l := range h.Links {
		for _, v := range l.VLANs {
			lines = append(lines, fmt.Sprintf("%s %d pvid %v untagged %v", l.Name, v.ID, v.PVID, v.Untagged))
		}
	}
	return lines
}

func theirVLANs(t *testing.T, text string) (lines []string) {
	for _, l := range parseJSON[struct {
		Ifname string
		VLANs  []struct {
			VLAN  int
			End   int `json:"vlanEnd"`
			Flags []string
		}
	}](t, text) {
		for _, v := range l.VLANs {
			for id := v.VLAN; id <= max(v.VLAN, v.End); id++ {
				lines = append(lines, fmt.Sprintf("%s %d pvid %v untagged %v", l.Ifname, id,
					slices.Contains(v.Flags, "PVID"), slices.Contains(v.Flags, "Egress Untagged")))
			}
		}
	}
	return lines
}

func ourRoutes(h *state.Host) (lines []string) {
	for _, r := range h.Routes {
		dst := r.Dst.String()
		if r.Dst.Bits() == 0 {
			dst = "default"
		}
		via, src := "", ""
		if r.Via.IsValid() {
			via = r.Via.String()
		}
		if r.Src.IsValid() {
			src = r.Src.String()
		}
		line := fmt.Sprintf("type %d %s via %q dev %q src %q metric %d table %d proto %d scope %d tos %d onlink %v mtu %d",
			r.Type, dst, via, r.Dev, src, r.Metric, r.Table, r.Proto, r.Scope, r.TOS, r.Onlink, r.MTU)
		for _, h := range r.Hops {
			line += fmt.Sprintf(" hop %s %s %d %v", h.Via, h.Dev, h.Weight, h.Onlink)
		}
		lines = append(lines, line)
	}
	return lines
}

func theirRoutes(t *testing.T, text string) (lines []string) {
	types := map[string]int{"": 1, "unicast": 1, "blackhole": 6, "unreachable": 7, "prohibit": 8, "throw": 9}
	for _, r := range parseJSON[struct {
		Type, Dst, Gateway, Dev, Prefsrc, Table, Protocol, Scope, Tos string
		Via                                                           struct{ Host string }
		Metric                                                        uint32
		Flags                                                         []string
		Metrics                                                       []struct{ MTU int }
		Nexthops                                                      []struct {
			Gateway, Dev string
			Weight       int
			Flags        []string
		}
	}](t, text) {
		kindOf, known := types[r.Type]
		if n, err := strconv.Atoi(r.Type); err == nil {
			kindOf, known = n, slices.Contains([]int{1, 6, 7, 8, 9}, n)
		}
		if !known || r.Table == "255" || r.Table == "local" {
			continue
		}
		number := func(text string, none int) int {
			if n, err := strconv.Atoi(text); err == nil {
				return n
			}
			return map[string]int{"": none, "main": 254, "link": 253, "global": 0}[text]
		}
		hex := func(text string) (n int) { fmt.Sscanf(strings.TrimPrefix(text, "0x"), "%x", &n); return n }
		dst, dev := r.Dst, r.Dev
		if dst != "default" && !strings.Contains(dst, "/") {
			dst += map[bool]string{true: "/128", false: "/32"}[strings.Contains(dst, ":")]
		}
		if kindOf != 1 {
			dev = ""
		}
		mtu := 0
		for _, m := range r.Metrics {
			mtu += m.MTU
		}
		line := fmt.Sprintf("type %d %s via %q dev %q src %q metric %d table %d proto %d scope %d tos %d onlink %v mtu %d", kindOf, dst, r.Gateway+r.Via.Host, dev, r.Prefsrc,
			r.Metric, number(r.Table, 254), number(r.Protocol, 3), number(r.Scope, 0), hex(r.Tos), slices.Contains(r.Flags, "onlink"), mtu)
		for _, h := range r.Nexthops {
			line += fmt.Sprintf(" hop %s %s %d %v", h.Gateway, h.Dev, h.Weight, slices.Contains(h.Flags, "onlink"))
		}
		lines = append(lines, line)
	}
	return lines
}
