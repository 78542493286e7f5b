// Package walls holds the house to its plan: which room may import which (docs/rationale.md), in the manner of Go's own
// go/build/deps_test.go, and a few things that the eye passes over.
package walls

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// ours are the rooms, below this project's name, and what each may import of ours; a room that is not listed is no room.
var ours = map[string]string{
	"module/attr":     "",
	"module/kind":     "module/attr",
	"module/spec":     "module/kind module/attr module/foreign",
	"module/foreign":  "", // reads the forms of other managers' files, for spec, others and convert; bounds what YAML may cost
	"module/convert":  "module/spec module/kind module/foreign",
	"module/state":    "module/kind module/attr",
	"module/plan":     "module/spec module/state module/kind module/attr",
	"module/store":    "",
	"module/others":   "module/foreign",                                       // reads the files of other managers of the network: I/O that nobody else needs, and that knows nothing of ours
	"module/persist":  "module/spec module/plan module/store cloudinit/files", // what comes back at boot: the merged document, and what calls us
	"module/probe":    "module/spec",                                          // asks what is out there: I/O of its own, which the engine schedules
	"module/guard":    "module/store",                                         // processes, sockets and clocks; what undo and keep are, the engine tells it
	"module/engine":   "module/spec module/state module/plan module/store module/others module/persist module/probe module/guard module/attr",
	"module/kernel":   "module/state module/kind module/attr module/store", // of store the reading of files, as sysfs has them
	"module/report":   "module/spec module/state module/plan module/engine module/kind module/attr module/guard",
	"module/ansible":  "module/engine module/kernel module/spec module/convert module/store module/report module/plan module/state module/persist",
	"module/cli":      "module/engine module/kernel module/spec module/convert module/foreign module/store module/report module/plan module/state module/ansible module/persist module/guard cloudinit",
	"module":          "module/ansible module/cli module/engine module/kernel module/persist module/guard module/store cloudinit",
	"cloudinit":       "module/attr module/convert module/engine module/persist module/plan module/report module/spec module/state module/store",
	"cloudinit/files": "", // units and scripts, embedded

	"tests/fake":          "module/attr module/engine module/guard module/kind module/persist module/state",
	"tests/await":         "",
	"tests/lab":           "tests/await tests/lab/topo",
	"tests/lab/topo":      "tests/await", // made with `ip` and `bridge` alone, so that it can contradict the program
	"tests/bench":         "tests/lab/topo",
	"tests/faults":        "",
	"tests/chance":        "",
	"tests/bad":           "",
	"tests/many":          "",
	"tests/real":          "",
	"tests/real/many":     "",
	"tests/real/managers": "",
	"tests/boot":          "",
	"tests/ansible":       "",
}

// theirs are the libraries, and the rooms and files that may import them.
var theirs = map[string]string{
	"github.com/vishvananda/netlink":        "module/kernel tests/bench",
	"golang.org/x/sys":                      "module/kernel module/kind module/guard tests/bench tests/faults tests/lab tests/lab/topo",
	"github.com/goccy/go-json":              "module/spec/decode.go module/spec/node.go module/report",
	"go.yaml.in/yaml":                       "module/spec/decode.go module/spec/node.go module/convert module/foreign",
	"github.com/spf13/pflag":                "module/cli",
	"github.com/cavaliergopher/cpio":        "tests/lab",
	"github.com/rogpeppe/go-internal":       "",
	"github.com/google/go-cmp":              "",
	"golang.org/x/tools":                    "",
	"github.com/santhosh-tekuri/jsonschema": "",
}

// pkg is what `go list` says of a package: Imports without those of its tests.
type pkg struct {
	ImportPath, Dir string
	GoFiles         []string
	Imports         []string
	Standard        bool
}

const project = "hostnet-module/"

// listed asks go for the packages of the project and for all that they stand on, with the files of the lab.
func listed(t *testing.T) []pkg {
	cmd := exec.Command("go", "list", "-deps", "-tags", "lab,labhost,release", "-json=ImportPath,Dir,GoFiles,Imports,Standard", "./...")
	cmd.Dir, cmd.Stderr = "../..", os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []pkg
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// breaches are the imports that the house does not have. What is standard library, go has to say: a path says nothing.
func breaches(all []pkg, filesOf func(p pkg, imports string) []string) (bad []string) {
	standard := map[string]bool{"C": true, "unsafe": true}
	for _, p := range all {
		standard[p.ImportPath] = standard[p.ImportPath] || p.Standard
	}
	for _, p := range all {
		room, mine := strings.CutPrefix(p.ImportPath, project)
		if !mine || len(p.GoFiles) == 0 {
			continue
		}
		may, known := ours[room]
		if !known {
			bad = append(bad, fmt.Sprintf("the house has no room %q", room))
		}
		for _, name := range p.Imports {
			other, mine := strings.CutPrefix(name, project)
			switch {
			case standard[name] && !mine:
			case mine && !slices.Contains(strings.Fields(may), other):
				bad = append(bad, fmt.Sprintf("%s may not import %s", room, other))
			case !mine:
				bad = append(bad, foreign(room, name, filesOf(p, name))...)
			}
		}
	}
	return bad
}

// foreign judges the import of a library.
func foreign(room, name string, files []string) (bad []string) {
	for library, may := range theirs {
		if name != library && !strings.HasPrefix(name, library+"/") {
			continue
		}
		for _, file := range files {
			if allowed := strings.Fields(may); !slices.Contains(allowed, room) && !slices.Contains(allowed, room+"/"+file) {
				bad = append(bad, fmt.Sprintf("%s/%s: %s is for %q alone", room, file, library, may))
			}
		}
		return bad
	}
	return []string{fmt.Sprintf("%s: the library %s is not in the plan", room, name)}
}

// importers are the files of a package that import a path.
func importers(p pkg, imports string) (files []string) {
	for _, name := range p.GoFiles {
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.ImportsOnly)
		if err != nil {
			return []string{name}
		}
		if slices.ContainsFunc(file.Imports, func(s *ast.ImportSpec) bool { path, _ := strconv.Unquote(s.Path.Value); return path == imports }) {
			files = append(files, name)
		}
	}
	return files
}

func TestWalls(t *testing.T) {
	all := listed(t)
	for _, bad := range breaches(all, importers) {
		t.Error(bad)
	}
	for room := range ours {
		if !slices.ContainsFunc(all, func(p pkg) bool { return p.ImportPath == strings.TrimSuffix(project+room, "/") && len(p.GoFiles) > 0 }) {
			t.Errorf("room %q is empty", room)
		}
	}
}

// TestWallsHold breaks through the walls where they had holes: a path of ours that has no dot in it, the front door of the boot, and a
// library in a room or in a file that it is not for.
func TestWallsHold(t *testing.T) {
	one := func(pkg, string) []string { return []string{"x.go"} }
	for name, imports := range map[string]string{
		"module/kind":      project + "tests/fake",
		"module/persist":   project + "cloudinit",
		"cloudinit":        project + "module/cli",
		"module/spec":      "github.com/goccy/go-json/jsontext",
		"module/plan":      "github.com/vishvananda/netlink/nl",
		"cloudinit/files":  "example.com/new",
		"module/attr":      "nodots/either",
		"module/elsewhere": "fmt",
	} {
		house := []pkg{{ImportPath: "fmt", Standard: true}, {ImportPath: project + name, GoFiles: []string{"x.go"}, Imports: []string{"fmt", imports}}}
		if bad := breaches(house, one); len(bad) != 1 {
			t.Errorf("%s imports %s: want one breach, got %q", name, imports, bad)
		}
	}
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
	sources(t, []string{"module", "tests", "cloudinit"}, func(path string, set *token.FileSet, file *ast.File) {
		for _, decl := range file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if lines := set.Position(decl.End()).Line - set.Position(decl.Pos()).Line; ok && lines > 60 {
				t.Errorf("%s: %s has %d lines; 60 is the gate", path, f.Name, lines)
			}
		}
	})
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
