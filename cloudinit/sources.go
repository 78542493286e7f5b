package cloudinit

import (
	"path"
	"regexp"
	"strings"
	"sync"

	"hostnet-module/module/report"
	"hostnet-module/module/spec"
	"hostnet-module/module/store"
)

// source is a document that was found, good or bad.
type source struct {
	report.Source
	doc      *spec.Document
	problems []spec.Problem
	notes    []string // to be told when it is tried
	own      bool     // from a file that root of this host has written: it may do what a document may
	of       string   // the mark of all that was found with it
}

// key is that of our documents in the files of others.
const key = "hostnet"

// A mention is what tells, in a file that is not even YAML, that somebody meant us.
var mention = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?m)^["']?hostnet["']?\s*:`) })

// whole reads a file that is a document.
func whole(name string, data []byte) *source {
	s := &source{Source: report.Source{Name: name, Data: data}}
	s.doc, s.problems, _ = spec.Read(data, path.Base(name))
	return s
}

// under reads a document that stands below a key in a file; nil if there is none.
func under(name string, data []byte, keys ...string) *source {
	s := &source{Source: report.Source{Name: name, Data: data}}
	var found bool
	s.doc, s.problems, _, found = spec.ReadUnder(data, path.Base(name), keys...)
	if !found && (len(s.problems) == 0 || !mention().Match(data)) {
		return nil
	}
	return s
}

func (b *Boot) tree() store.Tree { return store.Tree(b.Host.Root) }

// read is a file of the host, nil if there is none.
func (b *Boot) read(name string) []byte {
	data, err := b.tree().Read(name)
	if err != nil {
		return nil
	}
	return data
}

// few reads a file of the host that others may have filled; nil for one that is too large, or no file.
func (b *Boot) few(name string) []byte { return readMost(b.tree().At(name), 0) }

// commanded is the document that the kernel's command line names: hostnet.config=PATH.
func (b *Boot) commanded() *source {
	for _, word := range strings.Fields(string(b.read("/proc/cmdline"))) {
		name, ok := strings.CutPrefix(word, "hostnet.config=")
		if !ok || name == "" {
			continue
		}
		if data := b.few(name); data != nil {
			return whole(name, data)
		}
		s := &source{Source: report.Source{Name: name}}
		s.problems = []spec.Problem{{Message: "the kernel's command line names it, and it cannot be read: it is not there, no file, or larger than 4 MiB", Err: spec.ErrMissing}}
		return s
	}
	return nil
}
