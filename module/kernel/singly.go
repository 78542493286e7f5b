package kernel

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"hostnet-module/module/attr"
	"hostnet-module/module/state"
)

// The kernel marks a dump of links or addresses as interrupted when any link of the namespace came or went while it was told. Where guests and containers come and go
// without a pause, each dump of many links is. One link, and the addresses of one, are told in one message, which nothing comes between.

// passes is how many dumps are gone through for the numbers of links. A kernel before 6.8 may pass over a link that stands when another one goes.
const passes = 3

// eachLink asks for the links one by one: those of interrupted dumps, those that were there before, what these stand on, and some by their names.
func (k *Kernel) eachLink(ctx context.Context, sure []string, into *linkReader) error {
	numbers := numberReader{}
	for index := range k.links.name {
		numbers[index] = true
	}
	for range passes {
		err := k.ask(request{unix.RTM_GETLINK, unix.NLM_F_DUMP, dumpLinks(unix.AF_UNSPEC, filterSkipStats)}, numbers.take)
		if err != nil && !transient(err) {
			return err
		}
	}
	into.begin()
	queue := slices.Sorted(maps.Keys(numbers))
	for followed := 0; len(queue) > 0; {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := k.linkByIndex(queue[0], into); err != nil && !errors.Is(err, unix.ENODEV) {
			return err
		}
		queue = queue[1:]
		for _, p := range into.points[followed:] {
			for _, index := range []uint32{p.parent, p.master} {
				if index != 0 && !numbers[index] {
					numbers[index] = true
					queue = append(queue, index)
				}
			}
		}
		followed = len(into.points)
	}
	for _, name := range sure {
		if slices.ContainsFunc(into.links, func(l *state.Link) bool { return l.Name == name }) {
			continue
		}
		if err := k.oneLink(name, into); err != nil && !errors.Is(err, unix.ENODEV) {
			return err
		}
	}
	return nil
}

// numberReader gathers the numbers of links.
type numberReader map[uint32]bool

func (r numberReader) take(m message) {
	if m.typ == unix.RTM_NEWLINK && len(m.data) >= unix.SizeofIfInfomsg {
		r[u32(m.data[4:])] = true
	}
}

func (k *Kernel) linkByIndex(index uint32, into *linkReader) error {
	k.stats.Lookups++
	m := nl.NewIfInfomsg(unix.AF_UNSPEC)
	m.Index = int32(index)
	return k.ask(request{unix.RTM_GETLINK, unix.NLM_F_ACK, attr.Append(slices.Clone(m.Serialize()), unix.IFLA_EXT_MASK, nl.Uint32Attr(filterSkipStats))}, into.take)
}

// addresses asks for the addresses of each of some links alone. A link that has gone has none.
func (k *Kernel) addresses(ctx context.Context, links []*state.Link) error {
	for i, l := range links {
		err := k.steadily(ctx, "addresses", unix.RTM_GETADDR, addressesOf(l.Index), addressReader{links[i : i+1]})
		switch {
		case errors.Is(err, unix.ENODEV):
			l.Addresses = nil
		case err != nil:
			return err
		}
	}
	return nil
}

// steadily is dump for who has a time by which it must have succeeded (a rollback): until then it is tried again.
func (k *Kernel) steadily(ctx context.Context, what string, typ uint16, payload []byte, into reader) error {
	_, bounded := ctx.Deadline()
	for {
		err := k.dump(ctx, what, typ, payload, into)
		if !errors.Is(err, state.ErrUnsteady) || !bounded || ctx.Err() != nil {
			return err
		}
	}
}
