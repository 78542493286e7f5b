package convert

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"hostnet-module/module/kind"
	"hostnet-module/module/spec"
)

// File is one file of a rendering.
type File struct {
	Path string // absolute
	Text string
}

// Rendered is a document in another program's words.
type Rendered struct {
	Files    []File
	Problems []spec.Problem // names that cannot be written there; then there are no files
	Left     []Left         // what the program has no words for; File is empty, Text is the path and the value in the document
}

// renderers are the programs for which documents can be rendered.
var renderers = map[string]func(*rendering){"ifupdown": toIfupdown, "networkd": toNetworkd, "netplan": toNetplan}

// Renderers are the names of the programs for which documents can be rendered.
func Renderers() []string { return slices.Sorted(maps.Keys(renderers)) }

// Render writes a good document as files of another program. What that one cannot do is in Left.
func Render(doc *spec.Document, to string) Rendered {
	if problems := misnamed(doc, to); len(problems) > 0 {
		return Rendered{Problems: problems}
	}
	r := &rendering{to: to, doc: doc}
	for _, o := range doc.Objects {
		if o.Absent {
			r.lose(o.Path, "state: absent", "takes nothing away at boot: remove "+o.Name+" by hand")
			continue
		}
		r.things = append(r.things, newThing(o))
	}
	if len(r.things) == 0 {
		for _, rule := range doc.Rules {
			r.lose(rule.Path, "", "has rules at a link, and the document has none")
		}
	}
	renderers[to](r)
	for _, t := range r.things {
		for _, p := range t.tree {
			if !t.used[p.Key] {
				r.lose(t.Path, p.Key+": "+oneLine(p.Value), "has no option for it")
			}
		}
	}
	for _, one := range []struct {
		key string
		on  bool
	}{{"prune", doc.Prune}, {"probes", len(doc.Probes) > 0}, {"confirm_timeout", doc.ConfirmTimeout > 0}, {"max_disruption", doc.MaxDisruption != ""}} {
		if one.on {
			r.lose("", one.key, "does nothing of the kind")
		}
	}
	return r.out
}

// rendering is the work in hand.
type rendering struct {
	to     string
	doc    *spec.Document
	things []*thing
	out    Rendered
}

// thing is an object with its keys as the document would have them, and which of them have been written.
type thing struct {
	*spec.Object
	tree tree
	used map[string]bool
}

func newThing(o *spec.Object) *thing {
	t := &thing{Object: o, used: map[string]bool{"name": true}}
	lists := (&spec.Document{State: spec.Present, Objects: []*spec.Object{o}}).Encode()
	for _, p := range lists {
		if list, ok := p.Value.([]any); ok && len(list) == 1 {
			t.tree, _ = list[0].(tree)
		}
	}
	return t
}

// take is a value, which is written now; nil where the document does not say it.
func (t *thing) take(key string) any {
	for _, p := range t.tree {
		if p.Key == key {
			t.used[key] = true
			return p.Value
		}
	}
	return nil
}

// list is a list of the document; a value that stands alone is one too.
func (t *thing) list(key string) []any {
	switch v := t.take(key).(type) {
	case nil:
		return nil
	case []any:
		return v
	default:
		return []any{v}
	}
}

func (r *rendering) lose(path, what, why string) {
	if path != "" && what != "" {
		path += "."
	}
	r.out.Left = append(r.out.Left, Left{What: path + what, Why: r.to + " " + why, Text: path + what + " is not in the files: " + r.to + " " + why})
}

func (r *rendering) file(path, text string) {
	r.out.Files = append(r.out.Files, File{path, text})
}

// find is the thing of a name; nil if the document has none.
func (r *rendering) find(name string) *thing {
	for _, t := range r.things {
		if t.Name == name {
			return t
		}
	}
	return nil
}

// masters are the things of which a link is a port.
func (r *rendering) master(name string) *thing {
	for _, t := range r.things {
		if slices.ContainsFunc(t.Ports, func(p spec.Port) bool { return p.Name == name }) {
			return t
		}
	}
	return nil
}

// silent tells whether a link shall have no IPv6: it is said, or it only carries others, as documents have it.
func (r *rendering) silent(t *thing) bool {
	if t.take("ipv6") != nil {
		return t.IPv6 == spec.IPv6Off
	}
	dumb := t.HostAccess != nil && !*t.HostAccess
	carries := t.Kind == kind.Bond && len(t.Addresses) == 0 && slices.ContainsFunc(r.things, func(o *thing) bool { return o.Parent == t.Name })
	return dumb || carries || r.master(t.Name) != nil
}

// oneLine is a value on one line.
func oneLine(v any) string {
	switch v := v.(type) {
	case tree:
		var parts []string
		for _, p := range v {
			parts = append(parts, p.Key+": "+oneLine(p.Value))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case []any:
		var parts []string
		for _, e := range v {
			parts = append(parts, oneLine(e))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	return fmt.Sprint(v)
}

// asTree is an entry that may be a text: of an address, its `address`.
func asTree(v any, key string) tree {
	if t, ok := v.(tree); ok {
		return t
	}
	return tree{pair(key, v)}
}

func madeBy(to string) string {
	return "# Made by hostnet-module render --to " + to + ".\n"
}
