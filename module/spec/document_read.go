package spec

import (
	"slices"
	"strings"

	"hostnet-module/module/kind"
)

// Read decodes a document and validates it: all problems and all warnings, in the order of the document. The name is that
// of the file ("host.yaml"); "" lets the content decide between JSON and YAML. The document is never nil; it is fit for
// use only if there are no problems.
func Read(data []byte, name string) (d *Document, problems, warnings []Problem) {
	in := new(reader)
	tree, problem := in.parse(data, name)
	if problem != nil {
		return &Document{State: Present}, []Problem{*problem}, nil
	}
	return in.read(tree)
}

// AllProblems are those of a document, of which Read shows the first hundred: for whoever means to mend them.
func AllProblems(data []byte, name string) []Problem {
	in := new(reader)
	tree, problem := in.parse(data, name)
	if problem != nil {
		return []Problem{*problem}
	}
	_, problems, _ := in.readAll(tree)
	return problems
}

// ReadArgs is Read for the arguments file of an Ansible module: JSON, whose `_ansible_*` keys are not the document's and
// are returned as they stand (JSON values by key). Problems carry no lines: nobody wrote that file.
func ReadArgs(data []byte) (d *Document, own map[string][]byte, problems, warnings []Problem) {
	in := new(reader)
	tree, own, problem := in.parseArgs(data)
	if problem != nil {
		return &Document{State: Present}, own, []Problem{*problem}, nil
	}
	d, problems, warnings = in.read(tree)
	return d, own, problems, warnings
}

// Decode reads a document without validating it: problems of form only.
func Decode(data []byte, name string) (*Document, []Problem) {
	in := new(reader)
	tree, problem := in.parse(data, name)
	if problem != nil {
		return &Document{State: Present}, []Problem{*problem}
	}
	d, problems := in.decode(tree)
	return d, tidy(problems)
}

// DecodeArgs is Decode for the arguments file of an Ansible module, as ReadArgs is Read.
func DecodeArgs(data []byte) (d *Document, own map[string][]byte, problems []Problem) {
	in := new(reader)
	tree, own, problem := in.parseArgs(data)
	if problem != nil {
		return &Document{State: Present}, own, []Problem{*problem}
	}
	d, problems = in.decode(tree)
	return d, own, tidy(problems)
}

// parseArgs takes Ansible's own keys off the tree of an arguments file.
func (all *reader) parseArgs(data []byte) (*node, map[string][]byte, *Problem) {
	own := map[string][]byte{}
	tree, problem := all.parse(data, "args.json")
	if problem != nil {
		return nil, own, problem
	}
	var keys, items []*node
	for i, k := range tree.keys {
		if strings.HasPrefix(k.text, "_ansible_") {
			own[k.text] = data[tree.items[i].from:tree.items[i].to]
			continue
		}
		keys, items = append(keys, k), append(items, tree.items[i])
	}
	tree.keys, tree.items = keys, items
	tree.stand(0, 0)
	return tree, own, nil
}

func (all *reader) read(tree *node) (d *Document, problems, warnings []Problem) {
	d, problems, warnings = all.readAll(tree)
	return d, tidy(problems), tidy(warnings)
}

// readAll is read with problems and warnings as they were found.
func (all *reader) readAll(tree *node) (d *Document, problems, warnings []Problem) {
	d, problems = all.decode(tree)
	faulty := make(map[string]bool)
	for _, p := range problems {
		faulty[objectOf(p.Path)] = true
	}
	more, warnings := d.validate(faulty)
	if len(problems) > 0 {
		warnings = nil // they speak of a document that is not all there
	}
	for _, list := range [][]Problem{more, warnings} {
		for i := range list {
			n := tree.find(list[i].Path)
			list[i].Line, list[i].Column = int(n.line), int(n.column)
		}
	}
	return d, append(problems, more...), warnings
}

// objectOf is the part of a path that names an object: "bonds[0]" of "bonds[0].members[1].mac".
func objectOf(path string) string {
	i := strings.IndexByte(path, ']')
	if i < 0 {
		return path
	}
	if strings.HasPrefix(path[i+1:], "(") { // of a segment in bulk: "segments[0](id 117)"
		i += strings.IndexByte(path[i:], ')')
	}
	return path[:i+1]
}

func (all *reader) decode(tree *node) (*Document, []Problem) {
	w, to := &walker{in: all}, &root{doc: &Document{State: Present}}
	readFields(w, place{node: tree}, to, "the document's keys and their values", rootFields)
	if len(w.problems) == 0 && to.doc.State != Gathered && !to.any {
		w.add(place{node: tree}, ErrMissing, "give at least one of "+strings.Join(append(listKeys(), "rules"), ", "), "the document says nothing")
	}
	for _, key := range listKeys() {
		if p, ok := to.lists[key]; ok {
			readObjects(w, to.doc, key, p)
		}
	}
	return to.doc, w.problems
}

// root is the document while it is read: what depends on its state waits in lists.
type root struct {
	doc   *Document
	lists map[string]place
	any   bool // a list was given, be it empty
}

var rootFields = func() []field[root] {
	fields := []field[root]{
		choiceField("state", "absent takes away every object that is listed; gathered changes nothing and returns the running topology as a document",
			func(to *root, word string) { to.doc.State = Presence(word) }, string(Present), string(Absent), string(Gathered)),
		booleanField("prune", "remove objects that an earlier run created and this document no longer names; never what was there before", func(to *root, on bool) { to.doc.Prune = on }),
		booleanField("persist", "bring the objects back at boot, too; the default is true in the host's own network namespace", func(to *root, on bool) { to.doc.Persist = &on }),
		numberField("confirm_timeout", "seconds after which everything is undone unless `hostnet-module confirm` came in time; 0 is off", nil, 0, MostConfirmTimeout,
			func(to *root, n uint64) { to.doc.ConfirmTimeout = uint(n) }),
		listField("probes", "what must answer after the change, or it is undone", probeItem, readProbe, func(to *root, list []Probe) { to.doc.Probes = list }),
		numberField("probe_timeout", "seconds within which all probes must have answered; 10 where nothing is said", nil, 1, MostProbeTimeout,
			func(to *root, n uint64) { to.doc.ProbeTimeout = uint(n) }),
		choiceField("result", "summary counts the objects by what happened to them, instead of listing them and the steps; for documents with thousands",
			func(to *root, word string) { to.doc.Result = word }, "full", Summary),
		choiceField("max_disruption", "refuse a plan that would disturb running traffic more: flap is a link down and up or its ports let go for a moment, recreate is a link made anew",
			func(to *root, word string) { to.doc.MaxDisruption = word }, "none", "flap", "recreate"),
	}
	for _, key := range listKeys() {
		fields = append(fields, field[root]{key, listDoc(key), func() Tree { return listForm(objectItem(key)) }, func(_ *walker, to *root, p place) {
			if to.lists == nil {
				to.lists = make(map[string]place)
			}
			to.lists[key] = p
			to.any = to.any || !p.node.missing()
		}})
	}
	return append(fields, listField("rules", "policy rules of the host, which say what routing table is looked up for which packets", ruleItem, readRule,
		func(to *root, list []Rule) { to.doc.Rules, to.any = list, true }))
}()

// listDoc says what the objects of a list are.
func listDoc(key string) string {
	if k := kind.ByList(key); k != nil {
		return k.Doc
	}
	return "the short form of VLANs and the bridges on them"
}

// listKeys are the document's lists in the order of a result.
func listKeys() []string {
	var keys []string
	for _, k := range kind.List() {
		keys = append(keys, k.List)
	}
	return append(keys, segmentsKey)
}

const segmentsKey = "segments"

func readObjects(w *walker, d *Document, key string, p place) {
	if !w.listed(p) || !w.admit(p, len(p.node.items)) {
		return
	}
	for _, item := range p.items() {
		if w.full() {
			return
		}
		if key == segmentsKey {
			w.segments(item, func(n int, one place) {
				d.Objects = readSegment(w, slices.Grow(d.Objects, 2*n), one, d.State == Absent)
			})
		} else if o := readObject(w, item, kind.ByList(key), d.State == Absent); o != nil {
			d.Objects = append(d.Objects, o)
		}
	}
}
