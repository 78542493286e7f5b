package convert

import (
	"math"
	"math/bits"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"hostnet-module/module/spec"
)

// pairOf is one key of a tree.
type pairOf = spec.Pair

func pair(key string, value any) spec.Pair { return spec.Pair{Key: key, Value: value} }

// number is a text as the number that it is.
func number(text string) any {
	if n, err := strconv.ParseUint(text, 10, 63); err == nil {
		return n
	}
	return text
}

// address reads an address without a zone.
func address(text string) (netip.Addr, bool) {
	ip, err := netip.ParseAddr(strings.TrimSpace(text))
	return ip, err == nil && ip.Zone() == ""
}

// prefixLength reads a length or a netmask; of nothing it is that of the old classes for IPv4, as ifupdown has it, and a single
// address for IPv6.
func prefixLength(text string, ip netip.Addr) (int, bool) {
	if text == "" {
		if ip.Is6() {
			return 128, true
		}
		switch first := ip.As4()[0]; {
		case first < 128:
			return 8, true
		case first < 192:
			return 16, true
		case first < 224:
			return 24, true
		}
		return 32, true
	}
	if n, err := strconv.Atoi(text); err == nil {
		return n, n >= 0 && n <= ip.BitLen()
	}
	mask, ok := address(text)
	if !ok || mask.Is4() != ip.Is4() {
		return 0, false
	}
	return maskLength(mask)
}

// maskLength is the length of 255.255.255.0.
func maskLength(mask netip.Addr) (int, bool) {
	length, ended := 0, false
	for _, b := range mask.AsSlice() {
		ones := bits.LeadingZeros8(^b)
		if ended && b != 0 || b != ^byte(0xff>>ones) {
			return 0, false
		}
		length += ones
		ended = ended || ones < 8
	}
	return length, true
}

// broadcast is the address that `broadcast` means: + is the network's last one, - none ("-").
func broadcast(p netip.Prefix, text string) string {
	if text == "-" || p.Addr().Is6() {
		return map[bool]string{true: "", false: "-"}[p.Addr().Is6()]
	}
	if text == "+" {
		return spec.BroadcastOf(p).String()
	}
	if ip, ok := address(text); ok && ip.Is4() {
		return ip.String()
	}
	return ""
}

// hundredths turns seconds with a fraction into the hundredths that the kernel counts in.
func hundredths(text string) (string, bool) {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || f < 0 || f > math.MaxInt32/100 {
		return "", false
	}
	return strconv.FormatInt(int64(math.Round(f*100)), 10), true
}

// onOff turns the words of other tools for a boolean into true and false.
func onOff(text string) (string, bool) {
	switch strings.ToLower(text) {
	case "on", "yes", "true", "1":
		return "true", true
	case "off", "no", "false", "0":
		return "false", true
	}
	return "", false
}

// hardware reads the MAC of a NIC, with colons or dashes.
func hardware(text string) (string, bool) {
	mac, err := net.ParseMAC(text)
	return mac.String(), err == nil && len(mac) == 6
}
