package kernel

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"
)

// Neighbour asks once, out of a link, who has an address, and waits for the answer until the context ends: by ARP (RFC 826) or neighbour
// discovery (RFC 4861). source is the address that asks; the zero one makes an ARP probe (RFC 5227), and is refused for IPv6. The
// kernel's own neighbour table is neither asked nor filled: it may remember one who has gone.
func (k *Kernel) Neighbour(ctx context.Context, name string, source, target netip.Addr) error {
	k.mu.Lock()
	link, err := k.lookup(name)
	k.mu.Unlock()
	if err != nil {
		return err
	}
	mac, err := net.ParseMAC(link.MAC())
	if err != nil || len(mac) != 6 {
		return fmt.Errorf("%s has no Ethernet address", name)
	}
	question, answers, err := question(mac, source, target)
	if err != nil {
		return err
	}
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return os.NewSyscallError("packet socket", err)
	}
	f := os.NewFile(uintptr(fd), "packet socket") // owns fd, and waits without a thread
	defer f.Close()
	if err := unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: network16(question.protocol), Ifindex: link.Index}); err != nil {
		return os.NewSyscallError("packet socket of "+name, err)
	}
	if err := question.send(fd, link.Index); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return awaitAnswer(ctx, f, answers)
}

// awaitAnswer reads until something answers.
func awaitAnswer(ctx context.Context, f *os.File, answers func([]byte) bool) error {
	buffer := make([]byte, 2048)
	for {
		n, err := readUntil(ctx, f, buffer)
		switch {
		case ctx.Err() != nil:
			return ErrNoAnswer
		case err != nil:
			return err
		case answers(buffer[:n]):
			return nil
		}
	}
}

// ErrNoAnswer says that nobody has the address, or that the one who has it cannot be reached.
var ErrNoAnswer = errors.New("no answer")

// question is the frame to send, and what tells an answer from other frames of its protocol.
func question(mac net.HardwareAddr, source, target netip.Addr) (frame, func([]byte) bool, error) {
	if target.Is4() {
		if !source.IsValid() {
			source = netip.IPv4Unspecified()
		}
		f := frame{unix.ETH_P_ARP, everyone, arp(arpRequest, mac, source, make([]byte, 6), target)}
		return f, func(b []byte) bool {
			return len(b) >= 28 && b[7] == arpReply && bytes.Equal(b[14:18], target.AsSlice())
		}, nil
	}
	if !source.Is6() {
		return frame{}, nil, fmt.Errorf("no IPv6 address to ask for %s from", target)
	}
	ip := target.As16()
	group := netip.AddrFrom16([16]byte{0xff, 2, 11: 1, 0xff, ip[13], ip[14], ip[15]}) // solicited-node (RFC 4291, 2.7.1)
	f := frame{unix.ETH_P_IPV6, net.HardwareAddr{0x33, 0x33, 0xff, ip[13], ip[14], ip[15]},
		discovery(neighbourSolicitation, 0, source, group, target, 1, mac)}
	return f, func(b []byte) bool {
		return len(b) >= 64 && b[6] == 58 && b[7] == 255 && b[40] == neighbourAdvertisement && bytes.Equal(b[48:64], ip[:])
	}, nil
}
