// Package many writes documents and hosts of any size for tests: one bond, and on it as many VLANs with their bridges as are
// asked for.
package many

import (
	"fmt"
	"strings"
)

// Most is how many VLANs 802.1Q has room for.
const Most = 4094

// Document is one bond over eth0 and eth1 with n segments, vlan1 to vlanN. Every key of a segment that all shall have goes into
// more: ", ipv6: auto" or ", state: absent".
func Document(n int, more string) string {
	var b strings.Builder
	b.WriteString("bonds:\n  - {name: bond0, mode: active-backup, miimon: 100, members: [eth0, eth1]")
	if strings.Contains(more, "absent") {
		b.WriteString(", state: absent")
	}
	b.WriteString("}\nsegments:\n")
	for id := 1; id <= n; id++ {
		fmt.Fprintf(&b, "  - {id: %d, parent: bond0, bridge: vlan%[1]d%s}\n", id, more)
	}
	return b.String()
}

// Bare is a host with two NICs and nothing on them, in the words of tests/fake.
const Bare = `
lo: up
eth0: up mtu 1500 address 00:16:3e:00:00:01 permaddr 00:16:3e:00:00:01
eth1: up mtu 1500 address 00:16:3e:00:00:02 permaddr 00:16:3e:00:00:02
`
