package kernel

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"

	"golang.org/x/sys/unix"

	"hostnet-module/module/state"
)

// announce tells the neighbours where an address lives now: for IPv4 a gratuitous ARP as a broadcast request and as a reply
// (arping(8) -U and -A: some listen to the one, some to the other; RFC 5227), for IPv6 an unsolicited neighbour advertisement
// with the override flag (RFC 4861, 7.2.6). The frames go out through a packet socket, which does not mind that duplicate address
// detection has not ended.
func (k *Kernel) announce(s state.Step) error {
	link, err := k.lookup(s.Link)
	if err != nil {
		return err
	}
	mac, err := net.ParseMAC(link.MAC())
	if err != nil || len(mac) != 6 {
		return &answer{errno: unix.EINVAL, text: fmt.Sprintf("%s has no Ethernet address", s.Link)}
	}
	frames := frames(s.Address.Prefix.Addr(), mac)
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	for _, f := range frames {
		if err := f.send(fd, link.Index); err != nil {
			return err
		}
	}
	return nil
}

// send sends the frame out of a link, by a packet socket.
func (f frame) send(fd, index int) error {
	to := &unix.SockaddrLinklayer{Protocol: network16(f.protocol), Ifindex: index, Halen: 6}
	copy(to.Addr[:], f.to)
	// A full queue of a link that has just come up is no reason to fail; one more try is all it gets.
	err := unix.Sendto(fd, f.payload, 0, to)
	if errors.Is(err, unix.ENOBUFS) {
		err = unix.Sendto(fd, f.payload, 0, to)
	}
	return err
}

func network16(n uint16) uint16 {
	return binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, n))
}

// frame is the payload of an Ethernet frame and where it goes.
type frame struct {
	protocol uint16
	to       net.HardwareAddr
	payload  []byte
}

var (
	everyone = net.HardwareAddr{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	allNodes = net.HardwareAddr{0x33, 0x33, 0, 0, 0, 1} // RFC 2464, 7: of ff02::1
)

func frames(ip netip.Addr, mac net.HardwareAddr) []frame {
	if ip.Is4() {
		return []frame{
			{unix.ETH_P_ARP, everyone, arp(arpRequest, mac, ip, make([]byte, 6), ip)},
			{unix.ETH_P_ARP, everyone, arp(arpReply, mac, ip, mac, ip)},
		}
	}
	const override = 0x20
	return []frame{{unix.ETH_P_IPV6, allNodes, discovery(neighbourAdvertisement, override, ip, netip.IPv6LinkLocalAllNodes(), ip, 2, mac)}}
}

// The operations of RFC 826.
const arpRequest, arpReply = 1, 2

// arp makes a packet of RFC 826: the sender's two addresses, the target's two.
func arp(operation byte, mac []byte, ip netip.Addr, targetMAC []byte, target netip.Addr) []byte {
	b := []byte{0, 1, 8, 0, 6, 4, 0, operation} // Ethernet, IPv4, lengths of their addresses
	b = append(append(b, mac...), ip.AsSlice()...)
	return append(append(b, targetMAC...), target.AsSlice()...)
}

// Types of ICMPv6 (RFC 4861, 4.3 and 4.4).
const neighbourSolicitation, neighbourAdvertisement = 135, 136

// discovery makes an IPv6 packet of neighbour discovery about a target, with one option that holds a link-layer address: 1 the source's,
// 2 the target's.
func discovery(typ, flags byte, from, to, target netip.Addr, option byte, mac net.HardwareAddr) []byte {
	const icmpv6, length, hopLimit = 58, 32, 255
	body := []byte{typ, 0, 0, 0, flags, 0, 0, 0}
	body = append(body, target.AsSlice()...)
	body = append(append(body, option, 1), mac...)
	pseudo := append(append([]byte(nil), from.AsSlice()...), to.AsSlice()...)
	pseudo = append(pseudo, 0, 0, 0, length, 0, 0, 0, icmpv6)
	binary.BigEndian.PutUint16(body[2:], checksum(append(pseudo, body...)))
	header := []byte{0x60, 0, 0, 0, 0, length, icmpv6, hopLimit}
	header = append(append(header, from.AsSlice()...), to.AsSlice()...)
	return append(header, body...)
}

// checksum is that of RFC 1071, over an even number of bytes.
func checksum(b []byte) uint16 {
	var sum uint32
	for i := 0; i+1 < len(b); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}
