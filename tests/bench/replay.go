package main

import (
	"encoding/binary"
	"encoding/gob"
	"fmt"
	"io"
	"os"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// The floor: what the kernel takes for the same links when nobody thinks. Requests are built beforehand, with interface indexes
// chosen, and sent as they are, as many at a time as fit; there is no look before, none after, no plan and no result.

// burst is what is sent before the next burst may begin: datagrams, then files.
type burst struct {
	Datagrams [][]byte
	Counts    []int    // how many requests each datagram has
	Files     []string // settings of IPv6 that are turned off
}

// firstIndex is above all that the kernel chooses in a machine of the lab.
const firstIndex = 1 << 20

// script builds the floor's requests.
type script struct {
	bursts []burst
	seq    uint32
}

func (s *script) next() { s.bursts = append(s.bursts, burst{}) }

func (s *script) file(link string) {
	b := &s.bursts[len(s.bursts)-1]
	b.Files = append(b.Files, "/proc/sys/net/ipv6/conf/"+link+"/disable_ipv6")
}

// request adds one; those of one burst share datagrams.
func (s *script) request(typ int, flags uint16, family uint8, index, up int, attrs ...nl.NetlinkRequestData) {
	const most = 128
	s.seq++
	m := nl.NetlinkRequest{NlMsghdr: unix.NlMsghdr{Type: uint16(typ), Flags: unix.NLM_F_REQUEST | unix.NLM_F_ACK | flags, Seq: s.seq}}
	head := nl.NewIfInfomsg(int(family))
	head.Index = int32(index)
	if up >= 0 {
		head.Change, head.Flags = unix.IFF_UP, uint32(up)*unix.IFF_UP
	}
	m.AddData(head)
	for _, a := range attrs {
		m.AddData(a)
	}
	bytes := m.Serialize()
	for len(bytes)%4 != 0 {
		bytes = append(bytes, 0)
	}
	b := &s.bursts[len(s.bursts)-1]
	if n := len(b.Counts); n == 0 || b.Counts[n-1] == most {
		b.Datagrams, b.Counts = append(b.Datagrams, nil), append(b.Counts, 0)
	}
	n := len(b.Counts) - 1
	b.Datagrams[n] = append(b.Datagrams[n], bytes...)
	b.Counts[n]++
}

func u32(typ, v int) *nl.RtAttr { return nl.NewRtAttr(typ, nl.Uint32Attr(uint32(v))) }

func named(name string) *nl.RtAttr { return nl.NewRtAttr(unix.IFLA_IFNAME, nl.ZeroTerminated(name)) }

// info is IFLA_LINKINFO.
func info(kind string, data ...[]byte) *nl.RtAttr {
	a := nl.NewRtAttr(unix.IFLA_LINKINFO, nil)
	a.AddRtAttr(nl.IFLA_INFO_KIND, nl.NonZeroTerminated(kind))
	if len(data) > 0 {
		d := a.AddRtAttr(nl.IFLA_INFO_DATA, nil)
		for _, x := range data {
			d.AddRtAttr(int(binary.NativeEndian.Uint16(x)), x[2:])
		}
	}
	return a
}

func datum(typ uint16, payload []byte) []byte {
	return append(binary.NativeEndian.AppendUint16(nil, typ), payload...)
}

// floorOf builds the requests for n segments; dumb ones speak no IPv6 and are not the host's.
func floorOf(n int, dumb bool, mac [6]byte, nics [2]int) []burst {
	const create = unix.NLM_F_CREATE | unix.NLM_F_EXCL
	s := &script{}
	s.next()
	address := nl.NewRtAttr(unix.IFLA_ADDRESS, mac[:])
	s.request(unix.RTM_NEWLINK, create, 0, firstIndex, -1, named("bond0"), address,
		info("bond", datum(nl.IFLA_BOND_MODE, []byte{1}), datum(nl.IFLA_BOND_MIIMON, nl.Uint32Attr(100))))
	up, filters := 1, [][]byte{}
	if dumb {
		up, filters = -1, [][]byte{datum(nl.IFLA_BR_VLAN_FILTERING, []byte{1})}
		s.file("bond0")
	}
	for id := 1; id <= n; id++ {
		s.request(unix.RTM_NEWLINK, create, 0, firstIndex+id, up, named(fmt.Sprintf("vlan%d", id)), address, info("bridge", filters...))
		if dumb {
			s.file(fmt.Sprintf("vlan%d", id))
		}
	}
	s.next()
	for id := 1; dumb && id <= n; id++ {
		own := nl.NewRtAttr(unix.IFLA_AF_SPEC, nil)
		own.AddRtAttr(nl.IFLA_BRIDGE_FLAGS, nl.Uint16Attr(nl.BRIDGE_FLAGS_SELF))
		own.AddRtAttr(nl.IFLA_BRIDGE_VLAN_INFO, append(nl.Uint16Attr(0), nl.Uint16Attr(1)...))
		s.request(unix.RTM_DELLINK, 0, unix.AF_BRIDGE, firstIndex+id, -1, own)
		s.request(unix.RTM_NEWLINK, 0, 0, firstIndex+id, 1)
	}
	for _, nic := range nics {
		s.request(unix.RTM_NEWLINK, 0, 0, nic, 0, u32(unix.IFLA_MASTER, firstIndex))
	}
	s.next()
	for id := 1; id <= n; id++ {
		name := fmt.Sprintf("bond0.%d", id)
		s.request(unix.RTM_NEWLINK, create, 0, firstIndex+n+id, -1, named(name), u32(unix.IFLA_LINK, firstIndex), u32(unix.IFLA_MASTER, firstIndex+id),
			info("vlan", datum(nl.IFLA_VLAN_ID, nl.Uint16Attr(uint16(id)))))
		if dumb {
			s.file(name)
		}
	}
	s.next()
	s.request(unix.RTM_NEWLINK, 0, 0, firstIndex, 1)
	return s.bursts
}

// replay sends what a file holds.
func replay(in io.Reader) error {
	var bursts []burst
	if err := gob.NewDecoder(in).Decode(&bursts); err != nil {
		return err
	}
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return err
	}
	_ = unix.SetsockoptInt(fd, unix.SOL_NETLINK, unix.NETLINK_CAP_ACK, 1)
	buffer := make([]byte, 1<<16)
	for _, b := range bursts {
		for i, d := range b.Datagrams {
			if err := unix.Sendto(fd, d, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
				return err
			}
			for left := b.Counts[i]; left > 0; left-- {
				n, _, err := unix.Recvfrom(fd, buffer, 0)
				if err != nil {
					return err
				}
				if code := int32(binary.NativeEndian.Uint32(buffer[16:n])); code != 0 {
					return fmt.Errorf("request %d: %w", binary.NativeEndian.Uint32(buffer[8:]), unix.Errno(-code))
				}
			}
		}
		for _, name := range b.Files {
			if err := os.WriteFile(name, []byte("1"), 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

// look asks for what the program asks for when it looks at a host (module/kernel: Snapshot), and throws the answers away.
func look() error {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return err
	}
	_ = unix.SetsockoptInt(fd, unix.SOL_NETLINK, unix.NETLINK_GET_STRICT_CHK, 1)
	const skipStats, vlans = 1 << 3, 1 << 2 // RTEXT_FILTER_SKIP_STATS, RTEXT_FILTER_BRVLAN_COMPRESSED
	links := func(family, filter int) []nl.NetlinkRequestData {
		return []nl.NetlinkRequestData{nl.NewIfInfomsg(family), u32(unix.IFLA_EXT_MASK, filter)}
	}
	routes := func(family uint8) []nl.NetlinkRequestData {
		return []nl.NetlinkRequestData{&nl.RtMsg{RtMsg: unix.RtMsg{Family: family}}}
	}
	buffer := make([]byte, 1<<16)
	for i, ask := range []struct {
		typ  int
		data []nl.NetlinkRequestData
	}{
		{unix.RTM_GETLINK, links(unix.AF_UNSPEC, skipStats)}, {unix.RTM_GETADDR, []nl.NetlinkRequestData{nl.NewIfAddrmsg(unix.AF_UNSPEC)}},
		{unix.RTM_GETLINK, links(unix.AF_BRIDGE, vlans)}, {unix.RTM_GETROUTE, routes(unix.AF_INET)}, {unix.RTM_GETROUTE, routes(unix.AF_INET6)},
		{unix.RTM_GETRULE, routes(unix.AF_INET)}, {unix.RTM_GETRULE, routes(unix.AF_INET6)},
	} {
		m := nl.NetlinkRequest{NlMsghdr: unix.NlMsghdr{Type: uint16(ask.typ), Flags: unix.NLM_F_REQUEST | unix.NLM_F_DUMP, Seq: uint32(i + 1)}, Data: ask.data}
		if err := unix.Sendto(fd, m.Serialize(), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
			return err
		}
		for done := false; !done; {
			n, _, err := unix.Recvfrom(fd, buffer, 0)
			if err != nil {
				return err
			}
			for at := 0; at < n; at += (int(binary.NativeEndian.Uint32(buffer[at:])) + 3) &^ 3 { // the end may come with the last answers
				switch binary.NativeEndian.Uint16(buffer[at+4:]) {
				case unix.NLMSG_ERROR:
					return fmt.Errorf("dump %d: %w", i, unix.Errno(-int32(binary.NativeEndian.Uint32(buffer[at+16:]))))
				case unix.NLMSG_DONE:
					done = true
				}
			}
		}
	}
	return nil
}
