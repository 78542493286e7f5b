package spec

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// node is one value of the input with the place where it stands. JSON and YAML both come down to it, so that one walker
// reads both and every problem can say where.
type node struct {
	text  string // of scalars: a text's content; a number or boolean as it was written
	keys  []*node
	items []*node // a list's items; an object's values, in step with keys

	line, column int32 // 1…; 0 where the input has no lines (Ansible's arguments)
	from, to     int32 // JSON: the bytes it takes

	shape shape
	plain bool // an unquoted YAML scalar: `name: on` is written like a boolean and meant as a text
}

type shape uint8

const (
	nullShape shape = iota
	booleanShape
	numberShape
	textShape
	listShape
	objectShape
)

// refuse is a problem of the input as such at a node.
func (n *node) refuse(format string, args ...any) *Problem {
	return syntax(int(n.line), int(n.column), format, args...)
}

// String names the shape as an error does.
func (s shape) String() string {
	return [...]string{"null", "a boolean", "a number", "a text", "a list", "an object"}[s]
}

// omitted is what Ansible's `omit` looks like where Ansible did not take it out (inside lists, before 2.19).
const omitted = "__omit_place_holder__"

func (n *node) omitted() bool { return n.shape == textShape && strings.HasPrefix(n.text, omitted) }

// missing tells that a value stands for «not given»: null, an empty text, Ansible's omit.
func (n *node) missing() bool {
	return n.shape == nullShape || n.shape == textShape && strings.TrimSpace(n.text) == "" || n.omitted()
}

// show prints a value for a message.
func (n *node) show() string {
	switch n.shape {
	case textShape:
		return quote(n.text)
	case numberShape, booleanShape:
		return bare(clip(n.text))
	}
	return n.shape.String()
}

// quote prints a text for a message: in quotes, in characters that can be seen, not longer than a line bears.
func quote(text string) string { return strconv.Quote(clip(text)) }

// bare prints a text without quotes and without what a terminal or Python's splitlines would stumble over.
func bare(text string) string {
	q := strconv.Quote(shorten(text))
	return strings.ReplaceAll(q[1:len(q)-1], `\"`, `"`)
}

func clip(text string) string {
	const most = 80
	if len(text) <= most {
		return text
	}
	return cut(text, most) + "..."
}

// cut is the beginning of a text, of whole characters.
func cut(text string, most int) string {
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most]
}

// place is a node and its path, which is put together when somebody asks: of thousands of values hardly one has a problem.
type place struct {
	within string // the path of the object that it is a value of; without a key its own
	key    string
	node   *node
}

func (p place) path() string {
	if p.key == "" {
		return p.within
	}
	return join(p.within, p.key)
}

// at is the place of a value of an object.
func (p place) at(key string, n *node) place {
	if key == "" {
		return place{within: join(p.path(), key), node: n}
	}
	return place{p.path(), key, n}
}

// item is the place of an item of a list.
func (p place) item(i int, n *node) place {
	return place{within: p.path() + "[" + strconv.Itoa(i) + "]", node: n}
}

// on is the same place with another node, which a problem with it is about.
func (p place) on(n *node) place { return place{p.within, p.key, n} }

func join(path, key string) string {
	if !plainKey(key) {
		key = quote(key)
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

func plainKey(key string) bool {
	for _, c := range []byte(key) {
		if c != '_' && c != '-' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return key != "" && len(key) <= 40
}

// find returns the node that a path leads to, or the nearest one above it; nil only for a nil tree.
func (n *node) find(path string) *node {
	path = unnumbered(path)
	for n != nil && path != "" {
		var step string
		if path[0] == '[' {
			step, path, _ = strings.Cut(path[1:], "]")
			i, err := strconv.Atoi(step)
			if err != nil || n.shape != listShape || i >= len(n.items) {
				return n
			}
			n = n.items[i]
		} else {
			path = strings.TrimPrefix(path, ".")
			end := strings.IndexAny(path, ".[")
			if end < 0 {
				end = len(path)
			}
			step, path = path[:end], path[end:]
			next := n.value(step)
			if next == nil {
				return n
			}
			n = next
		}
	}
	return n
}

func (n *node) value(key string) *node {
	for i, k := range n.keys {
		if k.text == key {
			return n.items[i]
		}
	}
	return nil
}

// stand puts a tree where another node stands: what was parsed out of a text has the text's place.
func (n *node) stand(line, column int32) {
	n.line, n.column = line, column
	for _, k := range n.keys {
		k.stand(line, column)
	}
	for _, i := range n.items {
		i.stand(line, column)
	}
}
