//go:build lab

package managers

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

// TestRendered lets each manager carry out what the program has rendered of a document, and holds what comes of it against what the program
// itself makes of it. What is not the same stands in the archive, the manager's lines with -, the document's with +.
func TestRendered(t *testing.T) {
	list, err := filepath.Glob("testdata/render/*.txtar")
	if err != nil || len(list) == 0 {
		t.Fatal(list, err)
	}
	for n, file := range list {
		a, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		parts := map[string]string{}
		for _, f := range a.Files {
			parts[f.Name] = string(f.Data)
		}
		for i, to := range []string{"ifupdown", "networkd", "netplan"} {
			t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar")+"/"+to, func(t *testing.T) {
				t.Parallel()
				c := &sample{dir: t.TempDir(), n: 100 + 10*n + i}
				c.rendered(t, to, parts["document"], parts["differs "+to])
			})
		}
	}
}

func (c *sample) rendered(t *testing.T, to, document, want string) {
	cmd := exec.Command(program, "render", "--to", to, "--output-dir", c.dir, "-")
	cmd.Stdin = strings.NewReader(document)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("render: %v\n%s", err, out)
	}
	theirs, ours := c.hosts(t)
	if to == "ifupdown" {
		c.files = []txtar.File{{Name: "/etc/network/interfaces", Data: []byte("source interfaces.d/*\n")}}
		c.write(t)
		c.ifupdown(t, theirs)
	} else {
		c.networkd(t, theirs, to)
	}
	was := picture(t, theirs)
	in(t, ours, document, program, "--format", "json", "-")
	is := picture(t, ours)
	if to != "ifupdown" {
		was, is = withoutMACs(was, document), withoutMACs(is, document)
	}
	if diff := difference(was, is); diff != want {
		t.Errorf("%s makes of the rendered files another network than the document (- %s, + the document), beyond what is known:\n%s\nall of it:\n%s", to, to, cmp.Diff(want, diff), diff)
	}
}
