//go:build lab

package contract

import (
	"context"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"hostnet-module/module/attr"
	"hostnet-module/module/engine"
	"hostnet-module/module/kernel"
	"hostnet-module/module/plan"
	"hostnet-module/module/spec"
	"hostnet-module/module/state"
)

// TestDriftOfEveryOption lets iproute2 change each option of a running document, one at a time, to what the other document
// says. The next run tells that option as a difference and puts it right; the one after changes nothing. What iproute2 cannot
// change on a link in use, or has no word for, is listed and must be little.
func TestDriftOfEveryOption(t *testing.T) {
	repaired, left := 0, []string{}
	for _, tt := range twice {
		t.Run(tt.name, func(t *testing.T) {
			inNamespace(t, func(k *kernel.Kernel) {
				d := drifter{T: t, k: k, call: engine.Call{Dial: func() (engine.Kernel, error) { return k, nil }, Runtime: "/tmp/drift", Hurry: true}}
				first, second := d.known(tt.first), d.known(tt.second)
				if t.Failed() {
					return
				}
				d.doc = first
				d.run(true)
				for _, s := range d.drifts(second) {
					if d.repairs(s) {
						repaired++
					} else {
						left = append(left, s.String())
					}
				}
			})
		})
	}
	t.Logf("%d options changed by iproute2 and repaired; %d that it did not change:\n%s", repaired, len(left), strings.Join(left, "\n"))
	if repaired < 5*len(left) {
		t.Errorf("%d options were repaired, %d were not tried", repaired, len(left))
	}
}

// drifts are the steps that change one option each, to what another document says.
func (d *drifter) drifts(other *document) []state.Step {
	var steps []state.Step
	for _, o := range other.Objects {
		mine := d.doc.Find(o.Name)
		for r, v := range differing(mine.Attrs, o.Attrs).All() {
			steps = append(steps, state.Step{Op: state.LinkSet, Link: o.Name, Kind: o.Kind.Name, Attrs: attr.Of(attr.Item{Row: r, Value: v})})
		}
		for _, p := range o.Ports {
			i := slices.IndexFunc(mine.Ports, func(q port) bool { return q.Name == p.Name })
			if i < 0 {
				continue
			}
			for r, v := range differing(mine.Ports[i].Attrs, p.Attrs).All() {
				steps = append(steps, state.Step{Op: state.LinkSet, Link: p.Name, PortKind: o.Kind.Name, Port: attr.Of(attr.Item{Row: r, Value: v})})
			}
		}
	}
	return steps
}

// differing are the values of b for rows that a has with another value.
func differing(a, b attr.Set) attr.Set {
	return b.Filter(func(r *attr.Row) bool {
		was, ok := a.Get(r.Name)
		is, _ := b.Get(r.Name)
		return ok && !r.Equal(was, is) && r.When&attr.Never == 0
	})
}

// repairs lets iproute2 carry a step out; false if it did not. Then the document's next run must see and mend it.
func (d *drifter) repairs(s state.Step) bool {
	d.Helper()
	before := look(d.T, d.k)
	name, of := rowOf(s)
	was := valueOf(before, s, name)
	done := slices.ContainsFunc(ways(before, s), func(script string) bool {
		// What is taken without a word, and not done, is no change.
		return exec.Command("sh", "-c", script).Run() == nil && valueOf(look(d.T, d.k), s, name) != was
	})
	if !done {
		d.run(true)
		return false
	}
	out := d.run(true)
	told := slices.ContainsFunc(out.Plan.Objects, func(o plan.Object) bool {
		return slices.ContainsFunc(o.Differences, func(x plan.Difference) bool { return x.Name == of })
	})
	if !told {
		d.Errorf("after %q no difference of %s was told: %+v", s, of, out.Plan.Objects)
	}
	if now := valueOf(look(d.T, d.k), s, name); now != was && !strings.HasSuffix(name, "_qos_map") { // pairs that no document lists are left
		d.Errorf("after %q and a run %s is %s, not %s", s, name, now, was)
	}
	d.run(false)
	return true
}

// ways are scripts that carry a step out: on the link as it is, on one that is down, on one whose ports have been taken out.
func ways(h *state.Host, s state.Step) []string {
	out, in := "", ""
	for _, p := range h.Ports(s.Link) {
		out += "ip link set " + p.Name + " nomaster; "
		in += "ip link set " + p.Name + " down; ip link set " + p.Name + " master " + s.Link + "; ip link set " + p.Name + " up; "
	}
	down := "ip link set " + s.Link + " down; " + s.String() + " || no=1; ip link set " + s.Link + " up; "
	return []string{s.String(), down + "[ -z $no ]", out + down + in + "[ -z $no ]"}
}

// rowOf names the row of a step, and the difference that tells its change.
func rowOf(s state.Step) (name, difference string) {
	for r := range s.Attrs.All() {
		return r.Name, r.Name
	}
	for r := range s.Port.All() {
		return r.Name, s.Link + "." + r.Name
	}
	return "", ""
}

func valueOf(h *state.Host, s state.Step, name string) string {
	set := h.Link(s.Link).Attrs
	if s.PortKind != "" {
		set = h.Link(s.Link).Port
	}
	for r, v := range set.All() {
		if r.Name == name {
			return r.Text(v)
		}
	}
	return ""
}

// run applies the document; without a change unless one is due.
func (d *drifter) run(mayChange bool) engine.Outcome {
	d.Helper()
	out := d.call.Do(context.Background(), d.doc)
	if out.Failed != nil || len(out.Problems) > 0 {
		d.Fatalf("%v %v", out.Failed, out.Problems)
	}
	if !mayChange && out.Plan.Changed() {
		d.Errorf("changes when nothing needs to: %v", out.Plan.Steps)
	}
	return out
}

type (
	document = spec.Document
	port     = spec.Port
	drifter  struct {
		*testing.T
		k    *kernel.Kernel
		call engine.Call
		doc  *document
	}
)

// known reads a document and leaves out what the kernel lacks.
func (d *drifter) known(text string) *document {
	doc := read(d.T, text)
	dropLacking(d.k, doc)
	return doc
}
