package walls

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// columns is how wide a line of prose may be.
const columns = 140

// generated are pages that the program writes.
var generated = map[string]bool{"options.md": true}

// wide are pages that are still to be brought to that width: none may come to them.
var wide = map[string]bool{"README.md": true, "ansible.md": true, "boot.md": true, "confirm.md": true, "convert.md": true, "document.md": true,
	"lab.md": true, "rationale.md": true, "trouble.md": true}

// tooWide are the lines of a page that are prose and too wide: no code, no table, no picture.
func tooWide(page string) (lines []string) {
	code := false
	for n, line := range strings.Split(page, "\n") {
		start := strings.TrimLeft(line, " ")
		if strings.HasPrefix(start, "```") {
			code = !code
		}
		if !code && !strings.HasPrefix(start, "|") && !strings.HasPrefix(start, "![") && utf8.RuneCountInString(line) > columns {
			lines = append(lines, fmt.Sprintf("%d: %.60s…", n+1, line))
		}
	}
	return lines
}

// TestColumns: prose is read in editors and in diffs, where a line of 400 columns hides what changed.
func TestColumns(t *testing.T) {
	pages := []string{"../../README.md"}
	err := filepath.WalkDir("../../docs", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(path, ".md") && !generated[d.Name()] {
			pages = append(pages, path)
		}
		return err
	})
	if err != nil || len(pages) < 10 {
		t.Fatal(len(pages), err)
	}
	for _, page := range pages {
		data, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		if wide[filepath.Base(page)] {
			continue
		}
		for _, line := range tooWide(string(data)) {
			t.Errorf("%s:%s is wider than %d columns", page, line, columns)
		}
	}
}

// TestColumnsSee: prose in lists counts, in runes; code, tables and pictures do not.
func TestColumnsSee(t *testing.T) {
	long := strings.Repeat("ä", columns+1)
	for page, want := range map[string]int{
		long: 1, "- " + long: 1, "  " + long: 1, strings.Repeat("ä", columns): 0,
		"```\n" + long + "\n```\n" + long: 1, "  ```\n" + long + "\n  ```": 0, "| " + long + " |": 0, "![x](" + long + ")": 0,
	} {
		if got := tooWide(page); len(got) != want {
			t.Errorf("%q: %d lines, want %d", page, len(got), want)
		}
	}
}
