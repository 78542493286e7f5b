package kernel

import (
	"context"
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

// Snapshot observes all links, addresses, bridge VLANs and routes of the namespace. It needs no privilege.
func (k *Kernel) Snapshot(ctx context.Context) (*state.Host, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	msgs, err := k.dump(ctx, "links", unix.RTM_GETLINK, dumpLinks(unix.AF_UNSPEC, filterSkipStats))
	if err != nil {
		return nil, err
	}
	host, dir := parseLinks(msgs)
	k.links = dir
	if msgs, err = k.dump(ctx, "addresses", unix.RTM_GETADDR, make([]byte, unix.SizeofIfAddrmsg)); err != nil {
		return nil, err
	}
	parseAddresses(msgs, host)
	// Always where there is a bridge: its own entry for the default VLAN matters as soon as a plan turns filtering on.
	if slices.ContainsFunc(host.Links, func(l *state.Link) bool { return l.K().Bridging }) {
		if msgs, err = k.dump(ctx, "bridge VLANs", unix.RTM_GETLINK, dumpLinks(unix.AF_BRIDGE, filterVLANs)); err != nil {
			return nil, err
		}
		parseVLANs(msgs, host)
	}
	for _, family := range []byte{unix.AF_INET, unix.AF_INET6} {
		m := nl.RtMsg{RtMsg: unix.RtMsg{Family: family}}
		if msgs, err = k.dump(ctx, "routes", unix.RTM_GETROUTE, m.Serialize()); err != nil {
			return nil, err
		}
		host.Routes = append(host.Routes, parseRoutes(msgs, family, dir)...)
	}
	for _, l := range host.Links {
		if l.Seen.Hardware {
			l.Seen.Path = sys.path(l.Name, l.Index)
		}
	}
	return host, nil
}

func dumpLinks(family int, filter uint32) []byte {
	b := nl.NewIfInfomsg(family).Serialize()
	return attr.Append(slices.Clone(b), unix.IFLA_EXT_MASK, nl.Uint32Attr(filter))
}
