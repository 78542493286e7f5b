package cli

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"hostnet-module/module/convert"
	"hostnet-module/module/foreign"
	"hostnet-module/module/report"
	"hostnet-module/module/store"
)

// source is a manager whose files can be converted.
type source struct {
	usual   func(foreign.Files) []string // its files on a host
	convert func(foreign.Files, []string, convert.Options) (convert.Result, error)
}

var converters = map[string]source{
	"ifupdown":   {interfaces, convert.Ifupdown},
	"ifupdown2":  {interfaces, convert.Ifupdown2},
	"netplan":    {netplanFiles, convert.Netplan},
	"cloud-init": {func(foreign.Files) []string { return nil }, convert.CloudInit},
}

// interfaces is the file of ifupdown, and of ifupdown2.
func interfaces(foreign.Files) []string { return []string{"/etc/network/interfaces"} }

// netplanFiles are those of a host, in the order of their names; one in a stronger folder hides those of its name in others.
func netplanFiles(files foreign.Files) (names []string) {
	seen := map[string]string{}
	for _, dir := range []string{"/run/netplan", "/etc/netplan", "/usr/lib/netplan", "/lib/netplan"} {
		for _, name := range files.List(dir) {
			if _, hidden := seen[name]; !hidden && strings.HasSuffix(name, ".yaml") && name[0] != '.' {
				seen[name] = dir
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(seen)) {
		names = append(names, seen[name]+"/"+name)
	}
	return names
}

func sources() []string { return slices.Sorted(maps.Keys(converters)) }

// convert makes a document of another manager's files.
func (c *Command) convert(_ context.Context, o options) int {
	verb := verbNamed("convert")
	from, ok := converters[o.from]
	if !ok {
		return c.misused(verb, fmt.Errorf("--from %q: must be %s", o.from, strings.Join(sources(), " or ")))
	}
	files, names := disk{c, o.root}, o.args
	if len(names) == 0 {
		names = from.usual(files)
	}
	if len(names) == 0 {
		return c.misused(verb, fmt.Errorf("no FILE given, and there is none of %s on this host", o.from))
	}
	for i, name := range names {
		if name != "-" {
			names[i] = filepath.Clean(name)
		}
	}
	converted, err := from.convert(files, names, convert.Options{Dumb: o.dumb})
	if err != nil {
		return c.misused(verb, err)
	}
	out := c.output(o)
	if o.format != "json" { // text elsewhere than on a terminal too: it is to be a file
		out.json = false
	}
	left := make([]report.Left, len(converted.Left))
	for i, l := range converted.Left {
		left[i] = report.Left{File: l.File, Line: l.Line, Reason: string(l.Reason), Text: l.Text}
	}
	r := report.Converted(converted.Document, left, converted.Advice, converted.Warnings, o.strict)
	if out.json {
		return out.result(r, report.Source{})
	}
	return c.converted(r, converted.Left, o.from, names)
}

// converted prints a document with what it lacks in its first lines, and tells the same on standard error.
func (c *Command) converted(r *report.Result, left []convert.Left, from string, names []string) int {
	var head strings.Builder
	fmt.Fprintf(&head, "# Made of %s by hostnet-module convert --from %s.\n", ascii(strings.Join(names, ", ")), from)
	for i, l := range left {
		fmt.Fprintf(c.Stderr, "%s: not taken over: %s\n    %s\n", foreign.Pos{File: l.File, Line: l.Line}, l.Why, report.Clean(l.What))
		if i == 0 {
			head.WriteString("# Not taken over:\n")
		}
		fmt.Fprintf(&head, "#   %s: %s\n#       %s\n", foreign.Pos{File: l.File, Line: l.Line}, report.Clean(l.What), l.Why)
	}
	for _, w := range r.Warnings {
		fmt.Fprintf(c.Stderr, "note: %s\n", report.Clean(w))
	}
	c.counted(left)
	if r.Failed {
		fmt.Fprintf(c.Stderr, "error: %s\n", r.Msg)
		return r.Exit()
	}
	if len(r.Left) > 0 {
		fmt.Fprintf(c.Stderr, "%s\n", r.Msg)
	}
	return c.print(head.String() + string(r.Document.YAML()))
}

// counted says how many lines, or parts of lines, were left for which reason, and what is to be done about them.
func (c *Command) counted(left []convert.Left) {
	count := map[convert.Reason]int{}
	for _, l := range left {
		count[l.Reason]++
	}
	for _, r := range convert.Reasons() {
		if count[r] > 0 {
			fmt.Fprintf(c.Stderr, "%5d %s: %s; %s\n", count[r], r, r.Meaning(), r.Remedy())
		}
	}
}

func ascii(text string) string { return strings.Trim(fmt.Sprintf("%+q", text), `"`) }

// disk are files of this host, or of another one's below a folder.
type disk struct {
	c    *Command
	root string
}

// below tells whether a name is one below the folder.
func (d disk) below(name string) bool { return d.root != "" && filepath.IsAbs(name) }

// Read reads a file that a person or a file has named.
func (d disk) Read(name string) ([]byte, error) {
	if !d.below(name) {
		return d.c.Read(name)
	}
	data, err := store.Tree(d.root).Read(name)
	if data == nil && err == nil {
		err = &fs.PathError{Op: "open", Path: store.Tree(d.root).At(name), Err: syscall.ENOENT}
	}
	return data, err
}

// List names the files of a folder.
func (d disk) List(dir string) (names []string) {
	if d.below(dir) {
		t := store.Tree(d.root)
		return slices.DeleteFunc(t.List(dir), func(name string) bool { return t.Folder(dir + "/" + name) })
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	for _, e := range entries {
		if !e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names
}
