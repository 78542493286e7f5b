package spec

import (
	"math"
	"net/netip"
	"strconv"
	"strings"
)

// readAddress reads one entry of `addresses`: "ADDR/LEN" or an object.
func readAddress(w *walker, p place) (Address, bool) {
	to := &addressText{Address: Address{Path: p.path()}}
	before := len(w.problems)
	if n := p.node; n.shape == objectShape || n.shape == textShape && startsWith(n.text, '{') {
		if !readFields(w, p, to, "address and its options", addressFields) {
			return to.Address, false
		}
		if to.at.node == nil && len(w.problems) == before {
			w.add(p, ErrMissing, "", "address is missing")
		}
	} else {
		to.at = p
	}
	if to.at.node == nil || len(w.problems) > before {
		return to.Address, false
	}
	to.resolve(w)
	return to.Address, len(w.problems) == before
}

// addressText is an address while it is read: its prefix length may come from its peer's.
type addressText struct {
	Address
	at, peer place
}

var addressFields = []field[addressText]{
	{"address", "ADDR/LEN; without a length where peer has one", prefixForm, func(_ *walker, to *addressText, p place) {
		if p.node.shape != nullShape {
			to.at = p
		}
	}},
	{"peer", "the address at the other end of a point-to-point link, with its prefix length", prefixForm, func(_ *walker, to *addressText, p place) {
		if !p.node.missing() {
			to.peer = p
		}
	}},
	{"broadcast", "the broadcast address, of IPv4", ipForm, func(w *walker, to *addressText, p place) { to.Broadcast, _ = w.ip(p) }},
	textField("label", "a label of IPv4 that starts with the link's name, at most 15 bytes", textForm(0), func(to *addressText) *string { return &to.Label }),
	numberField("scope", "where the address is valid", scopes, 0, 254, func(to *addressText, n uint64) { to.Scope = uint8(n) }),
	booleanField("nodad", "no duplicate address detection, of IPv6", func(to *addressText, on bool) { to.NoDAD = on }),
	booleanField("noprefixroute", "no route to the subnet comes with the address", func(to *addressText, on bool) { to.NoPrefixRoute = on }),
	numberField("valid_lft", "seconds until the address goes away, or forever", forever, 1, math.MaxUint32, func(to *addressText, n uint64) { to.Valid = lifetime(n) }),
	numberField("preferred_lft", "seconds until the address is no longer used for new connections, at most valid_lft; or forever", forever, 0, math.MaxUint32,
		func(to *addressText, n uint64) { to.Preferred = lifetime(n) }),
}

// Words for numbers (rtnetlink(7), /etc/iproute2).
var (
	scopes = map[string]uint64{"global": 0, "site": 200, "link": 253, "host": 254}
	tables = map[string]uint64{"default": 253, "main": tableMain, "local": 255}

	routeTypes = map[string]uint64{"unicast": typeUnicast, "blackhole": 6, "unreachable": 7, "prohibit": 8, "throw": 9}

	forever = map[string]uint64{"forever": math.MaxUint32}
)

const (
	tableMain   = 254
	typeUnicast = 1
)

// resolve reads the two texts of an address. With a peer the prefix length is the peer's, as the kernel keeps it.
func (a *addressText) resolve(w *walker) {
	ip, bits, ok := w.prefix(a.at)
	if !ok {
		return
	}
	if a.peer.node != nil {
		far, farBits, ok := w.prefix(a.peer)
		switch {
		case !ok:
			return
		case far.Is4() != ip.Is4():
			w.fault(a.peer, ErrConflict, "", "must be of the same family as %s", ip)
			return
		case bits >= 0 && farBits >= 0 && bits != farBits:
			w.fault(a.peer, ErrConflict, "give the length once", "the prefix length differs from that of the address, %d", bits)
			return
		}
		bits = max(bits, farBits)
		if bits < 0 {
			bits = ip.BitLen()
		}
		a.Peer = netip.PrefixFrom(far, bits)
	}
	if bits < 0 {
		w.fault(a.at, ErrValue, "write "+ip.String()+"/"+usualLength(ip), "must have a prefix length")
		return
	}
	a.Prefix = netip.PrefixFrom(ip, bits)
}

func usualLength(ip netip.Addr) string {
	if ip.Is4() {
		return "24, or what its network has"
	}
	return "64, or what its network has"
}

// prefix reads "ADDR/LEN" or "ADDR"; without a length bits is -1.
func (w *walker) prefix(p place) (ip netip.Addr, bits int, ok bool) {
	text, ok := w.word(p)
	if !ok {
		if p.node.missing() {
			w.fault(p, ErrValue, "", "must be an address with its prefix length")
		}
		return ip, 0, false
	}
	left, right, slash := strings.Cut(text, "/")
	if ip, ok = w.parseIP(p, left, "an address with its prefix length like 192.0.2.10/24"); !ok {
		return ip, 0, false
	}
	if !slash {
		return ip, -1, true
	}
	bits, err := strconv.Atoi(right)
	switch {
	case strings.Contains(right, ".") && ip.Is4():
		hint := ""
		if mask, err := netip.ParseAddr(right); err == nil {
			hint = maskHint(ip, mask)
		}
		w.fault(p, ErrValue, hint, "the prefix length must be a number, not a netmask")
	case err != nil || bits < 0 || bits > ip.BitLen() || right != strconv.Itoa(bits):
		w.fault(p, ErrValue, "", "the prefix length must be 0-%d", ip.BitLen())
	default:
		return ip, bits, true
	}
	return ip, 0, false
}

func maskHint(ip, mask netip.Addr) string {
	for bits := 0; bits <= 32; bits++ {
		all := netip.AddrFrom4([4]byte{255, 255, 255, 255})
		if p, _ := all.Prefix(bits); p.Addr() == mask {
			return "write " + ip.String() + "/" + strconv.Itoa(bits)
		}
	}
	return ""
}

// parseIP reads an address without a zone.
func (w *walker) parseIP(p place, text, wanted string) (netip.Addr, bool) {
	ip, err := netip.ParseAddr(text)
	switch {
	case err != nil && leadingZero(text):
		w.fault(p, ErrValue, "", "must be %s; a number with a leading zero is octal to some readers", wanted)
	case err != nil:
		w.fault(p, ErrValue, "", "must be %s", wanted)
	case ip.Zone() != "":
		w.fault(p, ErrValue, "leave out %"+bare(clip(ip.Zone())), "must be without a zone: it belongs to the object that it stands in")
	case ip.Is4In6():
		w.fault(p, ErrValue, "write "+ip.Unmap().String(), "must not be an IPv4 address in an IPv6 one")
	default:
		return ip, true
	}
	return ip, false
}

func leadingZero(text string) bool {
	parts := strings.Split(text, ".")
	for _, part := range parts {
		if len(parts) != 4 || !allDigits(part) {
			return false
		}
	}
	return true
}

// ip reads an address without a prefix length; false without a word if none is given.
func (w *walker) ip(p place) (netip.Addr, bool) {
	text, ok := w.word(p)
	if !ok {
		return netip.Addr{}, false
	}
	if left, _, slash := strings.Cut(text, "/"); slash {
		w.fault(p, ErrValue, "write "+bare(clip(left)), "must be an address without a prefix length")
		return netip.Addr{}, false
	}
	return w.parseIP(p, text, "an address like 192.0.2.1 or 2001:db8::1")
}

func readGateway(w *walker, p place) (netip.Addr, bool) {
	if p.node.missing() {
		w.fault(p, ErrValue, "", "must be an address")
		return netip.Addr{}, false
	}
	return w.ip(p)
}

// numberOr reads a number or a word for one.
func (w *walker) numberOr(p place, words map[string]uint64, low, high uint64) (uint64, bool) {
	if n, ok := words[strings.ToLower(strings.TrimSpace(p.node.text))]; ok && p.node.shape == textShape {
		return n, true
	}
	return w.number(p, low, high)
}

// lifetime is a number of seconds; nil is forever.
func lifetime(n uint64) *uint32 {
	if n == math.MaxUint32 {
		return nil
	}
	seconds := uint32(n)
	return &seconds
}

// readRoute reads one entry of `routes`.
func readRoute(w *walker, p place) (Route, bool) {
	to := &routeText{Route: Route{Path: p.path(), Table: tableMain, Type: typeUnicast}}
	before := len(w.problems)
	if !readFields(w, p, to, "like {to: default, via: 192.0.2.1}", routeFields) {
		return to.Route, false
	}
	if to.to.node == nil && len(w.problems) == before {
		w.add(p, ErrMissing, "to: default, or a network like 192.0.2.0/24", "to is missing")
	}
	if len(w.problems) == before {
		to.resolve(w)
	}
	return to.Route, len(w.problems) == before
}

// routeText is a route while it is read: «default» has the family of its gateway.
type routeText struct {
	Route
	to place
}

var routeFields = []field[routeText]{
	{"to", "the network, or default", targetForm, func(_ *walker, to *routeText, p place) {
		if !p.node.missing() {
			to.to = p
		}
	}},
	{"via", "the next hop; without one the network is on the link itself", ipForm, func(w *walker, to *routeText, p place) { to.Via, _ = w.ip(p) }},
	numberField("metric", "the lowest is preferred; the kernel's default is 0 for IPv4, 1024 for IPv6", nil, 0, math.MaxUint32, func(to *routeText, n uint64) {
		metric := uint32(n)
		to.Metric = &metric
	}),
	numberField("table", "the routing table, main where nothing is said", tables, 1, math.MaxUint32, func(to *routeText, n uint64) { to.Table = uint32(n) }),
	{"source", "the host's address that packets leave with", ipForm, func(w *walker, to *routeText, p place) { to.Source, _ = w.ip(p) }},
	booleanField("onlink", "the next hop is on the link, though no address says so", func(to *routeText, on bool) { to.OnLink = on }),
	choiceField("type", "what the host does: unicast, send it on; blackhole, unreachable, prohibit: drop it, the latter two with a word to the sender; throw: look further in the next rule",
		func(to *routeText, word string) { to.Type = uint8(routeTypes[word]) }, "unicast", "blackhole", "unreachable", "prohibit", "throw"),
	numberField("scope", "how far the destination is, of IPv4; link where there is no next hop, else global", scopes, 0, 254, func(to *routeText, n uint64) { to.Scope = uint8(n) }),
	numberField("mtu", "largest packet, bytes", nil, 68, 65535, func(to *routeText, n uint64) { to.MTU = uint32(n) }),
}

func (r *routeText) resolve(w *walker) {
	text, ok := w.word(r.to)
	switch {
	case !ok:
	case strings.EqualFold(text, "default"):
		switch {
		case r.Via.Is4():
			r.To = netip.PrefixFrom(netip.IPv4Unspecified(), 0)
		case r.Via.Is6():
			r.To = netip.PrefixFrom(netip.IPv6Unspecified(), 0)
		default:
			w.fault(r.to, ErrMissing, "write 0.0.0.0/0 or ::/0", "without via it is not said of which family")
		}
	default:
		ip, bits, ok := w.prefix(r.to)
		if !ok {
			return
		}
		if bits < 0 {
			bits = ip.BitLen()
		}
		r.To = netip.PrefixFrom(ip, bits)
	}
}
