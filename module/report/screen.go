package report

import (
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Texts come from documents, from the kernel (a guest's root names links and describes them), from files of other programs. None of them may move a
// terminal's cursor, turn the direction of writing, or begin a line in a log.

// Clean makes a text of one line from elsewhere harmless for a terminal and a log: what is not printed is written as its number.
func Clean(text string) string { return cleaned(text, false, "") }

func clean(text string) string { return Clean(text) }

// Screen passes on what is written for people to read, lines and colours as they are, and nothing else that would not be printed: what somebody forgot
// to clean. With ASCII it is for a terminal that shows no more than that.
type Screen struct {
	W     io.Writer
	ASCII bool
}

func (s Screen) Write(p []byte) (int, error) {
	text := cleaned(string(p), s.ASCII, "\n\t")
	if _, err := io.WriteString(s.W, text); err != nil {
		return 0, err
	}
	return len(p), nil
}

// cleaned writes what is not printed as its number, but for some controls that are meant, and colours where these are.
func cleaned(text string, ascii bool, meant string) string {
	harmless := func(r rune) bool {
		return r >= ' ' && r < 0x7f || r != utf8.RuneError && (strings.ContainsRune(meant, r) || !ascii && !hostile(r))
	}
	if strings.IndexFunc(text, func(r rune) bool { return !harmless(r) }) < 0 {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		color := 0
		if r == '\x1b' && meant != "" {
			color = colorAt(text[i:])
		}
		switch {
		case color > 0:
			b.WriteString(text[i : i+color])
			size = color
		case harmless(r):
			b.WriteRune(r)
		case r > 0xffff:
			fmt.Fprintf(&b, "\\U%08x", r)
		default:
			fmt.Fprintf(&b, "\\u%04x", r)
		}
		i += size
	}
	return b.String()
}

// colorAt is how long the code for a colour is that a text begins with (ECMA-48: CSI … m); 0 if it begins with none.
func colorAt(text string) int {
	rest, ok := strings.CutPrefix(text, "\x1b[")
	if end := strings.IndexByte(rest, 'm'); ok && end >= 0 && strings.Trim(rest[:end], "0123456789;") == "" {
		return len("\x1b[") + end + 1
	}
	return 0
}

// hostile are controls, marks that turn the direction of writing, and what cannot be seen.
func hostile(r rune) bool {
	return r == utf8.RuneError || !unicode.IsPrint(r) || unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}
