package fake

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"hostnet-module/module/attr"
	"hostnet-module/module/kind"
	"hostnet-module/module/state"
)

// Parse reads a host as state.Host.String prints it. Facts that nobody sets may follow a link's words: hardware,
// permaddr MAC, path ID_PATH, maxmtu N.
func Parse(text string) (*state.Host, error) {
	h := &state.Host{}
	for n, line := range strings.Split(text, "\n") {
		if err := parseLine(h, line); err != nil {
			return nil, fmt.Errorf("line %d: %q: %w", n+1, line, err)
		}
	}
	for _, l := range h.Links { // port rows need the master, which may stand further down
		if master := h.Link(l.Master); l.Master != "" && master == nil {
			return nil, fmt.Errorf("%s: no master %s", l.Name, l.Master)
		}
	}
	return h.Clone(), nil // which has not been looked into while its links were half read
}

func parseLine(h *state.Host, line string) error {
	line = strings.TrimRight(line, " ")
	indented := strings.HasPrefix(line, "  ")
	words := strings.Fields(line)
	switch {
	case len(words) == 0 || strings.HasPrefix(words[0], "#"):
		return nil
	case words[0] == "route":
		r, err := parseRoute(words[1:])
		h.Routes = append(h.Routes, r)
		return err
	case indented && len(h.Links) > 0:
		return parseDetail(h.Links[len(h.Links)-1], words)
	}
	name, rest, ok := strings.Cut(line, ":")
	if !ok {
		return fmt.Errorf("no link")
	}
	l := &state.Link{Name: name, Index: len(h.Links) + 1}
	h.Add(l)
	return parseLink(h, l, strings.Fields(rest))
}

func parseLink(h *state.Host, l *state.Link, words []string) error {
	if len(words) > 0 && (kind.Of(words[0]) != kind.Ethernet || slices.Contains([]string{"veth", "tun", "dummy"}, words[0])) {
		l.Kind, words = words[0], words[1:]
	}
	l.Attrs.Put(kind.AddrGenMode, attr.Value{})
	l.Attrs.Put(kind.DisableIPv6, attr.Value{})
	for len(words) > 0 {
		n, err := parseWord(h, l, words)
		if err != nil {
			return err
		}
		words = words[n:]
	}
	if l.Kind == "" {
		l.Seen.Hardware = l.Name != "lo"
		l.Seen.Loopback = l.Name == "lo"
	}
	return nil
}

// parseWord reads one word with its value and returns how many words that were.
func parseWord(h *state.Host, l *state.Link, words []string) (int, error) {
	switch words[0] {
	case "up", "down":
		l.Attrs.Put(kind.Up, attr.On(words[0] == "up"))
		return 1, nil
	}
	if len(words) < 2 {
		return 0, fmt.Errorf("%s: no value", words[0])
	}
	value := words[1]
	switch words[0] {
	case "link":
		h.StandOn(l, value)
	case "master":
		h.Join(l, value)
	case "permaddr":
		l.Seen.PermMAC = value
	case "macof":
		l.Seen.Drifts = value == "ports"
	case "path":
		l.Seen.Path = value
	case "maxmtu":
		n, _ := strconv.ParseUint(value, 10, 32)
		l.Seen.MaxMTU = uint32(n)
	case "port":
		return 3, put(&l.Port, slices.Concat(kind.Bond.Port, kind.Bridge.Port), value, words[2])
	default:
		return 2, put(&l.Attrs, slices.Concat(l.K().Rows, kind.Common), words[0], value)
	}
	return 2, nil
}

func put(s *attr.Set, rows attr.Table, word, value string) error {
	for _, r := range rows {
		if r.IP() == word {
			v, err := r.Parse(strings.Trim(value, `"`))
			s.Put(r, v)
			return err
		}
	}
	return fmt.Errorf("%s: no such attribute", word)
}

func parseDetail(l *state.Link, words []string) error {
	if words[0] == "vlan" {
		id, err := strconv.ParseUint(words[1], 10, 16)
		l.VLANs = append(l.VLANs, state.VLAN{ID: uint16(id), PVID: slices.Contains(words, "pvid"), Untagged: slices.Contains(words, "untagged")})
		return err
	}
	prefix, err := netip.ParsePrefix(words[1])
	a := state.Address{Prefix: prefix, Valid: state.Forever, Preferred: state.Forever}
	if !a.Is4() && prefix.Addr().IsLinkLocalUnicast() {
		a.Scope = state.ScopeLink
	}
	for i, w := range words {
		switch w {
		case "nodad":
			a.Flags |= state.FlagNodad
		case "noprefixroute":
			a.Flags |= state.FlagNoPrefixRoute
		case "label":
			a.Label = words[i+1]
		}
	}
	l.Addresses = append(l.Addresses, a)
	return err
}

func parseRoute(words []string) (state.Route, error) {
	r := state.Route{Table: state.TableMain, Type: state.TypeUnicast, Proto: state.ProtoStatic}
	dst := words[0]
	for i := 1; i+1 < len(words); i++ {
		value := words[i+1]
		number, _ := strconv.ParseUint(value, 10, 32)
		switch words[i] {
		case "via":
			r.Via, _ = netip.ParseAddr(value)
		case "dev":
			r.Dev = value
		case "src":
			r.Src, _ = netip.ParseAddr(value)
		case "metric":
			r.Metric = uint32(number)
		case "table":
			r.Table = uint32(number)
		case "mtu":
			r.MTU = uint32(number)
		case "proto":
			r.Proto = uint8(number)
		}
	}
	var err error
	switch {
	case dst != "default":
		r.Dst, err = netip.ParsePrefix(dst)
	case r.Via.Is6():
		r.Dst = netip.PrefixFrom(netip.IPv6Unspecified(), 0)
	default:
		r.Dst = netip.PrefixFrom(netip.IPv4Unspecified(), 0)
	}
	if !r.Is4() && r.Metric == 0 {
		r.Metric = state.Metric6
	}
	return r, err
}
