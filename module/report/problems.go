package report

import (
	"fmt"
	"strings"
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

// line returns line n, from 1.
func (src Source) line(n int) (string, bool) {
	all := strings.Split(string(src.Data), "\n")
	if n < 1 || n > len(all) {
		return "", false
	}
	return strings.TrimRight(all[n-1], "\r"), true
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
	text, ok := src.line(p.Line)
	if !ok || strings.TrimSpace(text) == "" {
		return
	}
	const indent = "    "
	runes := []rune(strings.ReplaceAll(text, "\t", " "))
	at := min(max(p.Column, 1)-1, len(runes))
	room := 100
	if s.Width > 0 {
		room = max(s.Width-len(indent), 20)
	}
	from := 0
	if len(runes) > room {
		from = min(max(0, at-room/2), len(runes)-room)
	}
	shown := runes[from:min(len(runes), from+room)]
	b.WriteString(indent + s.paint(dim, clean(string(shown))) + "\n")
	b.WriteString(indent + strings.Repeat(" ", width(clean(string(runes[from:at])))) + s.paint(red, "^") + "\n")
}
