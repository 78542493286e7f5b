package cli

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"hostnet-module/module/engine"
	"hostnet-module/module/report"
	"hostnet-module/module/spec"
)

// apply makes the host what the document says.
func (c *Command) apply(ctx context.Context, o options) int {
	out := c.output(o)
	in := c.document(o.args[0])
	if in.refused != nil {
		return out.result(in.refused, in.source)
	}
	r := c.run(ctx, in.doc, o, out)
	r.Warn(in.warnings)
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

// document reads and checks a document. An arguments file that Ansible left behind is one too.
func (c *Command) document(name string) input {
	in := input{source: report.Source{Name: name}}
	data, err := c.Read(name)
	if err != nil {
		problem := spec.Problem{Message: fmt.Sprintf("cannot be read: %v", err), Err: spec.ErrMissing}
		if near := nearest(name, names()); near != "" {
			problem.Hint = fmt.Sprintf("did you mean the subcommand %s?", near)
		}
		in.refused = report.Refused([]spec.Problem{problem}, nil)
		return in
	}
	in.source.Data = data
	var problems []spec.Problem
	if bytes.Contains(data, []byte(`"_ansible_`)) {
		in.doc, _, problems, in.warnings = spec.ReadArgs(data)
	} else {
		in.doc, problems, in.warnings = spec.Read(data, strings.TrimPrefix(name, "-"))
	}
	if len(problems) > 0 {
		in.refused = report.Refused(problems, in.warnings)
	}
	return in
}

// run carries a good document out.
func (c *Command) run(ctx context.Context, doc *spec.Document, o options, out output) *report.Result {
	outcome := engine.Call{Dial: c.Kernel, Runtime: c.Runtime, Check: o.check, Note: out.note, Progress: out.progress(), Root: c.Root, Boot: c.Boot}.Do(ctx, doc)
	return report.From(outcome, report.Asked{Check: o.check, Diff: o.diff, Waves: o.verbose, Summary: doc.Result == spec.Summary})
}
