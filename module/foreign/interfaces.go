package foreign

import (
	"path"
	"slices"
	"strings"
)

// Stanza is one entry of ifupdown's files (interfaces(5)) with the options that belong to it. Lines that belong to none are
// stanzas with their own first word.
type Stanza struct {
	Pos
	Last    int      // its last line, where it is continued with \
	Words   []string // "iface", "eth0", "inet", "static"; "auto", "eth0"; …
	Options []Option // of iface and mapping, and of ifupdown2's vlan
	Found   int      // of source: how many files it has brought
	Fault   string   // of source: why a file has not been read
}

// Option is one line of a stanza.
type Option struct {
	Pos
	Last       int
	Key, Value string
}

// Key is the stanza's first word.
func (s Stanza) Key() string { return s.Words[0] }

// Name is the interface of an iface stanza, "" where none is given.
func (s Stanza) Name() string { return s.word(1) }

// Family is the address family of an iface stanza; "" where it comes from what it inherits.
func (s Stanza) Family() string {
	if s.word(2) == "inherits" {
		return ""
	}
	return s.word(2)
}

// Method is the method of an iface stanza; "" where it comes from what it inherits.
func (s Stanza) Method() string {
	if s.word(3) == "inherits" || s.Family() == "" {
		return ""
	}
	return s.word(3)
}

// Inherits is the stanza whose options an iface stanza takes; "" if none.
func (s Stanza) Inherits() string {
	if i := slices.Index(s.Words, "inherits"); i > 1 {
		return s.word(i + 1)
	}
	return ""
}

func (s Stanza) word(i int) string {
	if i < len(s.Words) {
		return s.Words[i]
	}
	return ""
}

// Bounds of one look at ifupdown's files, with all that they include.
const (
	mostFiles = 200
	mostDepth = 10
)

// Interfaces reads a file of ifupdown with all that it includes, in the order in which ifupdown does (ifupdown's config.c).
// A file that cannot be read says nothing; that the first one cannot is the caller's to notice.
func Interfaces(files Files, name string) []Stanza {
	in := &interfaces{files: files, seen: map[string]bool{}}
	in.file(name, 0)
	return in.stanzas
}

type interfaces struct {
	files   Files
	stanzas []Stanza
	seen    map[string]bool
}

// file reads one file, and those that it names. Each is read once.
func (in *interfaces) file(name string, depth int) error {
	if in.seen[name] || len(in.seen) >= mostFiles || depth > mostDepth {
		return nil
	}
	data, err := in.files.Read(name)
	if err != nil {
		return err
	}
	in.seen[name] = true
	open := -1 // the stanza to which options belong
	for _, l := range logicalLines(string(data)) {
		words := strings.Fields(l.text)
		pos := Pos{File: name, Line: l.first}
		switch key := words[0]; {
		case key == "iface" || key == "mapping" || key == "vlan" && len(words) == 2 && strings.Contains(words[1], "."): // the last is ifupdown2's
			open = len(in.stanzas)
			in.stanzas = append(in.stanzas, Stanza{Pos: pos, Last: l.last, Words: words})
		case starts(key):
			if inside := len(words) == 1 && open >= 0 && !strings.HasPrefix(key, "source"); inside { // of the stanza that it stands in
				words = append(words, in.stanzas[open].Name())
			} else {
				open = -1
			}
			in.stanzas = append(in.stanzas, Stanza{Pos: pos, Last: l.last, Words: words})
			if strings.HasPrefix(key, "source") {
				in.source(len(in.stanzas)-1, depth)
			}
		case open >= 0:
			s := &in.stanzas[open]
			value := strings.TrimSpace(strings.TrimPrefix(l.text, key))
			s.Options = append(s.Options, Option{pos, l.last, key, value})
		default:
			in.stanzas = append(in.stanzas, Stanza{Pos: pos, Last: l.last, Words: words})
		}
	}
	return nil
}

// starts tells whether a word starts a line that is no option.
func starts(key string) bool {
	switch key {
	case "auto", "no-auto-down", "no-scripts", "rename", "template", "source":
		return true
	}
	return strings.HasPrefix(key, "allow-") || strings.HasPrefix(key, "source-dir")
}

type logicalLine struct {
	text        string
	first, last int
}

// logicalLines joins continued lines and leaves out comments and empty ones. A comment is not continued; inside a continued
// line # is nothing special.
func logicalLines(text string) []logicalLine {
	var out []logicalLine
	number, joined, first, continued := 0, "", 0, false
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimRight(line, "\n")
		if !continued {
			if line = strings.TrimLeft(line, " \t\r\v\f"); strings.HasPrefix(line, "#") {
				continue
			}
			first = number
		}
		if rest, ok := strings.CutSuffix(line, `\`); ok {
			joined, continued = joined+rest, true
			continue
		}
		if whole := strings.TrimSpace(joined + line); whole != "" {
			out = append(out, logicalLine{whole, first, number})
		}
		joined, continued = "", false
	}
	if whole := strings.TrimSpace(joined); whole != "" {
		out = append(out, logicalLine{whole, first, number})
	}
	return out
}

// plainName is what source-directory takes for a file's name.
func plainName(name string) bool {
	return name != "" && strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") == ""
}

// source reads what a line includes. Patterns may stand in the last part of a path.
func (in *interfaces) source(at, depth int) {
	s := in.stanzas[at]
	var fault string
	before := len(in.seen)
	for _, w := range s.Words[1:] {
		target := w
		if !path.IsAbs(w) {
			target = path.Join(path.Dir(s.File), w)
		}
		for _, file := range in.matching(path.Clean(target), s.Key() != "source") {
			if err := in.file(file, depth+1); err != nil {
				fault = err.Error()
			}
		}
	}
	in.stanzas[at].Found, in.stanzas[at].Fault = len(in.seen)-before, fault
}

func (in *interfaces) matching(target string, folder bool) []string {
	dir, take := path.Dir(target), func(name string) bool { return Glob(path.Base(target), name) && name[0] != '.' }
	switch {
	case folder:
		dir, take = target, plainName
	case !strings.ContainsAny(target, "*?["):
		return []string{target}
	}
	var files []string
	for _, name := range in.files.List(dir) {
		if name != "" && take(name) {
			files = append(files, path.Join(dir, name))
		}
	}
	slices.Sort(files)
	return files
}
