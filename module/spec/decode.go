package spec

import (
	"bytes"
	"errors"
	"io"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-json/jsontext"
	"go.yaml.in/yaml/v4"

	"hostnet-module/module/foreign"
)

// Bounds of an input. The largest sensible document (4,094 VLANs and bridges, written out) has about 1 MB and 100,000
// values.
const (
	maxJSON  = 16 << 20 // bytes
	maxYAML  = 2 << 20  // bytes
	maxDepth = foreign.MaxDepth
)

// parse reads an input into a tree. The name decides the format by its extension (.json, .yaml, .yml); without one the
// content does: what starts like a JSON object is JSON.
func parse(data []byte, name string) (*node, *Problem) {
	return new(reader).parse(data, name)
}

// reader counts the values that it reads, of one input or of several that are parts of one document.
type reader struct{ nodes, most int }

func (r *reader) parse(data []byte, name string) (*node, *Problem) {
	r.most = max(r.most, foreign.MaxValues(len(data)))
	limit, read := maxYAML, r.readYAML
	if isJSON(data, name) {
		limit, read = maxJSON, r.readJSON
	}
	if len(data) > limit {
		return nil, syntax(0, 0, "the document has %d bytes; at most %d are read", len(data), limit)
	}
	if i := badUTF8(data); i >= 0 {
		line, column := position(data, i)
		return nil, syntax(line, column, "byte %#02x is not valid UTF-8", data[i])
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, syntax(0, 0, "the document is empty")
	}
	if limit == maxYAML && likeJSON(data) { // as programs write it: its reader takes less room for it
		if tree, problem := r.readJSON(data); problem == nil {
			return tree, nil
		}
		r.nodes = 0
	}
	return read(data)
}

func isJSON(data []byte, name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".json":
		return true
	case ".yaml", ".yml":
		return false
	}
	return likeJSON(data)
}

// likeJSON tells whether a text begins as JSON does.
func likeJSON(data []byte) bool {
	rest := bytes.TrimLeft(data, " \t\r\n")
	if len(rest) == 0 || rest[0] != '{' && rest[0] != '[' {
		return false
	}
	rest = bytes.TrimLeft(rest[1:], " \t\r\n")
	return len(rest) == 0 || strings.IndexByte(`"{[}]`, rest[0]) >= 0
}

func badUTF8(data []byte) int {
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

// position turns an offset into line and column, both from 1; columns count characters.
func position(data []byte, offset int) (line, column int) {
	data = data[:min(offset, len(data))]
	start := bytes.LastIndexByte(data, '\n') + 1
	return 1 + bytes.Count(data, []byte{'\n'}), 1 + utf8.RuneCount(data[start:])
}

// jsonReader builds the tree from JSON tokens. Duplicate names are let through: the walker reports them all.
type jsonReader struct {
	*reader
	data         []byte
	text         string // the same: texts are parts of it
	tokens       *jsontext.Decoder
	seen         int // offset up to which lines are counted
	line, column int
}

func (all *reader) readJSON(data []byte) (*node, *Problem) {
	r := &jsonReader{reader: all, data: data, text: string(data), line: 1, column: 1,
		tokens: jsontext.NewDecoder(bytes.NewBuffer(data), jsontext.AllowDuplicateNames(true))}
	root, problem := r.value(0)
	if problem != nil {
		return nil, problem
	}
	start := r.start()
	switch _, err := r.tokens.ReadToken(); {
	case errors.Is(err, io.EOF):
		return root, nil
	default:
		r.count(start)
		return nil, syntax(r.line, r.column, "something follows the end of the document")
	}
}

// start is where the next token starts: after white space and the delimiters, which have no tokens of their own.
func (r *jsonReader) start() int {
	i := int(r.tokens.InputOffset())
	for i < len(r.data) && strings.IndexByte(" \t\r\n,:", r.data[i]) >= 0 {
		i++
	}
	return i
}

// count moves the line and column on to an offset.
func (r *jsonReader) count(offset int) {
	part := r.data[r.seen:offset]
	if n := bytes.Count(part, []byte{'\n'}); n > 0 {
		r.line += n
		r.column = 1
		part = part[bytes.LastIndexByte(part, '\n')+1:]
	}
	r.column += utf8.RuneCount(part)
	r.seen = offset
}

func (r *jsonReader) value(depth int) (*node, *Problem) {
	start := r.start()
	token, err := r.tokens.ReadToken()
	if err != nil {
		return nil, r.refuse(err)
	}
	r.count(start)
	n := &node{line: int32(r.line), column: int32(r.column), from: int32(start)}
	if problem := r.take(n, depth); problem != nil {
		return nil, problem
	}
	switch token.Kind() {
	case jsontext.KindBeginObject, jsontext.KindBeginArray:
		if problem := r.content(n, token.Kind() == jsontext.KindBeginObject, depth); problem != nil {
			return nil, problem
		}
	case jsontext.KindString:
		n.shape = textShape
		if raw := r.text[start:r.tokens.InputOffset()]; strings.IndexByte(raw, '\\') < 0 {
			n.text = raw[1 : len(raw)-1]
		} else {
			n.text = token.String()
		}
	case jsontext.KindNumber:
		n.shape, n.text = numberShape, r.text[start:r.tokens.InputOffset()]
	case jsontext.KindTrue, jsontext.KindFalse:
		n.shape, n.text = booleanShape, token.String()
	}
	n.to = int32(r.tokens.InputOffset())
	return n, nil
}

// take counts one more value.
func (all *reader) take(n *node, depth int) *Problem {
	if all.nodes++; all.nodes > all.most {
		return n.refuse("the document has more than %d values", all.most)
	}
	if depth > maxDepth {
		return n.refuse("objects and lists are nested more than %d deep", maxDepth)
	}
	return nil
}

// content reads what an object or a list holds, and its end.
func (r *jsonReader) content(n *node, object bool, depth int) *Problem {
	n.shape = listShape
	if object {
		n.shape = objectShape
	}
	for {
		switch r.tokens.PeekKind() {
		case jsontext.KindEndObject, jsontext.KindEndArray:
			if _, err := r.tokens.ReadToken(); err != nil {
				return r.refuse(err)
			}
			return nil
		}
		item, problem := r.value(depth + 1)
		if problem != nil {
			return problem
		}
		if object && len(n.keys) == len(n.items) {
			n.keys = append(n.keys, item)
		} else {
			n.items = append(n.items, item)
		}
	}
}

func (r *jsonReader) refuse(err error) *Problem {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		line, column := position(r.data, len(r.data))
		return syntax(line, column, "not valid JSON: the document ends too early")
	}
	var fault *jsontext.SyntacticError
	if !errors.As(err, &fault) {
		return syntax(0, 0, "not valid JSON: %s", err)
	}
	line, column := position(r.data, int(fault.ByteOffset))
	return syntax(line, column, "not valid JSON: %s", fault.Err)
}

// yamlReader turns the parser's nodes into ours: aliases and merge keys followed, tags taken off.
type yamlReader struct {
	*reader
	lastLine, column int // where the input ends: what is left out at the end is marked behind it
}

func (all *reader) readYAML(data []byte) (*node, *Problem) {
	document, err := foreign.Load(data)
	if err != nil {
		return nil, refuseYAML(data, err)
	}
	if len(document.Content) != 1 || document.Content[0].ShortTag() == "!!null" && document.Content[0].Value == "" {
		return nil, syntax(0, 0, "the document is empty")
	}
	r := &yamlReader{reader: all}
	r.lastLine, r.column = position(data, len(data))
	return r.value(document.Content[0], 0)
}

func refuseYAML(data []byte, err error) *Problem {
	var excess *foreign.Excess
	if errors.As(err, &excess) {
		return syntax(excess.Line, excess.Column, "%s", excess.Text)
	}
	var several *yaml.LoadErrors
	if errors.As(err, &several) && len(several.Errors) > 0 {
		err = several.Errors[0]
	}
	var fault *yaml.LoadError
	if !errors.As(err, &fault) {
		return syntax(0, 0, "not valid YAML: %s", err)
	}
	switch text := strings.TrimPrefix(fault.Message, "yaml: "); {
	case strings.HasPrefix(text, "no documents"):
		return syntax(0, 0, "the document is empty")
	case strings.HasPrefix(text, "expected single document"):
		return syntax(0, 0, "the file holds several YAML documents; one is wanted")
	case fault.ContextMsg != "":
		text += " " + fault.ContextMsg
		fallthrough
	default:
		// The parser marks the line after the last one where the input ends too early.
		lastLine, lastColumn := position(data, len(data))
		line, column := fault.Mark.Line, fault.Mark.Column
		if line > lastLine {
			line, column = lastLine, lastColumn
		}
		return syntax(line, column, "not valid YAML: %s", text)
	}
}

func (r *yamlReader) value(from *yaml.Node, depth int) (*node, *Problem) {
	n := &node{line: int32(from.Line), column: int32(from.Column)}
	if from.Line > r.lastLine {
		n.line, n.column = int32(r.lastLine), int32(r.column)
	}
	if problem := r.take(n, depth); problem != nil {
		return nil, problem
	}
	switch from.Kind {
	case yaml.AliasNode:
		return r.value(from.Alias, depth+1)
	case yaml.ScalarNode:
		return n, scalar(n, from)
	case yaml.SequenceNode:
		n.shape, n.items = listShape, make([]*node, 0, len(from.Content))
		for _, item := range from.Content {
			child, problem := r.value(item, depth+1)
			if problem != nil {
				return nil, problem
			}
			n.items = append(n.items, child)
		}
		return n, nil
	}
	n.shape = objectShape
	return n, r.mapping(n, from, depth)
}

// scalar takes over a scalar by its resolved tag. Words of YAML 1.1 (yes, off) stay texts here; whoever wants a boolean
// reads them as one.
func scalar(n *node, from *yaml.Node) *Problem {
	n.text = from.Value
	n.plain = from.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) == 0
	switch from.ShortTag() {
	case "!!null":
		n.shape = nullShape
	case "!!bool":
		n.shape = booleanShape
	case "!!int", "!!float":
		n.shape = numberShape
	case "!!str", "!!timestamp", "!!merge", "!":
		n.shape = textShape
	default:
		return n.refuse("tag %s is not known here", quote(from.ShortTag()))
	}
	return nil
}

// mapping takes over an object. What merge keys bring comes after the object's own keys and yields to them.
func (r *yamlReader) mapping(n *node, from *yaml.Node, depth int) *Problem {
	var merged []*node
	for i := 0; i+1 < len(from.Content); i += 2 {
		key, problem := r.value(from.Content[i], depth+1)
		if problem != nil {
			return problem
		}
		if key.shape >= listShape {
			return key.refuse("a key must be a text, is %s", key.shape)
		}
		value, problem := r.value(from.Content[i+1], depth+1)
		if problem != nil {
			return problem
		}
		if from.Content[i].ShortTag() == "!!merge" {
			sources := []*node{value}
			if value.shape == listShape {
				sources = value.items
			}
			merged = append(merged, sources...)
			continue
		}
		n.keys, n.items = append(n.keys, key), append(n.items, value)
	}
	var have map[string]bool
	if len(merged) > 0 {
		have = make(map[string]bool, len(n.keys))
		for _, k := range n.keys {
			have[k.text] = true
		}
	}
	for _, source := range merged {
		if source.shape != objectShape {
			return source.refuse("what is merged with << must be an object, is %s", source.shape)
		}
		n.merge(source, have)
	}
	return nil
}

// merge adds the pairs of a source whose keys are not there yet: have holds those of the pairs before.
func (n *node) merge(source *node, have map[string]bool) {
	for i, k := range source.keys {
		if !have[k.text] {
			n.keys, n.items = append(n.keys, k), append(n.items, source.items[i])
		}
	}
	for _, k := range source.keys { // after all: a key that a source has twice is told as such
		have[k.text] = true
	}
}
