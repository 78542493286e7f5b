package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"hostnet-module/module/convert"
)

// verb is one subcommand; the one without a name applies a document.
type verb struct {
	name     string
	operand  string // what it takes; "": nothing; with … behind it, any number
	short    string // for the list of subcommands
	long     string
	flags    []string // of those that options has
	examples [][2]string
	run      func(*Command, context.Context, options) int
}

// options are the flags of all verbs.
type options struct {
	check, diff, verbose, document bool
	strict, dumb                   bool
	wait, late, own, man           bool
	from, root, to, outputDir      string
	format                         string
	confirmTimeout, extend         uint

	args []string
}

// later are the subcommands of later versions: a document of such a name needs a path.
func later() []string {
	return []string{"doctor", "rehearse", "apply"}
}

func root() verb {
	return verb{
		operand: "DOCUMENT",
		long: `Makes the host's network what a document describes: bonds, VLANs on them, bridges on those. Afterwards the network is as
described, or as it was before. Nothing changes when nothing needs to.

DOCUMENT is a file (.json or .yaml), or - for standard input. The result goes to standard output, as text on a terminal
and as JSON elsewhere. Exit: 0 done, 1 failed, 2 bad document or usage.`,
		flags: []string{"check", "diff", "format", "verbose", "confirm-timeout"},
		examples: [][2]string{
			{"hostnet-module validate host.yaml", "is the document good? Needs no root and no such host"},
			{"hostnet-module --check --diff host.yaml", "what would change? Changes nothing"},
			{"hostnet-module host.yaml", "make it so"},
			{"hostnet-module --confirm-timeout 60 host.yaml", "and put everything back in a minute, unless somebody who can still reach the host says y"},
			{"hostnet-module show", "what is"},
			{`echo '{"bridges": [{"name": "br0"}]}' | hostnet-module -`, "one bridge without ports"},
		},
		run: (*Command).apply,
	}
}

// verbs are all subcommands; help stands last.
func verbs() []verb {
	list := slices.Insert(ownVerbs(), 3, formatVerbs()...)
	list = slices.Insert(list, 3, settlers()...)
	list = slices.Insert(list, len(list)-2, completionVerb())
	return slices.Insert(list, len(list)-2, bootVerbs()...)
}

// settlers end a change that waits to be confirmed.
func settlers() []verb {
	return []verb{
		{
			name: "confirm", operand: "[ID]", short: "keep the change that waits to be confirmed",
			long: `Keeps a change that was made with confirm_timeout. Who can say this over a new connection has proved that the host can
be reached. Fails if nothing waits, or if it is too late: then it says when and why everything was put back.`,
			flags: []string{"format", "extend"},
			examples: [][2]string{{"hostnet-module confirm", ""}, {"hostnet-module confirm --extend 60", "a minute more to look around"},
				{"hostnet-module confirm --format json k7xmp", "for programs: this one and no other"}},
			run: (*Command).confirm,
		},
		{
			name: "rollback", operand: "[ID]", short: "put back the change that waits to be confirmed",
			long: `Puts everything back now, as it was before a change that waits to be confirmed, or that was interrupted. A change that
was kept is not undone: apply the document from before.`,
			flags:    []string{"format"},
			examples: [][2]string{{"hostnet-module rollback", ""}},
			run:      (*Command).rollback,
		},
	}
}

// ownVerbs are those of every day; other people's formats and the boot have lists of their own.
func ownVerbs() []verb {
	return []verb{
		{
			name: "validate", operand: "DOCUMENT", short: "check a document, away from its host",
			long:     "Reads a document and lists everything that is wrong with it. Looks at no host and needs no root.",
			flags:    []string{"format"},
			examples: [][2]string{{"hostnet-module validate host.yaml", ""}, {"hostnet-module validate --format json - < host.json", "for programs: the key is `problems`"}},
			run:      (*Command).validate,
		},
		{
			name: "diff", operand: "DOCUMENT", short: "what a document would change (--check --diff)",
			long:     "Shows what applying a document would change, object by object. Sends the kernel nothing.",
			flags:    []string{"format", "verbose"},
			examples: [][2]string{{"hostnet-module diff host.yaml", ""}, {"hostnet-module diff -v host.yaml", "with the steps, as ip commands"}},
			run:      (*Command).diff,
		},
		{
			name: "show", short: "the running topology, from the NIC to the guest's port",
			long: `Shows every link once: a VLAN below its parent, a bridge below its uplink, guests' ports below their bridge; the
members of a bond stand before it. Needs no root.`,
			flags: []string{"format", "document"},
			examples: [][2]string{{"hostnet-module show", ""}, {"hostnet-module show --document --format text > host.yaml", "what runs, as a document"},
				{"hostnet-module show | jq '.links[] | select(.state != \"UP\")'", "what is not up"}},
			run: (*Command).show,
		},
		{
			name: "schema", short: "the form of documents as a JSON Schema, for editors",
			long: `Prints a JSON Schema (draft 2020-12) of documents: every key with its meaning, range and words, so that an editor
completes and checks while one types. What needs sense, validate alone knows.`,
			examples: [][2]string{{"hostnet-module schema > hostnet.schema.json", "name it in a document's first line: # yaml-language-server: $schema=hostnet.schema.json"}},
			run:      (*Command).schema,
		},
		{
			name: "version", short: "the program's version and how it was built",
			long: "Tells the program's version, the commit, and what built it.", flags: []string{"format"},
			examples: [][2]string{{"hostnet-module version", ""}},
			run:      (*Command).version,
		},
		{
			name: "help", operand: "[SUBCOMMAND]", short: "help for a subcommand",
			long: "Explains the program, or one of its subcommands.", flags: []string{"man"},
			examples: [][2]string{{"hostnet-module help show", ""}, {"hostnet-module help --man | man -l -", "all of it, as the manual page"}},
			run:      (*Command).help,
		},
	}
}

// flagSet declares a verb's flags.
func (v verb) flagSet(o *options) *pflag.FlagSet {
	f := pflag.NewFlagSet(v.name, pflag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.SortFlags = false
	for _, name := range v.flags {
		switch name {
		case "check":
			f.BoolVarP(&o.check, name, "n", false, "say what would change, and change nothing")
		case "diff":
			f.BoolVar(&o.diff, name, false, "show each changed object before and after")
		case "format":
			f.StringVar(&o.format, name, "", "how to print: `text|json`; text on a terminal, json elsewhere")
		case "verbose":
			f.BoolVarP(&o.verbose, name, "v", false, "unchanged objects, attributes of new ones and all steps too")
		case "from":
			f.StringVar(&o.from, name, "", "whose files: `"+strings.Join(sources(), "|")+"`")
		case "to":
			f.StringVar(&o.to, name, "", "for which tool: `"+strings.Join(convert.Renderers(), "|")+"`")
		case "output-dir":
			f.StringVar(&o.outputDir, name, "", "write the files below `DIR`, and print their names")
		case "root":
			f.StringVar(&o.root, name, "", "the host's files, and those that they name, are below this `DIR`")
		case "dumb":
			f.BoolVar(&o.dumb, name, false, "bridges without an address are for guests only (host_access: false)")
		case "strict":
			f.BoolVar(&o.strict, name, false, "fail if something is left")
		case "wait-online":
			f.BoolVar(&o.wait, name, false, "wait for carrier on all that came up")
		case "late":
			f.BoolVar(&o.late, name, false, "wait for the network cards that were not there, and bring up what needs them")
		case "own-network":
			f.BoolVar(&o.own, name, false, "take the hands of cloud-init, networkd's wait and NetworkManager off the network")
		case "man":
			f.BoolVar(&o.man, name, false, "the manual page, hostnet-module(8)")
		case "document":
			f.BoolVar(&o.document, name, false, "as a document that could be applied")
		case "confirm-timeout":
			f.UintVar(&o.confirmTimeout, name, 0, "undo everything unless confirmed within so many `SECONDS`")
		case "extend":
			f.UintVar(&o.extend, name, 0, "do not confirm yet, but wait so many `SECONDS` more")
		}
	}
	return f
}

// usage is the one-line form of a call.
func (v verb) usage() string {
	parts := []string{"hostnet-module"}
	if v.name != "" {
		parts = append(parts, v.name)
	}
	if len(v.flags) > 0 {
		parts = append(parts, "[FLAGS]")
	}
	if v.operand != "" {
		parts = append(parts, v.operand)
	}
	return strings.Join(parts, " ")
}

func (v verb) help() string {
	var b strings.Builder
	fmt.Fprintf(&b, "usage: %s\n", v.usage())
	if v.name == "" {
		b.WriteString("       hostnet-module SUBCOMMAND …\n")
	}
	fmt.Fprintf(&b, "\n%s\n", v.long)
	if v.name == "" {
		b.WriteString("\nsubcommands:\n")
		for _, s := range verbs() {
			fmt.Fprintf(&b, "  %-12s %s\n", s.name, s.short)
		}
	}
	if len(v.flags) > 0 {
		b.WriteString("\nflags:\n")
	}
	v.flagSet(&options{}).VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			b.WriteString(flagLine(f))
		}
	})
	b.WriteString("\nexamples:\n")
	for _, e := range v.examples {
		b.WriteString("  " + e[0] + "\n")
		if e[1] != "" {
			b.WriteString("      " + e[1] + "\n")
		}
	}
	return b.String()
}

// flagLine explains a flag. (pflag's own list says [=true|false] behind every switch.)
func flagLine(f *pflag.Flag) string {
	short, value := "    ", ""
	if f.Shorthand != "" {
		short = "-" + f.Shorthand + ", "
	}
	word, text := pflag.UnquoteUsage(f)
	if f.Value.Type() != "bool" {
		value = " " + word
	}
	return fmt.Sprintf("  %s%-20s %s\n", short, "--"+f.Name+value, text)
}

func (c *Command) help(_ context.Context, o options) int {
	switch {
	case o.man:
		return c.print(c.manual())
	case len(o.args) == 0:
		return c.print(root().help())
	}
	for _, v := range verbs() {
		if v.name == o.args[0] {
			return c.print(v.help())
		}
	}
	return c.misused(root(), fmt.Errorf("%q is no subcommand of this version", o.args[0]))
}
