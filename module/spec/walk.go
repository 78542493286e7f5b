package spec

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"hostnet-module/module/attr"
)

// walker reads a tree into a document and collects every problem on its way.
type walker struct {
	in       *reader // counts what is parsed out of texts, too
	problems []Problem
	embedded int // bytes of texts that were parsed as lists or objects
	objects  int // with all segments that ids stand for
	copied   extent
}

// full tells that so many problems were found that further ones need not be worded.
func (w *walker) full() bool { return len(w.problems) >= plenty }

// add notes a problem at a node.
func (w *walker) add(p place, err error, hint, message string) {
	if w.full() {
		return
	}
	w.problems = append(w.problems, Problem{Path: p.path(), Message: shorten(message), Hint: shorten(hint), Err: err,
		Line: int(p.node.line), Column: int(p.node.column)})
}

// fault notes a problem with a value, which the message starts with.
func (w *walker) fault(p place, err error, hint, format string, args ...any) {
	if !w.full() {
		w.add(p, err, hint, p.node.show()+": "+fmt.Sprintf(format, args...))
	}
}

// readFields reads an object all of whose keys are in one table.
func readFields[T any](w *walker, p place, to *T, what string, fields []field[T]) bool {
	return w.object(p, what, func(key string, at place) bool {
		f, ok := lookup(fields, key)
		if ok && !at.node.omitted() {
			f.read(w, to, at)
		}
		return ok
	}, func() []string { return fieldKeys(fields) })
}

// object reads the values of an object, key by key; read returns false for a key that it does not know, known lists those
// it does. It returns false if the node is no object.
func (w *walker) object(p place, what string, read func(key string, at place) bool, known func() []string) bool {
	if p.node.shape == textShape && startsWith(p.node.text, '{') && !w.expand(p, objectShape) {
		return false
	}
	if p.node.shape != objectShape {
		w.fault(p, ErrType, "", "must be an object: %s", what)
		return false
	}
	first := firstKeys(p.node.keys)
	for i, k := range p.node.keys {
		at := p.at(k.text, p.node.items[i])
		if was := first(i); was != i {
			w.add(at.on(k), ErrDuplicate, "", "duplicate key"+alsoAt(p.node.keys[was]))
			continue
		}
		if !read(k.text, at) && !w.full() {
			w.add(at.on(k), ErrUnknown, hintFor(k.text, known()), "unknown key "+quote(k.text))
		}
	}
	return true
}

// firstKeys returns a function that tells where the text of a key first stands among all. Most objects have a few: those are gone through.
func firstKeys(keys []*node) func(i int) int {
	const few = 12
	if len(keys) <= few {
		return func(i int) int { return slices.IndexFunc(keys, func(k *node) bool { return k.text == keys[i].text }) }
	}
	at := make(map[string]int, len(keys))
	for i, k := range slices.Backward(keys) {
		at[k.text] = i
	}
	return func(i int) int { return at[keys[i].text] }
}

func alsoAt(first *node) string {
	if first.line == 0 {
		return ""
	}
	return ", first at line " + strconv.Itoa(int(first.line))
}

// list reads a list: of the input, of a text that holds one ("['eth0','eth1']"), of words with commas between ("eth0,eth1"),
// or of the one scalar that is given in its place. Items that are Ansible's omit are left out. It returns false if there is
// none: not given, or no list.
func (w *walker) list(p place) (items []place, given bool) {
	if !w.listed(p) {
		return nil, false
	}
	if len(p.node.items) > maxItems {
		w.excess(p, "write fewer", "%d entries; a list has at most %d", len(p.node.items), maxItems)
		return nil, false
	}
	return p.items(), true
}

// listed makes a list of what is meant as one; false if there is none.
func (w *walker) listed(p place) bool {
	switch n := p.node; {
	case n.missing():
		return false
	case n.shape == textShape && startsWith(n.text, '['):
		return w.expand(p, listShape)
	case n.shape == objectShape || n.shape == textShape && startsWith(n.text, '{'):
		w.fault(p, ErrType, "put it in a list: [{...}]", "must be a list")
		return false
	case n.shape == textShape:
		return w.split(p)
	case n.shape != listShape:
		one := *n
		*n = node{shape: listShape, items: []*node{&one}, line: n.line, column: n.column}
	}
	return true
}

// items are the places of a list's items, without those that are Ansible's omit.
func (p place) items() []place {
	items, path := make([]place, 0, len(p.node.items)), p.path()
	for i, n := range p.node.items {
		if !n.omitted() {
			items = append(items, place{within: path + "[" + strconv.Itoa(i) + "]", node: n})
		}
	}
	return items
}

// maxWords is how many words with commas between are read as a list.
const maxWords = 4096

// split puts the list of its words in the place of a text.
func (w *walker) split(p place) bool {
	n := p.node
	words := 1 + strings.Count(n.text, ",")
	if words > maxWords {
		w.fault(p, ErrValue, "write a list", "at most %d words with commas between are read as a list", maxWords)
		return false
	}
	if w.in.nodes += words; w.in.nodes > w.in.most {
		w.excess(p, "write fewer", "the document has more than %d values up to here, each word between commas being one", w.in.most)
		return false
	}
	n.shape, n.items = listShape, nil
	for part := range strings.SplitSeq(n.text, ",") {
		n.items = append(n.items, &node{shape: textShape, text: strings.TrimSpace(part), plain: n.plain, line: n.line, column: n.column})
	}
	return true
}

func startsWith(text string, c byte) bool {
	text = strings.TrimSpace(text)
	return text != "" && text[0] == c
}

// expand puts the list or object that a text holds in the text's place: JSON, or what Python prints for one.
func (w *walker) expand(p place, want shape) bool {
	n := p.node
	if w.embedded += len(n.text); w.embedded > maxYAML {
		w.fault(p, ErrValue, "write it as it is, without quotes", "too much of the document is text that holds lists or objects")
		return false
	}
	tree, problem := w.in.readJSON([]byte(n.text))
	if problem != nil {
		tree, problem = w.in.readYAML([]byte(n.text))
	}
	if problem != nil {
		w.fault(p, ErrSyntax, "", "starts like %s but is none: %s", want, problem.Message)
		return false
	}
	if tree.shape != want {
		w.fault(p, ErrType, "", "must be %s", want)
		return false
	}
	tree.pythonWords()
	tree.stand(n.line, n.column)
	*n = *tree
	return true
}

// pythonWords turns Python's None, which YAML takes for a text, into null. (True and False are YAML's too.)
func (n *node) pythonWords() {
	if n.shape == textShape && n.plain && n.text == "None" {
		n.shape = nullShape
	}
	for _, i := range n.items {
		i.pythonWords()
	}
}

// text reads a scalar that is meant as a text. Numbers that have one way of being written only are taken as written;
// what may have lost digits or words before it came here is not.
func (w *walker) text(p place) (string, bool) {
	n := p.node
	switch {
	case n.missing():
		return "", false
	case n.shape == textShape:
		return n.text, true
	case n.shape == booleanShape && n.plain:
		return n.text, true
	case n.shape == numberShape && wholeNumber(n.text):
		return n.text, true
	case n.shape == numberShape:
		w.fault(p, ErrType, "quote it", "must be a text; an unquoted number may be read as another one")
	case n.shape == booleanShape:
		w.fault(p, ErrType, "quote it", "must be a text; unquoted on, off, yes and no are booleans")
	default:
		w.fault(p, ErrType, "", "must be a text")
	}
	return "", false
}

// wholeNumber tells whether a number is written in the one way that every reader of YAML and JSON gives back.
func wholeNumber(text string) bool {
	digits := strings.TrimPrefix(text, "-")
	return digits == "0" && text == "0" || digits != "" && digits[0] != '0' && strings.Trim(digits, "0123456789") == ""
}

// word is text without white space around it, for values that have none inside either.
func (w *walker) word(p place) (string, bool) {
	text, ok := w.text(p)
	return strings.TrimSpace(text), ok
}

// boolean reads a boolean in any of the usual words.
func (w *walker) boolean(p place) (on, given bool) {
	n := p.node
	if n.missing() {
		return false, false
	}
	on, ok := attr.ParseBool(strings.TrimSpace(n.text))
	if n.shape >= listShape || !ok {
		w.fault(p, kindOfFault(n), "", "must be true or false")
		return false, false
	}
	return on, true
}

func kindOfFault(n *node) error {
	if n.shape >= listShape {
		return ErrType
	}
	return ErrValue
}

// number reads a whole number between two others.
func (w *walker) number(p place, low, high uint64) (uint64, bool) {
	digits, ok := w.digits(p, false)
	if !ok {
		return 0, false
	}
	v, err := strconv.ParseUint(digits, 10, 64)
	if err != nil || v < low || v > high {
		w.fault(p, ErrValue, "", "must be %d-%d", low, high)
		return 0, false
	}
	return v, true
}

// digits reads a scalar that is meant as a whole number and returns its decimal digits, with a minus sign if it has one.
// "16", 0x10 and 16.0 are 16; 016 is refused, since it is 14 to some. Other words are returned as they are, booleans only where they may be meant.
func (w *walker) digits(p place, booleans bool) (string, bool) {
	n := p.node
	if n.missing() {
		return "", false
	}
	text := strings.TrimSpace(n.text)
	whole, fraction, point := strings.Cut(text, ".")
	unsigned := strings.TrimLeft(whole, "+-")
	switch {
	case n.shape >= listShape || n.shape == booleanShape && !booleans:
		w.fault(p, ErrType, "", "must be a number")
		return "", false
	case len(whole) > 2 && strings.EqualFold(whole[:2], "0x"):
		if v, err := strconv.ParseUint(whole[2:], 16, 64); err == nil && !point {
			return strconv.FormatUint(v, 10), true
		}
	case !allDigits(unsigned):
	case len(unsigned) > 1 && unsigned[0] == '0':
		w.fault(p, ErrValue, "write it without the leading zero", "is octal to some readers and decimal to others")
		return "", false
	case point && strings.Trim(fraction, "0") != "" && allDigits(fraction):
		w.fault(p, ErrValue, "", "must be a whole number")
		return "", false
	case point && strings.Trim(fraction, "0") == "":
		return whole, true
	}
	if n.shape == numberShape && strings.ContainsAny(text, "eE_:oO") {
		w.fault(p, ErrValue, "write the digits", "must be a whole number")
		return "", false
	}
	return text, true
}

func allDigits(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }

// choice reads one of some words.
func (w *walker) choice(p place, words ...string) (string, bool) {
	text, ok := w.word(p)
	if ok && !slices.Contains(words, strings.ToLower(text)) {
		w.fault(p, ErrValue, "", "must be one of %s", strings.Join(words, ", "))
		return "", false
	}
	return strings.ToLower(text), ok
}
