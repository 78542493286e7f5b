package spec

import "slices"

// ReadUnder is Read for a document that is one value of a larger file: `hostnet: {…}` in cloud-init's meta-data, say. The keys lead to it.
// It is not found where the file has no such key; what else is in the file is not looked at. Lines and columns are those of the file,
// paths those of the document.
func ReadUnder(data []byte, name string, keys ...string) (d *Document, problems, warnings []Problem, found bool) {
	in := new(reader)
	tree, problem := in.parse(data, name)
	if problem != nil {
		return &Document{State: Present}, []Problem{*problem}, nil, false
	}
	for _, key := range keys {
		i := slices.IndexFunc(tree.keys, func(k *node) bool { return k.text == key })
		if i < 0 {
			return nil, nil, nil, false
		}
		tree = tree.items[i]
	}
	if tree.shape == textShape { // a document within a text, as templates have it
		d, problems, warnings = Read([]byte(tree.text), "")
		return d, problems, warnings, true
	}
	d, problems, warnings = in.read(tree)
	return d, problems, warnings, true
}
