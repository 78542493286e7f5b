package kernel

import (
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"hostnet-module/module/attr"
	"hostnet-module/module/state"
)

// vlanReader reads the messages of a bridge VLAN dump (RTM_NEWLINK of family AF_BRIDGE; net/bridge/br_netlink.c) into
// the bridges and their ports.
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
			vlans = append(vlans, state.VLAN{ID: from,
				PVID: flags&nl.BRIDGE_VLAN_INFO_PVID != 0, Untagged: flags&nl.BRIDGE_VLAN_INFO_UNTAGGED != 0})
		}
		from = 0
	})
	return vlans, own
}
