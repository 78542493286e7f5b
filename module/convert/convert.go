// Package convert makes documents of other people's network configurations: ifupdown's interfaces(5), netplan's YAML,
// cloud-init's network-config; and renders documents as such. What it cannot take over it tells, with file and line: each line
// of an input is taken, is understood to say nothing that a document needs, or is Left. Pure: files come through an interface.
package convert

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"hostnet-module/module/foreign"
	"hostnet-module/module/spec"
)

// Result is what became of an input.
type Result struct {
	Document spec.Tree // nil: nothing could be taken over; else it is a good document
	Left     []Left    // in the order of files and lines
	Advice   []string  // what the reader should know; nothing is missing because of it
	Warnings []spec.Problem
}

// Options are the choices of the person who converts.
type Options struct {
	Dumb bool // bridges without an address get host_access: false

	ifupdown2 bool // the files are for ifupdown2, whatever they look like
}

// Fate is what became of a line.
type Fate uint8

// The fates; of several the highest counts.
const (
	Unseen Fate = iota
	Passed      // says nothing that a document needs: comments, what undoes, what only waits
	Taken
	Lost // and is in Left
)

// ledger keeps account of each line.
type ledger struct {
	texts   map[string][]string // the lines of each file
	last    map[foreign.Pos]int // the last line of those that are continued
	fates   map[foreign.Pos]Fate
	left    []Left
	told    map[Left]bool
	parts   map[foreign.Pos]string      // of lines that hold several, by their columns
	follows map[foreign.Pos]foreign.Pos // items on lines of their own, with the line of their key
	above   map[foreign.Pos]foreign.Pos // the line of the key below which a line stands
}

func newLedger() ledger {
	return ledger{texts: map[string][]string{}, last: map[foreign.Pos]int{}, fates: map[foreign.Pos]Fate{}, told: map[Left]bool{}, parts: map[foreign.Pos]string{}, follows: map[foreign.Pos]foreign.Pos{}, above: map[foreign.Pos]foreign.Pos{}}
}

// open enters a file. Lines that are blank or a comment say nothing.
func (l *ledger) open(name string, data []byte) {
	if _, again := l.texts[name]; again {
		return
	}
	lines := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	l.texts[name] = lines
	for i, line := range lines {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			l.fates[foreign.Pos{File: name, Line: i + 1}] = Passed
		}
	}
}

func (l *ledger) mark(fate Fate, at ...foreign.Pos) {
	for _, p := range at {
		for n := p.Line; n <= max(p.Line, l.last[p]); n++ {
			pos := foreign.Pos{File: p.File, Line: n}
			l.fates[pos] = max(l.fates[pos], fate)
			if p.Column > 0 {
				l.fates[p] = max(l.fates[p], fate)
			}
		}
	}
}

// pass notes that a line says nothing that a document needs.
func (l *ledger) pass(at ...foreign.Pos) { l.mark(Passed, at...) }

// lose tells of a line that documents have no words for.
func (l *ledger) lose(at foreign.Pos, format string, args ...any) {
	l.tell(at, NoWord, format, args...)
}

// tell tells of a line that is not taken over, with the reason. The words are why, and after a semicolon what to do.
func (l *ledger) tell(at foreign.Pos, reason Reason, format string, args ...any) {
	l.tellPart(at, "", reason, format, args...)
}

// tellPart tells of a part of a line; "" is the whole.
func (l *ledger) tellPart(at foreign.Pos, part string, reason Reason, format string, args ...any) {
	l.mark(Lost, at)
	if part == "" {
		part = cmp.Or(l.parts[at], l.text(at))
	}
	key := Left{File: printable(at.File), Line: at.Line, What: part, Why: printable(fmt.Sprintf(format, args...))}
	if !l.told[key] {
		l.told[key] = true
		l.left = append(l.left, newLeft(key.File, key.Line, reason, key.What, key.Why))
	}
}

// text is a line as it is shown: continued ones joined, bounded, without secrets.
func (l *ledger) text(at foreign.Pos) string {
	lines := l.texts[at.File]
	var words []string
	for n := at.Line; n <= max(at.Line, l.last[at]) && n >= 1 && n <= len(lines); n++ {
		words = append(words, strings.Fields(strings.TrimSuffix(strings.TrimRight(lines[n-1], " \t\r"), `\`))...)
	}
	return shown(words)
}

// shown are words as they are told: bounded, without secrets.
func shown(words []string) string {
	if i := slices.IndexFunc(words, secret); i >= 0 && i+1 < len(words) {
		words = append(words[:i+1:i+1], "...")
	}
	text := strings.TrimSuffix(printable(strings.Join(words, " ")), ":")
	const most = 120
	if len(text) > most {
		text = text[:most] + "..."
	}
	return text
}

// secret tells whether what follows a word is nobody else's business.
func secret(key string) bool {
	key = strings.ToLower(key)
	return slices.ContainsFunc([]string{"psk", "pass", "secret", "key"}, func(word string) bool { return strings.Contains(key, word) })
}

// printable is a text in ASCII, without what a terminal would obey.
func printable(text string) string {
	q := fmt.Sprintf("%+q", text)
	return strings.ReplaceAll(strings.ReplaceAll(q[1:len(q)-1], `\"`, `"`), `\\`, `\`)
}

// settle reports the lines that nobody has said anything about, and sorts what is left.
func (l *ledger) settle() {
	for item, key := range l.follows {
		fate := l.fates[key]
		if fate == Lost { // not all of them need be
			fate = Taken
		}
		l.mark(fate, item)
	}
	for name, lines := range l.texts {
		for i := range lines {
			if at := (foreign.Pos{File: name, Line: i + 1}); l.fates[at] == Unseen {
				l.tell(at, Faulty, "is not understood")
			}
		}
	}
	for at, fate := range l.fates {
		for up, ok := l.above[at]; fate == Taken && ok && l.fates[up] < Taken; up, ok = l.above[up] {
			l.fates[up] = Taken
		}
	}
	slices.SortStableFunc(l.left, func(a, b Left) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
}
