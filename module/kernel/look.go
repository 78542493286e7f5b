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
	var d dumps
	for _, name := range links {
		msgs, err := k.oneLink(name)
		if errors.Is(err, unix.ENODEV) {
			continue
		}
		if err != nil {
			return nil, err
		}
		d.links = append(d.links, msgs...)
	}
	host := parseSome(d.links, k.links, false)
	for _, l := range host.Links {
		addresses, err := k.dump(ctx, "addresses", unix.RTM_GETADDR, addressesOf(l.Index))
		if err != nil {
			return nil, err
		}
		d.addresses = append(d.addresses, addresses...)
		if l.Seen.Hardware {
			l.Seen.Path = sys.path(l.Name, l.Index)
		}
	}
	if err := k.rest(ctx, &d); err != nil {
		return nil, err
	}
	d.fill(host, k.links)
	return host, nil
}

// oneLink asks for a link by its name.
func (k *Kernel) oneLink(name string) ([]message, error) {
	if len(name) >= unix.IFNAMSIZ {
		return nil, &answer{errno: unix.ENODEV}
	}
	k.stats.Lookups++
	return k.ask(request{unix.RTM_GETLINK, unix.NLM_F_ACK, attr.Append(dumpLinks(unix.AF_UNSPEC, filterSkipStats), unix.IFLA_IFNAME, nl.ZeroTerminated(name))})
}

// addressesOf asks for the addresses of one link. A kernel before 5.0, which looks at no filter, tells all: others are passed over.
func addressesOf(index int) []byte {
	m := nl.IfAddrmsg{IfAddrmsg: unix.IfAddrmsg{Index: uint32(index)}}
	return m.Serialize()
}
