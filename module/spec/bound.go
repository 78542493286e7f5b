package spec

import "fmt"

// Bounds of what is read. What a document asks for grows with it and not faster, in memory and in time: whatever would make more of it is counted
// before it is done.
const (
	maxObjects  = 8192    // objects, each segment that ids stand for being one: 4,094 VLANs and the bridges on them, written out
	maxItems    = 16384   // entries of any other list
	maxValues   = 3 << 15 // values that the segments of ids have: 24 for each of 4,094
	maxCopied   = 8 << 20 // bytes of texts that the segments of ids have
	maxTemplate = 100     // bytes of a template
	maxRanges   = 1 << 20 // VLANs in all tables: 256 ports that have every one of them
)

// extent is how many values a node has, and how many bytes of texts.
type extent struct{ values, bytes int }

func (n *node) extent() extent {
	size := extent{1, len(n.text)}
	for _, item := range n.items {
		one := item.extent()
		size.values, size.bytes = size.values+one.values, size.bytes+one.bytes
	}
	return size
}

// admit counts objects; false if there are too many.
func (w *walker) admit(p place, n int) bool {
	if w.objects > maxObjects { // that is said
		return false
	}
	if w.objects += n; w.objects <= maxObjects {
		return true
	}
	w.excess(p, "write fewer, or several documents", "%d objects up to here; a document has at most %d, each segment that ids stand for being one", w.objects, maxObjects)
	return false
}

// excess notes that there is too much of something: where, how much, and how much is allowed.
func (w *walker) excess(p place, hint, format string, args ...any) {
	w.add(p, ErrValue, hint, fmt.Sprintf(format, args...))
}

// copies counts what a segment becomes for so many ids; false if that is too much.
func (w *walker) copies(p place, ids int) bool {
	one := p.node.extent()
	w.copied.values += one.values * ids
	w.copied.bytes += one.bytes * ids
	switch {
	case w.copied.values > maxValues:
		w.excess(p, "write fewer addresses and routes, or fewer ids", "%d values for each of %d ids; all such segments of a document have at most %d", one.values, ids, maxValues)
	case w.copied.bytes > maxCopied:
		w.excess(p, "write shorter texts, or fewer ids", "%d bytes of texts for each of %d ids; all such segments of a document have at most %d", one.bytes, ids, maxCopied)
	default:
		return true
	}
	return false
}
