package report

import (
	"bufio"
	"bytes"
	"testing"
)

// TestASCIIWriter: wherever a text is cut, what comes out is what comes out of it in one piece.
func TestASCIIWriter(t *testing.T) {
	for _, text := range []string{"", "plain", "\u00e9t\u00e9 \u2014 \U0001f600!", "cut \xf0\x9f\x98", "bad \xff\xfe\x80 end", "\u0085\x7f"} {
		want := string(ascii([]byte(text)))
		for i := range len(text) + 1 {
			for j := i; j <= len(text); j++ {
				var out bytes.Buffer
				w := &asciiWriter{to: bufio.NewWriter(&out)}
				for _, part := range []string{text[:i], text[i:j], text[j:]} {
					if n, err := w.Write([]byte(part)); n != len(part) || err != nil {
						t.Fatal(n, err)
					}
				}
				w.to.Flush()
				if got := out.String() + string(ascii(w.left)); got != want {
					t.Errorf("%q cut at %d and %d: %q, want %q", text, i, j, got, want)
				}
			}
		}
	}
}
