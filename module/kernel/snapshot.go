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

// Snapshot observes all links, addresses, bridge VLANs, routes and rules of the namespace. It needs no privilege.
func (k *Kernel) Snapshot(ctx context.Context) (*state.Host, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	d, err := k.dumps(ctx)
	if err != nil {
		return nil, err
	}
	dir := newDirectory()
	host := parseSome(d.links, dir, true)
	d.fill(host, dir)
	k.links = dir
	for _, l := range host.Links {
		if l.Seen.Hardware {
			l.Seen.Path = sys.path(l.Name, l.Index)
		}
	}
	return host, nil
}

// dumps are the messages that a snapshot is made of.
type dumps struct{ links, addresses, vlans, routes4, routes6, rules4, rules6 []message }

func (k *Kernel) dumps(ctx context.Context) (d dumps, err error) {
	if d.links, err = k.dump(ctx, "links", unix.RTM_GETLINK, dumpLinks(unix.AF_UNSPEC, filterSkipStats)); err != nil {
		return d, err
	}
	if d.addresses, err = k.dump(ctx, "addresses", unix.RTM_GETADDR, addressesOf(0)); err != nil {
		return d, err
	}
	return d, k.rest(ctx, &d)
}

// rest asks for what is no link and no address.
func (k *Kernel) rest(ctx context.Context, d *dumps) (err error) {
	for _, ask := range []struct {
		into    *[]message
		what    string
		typ     uint16
		payload []byte
	}{
		{&d.vlans, "bridge VLANs", unix.RTM_GETLINK, dumpLinks(unix.AF_BRIDGE, filterVLANs)},
		{&d.routes4, "IPv4 routes", unix.RTM_GETROUTE, dumpRoutes(unix.AF_INET)},
		{&d.routes6, "IPv6 routes", unix.RTM_GETROUTE, dumpRoutes(unix.AF_INET6)},
		{&d.rules4, "IPv4 rules", unix.RTM_GETRULE, dumpRules(unix.AF_INET)},
		{&d.rules6, "IPv6 rules", unix.RTM_GETRULE, dumpRules(unix.AF_INET6)},
	} {
		// VLANs always where there is a bridge: its own entry for the default VLAN matters as soon as a plan turns filtering on.
		if ask.into == &d.vlans && !anyBridge(d.links) {
			continue
		}
		*ask.into, err = k.dump(ctx, ask.what, ask.typ, ask.payload)
		if ask.typ == unix.RTM_GETRULE && (errors.Is(err, unix.EAFNOSUPPORT) || errors.Is(err, unix.EOPNOTSUPP)) {
			err = nil // a kernel without policy rules, or without IPv6
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// host makes one picture of the messages. Pure.
func (d dumps) host() (*state.Host, *directory) {
	host, dir := parseLinks(d.links)
	d.fill(host, dir)
	return host, dir
}

// fill puts into a host's links what is no link, and the routes and rules beside them.
func (d dumps) fill(host *state.Host, dir *directory) {
	parseAddresses(d.addresses, host)
	parseVLANs(d.vlans, host)
	host.Routes = append(parseRoutes(d.routes4, unix.AF_INET, dir), parseRoutes(d.routes6, unix.AF_INET6, dir)...)
	host.Rules = append(parseRules(d.rules4, unix.AF_INET), parseRules(d.rules6, unix.AF_INET6)...)
}

func dumpLinks(family int, filter uint32) []byte {
	b := nl.NewIfInfomsg(family).Serialize()
	return attr.Append(slices.Clone(b), unix.IFLA_EXT_MASK, nl.Uint32Attr(filter))
}

func dumpRoutes(family byte) []byte {
	m := nl.RtMsg{RtMsg: unix.RtMsg{Family: family}}
	return m.Serialize()
}
