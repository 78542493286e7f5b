package walls

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestSecurityIsProved: each test that docs/security.md names as a proof is there, in the place that it names.
func TestSecurityIsProved(t *testing.T) {
	page, err := os.ReadFile("../../docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	named := 0
	for _, proof := range regexp.MustCompile("`([a-z/0-9]+): ([A-Za-z_., ]+)`").FindAllStringSubmatch(string(page), -1) {
		files, _ := filepath.Glob("../../" + proof[1] + "/*_test.go")
		var source strings.Builder
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			source.Write(text)
		}
		for _, name := range strings.Split(proof[2], ", ") {
			named++
			_, err := os.Stat(filepath.Join("../..", proof[1], name))
			if !strings.Contains(source.String(), "\nfunc "+name+"(t *testing.T)") && err != nil {
				t.Errorf("docs/security.md: %s has no %s", proof[1], name)
			}
		}
	}
	if named < 20 {
		t.Errorf("only %d tests are named", named)
	}
}
