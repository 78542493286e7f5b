package convert

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "rewrite what the files of testdata expect")

// from are the readers, by the folder of testdata and the word of --from.
var from = map[string]func(files, []string, Options) (Result, *ledger, error){
	"ifupdown": func(f files, names []string, o Options) (Result, *ledger, error) {
		e, err := readENI(f, names, o)
		if err != nil {
			return Result{}, nil, err
		}
		return e.result(), &e.ledger, nil
	},
	"cloud-init": func(f files, names []string, o Options) (Result, *ledger, error) {
		p, err := readCloudInit(f, names, o)
		if err != nil {
			return Result{}, nil, err
		}
		return p.result(), &p.ledger, nil
	},
	"netplan": func(f files, names []string, o Options) (Result, *ledger, error) {
		p, err := readNetplan(f, names, o)
		if err != nil {
			return Result{}, nil, err
		}
		return p.result(), &p.ledger, nil
	},
}

// inputs are the files of an archive that are given by name.
func inputs(a *txtar.Archive) (names []string) {
	for _, f := range a.Files {
		if !strings.HasPrefix(f.Name, "/etc/network/interfaces.d/") && !strings.HasPrefix(f.Name, "/etc/iproute2/") && !strings.HasPrefix(f.Name, "/srv/") && f.Name != "document" {
			names = append(names, f.Name)
		}
	}
	return names
}

func options(a *txtar.Archive) Options {
	comment := string(a.Comment)
	return Options{Dumb: strings.Contains(comment, "--dumb"), ifupdown2: strings.Contains(comment, "--from ifupdown2")}
}

// TestFiles converts the archives of testdata: their last file is what comes of the others.
func TestFiles(t *testing.T) {
	for kind, convert := range from {
		list, err := filepath.Glob("testdata/" + kind + "/*.txtar")
		if err != nil || len(list) == 0 {
			t.Fatalf("%s: nothing to convert: %v", kind, err)
		}
		for _, file := range list {
			t.Run(kind+"/"+strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
				a, err := txtar.ParseFile(file)
				if err != nil {
					t.Fatal(err)
				}
				r, _, err := convert(filesOf(a), inputs(a), options(a))
				if err != nil {
					t.Fatal(err)
				}
				last := &a.Files[len(a.Files)-1]
				got := told(r)
				if *update {
					last.Data = []byte(got)
					if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				if diff := cmp.Diff(string(last.Data), got); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
			})
		}
	}
}
