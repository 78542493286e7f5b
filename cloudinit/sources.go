package cloudinit

import (
	"crypto/sha256"
	"encoding/hex"
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
}

// digest is the same for documents that say the same, in whatever form.
func (s *source) digest() string {
	sum := sha256.Sum256(s.doc.Encode().JSON())
	return hex.EncodeToString(sum[:])
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

// provided looks for a document that came with the machine: in a seed, on a disk, in what cloud-init's local stage has left, in its
// configuration. The first that is there counts, good or bad.
func (b *Boot) provided() *source {
	t, seeds := b.tree(), b.seeds()
	for _, at := range seeds {
		if s := seed(at.where, at.read); s != nil {
			return s
		}
	}
	const instance = "/run/cloud-init/instance-data.json"
	if data := b.read(instance); data != nil {
		if s := under(instance, data, "ds", "meta_data", key); s != nil {
			return s
		}
	}
	const folder = "/etc/cloud/cloud.cfg.d"
	names := t.List(folder)
	for i := len(names) - 1; i >= 0; i-- { // the last one wins, as in cloud-init
		if name := folder + "/" + names[i]; strings.HasSuffix(name, ".cfg") {
			if s := under(name, b.read(name), key); s != nil {
				return s
			}
		}
	}
	if b.wantsNetworkConfig() {
		for _, at := range seeds {
			if s := networkConfig(at.where, at.read); s != nil {
				return s
			}
		}
	}
	return nil
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

// commanded is the document that the kernel's command line names: hostnet.config=PATH.
func (b *Boot) commanded() *source {
	for _, word := range strings.Fields(string(b.read("/proc/cmdline"))) {
		name, ok := strings.CutPrefix(word, "hostnet.config=")
		if !ok || name == "" {
			continue
		}
		if data := b.read(name); data != nil {
			return whole(name, data)
		}
		s := &source{Source: report.Source{Name: name}}
		s.problems = []spec.Problem{{Message: "the kernel's command line names it, and it cannot be read", Err: spec.ErrMissing}}
		return s
	}
	return nil
}
