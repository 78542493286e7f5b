package kernel

import (
	"cmp"
	"net/netip"
	"slices"

	"golang.org/x/sys/unix"

	"hostnet-module/module/attr"
	"hostnet-module/module/state"
)

// linkAt finds a link by its index among those that stand in the order of their indexes; nil if it is not there.
func linkAt(links []*state.Link, index uint32) *state.Link {
	at, ok := slices.BinarySearchFunc(links, int(int32(index)), func(l *state.Link, index int) int { return cmp.Compare(l.Index, index) })
	if !ok {
		return nil
	}
	return links[at]
}

// ifaProto is IFA_PROTO of linux/if_addr.h, since Linux 5.18.
const ifaProto = 11

// addressReader reads the messages of an address dump (RTM_NEWADDR) into the links that carry them. Addresses of links
// that are not among them, and of families other than IP, are passed over.
type addressReader struct{ links []*state.Link }

func (r addressReader) begin() {
	for _, l := range r.links {
		l.Addresses = nil
	}
}

func (r addressReader) take(m message) {
	if m.typ != unix.RTM_NEWADDR || len(m.data) < unix.SizeofIfAddrmsg {
		return
	}
	l := linkAt(r.links, u32(m.data[4:]))
	if l == nil {
		return
	}
	if a, ok := parseAddress(m.data); ok {
		if a.Label == l.Name {
			a.Label = ""
		}
		l.Addresses = append(l.Addresses, a)
	}
}

// parseAddress reads one struct ifaddrmsg (family, prefix length, flags, scope, index) and its attributes. IFA_LOCAL is our
// address and IFA_ADDRESS that of the far end; IPv6 leaves IFA_LOCAL out where there is no far end (rtnetlink(7)).
func parseAddress(b []byte) (state.Address, bool) {
	bits := int(b[1])
	a := state.Address{Flags: uint32(b[2]), Scope: b[3], Valid: state.Forever, Preferred: state.Forever}
	var local, address netip.Addr
	attr.Walk(b[unix.SizeofIfAddrmsg:], func(num uint16, p []byte) {
		switch num {
		case unix.IFA_LOCAL:
			local = ip(b[0], p)
		case unix.IFA_ADDRESS:
			address = ip(b[0], p)
		case unix.IFA_BROADCAST:
			a.Broadcast = ip(b[0], p)
		case unix.IFA_LABEL:
			a.Label = text(p)
		case unix.IFA_FLAGS:
			if len(p) >= 4 {
				a.Flags = u32(p)
			}
		case unix.IFA_RT_PRIORITY:
			if len(p) >= 4 {
				a.Metric = u32(p)
			}
		case ifaProto:
			if len(p) >= 1 {
				a.Proto = p[0]
			}
		case unix.IFA_CACHEINFO:
			if len(p) >= 8 {
				a.Preferred, a.Valid = u32(p), u32(p[4:])
			}
		}
	})
	if !local.IsValid() {
		local = address
	} else if address.IsValid() && address != local {
		a.Peer = netip.PrefixFrom(address, bits)
	}
	a.Prefix = netip.PrefixFrom(local, bits)
	if a.Is4() && a.Flags&state.FlagDeprecated != 0 && a.Preferred == state.Forever { // of permanent ones IPv4 tells no lifetimes (inet_fill_ifaddr)
		a.Preferred = 0
	}
	return a, a.Prefix.IsValid()
}

// ip reads an address of the family that the message is about; invalid if it is neither IPv4 nor IPv6, or of another length.
func ip(family byte, p []byte) netip.Addr {
	if family == unix.AF_INET && len(p) == 4 || family == unix.AF_INET6 && len(p) == 16 {
		a, _ := netip.AddrFromSlice(p)
		return a
	}
	return netip.Addr{}
}

func family(a netip.Addr) byte {
	if a.Is4() {
		return unix.AF_INET
	}
	return unix.AF_INET6
}
