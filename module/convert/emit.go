package convert

import (
	"fmt"
	"slices"

	"hostnet-module/module/kind"
	"hostnet-module/module/spec"
)

// tree is an object of the document.
type tree = spec.Tree

// emission is a document with the entries that stand at its paths.
type emission struct {
	doc   tree
	named bool // ports that are known by their MACs stand there by their names, where these are known
	index map[string][]*entry
	whole map[string][]*object // by "bonds[0]"
}

// emit writes the draft as a document. With named, its links are called by their names wherever they are known: so that what
// is said of one link in two ways is judged as being of one.
func (d *draft) emit(named bool) *emission {
	em := &emission{named: named, index: map[string][]*entry{}, whole: map[string][]*object{}}
	folded := map[*object]*object{} // VLANs by the bridge with which they are a segment
	segments := map[*object]bool{}
	for _, o := range d.objects {
		if v := d.segment(o); v != nil {
			folded[v], segments[o] = o, true
		}
	}
	for _, k := range kind.List() {
		var list []any
		for _, o := range d.objects {
			if o.kind != k || folded[o] != nil || segments[o] || d.silent(o) {
				continue
			}
			list = append(list, em.object(fmt.Sprintf("%s[%d]", k.List, len(list)), o))
		}
		if len(list) > 0 {
			em.doc = append(em.doc, spec.Pair{Key: k.List, Value: list})
		}
	}
	var list []any
	for _, v := range d.objects {
		if b := folded[v]; b != nil {
			list = append(list, em.segment(fmt.Sprintf("segments[%d]", len(list)), v, b))
		}
	}
	if len(list) > 0 {
		em.doc = append(em.doc, spec.Pair{Key: "segments", Value: list})
	}
	if list := em.list("rules", d.rules); len(list) > 0 {
		em.doc = append(em.doc, spec.Pair{Key: "rules", Value: list})
	}
	return em
}

// silent tells whether the document says nothing of an object: one that is not taken over; one that has no line of its own, and
// on which nothing stands; a NIC of which nothing is left but that it is a port.
func (d *draft) silent(o *object) bool {
	switch {
	case o.dropped:
		return true
	case o.implied && o.empty():
		return !d.stoodOn(o.name)
	}
	return o.kind == kind.Ethernet && o.bare() && d.master(o.name) != nil && !d.stoodOn(o.name)
}

// stoodOn tells whether a VLAN of the document stands on a link.
func (d *draft) stoodOn(name string) bool {
	return slices.ContainsFunc(d.objects, func(o *object) bool { return !o.dropped && o.parent != nil && o.parent.value == name })
}

// segment is the VLAN with which a bridge can be written as a segment; nil if there is none. A segment's mtu and up are those of both.
func (d *draft) segment(b *object) *object {
	if b.dropped || b.kind != kind.Bridge || b.option("mtu") != nil || b.option("up") != nil || len(b.ports) != 1 || len(b.vlans)+len(b.ports[0].options)+len(b.ports[0].vlans)+len(b.ports[0].noVLANs) > 0 || b.ports[0].dropped {
		return nil
	}
	name, _ := b.ports[0].value.(string)
	v := d.find(name)
	if v == nil || v.dropped || v.kind != kind.VLAN || v.parent == nil || v.parent.dropped || len(alive(v.addresses))+len(alive(v.gateways))+len(alive(v.routes)) > 0 || v.option("id") == nil {
		return nil
	}
	if slices.ContainsFunc(v.options, func(e *entry) bool { return !e.dropped && kind.VLAN.Rows.Row(e.key) == nil }) {
		return nil
	}
	return v
}

func (em *emission) object(path string, o *object) tree {
	em.whole[path] = []*object{o}
	t := tree{{Key: "name", Value: o.name}}
	if o.parent != nil && !o.parent.dropped {
		em.one(&t, path, o.parent)
	}
	for _, e := range o.options {
		em.one(&t, path, e)
	}
	if o.said {
		em.ports(&t, path, o)
	}
	em.rest(&t, path, o)
	return t
}

func (em *emission) segment(path string, v, b *object) tree {
	em.whole[path] = []*object{v, b}
	var t tree
	em.one(&t, path, v.option("id"))
	em.one(&t, path, v.parent)
	t = append(t, spec.Pair{Key: "bridge", Value: b.name})
	if v.name != v.parent.value.(string)+"."+fmt.Sprint(v.option("id").value) {
		t = append(t, spec.Pair{Key: "name", Value: v.name})
	}
	for _, e := range append(slices.DeleteFunc(slices.Clone(v.options), func(e *entry) bool { return e.key == "id" }), b.options...) {
		em.one(&t, path, e)
	}
	em.index[path+".ports"] = []*entry{&b.ports[0].entry}
	if b.option("host_access") == nil && !slices.ContainsFunc(b.addresses, func(e *entry) bool { return !e.dropped }) {
		t = append(t, spec.Pair{Key: "host_access", Value: true})
	}
	em.rest(&t, path, b)
	return t
}

func (em *emission) one(t *tree, path string, e *entry) {
	if e.dropped {
		return
	}
	*t = append(*t, spec.Pair{Key: e.key, Value: e.value})
	at := path + "." + e.key
	em.index[at] = append(em.index[at], e)
}

func (em *emission) ports(t *tree, path string, o *object) {
	path += "." + o.kind.Ports
	list := []any{}
	for _, p := range o.ports {
		if p.dropped {
			continue
		}
		at := fmt.Sprintf("%s[%d]", path, len(list))
		em.index[at] = []*entry{&p.entry}
		list = append(list, em.port(at, p))
	}
	*t = append(*t, spec.Pair{Key: o.kind.Ports, Value: list})
}

func (em *emission) port(path string, p *port) any {
	t, isTree := p.value.(tree)
	switch {
	case !isTree:
		t = tree{pair("name", p.value)}
	case em.named && p.named != "":
		t = tree{pair("name", p.named)}
	}
	t = slices.Clone(t)
	for _, e := range p.options {
		em.one(&t, path, e)
	}
	if list := em.list(path+".vlans", p.vlans); len(list) > 0 {
		t = append(t, spec.Pair{Key: "vlans", Value: list})
	} else if len(p.vlans) == 0 && len(p.noVLANs) > 0 {
		t = append(t, spec.Pair{Key: "vlans", Value: []any{}})
		em.index[path+".vlans"] = []*entry{{from: p.noVLANs}}
	}
	if name, ok := p.value.(string); ok && len(t) == 1 {
		return name
	}
	return t
}

// rest writes the lists of layer 3, and what is said of a bridge's VLANs.
func (em *emission) rest(t *tree, path string, o *object) {
	for _, l := range []struct {
		key  string
		list []*entry
	}{{"vlans", o.vlans}, {"addresses", o.addresses}, {"gateway", o.gateways}, {"routes", o.routes}} {
		list := em.list(path+"."+l.key, l.list)
		if len(list) > 0 { // what is said of all
			em.index[path+"."+l.key] = alive(l.list)
		}
		if l.key == "gateway" && len(list) == 1 {
			*t = append(*t, spec.Pair{Key: l.key, Value: list[0]})
		} else if len(list) > 0 {
			*t = append(*t, spec.Pair{Key: l.key, Value: list})
		}
	}
}

func alive(list []*entry) []*entry {
	return slices.DeleteFunc(slices.Clone(list), func(e *entry) bool { return e.dropped })
}

func (em *emission) list(path string, entries []*entry) []any {
	var list []any
	for _, e := range alive(entries) {
		em.index[fmt.Sprintf("%s[%d]", path, len(list))] = []*entry{e}
		list = append(list, e.value)
	}
	return list
}
