package kernel

import (
	"context"
	"errors"
	"slices"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"hostnet-module/module/attr"
	"hostnet-module/module/state"
)

// Filters of linux/rtnetlink.h.
const (
	filterVLANs     = 1 << 2 // RTEXT_FILTER_BRVLAN_COMPRESSED
	filterSkipStats = 1 << 3 // RTEXT_FILTER_SKIP_STATS: a fifth of the bytes
)

// Snapshot observes all links, addresses, bridge VLANs, routes and rules of the namespace. It needs no privilege. Where other links come and go all the
// time they are asked for one by one, and those in sure by their names.
func (k *Kernel) Snapshot(ctx context.Context, sure ...string) (*state.Host, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	var links linkReader
	relay := newRelay(&links)
	err := k.dump(ctx, "links", unix.RTM_GETLINK, dumpLinks(unix.AF_UNSPEC, filterSkipStats), relay)
	relay.end()
	unsteady := errors.Is(err, state.ErrUnsteady)
	if unsteady {
		err = k.eachLink(ctx, sure, &links)
	}
	if err != nil {
		return nil, err
	}
	host, dir := links.end(nil)
	if !unsteady {
		err = k.dump(ctx, "addresses", unix.RTM_GETADDR, addressesOf(0), addressReader{host.Links})
		unsteady = errors.Is(err, state.ErrUnsteady)
	}
	if unsteady {
		err = k.addresses(ctx, host.Links)
	}
	if err != nil {
		return nil, err
	}
	if err := k.rest(ctx, host, dir); err != nil {
		return nil, err
	}
	k.links = dir
	for _, l := range host.Links {
		if l.Seen.Hardware {
			l.Seen.Path = sys.path(l.Name, l.Index)
		}
	}
	return host, nil
}

// rest asks for what is no link and no address.
func (k *Kernel) rest(ctx context.Context, host *state.Host, dir *directory) error {
	// VLANs always where there is a bridge: its own entry for the default VLAN matters as soon as a plan turns filtering on.
	if slices.ContainsFunc(host.Links, func(l *state.Link) bool { return l.K().Bridging }) {
		if err := k.vlans(ctx, host); err != nil {
			return err
		}
	}
	for _, ask := range []struct {
		what    string
		typ     uint16
		payload []byte
		into    reader
	}{
		{"IPv4 routes", unix.RTM_GETROUTE, dumpRoutes(unix.AF_INET), routeReader{unix.AF_INET, dir, host}},
		{"IPv6 routes", unix.RTM_GETROUTE, dumpRoutes(unix.AF_INET6), routeReader{unix.AF_INET6, dir, host}},
		{"IPv4 rules", unix.RTM_GETRULE, dumpRules(unix.AF_INET), ruleReader{unix.AF_INET, host}},
		{"IPv6 rules", unix.RTM_GETRULE, dumpRules(unix.AF_INET6), ruleReader{unix.AF_INET6, host}},
	} {
		err := k.steadily(ctx, ask.what, ask.typ, ask.payload, ask.into)
		if ask.typ == unix.RTM_GETRULE && (errors.Is(err, unix.EAFNOSUPPORT) || errors.Is(err, unix.EOPNOTSUPP)) {
			err = nil // a kernel without policy rules, or without IPv6
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// vlans asks for the VLAN tables of bridges and ports. Older kernels, and bridges built without VLANs, have no message for these alone.
func (k *Kernel) vlans(ctx context.Context, host *state.Host) error {
	const what = "bridge VLANs"
	err := k.steadily(ctx, what, rtmGetVLAN, dumpVLANs(), tableReader{host})
	if errors.Is(err, unix.EOPNOTSUPP) {
		return k.steadily(ctx, what, unix.RTM_GETLINK, dumpLinks(unix.AF_BRIDGE, filterVLANs), vlanReader{host})
	}
	return err
}

func dumpLinks(family int, filter uint32) []byte {
	b := nl.NewIfInfomsg(family).Serialize()
	return attr.Append(slices.Clone(b), unix.IFLA_EXT_MASK, nl.Uint32Attr(filter))
}

func dumpRoutes(family byte) []byte {
	m := nl.RtMsg{RtMsg: unix.RtMsg{Family: family}}
	return m.Serialize()
}
