package plan

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// A record is kept as JSON: an object with a member for each name, each on a line of its own, sorted. So of thousands of them one is changed
// while the others are neither made into values and back nor looked at. A record that is written otherwise is read as well.
const (
	recordBegin = "{\n"
	recordEnd   = "\n}\n"
)

// ReadLast reads a record; of no text it makes an empty one. An error means that it cannot be believed.
func ReadLast(text []byte) (Last, error) {
	last := Last{}
	if text == nil {
		return last, nil
	}
	if lines, ok := recordLines(string(text)); ok {
		last = make(Last, len(lines))
		for _, l := range lines {
			set, err := l.read()
			if err != nil {
				return nil, err
			}
			last[l.name] = set
		}
		return last, nil
	}
	err := json.Unmarshal(text, &last)
	if err == nil && last == nil { // null
		last = Last{}
	}
	return last, err
}

// Rewritten is the text of a record after changes; text is what it was read from.
func (l Last) Rewritten(text []byte, c Changes) ([]byte, error) {
	lines, ok := recordLines(string(text))
	if !ok {
		all := l.With(c)
		c = make(Changes, len(all))
		for name, set := range all {
			c[name] = &set
		}
	}
	out := append(make([]byte, 0, len(text)+lineSize*len(c)), recordBegin...)
	var err error
	news := slices.Sorted(maps.Keys(c))
	write := func(before string, all bool) {
		for ; len(news) > 0 && (all || news[0] < before) && err == nil; news = news[1:] {
			if set := c[news[0]]; set != nil {
				out, err = set.appendLine(separated(out), news[0])
			}
		}
	}
	for _, l := range lines {
		write(l.name, false)
		if _, changes := c[l.name]; !changes {
			out = append(separated(out), l.text...)
		}
	}
	write("", true)
	return append(out, recordEnd...), err
}

func separated(out []byte) []byte {
	if len(out) > len(recordBegin) {
		out = append(out, ",\n"...)
	}
	return out
}

// recordLine is a member of a record.
type recordLine struct{ name, text, set string }

// recordLines are those of a record that is written as Rewritten does it; of another ok is false. What the sets say is not looked into.
func recordLines(text string) (lines []recordLine, ok bool) {
	body, begins := strings.CutPrefix(text, recordBegin)
	body, ends := strings.CutSuffix(body, recordEnd)
	if !begins || !ends {
		return nil, false
	}
	lines = make([]recordLine, 0, strings.Count(body, "\n")+1)
	for more := body != ""; more; {
		l := recordLine{}
		l.text, body, more = strings.Cut(body, ",\n")
		l.name, l.set, ok = strings.Cut(strings.TrimPrefix(l.text, `"`), `":{`)
		if !ok || l.text[0] != '"' || strings.ContainsAny(l.name, "\"\\\n") || len(lines) > 0 && lines[len(lines)-1].name >= l.name {
			return nil, false
		}
		lines = append(lines, l)
	}
	return lines, true
}

// lineSize is about how many bytes a line has.
const lineSize = 80

// read makes a set of a line's text. One that is written as appendTo does it is read without reflection, any other by the library.
func (l recordLine) read() (set Set, err error) {
	r := setReader{rest: l.set}
	for more := true; more && !r.odd; more = r.cut(",") {
		switch key := r.text(); {
		case !r.cut(":"):
			r.odd = true
		case key == "kind":
			set.Kind = r.text()
		case key == "created":
			set.Created = r.cut("true")
			r.odd = r.odd || !set.Created
		case key == "index":
			set.Index = r.number()
		default:
			if list := set.list(key); list != nil {
				*list = r.texts()
			} else {
				r.odd = true
			}
		}
	}
	if !r.odd && r.rest == "}" {
		return set, nil
	}
	set = Set{}
	err = json.Unmarshal([]byte("{"+l.set), &set)
	return set, err
}

var setLists = []string{"addresses", "routes", "ports", "rules"}

// list is the list of that name; nil: there is none.
func (s *Set) list(name string) *[]string {
	switch name {
	case "addresses":
		return &s.Addresses
	case "routes":
		return &s.Routes
	case "ports":
		return &s.Ports
	case "rules":
		return &s.Rules
	}
	return nil
}

// setReader reads JSON as far as sets are made of it. Once it has met anything else it is odd.
type setReader struct {
	rest string
	odd  bool
}

func (r *setReader) cut(token string) (ok bool) {
	r.rest, ok = strings.CutPrefix(r.rest, token)
	return ok
}

func (r *setReader) text() string {
	if !r.cut(`"`) {
		r.odd = true
		return ""
	}
	text, rest, ok := strings.Cut(r.rest, `"`)
	if !ok || !plain(text) {
		r.odd = true
	}
	r.rest = rest
	return text
}

func (r *setReader) texts() (list []string) {
	r.odd = r.odd || !r.cut("[")
	for more := true; more && !r.odd; more = r.cut(",") {
		list = append(list, r.text())
	}
	r.odd = r.odd || !r.cut("]")
	return list
}

func (r *setReader) number() int {
	end := max(strings.IndexAny(r.rest, ",}"), 0)
	n, err := strconv.Atoi(r.rest[:end])
	r.odd = r.odd || err != nil || n <= 0
	r.rest = r.rest[end:]
	return n
}

// plain tells whether JSON has a text as it stands.
func plain(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// appendLine appends the line of a name.
func (s *Set) appendLine(out []byte, name string) ([]byte, error) {
	key, err := json.Marshal(name)
	if err != nil {
		return nil, err
	}
	out = append(append(out, key...), ':')
	if s.plain() {
		return s.appendTo(out), nil
	}
	set, err := json.Marshal(s)
	return append(out, set...), err
}

// plain tells whether all texts of a set are.
func (s *Set) plain() bool {
	odd := func(text string) bool { return !plain(text) }
	return plain(s.Kind) && !slices.ContainsFunc(setLists, func(name string) bool { return slices.ContainsFunc(*s.list(name), odd) })
}

// appendTo appends a set, all of whose texts are plain: what the library would write.
func (s *Set) appendTo(out []byte) []byte {
	out = append(append(append(out, `{"kind":"`...), s.Kind...), '"')
	if s.Created {
		out = append(out, `,"created":true`...)
	}
	if s.Index != 0 {
		out = strconv.AppendInt(append(out, `,"index":`...), int64(s.Index), 10)
	}
	for _, name := range setLists {
		list := *s.list(name)
		if len(list) == 0 {
			continue
		}
		out = append(append(append(out, `,"`...), name...), `":["`...)
		for i, text := range list {
			if i > 0 {
				out = append(out, `","`...)
			}
			out = append(out, text...)
		}
		out = append(out, `"]`...)
	}
	return append(out, '}')
}
