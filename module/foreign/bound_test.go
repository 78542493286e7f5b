package foreign

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// count is how many values a tree has.
func count(n *Node) int {
	total := 1
	for _, item := range n.Content {
		total += count(item)
	}
	return total
}

// FuzzCrowded holds what is counted before the parser starts against what it makes of it: never less than half of it, so that memory is bounded.
func FuzzCrowded(f *testing.F) {
	for _, text := range []string{"a: [b, 'c', {d: e}]\n- f\n", "[a: b, a: b]", "{a, b, \"[\", c}", "? a\n? b\n", "- - - a\n", "a: it's [b]\n", "a: |\n  [ ' \" # {\nb: [c, # ]\n d]\n",
		"a: b\n  \"c: [\nd: [\"e\", f]\n", "{\"a\":\"]\",\"b\":[1,2]}", "'a': 'it''s ]'\n", "&a [*a, !!str b]", ": \n: \n", "a: \"\\\"]\\\\\"\n", ",a,b: c\n", "[a\n \"[b\", c]"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		document := new(Node)
		if len(text) > 4096 || yaml.Load([]byte(text), document) != nil {
			return
		}
		n, _ := crowded([]byte(text))
		if got := count(document); got > 2*n+2 {
			t.Errorf("%q has %d values, %d are counted", text, got, n)
		}
	})
}

// TestFlow: what is closed is no longer counted, and what only looks closed is.
func TestFlow(t *testing.T) {
	item := "- {id: 7, parent: bond0, bridge: 'vlan7', addresses: [\"192.0.2.1/24\"], description: 'it''s a ] {'}\n"
	if _, e := crowded([]byte("# it's\nsegments:\n" + strings.Repeat(item, 6000))); e != nil {
		t.Error(e)
	}
	for _, head := range []string{"", "a: it's\nb: ", "x: \"a\n  b\"\nc: ", "a: b 'c\nd: ", "a: [\"]\", ", "a: [']', ", "a: [b, # ]\n", "a: [b\n \"]\", ", "a: [\"\n]\", ", "a: [x\n '] ', ", "a: ['it''s ]', ", "a: [\"\\\"]\", ",
		"{\"a\":\"]\",b: ", "a: [!x'y]', ", "a: |\n  \"\nb: ", "a: [&a ']', "} {
		text := head + "[" + strings.Repeat("{k: 1},\n", 16000)
		_, e := crowded([]byte(text))
		if e == nil || !strings.Contains(e.Text, "in brackets") {
			t.Errorf("%.30q: %v", head, e)
		}
	}
}

// TestLoad: bombs of aliases and of depth are told with a place.
func TestLoad(t *testing.T) {
	for text, want := range map[string]string{
		"a: &a [" + strings.Repeat("x,", 1000) + "]\nb: &b [" + strings.Repeat("*a,", 1000) + "]\n": "line 2, column 398: the document has more than 131072 values",
		"a: &a [*a]": "nested more than 64 deep",
		"a: &a " + strings.Repeat("x", 1<<19) + "\nb: [" + strings.Repeat("*a,", 40) + "]": "bytes of texts",
		strings.Repeat("[", 200): "nested more than 64 deep",
	} {
		_, err := Load([]byte(text))
		var excess *Excess
		if !errors.As(err, &excess) || !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("%.30s: %v, want %s", text, err, want)
		}
	}
	if n, err := Load([]byte("a: &a [1, 2]\nb: *a\n")); err != nil || len(n.Content) != 1 {
		t.Error(n, err)
	}
}
