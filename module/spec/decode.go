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
)

// Bounds of an input. The largest sensible document (4,094 VLANs and bridges, written out) has about 1 MB and 250,000
// values.
const (
	maxJSON  = 16 << 20 // bytes
	maxYAML  = 2 << 20  // bytes; its parser needs a hundred times that
	maxNodes = 1 << 20  // values, with every use of an alias counted
	maxDepth = 64       // objects and lists within each other
)

// parse reads an input into a tree. The name decides the format by its extension (.json, .yaml, .yml); without one the
// content does: what starts like a JSON object is JSON.
func parse(data []byte, name string) (*node, *Problem) {
	limit, read := maxYAML, readYAML
	if isJSON(data, name) {
		limit, read = maxJSON, readJSON
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
	return read(data)
}

func isJSON(data []byte, name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".json":
		return true
	case ".yaml", ".yml":
		return false
	}
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
	data         []byte
	tokens       *jsontext.Decoder
	nodes        int
	seen         int // offset up to which lines are counted
	line, column int
}

func readJSON(data []byte) (*node, *Problem) {
	r := &jsonReader{data: data, line: 1, column: 1,
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
	n := &node{line: r.line, column: r.column, from: start}
	if r.nodes++; r.nodes > maxNodes {
		return nil, syntax(n.line, n.column, "the document has more than %d values", maxNodes)
	}
	if depth > maxDepth {
		return nil, syntax(n.line, n.column, "objects and lists are nested more than %d deep", maxDepth)
	}
	switch token.Kind() {
	case jsontext.KindBeginObject, jsontext.KindBeginArray:
		if problem := r.content(n, token.Kind() == jsontext.KindBeginObject, depth); problem != nil {
			return nil, problem
		}
	case jsontext.KindString:
		n.shape, n.text = textShape, token.String()
	case jsontext.KindNumber:
		n.shape, n.text = numberShape, token.String()
	case jsontext.KindTrue, jsontext.KindFalse:
		n.shape, n.text = booleanShape, token.String()
	}
	n.to = int(r.tokens.InputOffset())
	return n, nil
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
	nodes            int
	lastLine, column int // where the input ends: what is left out at the end is marked behind it
}

func readYAML(data []byte) (*node, *Problem) {
	var document yaml.Node
	if err := yaml.Load(data, &document); err != nil {
		return nil, refuseYAML(data, err)
	}
	if len(document.Content) != 1 || document.Content[0].ShortTag() == "!!null" && document.Content[0].Value == "" {
		return nil, syntax(0, 0, "the document is empty")
	}
	r := new(yamlReader)
	r.lastLine, r.column = position(data, len(data))
	return r.value(document.Content[0], 0)
}

func refuseYAML(data []byte, err error) *Problem {
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
	n := &node{line: from.Line, column: from.Column}
	if n.line > r.lastLine {
		n.line, n.column = r.lastLine, r.column
	}
	if r.nodes++; r.nodes > maxNodes {
		return nil, syntax(n.line, n.column, "the document has more than %d values", maxNodes)
	}
	if depth > maxDepth {
		return nil, syntax(n.line, n.column, "objects and lists are nested more than %d deep", maxDepth)
	}
	switch from.Kind {
	case yaml.AliasNode:
		return r.value(from.Alias, depth+1)
	case yaml.ScalarNode:
		return n, scalar(n, from)
	case yaml.SequenceNode:
		n.shape = listShape
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
		return syntax(n.line, n.column, "tag %s is not known here", quote(from.ShortTag()))
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
			return syntax(key.line, key.column, "a key must be a text, is %s", key.shape)
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
	for _, source := range merged {
		if source.shape != objectShape {
			return syntax(source.line, source.column, "what is merged with << must be an object, is %s", source.shape)
		}
		n.merge(source)
	}
	return nil
}

func (n *node) merge(source *node) {
	have := make(map[string]bool, len(n.keys))
	for _, k := range n.keys {
		have[k.text] = true
	}
	for i, k := range source.keys {
		if !have[k.text] {
			n.keys, n.items = append(n.keys, k), append(n.items, source.items[i])
		}
	}
}
