package kernel

import (
	"encoding/hex"
	"net"
	"net/netip"
	"strings"
	"testing"
)

// TestQuestion: the questions as RFC 826, RFC 5227 and RFC 4861 have them, written by hand, the checksum computed by another program;
// and what counts as an answer. That a neighbour answers is for the lab (tests/real, TestProbes).
func TestQuestion(t *testing.T) {
	mac, _ := net.ParseMAC("00:16:3e:00:00:01")
	const header = "6000000000203aff"
	for _, tc := range []struct{ source, target, want, answer, others string }{
		{"192.0.2.10", "192.0.2.1", "ffffffffffff 0001080006040001" + "00163e000001" + "c000020a" + "000000000000" + "c0000201",
			"0001080006040002" + "00163e000009" + "c0000201" + "00163e000001" + "c000020a",
			"0001080006040001" + "00163e000009" + "c0000201" + "000000000000" + "c000020a," + // a request of the gateway's own
				"0001080006040002" + "00163e000009" + "c0000209" + "00163e000001" + "c000020a," + // somebody else's answer
				"00010800060400"},
		{"", "192.0.2.1", "ffffffffffff 0001080006040001" + "00163e000001" + "00000000" + "000000000000" + "c0000201", "", ""},
		{"2001:db8::10", "2001:db8::1", "3333ff000001 " + header + "20010db8000000000000000000000010" + "ff0200000000000000000001ff000001" +
			"8700e00300000000" + "20010db8000000000000000000000001" + "010100163e000001",
			header + "20010db8000000000000000000000001" + "20010db8000000000000000000000010" + "88000000e0000000" + "20010db8000000000000000000000001" + "020100163e000009",
			header + "20010db8000000000000000000000001" + "20010db8000000000000000000000010" + "87000000e0000000" + "20010db8000000000000000000000001" + "020100163e000009," +
				header + "20010db8000000000000000000000001" + "20010db8000000000000000000000010" + "88000000e0000000" + "20010db8000000000000000000000002" + "020100163e000009," +
				"6000000000203a40" + "20010db8000000000000000000000001" + "20010db8000000000000000000000010" + "88000000e0000000" + "20010db8000000000000000000000001" + "020100163e000009," + // from afar
				header},
	} {
		source, _ := netip.ParseAddr(tc.source)
		f, answers, err := question(mac, source, netip.MustParseAddr(tc.target))
		if err != nil {
			t.Errorf("%s: %v", tc.target, err)
			continue
		}
		if got := hex.EncodeToString(f.to) + " " + hex.EncodeToString(f.payload); got != tc.want {
			t.Errorf("%s from %q:\n%s, want\n%s", tc.target, tc.source, got, tc.want)
		}
		for i, text := range strings.Split(tc.answer+","+tc.others, ",") {
			b, err := hex.DecodeString(text)
			if err != nil {
				t.Fatal(err)
			}
			if answers(b) != (i == 0 && text != "") {
				t.Errorf("%s: %q counts as an answer: %v", tc.target, text, answers(b))
			}
		}
	}
	if _, _, err := question(mac, netip.Addr{}, netip.MustParseAddr("2001:db8::1")); err == nil {
		t.Error("IPv6 without an address to ask from")
	}
}
