package kernel

import (
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"hostnet-module/module/attr"
	"hostnet-module/module/state"
)

// Of linux/if_bridge.h and linux/rtnetlink.h: the messages of a bridge's VLAN table, and what stands in them.
const (
	rtmNewVLAN = 112
	rtmGetVLAN = 114
	vlanEntry  = 1 // BRIDGE_VLANDB_ENTRY, a nest
	entryInfo  = 1 // BRIDGE_VLANDB_ENTRY_INFO: struct bridge_vlan_info
	entryRange = 2 // BRIDGE_VLANDB_ENTRY_RANGE: the last VLAN for which the entry stands, u16

	sizeofVLANMsg = 8 // struct br_vlan_msg: family u8, 3 bytes of nothing, index u32
)

// dumpVLANs asks for the tables of all bridges and ports, and for nothing else of them. One alone can be asked for too, but Linux before
// 5.17 then answers without end.
func dumpVLANs() []byte { return append([]byte{unix.AF_BRIDGE}, make([]byte, sizeofVLANMsg-1)...) }

// tableReader reads the messages of a VLAN table dump (RTM_NEWVLAN, since Linux 5.6; net/bridge/br_vlan.c) into the bridges and their ports.
// Each that has a table is told, be it empty; one that does not fit into a datagram goes on in a message of its own.
type tableReader struct{ host *state.Host }

func (r tableReader) begin() { vlanReader(r).begin() }

func (r tableReader) take(m message) {
	if m.typ != rtmNewVLAN || len(m.data) < sizeofVLANMsg || m.data[0] != unix.AF_BRIDGE {
		return
	}
	l := linkAt(r.host.Links, u32(m.data[4:]))
	if l == nil {
		return
	}
	if l.VLANs == nil {
		l.VLANs = []state.VLAN{}
	}
	attr.Walk(m.data[sizeofVLANMsg:], func(num uint16, entry []byte) {
		if num == vlanEntry {
			l.VLANs = appendEntry(l.VLANs, entry)
		}
	})
}

// appendEntry writes out one entry: a VLAN, or some that follow each other and are alike.
func appendEntry(vlans []state.VLAN, entry []byte) []state.VLAN {
	var v state.VLAN
	last := uint16(0)
	attr.Walk(entry, func(num uint16, p []byte) {
		switch {
		case num == entryInfo && len(p) >= 4:
			v = vlanOf(u16(p), u16(p[2:]))
		case num == entryRange:
			last = u16(p)
		}
	})
	if v.ID == 0 || max(v.ID, last) > 4094 {
		return vlans
	}
	for ; len(vlans) <= 4094; v.ID++ {
		if vlans = append(vlans, v); v.ID >= last {
			break
		}
	}
	return vlans
}

// vlanOf is a VLAN as struct bridge_vlan_info tells it.
func vlanOf(flags, id uint16) state.VLAN {
	return state.VLAN{ID: id, PVID: flags&nl.BRIDGE_VLAN_INFO_PVID != 0, Untagged: flags&nl.BRIDGE_VLAN_INFO_UNTAGGED != 0}
}

// vlanReader reads the messages of a bridge dump (RTM_NEWLINK of family AF_BRIDGE; net/bridge/br_netlink.c) into the bridges and their
// ports. It is what older kernels can be asked for, and tells all else of the ports once more.
type vlanReader struct{ host *state.Host }

func (r vlanReader) begin() {
	for _, l := range r.host.Links {
		l.VLANs = nil
	}
}

func (r vlanReader) take(m message) {
	if m.typ != unix.RTM_NEWLINK || len(m.data) < unix.SizeofIfInfomsg || m.data[0] != unix.AF_BRIDGE {
		return
	}
	l := linkAt(r.host.Links, u32(m.data[4:]))
	if l == nil {
		return
	}
	if bridge := bridgeOf(r.host, l); l.VLANs == nil && bridge != nil && bridge.Attrs.Has("vlan_default_pvid") {
		l.VLANs = []state.VLAN{} // of a table without entries the kernel says nothing
	}
	attr.Walk(m.data[unix.SizeofIfInfomsg:], func(num uint16, p []byte) {
		if num == unix.IFLA_AF_SPEC {
			if vlans, own := parseVLANTable(p); own {
				l.VLANs = vlans
			}
		}
	})
}

// bridgeOf is the bridge whose VLAN table a link is in: itself or its master; nil if none.
func bridgeOf(h *state.Host, l *state.Link) *state.Link {
	if master := h.Link(l.Master); master != nil {
		l = master
	}
	if !l.K().Bridging {
		return nil
	}
	return l
}

// parseVLANTable reads the entries of one bridge or port; ranges (RTEXT_FILTER_BRVLAN_COMPRESSED) are written out. It is
// false for a message of a NIC with a switch of its own (ndo_bridge_getlink), which comes beside the bridge's.
func parseVLANTable(nest []byte) (vlans []state.VLAN, own bool) {
	own = true
	var from uint16
	attr.Walk(nest, func(num uint16, p []byte) {
		if num == nl.IFLA_BRIDGE_FLAGS {
			own = false
		}
		if num != nl.IFLA_BRIDGE_VLAN_INFO || len(p) < 4 {
			return
		}
		flags, id := u16(p), u16(p[2:])
		if id == 0 || id > 4094 || len(vlans) > 4094 {
			return
		}
		if flags&nl.BRIDGE_VLAN_INFO_RANGE_BEGIN != 0 {
			from = id
			return
		}
		if flags&nl.BRIDGE_VLAN_INFO_RANGE_END == 0 || from == 0 {
			from = id
		}
		for ; from <= id; from++ {
			vlans = append(vlans, vlanOf(flags, from))
		}
		from = 0
	})
	return vlans, own
}
