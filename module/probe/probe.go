// Package probe asks once whether something out there answers: an ICMP echo, a TCP connection, a name server. Gateways are the
// kernel room's. It knows no schedule, and changes nothing.
package probe

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"

	"hostnet-module/module/spec"
)

// Attempt asks once and waits for the answer until the context ends. An error says what came instead.
func Attempt(ctx context.Context, p spec.Probe) error {
	err := ask(ctx, p)
	if err != nil && (ctx.Err() != nil || errors.Is(err, os.ErrDeadlineExceeded)) {
		return errNoAnswer
	}
	var op *net.OpError
	if errors.As(err, &op) { // "dial tcp 192.0.2.1:22: connect: " says the same again
		return op.Err
	}
	return err
}

var errNoAnswer = errors.New("no answer")

func ask(ctx context.Context, p spec.Probe) error {
	switch p.Kind {
	case spec.ProbePing:
		return ping(ctx, p.IP)
	case spec.ProbeTCP:
		return connect(ctx, p.Target())
	case spec.ProbeDNS:
		return lookup(ctx, p)
	}
	return fmt.Errorf("no probe of kind %q", p.Kind)
}

// connect opens a TCP connection and closes it.
func connect(ctx context.Context, address string) error {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	return conn.Close()
}

// lookup asks a name server. That there is no such name is an answer. TXT records are asked for: for addresses, /etc/hosts could answer.
func lookup(ctx context.Context, p spec.Probe) error {
	r := &net.Resolver{PreferGo: true}
	if p.Server.IsValid() {
		server := netip.AddrPortFrom(p.Server, 53).String()
		r.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, server)
		}
	}
	_, err := r.LookupTXT(ctx, p.Name)
	var fault *net.DNSError
	if !errors.As(err, &fault) {
		return err
	}
	if fault.IsNotFound {
		return nil
	}
	if fault.IsTimeout {
		return errNoAnswer
	}
	return errors.New(fault.Err)
}

// echo is the pair of types of ICMP (RFC 792) and ICMPv6 (RFC 4443).
var echo = map[bool]struct {
	network        string
	request, reply byte
}{true: {"ip4:icmp", 8, 0}, false: {"ip6:ipv6-icmp", 128, 129}}

// ping sends an echo request from a raw socket and waits for its reply. Of ICMPv6 the kernel makes the checksum (RFC 3542, 3.1).
func ping(ctx context.Context, ip netip.Addr) error {
	e := echo[ip.Is4()]
	conn, err := new(net.Dialer).DialContext(ctx, e.network, ip.String())
	if err != nil {
		return err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	packet := make([]byte, 16, 24)
	packet[0] = e.request
	now := uint64(time.Now().UnixNano()) // tells this request's reply from others
	binary.BigEndian.PutUint32(packet[4:], uint32(now>>16))
	binary.BigEndian.PutUint64(packet[8:], now)
	if ip.Is4() {
		binary.BigEndian.PutUint16(packet[2:], checksum(packet))
	}
	if _, err := conn.Write(packet); err != nil {
		return err
	}
	buffer := make([]byte, 2048)
	for {
		n, err := conn.Read(buffer)
		if err != nil {
			return err
		}
		got := buffer[:n]
		if ip.Is4() {
			got = payload(got)
		}
		if len(got) >= 16 && got[0] == e.reply && string(got[4:16]) == string(packet[4:16]) {
			return nil
		}
	}
}

// payload of an IPv4 packet: what Read of a raw socket returns begins with the header.
func payload(b []byte) []byte {
	if len(b) < 20 || b[0]>>4 != 4 {
		return b
	}
	if n := int(b[0]&15) * 4; n <= len(b) {
		return b[n:]
	}
	return nil
}

// checksum is that of RFC 1071, over an even number of bytes.
func checksum(b []byte) uint16 {
	var sum uint32
	for i := 0; i+1 < len(b); i += 2 {
		sum += uint32(b[i])<<8 | uint32(b[i+1])
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}
