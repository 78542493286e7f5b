package spec

import (
	"slices"

	"hostnet-module/module/attr"
	"hostnet-module/module/kind"
)

// segmentFields are the keys that segments alone have.
var segmentFields = []field[Object]{
	textField("bridge", "the name of the bridge on the VLAN", nameForm, func(bridge *Object) *string { return &bridge.Name }),
}

// ofVLAN tells whether a key of a segment is one of its VLAN; all others are its bridge's.
func ofVLAN(key string) bool {
	return key == "name" || key == "parent" || kind.VLAN.Rows.Row(key) != nil
}

// readSegment reads one segment, the short form of a VLAN and the bridge on it, into those two objects, behind others. Options of VLANs
// go to the VLAN, `mtu` and `up` to both, all others to the bridge.
func readSegment(w *walker, to []*Object, p place, absent bool) []*Object {
	both := &struct {
		vlan, bridge Object
		port         [1]Port
		reachable    bool
	}{}
	vlan, bridge := &both.vlan, &both.bridge
	*vlan = Object{Kind: kind.VLAN, Path: p.path(), Absent: absent}
	*bridge = Object{Kind: kind.Bridge, Path: vlan.Path, Absent: absent}
	before := len(w.problems)
	ok := w.object(p, "a VLAN and its bridge", func(key string, at place) bool {
		f, own := lookup(segmentFields, key)
		switch {
		case own:
			if !at.node.omitted() {
				f.read(w, bridge, at)
			}
			return true
		case ofVLAN(key):
			return vlan.readKey(w, key, at)
		case key == bridge.Kind.Ports:
			return false
		}
		return bridge.readKey(w, key, at)
	}, segmentKeys)
	if !ok {
		return to
	}
	if len(w.problems) == before {
		requireSegment(w, p, vlan, bridge)
	}
	vlan.Absent = bridge.Absent
	for _, r := range []*attr.Row{kind.MTU, kind.Up} {
		if v, ok := bridge.Attrs.Get(r.Name); ok {
			vlan.Attrs.Put(r, v)
		}
	}
	vlan.nameVLAN()
	if vlan.Name != "" {
		both.port[0] = Port{Name: vlan.Name, Path: vlan.Path}
		bridge.Ports = both.port[:]
	}
	if bridge.HostAccess == nil {
		both.reachable = len(bridge.Addresses) > 0 || bridge.VLANs != nil
		bridge.HostAccess = &both.reachable
	}
	return append(to, vlan, bridge)
}

func requireSegment(w *walker, p place, vlan, bridge *Object) {
	if vlan.Parent == "" {
		w.add(p, ErrMissing, "", "parent is missing: the link that carries the VLAN")
	}
	if !vlan.Attrs.Has("id") {
		w.add(p, ErrMissing, "", "id is missing: the VLAN's number")
	}
	if bridge.Name == "" {
		w.add(p, ErrMissing, "", "bridge is missing: the name of the bridge on the VLAN")
	}
}

func segmentKeys() []string {
	keys := slices.Concat(fieldKeys(segmentFields), objectKeys(kind.VLAN), objectKeys(kind.Bridge))
	keys = slices.DeleteFunc(keys, func(key string) bool { return key == kind.Bridge.Ports })
	slices.Sort(keys)
	return slices.Compact(keys)
}
