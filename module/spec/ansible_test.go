package spec

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The documentation that ansible-doc shows: of the collection, and of the module in a clone's library/.
const (
	ansibleFile = "../../plugins/modules/hostnet.py"
	libraryFile = "../../library/hostnet.yml"
)

// What the options stand between.
const (
	optionsBegin = "options: # made from the tables: go test ./module/spec -run TestAnsibleDocumentation -update\n"
	optionsEnd   = "# end of the options\n"
)

// TestAnsibleDocumentation: the options of the module are those of the tables, and library/hostnet.yml says what the
// collection says.
func TestAnsibleDocumentation(t *testing.T) {
	data, err := os.ReadFile(ansibleFile)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(data), optionsBegin)
	_, tail, ok2 := strings.Cut(rest, optionsEnd)
	if !ok || !ok2 {
		t.Fatalf("%s: no place for the options", ansibleFile)
	}
	want := head + optionsBegin + ansibleOptions() + optionsEnd + tail
	for file, text := range map[string]string{ansibleFile: want, libraryFile: forLibrary(want)} {
		if *update {
			if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if have, err := os.ReadFile(file); err != nil || string(have) != text {
			t.Errorf("%s is stale (%v): go test ./module/spec -run TestAnsibleDocumentation -update", file, err)
		}
	}
}

// actionOptions are those that the action plugin takes for itself.
var actionOptions = Tree{{"reconnect_host", Tree{{"type", "string"}, {"description",
	"Where the target is to be reached after the change, if not at the same address; the rest of the play goes there. Its SSH host key must be known by that name."}}}}

func ansibleOptions() string {
	var b strings.Builder
	schema := Schema()
	properties := append(append(Tree{}, get[Tree](schema, "properties")...), actionOptions...)
	putOptions(&b, "  ", properties, get[Tree](schema, "$defs"))
	return b.String()
}

func putOptions(b *strings.Builder, indent string, properties, definitions Tree) {
	for _, p := range properties {
		form := p.Value.(Tree)
		s := shapeOf(form, definitions)
		fmt.Fprintf(b, "%s%s:\n%s%s  type: %s\n", indent, p.Key, folded(indent+"  ", "description: "+quoted(marked(get[string](form, "description")))), indent, s.kind)
		if s.elements != "" {
			fmt.Fprintf(b, "%s  elements: %s\n", indent, s.elements)
		}
		if len(s.choices) > 0 {
			b.WriteString(folded(indent+"  ", "choices: ["+strings.Join(s.choices, ", ")+"]"))
		}
		if s.options != nil {
			fmt.Fprintf(b, "%s  suboptions:\n", indent)
			putOptions(b, indent+"    ", s.options, definitions)
		}
	}
}

// longest is how long a line of a Python file may be for ansible-test.
const longest = 160

// folded is a key with its value in lines of bearable length. YAML joins them with a space.
func folded(indent, text string) string {
	var b strings.Builder
	line := indent
	for i, word := range strings.Split(text, " ") {
		switch {
		case i == 0:
		case len(line)+1+len(word) > longest:
			b.WriteString(line + "\n")
			line = indent + "  "
		default:
			line += " "
		}
		line += word
	}
	return b.String() + line + "\n"
}

// ansibleShape is what Ansible's documentation says of a value.
type ansibleShape struct {
	kind, elements string
	choices        []string
	options        Tree
}

// shapeOf finds it in a schema's form: among the ways of writing a value, the one that says most.
func shapeOf(form, definitions Tree) ansibleShape {
	forms, ok := lookupKey(form, "anyOf")
	if !ok {
		forms = []any{form}
	}
	s := ansibleShape{kind: "str"}
	words := []string{}
	if refersTo(forms.([]any), "linkName", "addressWithLength") {
		return s // a name may be digits, an address a word
	}
	for _, f := range forms.([]any) {
		f := f.(Tree)
		kind, _ := lookupKey(f, "type")
		enum, _ := lookupKey(f, "enum")
		switch values, _ := enum.([]any); {
		case kind == "array":
			s.kind = "list"
			s.elements, s.options = elementsOf(f, definitions)
		case kind == "integer" && s.kind != "list" && s.kind != "bool":
			s.kind = "int"
		case refersTo([]any{f}, "boolean"), refersTo([]any{f}, "no") && len(words) == 0:
			s.kind = "bool"
		case len(values) > 0:
			for _, v := range values {
				if text, ok := v.(string); ok {
					words = append(words, quoted(text))
				} else if s.kind == "str" {
					s.kind = "int"
				}
			}
		}
	}
	switch {
	case s.kind == "int" && hasRange(forms.([]any)) && len(words) > 0:
		s.kind = "raw" // a number or a word
	case len(words) > 0:
		s.kind, s.choices = "str", words
	}
	return s
}

func refersTo(forms []any, names ...string) bool {
	return slices.ContainsFunc(forms, func(f any) bool {
		return slices.Contains(names, strings.TrimPrefix(get[string](f.(Tree), "$ref"), "#/$defs/"))
	})
}

// hasRange tells whether any number of a range may stand, and not only those of some words.
func hasRange(forms []any) bool {
	for _, f := range forms {
		low, ok := lookupKey(f.(Tree), "minimum")
		high, _ := lookupKey(f.(Tree), "maximum")
		if ok && fmt.Sprint(low) != fmt.Sprint(high) {
			return true
		}
	}
	return false
}

// elementsOf says what stands in a list: objects of one form, or several things.
func elementsOf(list, definitions Tree) (string, Tree) {
	items, _ := lookupKey(get[Tree](list, "items"), "anyOf")
	alternatives, _ := items.([]any)
	if len(alternatives) == 0 {
		return "raw", nil
	}
	first := alternatives[0].(Tree)
	if inner, ok := lookupKey(first, "anyOf"); ok {
		alternatives = inner.([]any)
		first = alternatives[0].(Tree)
	}
	name := strings.TrimPrefix(get[string](first, "$ref"), "#/$defs/")
	definition, _ := lookupKey(definitions, name)
	object, _ := definition.(Tree)
	if properties, ok := lookupKey(object, "properties"); ok {
		return "dict", properties.(Tree)
	}
	if refersTo(alternatives, "objectText") {
		return "raw", nil
	}
	return "str", nil
}

func lookupKey(t Tree, key string) (any, bool) {
	for _, p := range t {
		if p.Key == key {
			return p.Value, true
		}
	}
	return nil, false
}

func get[T any](t Tree, key string) T {
	v, _ := lookupKey(t, key)
	out, _ := v.(T)
	return out
}

var ticks = regexp.MustCompile("`([^`]*)`")

// marked turns our way of marking a word into Ansible's.
func marked(text string) string { return ticks.ReplaceAllString(text, "C($1)") }

func quoted(text string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(text); err != nil {
		panic(err)
	}
	return strings.TrimSpace(b.String())
}

// forLibrary makes of the collection's documentation, three texts in Python, that of a module in library/: YAML, with the
// module's short name.
func forLibrary(python string) string {
	var b strings.Builder
	b.WriteString("# Made from plugins/modules/hostnet.py: go test ./module/spec -run TestAnsibleDocumentation -update\n")
	for _, part := range []struct{ name, head string }{{"DOCUMENTATION", "DOCUMENTATION:"}, {"EXAMPLES", "EXAMPLES: |"}, {"RETURN", "RETURN:"}} {
		_, text, _ := strings.Cut(python, part.name+" = r'''\n")
		text, _, _ = strings.Cut(text, "'''\n")
		b.WriteString(part.head + "\n")
		for line := range strings.Lines(strings.ReplaceAll(text, "hostnet.linux.hostnet:", "hostnet:")) {
			switch {
			case line == "---\n":
			case line == "\n":
				b.WriteString(line)
			default:
				b.WriteString("  " + line)
			}
		}
	}
	return b.String()
}
