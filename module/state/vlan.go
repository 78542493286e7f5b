package state

import (
	"iter"
	"slices"
	"strconv"
)

// VLAN is one entry of a bridge's VLAN table (bridge-vlan(8)).
type VLAN struct {
	ID       uint16
	PVID     bool // untagged frames that come in belong to it
	Untagged bool // its frames go out untagged
}

// Ranges yields runs of entries that follow each other and are alike, each as its first entry and its last number. The PVID
// is a run of its own, as the kernel wants it (net/bridge/br_netlink.c: br_vlan_valid_range).
func Ranges(list []VLAN) iter.Seq2[VLAN, uint16] {
	return func(yield func(VLAN, uint16) bool) {
		for i := 0; i < len(list); {
			first, j := list[i], i+1
			for j < len(list) && !first.PVID && list[j] == (VLAN{ID: list[j-1].ID + 1, Untagged: first.Untagged}) {
				j++
			}
			if !yield(first, list[j-1].ID) {
				return
			}
			i = j
		}
	}
}

// VLANWords prints a table as bridge-vlan(8) would be asked for it: "1 pvid untagged", "100-110".
func VLANWords(list []VLAN) []string {
	words := []string{}
	for v, last := range Ranges(list) {
		text := strconv.Itoa(int(v.ID))
		if last > v.ID {
			text += "-" + strconv.Itoa(int(last))
		}
		words = append(words, text+v.flags())
	}
	return words
}

func (v VLAN) flags() string {
	text := ""
	if v.PVID {
		text += " pvid"
	}
	if v.Untagged {
		text += " untagged"
	}
	return text
}

// ChangeDefaultPVID does what follows when a bridge's default PVID changes: it and its ports move from the old one to the new,
// but for those that have been given another PVID, or are in the new VLAN already (net/bridge/br_vlan.c:
// __br_vlan_set_default_pvid).
func (h *Host) ChangeDefaultPVID(bridge *Link, old, pvid uint16) {
	if old == pvid {
		return
	}
	for _, l := range append(h.Ports(bridge.Name), bridge) {
		byDefault := slices.Contains(l.VLANs, VLAN{ID: old, PVID: true, Untagged: true})
		taken := slices.ContainsFunc(l.VLANs, func(v VLAN) bool { return v.ID == pvid })
		if old != 0 && !byDefault || taken {
			continue
		}
		l.VLANs = without(l.VLANs, old, old)
		if pvid != 0 {
			l.VLANs = withVLANs(l.VLANs, VLAN{ID: pvid, PVID: true, Untagged: true}, pvid)
		}
	}
}

// DefaultPVID is the VLAN that a bridge and its ports are in unasked; 0: none.
func (l *Link) DefaultPVID() uint16 {
	if pvid, ok := l.Attrs.Get("vlan_default_pvid"); ok {
		return uint16(pvid.N)
	}
	return 1
}

// DefaultVLANs is what a bridge and its ports get in their VLAN table unasked (net/bridge/br_vlan.c: br_vlan_init, nbp_vlan_init).
func (l *Link) DefaultVLANs() []VLAN {
	if pvid := l.DefaultPVID(); pvid != 0 {
		return []VLAN{{ID: pvid, PVID: true, Untagged: true}}
	}
	return []VLAN{}
}

// withVLANs puts one entry in, or a range of them with its flags. A new PVID takes the old one's place
// (net/bridge/br_vlan.c: __vlan_add_pvid).
func withVLANs(list []VLAN, v VLAN, last uint16) []VLAN {
	last = max(v.ID, last)
	list = without(list, v.ID, last)
	if v.PVID {
		for i := range list {
			list[i].PVID = false
		}
	}
	for ; v.ID <= last; v.ID++ {
		list = append(list, v)
	}
	slices.SortFunc(list, func(a, b VLAN) int { return int(a.ID) - int(b.ID) })
	return list
}

// without takes a range of entries out of a copy of the table.
func without(list []VLAN, first, last uint16) []VLAN {
	return slices.DeleteFunc(slices.Clone(list), func(v VLAN) bool { return v.ID >= first && v.ID <= last })
}
