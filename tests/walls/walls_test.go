// Package walls holds the house to its plan: which room may import which (docs/rationale.md), in the manner of Go's own
// go/build/deps_test.go, and a few things that the eye passes over.
package walls

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const self = "hostnet-module/module/"

// ours are the rooms that a room may import; rooms that are not listed may import nothing of ours.
var ours = map[string]string{
	"attr":    "",
	"kind":    "attr",
	"spec":    "kind attr",
	"foreign": "", // reads the forms of other managers' files, for others and convert
	"convert": "spec kind foreign",
	"state":   "kind attr",
	"plan":    "spec state kind attr",
	"store":   "",
	"others":  "foreign",         // reads the files of other managers of the network: I/O that nobody else needs, and that knows nothing of ours
	"persist": "spec plan store", // what comes back at boot: the merged document, and what calls us
	"probe":   "spec",            // asks what is out there: I/O of its own, which the engine schedules
	"guard":   "store",           // processes, sockets and clocks; what undo and keep are, the engine tells it
	"engine":  "spec state plan store others persist probe guard attr",
	"kernel":  "state kind attr store", // of store the reading of files, as sysfs has them
	"report":  "spec state plan engine kind attr guard",
	"ansible": "engine kernel spec convert store report plan state persist",
	"cli":     "engine kernel spec convert foreign store report plan state ansible persist guard",
	"":        "ansible cli engine kernel persist guard store",
}

// theirs are the libraries, and the rooms and files that may import them.
var theirs = map[string]string{
	"github.com/vishvananda/netlink": "kernel",
	"golang.org/x/sys":               "kernel kind guard",
	"github.com/goccy/go-json":       "spec/decode.go spec/node.go report",
	"go.yaml.in/yaml":                "spec/decode.go spec/node.go convert foreign",
	"github.com/spf13/pflag":         "cli",
}

func TestWalls(t *testing.T) {
	root := "../../module"
	seen := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		rel, _ := filepath.Rel(root, path)
		room := filepath.Dir(rel)
		if room == "." {
			room = ""
		}
		if _, ok := ours[room]; !ok {
			t.Errorf("%s: the house has no room %q", rel, room)
		}
		seen[room] = true
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range file.Imports {
			name, _ := strconv.Unquote(spec.Path.Value)
			checkImport(t, rel, room, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, room := range []string{"attr", "kind", "spec", "state", "plan", "others", "probe", "guard", "foreign", "convert", "engine", "kernel", "store", "report", "ansible", "cli", ""} {
		if !seen[room] {
			t.Errorf("room %q is empty", room)
		}
	}
}

func checkImport(t *testing.T, file, room, name string) {
	if other, ok := strings.CutPrefix(name, self); ok {
		if !slices.Contains(strings.Fields(ours[room]), other) {
			t.Errorf("%s: room %q may not import %q", file, room, other)
		}
		return
	}
	if first, _, _ := strings.Cut(name, "/"); !strings.Contains(first, ".") {
		return // the standard library
	}
	for library, may := range theirs {
		if name == library || strings.HasPrefix(name, library+"/") {
			if !slices.Contains(strings.Fields(may), room) && !slices.Contains(strings.Fields(may), file) {
				t.Errorf("%s: %s is for %s alone", file, library, may)
			}
			return
		}
	}
	t.Errorf("%s: the library %s is not in the plan", file, name)
}

// TestMainIsSmall keeps main.go what it is: a choice of the front door.
func TestMainIsSmall(t *testing.T) {
	data, err := os.ReadFile("../../module/main.go")
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(data), "\n"); n > 50 {
		t.Errorf("main.go has %d lines; 50 is the limit", n)
	}
}

// TestFunctionsAreShort: 60 lines is the gate, 40 the habit.
func TestFunctionsAreShort(t *testing.T) {
	for _, root := range []string{"../../module", "../../tests", "../../cloudinit"} {
		filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return nil
			}
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, path, nil, 0)
			if err != nil {
				t.Error(err)
				return nil
			}
			for _, decl := range file.Decls {
				f, ok := decl.(*ast.FuncDecl)
				if lines := set.Position(decl.End()).Line - set.Position(decl.Pos()).Line; ok && lines > 60 {
					t.Errorf("%s: %s has %d lines; 60 is the gate", path, f.Name, lines)
				}
			}
			return nil
		})
	}
}

// TestNobodyAsksForTheKind: kinds are tables. Only they may know their names.
func TestNobodyAsksForTheKind(t *testing.T) {
	for _, room := range []string{"plan", "engine", "state"} {
		files, _ := filepath.Glob("../../module/" + room + "/*.go")
		for _, path := range files {
			data, _ := os.ReadFile(path)
			for n, line := range strings.Split(string(data), "\n") {
				for _, name := range []string{"bond", "vlan", "bridge"} {
					if strings.Contains(line, `== "`+name+`"`) || strings.Contains(line, "== kind."+strings.ToUpper(name[:1])) || strings.Contains(line, `case "`+name+`"`) {
						if !strings.HasSuffix(path, "_test.go") {
							t.Errorf("%s:%d asks for a kind: give its table a column instead", path, n+1)
						}
					}
				}
			}
		}
	}
}
