// Package persist keeps what shall come back at boot: one document, the program, and the unit or init script that calls it.
// It merges documents of several runs, plans what files and links change, and does that; it knows no kernel and no caller. All
// paths are below a root folder: "/", or that of a system that does not run.
package persist

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"hostnet-module/module/plan"
	"hostnet-module/module/spec"
	"hostnet-module/module/store"
)

// Where things are on a host.
const (
	Folder   = "/etc/hostnet"
	Document = Folder + "/hostnet.yaml"
	JSON     = Folder + "/hostnet.json" // the same, where somebody has written it in this form
	previous = Folder + "/previous"     // earlier documents, 1.yaml the newest
	off      = Folder + "/boot-disabled"
	Origin   = Folder + "/origin.json"        // which documents of the first boot have been taken
	Asked    = Folder + "/use-network-config" // there if cloud-init's network-config is a source too
	Seed     = Folder + "/seed"               // what the host lets a seed do beyond the usual, by cloudinit's words
	program  = "/usr/local/sbin/hostnet-module"
	packaged = "/usr/sbin/hostnet-module" // by a package, which then brings the units too
)

// kept is how many earlier documents are kept.
const kept = 5

const header = `# What hostnet.service makes of this host's network at boot. Written by hostnet-module: each run lays its document over
# this one (persist). After a change by hand: hostnet-module %s
`

// Host is where to keep it.
type Host struct {
	Root    string                 // "/" on a running host
	Program func() (string, error) // the program that is to be called at boot; nil: this process's
	Known   store.Dir              // where it is noted, until the next boot, which document is in the one that boots; "": nowhere
}

func (h Host) tree() store.Tree { return store.Tree(h.Root) }

// Off tells whether bringing things back at boot was switched off.
func (h Host) Off() bool { return h.tree().Exists(off) }

// Current is the document that boots, nil if there is none, and its path.
func (h Host) Current() (data []byte, name string, err error) {
	for _, name := range []string{Document, JSON} {
		if data, err := h.tree().Read(name); data != nil || err != nil {
			return data, name, err
		}
	}
	return nil, Document, nil
}

// Earlier are the paths of the documents that booted before, the newest first.
func (h Host) Earlier() []string {
	var names []string
	for n := range kept {
		if name := earlier(n + 1); h.tree().Exists(name) {
			names = append(names, name)
		}
	}
	return names
}

func earlier(n int) string { return fmt.Sprintf("%s/%d.yaml", previous, n) }

// Plan is what keeping a document would change.
type Plan struct {
	Object   plan.Object // of the kind "boot"
	Warnings []string
	host     Host
	document []byte // nil: it stays
	merged   *spec.Document
	name     string
	service  []change
	note     string // to be noted if nothing changes
}

// Make finds out what is to be changed so that a document comes back at boot, with what earlier runs have kept. It changes nothing.
func (h Host) Make(doc *spec.Document) (*Plan, []spec.Problem) {
	data, name, err := h.Current()
	if err != nil {
		return nil, problem("%s cannot be read: %v", name, err)
	}
	p := &Plan{host: h, name: name, Object: plan.Object{Kind: "boot", Name: name, Action: plan.None, Disruption: plan.Undisturbed}}
	is, note := h.within(data, doc)
	if !is {
		p.note = note
		if problems := p.merge(data, doc); len(problems) > 0 {
			return nil, problems
		}
	}
	if err := p.plan(); err != nil {
		return nil, problem("%v", err)
	}
	if h.tree().Exists(unmanaged) {
		p.put(unmanagedFile(p.merged), unmanaged)
	}
	switch {
	case len(p.Object.Differences) == 0:
	case data == nil:
		p.Object.Action = plan.Create
	default:
		p.Object.Action = plan.Update
	}
	return p, nil
}

// merge lays a document over the one that boots.
func (p *Plan) merge(data []byte, doc *spec.Document) (problems []spec.Problem) {
	name, was := p.name, &spec.Document{State: spec.Present}
	if data != nil {
		if was, problems, _ = spec.Read(data, name); len(problems) > 0 {
			return problem("the document that boots, %s, is broken: %v", name, problems[0])
		}
	}
	if p.merged, problems = spec.Merge(was, doc); len(problems) > 0 {
		return problem("together with what earlier runs have set (%s), the document contradicts itself: %v", name, problems[0])
	}
	before, after := was.Encode(), p.merged.Encode()
	if data == nil || string(before.JSON()) != string(after.JSON()) {
		p.document = text(name, after)
		p.Object.States = func() (map[string]any, map[string]any) {
			if data == nil {
				return nil, plain(after)
			}
			return plain(before), plain(after)
		}
		p.differ("document", data != nil, objects(was), objects(p.merged))
	}
	return nil
}

func problem(format string, args ...any) []spec.Problem {
	return []spec.Problem{{Path: "persist", Err: spec.ErrConflict, Message: fmt.Sprintf(format, args...),
		Hint: "mend or remove that file, or say persist: false to change what runs alone"}}
}

// text is a document as the file holds it.
func text(name string, doc spec.Tree) []byte {
	if strings.HasSuffix(name, ".json") {
		return doc.JSON()
	}
	return append(fmt.Appendf(nil, header, name), doc.YAML()...)
}

func objects(d *spec.Document) string {
	names := []string{}
	for _, o := range d.Objects {
		names = append(names, o.Name)
	}
	return strings.Join(names, " ")
}

func (p *Plan) differ(name string, was bool, before, after any) {
	if !was {
		before = nil
	}
	if before != after || name == "document" {
		p.Object.Differences = append(p.Object.Differences, plan.Difference{Name: name, Before: before, After: after})
	}
}

// Changed tells whether any file or link would change.
func (p *Plan) Changed() bool { return p.Object.Action != plan.None }

// File is where the document lies in this system's files, and what will stand there; nil: what stands there now.
func (p *Plan) File() (path string, text []byte) { return p.host.tree().At(p.name), p.document }

// Do makes the changes. The document comes before what calls for it; at every moment there is the old one or the new one.
func (p *Plan) Do() error {
	if p.document != nil {
		if err := p.host.write(p.name, p.document); err != nil {
			return err
		}
	}
	for _, c := range p.service {
		if err := c.do(); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	return nil
}

// write replaces the document; the one before it is kept.
func (h Host) write(name string, data []byte) error {
	t := h.tree()
	mode := cmp.Or(t.Mode(name)&0o644, 0o644)                                                 // whoever wrote it for root alone wants the next one to be so too
	if was, err := t.Read(name); err == nil && was != nil && !t.Same(earlier(1), was, mode) { // a run that was undone has kept it already
		for n := kept - 1; n > 0; n-- {
			older, err := t.Read(earlier(n))
			if err != nil || older == nil {
				continue
			}
			if err := t.Write(earlier(n+1), older, t.Mode(earlier(n))); err != nil {
				return err
			}
		}
		// A document in JSON is YAML too.
		if err := t.Write(earlier(1), was, mode); err != nil {
			return err
		}
	}
	return t.Write(name, data, mode)
}

// plain is a tree as a map, for showing differences.
func plain(t spec.Tree) map[string]any {
	m := map[string]any{}
	for _, pair := range t {
		m[pair.Key] = plainValue(pair.Value)
	}
	return m
}

func plainValue(v any) any {
	switch v := v.(type) {
	case spec.Tree:
		return plain(v)
	case []any:
		list := slices.Clone(v)
		for i := range list {
			list[i] = plainValue(list[i])
		}
		return list
	}
	return v
}

// self is a path of the running program. Whoever uploaded it may have removed the file by now; the process still has it.
func (h Host) self() (string, error) {
	if h.Program != nil {
		return h.Program()
	}
	name, err := os.Executable()
	if err != nil {
		return "", err
	}
	if real, err := filepath.EvalSymlinks(name); err == nil {
		return real, nil
	}
	return "/proc/self/exe", nil
}
