package kernel

import (
	"context"
	"slices"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"hostnet-module/module/attr"
	"hostnet-module/module/state"
)

// For each link that goes the kernel waits until nobody can be looking at it any more, some tens of milliseconds. Of a group
// (ip-link(8)) it waits once for all, but for what each bridge waits for by itself (net/bridge/br_multicast.c: rcu_barrier). So links
// that go one after the other are put into a group that nobody uses, and the group goes, after a look at who is in it.

// mostGoing is how many go at once. While they do, half a second, the kernel's lock is held: other programs wait, and so does a bond
// that wants another active member. Three per cent more would be saved if all went at once.
const mostGoing = 32

// firstGroup is where numbers of groups are looked for that nobody uses: those that people choose are small.
const firstGroup = 0x686e0000

// goings counts the links that go from here on.
func goings(steps []state.Step) int {
	for i, s := range steps {
		if s.Op != state.LinkDel {
			return i
		}
	}
	return len(steps)
}

// deleteTogether lets links go in groups. Where that cannot be done, they are to go one by one: what the
// kernel has against one of them will then be said of that one.
func (k *Kernel) deleteTogether(ctx context.Context, steps []state.Step) (done int) {
	groups := k.grouped(steps)
	if groups == nil {
		return 0
	}
	defer k.ungroup(steps, groups)
	if !k.tag(steps, groups) || !k.alone(ctx, groups) {
		return 0
	}
	for part := range slices.Chunk(steps, mostGoing) {
		if ctx.Err() != nil {
			return done
		}
		b := attr.Append(linkHeader(unix.AF_UNSPEC, 0, 0, 0), unix.IFLA_GROUP, nl.Uint32Attr(groups[part[0].Link]))
		k.stats.Writes++
		if err := k.ask(request{unix.RTM_DELLINK, unix.NLM_F_ACK, b}, nil); err != nil {
			return done // one that cannot go holds back all: which one is found one by one
		}
		for _, s := range part {
			k.remember(s)
		}
		done += len(part)
	}
	return done
}

// grouped chooses a group for each link, by its name; nil if one of the links is not known.
func (k *Kernel) grouped(steps []state.Step) map[string]uint32 {
	used := map[uint32]bool{}
	for _, e := range k.links.known {
		used[e.group] = true
	}
	groups, next := make(map[string]uint32, len(steps)), uint32(firstGroup)
	for part := range slices.Chunk(steps, mostGoing) {
		for used[next] {
			next++
		}
		for _, s := range part {
			if _, ok := k.links.known[s.Link]; !ok || groups[s.Link] != 0 {
				return nil
			}
			groups[s.Link] = next
		}
		next++
	}
	return groups
}

// tag puts links into their groups.
func (k *Kernel) tag(steps []state.Step, groups map[string]uint32) bool {
	for part := range slices.Chunk(steps, mostTogether) {
		requests := make([]request, len(part))
		for i, s := range part {
			requests[i] = k.regroup(s.Link, groups[s.Link])
		}
		first, err := k.send(requests...)
		if err != nil {
			return false
		}
		k.stats.Writes += len(requests)
		answers, err := k.gather(first, len(requests))
		if err != nil || slices.ContainsFunc(answers, func(err error) bool { return err != nil }) {
			return false
		}
	}
	return true
}

func (k *Kernel) regroup(link string, group uint32) request {
	b := attr.Append(linkHeader(unix.AF_UNSPEC, k.links.Index(link), 0, 0), unix.IFLA_GROUP, nl.Uint32Attr(group))
	return request{unix.RTM_NEWLINK, unix.NLM_F_ACK, b}
}

// alone tells whether those that shall go, and nobody else, are in the groups.
func (k *Kernel) alone(ctx context.Context, groups map[string]uint32) bool {
	look := company{groups: groups, ours: map[uint32]bool{}}
	for _, g := range groups {
		look.ours[g] = true
	}
	err := k.dump(ctx, "links", unix.RTM_GETLINK, dumpLinks(unix.AF_UNSPEC, filterSkipStats), &look)
	return err == nil && !look.others && look.found == len(groups)
}

// company looks through a link dump for who is in some groups.
type company struct {
	groups map[string]uint32 // of those that shall be in them
	ours   map[uint32]bool   // the groups
	found  int
	others bool
}

func (c *company) begin() { c.found, c.others = 0, false }

func (c *company) take(m message) {
	var name []byte
	group := uint32(0)
	attr.Walk(m.data[min(unix.SizeofIfInfomsg, len(m.data)):], func(num uint16, p []byte) {
		switch num {
		case unix.IFLA_IFNAME:
			name = ended(p)
		case unix.IFLA_GROUP:
			group = u32(p)
		}
	})
	switch {
	case !c.ours[group]:
	case c.groups[string(name)] == group:
		c.found++
	default:
		c.others = true
	}
}

// ungroup gives the links that are still there the groups back that they had.
func (k *Kernel) ungroup(steps []state.Step, groups map[string]uint32) {
	for _, s := range steps {
		if e, ok := k.links.known[s.Link]; ok {
			_ = k.ask(k.regroup(s.Link, e.group), nil)
		}
	}
}
