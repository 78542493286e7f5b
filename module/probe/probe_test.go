package probe

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"hostnet-module/module/spec"
)

func try(t *testing.T, p spec.Probe) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	return Attempt(ctx, p)
}

func TestTCP(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).AddrPort().Port()
	p := spec.Probe{Kind: spec.ProbeTCP, Host: "127.0.0.1", Port: port}
	if err := try(t, p); err != nil {
		t.Error(err)
	}
	l.Close()
	if err := try(t, p); err == nil || !strings.Contains(err.Error(), "refused") || strings.Contains(err.Error(), "127.0.0.1") {
		t.Errorf("got %v", err)
	}
}

// TestPayload: the header of an IPv4 packet, options too, is passed over.
func TestPayload(t *testing.T) {
	for _, tc := range []struct{ in, want string }{
		{"\x45" + strings.Repeat("h", 19) + "icmp", "icmp"},
		{"\x46" + strings.Repeat("h", 23) + "icmp", "icmp"},
		{"\x4f" + strings.Repeat("h", 23) + "icmp", ""},
		{"short", "short"},
	} {
		if got := string(payload([]byte(tc.in))); got != tc.want {
			t.Errorf("%q: got %q, want %q", tc.in, got, tc.want)
		}
	}
}

// TestChecksum: the example of RFC 1071, 3.
func TestChecksum(t *testing.T) {
	if got := checksum([]byte{0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7}); got != ^uint16(0xddf2) {
		t.Errorf("got %#x", got)
	}
}

// TestNameServer: a name that does not exist is an answer, a server that has no answer is none, and silence is none.
func TestNameServer(t *testing.T) {
	answer := make(chan byte, 1)
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 9), Port: 53})
	if err != nil {
		t.Log("no port 53 for us here: the lab has it")
		return
	}
	defer conn.Close()
	go func() {
		b := make([]byte, 512)
		for {
			n, from, err := conn.ReadFromUDP(b)
			if err != nil {
				return
			}
			code := <-answer
			answer <- code
			if code != 'x' {
				b[2], b[3] = b[2]|0x80, code // a response with a code (RFC 1035, 4.1.1)
				conn.WriteToUDP(b[:n], from)
			}
		}
	}()
	p := spec.Probe{Kind: spec.ProbeDNS, Name: "example.org.", Server: netip.MustParseAddr("127.0.0.9")}
	for code, want := range map[byte]string{3: "<nil>", 2: "server misbehaving", 'x': "no answer"} {
		answer <- code
		if got := fmt.Sprint(try(t, p)); got != want {
			t.Errorf("code %d: got %s, want %s", code, got, want)
		}
		<-answer
	}
}

// TestPing asks the loopback, where raw sockets are ours to have.
func TestPing(t *testing.T) {
	for _, ip := range []string{"127.0.0.1", "::1"} {
		err := try(t, spec.Probe{Kind: spec.ProbePing, IP: netip.MustParseAddr(ip)})
		if err != nil && !strings.Contains(err.Error(), "permitted") && !strings.Contains(err.Error(), "not available") && !strings.Contains(err.Error(), "assign") {
			t.Errorf("%s: %v", ip, err)
		}
		t.Logf("%s: %v", ip, err)
	}
}
