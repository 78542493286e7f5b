package convert

import (
	"regexp"
	"slices"
	"strings"

	"hostnet-module/module/foreign"
)

// unexpanded is what template languages leave where nobody has filled it in: ${x}, {{ x }}, {% x %}, <%= x %>, %x%, @x@.
var unexpanded = regexp.MustCompile(`\$\{[^}]*\}|\{\{|\{%|<%|%[A-Za-z_]+%|@[A-Za-z_]+@`)

const ofTemplate = "is a template's word that nobody has filled in; convert the finished file (of ifupdown2's templates, what `ifquery -a` prints)"

// comments takes comments behind values and a template's leftovers out of the stanzas, and tells them, each once.
func (e *eni) comments() {
	for i := range e.stanzas {
		s := &e.stanzas[i]
		if n := slices.IndexFunc(s.Words, func(w string) bool { return strings.HasPrefix(w, "#") }); n > 0 {
			s.Words = s.Words[:n]
			e.tell(s.Pos, Faulty, commentBehind)
		}
		s.Options = slices.DeleteFunc(s.Options, func(o foreign.Option) bool {
			switch {
			case strings.HasPrefix(o.Key, "%") || strings.HasPrefix(o.Key, "{%") || strings.HasPrefix(o.Key, "<%"):
				e.tell(o.Pos, Faulty, ofTemplate)
				return true
			case hook[normal(o.Key)]:
				return false
			}
			found := unexpanded.MatchString(o.Value)
			if found {
				e.tell(o.Pos, Faulty, ofTemplate)
			}
			return found
		})
		for j := range s.Options {
			o := &s.Options[j]
			if key := normal(o.Key); hook[key] || key == "description" || key == "alias" {
				continue
			}
			if value, _, cut := strings.Cut(" "+strings.ReplaceAll(o.Value, "\t", " "), " #"); cut {
				o.Value = strings.TrimSpace(value)
				e.tell(o.Pos, Faulty, commentBehind)
			}
		}
	}
}

const commentBehind = "ifupdown takes what stands behind # as part of the value, and here it is left out; give the comment a line of its own"
