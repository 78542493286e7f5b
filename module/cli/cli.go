// Package cli is the front door for a person: flags, subcommands, help. Standard output carries the result, as text on a
// terminal and as JSON elsewhere; everything else goes to standard error. It knows no netlink and no Ansible.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"hostnet-module/cloudinit"
	"hostnet-module/module/engine"
	"hostnet-module/module/persist"
	"hostnet-module/module/report"
	"hostnet-module/module/spec"
)

// Command is one call.
type Command struct {
	Args    []string                          // without the program's name
	Read    func(name string) ([]byte, error) // a file, or standard input for "-"
	Answers io.Reader                         // a person's, if it is a terminal; nil: nobody is asked
	Stdout  io.Writer
	Stderr  io.Writer
	Getenv  func(string) string
	Columns func(io.Writer) (columns int, terminal bool) // nil: asks the kernel
	Kernel  func() (engine.Kernel, error)
	Ready   func() // waits until a run may begin to change something; nil: at once
	Runtime string // the folder of the run-time records; "": store.Runtime
	Root    fs.FS  // the host's files, in which other managers of the network are looked for; nil: nobody looks
	Listen  func(context.Context) (cloudinit.Events, error)
	Boot    *persist.Host // where to keep what comes back at boot; nil: nothing does
	Guard   engine.Guards // as in engine.Runner
	Version string        // "" where the build says nothing
}

// The exit statuses.
const (
	done   = 0
	failed = 1
	usage  = 2 // or a bad document
)

// Main does the work and returns the exit status.
func (c *Command) Main(ctx context.Context) int {
	c.Stdout, c.Stderr = c.screen(c.Stdout), c.screen(c.Stderr)
	v, args := root(), c.Args
	if len(args) > 0 {
		if args[0] == "--version" {
			args = append([]string{"version"}, args[1:]...)
		}
		if i := slices.IndexFunc(verbs(), func(v verb) bool { return v.name == args[0] }); i >= 0 {
			v, args = verbs()[i], args[1:]
		} else if slices.Contains(later(), args[0]) {
			return c.misused(root(), fmt.Errorf("%s: not in this version; a document of that name is ./%s", args[0], args[0]))
		}
	}
	return c.call(ctx, v, args)
}

// Word tells whether a first argument is a subcommand, be it one of a later version, and so no document.
func Word(arg string) bool {
	return slices.Contains(later(), arg) || slices.ContainsFunc(verbs(), func(v verb) bool { return v.name == arg })
}

// call parses a verb's flags and runs it.
func (c *Command) call(ctx context.Context, v verb, args []string) int {
	var o options
	flags := v.flagSet(&o)
	err := flags.Parse(args)
	switch {
	case errors.Is(err, pflag.ErrHelp):
		return c.print(v.help())
	case err != nil:
		return c.misused(v, better(err, flags))
	case o.format != "" && o.format != "text" && o.format != "json":
		return c.misused(v, fmt.Errorf("--format %q: must be text or json", o.format))
	}
	o.args = flags.Args()
	if err := v.check(o); err != nil {
		return c.misused(v, err)
	}
	return v.run(c, ctx, o)
}

// check looks at what is not a flag.
func (v verb) check(o options) error {
	switch {
	case o.confirmTimeout > spec.MostConfirmTimeout || o.extend > spec.MostConfirmTimeout:
		return fmt.Errorf("--confirm-timeout and --extend are seconds, at most %d", spec.MostConfirmTimeout)
	case v.operand == "" && len(o.args) > 0:
		return fmt.Errorf("%s takes no argument, got %q", v.name, o.args[0])
	case strings.HasSuffix(v.operand, "…]"):
		return nil
	case v.operand == "" || len(o.args) == 1 && !Word(o.args[0]) || len(o.args) < 2 && strings.HasPrefix(v.operand, "["):
		return nil
	case len(o.args) == 0:
		return fmt.Errorf("no %s given", v.operand)
	case v.name == "" && Word(o.args[0]):
		return fmt.Errorf("the subcommand comes first: hostnet-module %s …; a document of that name is ./%s", o.args[0], o.args[0])
	case len(o.args) == 1:
		return nil
	}
	if near := nearest(o.args[0], names()); v.name == "" && near != "" {
		return fmt.Errorf("%q is no subcommand: did you mean %s?", o.args[0], near)
	}
	return fmt.Errorf("takes one %s, got %d: %s", v.operand, len(o.args), strings.Join(o.args, " "))
}

// better adds to an error of the flags what may have been meant.
func better(err error, flags *pflag.FlagSet) error {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return err
	}
	var known []string
	flags.VisitAll(func(f *pflag.Flag) { known = append(known, f.Name) })
	if near := nearest(unknown.GetSpecifiedName(), known); near != "" {
		return fmt.Errorf("%w: did you mean --%s?", err, near)
	}
	return err
}

// nearest is the word that shares the longest beginning with what was typed, at least its first two letters; "" if none.
func nearest(typed string, words []string) string {
	best, length := "", 1
	for _, w := range words {
		n := 0
		for n < min(len(w), len(typed)) && w[n] == typed[n] {
			n++
		}
		if n > length {
			best, length = w, n
		}
	}
	return best
}

func verbNamed(name string) verb {
	return verbs()[slices.IndexFunc(verbs(), func(v verb) bool { return v.name == name })]
}

func names() []string {
	var all []string
	for _, v := range verbs() {
		all = append(all, v.name)
	}
	return all
}

// misused says what is wrong with the call itself.
func (c *Command) misused(v verb, err error) int {
	fmt.Fprintf(c.Stderr, "hostnet-module: %s\nusage: %s\nmore: %s\n", report.Clean(err.Error()), v.usage(), strings.TrimSpace("hostnet-module "+v.name)+" --help")
	return usage
}

func (c *Command) print(text string) int {
	if _, err := io.WriteString(c.Stdout, text); err != nil {
		return c.unwritten(err)
	}
	return done
}

// unwritten tells, where it still can, that the result did not reach anybody.
func (c *Command) unwritten(err error) int {
	fmt.Fprintf(c.Stderr, "hostnet-module: the result could not be written: %v\n", err)
	return failed
}
