package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"hostnet-module/module/attr"
	"hostnet-module/module/spec"
)

// severity is how bad a disruption is; what nobody has limited is none too bad.
func severity(d Disruption) int {
	i := slices.Index([]Disruption{Undisturbed, Flaps, Recreates}, d)
	if i < 0 {
		return len(d)
	}
	return i
}

// limit refuses a plan that disturbs more than the document allows, with all the objects and options that cause it.
func (m *maker) limit(objects []Object) {
	most := Disruption(m.doc.MaxDisruption)
	if most == "" {
		return
	}
	for i := range m.wants {
		o := &m.wants[i]
		would := objects[i].Disruption
		if severity(would) <= severity(most) {
			continue
		}
		text := "would be taken down, or its " + cmp.Or(o.Kind.Ports, "traffic") + " let go, for a moment"
		switch {
		case objects[i].Action == Delete:
			text = "would be taken from under " + strings.Join(objects[i].Touches, ", ")
		case would == Recreates:
			text = "would be made anew"
		}
		hint := fmt.Sprintf("say max_disruption: %s to allow it", would)
		causes := m.causes(o, would)
		if len(causes) > 0 {
			text += ": " + strings.Join(causes, ", ")
		}
		m.problem(o.Path, hint, "max_disruption is %s, and %s %s", most, o.Name, text)
	}
}

// causes are the changes of an object that cannot be had with less disruption.
func (m *maker) causes(o *want, would Disruption) []string {
	had, will := m.has.Link(o.Name), m.out.Link(o.Name)
	var list []string
	for _, name := range o.ports {
		if would == Flaps && m.leaves(o.Object, name) {
			list = append(list, name+" is in use and joins")
		}
	}
	if had == nil || will == nil {
		return list
	}
	hard := attr.Down | attr.NoPorts
	if would == Recreates {
		hard = attr.Never
		if had.Parent != will.Parent {
			list = append(list, fmt.Sprintf("parent %s to %s", had.Parent, will.Parent))
		}
	}
	for r, v := range attr.Missing(had.Attrs, will.Attrs).All() {
		if r.When&hard != 0 || would == Flaps && r.Name == "up" && v.N == 0 {
			was, _ := had.Attrs.Get(r.Name)
			list = append(list, fmt.Sprintf("%s %v to %v", r.Name, r.JSON(was), r.JSON(v)))
		}
	}
	return list
}

// leaves tells whether a link carries traffic, or is another object's port, and becomes a port of this one.
func (m *maker) leaves(o *spec.Object, name string) bool {
	p := m.has.Link(name)
	return p != nil && p.Master != o.Name && (p.Master != "" && p.Up() || carries(m.has, p))
}
