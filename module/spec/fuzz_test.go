package spec

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
)

// pathForm is what a path looks like: names and quoted texts, with numbers in brackets.
var pathForm = regexp.MustCompile(`^(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*")(?:\[[0-9]+\])*(?:\.(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*")(?:\[[0-9]+\])*)*$`)

func sane(t *testing.T, data []byte, problems []Problem) {
	lines := bytes.Count(data, []byte{'\n'}) + bytes.Count(data, []byte{'\r'}) + 1
	lines += strings.Count(string(data), "\u0085") + strings.Count(string(data), "\u2028") + strings.Count(string(data), "\u2029")
	if len(problems) > Most+1 {
		t.Errorf("%d problems", len(problems))
	}
	for _, p := range problems {
		if p.Path != "" && !pathForm.MatchString(p.Path) {
			t.Errorf("%v: path %q", p, p.Path)
		}
		if p.Line < 0 || p.Line > lines || p.Column < 0 || p.Column > len(data)+1 || (p.Line == 0) != (p.Column == 0) {
			t.Errorf("%v: no place in %d lines", p, lines)
		}
		if p.Err == nil {
			t.Errorf("%v: of no kind", p)
		}
		if strings.ContainsFunc(p.Message+p.Hint+p.Path, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("%q holds what is not printed", p.String())
		}
	}
}

// FuzzDecode: no input panics, every problem has a place, and a document without problems survives being written.
func FuzzDecode(f *testing.F) {
	for _, rows := range [][]refusal{refusedForm, refusedSense} {
		for _, row := range rows {
			if len(row.input) < 4000 {
				f.Add([]byte(row.input), false)
			}
		}
	}
	f.Add([]byte(seed), false)
	f.Add([]byte(`{"bonds": [{"name": "b", "members": "['x', \"y\"]"}]}`), true)
	f.Fuzz(func(t *testing.T, data []byte, isJSON bool) {
		name := map[bool]string{true: "x.json", false: "x.yaml"}[isJSON]
		d, problems, warnings := Read(data, name)
		sane(t, data, problems)
		for i := range warnings {
			warnings[i].Err = ErrValue
		}
		sane(t, data, warnings)
		ReadArgs(data)
		if len(problems) > 0 || d.State == Gathered {
			return
		}
		tree := d.Encode()
		for name, text := range map[string][]byte{"x.json": tree.JSON(), "x.yaml": tree.YAML()} {
			again, problems := Decode(text, name)
			if diff := cmp.Diff(d, again, exactly); diff != "" || len(problems) > 0 {
				t.Errorf("%s\n%s\n%v\n%s", name, text, Problems(problems), diff)
			}
		}
	})
}

// FuzzJSON holds our reading of JSON against the standard library's: what it refuses is refused, and what is taken means
// the same, but for what we refuse on purpose (duplicate keys are the walker's, depth, invalid UTF-8, lone surrogates).
func FuzzJSON(f *testing.F) {
	for _, s := range []string{`{}`, `{"a": [1, -0, 1e400, 123456789012345678901234567890, "\u00e4\ud83d\ude00\"\\\/"], "b": {"c": null}}`, ` [true,false] `,
		`"x"`, `1`, `-`, `01`, `1.`, `.5`, `+1`, `1e`, `{"a":1,}`, `[1,]`, `{"a"}`, `{a:1}`, `{'a':1}`, "\"\t\"", `"\x"`, `"\u12"`, `nul`, `nullx`, `{} {}`, "\ufeff{}", `{"a":1,"a":2}`, `/**/1`, `[1 2]`, `{"a" 1}`, "\x00", `NaN`, `Infinity`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		tree, problem := parse(data, "x.json")
		decoder := json.NewDecoder(bytes.NewReader(data))
		decoder.UseNumber()
		var want any
		err := decoder.Decode(&want)
		valid := err == nil && json.Valid(data)
		if problem != nil {
			sane(t, data, []Problem{*problem})
			return
		}
		if !valid {
			t.Fatalf("%q is taken, encoding/json says %v", data, err)
		}
		if diff := cmp.Diff(want, tree.asAny()); diff != "" {
			t.Errorf("%q: %s", data, diff)
		}
		if got := string(data[tree.from:tree.to]); got != strings.Trim(string(data), " \t\r\n") {
			t.Errorf("%q: stands at %q", data, got)
		}
	})
}

// asAny is the tree as encoding/json would have it.
func (n *node) asAny() any {
	switch n.shape {
	case nullShape:
		return nil
	case booleanShape:
		return n.text == "true"
	case numberShape:
		return json.Number(n.text)
	case textShape:
		return n.text
	case listShape:
		list := make([]any, len(n.items))
		for i, item := range n.items {
			list[i] = item.asAny()
		}
		return list
	}
	object := make(map[string]any)
	for i, k := range n.keys {
		object[k.text] = n.items[i].asAny()
	}
	return object
}

// FuzzBoth: JSON is YAML. A document in JSON means the same to both readers, where both take it.
func FuzzBoth(f *testing.F) {
	f.Add([]byte(`{"bonds": [{"name": "b", "miimon": "100", "members": ["x", {"mac": "00:16:3e:00:00:01"}], "up": true, "mtu": null}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		a, problemsA := Decode(data, "x.json")
		b, problemsB := Decode(data, "x.yaml")
		if len(problemsA)+len(problemsB) > 0 {
			return
		}
		if diff := cmp.Diff(a, b, exactly); diff != "" {
			t.Error(diff)
		}
	})
}
