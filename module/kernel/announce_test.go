package kernel

import (
	"encoding/hex"
	"net"
	"net/netip"
	"testing"
)

// The frames as RFC 826 and RFC 4861 have them, written by hand; the checksum was computed by another program. That a neighbour's
// kernel believes them is for the lab (TestAnnounce).
func TestFrames(t *testing.T) {
	mac, _ := net.ParseMAC("00:16:3e:00:00:01")
	for _, tc := range []struct {
		ip   string
		want []string
	}{
		{"192.0.2.10", []string{
			"ffffffffffff 0001080006040001" + "00163e000001" + "c000020a" + "000000000000" + "c000020a",
			"ffffffffffff 0001080006040002" + "00163e000001" + "c000020a" + "00163e000001" + "c000020a",
		}},
		{"2001:db8::10", []string{
			"333300000001 6000000000203aff" + "20010db8000000000000000000000010" + "ff020000000000000000000000000001" +
				"8800bcf620000000" + "20010db8000000000000000000000010" + "020100163e000001",
		}},
	} {
		got := frames(netip.MustParseAddr(tc.ip), mac)
		if len(got) != len(tc.want) {
			t.Fatalf("%s: %d frames, want %d", tc.ip, len(got), len(tc.want))
		}
		for i, f := range got {
			if text := hex.EncodeToString(f.to) + " " + hex.EncodeToString(f.payload); text != tc.want[i] {
				t.Errorf("%s:\n%s, want\n%s", tc.ip, text, tc.want[i])
			}
		}
	}
}
