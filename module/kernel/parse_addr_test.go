package kernel

import (
	"encoding/binary"
	"testing"

	"golang.org/x/sys/unix"

	"hostnet-module/module/attr"
	"hostnet-module/module/state"
)

// Of a permanent IPv4 address the kernel tells no lifetime, but by a flag that it is not preferred (net/ipv4/devinet.c, inet_fill_ifaddr);
// of IPv6 it tells both.
func TestDeprecatedAddress(t *testing.T) {
	life := make([]byte, unix.SizeofIfaCacheinfo)
	binary.NativeEndian.PutUint32(life, state.Forever)
	binary.NativeEndian.PutUint32(life[4:], state.Forever)
	for flags, want := range map[byte]uint32{state.FlagPermanent: state.Forever, state.FlagPermanent | state.FlagDeprecated: 0} {
		b := []byte{unix.AF_INET, 24, flags, 0, 1, 0, 0, 0}
		b = attr.Append(b, unix.IFA_LOCAL, []byte{192, 0, 2, 10})
		b = attr.Append(b, unix.IFA_CACHEINFO, life)
		if a, ok := parseAddress(b); !ok || a.Preferred != want || a.Valid != state.Forever {
			t.Errorf("flags %#x: %v, preferred for %d, valid for %d", flags, ok, a.Preferred, a.Valid)
		}
	}
}
