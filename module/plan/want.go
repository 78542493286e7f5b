package plan

import (
	"hostnet-module/module/spec"
	"hostnet-module/module/state"
)

// want is an object of the document, with what it means on this host: what is looked for by name is found once.
type want struct {
	*spec.Object
	link  *state.Link   // what it shall be, from the stage on that puts all in (present); nil: it shall not be there
	ports []string      // the links that it lists as its ports; nil: it lists none
	legs  []*state.Link // these as they shall be, from present on; nil for one that is not there

	raised []string // links below it that no object of the document is about, and that come up for its sake
}

// wants are the document's objects.
func wants(doc *spec.Document) []want {
	list := make([]want, len(doc.Objects))
	for i, o := range doc.Objects {
		list[i].Object = o
	}
	return list
}

// wanted yields the objects that are to be there, from present on with their links.
func (m *maker) wanted(yield func(*want, *state.Link) bool) {
	for i := range m.wants {
		if w := &m.wants[i]; !w.Absent && !yield(w, w.link) {
			return
		}
	}
}

// meant finds the object about a link of this host, or of the one that shall be; nil: the document has none.
func (m *maker) meant(l *state.Link) *want {
	if at := l.Place(); at < len(m.byPlace) {
		return m.byPlace[at]
	}
	return nil
}

// mean notes that an object is about a link. Both hosts have it in one place, if both have it.
func (m *maker) mean(w *want, l *state.Link) {
	for len(m.byPlace) <= l.Place() {
		m.byPlace = append(m.byPlace, nil)
	}
	m.byPlace[l.Place()] = w
}

// declared finds the object by which the document wants a link of that name; nil if it does not.
func (m *maker) declared(name string) *spec.Object {
	if o := m.doc.Find(name); o != nil && !o.Absent {
		return o
	}
	return nil
}

// says tells whether an object, if there is one and it is to be there, has an attribute of its own.
func (w *want) says(row string) bool { return w != nil && !w.Absent && w.Attrs.Has(row) }
