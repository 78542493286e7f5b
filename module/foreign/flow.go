package foreign

import "fmt"

// maxFlow is how many tokens one list or object in brackets may have. The parser keeps them all until it ends, 200 bytes each, since what is in brackets
// may turn out to be a key.
const maxFlow = 1 << 16

// flow follows brackets through a file and counts the tokens within. It may think that more are open than are, but not that fewer are: once it
// cannot tell whether a quote begins a text, it takes no closing bracket for one any more.
type flow struct {
	data    []byte
	open    int
	tokens  int
	quote   byte // of the text that is being passed over
	comment bool // that is being passed over
	unsure  bool
}

// look takes in the next character, if it is one that matters; false if there are too many tokens.
func (f *flow) look(i int, colon bool) bool {
	switch c := f.data[i]; {
	case c == '\n':
		f.unsure = f.unsure || f.quote != 0 // a text of several lines, or none
		f.quote, f.comment = 0, false
	case f.comment:
	case f.quote != 0:
		if c == f.quote && !(c == '"' && escaped(f.data[:i])) {
			f.quote = 0 // two single quotes within a text close and open it
		}
	case c == '"' || c == '\'':
		f.begin(i)
	case c == '#':
		f.comment = i == 0 || blank(f.data[i-1])
	case c == '[' || c == '{':
		f.open++
		f.tokens++
	case c == ']' || c == '}':
		f.open = max(f.open-1, 0)
		f.tokens++
	case c == ',':
		f.tokens += 2
	case c == ':' && colon:
		f.tokens += 3
	case c == '&' || c == '*' || c == '!' || c == '?':
		f.tokens++
	}
	if f.open == 0 && !f.unsure {
		f.tokens = 0
	}
	return f.tokens <= maxFlow
}

// begin tells apart quotes that begin a text, that are an apostrophe, and those of which that cannot be said.
func (f *flow) begin(i int) {
	last, next := byte('\n'), byte('\n')
	if i > 0 {
		last = f.data[i-1]
	}
	if i+1 < len(f.data) {
		next = f.data[i+1]
	}
	at := i - 1
	for at >= 0 && blank(f.data[at]) {
		at--
	}
	before := byte(',')
	if at >= 0 {
		before = f.data[at]
	}
	switch {
	case letter(last) && letter(next): // it's
	case last == '\'' && f.data[i] == '\'', before == '[', before == '{', before == ',',
		blank(last) && (before == ':' || before == '-' || before == '?'), f.open == 0 && last == '\n',
		last == ':' && i > 1 && closes(f.data[i-2]):
		f.quote = f.data[i]
	default:
		f.unsure = true
	}
}

// escaped tells whether an odd number of backslashes stands before.
func escaped(before []byte) bool {
	n := 0
	for n < len(before) && before[len(before)-1-n] == '\\' {
		n++
	}
	return n%2 == 1
}

func blank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func letter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' }

// closes tells whether a colon right behind a character parts a key from its value, as in JSON.
func closes(c byte) bool { return c == '"' || c == '\'' || c == ']' || c == '}' }

func tooBroad(line, column int) *Excess {
	return &Excess{line, column, fmt.Sprintf("more than %d marks and words in one list or object in brackets: give each entry a line of its own, with - before it", maxFlow)}
}
