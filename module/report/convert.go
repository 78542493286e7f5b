package report

import (
	"fmt"

	"hostnet-module/module/spec"
)

// Left is a line of an input that was not taken over into a document.
type Left struct {
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`   // 1…
	Reason string `json:"reason,omitempty"` // one of docs/convert.md's
	Text   string `json:"text"`             // a sentence: what, why, what to do
}

// Converted tells of a document that was made of somebody else's configuration. With strict it is a failure that a line is left.
func Converted(document spec.Tree, left []Left, advice []string, warnings []spec.Problem, strict bool) *Result {
	r := empty()
	r.Left = left
	r.Warnings = append(r.Warnings, advice...)
	r.Warn(warnings)
	type place struct {
		file string
		line int
	}
	lines := map[place]bool{}
	for _, l := range left {
		lines[place{l.File, l.Line}] = true
	}
	switch {
	case len(left) == 0:
		r.Msg = "everything was taken over"
	case len(left) == len(lines):
		r.Msg = count(len(lines), "line") + " could not be taken over"
	default: // of a line that says several things, each is told
		r.Msg = fmt.Sprintf("%d parts of %s could not be taken over", len(left), count(len(lines), "line"))
	}
	switch {
	case document == nil:
		r.Failed = true
		r.Msg = "nothing was found that a document could say; " + r.Msg
	case strict && len(left) > 0:
		r.Failed = true
	default:
		r.Document = &Document{document}
	}
	return r
}
