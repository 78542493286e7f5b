package spec

import (
	"fmt"
	"strings"
	"unicode/utf16"
)

// JSON prints the tree in ASCII, indented.
func (t Tree) JSON() []byte { return append(appendJSON(nil, t, 0), '\n') }

func appendJSON(b []byte, value any, depth int) []byte {
	switch v := value.(type) {
	case Tree:
		return appendLines(b, '{', '}', depth, len(v), func(b []byte, i int) []byte {
			b = append(appendText(b, v[i].Key), ": "...)
			return appendJSON(b, v[i].Value, depth+1)
		})
	case []any:
		if flat(v) {
			return appendFlow(b, v, appendText)
		}
		return appendLines(b, '[', ']', depth, len(v), func(b []byte, i int) []byte { return appendJSON(b, v[i], depth+1) })
	}
	return appendScalar(b, value, appendText)
}

// appendLines prints the n elements of an object or a list on lines of their own.
func appendLines(b []byte, open, end byte, depth, n int, element func([]byte, int) []byte) []byte {
	b = append(b, open)
	for i := range n {
		if i > 0 {
			b = append(b, ',')
		}
		b = element(newLine(b, depth+1), i)
	}
	if n > 0 {
		b = newLine(b, depth)
	}
	return append(b, end)
}

func newLine(b []byte, depth int) []byte {
	return append(append(b, '\n'), strings.Repeat("  ", depth)...)
}

// flat tells whether a list holds scalars only.
func flat(list []any) bool {
	for _, v := range list {
		switch v.(type) {
		case Tree, []any:
			return false
		}
	}
	return true
}

func appendFlow(b []byte, list []any, text func([]byte, string) []byte) []byte {
	b = append(b, '[')
	for i, v := range list {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = appendScalar(b, v, text)
	}
	return append(b, ']')
}

func appendScalar(b []byte, value any, text func([]byte, string) []byte) []byte {
	if s, ok := value.(string); ok {
		return text(b, s)
	}
	return fmt.Append(b, value)
}

// appendText prints a JSON text in ASCII.
func appendText(b []byte, s string) []byte {
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r >= ' ' && r < 0x7f:
			b = append(b, byte(r))
		case r < 0x10000:
			b = fmt.Appendf(b, `\u%04x`, r)
		default:
			high, low := utf16.EncodeRune(r)
			b = fmt.Appendf(b, `\u%04x\u%04x`, high, low)
		}
	}
	return append(b, '"')
}

// YAML prints the tree in ASCII, in block style with lists of scalars in one line. Texts are quoted wherever some reader
// of YAML, 1.1 or 1.2, may take them for something else.
func (t Tree) YAML() []byte { return appendYAML(nil, t, 0) }

func appendYAML(b []byte, t Tree, depth int) []byte {
	for i, pair := range t {
		if i > 0 {
			b = append(b, strings.Repeat("  ", depth)...)
		}
		b = append(yamlText(b, pair.Key), ':')
		list, isList := pair.Value.([]any)
		switch {
		case isList && !flat(list):
			b = yamlList(b, list, depth+1)
		case isList:
			b = append(appendFlow(append(b, ' '), list, yamlText), '\n')
		default:
			b = append(appendScalar(append(b, ' '), pair.Value, yamlText), '\n')
		}
	}
	return b
}

func yamlList(b []byte, list []any, depth int) []byte {
	b = append(b, '\n')
	for _, v := range list {
		b = append(append(b, strings.Repeat("  ", depth)...), "- "...)
		if t, ok := v.(Tree); ok && len(t) > 0 {
			b = appendYAML(b, t, depth+1)
			continue
		}
		b = append(appendScalar(b, v, yamlText), '\n')
	}
	return b
}

func yamlText(b []byte, s string) []byte {
	if plainYAML(s) {
		return append(b, s...)
	}
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r >= ' ' && r < 0x7f:
			b = append(b, byte(r))
		default:
			b = fmt.Appendf(b, `\U%08x`, r)
		}
	}
	return append(b, '"')
}

// plainYAML tells whether a text needs no quotes: a word that is none of YAML's own, or an IPv4 address.
func plainYAML(s string) bool {
	if s == "" || strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./") != "" {
		return false
	}
	if s[0] >= '0' && s[0] <= '9' {
		return s == "802.3ad" || s == "802.1Q" || s == "802.1ad" || strings.Count(s, ".") == 3 && allDigits(strings.Map(onlyAddress, s))
	}
	if s[0] == '-' || s[0] == '.' || s[0] == '/' {
		return false
	}
	switch strings.ToLower(s) {
	case "true", "false", "yes", "no", "on", "off", "y", "n", "null", "none":
		return false
	}
	return true
}

func onlyAddress(r rune) rune {
	if r == '.' || r == '/' {
		return -1
	}
	return r
}
