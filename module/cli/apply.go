package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"hostnet-module/module/engine"
	"hostnet-module/module/report"
	"hostnet-module/module/spec"
)

// apply makes the host what the document says.
func (c *Command) apply(ctx context.Context, o options) int {
	out := c.output(o)
	call := c.engineFor(o, out)
	in := c.input(o.args[0])
	if in.refused == nil {
		call.Begin(ctx)
		in.read()
	}
	if in.refused != nil {
		call.End()
		return out.result(in.refused, in.source)
	}
	if o.confirmTimeout > 0 {
		in.doc.ConfirmTimeout = o.confirmTimeout
	}
	outcome := call.Do(ctx, in.doc)
	r := report.From(outcome, asked(o, in.doc))
	r.Warn(in.warnings)
	if outcome.Confirm != nil && c.person(o, out) {
		return c.ask(ctx, out, outcome, r, in.source)
	}
	return out.result(r, in.source)
}

func (c *Command) diff(ctx context.Context, o options) int {
	o.check, o.diff = true, true
	return c.apply(ctx, o)
}

// validate reads a document and tells what is wrong with it.
func (c *Command) validate(_ context.Context, o options) int {
	in := c.document(o.args[0])
	if in.refused == nil {
		return c.output(o).result(report.Good(in.doc, in.warnings), in.source)
	}
	return c.output(o).result(in.refused, in.source)
}

// input is a document that has been read; refused if it is not good.
type input struct {
	source   report.Source
	doc      *spec.Document
	warnings []spec.Problem
	refused  *report.Result
}

// document reads and checks a document.
func (c *Command) document(name string) input {
	in := c.input(name)
	if in.refused == nil {
		in.read()
	}
	return in
}

// input is a document that has not been looked into.
func (c *Command) input(name string) input {
	in := input{source: report.Source{Name: name}}
	data, err := c.Read(name)
	if errors.Is(err, context.Canceled) {
		in.refused = report.Broken(fmt.Errorf("%s: %w", name, err))
		return in
	}
	if err != nil {
		problem := spec.Problem{Message: fmt.Sprintf("cannot be read: %v", err), Err: spec.ErrMissing}
		if near := nearest(name, names()); near != "" {
			problem.Hint = fmt.Sprintf("did you mean the subcommand %s?", near)
		}
		in.refused = report.Refused([]spec.Problem{problem}, nil)
		return in
	}
	in.source.Data = data
	return in
}

// read looks into it. An arguments file that Ansible left behind is a document too.
func (in *input) read() {
	data := in.source.Data
	var problems []spec.Problem
	if bytes.Contains(data, []byte(`"_ansible_`)) {
		in.doc, _, problems, in.warnings = spec.ReadArgs(data)
	} else {
		in.doc, problems, in.warnings = spec.Read(data, strings.TrimPrefix(in.source.Name, "-"))
	}
	if len(problems) > 0 {
		in.refused = report.Refused(problems, in.warnings)
	}
}

// run carries a good document out.
func (c *Command) run(ctx context.Context, doc *spec.Document, o options, out output) *report.Result {
	return report.From(c.engineFor(o, out).Do(ctx, doc), asked(o, doc))
}

// asked is how a call wants to be told.
func asked(o options, doc *spec.Document) report.Asked {
	return report.Asked{Check: o.check, Diff: o.diff, Waves: o.verbose, Summary: doc.Result == spec.Summary}
}

// engine is what carries documents out, here.
func (c *Command) engine() engine.Call {
	return engine.Call{Dial: c.Kernel, Ready: c.Ready, Runtime: c.Runtime, Root: c.Root, Boot: c.Boot, Guard: c.Guard}
}

// engineFor is that, as a call wants it.
func (c *Command) engineFor(o options, out output) engine.Call {
	call := c.engine()
	call.Check, call.Note, call.Progress = o.check, out.note, out.progress()
	return call
}
