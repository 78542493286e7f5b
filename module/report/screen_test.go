package report

import (
	"bytes"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// TestScreen: what a name or a description could do to a terminal does not reach it; lines, colours and letters do.
func TestScreen(t *testing.T) {
	for text, want := range map[string]string{
		"plain\n\tand br\u00fccke \u4e2d\n":    "plain\n\tand br\u00fccke \u4e2d\n",
		"\x1b[31mred\x1b[0m\x1b[1;32mx":        "\x1b[31mred\x1b[0m\x1b[1;32mx",
		"\x1b[2J\x1b]0;title\x07":              `\u001b[2J\u001b]0;title\u0007`,
		"\x1b[31":                              `\u001b[31`,
		"\x1b[1Am":                             `\u001b[1Am`,
		"a\rb\bc\x00\x7f":                      `a\u000db\u0008c\u0000\u007f`,
		"\u009b31m \u0085":                     `\u009b31m \u0085`,
		"\x9b31m\xff":                          `\ufffd31m\ufffd`,
		"a\u202eb\u2066c\u200bd\ufeff":         `a\u202eb\u2066c\u200bd\ufeff`,
		"\u2028\u2029\u00a0\u3164\ufe0f\u034f": `\u2028\u2029\u00a0\u3164\ufe0f\u034f`,
		"\U000e0041":                           `\U000e0041`,
	} {
		var b bytes.Buffer
		n, err := Screen{W: &b}.Write([]byte(text))
		if b.String() != want || n != len(text) || err != nil {
			t.Errorf("%q: %q, want %q (%d, %v)", text, b.String(), want, n, err)
		}
	}
	var b bytes.Buffer
	Screen{W: &b, ASCII: true}.Write([]byte("br\u00fccke \U0001f600\n"))
	if want := `br\u00fccke \U0001f600` + "\n"; b.String() != want {
		t.Errorf("%q, want %q", b.String(), want)
	}
	if got := Clean("a\nb\tc \x1b[31m"); got != `a\u000ab\u0009c \u001b[31m` {
		t.Errorf("%q", got)
	}
}

// FuzzScreen: whatever is written, nothing is passed on that moves, hides or turns.
func FuzzScreen(f *testing.F) {
	f.Add("a\x1b[2J\u202e\r\n\t\x1b[31mb\x9b", true)
	f.Fuzz(func(t *testing.T, text string, ascii bool) {
		var b bytes.Buffer
		Screen{W: &b, ASCII: ascii}.Write([]byte(text))
		rest := b.String()
		for at := strings.IndexByte(rest, 0x1b); at >= 0; at = strings.IndexByte(rest, 0x1b) {
			n := colorAt(rest[at:])
			if n == 0 {
				t.Fatalf("%q: a code that is no colour in %q", text, b.String())
			}
			rest = rest[:at] + rest[at+n:]
		}
		for _, r := range rest {
			if r != '\n' && r != '\t' && (!unicode.IsPrint(r) || unicode.Is(unicode.Cf, r) || ascii && r >= utf8.RuneSelf) {
				t.Errorf("%q: %q in %q", text, r, b.String())
			}
		}
		if line := Clean(text); strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("%q: %q", text, line)
		}
	})
}
