package convert

import (
	"io/fs"
	"path"
	"strings"

	"golang.org/x/tools/txtar"
)

// files are the files of an archive.
type files map[string]string

func (f files) Read(name string) ([]byte, error) {
	if text, ok := f[name]; ok {
		return []byte(text), nil
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

func (f files) List(dir string) (names []string) {
	for name := range f {
		if path.Dir(name) == dir {
			names = append(names, path.Base(name))
		}
	}
	return names
}

func filesOf(a *txtar.Archive) files {
	f := files{}
	for _, one := range a.Files {
		f[one.Name] = string(one.Data)
	}
	return f
}

// told is a result as a person reads it.
func told(r Result) string {
	var b strings.Builder
	if r.Document != nil {
		b.Write(r.Document.YAML())
	}
	for _, l := range r.Left {
		b.WriteString("left " + l.String() + "\n")
	}
	for _, a := range r.Advice {
		b.WriteString("advice " + a + "\n")
	}
	for _, w := range r.Warnings {
		b.WriteString("warning " + w.String() + "\n")
	}
	return b.String()
}
