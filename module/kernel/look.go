package kernel

import (
	"context"
	"errors"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"hostnet-module/module/attr"
	"hostnet-module/module/state"
)

// Look observes some links by their names, those that are there, and all routes and rules: what it costs does not depend on how many
// other links there are, as far as the kernel can be asked so. It stands on the snapshot that was taken last.
func (k *Kernel) Look(ctx context.Context, links []string) (*state.Host, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	var found linkReader
	found.begin()
	for _, name := range links {
		if err := k.oneLink(name, &found); err != nil && !errors.Is(err, unix.ENODEV) {
			return nil, err
		}
	}
	host, _ := found.end(k.links)
	if err := k.addresses(ctx, host.Links); err != nil {
		return nil, err
	}
	for _, l := range host.Links {
		if l.Seen.Hardware {
			l.Seen.Path = sys.path(l.Name, l.Index)
		}
	}
	if err := k.rest(ctx, host, k.links); err != nil {
		return nil, err
	}
	return host, nil
}

// oneLink asks for a link by its name. Unlike if_nametoindex(3) it does not make the kernel run modprobe for a name that is
// not there.
func (k *Kernel) oneLink(name string, into *linkReader) error {
	if len(name) >= unix.IFNAMSIZ {
		return &answer{errno: unix.ENODEV}
	}
	k.stats.Lookups++
	b := attr.Append(dumpLinks(unix.AF_UNSPEC, filterSkipStats), unix.IFLA_IFNAME, nl.ZeroTerminated(name))
	return k.ask(request{unix.RTM_GETLINK, unix.NLM_F_ACK, b}, into.take)
}

// addressesOf asks for the addresses of one link. A kernel before 5.0, which looks at no filter, tells all: others are passed over.
func addressesOf(index int) []byte {
	m := nl.IfAddrmsg{IfAddrmsg: unix.IfAddrmsg{Index: uint32(index)}}
	return m.Serialize()
}
