package topo

import "testing"

func TestParseFrame(t *testing.T) {
	for _, row := range []struct {
		line string
		want Frame
	}{
		{"1700000000.123456 02:00:00:00:00:01 > 02:00:00:00:00:02, ethertype IPv4 (0x0800), length 98: 192.0.2.1 > 192.0.2.2: ICMP echo request, id 1, seq 1, length 64",
			Frame{Src: "02:00:00:00:00:01", Dst: "02:00:00:00:00:02", Type: "IPv4"}},
		{"1700000000.123456 02:00:00:00:00:01 > ff:ff:ff:ff:ff:ff, ethertype 802.1Q (0x8100), length 46: vlan 32, p 0, ethertype ARP (0x0806), Request who-has 198.51.100.1 tell 198.51.100.2, length 28",
			Frame{Src: "02:00:00:00:00:01", Dst: "ff:ff:ff:ff:ff:ff", VLAN: 32, Type: "ARP"}},
		{"1700000000.123456 02:00:00:00:00:01 > 01:80:c2:00:00:00, 802.3, length 39: LLC, dsap STP (0x42) Individual", Frame{Src: "02:00:00:00:00:01", Dst: "01:80:c2:00:00:00", Type: "802.3"}},
	} {
		got, ok := parseFrame(row.line)
		if !ok || got.At.UnixMicro() != 1700000000123456 {
			t.Errorf("%s: %v at %v", row.line, ok, got.At)
		}
		if got.Src != row.want.Src || got.Dst != row.want.Dst || got.VLAN != row.want.VLAN || got.Type != row.want.Type {
			t.Errorf("%s:\n%+v", row.line, got)
		}
	}
	for _, line := range []string{"", "listening on eth0, link-type EN10MB (Ethernet), snapshot length 256 bytes", "5 packets captured, 5 packets received by filter"} {
		if f, ok := parseFrame(line); ok {
			t.Errorf("%q read as %v", line, f)
		}
	}
}
