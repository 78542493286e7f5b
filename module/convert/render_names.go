package convert

import (
	"strconv"
	"strings"
	"unicode"

	"hostnet-module/module/spec"
)

// The files of other programs have no quotes: ifupdown hands lines to a shell as root, networkd takes patterns for names, and each of them ends a value
// with the line. So names that are no plain words are not rendered at all.

// misnamed are the problems of a document whose names could say something else in a file.
func misnamed(doc *spec.Document, to string) (problems []spec.Problem) {
	check := func(path, name string) {
		if name == "" || plainName(name) {
			return
		}
		problems = append(problems, spec.Problem{Path: path, Err: spec.ErrValue, Hint: "rename it, or have hostnet-module itself bring it up at boot",
			Message: strconv.Quote(name) + ": cannot be rendered for " + to + ": a name there has only letters, digits and _ . : -, and begins with none of - and :"})
	}
	for _, o := range doc.Objects {
		if o.Absent {
			continue
		}
		key := ".name"
		if o.Kind.Bridging && strings.HasPrefix(o.Path, "segments[") {
			key = ".bridge"
		}
		check(o.Path+".parent", o.Parent)
		if o.Parent == "" || plainName(o.Parent) { // a VLAN may have its name from there
			check(o.Path+key, o.Name)
		}
		for r, v := range o.Attrs.All() {
			if r.Name != "description" {
				check(o.Path+"."+r.Name, strings.ReplaceAll(v.S, ",", ""))
			}
		}
		for _, p := range o.Ports {
			if p.Path != o.Path { // of a segment it is the VLAN, which has been looked at
				check(p.Path, p.Name)
			}
			check(p.Path+".path", p.HW)
		}
		for _, a := range o.Addresses {
			check(a.Path+".label", a.Label)
		}
	}
	for _, rule := range doc.Rules {
		for r, v := range rule.Attrs.All() {
			check(rule.Path+"."+r.Name, v.S)
		}
	}
	return problems
}

func plainName(name string) bool {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:-"
	return strings.Trim(name, plain) == "" && name[0] != '-' && name[0] != ':'
}

// oneLined tells whether a text stays on its line in another program's file: it has no control or invisible characters, and no backslash at its end, which
// would take the next line in.
func oneLined(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) && !strings.HasSuffix(text, `\`)
}

// line is a line of a file. What could end it cannot come so far; that is looked at here once more, for all lines.
func line(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\t' || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, text) + "\n"
}
