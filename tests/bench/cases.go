package main

import (
	"fmt"
	"strings"
)

// phase is a part of the life of the seed host.
type phase int

const (
	create phase = iota
	again        // nothing to do
	teardown
	phases
)

func (p phase) String() string { return [...]string{"create", "no-op", "teardown"}[p] }

// contender is one way to do it: for each phase the commands, one after the other, none of them through a shell.
type contender struct {
	name string
	does [phases][][]string
}

// The contenders, and the files that they are fed with. The floor is the best that I can write by hand for the very state that the
// program makes: attributes in the creating message wherever the kernel takes them there, as few processes as it takes. ip(8) can neither
// turn IPv6 off (before a link rises, hence two batches) nor remove the dumb bridge's own VLAN entry. The naive batch is one
// process and what manuals show: no bridge is dumb, every link speaks IPv6.
const (
	ours = iota
	floor
	naive
)

func contenders() []contender {
	program := func(document string) [][]string { return [][]string{{"hostnet-module", document}} }
	batch := func(file string) []string { return []string{"ip", "-batch", file} }
	look := [][]string{{"sh", "-c", "ip -d -j link; ip -j addr; ip -j route"}}
	return []contender{
		ours: {"hostnet-module", [phases][][]string{program("classic.yaml"), program("classic.yaml"), program("absent.yaml")}},
		floor: {"ip -batch, same state", [phases][][]string{
			{batch("links"), {"sysctl", "-q", "-p", "quiet"}, {"bridge", "vlan", "del", "vid", "1", "dev", "vlan48", "self"}, batch("rise")},
			look, {batch("gone")}}},
		naive: {"ip -batch, as in manuals", [phases][][]string{{batch("naive")}, look, {batch("gone")}}},
	}
}

// absent is said of every object, for the teardown.
func document(absent string) string {
	return fmt.Sprintf(`bonds:
  - {name: bond0, mode: active-backup, miimon: 100, members: [eth0, eth1]%[1]s}
segments:
  - {id: 16, parent: bond0, bridge: vlan16, addresses: [192.0.2.10/24], gateway: 192.0.2.1%[1]s}
  - {id: 32, parent: bond0, bridge: vlan32, addresses: [198.51.100.10/24]%[1]s}
  - {id: 48, parent: bond0, bridge: vlan48%[1]s}
`, absent)
}

// files are what the commands read. The MAC is that of eth0.
func files(mac string) map[string]string {
	var links, quiet, rise, manual strings.Builder
	fmt.Fprintf(&links, "link add name bond0 address %s type bond mode active-backup miimon 100\n", mac)
	quiet.WriteString("net/ipv6/conf/bond0/disable_ipv6=1\nnet/ipv6/conf/vlan48/disable_ipv6=1\n")
	rise.WriteString("link set bond0 up\nlink set eth0 master bond0\nlink set eth1 master bond0\nlink set vlan48 up\n")
	manual.WriteString(`link add bond0 type bond mode active-backup miimon 100
link set eth0 down
link set eth0 master bond0
link set eth1 down
link set eth1 master bond0
link set bond0 up
`)
	for _, id := range []int{16, 32, 48} {
		kind := map[bool]string{false: "up type bridge", true: "type bridge vlan_filtering 1"}[id == 48]
		fmt.Fprintf(&links, "link add name vlan%[1]d address %[2]s %[3]s\nlink add link bond0 name bond0.%[1]d type vlan id %[1]d\n", id, mac, kind)
		fmt.Fprintf(&quiet, "net/ipv6/conf/bond0.%d/disable_ipv6=1\n", id)
		fmt.Fprintf(&rise, "link set bond0.%[1]d master vlan%[1]d up\n", id)
		fmt.Fprintf(&manual, `link add link bond0 name bond0.%[1]d type vlan id %[1]d
link add vlan%[1]d type bridge
link set bond0.%[1]d master vlan%[1]d
link set bond0.%[1]d up
link set vlan%[1]d up
`, id)
	}
	layer3 := "addr add 192.0.2.10/24 dev vlan16\naddr add 198.51.100.10/24 dev vlan32\nroute add default via 192.0.2.1 dev vlan16\n"
	return map[string]string{
		"classic.yaml": document(""), "absent.yaml": document(", state: absent"),
		"links": links.String(), "quiet": quiet.String(), "rise": rise.String() + layer3, "naive": manual.String() + layer3,
		"gone": "link del vlan16\nlink del vlan32\nlink del vlan48\nlink del bond0\n",
	}
}
