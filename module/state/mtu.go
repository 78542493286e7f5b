package state

import (
	"hostnet-module/module/attr"
	"hostnet-module/module/kind"
)

// mtuOf says whose choice the MTU of a link is, of a kind whose MTU follows its ports' until somebody sets it. The kernel keeps
// that to itself (net/bridge/br_private.h: BROPT_MTU_SET_BY_USER).
type mtuOf uint8

const (
	mtuAnybodys mtuOf = iota // the link was there before, and nothing tells
	mtuPorts                 // it is the least of its ports'
	mtuOwn                   // somebody has set it: it stays
)

// portless is the MTU of a link that follows its ports and has none (linux/if_ether.h: ETH_DATA_LEN).
const portless = 1500

// chooseMTU is a message that sets an MTU. One that says what is there already does not reach the driver
// (net/core/dev.c: dev_set_mtu_ext): nobody has chosen anything then. Nor does one that makes a link.
func (h *Host) chooseMTU(l *Link, mtu uint64) {
	if l.K().FollowsMTU && l.Attrs.Has("mtu") && l.MTU() != mtu {
		l.mtu = mtuOwn
	}
	h.setMTU(l, mtu)
}

// setMTU changes an MTU: a bond's members get it, links that stand on it are clipped to it, a bridge follows it.
func (h *Host) setMTU(l *Link, mtu uint64) {
	master := h.Link(l.Master)
	h.judgeMTU(master)
	l.Attrs.Put(kind.MTU, attr.Num(mtu))
	if l.K().TakesPorts {
		for _, p := range h.Ports(l.Name) {
			p.Attrs.Put(kind.MTU, attr.Num(mtu))
		}
	}
	for _, upper := range h.Uppers(l.Name) {
		if upper.MTU() > mtu {
			h.setMTU(upper, mtu)
		}
	}
	h.followMTU(master)
}

// judgeMTU finds out, before its ports change, that somebody has set the MTU of a link: one that follows has its ports'.
func (h *Host) judgeMTU(master *Link) {
	if master == nil || !master.K().FollowsMTU || master.mtu != mtuAnybodys || !master.Attrs.Has("mtu") {
		return
	}
	if least, n := h.leastMTU(master); n > 0 && least != 0 && master.MTU() != least {
		master.mtu = mtuOwn
	}
}

// followMTU is what the coming, going and changing of ports does to an MTU that nobody has set (net/bridge/br_if.c:
// br_mtu_auto_adjust). Where nobody knows whether somebody has, nobody knows the MTU afterwards, unless it is the same either way.
func (h *Host) followMTU(master *Link) {
	if master == nil || !master.K().FollowsMTU || master.mtu == mtuOwn {
		return
	}
	least, n := h.leastMTU(master)
	if n == 0 {
		least = portless
	}
	switch {
	case least != 0 && master.MTU() == least:
	case least != 0 && master.mtu == mtuPorts:
		h.setMTU(master, least)
	default:
		h.forgetMTU(master, least)
	}
}

// restoreMTU gives a link that has left its bond the MTU that it had before it joined (bond_main.c: original_mtu). No dump tells what
// that was: where the model has not seen it, nobody knows the MTU.
func (h *Host) restoreMTU(l *Link) {
	before := l.alone
	l.alone = 0
	if before == 0 {
		h.forgetMTU(l, 0)
		return
	}
	h.setMTU(l, before)
}

// forgetMTU says that nobody knows what the MTU of a link has become, nor that of what stands on it and may have been clipped.
func (h *Host) forgetMTU(l *Link, least uint64) {
	l.Attrs.Drop(kind.MTU.Name)
	for _, upper := range h.Uppers(l.Name) {
		if upper.MTU() > least {
			h.forgetMTU(upper, least)
		}
	}
}

// leastMTU is the least MTU of a link's ports, 0 if one is unknown, and how many ports there are.
func (h *Host) leastMTU(master *Link) (least uint64, n int) {
	ports := h.Ports(master.Name)
	for i, p := range ports {
		if i == 0 || p.MTU() < least {
			least = p.MTU()
		}
	}
	return least, len(ports)
}
