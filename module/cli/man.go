package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"
)

// manual is the page hostnet-module(8), in man(7)'s macros, out of the tables that --help is made of. Its date is that of
// SOURCE_DATE_EPOCH, so that a build can be repeated.
func (c *Command) manual() string {
	var b strings.Builder
	date := ""
	if n, err := strconv.ParseInt(c.Getenv("SOURCE_DATE_EPOCH"), 10, 64); err == nil {
		date = time.Unix(n, 0).UTC().Format("2006-01-02")
	}
	fmt.Fprintf(&b, ".TH HOSTNET\\-MODULE 8 \"%s\" \"%s\" \"System Administration\"\n", date, roff("hostnet-module "+c.Version))
	b.WriteString(".SH NAME\nhostnet\\-module \\- the network of a virtualization host from one document\n.SH SYNOPSIS\n")
	for i, v := range all() {
		if i > 0 {
			b.WriteString(".br\n")
		}
		fmt.Fprintf(&b, ".B %s\n", roff(v.usage()))
	}
	b.WriteString(".SH DESCRIPTION\n")
	paragraphs(&b, root().long)
	b.WriteString(".SH OPTIONS\n")
	root().manFlags(&b)
	b.WriteString(".SH SUBCOMMANDS\n")
	for _, v := range verbs() {
		fmt.Fprintf(&b, ".SS %s\n", roff(strings.TrimPrefix(v.usage(), "hostnet-module ")))
		paragraphs(&b, v.long)
		v.manFlags(&b)
		v.manExamples(&b)
	}
	b.WriteString(".SH EXAMPLES\n")
	root().manExamples(&b)
	b.WriteString(`.SH "EXIT STATUS"
.TP
.B 0
done
.TP
.B 1
failed; the network is as it was before, or the message says what is not
.TP
.B 2
a bad document, or a wrong call; nothing was touched
.SH FILES
.TP
.I /etc/hostnet/hostnet.yaml
the document that is applied at boot
.TP
.I /run/hostnet
what earlier runs have set, for this boot
.SH "SEE ALSO"
.BR ip (8),
.BR bridge (8),
.BR interfaces (5),
.BR systemd.network (5)
`)
	return b.String()
}

// paragraphs writes text whose paragraphs are parted by empty lines.
func paragraphs(b *strings.Builder, text string) {
	for i, p := range strings.Split(text, "\n\n") {
		if i > 0 {
			b.WriteString(".PP\n")
		}
		b.WriteString(wrapped(p))
	}
}

func (v verb) manFlags(b *strings.Builder) {
	v.flagSet(&options{}).VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		word, text := pflag.UnquoteUsage(f)
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		fmt.Fprintf(b, ".TP\n.B %s", roff(name))
		if f.Value.Type() != "bool" {
			b.WriteString(" " + roff(word))
		}
		b.WriteString("\n" + wrapped(text))
	})
}

func (v verb) manExamples(b *strings.Builder) {
	for i, e := range v.examples {
		if i > 0 || v.name != "" {
			b.WriteString(".PP\n")
		}
		fmt.Fprintf(b, ".nf\n%s\n.fi\n", roff(e[0]))
		if e[1] != "" {
			b.WriteString(".RS\n" + wrapped(e[1]) + ".RE\n")
		}
	}
}

// wrapped is a text in lines as people who read macros like them.
func wrapped(text string) string {
	var b strings.Builder
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+1+len(roff(word)) > 76 {
			b.WriteString(line + "\n")
			line = ""
		}
		if line == "" {
			line = roff(word)
		} else {
			line += " " + strings.TrimPrefix(roff(word), `\&`)
		}
	}
	return b.String() + line + "\n"
}

// roff is a text whose characters mean themselves.
func roff(text string) string {
	var b strings.Builder
	for i, r := range text {
		switch {
		case r == '\\':
			b.WriteString(`\e`)
		case r == '-':
			b.WriteString(`\-`)
		case (r == '.' || r == '\'') && i == 0:
			b.WriteString(`\&` + string(r))
		case r == '\'':
			b.WriteString(`\(aq`)
		case r == '`':
			b.WriteString(`\(ga`)
		case r == '…':
			b.WriteString("...")
		case r > '~':
			fmt.Fprintf(&b, `\[u%04X]`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
