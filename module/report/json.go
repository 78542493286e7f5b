package report

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strconv"
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

// WriteJSON prints the result as one line of ASCII. That of a large document is never in memory as a whole.
func (r *Result) WriteJSON(w io.Writer) error {
	p := &printer{to: w}
	p.value(reflect.ValueOf(r))
	p.line = append(p.line, '\n')
	p.pass()
	return p.err
}

// JSON encodes a value as one line of ASCII with a newline behind it: Python's splitlines breaks at a raw U+0085, and a
// terminal obeys a raw escape. It knows the types that a result is made of. (go-json's own walk over types would add
// 1.8 MiB to the program.)
func JSON(v any) ([]byte, error) {
	var out bytes.Buffer
	p := &printer{to: &out}
	p.value(reflect.ValueOf(v))
	p.line = append(p.line, '\n')
	p.pass()
	if p.err != nil {
		return nil, p.err
	}
	return out.Bytes(), nil
}

// printer writes values as JSON, a piece at a time.
type printer struct {
	to   io.Writer
	line []byte // what is not passed on yet
	wide bool   // it may not be ASCII
	err  error  // the first
}

// piece is how much is passed on at a time, in bytes.
const piece = 1 << 16

func (p *printer) pass() {
	out := p.line
	if p.wide {
		out = ascii(out)
	}
	if p.err == nil {
		_, p.err = p.to.Write(out)
	}
	p.line, p.wide = p.line[:0], false
}

func (p *printer) fail(err error) {
	if p.err == nil {
		p.err = err
	}
}

func (p *printer) value(v reflect.Value) {
	if !v.IsValid() {
		p.line = append(p.line, "null"...)
		return
	}
	p.typed(v, layoutOf(v.Type()).way)
}

// typed is value for one of whose type is known which way it is written.
func (p *printer) typed(v reflect.Value, by way) {
	switch {
	case by.late && v.CanAddr():
		v.Addr().Interface().(latecomer).write(p)
		return
	case by.own && !(v.Kind() == reflect.Pointer && v.IsNil()):
		p.raw(v.Interface().(marshaler).MarshalJSON())
		return
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		p.value(v.Elem()) // of nil: not valid
	case reflect.Struct:
		p.object(v)
	case reflect.Map:
		p.members(v)
	case reflect.Slice:
		p.list(v)
	default:
		p.scalar(v)
	}
}

// raw writes a value that somebody else has written.
func (p *printer) raw(text []byte, err error) {
	value := jsontext.Value(bytes.Clone(text))
	if err == nil {
		err = value.Compact()
	}
	if err != nil {
		p.fail(err)
	}
	p.line, p.wide = append(p.line, value...), true
}

type marshaler interface{ MarshalJSON() ([]byte, error) }

// latecomer is what is complete when it is written.
type latecomer interface {
	write(*printer)
}

// layout is what is to be known of a type: reflection makes something new for each question.
type layout struct {
	way
	fields []layoutField
}

// way is how a type is written.
type way struct {
	own  bool // it writes itself
	late bool // a pointer to it is a latecomer
}

func wayOf(t reflect.Type) way {
	return way{t.Implements(reflect.TypeFor[marshaler]()), reflect.PointerTo(t).Implements(reflect.TypeFor[latecomer]())}
}

// layoutField is a field of a struct that has a json tag.
type layoutField struct {
	at         int
	key        string // as it is written: in quotes, with the colon
	ifNotEmpty bool
	way
}

// layouts are those of the types that have been met, *layout by reflect.Type.
var layouts sync.Map

func layoutOf(t reflect.Type) *layout {
	if known, ok := layouts.Load(t); ok {
		return known.(*layout)
	}
	l := &layout{way: wayOf(t)}
	if t.Kind() == reflect.Struct {
		for i := range t.NumField() {
			if key, option, _ := strings.Cut(t.Field(i).Tag.Get("json"), ","); key != "" {
				l.fields = append(l.fields, layoutField{i, strconv.Quote(key) + ":", option == "omitempty", wayOf(t.Field(i).Type)})
			}
		}
	}
	layouts.Store(t, l)
	return l
}

func (p *printer) scalar(v reflect.Value) {
	switch {
	case v.Kind() == reflect.String:
		p.text(v.String())
	case v.Kind() == reflect.Bool:
		p.line = strconv.AppendBool(p.line, v.Bool())
	case v.CanInt():
		p.line = strconv.AppendInt(p.line, v.Int(), 10)
	case v.CanUint():
		p.line = strconv.AppendUint(p.line, v.Uint(), 10)
	case v.CanFloat():
		p.line = append(p.line, jsontext.Float(v.Float()).String()...)
	default:
		p.fail(fmt.Errorf("report: no JSON for %s", v.Type()))
	}
}

// text writes a text in quotes. Hardly one has anything in it that does not stand for itself.
func (p *printer) text(text string) {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c == '"' || c == '\\' || c >= 0x7f {
			p.line, _ = jsontext.AppendQuote(p.line, text) // the error: what is not UTF-8 is replaced
			p.wide = true
			return
		}
	}
	line := append(append(p.line, '"'), text...)
	p.line = append(line, '"')
}

// object writes the fields that have a json tag, in order. A field without one is nobody's business.
func (p *printer) object(v reflect.Value) {
	p.line = append(p.line, '{')
	comma, fields := false, layoutOf(v.Type()).fields
	for i := range fields {
		f := &fields[i]
		field := v.Field(f.at)
		if f.ifNotEmpty && empties(field) {
			continue
		}
		if comma {
			p.line = append(p.line, ',')
		}
		p.line = append(p.line, f.key...)
		p.typed(field, f.way)
		comma = true
	}
	p.line = append(p.line, '}')
}

func empties(v reflect.Value) bool {
	if k := v.Kind(); k == reflect.Slice || k == reflect.Map {
		return v.Len() == 0
	}
	return v.IsZero()
}

func (p *printer) members(v reflect.Value) {
	items := make(map[string]reflect.Value, v.Len())
	for key, item := range v.Seq2() {
		items[key.String()] = item
	}
	p.line = append(p.line, '{')
	for i, key := range slices.Sorted(maps.Keys(items)) {
		if i > 0 {
			p.line = append(p.line, ',')
		}
		p.text(key)
		p.line = append(p.line, ':')
		p.value(items[key])
	}
	p.line = append(p.line, '}')
}

func (p *printer) list(v reflect.Value) {
	p.line = append(p.line, '[')
	by := layoutOf(v.Type().Elem()).way
	for i := range v.Len() {
		if i > 0 {
			p.line = append(p.line, ',')
		}
		if p.typed(v.Index(i), by); len(p.line) > piece {
			p.pass()
		}
	}
	p.line = append(p.line, ']')
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
