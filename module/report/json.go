package report

import (
	"io"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/goccy/go-json"
)

// WriteJSON prints the result as one line of ASCII.
func (r *Result) WriteJSON(w io.Writer) error {
	text, err := JSON(r)
	if err != nil {
		return err
	}
	_, err = w.Write(text)
	return err
}

// JSON encodes a value as one line of ASCII with a newline behind it: Python's splitlines breaks at a raw U+0085, and a
// terminal obeys a raw escape.
func JSON(v any) ([]byte, error) {
	text, err := json.MarshalNoEscape(v)
	if err != nil {
		return nil, err
	}
	return append(ascii(text), '\n'), nil
}

const hex = "0123456789abcdef"

// ascii writes everything above 0x7e as \uXXXX. In JSON such bytes stand in strings alone.
func ascii(text []byte) []byte {
	out := make([]byte, 0, len(text)+len(text)/16)
	for len(text) > 0 {
		if c := text[0]; c < 0x7f {
			out, text = append(out, c), text[1:]
			continue
		}
		r, n := utf8.DecodeRune(text)
		text = text[n:]
		if high, low := utf16.EncodeRune(r); high != utf8.RuneError {
			out, r = unicode4(out, high), low
		}
		out = unicode4(out, r)
	}
	return out
}

func unicode4(out []byte, r rune) []byte {
	return append(out, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
}
