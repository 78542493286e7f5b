package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"hostnet-module/module/plan"
	"hostnet-module/module/spec"
	"hostnet-module/module/state"
)

// modules makes sure that the kernel knows the kinds of links that the document wants. In check mode it only looks.
func (r Runner) modules(ctx context.Context, doc *spec.Document) error {
	var names []string
	for _, o := range doc.Objects {
		if name := o.Kind.Module; name != "" && !o.Absent && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if missing := r.Kernel.Missing(names); len(missing) > 0 {
		return &MissingModules{missing}
	}
	if r.Check {
		return nil
	}
	if err := r.Kernel.Load(ctx, names); err != nil {
		return fmt.Errorf("%w; %s", err, modulesHelp)
	}
	return nil
}

// lacking reports the options that the running kernel does not have. It would take them, and ignore them.
func (r Runner) lacking(doc *spec.Document, has *state.Host) []spec.Problem {
	var problems []spec.Problem
	for _, o := range plan.Recents(doc, has) {
		if !r.Kernel.Has(o.Module, o.Since.Release, o.Since.Name) {
			problems = append(problems, spec.Problem{Path: o.Path, Err: spec.ErrHost, Hint: "leave it out, or run a newer kernel", Message: fmt.Sprintf(
				"%q: this kernel (%s) does not have the option; it came with Linux %s", o.Row.Text(o.Value), r.Kernel.Release(), o.Since.Release)})
		}
	}
	return problems
}

// MissingModules says which kernel modules the host lacks.
type MissingModules struct{ Names []string }

const modulesHelp = "install the kernel's full set of modules (Debian: linux-image-amd64; Ubuntu: linux-modules-extra-*; RHEL: kernel-modules)"

func (e *MissingModules) Error() string {
	return fmt.Sprintf("this kernel lacks the module%s %s: %s, or try: modprobe %s",
		map[bool]string{true: "s"}[len(e.Names) > 1], strings.Join(e.Names, ", "), modulesHelp, e.Names[0])
}
