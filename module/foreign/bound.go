package foreign

import (
	"errors"
	"fmt"

	"go.yaml.in/yaml/v4"
)

// Bounds of a YAML file. The parser needs some 200 bytes for each value, so they are counted before it starts, and what aliases make of them before
// anybody follows one.
const (
	maxValues = 1 << 17 // of a file of 1 MiB: 32 for each of 4,094 VLANs with its bridge
	MaxText   = 8 << 20 // bytes of texts
	MaxDepth  = 64      // objects and lists within each other
)

// MaxValues is how many values a file of so many bytes may have. One of more than 1 MiB may have up to twice as many, for it costs its sender something.
func MaxValues(size int) int { return min(max(maxValues, size/8), 2*maxValues) }

// Excess says that a file is too large to be taken apart, and where that shows.
type Excess struct {
	Line, Column int // 1…
	Text         string
}

func (e *Excess) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Text)
}

func tooMany(line, column, most int) *Excess {
	return &Excess{line, column, fmt.Sprintf("the document has more than %d values", most)}
}

func tooDeep(line, column int) *Excess {
	return &Excess{line, column, fmt.Sprintf("objects and lists are nested more than %d deep", MaxDepth)}
}

// Load reads a file of one document whose size, with every use of an alias counted, is within the bounds. What is too much is an *Excess.
func Load(data []byte) (*Node, error) {
	if _, e := crowded(data); e != nil {
		return nil, e
	}
	document, limits := new(Node), new(depth)
	if err := yaml.Load(data, document, yaml.WithPlugin(limits)); err != nil {
		if limits.exceeded {
			line, column := placeOf(err)
			return nil, tooDeep(line, column)
		}
		return nil, err
	}
	if _, e := (&measure{most: MaxValues(len(data)), sizes: map[*Node]extent{}}).of(document); e != nil {
		return nil, e
	}
	return document, nil
}

// depth bounds the nesting while the parser is at work. It counts lists and objects in braces apart from those that are indented.
type depth struct{ exceeded bool }

// CheckDepth is called as the nesting grows.
func (d *depth) CheckDepth(n int, _ *yaml.DepthContext) error {
	if d.exceeded = n > MaxDepth+1; d.exceeded {
		return fmt.Errorf("nested more than %d deep", MaxDepth)
	}
	return nil
}

// CheckAlias takes all: measure has counted them.
func (d *depth) CheckAlias(int, int) error { return nil }

func placeOf(err error) (line, column int) {
	var fault *yaml.LoadError
	if errors.As(err, &fault) {
		return fault.Mark.Line, fault.Mark.Column
	}
	return 1, 1
}

// crowded counts the marks that values stand behind. Texts are not told from marks, so a document may have somewhat fewer values than are counted:
// a comma counts for two once there was a brace, which it parts pairs in.
func crowded(data []byte) (n int, e *Excess) {
	most := MaxValues(len(data))
	start, line, braces, paired, f := 0, 1, false, false, flow{data: data}
	n = 1
	for i, c := range data {
		if !marks[c] {
			continue
		}
		last := i+1 == len(data) || blank(data[i+1])
		colon := c == ':' && (last || endsKey(data, i))
		if !f.look(i, colon) {
			return n, tooBroad(line, i-start+1)
		}
		switch {
		case c == '\n':
			line, start = line+1, i+1
		case c == '[', c == '#', c == '-' && last, c == ',' && !braces: // the parser keeps comments
			n++
		case c == ']':
			paired = false
		case c == '{' || c == ',':
			if n += 2; paired && c == ',' { // no colon since the last one: a key without a value makes the parser work the most
				n++
			}
			braces, paired = true, true
		case c == '?' && last:
			n += 2
		case colon:
			if !paired {
				n += 2
			}
			paired = false
		}
		if n > most {
			return n, tooMany(line, i-start+1, most)
		}
	}
	return n, nil
}

// marks are the characters that crowded and flow look at.
var marks = func() (is [256]bool) {
	for _, c := range []byte("\n[]{},:?-#&*!'\"") {
		is[c] = true
	}
	return is
}()

// endsKey tells whether a colon without white space behind it can stand between a key and its value: between braces.
func endsKey(data []byte, i int) bool {
	before, after := byte(0), data[i+1]
	if i > 0 {
		before = data[i-1]
	}
	return closes(before) || after == ',' || after == ']' || after == '}' || after == '[' || after == '{'
}

// extent is how many values and bytes of texts a node has, with all that stands behind its aliases, and how deep it is nested.
type extent struct{ values, bytes, depth int }

// measure finds extents. Those of anchors are kept, since aliases ask for them again and again; one that is not done holds itself.
type measure struct {
	most  int
	sizes map[*Node]extent
}

func (m *measure) of(n *Node) (extent, *Excess) {
	if n.Kind == yaml.AliasNode {
		size, done := m.sizes[n.Alias]
		if !done {
			return size, tooDeep(n.Line, n.Column)
		}
		size.depth++
		return size, nil
	}
	size := extent{values: 1, bytes: len(n.Value)}
	for _, item := range n.Content {
		one, e := m.of(item)
		if e != nil {
			return size, e
		}
		size.values, size.bytes = size.values+one.values, size.bytes+one.bytes
		size.depth = max(size.depth, one.depth+1)
		switch {
		case size.values > m.most:
			return size, tooMany(item.Line, item.Column, m.most)
		case size.bytes > MaxText:
			return size, &Excess{item.Line, item.Column, fmt.Sprintf("the document has more than %d bytes of texts", MaxText)}
		case size.depth > MaxDepth+2:
			return size, tooDeep(item.Line, item.Column)
		}
	}
	if n.Anchor != "" {
		m.sizes[n] = size
	}
	return size, nil
}
