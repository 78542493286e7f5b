// Package stories holds the planner's stories: a host in ip's words, a document, and what comes of it: the steps, what the
// result says of each object, the host afterwards. A reviewer who knows iproute2 can read them. `go test -update` rewrites
// what comes of it.
package stories

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"hostnet-module/module/engine"
	"hostnet-module/module/plan"
	"hostnet-module/module/spec"
	"hostnet-module/module/store"
	"hostnet-module/tests/fake"
)

var update = flag.Bool("update", false, "rewrite what the stories expect")

func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) { tell(t, file) })
	}
}

// tell plays one story: every section «document» in turn, on the host that the one before has left.
func tell(t *testing.T, file string) {
	story, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	k := &fake.Kernel{}
	dir := store.Dir(t.TempDir())
	var told []txtar.File
	for _, f := range story.Files {
		switch {
		case f.Name == "before":
			if k.Host, err = fake.Parse(string(f.Data)); err != nil {
				t.Fatal(err)
			}
			told = append(told, f)
		case strings.HasPrefix(f.Name, "document"):
			told = append(told, f, txtar.File{Name: strings.Replace(f.Name, "document", "run", 1), Data: []byte(play(t, k, dir, f))})
		case f.Name == "after":
		}
	}
	told = append(told, txtar.File{Name: "after", Data: []byte(k.Host.String())})
	got := txtar.Format(&txtar.Archive{Comment: story.Comment, Files: told})
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want := txtar.Format(story)
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// play runs a document, then runs it again: the second time nothing may change and nothing may be sent.
func play(t *testing.T, k *fake.Kernel, dir store.Dir, f txtar.File) string {
	doc, problems, _ := spec.Read(f.Data, f.Name+".yaml")
	var b strings.Builder
	for _, p := range problems {
		fmt.Fprintf(&b, "problem %s\n", p)
	}
	if len(problems) > 0 {
		return b.String()
	}
	out := engine.Runner{Kernel: k, Dir: dir}.Run(context.Background(), doc)
	for _, p := range out.Problems {
		fmt.Fprintf(&b, "problem %s\n", p)
	}
	if out.Failed != nil {
		t.Errorf("%s: %v (rolled back: %v, not restored: %q)", f.Name, out.Failed, out.RolledBack, out.NotRestored)
	}
	if out.Plan == nil {
		return b.String()
	}
	for _, w := range out.Warnings {
		fmt.Fprintf(&b, "warning %s\n", w)
	}
	for _, s := range out.Plan.Steps {
		fmt.Fprintf(&b, "%s\n", s)
	}
	for _, o := range out.Plan.Objects {
		fmt.Fprintf(&b, "%s %s: %s\n", o.Kind, o.Name, objectWords(o))
	}
	again(t, k, dir, f.Name, doc)
	return b.String()
}

func objectWords(o plan.Object) string {
	text := string(o.Action)
	if o.Disruption != plan.Undisturbed {
		text += ", " + string(o.Disruption)
	}
	if len(o.Touches) > 0 {
		text += fmt.Sprintf(", touches %v", o.Touches)
	}
	if o.Action == plan.Update || o.Action == plan.Recreate {
		for _, d := range o.Differences {
			text += fmt.Sprintf("; %s %v -> %v", d.Name, d.Before, d.After)
		}
	}
	return text
}

func again(t *testing.T, k *fake.Kernel, dir store.Dir, name string, doc *spec.Document) {
	t.Helper()
	sent := len(k.Sent)
	out := engine.Runner{Kernel: k, Dir: dir}.Run(context.Background(), doc)
	switch {
	case out.Failed != nil || len(out.Problems) > 0:
		t.Errorf("%s again: %v %v", name, out.Failed, out.Problems)
	case out.Plan.Changed() || len(k.Sent) != sent:
		t.Errorf("%s again: it changes: %v", name, k.Sent[sent:])
	}
}
