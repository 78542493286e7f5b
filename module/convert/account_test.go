package convert

import (
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"hostnet-module/module/foreign"
)

// TestEveryLineIsAccounted takes each line of each input out in turn. A line that is Taken must have made a difference, one
// that is Passed none to the document, one that is Lost must be in Left. Nothing but what is not understood at all may be told
// to be so.
func TestEveryLineIsAccounted(t *testing.T) {
	eachInput(t, func(kind, file string, f files, names []string, o Options) {
		convert := from[kind]
		r, l, err := convert(f, names, o)
		if err != nil {
			t.Fatal(err)
		}
		said := told(r)
		for line := range strings.Lines(said) {
			if strings.Contains(line, ": is not understood") {
				t.Errorf("%s: a line that nobody has looked at: %s", file, line)
			}
		}
		for name := range f {
			lines := strings.Split(strings.TrimSuffix(f[name], "\n"), "\n")
			for n := 1; n <= len(lines) && l.texts[name] != nil; n++ {
				at := foreign.Pos{File: name, Line: n}
				mutant := without(f, name, lines, n, max(n, l.last[at]))
				other, _, err := convert(mutant, names, o)
				if err != nil { // no YAML any more: that is a difference
					continue
				}
				what := file + ": " + at.String() + ": " + strings.TrimSpace(lines[n-1])
				switch fate := l.fates[at]; {
				case fate == Unseen:
					t.Errorf("%s: no word about it", what)
				case fate == Taken && told(other) == said:
					// It may say what is so anyway. Then it must matter what it says.
					damaged := strings.Split(f[name], "\n")
					damaged[l.last[at]-1+max(0, n-l.last[at])] += "x9"
					mutant[name] = strings.Join(damaged, "\n")
					if other, _, _ := convert(mutant, names, o); told(other) == said {
						t.Errorf("%s: taken, and without it or with another word at its end all is the same", what)
					}
				case fate == Passed && !carries(l, at) && string(other.Document.YAML()) != string(r.Document.YAML()):
					t.Errorf("%s: passed over, and without it the document is another one", what)
				}
			}
		}
		for _, left := range r.Left {
			if at := (foreign.Pos{File: left.File, Line: left.Line}); l.fates[at] != Lost {
				t.Errorf("%s: %s: left, and its fate is %d", file, at, l.fates[at])
			}
		}
	})
}

// eachInput goes through the inputs of all formats.
func eachInput(t *testing.T, do func(kind, file string, f files, names []string, o Options)) {
	for kind := range from {
		list, _ := filepath.Glob("testdata/" + kind + "/*.txtar")
		for _, file := range list {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			a.Files = a.Files[:len(a.Files)-1]
			do(kind, file, filesOf(a), inputs(a), options(a))
		}
	}
}

// without puts comments in the place of some lines.
func without(f files, name string, lines []string, first, last int) files {
	mutant := files{}
	for k, v := range f {
		mutant[k] = v
	}
	var b strings.Builder
	for i, line := range lines {
		if n := i + 1; n >= first && n <= last {
			line = "#"
		}
		b.WriteString(line + "\n")
	}
	mutant[name] = b.String()
	return mutant
}

// carries tells whether other lines stand below one: without it they mean something else.
func carries(l *ledger, at foreign.Pos) bool {
	for _, up := range l.above {
		if up == at {
			return true
		}
	}
	return false
}
