package convert

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// excuse is a sort of lines that may be blanked without a difference, as testdata/blank.txt has it: a format, a pattern of the line, and
// why the line says nothing.
type excuse struct {
	format  string
	pattern *regexp.Regexp
	used    bool
}

// TestBlankLine blanks each line of each input in turn. The document or what is told must then be another one, or the line must be of a
// sort that testdata/blank.txt lists with its reason. A sort that no line needs any more is stale.
func TestBlankLine(t *testing.T) {
	list := excuses(t)
	eachInput(t, func(kind, file string, f files, names []string, o Options) {
		r, l, err := from[kind](f, names, o)
		if err != nil {
			t.Fatal(err)
		}
		said := told(r)
		for name := range l.texts {
			lines := strings.Split(strings.TrimSuffix(f[name], "\n"), "\n")
			for i, line := range lines {
				text := strings.TrimSpace(line)
				if text == "" || text[0] == '#' {
					continue
				}
				other, _, err := from[kind](without(f, name, lines, i+1, i+1), names, o)
				if err != nil || told(other) != said {
					continue
				}
				n := slices.IndexFunc(list, func(e *excuse) bool { return e.format == kind && e.pattern.MatchString(text) })
				if n < 0 {
					t.Errorf("%s: %s:%d: without this line all is the same: %s", file, name, i+1, text)
					continue
				}
				list[n].used = true
			}
		}
	})
	for _, e := range list {
		if !e.used {
			t.Errorf("testdata/blank.txt: %s %s: no line needs it any more", e.format, e.pattern)
		}
	}
}

// excuses reads testdata/blank.txt: FORMAT, PATTERN and REASON with tabs between them.
func excuses(t *testing.T) (list []*excuse) {
	data, err := os.ReadFile("testdata/blank.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		parts := strings.Split(line, "\t")
		if len(parts) != 3 || parts[2] == "" {
			t.Fatalf("testdata/blank.txt: must be FORMAT, PATTERN and REASON with tabs between them: %s", line)
		}
		list = append(list, &excuse{format: parts[0], pattern: regexp.MustCompile("^(?:" + parts[1] + ")$")})
	}
	return list
}
