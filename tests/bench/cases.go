package main

import "fmt"

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

// The contenders, and the files that they are fed with. The floor is the best batch that I can write by hand for the very
// state that the program makes: attributes in the creating message wherever the kernel takes them there, one message where two
// would do, IPv6 off on what only carries frames, the dumb bridge without an entry of its own. bridge(8) removes that entry:
// ip(8) cannot. The naive batch is what manuals show: no bridge is dumb, every link has a link-local address.
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
			{batch("floor"), {"bridge", "vlan", "del", "vid", "1", "dev", "vlan48", "self"}}, look, {batch("gone")}}},
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
	best := fmt.Sprintf(`link add name bond0 address %[1]s type bond mode active-backup miimon 100
link set bond0 addrgenmode none up
link set eth0 master bond0
link set eth1 master bond0
`, mac)
	manual := `link add bond0 type bond mode active-backup miimon 100
link set eth0 down
link set eth0 master bond0
link set eth1 down
link set eth1 master bond0
link set bond0 up
`
	for _, id := range []int{16, 32, 48} {
		flags := "up type bridge"
		if id == 48 {
			flags = "type bridge vlan_filtering 1"
		}
		best += fmt.Sprintf("link add name vlan%[1]d address %[2]s %[3]s\n", id, mac, flags)
		if id == 48 {
			best += "link set vlan48 addrgenmode none up\n"
		}
		best += fmt.Sprintf("link add link bond0 name bond0.%[1]d type vlan id %[1]d\nlink set bond0.%[1]d master vlan%[1]d addrgenmode none up\n", id)
		manual += fmt.Sprintf(`link add link bond0 name bond0.%[1]d type vlan id %[1]d
link add vlan%[1]d type bridge
link set bond0.%[1]d master vlan%[1]d
link set bond0.%[1]d up
link set vlan%[1]d up
`, id)
	}
	layer3 := "addr add 192.0.2.10/24 dev vlan16\naddr add 198.51.100.10/24 dev vlan32\nroute add default via 192.0.2.1 dev vlan16\n"
	return map[string]string{
		"classic.yaml": document(""), "absent.yaml": document(", state: absent"),
		"floor": best + layer3, "naive": manual + layer3,
		"gone": "link del vlan16\nlink del vlan32\nlink del vlan48\nlink del bond0\n",
	}
}
