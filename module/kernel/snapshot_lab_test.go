//go:build lab

package kernel

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// everything is a network with all that a snapshot looks at: links of many kinds, a VLAN whose parent is in another namespace,
// addresses and routes with every option, VLAN tables.
const everything = `
ip netns add far
ip link add eth0 address 00:16:3e:00:00:01 type veth peer name p0
ip link add eth1 address 00:16:3e:00:00:02 type veth peer name p1
ip link set p0 netns far up
ip link set p1 netns far up
ip link add bond0 type bond mode active-backup miimon 100 primary eth0
ip link set eth0 master bond0
ip link set eth1 master bond0
ip link add bond1 type bond mode 802.3ad miimon 100 ad_user_port_key 5
ip link add d1 type dummy
ip link set d1 master bond1
ip link add bond2 type bond mode active-backup arp_interval 200 arp_ip_target 192.0.2.1,192.0.2.2 ns_ip6_target 2001:db8::1 arp_validate all
ip link set bond0 alias "two NICs, one link" mtu 9000 up
ip link add link bond0 name bond0.16 mtu 1400 type vlan id 16 gvrp on
ip link add link bond0 name bond0.48 type vlan id 48 protocol 802.1ad reorder_hdr off
ip link add vlan16 address 00:16:3e:00:00:01 type bridge forward_delay 401 stp_state 0
ip link add vlan48 type bridge vlan_filtering 1
ip link set bond0.16 master vlan16 up
ip link set bond0.48 master vlan48 up
ip link set vlan48 addrgenmode none
ip link set vlan16 up
ip link set vlan48 up
ip link add vif1.0 type veth peer name g1
ip link set vif1.0 master vlan48 up
ip link set vif1.0 type bridge_slave isolated on cost 55
ip tuntap add tap0 mode tap
ip link set tap0 master vlan16
ip link add mv0 link vlan16 type macvlan mode bridge
bridge vlan del vid 1 dev vlan48 self
bridge vlan add vid 100-120 dev bond0.48
bridge vlan add vid 300 dev vif1.0 pvid untagged
ip -n far link add d0 type dummy
ip -n far link add link d0 name away type vlan id 9
ip addr add 192.0.2.10/24 broadcast 192.0.2.255 dev vlan16
ip addr add 192.0.2.11/24 dev vlan16 label vlan16:1
ip addr add 192.0.2.12/32 dev vlan16 valid_lft 9700 preferred_lft 8700
ip addr add 203.0.113.1 peer 203.0.113.2/32 dev vlan16 noprefixroute
ip addr add 169.254.1.1/16 scope link dev vlan16
ip addr add 2001:db8:16::10/64 dev vlan16 nodad
ip addr add 2001:db8:16::11/64 dev vlan16 nodad noprefixroute valid_lft 9700 preferred_lft 0
ip addr add 2001:db8:17::1 peer 2001:db8:17::2/128 dev vlan16 nodad
ip route add default via 192.0.2.1 dev vlan16 proto static
ip route add default via 192.0.2.2 dev vlan16 metric 100 src 192.0.2.10 proto dhcp mtu 1300
ip route add 198.51.100.0/24 via 198.18.0.1 dev vlan16 onlink table 77
ip route add 198.51.100.0/25 via inet6 fe80::1 dev vlan16 table 1000
ip route add 198.51.101.0/24 nexthop via 192.0.2.3 dev vlan16 weight 3 nexthop via 198.18.0.1 dev vlan16 onlink
ip route add blackhole 198.51.102.0/24
ip route add tos 0x10 198.51.103.0/24 dev vlan16
ip route add prohibit 198.51.104.0/24 metric 7
ip route add throw 198.51.105.0/24 table 77
ip -6 route add default via 2001:db8:16::1 dev vlan16
ip -6 route add 2001:db8:18::/48 nexthop via 2001:db8:16::2 dev vlan16 weight 2 nexthop via 2001:db8:16::3 dev vlan16
ip -6 route add unreachable 2001:db8:19::/48 metric 9
ip -6 route add 2001:db8:20::/48 via fe80::1 dev vlan16 metric 5 mtu 1280 table 77`

// TestSnapshotLive sees what iproute2 sees. With HOSTNET_LAB_OUT=module/kernel/testdata in the environment of bin/lab it leaves
// both there:
//
//	HOSTNET_LAB_OUT=$PWD/module/kernel/testdata go test -tags lab -exec "$PWD/bin/lab run" -run SnapshotLive ./module/kernel
func TestSnapshotLive(t *testing.T) {
	namespace(t)
	run(t, "set -e\n"+everything+fmt.Sprintf("\nip -n far link set away netns %d", unix.Gettid()))
	t.Cleanup(func() { run(t, "ip netns del far") })
	k, err := Dial()
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	var d dumps
	said := map[string]string{}
	for try := 0; ; try++ { // carrier and address detection go on for a moment: both have to look at one picture
		h, err := k.Snapshot(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		keep(t, k, &d)
		for file, line := range sayings {
			said[file] = run(t, line)
		}
		kept, _ := d.host()
		diff := sees(t, h, said) + sees(t, kept, said)
		if diff == "" {
			break
		}
		if try == 5 {
			t.Error(diff)
			break
		}
		time.Sleep(500 * time.Millisecond)
	}
	release := strings.SplitN(run(t, "uname -r"), ".", 3)
	dir := filepath.Join("/out", "dump-"+release[0]+"."+release[1])
	if _, err := os.Stat("/out"); err != nil {
		return
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for file, msgs := range d.files() {
		if err := os.WriteFile(filepath.Join(dir, file), framesOf(*msgs), 0o644); err != nil {
			t.Error(err)
		}
	}
	for file, text := range said {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
			t.Error(err)
		}
	}
}

// keep records the messages that a snapshot is made of.
func keep(t *testing.T, k *Kernel, d *dumps) {
	t.Helper()
	for _, ask := range []struct {
		typ     uint16
		payload []byte
		into    *[]message
	}{
		{unix.RTM_GETLINK, dumpLinks(unix.AF_UNSPEC, filterSkipStats), &d.links}, {unix.RTM_GETADDR, addressesOf(0), &d.addresses},
		{rtmGetVLAN, dumpVLANs(), &d.tables}, {unix.RTM_GETLINK, dumpLinks(unix.AF_BRIDGE, filterVLANs), &d.vlans},
		{unix.RTM_GETROUTE, dumpRoutes(unix.AF_INET), &d.routes4}, {unix.RTM_GETROUTE, dumpRoutes(unix.AF_INET6), &d.routes6},
	} {
		if err := k.dump(context.Background(), "what there is", ask.typ, ask.payload, keeper{ask.into}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestLongTable: a table that fits into no datagram goes on in the next one.
func TestLongTable(t *testing.T) {
	namespace(t)
	run(t, `set -e
ip link add br0 type bridge
ip link add d0 type dummy
ip link set d0 master br0
for id in $(seq 10 2 4094); do echo vlan add vid $id dev d0; done >/tmp/table
bridge -batch /tmp/table
bridge vlan add vid 100-200 dev br0 self`)
	k, err := Dial()
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	h, err := k.Snapshot(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	long, short := h.Link("d0").VLANs, h.Link("br0").VLANs
	if len(long) != 1+2043 || len(short) != 1+101 {
		t.Errorf("%d VLANs of the port, %d of the bridge", len(long), len(short))
	}
	if err := k.dump(context.Background(), "bridges", unix.RTM_GETLINK, dumpLinks(unix.AF_BRIDGE, filterVLANs), vlanReader{h}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(long, h.Link("d0").VLANs) + cmp.Diff(short, h.Link("br0").VLANs); diff != "" {
		t.Error("not what the bridges' own dump tells: ", diff)
	}
}
