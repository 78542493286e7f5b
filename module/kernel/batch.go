package kernel

import (
	"errors"

	"golang.org/x/sys/unix"

	"hostnet-module/module/attr"
	"hostnet-module/module/state"
)

// What goes into one datagram. Its acknowledgements must find room even in the receive buffer that a process without
// CAP_NET_ADMIN of the whole machine is given, and between two datagrams others come to the kernel's lock.
const (
	mostTogether = 128
	mostBytes    = 32 << 10 // far below the socket's send buffer: a larger datagram is refused with EMSGSIZE
)

// together tells how many of the next steps may be sent as one datagram. The kernel carries all of them out, whatever becomes of one:
// so they are about links that were made here, on which nobody relies yet, and take nothing away from any other; and none
// names a link that another one of them is about, so that none can go wrong because another did.
func (k *Kernel) together(steps []state.Step) int {
	clear(k.about)
	for i, s := range steps {
		if i == mostTogether || !k.young(s) || refers(s, k.about) {
			return i
		}
		if isNew(s) && k.next == 0 { // its index is the kernel's to say: it leads the others
			return i
		}
		k.about[s.Link] = true
	}
	return len(steps)
}

// young tells whether a step makes a link, or adds to one that was made here.
func (k *Kernel) young(s state.Step) bool {
	switch s.Op {
	case state.LinkAdd:
		return true
	case state.LinkSet:
		return k.fresh[s.Link] && (s.Master == nil || *s.Master != "")
	case state.VLANAdd, state.VLANDel, state.AddrAdd:
		return k.fresh[s.Link]
	}
	return false
}

// refers tells whether a step names one of some links.
func refers(s state.Step, links map[string]bool) bool {
	if links[s.Link] || links[s.Parent] || s.Master != nil && links[*s.Master] {
		return true
	}
	for _, set := range []attr.Set{s.Attrs, s.Port} {
		for r, v := range set.All() {
			if r.Type == attr.Index && links[v.S] {
				return true
			}
		}
	}
	return false
}

// isNew tells whether a step makes a link for which nobody has chosen an interface index.
func isNew(s state.Step) bool { return s.Op == state.LinkAdd && s.Index == 0 }

// follow lets the links that are made from now on have the indexes behind that of one which the kernel chose: then nothing has to
// be read back. The kernel's own count has passed everything that was there before, so no index comes back to life for
// another link.
func (k *Kernel) follow(link string) {
	const most = 1 << 30 // the kernel begins anew at 2^31
	if index, err := k.index(link); k.next == 0 && err == nil && index < most {
		k.next = index + 1
	}
}

// choose gives a new link its index.
func (k *Kernel) choose(s state.Step) (state.Step, bool) {
	if !isNew(s) || k.next == 0 {
		return s, false
	}
	for k.links.Name(k.next) != "" {
		k.next++
	}
	s.Index = int(k.next)
	k.next++
	return s, true
}

// batch sends steps as one datagram. A chosen index that somebody else was quicker to take is given up, and the kernel chooses.
func (k *Kernel) batch(steps []state.Step) (done int, err error) {
	requests, chosen, size := make([]request, 0, len(steps)), make([]bool, len(steps)), 0
	k.steps, k.room = k.steps[:0], k.room[:0]
	names := &finder{find: k.index}
	for i, s := range steps {
		s, chosen[i] = k.choose(k.complete(s))
		k.steps = append(k.steps, s)
		r, failed := encodeAt(k.room, s, names)
		k.room = append(k.room, r.payload...)
		if size += len(r.payload); failed != nil || size > mostBytes && i > 0 {
			if err = failed; i == 0 {
				return 0, err
			}
			break // what comes before it first
		}
		requests = append(requests, r)
	}
	first, err := k.send(requests...)
	if err != nil {
		return 0, err
	}
	k.stats.Writes += len(requests)
	answers, err := k.gather(first, len(requests))
	if err != nil {
		return 0, err
	}
	for i, r := range requests {
		s, failed := k.steps[i], answers[i]
		if taken := errors.Is(failed, unix.EEXIST) || errors.Is(failed, unix.EBUSY); taken && chosen[i] {
			s.Index = 0
			if r, failed = k.again(s); failed == nil {
				continue
			}
		}
		if failed := k.took(s, r, failed); failed != nil {
			return i, failed
		}
	}
	return len(requests), nil
}

// again sends a step that makes a link once more, without an index.
func (k *Kernel) again(s state.Step) (request, error) {
	r, err := encode(s, k.index)
	if err != nil {
		return r, err
	}
	k.stats.Writes++
	return r, k.took(s, r, k.ask(r, nil))
}
