package convert

import (
	"net/netip"
	"slices"
	"strings"
)

// bareWord takes the one word out of a command that no key stands before, or the key before it; iproute2 has it in any place.
func bareWord(args []string, before string, alone ...string) (bare string, rest []string, ok bool) {
	for i := 0; i < len(args); i++ {
		switch {
		case slices.Contains(alone, args[i]):
			rest = append(rest, args[i])
		case args[i] == before && i+1 < len(args):
			i++
			bare = args[i]
		case slices.Contains(ipKeys, args[i]) && i+1 < len(args):
			rest = append(rest, args[i], args[i+1])
			i++
		case bare == "":
			bare = args[i]
		default:
			rest = append(rest, args[i])
		}
	}
	return bare, rest, bare != ""
}

// ipKeys are the words of ip route and ip address that have a value.
var ipKeys = strings.Fields(`dev oif via metric preference priority table src mtu scope proto protocol tos dsfield advmss initcwnd initrwnd hoplimit rtt rttvar window
	rto_min ssthresh realms quickack congctl features pref nhid nexthop expires encap broadcast brd label peer preferred_lft valid_lft rtproto`)

// withoutLock puts `mtu N` in the place of `mtu lock N`.
func withoutLock(args []string) []string {
	if i := slices.Index(args, "mtu"); i >= 0 && i+2 < len(args) && args[i+1] == "lock" {
		return slices.Delete(slices.Clone(args), i+1, i+2)
	}
	return args
}

// destination reads a network as ip(8) has it: a bare address is a host.
func destination(text string, six bool) (string, bool) {
	if text == "default" || text == "all" || text == "any" {
		return "default", true
	}
	if text == "0/0" || text == "0.0.0.0/0" {
		return "default", true
	}
	if text == "::/0" {
		return text, true
	}
	if p, err := netip.ParsePrefix(text); err == nil {
		return p.String(), true
	}
	if base, mask, ok := strings.Cut(text, "/"); ok {
		ip, good := address(base)
		if !good {
			return "", false
		}
		bits, good := prefixLength(mask, ip)
		return netip.PrefixFrom(ip, bits).String(), good
	}
	ip, ok := address(text)
	if !ok || six && ip.Is4() {
		return "", false
	}
	return netip.PrefixFrom(ip, ip.BitLen()).String(), true
}
