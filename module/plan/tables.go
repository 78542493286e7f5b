package plan

import (
	"cmp"
	"slices"

	"hostnet-module/module/spec"
	"hostnet-module/module/state"
)

// defaultPVIDs lets a bridge and its ports follow a changed default PVID, as they will.
func (m *maker) defaultPVIDs() {
	for o, l := range m.wanted {
		if had := m.has.Same(l); had != nil && o.Kind.Bridging {
			m.out.ChangeDefaultPVID(l, had.DefaultPVID(), l.DefaultPVID())
		}
	}
}

// tables gives bridges and their ports the VLANs that the document lists: exactly those, since the kernel puts a new port
// into the default VLAN unasked, and whoever lists a port's VLANs does not want it there.
func (m *maker) tables() {
	for o, l := range m.wanted {
		if !o.Kind.Bridging {
			continue
		}
		filters := l.Attrs.N("vlan_filtering") != 0
		give := func(to *state.Link, path string, list []spec.VLAN) {
			if list == nil || to == nil {
				return
			}
			if !filters {
				m.problem(path, "add vlan_filtering: true to the bridge", "%s does not look at VLANs (vlan_filtering is off)", o.Name)
			}
			to.VLANs = table(list)
		}
		give(l, o.Path+".vlans", o.VLANs)
		for i, p := range o.legs {
			give(p, o.Ports[i].Path+".vlans", o.Ports[i].VLANs)
		}
	}
}

// table writes a document's entries out.
func table(list []spec.VLAN) []state.VLAN {
	out := []state.VLAN{}
	for _, v := range list {
		for id := v.First; id <= v.Last; id++ {
			out = append(out, state.VLAN{ID: id, PVID: v.PVID, Untagged: v.Untagged})
		}
	}
	slices.SortFunc(out, func(a, b state.VLAN) int { return cmp.Compare(a.ID, b.ID) })
	return out
}
