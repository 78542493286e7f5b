package report

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/goccy/go-json/jsontext"
)

// Raw is JSON that somebody else wrote.
type Raw []byte

// MarshalJSON gives it as it is.
func (r Raw) MarshalJSON() ([]byte, error) { return r, nil }

// WriteJSON prints the result as one line of ASCII.
func (r *Result) WriteJSON(w io.Writer) error {
	out := &asciiWriter{to: bufio.NewWriterSize(w, 1<<16)}
	if err := encode(jsontext.NewEncoder(out, options...), reflect.ValueOf(r)); err != nil {
		return err
	}
	return out.to.Flush()
}

var options = []jsontext.Options{jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true)}

// asciiWriter passes JSON on in ASCII. The result of a large document is never in memory as a whole.
type asciiWriter struct {
	to   *bufio.Writer
	left []byte // the beginning of a character of which the rest is still to come
}

func (a *asciiWriter) Write(text []byte) (int, error) {
	n := len(text)
	if len(a.left) > 0 {
		text = append(a.left, text...)
	}
	whole := len(text)
	for whole > 0 && len(text)-whole < utf8.UTFMax && !utf8.FullRune(text[lastStart(text[:whole]):]) {
		whole = lastStart(text[:whole])
	}
	a.left = bytes.Clone(text[whole:])
	_, err := a.to.Write(ascii(text[:whole]))
	return n, err
}

// lastStart is where the last character of a text begins, or what may be one.
func lastStart(text []byte) int {
	i := len(text) - 1
	for i > 0 && len(text)-i < utf8.UTFMax && !utf8.RuneStart(text[i]) {
		i--
	}
	return max(i, 0)
}

// JSON encodes a value as one line of ASCII with a newline behind it: Python's splitlines breaks at a raw U+0085, and a
// terminal obeys a raw escape. It knows the types that a result is made of. (go-json's own walk over types would add
// 1.8 MiB to the program; its writer of tokens adds next to nothing.)
func JSON(v any) ([]byte, error) {
	var out bytes.Buffer
	e := jsontext.NewEncoder(&out, options...)
	if err := encode(e, reflect.ValueOf(v)); err != nil {
		return nil, err
	}
	return ascii(out.Bytes()), nil
}

func encode(e *jsontext.Encoder, v reflect.Value) error {
	if !v.IsValid() {
		return e.WriteToken(jsontext.Null)
	}
	l := layoutOf(v.Type())
	if l.late && v.CanAddr() {
		return v.Addr().Interface().(latecomer).write(e)
	}
	if l.own && !(v.Kind() == reflect.Pointer && v.IsNil()) {
		text, err := v.Interface().(marshaler).MarshalJSON()
		if err != nil {
			return err
		}
		return e.WriteValue(text)
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return encode(e, v.Elem()) // of nil: not valid
	case reflect.Struct:
		return encodeStruct(e, v)
	case reflect.Map:
		return encodeMap(e, v)
	case reflect.Slice:
		return encodeList(e, v)
	}
	return encodeScalar(e, v)
}

type marshaler interface{ MarshalJSON() ([]byte, error) }

// latecomer is what is complete when it is written.
type latecomer interface {
	write(*jsontext.Encoder) error
}

// layout is what is to be known of a type: reflection makes something new for each question.
type layout struct {
	own    bool // it writes itself
	late   bool // a pointer to it is a latecomer
	fields []layoutField
}

// layoutField is a field of a struct that has a json tag.
type layoutField struct {
	at         int
	key        string
	ifNotEmpty bool
}

// layouts are those of the types that have been met, *layout by reflect.Type.
var layouts sync.Map

func layoutOf(t reflect.Type) *layout {
	if known, ok := layouts.Load(t); ok {
		return known.(*layout)
	}
	l := &layout{own: t.Implements(reflect.TypeFor[marshaler]()), late: reflect.PointerTo(t).Implements(reflect.TypeFor[latecomer]())}
	if t.Kind() == reflect.Struct {
		for i := range t.NumField() {
			if key, option, _ := strings.Cut(t.Field(i).Tag.Get("json"), ","); key != "" {
				l.fields = append(l.fields, layoutField{i, key, option == "omitempty"})
			}
		}
	}
	layouts.Store(t, l)
	return l
}

func encodeScalar(e *jsontext.Encoder, v reflect.Value) error {
	switch {
	case v.Kind() == reflect.String:
		return e.WriteToken(jsontext.String(v.String()))
	case v.Kind() == reflect.Bool:
		return e.WriteToken(jsontext.Bool(v.Bool()))
	case v.CanInt():
		return e.WriteToken(jsontext.Int(v.Int()))
	case v.CanUint():
		return e.WriteToken(jsontext.Uint(v.Uint()))
	case v.CanFloat():
		return e.WriteToken(jsontext.Float(v.Float()))
	}
	return fmt.Errorf("report: no JSON for %s", v.Type())
}

// encodeStruct writes the fields that have a json tag, in order. A field without one is nobody's business.
func encodeStruct(e *jsontext.Encoder, v reflect.Value) error {
	if err := e.WriteToken(jsontext.BeginObject); err != nil {
		return err
	}
	for _, f := range layoutOf(v.Type()).fields {
		field := v.Field(f.at)
		if f.ifNotEmpty && empties(field) {
			continue
		}
		if err := e.WriteToken(jsontext.String(f.key)); err != nil {
			return err
		}
		if err := encode(e, field); err != nil {
			return err
		}
	}
	return e.WriteToken(jsontext.EndObject)
}

func empties(v reflect.Value) bool {
	if k := v.Kind(); k == reflect.Slice || k == reflect.Map {
		return v.Len() == 0
	}
	return v.IsZero()
}

func encodeMap(e *jsontext.Encoder, v reflect.Value) error {
	items := make(map[string]reflect.Value, v.Len())
	for key, item := range v.Seq2() {
		items[key.String()] = item
	}
	if err := e.WriteToken(jsontext.BeginObject); err != nil {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(items)) {
		if err := e.WriteToken(jsontext.String(key)); err != nil {
			return err
		}
		if err := encode(e, items[key]); err != nil {
			return err
		}
	}
	return e.WriteToken(jsontext.EndObject)
}

func encodeList(e *jsontext.Encoder, v reflect.Value) error {
	if err := e.WriteToken(jsontext.BeginArray); err != nil {
		return err
	}
	for i := range v.Len() {
		if err := encode(e, v.Index(i)); err != nil {
			return err
		}
	}
	return e.WriteToken(jsontext.EndArray)
}

const hex = "0123456789abcdef"

// ascii writes everything above 0x7e as \uXXXX. In JSON such bytes stand in strings alone.
func ascii(text []byte) []byte {
	if !slices.ContainsFunc(text, func(c byte) bool { return c >= 0x7f }) {
		return text
	}
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
