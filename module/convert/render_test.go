package convert

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"hostnet-module/module/spec"
)

// TestRender renders the documents of testdata/render for each program. The files and what is left stand behind them.
func TestRender(t *testing.T) {
	list, _ := filepath.Glob("testdata/render/*.txtar")
	if len(list) == 0 {
		t.Fatal("no documents")
	}
	for _, file := range list {
		a, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		doc, problems, _ := spec.Read(a.Files[0].Data, "document.yaml")
		if len(problems) > 0 {
			t.Fatalf("%s: %v", file, problems)
		}
		got := a.Files[:1:1]
		for _, to := range Renderers() {
			out := Render(doc, to)
			for _, f := range out.Files {
				got = append(got, txtar.File{Name: to + " " + f.Path, Data: []byte(f.Text)})
			}
			var left strings.Builder
			for _, l := range out.Left {
				left.WriteString(l.String() + "\n")
			}
			got = append(got, txtar.File{Name: to + " left", Data: []byte(left.String())})
		}
		text := txtar.Format(&txtar.Archive{Comment: a.Comment, Files: got})
		if *update {
			if err := os.WriteFile(file, text, 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if diff := cmp.Diff(string(txtar.Format(a)), string(text)); diff != "" {
			t.Errorf("%s: -want +got\n%s", file, diff)
		}
	}
}
