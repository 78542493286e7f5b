package report

import (
	"maps"
	"slices"
	"strings"

	"hostnet-module/module/plan"
	"hostnet-module/module/spec"
)

// Diff is one object before and after, in the form that Ansible shows. The texts end in a newline; an object that is not
// there is the empty text. (Ansible takes texts or objects here, never lists.)
type Diff struct {
	BeforeHeader string `json:"before_header"`
	AfterHeader  string `json:"after_header"`
	Before       string `json:"before"`
	After        string `json:"after"`
}

func difference(o *plan.Object) Diff {
	head := o.Kind + " " + o.Name
	d := Diff{BeforeHeader: head, AfterHeader: head}
	if o.States != nil {
		before, after := o.States()
		d.Before, d.After = yamlText(before), yamlText(after)
	}
	return d
}

// yamlText prints an object's state as YAML, keys in alphabetical order; lists have an item a line, as a diff wants it.
func yamlText(m map[string]any) string {
	if m == nil {
		return ""
	}
	var b strings.Builder
	yamlMap(&b, m, "")
	return b.String()
}

func yamlMap(b *strings.Builder, m map[string]any, indent string) {
	for _, key := range slices.Sorted(maps.Keys(m)) {
		b.WriteString(indent + key + ":")
		yamlValue(b, m[key], indent)
	}
}

// yamlValue prints what stands behind "key:", with the newline.
func yamlValue(b *strings.Builder, v any, indent string) {
	if m, ok := v.(map[string]any); ok && len(m) > 0 {
		b.WriteByte('\n')
		yamlMap(b, m, indent+"  ")
		return
	}
	items, isList := list(v)
	if !isList || len(items) == 0 {
		b.WriteString(" " + yamlScalar(v) + "\n")
		return
	}
	b.WriteByte('\n')
	for _, it := range items {
		if m, ok := it.(map[string]any); ok && len(m) > 0 {
			var inner strings.Builder
			yamlMap(&inner, m, indent+"  ")
			b.WriteString(indent + "- " + strings.TrimPrefix(inner.String(), indent+"  "))
			continue
		}
		b.WriteString(indent + "- " + yamlScalar(it) + "\n")
	}
}

// yamlScalar prints a value on one line, quoted as documents are.
func yamlScalar(v any) string {
	if items, ok := list(v); ok {
		v = items
	}
	switch v.(type) {
	case nil:
		return "null"
	case map[string]any:
		return "{}"
	}
	line := spec.Tree{{Key: "x", Value: v}}.YAML()
	return strings.TrimSuffix(strings.TrimPrefix(string(line), "x: "), "\n")
}

// list sees through the kinds of lists that attributes have.
func list(v any) ([]any, bool) {
	switch v := v.(type) {
	case []any:
		return v, true
	case []string:
		return anys(v), true
	case []map[string]any:
		return anys(v), true
	}
	return nil, false
}

func anys[T any](in []T) []any {
	out := make([]any, len(in))
	for i, v := range in {
		out[i] = v
	}
	return out
}
