package convert

import (
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"hostnet-module/module/foreign"
	"hostnet-module/module/spec"
)

// seeds gives a fuzzer the inputs of a folder of testdata.
func seeds(f *testing.F, kind string) {
	f.Helper()
	list, _ := filepath.Glob("testdata/" + kind + "/*.txtar")
	for _, file := range list {
		a, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, one := range a.Files[:len(a.Files)-1] {
			f.Add(string(one.Data))
		}
	}
}

// sound checks what holds of any conversion: a good document or none, a fate for each line, and a word for each that is lost.
func sound(t *testing.T, kind string, f files, names []string) {
	t.Helper()
	r, l, err := from[kind](f, names, Options{})
	if err != nil {
		return
	}
	if r.Document != nil {
		if _, problems, _ := spec.Read(r.Document.JSON(), "document.json"); len(problems) > 0 {
			t.Errorf("a bad document: %v\n%s", problems, r.Document.YAML())
		}
	}
	left := map[foreign.Pos]bool{}
	for _, one := range r.Left {
		left[foreign.Pos{File: one.File, Line: one.Line}] = true
		if text := one.String(); strings.Trim(text, asciiText) != "" {
			t.Errorf("%q is not plain ASCII", text)
		}
	}
	for name, lines := range l.texts {
		for i := range lines {
			first := foreign.Pos{File: name, Line: i + 1}
			if l.fates[first] == Unseen {
				t.Errorf("%s: no word about it: %q", first, lines[i])
			}
			for n := i + 1; l.fates[first] == Lost && !left[first] && n > 0; n-- { // continued from
				if p := (foreign.Pos{File: name, Line: n}); left[p] && max(n, l.last[p]) > i {
					left[first] = true
				}
			}
			if l.fates[first] == Lost && !left[first] && len(r.Left) > 0 {
				t.Errorf("%s: lost, and not told: %q", first, lines[i])
			}
		}
	}
}

const asciiText = " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"

func FuzzIfupdown(f *testing.F) {
	seeds(f, "ifupdown")
	f.Fuzz(func(t *testing.T, text string) {
		sound(t, "ifupdown", files{"/etc/network/interfaces": text}, []string{"/etc/network/interfaces"})
	})
}

func FuzzNetplan(f *testing.F) {
	seeds(f, "netplan")
	f.Fuzz(func(t *testing.T, text string) {
		sound(t, "netplan", files{"a.yaml": text}, []string{"a.yaml"})
	})
}

func FuzzCloudInit(f *testing.F) {
	seeds(f, "cloud-init")
	f.Fuzz(func(t *testing.T, text string) {
		sound(t, "cloud-init", files{"network-config": text}, []string{"network-config"})
	})
}
