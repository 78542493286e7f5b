package spec

import (
	"slices"
	"strconv"
	"strings"
)

// A segment with `ids` instead of `id` stands for one segment each. It is taken apart before it is read, so that all else sees
// segments only: in every text of it {id} becomes the number (template.go).

const (
	idsKey  = "ids"
	bulkKey = "segmentsInBulk" // in the schema
)

// inBulk tells whether a segment gives ids.
func inBulk(n *node) bool {
	ids := n.value(idsKey)
	return ids != nil && !ids.missing()
}

// segments takes a segment apart, if it gives ids, and hands on each one that it stands for, with how many are still to come. The path
// of each names it: "segments[0](id 117)". The next one takes its place.
func (w *walker) segments(p place, each func(left int, one place)) {
	if p.node.shape == textShape && startsWith(p.node.text, '{') && !w.expand(p, objectShape) {
		return
	}
	if p.node.shape != objectShape || !inBulk(p.node) {
		each(1, w.single(p))
		return
	}
	at := p.at(idsKey, p.node.value(idsKey))
	ids, ok := w.ids(at)
	if !w.admit(at, len(ids)-1) {
		return
	}
	if n := p.node.value("id"); n != nil && !n.missing() {
		w.add(p.at("id", n), ErrConflict, "leave one of them out", "id goes with no ids")
		ok = false
	}
	if bridge := p.node.value("bridge"); bridge != nil && len(ids) > 1 && !bridge.missing() && !hasTemplate(bridge.text) {
		w.fault(p.at("bridge", bridge), ErrValue, `write vlan{id}`, "would be the bridge of all %d ids: it must contain {id}", len(ids))
		ok = false
	}
	if !ok || !w.copies(p, len(ids)) {
		return
	}
	one := *p.node
	one.keys, one.items = slices.Clone(p.node.keys), make([]*node, len(p.node.items))
	for i, k := range one.keys {
		if k.text == idsKey {
			one.keys[i] = &node{shape: textShape, text: "id", line: k.line, column: k.column}
		}
	}
	values := make([]node, len(one.items))
	for i, id := range ids {
		each(len(ids)-i, w.segment(p, &one, values, id))
	}
}

// single is a segment without ids.
func (w *walker) single(p place) place {
	if id := p.node.value("id"); id != nil && id.shape == textShape && strings.ContainsAny(strings.TrimSpace(id.text), "-,") && p.node.value(idsKey) == nil {
		w.fault(p.at("id", id), ErrValue, "write ids: "+bare(clip(id.text)), "must be one number from 1-4094")
		id.text = "" // that is said
	}
	if p.node.value(idsKey) == nil {
		return p
	}
	n := *p.node
	n.keys, n.items = nil, nil
	for i, k := range p.node.keys {
		if k.text != idsKey { // given as nothing
			n.keys, n.items = append(n.keys, k), append(n.items, p.node.items[i])
		}
	}
	return p.on(&n)
}

// segment makes one of the segments that one with ids stands for, out of the keys and values of the one before it.
func (w *walker) segment(p place, one *node, values []node, id uint16) place {
	number := strconv.Itoa(int(id))
	at := place{within: p.path() + "(id " + number + ")", node: one}
	for i, n := range p.node.items {
		if one.items[i] = &values[i]; p.node.keys[i].text == idsKey {
			values[i] = node{shape: numberShape, text: number, line: n.line, column: n.column}
		} else {
			values[i] = w.fill(at.at(one.keys[i].text, n), id)
		}
	}
	return at
}

// fill copies a value, with its templates replaced.
func (w *walker) fill(p place, id uint16) node {
	n := *p.node
	if n.shape == textShape && strings.Contains(n.text, "{") {
		text, err := fillText(n.text, int(id))
		if err != nil {
			w.fault(p, ErrValue, "{id}, or arithmetic with it: {id+1000}, {id//256}, {id%256}", "%v", err)
		}
		n.text = text
	}
	if len(n.items) > 0 {
		n.items = make([]*node, len(n.items))
	}
	for i, item := range p.node.items {
		at := p.item(i, item)
		if n.shape == objectShape {
			at = p.at(n.keys[i].text, item)
		}
		filled := w.fill(at, id)
		n.items[i] = &filled
	}
	return n
}

// ids reads numbers and ranges of VLANs, each of them once.
func (w *walker) ids(p place) (ids []uint16, ok bool) {
	items, ok := w.list(p)
	seen := [lastVLAN + 1]bool{}
	for _, item := range items {
		if w.full() {
			break
		}
		first, last, good := w.vlanRange(item)
		for id := first; good && id <= last; id++ {
			if seen[id] {
				w.fault(item, ErrDuplicate, "", "%d is listed already", id)
				good = false
			}
			seen[id] = true
			ids = append(ids, id)
		}
		ok = ok && good
	}
	if ok && len(ids) == 0 {
		w.add(p, ErrMissing, "", "no id is listed")
		ok = false
	}
	return ids, ok
}

// unnumbered takes the name of a segment out of a path: what is in the document is "segments[0]".
func unnumbered(path string) string {
	if from := strings.Index(path, "](id "); from >= 0 {
		if to := strings.IndexByte(path[from:], ')'); to > 0 {
			return path[:from+1] + path[from+to+1:]
		}
	}
	return path
}

// bulkForm is a segment that stands for many. Its values are templates, of which a schema sees no more than that they are texts.
func bulkForm() Tree {
	properties := Tree{{idsKey, property(idsKey, "VLAN numbers and ranges of them: every one is a segment, in whose texts {id} is its number.",
		listForm(listItem{form: idsForm(), words: vlanPattern, whole: true}))}}
	for _, key := range segmentKeys() {
		if key != "id" {
			properties.put(key, Tree{{"title", key}, {"description", "As of a segment; in texts {id} is the VLAN's number."}})
		}
	}
	slices.SortFunc(properties, func(a, b Pair) int { return strings.Compare(a.Key, b.Key) })
	return closed("segments in bulk", "One segment for each VLAN number that it lists.", properties,
		Pair{"allOf", []any{given(idsKey, "parent", "bridge")}},
		Pair{"examples", []any{Tree{{idsKey, "100-199,205"}, {"parent", "bond0"}, {"bridge", "vlan{id}"}, {"addresses", []any{"2001:db8:{id}::10/64"}}}}})
}
