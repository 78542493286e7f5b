package cloudinit

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"hostnet-module/module/convert"
	"hostnet-module/module/persist"
	"hostnet-module/module/report"
	"hostnet-module/module/spec"
)

// askedWord, on the kernel's command line, asks for cloud-init's network-config as a source; so does a file (persist.Asked).
const askedWord = "hostnet.network-config"

func (b *Boot) wantsNetworkConfig() bool {
	return b.tree().Exists(persist.Asked) || slices.Contains(strings.Fields(string(b.read("/proc/cmdline"))), askedWord)
}

// networkConfig is the network-config of a seed, version 1 or 2, as a document. What cannot be taken over is told
// line by line.
func networkConfig(name string, data []byte) *source {
	s := &source{Source: report.Source{Name: name, Data: data}}
	converted, err := convert.CloudInit(oneFile{s.Name, data}, []string{s.Name}, convert.Options{})
	if err != nil {
		s.problems = []spec.Problem{{Message: err.Error(), Err: spec.ErrSyntax}}
		return s
	}
	for _, left := range converted.Left {
		s.notes = append(s.notes, fmt.Sprintf("not taken over: %v", left))
	}
	if converted.Document == nil {
		s.problems = []spec.Problem{{Message: "nothing of it can be taken over", Err: spec.ErrMissing}}
		return s
	}
	s.doc, s.problems, _ = spec.Read(converted.Document.JSON(), "network-config.json")
	return s
}

// oneFile is all the files that a conversion sees.
type oneFile struct {
	name string
	data []byte
}

func (f oneFile) Read(name string) ([]byte, error) {
	if name != f.name {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return f.data, nil
}

func (f oneFile) List(string) []string { return nil }
