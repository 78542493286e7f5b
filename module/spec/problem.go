package spec

import (
	"errors"
	"fmt"
	"strings"
)

// Problem is one fault of a document.
type Problem struct {
	Path    string // "bridges[2].addresses[0]"; "" for the document as a whole
	Message string // with the offending value and what is allowed
	Hint    string // what to do about it; may be empty
	Line    int    // 1…; 0 unless the document came from a file
	Column  int
	Err     error // one of the sentinels below, for callers that decide
}

// The kinds of problems.
var (
	ErrSyntax    = errors.New("syntax")
	ErrUnknown   = errors.New("unknown key")
	ErrDuplicate = errors.New("duplicate")
	ErrType      = errors.New("wrong type")
	ErrValue     = errors.New("value not allowed")
	ErrMissing   = errors.New("missing")
	ErrConflict  = errors.New("conflict")
	ErrHost      = errors.New("does not fit this host")
)

// String prints the problem on one line: PLACE: PATH: MESSAGE (HINT).
func (p Problem) String() string {
	text := p.Message
	if p.Path != "" {
		text = p.Path + ": " + text
	}
	if p.Line > 0 {
		text = fmt.Sprintf("line %d, column %d: %s", p.Line, p.Column, text)
	}
	if p.Hint != "" {
		text += " (" + p.Hint + ")"
	}
	return text
}

func (p Problem) Error() string { return p.String() }
func (p Problem) Unwrap() error { return p.Err }

// Problems is a list of faults as one error.
type Problems []Problem

func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}
