package spec

import (
	"cmp"
	"fmt"
	"slices"
)

// syntax is a problem of the input as such.
func syntax(line, column int, format string, args ...any) *Problem {
	return &Problem{Message: bare(fmt.Sprintf(format, args...)), Line: line, Column: column, Err: ErrSyntax}
}

// Most is how many problems, and how many warnings, are shown at once.
const Most = 100

// plenty is how many are looked for.
const plenty = 10 * Most

// shorten keeps a message to what a person reads: names in it may have any length.
func shorten(text string) string {
	const most = 1000
	if len(text) <= most {
		return text
	}
	return cut(text, most) + "..."
}

// tidy sorts problems as they stand in the document, drops repeated ones, and bounds them.
func tidy(problems []Problem) []Problem {
	slices.SortStableFunc(problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), comparePaths(a.Path, b.Path))
	})
	seen := make(map[[2]string]bool)
	found := len(problems)
	problems = slices.DeleteFunc(problems, func(p Problem) bool {
		key := [2]string{p.Path, p.Message}
		again := seen[key]
		seen[key] = true
		return again
	})
	if more := len(problems) - Most; more > 0 {
		rest := fmt.Sprintf("%d more are not shown", more)
		if found >= plenty {
			rest = "many more are not shown"
		}
		problems = append(problems[:Most:Most], Problem{Message: rest, Err: problems[Most].Err})
	}
	return problems
}

// comparePaths orders paths as a document is read: by the order of the lists in a result, then by number, then by name.
func comparePaths(a, b string) int {
	for a != "" && b != "" {
		x, restA := step(a)
		y, restB := step(b)
		if c := compareSteps(x, y); c != 0 {
			return c
		}
		a, b = restA, restB
	}
	return cmp.Compare(len(a), len(b))
}

// step cuts the first name or "[number" off a path.
func step(path string) (first, rest string) {
	for i := 1; i < len(path); i++ {
		switch path[i] {
		case '[':
			return path[:i], path[i:]
		case '.', ']':
			return path[:i], path[i+1:]
		}
	}
	return path, ""
}

func compareSteps(a, b string) int {
	if a[0] == '[' && b[0] == '[' {
		return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
	}
	return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b))
}

func rank(key string) int {
	if i := slices.Index(listKeys(), key); i >= 0 {
		return i + 1
	}
	return 0
}
