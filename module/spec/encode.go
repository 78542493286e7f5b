package spec

import (
	"maps"
	"math"
	"net/netip"
	"slices"
	"strings"

	"hostnet-module/module/attr"
	"hostnet-module/module/kind"
)

// Tree is an object whose keys have an order. Its values are texts, booleans, int64, uint64, Trees and lists ([]any) of
// these.
type Tree []Pair

// Pair is one key with its value.
type Pair struct {
	Key   string
	Value any
}

func (t *Tree) put(key string, value any) { *t = append(*t, Pair{key, value}) }

// Encode writes the document as a tree that Decode reads back to the same document: objects by list, a segment's two
// objects as that segment.
func (d *Document) Encode() Tree {
	var t Tree
	if d.State != Present && d.State != "" {
		t.put("state", string(d.State))
	}
	if d.Prune {
		t.put("prune", true)
	}
	if d.Persist != nil {
		t.put("persist", *d.Persist)
	}
	if d.MaxDisruption != "" {
		t.put("max_disruption", d.MaxDisruption)
	}
	encodeGuard(&t, d)
	head := len(t)
	lists := make(map[string][]any)
	for i := 0; i < len(d.Objects); i++ {
		o := d.Objects[i]
		if o.inSegment() && i+1 < len(d.Objects) && d.Objects[i+1].Path == o.Path {
			lists[segmentsKey] = append(lists[segmentsKey], encodeSegment(o, d.Objects[i+1], d.State))
			i++
			continue
		}
		lists[o.Kind.List] = append(lists[o.Kind.List], encodeObject(o, d.State))
	}
	for _, key := range listKeys() {
		if len(lists[key]) > 0 {
			t.put(key, lists[key])
		}
	}
	if d.Rules != nil {
		t.put("rules", each(d.Rules, encodeRule))
	}
	if len(t) == head && d.State != Gathered {
		t.put(kind.List()[0].List, []any{})
	}
	return t
}

func encodeObject(o *Object, state Presence) Tree {
	t := Tree{{"name", o.Name}}
	encodeState(&t, o, state)
	if o.Parent != "" {
		t.put("parent", o.Parent)
	}
	encodeRows(&t, o.Attrs)
	if o.Ports != nil {
		t.put(o.Kind.Ports, each(o.Ports, encodePort))
	}
	encodeRest(&t, o)
	return t
}

// encodeSegment writes what readSegment has taken apart.
func encodeSegment(vlan, bridge *Object, state Presence) Tree {
	var t Tree
	if v, ok := vlan.Attrs.Get("id"); ok {
		t.put("id", v.N)
	}
	t.put("parent", vlan.Parent)
	t.put("bridge", bridge.Name)
	if !vlan.derived() {
		t.put("name", vlan.Name)
	}
	encodeState(&t, bridge, state)
	encodeRows(&t, vlan.Attrs.Filter(func(r *attr.Row) bool { return r.Name != "id" && kind.VLAN.Rows.Row(r.Name) != nil }))
	encodeRows(&t, bridge.Attrs)
	encodeRest(&t, bridge)
	return t
}

func encodeState(t *Tree, o *Object, state Presence) {
	switch {
	case o.Absent && state != Absent:
		t.put("state", string(Absent))
	case !o.Absent && state == Absent:
		t.put("state", string(Present))
	}
}

func encodeRows(t *Tree, set attr.Set) {
	for r, v := range set.All() {
		if !writable(r) {
			continue
		}
		value := r.JSON(v)
		if words, ok := value.([]string); ok {
			value = each(words, func(s string) any { return s })
		}
		if value != "" || mayBeEmpty(r) {
			t.put(r.Name, value)
		}
	}
}

func encodeRest(t *Tree, o *Object) {
	if o.PortsExclusive {
		t.put("ports_exclusive", true)
	}
	if o.HostAccess != nil {
		t.put("host_access", *o.HostAccess)
	}
	if o.VLANs != nil {
		t.put("vlans", each(o.VLANs, encodeVLAN))
	}
	if o.IPv6 != "" {
		t.put("ipv6", string(o.IPv6))
	}
	if o.Addresses != nil {
		t.put("addresses", each(o.Addresses, encodeAddress))
	}
	if len(o.Gateways) == 1 {
		t.put("gateway", o.Gateways[0].String())
	} else if o.Gateways != nil {
		t.put("gateway", each(o.Gateways, func(g netip.Addr) any { return g.String() }))
	}
	if o.Routes != nil || o.L3 && o.Addresses == nil && o.Gateways == nil {
		t.put("routes", each(o.Routes, encodeRoute))
	}
}

func each[T any](list []T, encode func(T) any) []any {
	out := make([]any, len(list))
	for i, v := range list {
		out[i] = encode(v)
	}
	return out
}

// encodePort writes a port as its name where there is no more to say; a name that would read as a list, as an object.
func encodePort(p Port) any {
	if p.Name != "" && p.Attrs.Len() == 0 && p.VLANs == nil && !strings.ContainsAny(p.Name[:1], "[{") && strings.TrimSpace(p.Name) != "" {
		return p.Name
	}
	var t Tree
	for _, pair := range []Pair{{"name", p.Name}, {"mac", p.MAC}, {"path", p.HW}} {
		if pair.Value != "" {
			t = append(t, pair)
		}
	}
	encodeRows(&t, p.Attrs)
	if p.VLANs != nil {
		t.put("vlans", each(p.VLANs, encodeVLAN))
	}
	return t
}

// encodeAddress writes an address as ADDR/LEN where there is no more to say.
func encodeAddress(a Address) any {
	var t Tree
	if a.Peer.IsValid() {
		t.put("address", a.Prefix.Addr().String())
		t.put("peer", a.Peer.String())
	} else {
		t.put("address", a.Prefix.String())
	}
	if a.Broadcast.IsValid() {
		t.put("broadcast", a.Broadcast.String())
	}
	if a.Label != "" {
		t.put("label", a.Label)
	}
	if a.Scope != 0 {
		t.put("scope", wordOf(scopes, uint64(a.Scope)))
	}
	for _, flag := range []struct {
		key string
		on  bool
	}{{"nodad", a.NoDAD}, {"noprefixroute", a.NoPrefixRoute}} {
		if flag.on {
			t.put(flag.key, true)
		}
	}
	for _, life := range []struct {
		key     string
		seconds *uint32
	}{{"valid_lft", a.Valid}, {"preferred_lft", a.Preferred}} {
		if life.seconds != nil && *life.seconds != math.MaxUint32 {
			t.put(life.key, uint64(*life.seconds))
		}
	}
	if len(t) == 1 {
		return t[0].Value
	}
	return t
}

func encodeRoute(r Route) any {
	t := Tree{{"to", r.To.String()}}
	if r.Via.IsValid() {
		if r.To == defaultOf(r.Via) {
			t[0].Value = "default"
		}
		t.put("via", r.Via.String())
	}
	if r.Metric != nil {
		t.put("metric", uint64(*r.Metric))
	}
	if r.Table != tableMain && r.Table != 0 {
		t.put("table", wordOf(tables, uint64(r.Table)))
	}
	if r.Source.IsValid() {
		t.put("source", r.Source.String())
	}
	if r.OnLink {
		t.put("onlink", true)
	}
	if r.Type != typeUnicast && r.Type != 0 {
		t.put("type", wordOf(routeTypes, uint64(r.Type)))
	}
	if r.Scope != 0 {
		t.put("scope", wordOf(scopes, uint64(r.Scope)))
	}
	if r.MTU > 0 {
		t.put("mtu", uint64(r.MTU))
	}
	return t
}

// wordOf is a number's word, or the number.
func wordOf(words map[string]uint64, n uint64) any {
	for _, word := range slices.Sorted(maps.Keys(words)) {
		if words[word] == n {
			return word
		}
	}
	return n
}
