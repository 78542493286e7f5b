package cli

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"hostnet-module/module/report"
)

// output is where and how one call speaks (the rules: report.Style).
type output struct {
	c       *Command
	json    bool
	style   report.Style // of standard output
	errors  report.Style // of standard error
	verbose bool
}

func (c *Command) output(o options) output {
	out := output{c: c, verbose: o.verbose}
	_, terminal := c.columns(c.Stdout)
	out.json = o.format == "json" || o.format == "" && !terminal
	out.style, out.errors = c.style(c.Stdout, o), c.style(c.Stderr, o)
	return out
}

// style finds out how text looks on a stream.
func (c *Command) style(w io.Writer, o options) report.Style {
	columns, terminal := c.columns(w)
	s := report.Style{Verbose: o.verbose, Plain: !c.unicode()}
	if !terminal {
		return s
	}
	s.Color = c.Getenv("NO_COLOR") == "" && c.Getenv("TERM") != "dumb"
	if n, err := strconv.Atoi(c.Getenv("COLUMNS")); err == nil && n > 0 {
		columns = n
	}
	if columns == 0 {
		columns = 80 // a serial console does not know
	}
	s.Width = max(columns, 40)
	return s
}

// unicode tells whether the reader can be expected to see more than ASCII (locale(7): the first that is set counts).
func (c *Command) unicode() bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if text := strings.ToLower(c.Getenv(name)); text != "" {
			return strings.Contains(text, "utf-8") || strings.Contains(text, "utf8")
		}
	}
	return false
}

// screen lets nothing onto a stream that its reader's terminal or log would do something with.
func (c *Command) screen(w io.Writer) io.Writer {
	_, terminal := c.columns(w)
	return report.Screen{W: w, ASCII: terminal && !c.unicode()}
}

// raw is a stream as it is, for what moves the cursor.
func raw(w io.Writer) io.Writer {
	if s, ok := w.(report.Screen); ok {
		return s.W
	}
	return w
}

func (c *Command) columns(w io.Writer) (int, bool) {
	w = raw(w)
	if c.Columns != nil {
		return c.Columns(w)
	}
	f, ok := w.(*os.File)
	if !ok {
		return 0, false
	}
	var size struct{ rows, columns, x, y uint16 }
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), syscall.TIOCGWINSZ, uintptr(unsafe.Pointer(&size)))
	return int(size.columns), errno == 0
}

// result prints a result and returns the exit status. In JSON it is on standard output whatever it says; a person reads what
// went wrong on standard error.
func (out output) result(r *report.Result, src report.Source) int {
	var err error
	switch {
	case out.json:
		err = r.WriteJSON(out.c.Stdout)
	case r.Failed:
		err = r.WriteFailure(out.c.Stderr, out.errors, src)
	default:
		err = r.WriteText(out.c.Stdout, out.style)
	}
	if err != nil {
		return out.c.unwritten(err)
	}
	return r.Exit()
}

// value prints something that is no result as JSON.
func (out output) value(v any) int {
	text, err := report.JSON(v)
	if err != nil {
		return out.c.unwritten(err)
	}
	return out.c.print(string(text))
}

// note tells a person what the run is about to do.
func (out output) note(what string) {
	if out.verbose && !out.json {
		fmt.Fprintf(out.c.Stderr, "hostnet-module: %s\n", what)
	}
}
