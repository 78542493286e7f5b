package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"hostnet-module/module/convert"
	"hostnet-module/module/report"
	"hostnet-module/module/store"
)

// rendered is what --format json gives.
type rendered struct {
	Msg    string        `json:"msg"`
	Failed bool          `json:"failed,omitempty"`
	Files  []file        `json:"files"`
	Left   []report.Left `json:"left"`
}

type file struct {
	Path string `json:"path"`
	Text string `json:"text"`
}

// render writes a document as files of another manager.
func (c *Command) render(_ context.Context, o options) int {
	if !slices.Contains(convert.Renderers(), o.to) {
		return c.misused(verbNamed("render"), fmt.Errorf("--to %q: must be %s", o.to, strings.Join(convert.Renderers(), " or ")))
	}
	in, out := c.document(o.args[0]), c.output(o)
	if in.refused != nil {
		out.json = o.format == "json"
		return out.result(in.refused, in.source)
	}
	made := convert.Render(in.doc, o.to)
	if len(made.Problems) > 0 {
		out.json = o.format == "json"
		return out.result(report.Refused(made.Problems, nil), in.source)
	}
	r := rendered{Msg: "everything is in the files", Files: []file{}, Left: []report.Left{}}
	for _, f := range made.Files {
		r.Files = append(r.Files, file(f))
	}
	for _, l := range made.Left {
		r.Left = append(r.Left, report.Left{Text: l.Text})
	}
	if n := len(r.Left); n > 0 {
		r.Msg = fmt.Sprintf("%d of what the document says is not in the files", n)
		r.Failed = o.strict
	}
	if o.outputDir != "" && !r.Failed {
		for _, f := range r.Files {
			path := filepath.Join(o.outputDir, f.Path)
			if err := store.Dir(filepath.Dir(path)).WriteMode(filepath.Base(path), []byte(f.Text), 0o644); err != nil {
				return out.result(report.Broken(err), in.source)
			}
		}
	}
	if o.format == "json" {
		if status := out.value(r); status != done {
			return status
		}
		return r.exit()
	}
	return c.rendered(r, made.Left, o.outputDir)
}

func (r rendered) exit() int {
	if r.Failed {
		return failed
	}
	return done
}

func (c *Command) rendered(r rendered, left []convert.Left, dir string) int {
	for _, l := range left {
		fmt.Fprintf(c.Stderr, "not rendered: %s\n    %s\n", report.Clean(l.What), l.Why)
	}
	if len(r.Left) > 0 {
		fmt.Fprintln(c.Stderr, r.Msg)
	}
	var b strings.Builder
	for i, f := range r.Files {
		switch {
		case r.Failed:
		case dir != "":
			fmt.Fprintln(&b, filepath.Join(dir, f.Path))
		default:
			if i > 0 {
				b.WriteByte('\n')
			}
			fmt.Fprintf(&b, "# file: %s\n%s", f.Path, f.Text)
		}
	}
	if status := c.print(b.String()); status != done {
		return status
	}
	return r.exit()
}
