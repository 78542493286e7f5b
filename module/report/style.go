package report

import (
	"strings"
	"unicode/utf8"
)

// Style is how text looks where it goes. The rules of output, for all that speaks to people:
//
//   - Standard output carries the result and nothing else. What went wrong, and progress, go to standard error.
//   - One line is one object, and starts with what happened to it: + created, ~ updated, ! recreated, - deleted, = unchanged.
//   - What needs no attention takes no room: unchanged objects are counted, not listed, unless Verbose.
//   - The last line is one sentence that stands for the whole.
//   - An error says what was attempted, where, what the kernel said and what state things are in. Lower case, no full stop.
//   - Colour repeats what the words already say. It is for terminals, and off with NO_COLOR or TERM=dumb.
//   - What comes from elsewhere (names, descriptions, the kernel's text) is cleaned of control characters.
type Style struct {
	Color   bool
	Plain   bool // ASCII only: no arrows and lines
	Width   int  // columns; 0: lines are not broken
	Verbose bool
}

// ink is an SGR code.
type ink string

const (
	plain  ink = ""
	bold   ink = "1"
	dim    ink = "2"
	red    ink = "31"
	green  ink = "32"
	yellow ink = "33"
	cyan   ink = "36"
)

func (s Style) paint(i ink, text string) string {
	if !s.Color || i == plain || text == "" {
		return text
	}
	return "\x1b[" + string(i) + "m" + text + "\x1b[0m"
}

func (s Style) arrow() string {
	if s.Plain {
		return "->"
	}
	return "→"
}

// hang breaks parts, joined by sep, into lines that fit beside an indent of the given width. A part is never broken.
func (s Style) hang(indent int, parts []string, sep string) []string {
	lines := []string{""}
	for i, p := range parts {
		last := &lines[len(lines)-1]
		if i < len(parts)-1 {
			p += strings.TrimRight(sep, " ")
		}
		gap := strings.Repeat(" ", len(sep)-len(strings.TrimRight(sep, " ")))
		switch {
		case *last == "":
			*last = p
		case s.Width > 0 && indent+width(*last)+len(gap)+width(p) > s.Width:
			lines = append(lines, p)
		default:
			*last += gap + p
		}
	}
	return lines
}

// prose breaks a sentence at its blanks.
func (s Style) prose(indent int, text string) []string {
	return s.hang(indent, strings.Fields(text), " ")
}

func width(text string) int { return utf8.RuneCountInString(text) }

func pad(text string, to int) string { return text + strings.Repeat(" ", max(0, to-width(text))) }
