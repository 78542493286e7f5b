package walls

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A program that runs as root makes its files in one place, starts no shell, bounds what it reads, and leaves memory to the runtime. These are the rules that a scanner like
// gosec has and that mean something here; each exception has its reason.

// only are the calls and imports that are dangerous, and where they are right. A place is a room, or a file of one.
var only = map[string]struct{ where, why string }{
	"os.Mkdir":             {"module/store module/guard", "modes whatever the umask; a control group has no umask"},
	"os.MkdirAll":          {"", "store makes folders, with their modes"},
	"os.MkdirTemp":         {"cloudinit/disk.go", "0700, under /run, with a random name: where a seed's disk is mounted"},
	"os.CreateTemp":        {"", "store writes files"},
	"os.Create":            {"", "store writes files: os.Create follows links and is open to the group by the umask"},
	"os.WriteFile":         {"module/guard cloudinit/reader.go", "files of /proc and of control groups"},
	"os.Chmod":             {"module/store module/guard", "modes are store's; a socket's"},
	"os.Chown":             {"", "nothing is given away"},
	"os.Symlink":           {"module/store", "in one step, by another name"},
	"os.Link":              {"", "links to what others have made"},
	"os.Rename":            {"module/store", "with the folder's sync"},
	"os.RemoveAll":         {"", "nothing is taken away that has not been named"},
	"os.TempDir":           {"", "folders in which everybody can write"},
	"os.Setenv":            {"", "what children see is said where they are started"},
	"os.OpenFile":          {"module/cli/boot.go module/leave.go module/guard cloudinit/disk.go", "devices, for reading or that are there; store makes files"},
	"exec.Command":         {"module/persist/service.go", "systemctl and its like, by path"},
	"exec.Cmd":             {"module/guard", "ourselves"},
	"exec.CommandContext":  {"module/kernel/modules.go cloudinit/reader.go", "modprobe, by path; ourselves"},
	"syscall.Exec":         {"module/cli/boot.go", "ourselves"},
	"syscall.ForkExec":     {"", "package os/exec"},
	"io.ReadAll":           {"", "reads without a bound: io.LimitReader around it"},
	"net.Listen":           {"", "nobody calls us from afar"},
	"net.ListenUnix":       {"module/guard", "the guardian's socket"},
	"import unsafe":        {"module/kernel module/cli/output.go", "structures of system calls"},
	"import math/rand":     {"", "crypto/rand: names that nobody can foresee"},
	"import math/rand/v2":  {"", "crypto/rand: names that nobody can foresee"},
	"import net/http":      {"", "nothing is fetched"},
	"import encoding/gob":  {"", "a decoder without bounds"},
	"import plugin":        {"", "no code comes in at run time"},
	"import C":             {"", "no C"},
	"import text/template": {"", "a document's words are no program"},
	"import crypto/md5":    {"", "sha256"},
	"import crypto/sha1":   {"", "sha256"},
}

// TestDangerousCalls walks the program's own source, and not that of tests.
func TestDangerousCalls(t *testing.T) {
	used := map[string]bool{}
	sources(t, []string{"module", "cloudinit"}, func(path string, set *token.FileSet, file *ast.File) {
		for _, d := range dangers(set, file) {
			places := strings.Fields(only[d.what].where)
			room := slices.IndexFunc(places, func(place string) bool { return path == place || filepath.Dir(path) == place })
			if room < 0 {
				t.Errorf("%s: %s: %s (tests/walls/danger_test.go)", d.at, d.what, only[d.what].why)
				continue
			}
			used[d.what] = true
		}
	})
	for what, o := range only {
		if o.where != "" && !used[what] {
			t.Errorf("%s is nowhere any more: take the exception away", what)
		}
	}
}

type danger struct{ what, at string }

// dangers are those of one file.
func dangers(set *token.FileSet, file *ast.File) (found []danger) {
	add := func(what string, at token.Pos) {
		if _, known := only[what]; known {
			p := set.Position(at)
			found = append(found, danger{what, fmt.Sprintf("%s:%d", p.Filename, p.Line)})
		}
	}
	packages := map[string]string{} // by the name that the file gives them
	for _, s := range file.Imports {
		path, _ := strconv.Unquote(s.Path.Value)
		name := path[strings.LastIndexByte(path, '/')+1:]
		if s.Name != nil {
			name = s.Name.Name
		}
		packages[name] = path[strings.LastIndexByte(path, '/')+1:]
		add("import "+path, s.Pos())
	}
	bounded := map[ast.Node]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok && len(call.Args) == 1 && strings.HasPrefix(spelt(call.Args[0]), "io.LimitReader(") {
			bounded[call.Fun] = true
		}
		if s, ok := n.(*ast.SelectorExpr); ok && !bounded[s] {
			if x, ok := s.X.(*ast.Ident); ok && x.Obj == nil && packages[x.Name] != "" {
				add(packages[x.Name]+"."+s.Sel.Name, s.Pos())
			}
		}
		return true
	})
	return found
}

// spelt is the beginning of a call as it is written; "" for all else.
func spelt(e ast.Expr) string {
	if call, ok := e.(*ast.CallExpr); ok {
		if s, ok := call.Fun.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok {
				return x.Name + "." + s.Sel.Name + "("
			}
		}
	}
	return ""
}

// TestDangersAreSeen: the walker finds what it is for, under other names too.
func TestDangersAreSeen(t *testing.T) {
	for text, want := range map[string]string{
		`import "os"; var _ = os.MkdirAll("/x", 0o777)`:                          "os.MkdirAll",
		`import other "os"; func f() { g := other.WriteFile; _ = g }`:            "os.WriteFile",
		`import "os/exec"; var _ = exec.Command("sh", "-c", "true")`:             "exec.Command",
		`import ("io"; "os"); func f() { io.ReadAll(os.Stdin) }`:                 "io.ReadAll",
		`import ("io"; "os"); func f() { io.ReadAll(io.LimitReader(os.Stdin)) }`: "",
		`import _ "unsafe"`:     "import unsafe",
		`import "math/rand/v2"`: "import math/rand/v2",
		`import "os"; type t struct{ Create func() }; func f(os t) { os.Create() }`: "",
	} {
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, "x.go", "package x; "+text, 0)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, d := range dangers(set, file) {
			names = append(names, d.what)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// TestModes: no file or folder is made that others than its owner can write: each octal number that has these bits is a mask, or here.
func TestModes(t *testing.T) {
	masks := []string{"0o022", "0o077", "0o111", "0o222", "0o777", "0o7777"} // what modes are held against
	sources(t, []string{"module", "cloudinit"}, func(path string, set *token.FileSet, file *ast.File) {
		ast.Inspect(file, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.INT || !strings.HasPrefix(lit.Value, "0o") || slices.Contains(masks, lit.Value) {
				return true
			}
			if mode, err := strconv.ParseUint(lit.Value[2:], 8, 32); err != nil || mode&0o022 != 0 {
				t.Errorf("%s:%d: the mode %s lets others write", path, set.Position(lit.Pos()).Line, lit.Value)
			}
			return true
		})
		ast.Inspect(file, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING && (strings.HasPrefix(lit.Value, `"/tmp`) || strings.HasPrefix(lit.Value, `"/var/tmp`)) {
				t.Errorf("%s:%d: %s: a folder in which everybody can write", path, set.Position(lit.Pos()).Line, lit.Value)
			}
			return true
		})
	})
}

// sources calls f for the Go files below some folders, tests left out. Paths are those in the project.
func sources(t *testing.T, folders []string, f func(path string, set *token.FileSet, file *ast.File)) {
	t.Helper()
	seen := 0
	for _, folder := range folders {
		err := filepath.WalkDir(filepath.Join("../..", folder), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, path, nil, 0)
			if err != nil {
				return err
			}
			seen++
			f(strings.TrimPrefix(path, "../../"), set, file)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if seen == 0 {
		t.Fatalf("no Go file in %q", folders)
	}
}
