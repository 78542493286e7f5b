package report

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Source is the text that problems point into.
type Source struct {
	Name string // as the person named it; "" or "-": standard input
	Data []byte
}

func (src Source) title() string {
	if src.Name == "" || src.Name == "-" {
		return "standard input"
	}
	return src.Name
}

// line returns line n, from 1, and at most so many characters before and behind one of its columns, also from 1; then which column of the text that is.
func (src Source) line(n, column, around int) (text string, at int, ok bool) {
	rest := src.Data
	for ; n > 1; n-- {
		i := bytes.IndexByte(rest, '\n')
		if i < 0 {
			return "", 0, false
		}
		rest = rest[i+1:]
	}
	if i := bytes.IndexByte(rest, '\n'); i >= 0 {
		rest = rest[:i]
	}
	at = len(rest)
	for i := range string(rest) {
		if column--; column == 0 {
			at = i
			break
		}
	}
	from, to := at, at
	for range around {
		_, before := utf8.DecodeLastRune(rest[:from])
		_, behind := utf8.DecodeRune(rest[to:])
		from, to = from-before, to+behind
	}
	return strings.TrimRight(string(rest[from:to]), "\r"), utf8.RuneCount(rest[from:at]), n == 1
}

// write prints FILE:LINE:COLUMN: PATH: MESSAGE, the line itself with a mark below the place, and the hint.
func (p Problem) write(b *strings.Builder, s Style, src Source) {
	place := src.title() + ":"
	if p.Line > 0 {
		place += fmt.Sprintf("%d:%d:", p.Line, max(p.Column, 1))
	}
	text := clean(p.Message)
	if p.Path != "" {
		text = s.paint(bold, clean(p.Path)+":") + " " + text
	}
	b.WriteString(s.paint(cyan, clean(place)) + " " + text + "\n")
	p.excerpt(b, s, src)
	if p.Hint != "" {
		b.WriteString("    " + s.paint(green, "hint:") + " " + clean(p.Hint) + "\n")
	}
}

// excerpt shows at most a terminal's width of the line, around the place.
func (p Problem) excerpt(b *strings.Builder, s Style, src Source) {
	const indent = "    "
	room := 100
	if s.Width > 0 {
		room = max(s.Width-len(indent), 20)
	}
	text, at, ok := src.line(p.Line, max(p.Column, 1), room)
	if !ok || strings.TrimSpace(text) == "" {
		return
	}
	runes := []rune(strings.ReplaceAll(text, "\t", " "))
	at = min(at, len(runes))
	from := 0
	if len(runes) > room {
		from = min(max(0, at-room/2), len(runes)-room)
	}
	shown := runes[from:min(len(runes), from+room)]
	b.WriteString(indent + s.paint(dim, clean(string(shown))) + "\n")
	b.WriteString(indent + strings.Repeat(" ", width(clean(string(runes[from:at])))) + s.paint(red, "^") + "\n")
}
