package convert

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"hostnet-module/module/foreign"
	"hostnet-module/module/kind"
	"hostnet-module/module/spec"
)

// tree is an object of the document.
type tree = spec.Tree

// emission is a document with the entries that stand at its paths.
type emission struct {
	doc   tree
	index map[string][]*entry
	whole map[string][]*object // by "bonds[0]"
}

// result makes the document, and drops and reports what makes it a bad one, until it is good.
func (d *draft) result() Result {
	d.complete()
	d.words()
	var warnings []spec.Problem
	var doc tree
	for range 200 {
		d.gatewaysFirst()
		em := d.emit()
		if len(em.index)+len(em.whole) == 0 {
			break
		}
		_, problems, notes := spec.Read(em.doc.JSON(), "document.json")
		if len(problems) == 0 {
			doc = em.doc
			for _, n := range notes { // the places are not those of an input
				n.Line, n.Column = 0, 0
				warnings = append(warnings, n)
			}
			em.mark(d)
			break
		}
		if !d.drop(em, problems) {
			break
		}
	}
	d.settle()
	return Result{Document: doc, Left: d.left, Advice: d.advice, Warnings: warnings}
}

// words puts options into the words of documents and drops those that have no row or a value that it does not take.
func (d *draft) words() {
	for _, o := range d.objects {
		for _, e := range o.options {
			d.word(e, o.kind, false)
		}
		for _, p := range o.ports {
			for _, e := range p.options {
				d.word(e, o.kind, true)
			}
		}
	}
}

func (d *draft) word(e *entry, k *kind.Kind, ofPort bool) {
	text, ok := e.value.(string)
	if !ok || e.dropped || e.key == "ipv6" {
		return
	}
	row := k.Row(e.key)
	if ofPort {
		row = k.Port.Row(e.key)
	}
	if row == nil || row.SeeOnly || row.Hidden {
		d.refuse(e, NoWord, "a document has no %s for a %s", e.key, k.Name)
		return
	}
	v, err := row.Parse(text)
	if err != nil {
		d.refuse(e, Faulty, "%s %q: %s", row.Name, text, err)
		return
	}
	e.key, e.value = row.Name, row.JSON(v)
	if list, isList := e.value.([]string); isList {
		e.value = texts(list)
	}
}

func texts(list []string) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s
	}
	return out
}

// discard takes a value out that what documents allow forbids.
func (d *draft) discard(e *entry, format string, args ...any) {
	d.refuse(e, Conflict, format, args...)
}

// refuse takes a value out and tells its lines, with the reason.
func (d *draft) refuse(e *entry, reason Reason, format string, args ...any) {
	if e.dropped {
		return
	}
	e.dropped = true
	part := e.part
	if slices.ContainsFunc(e.from, func(p foreign.Pos) bool { return p != e.from[0] }) {
		part = ""
	}
	for _, p := range e.from {
		d.tellPart(p, part, reason, format, args...)
	}
}

// drop takes out what problems name. It tells whether there was anything.
func (d *draft) drop(em *emission, problems []spec.Problem) bool {
	any := false
	for _, p := range problems {
		why := em.places(p.Message)
		if p.Hint != "" {
			why += "; " + p.Hint
		}
		for path := p.Path; path != ""; path = parentPath(path) {
			if list := em.index[path]; len(list) > 0 {
				for _, e := range named(list, why) {
					any = any || !e.dropped
					d.discard(e, "%s", why)
				}
				break
			}
			if list := em.whole[path]; len(list) > 0 {
				for _, o := range list {
					any = any || !o.dropped
					d.discardObject(o, why)
				}
				break
			}
		}
	}
	return any
}

// places puts the lines of the input in the place of the document's paths that a message names.
func (em *emission) places(message string) string {
	if !strings.Contains(message, "[") {
		return message
	}
	for _, path := range slices.SortedFunc(maps.Keys(em.index), func(a, b string) int { return cmp.Compare(len(b), len(a)) }) {
		if from := em.index[path][0].from; len(from) > 0 && strings.Contains(message, path) {
			message = strings.ReplaceAll(message, path, from[0].String())
		}
	}
	for path, list := range em.whole {
		if from := list[len(list)-1].from; len(from) > 0 {
			message = strings.ReplaceAll(message, path, from[0].String())
		}
	}
	return message
}

// named are those of several entries whose value a message names; all if it names none.
func named(list []*entry, why string) []*entry {
	some := slices.DeleteFunc(slices.Clone(list), func(e *entry) bool {
		text, ok := e.value.(string)
		return !ok || !strings.Contains(why, `"`+text+`"`)
	})
	if len(some) > 0 {
		return some
	}
	return list
}

func (d *draft) discardObject(o *object, why string) {
	o.dropped = true
	for _, at := range o.from {
		if d.fates[at] != Lost {
			d.tell(at, Conflict, "%s: %s", o.name, why)
		}
	}
	for _, e := range o.entries() {
		if !e.dropped && !slices.ContainsFunc(e.from, func(at foreign.Pos) bool { return d.fates[at] != Lost }) {
			e.dropped = true
		}
		d.refuse(e, Depends, "%s is not taken over: %s", o.name, why)
	}
}

// entries are all values of an object.
func (o *object) entries() []*entry {
	list := slices.Concat(o.options, o.addresses, o.gateways, o.routes, o.vlans)
	if o.parent != nil {
		list = append(list, o.parent)
	}
	for _, p := range o.ports {
		list = append(append(list, &p.entry), slices.Concat(p.options, p.vlans)...)
	}
	return list
}

func parentPath(path string) string {
	if i := strings.LastIndexAny(path, ".["); i >= 0 {
		return path[:i]
	}
	return ""
}

// mark enters into the ledger what has come into the document.
func (em *emission) mark(d *draft) {
	for _, list := range em.index {
		for _, e := range list {
			d.mark(Taken, e.from...)
		}
	}
	for _, list := range em.whole {
		for _, o := range list {
			d.mark(Taken, o.from...)
		}
	}
}

// gatewaysFirst turns default routes that need no more words into `gateway`, and gateways outside the object's networks into routes.
func (d *draft) gatewaysFirst() {
	for _, o := range d.objects {
		kept := o.gateways[:0:0]
		for _, e := range o.gateways {
			if ip, ok := address(e.value.(string)); ok && !o.reaches(ip) {
				o.routes = append(o.routes, &entry{value: tree{{Key: "to", Value: "default"}, {Key: "via", Value: ip.String()}, {Key: "onlink", Value: true}}, from: e.from, dropped: e.dropped})
				continue
			}
			kept = append(kept, e)
		}
		o.gateways = kept
	}
}

// emit writes the draft as a document.
func (d *draft) emit() *emission {
	em := &emission{index: map[string][]*entry{}, whole: map[string][]*object{}}
	folded := map[*object]*object{} // VLANs by the bridge with which they are a segment
	for _, o := range d.objects {
		if v := d.segment(o); v != nil {
			folded[v] = o
		}
	}
	for _, k := range kind.List() {
		var list []any
		for _, o := range d.objects {
			if o.dropped || o.kind != k || folded[o] != nil || d.segment(o) != nil || o.implied && o.empty() && !d.stoodOn(o.name) {
				continue
			}
			list = append(list, em.object(fmt.Sprintf("%s[%d]", k.List, len(list)), o))
		}
		if len(list) > 0 {
			em.doc = append(em.doc, spec.Pair{Key: k.List, Value: list})
		}
	}
	var segments []any
	for _, v := range d.objects {
		if b := folded[v]; b != nil {
			segments = append(segments, em.segment(fmt.Sprintf("segments[%d]", len(segments)), v, b))
		}
	}
	if len(segments) > 0 {
		em.doc = append(em.doc, spec.Pair{Key: "segments", Value: segments})
	}
	if list := em.list("rules", d.rules); len(list) > 0 {
		em.doc = append(em.doc, spec.Pair{Key: "rules", Value: list})
	}
	return em
}

// stoodOn tells whether a VLAN of the document stands on a link.
func (d *draft) stoodOn(name string) bool {
	return slices.ContainsFunc(d.objects, func(o *object) bool { return !o.dropped && o.parent != nil && o.parent.value == name })
}

// segment is the VLAN with which a bridge can be written as a segment; nil if there is none.
func (d *draft) segment(b *object) *object {
	if b.dropped || b.kind != kind.Bridge || len(b.ports) != 1 || len(b.vlans)+len(b.ports[0].options)+len(b.ports[0].vlans) > 0 || b.ports[0].dropped {
		return nil
	}
	name, _ := b.ports[0].value.(string)
	v := d.find(name)
	if v == nil || v.dropped || v.kind != kind.VLAN || len(v.addresses)+len(v.gateways)+len(v.routes) > 0 || v.option("id") == nil {
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
	if !isTree {
		t = tree{{Key: "name", Value: p.value}}
	}
	t = slices.Clone(t)
	for _, e := range p.options {
		em.one(&t, path, e)
	}
	if list := em.list(path+".vlans", p.vlans); len(list) > 0 {
		t = append(t, spec.Pair{Key: "vlans", Value: list})
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
		if l.key == "gateway" && len(list) > 0 { // of one family there is one problem for both
			em.index[path+".gateway"] = alive(l.list)
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
