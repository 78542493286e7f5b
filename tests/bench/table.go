package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"
)

func wall(c cost) time.Duration { return c.wall }
func cpu(c cost) time.Duration  { return c.cpu }

// mostKiB is the aim for the memory.
const mostKiB = 24 << 10

// write prints the figures as Markdown.
func write(out io.Writer, rounds int, t times, counts [][phases]count) error {
	fmt.Fprintf(out, "Ratios of %d rounds in one machine under software emulation: below 1, hostnet-module is faster. In brackets the quartiles.\n\n", rounds)
	w := tabwriter.NewWriter(out, 0, 0, 1, ' ', 0)
	fmt.Fprintf(w, "| seed host\t| against `ip -batch`, same state\t| as in manuals\t| CPU, same state\t|\n|---\t|---\t|---\t|---\t|\n")
	for p := range phases {
		what := p.String()
		if p == again {
			what += ", against `ip -d -j link; ip -j addr; ip -j route`"
		}
		best, simple, work := t.ratio(floor, p, wall), t.ratio(naive, p, wall), t.ratio(floor, p, cpu)
		fmt.Fprintf(w, "| %s\t| %s%s\t| %s\t| %s\t|\n", what, best, mark(p != teardown && best.median > 1), simple, work)
	}
	w.Flush()
	fmt.Fprintln(out)
	fmt.Fprintf(w, "| \t| memory, KiB\t| system calls\t| sends\t| receives\t| files opened\t| waits\t| median, ms here\t|\n|---\t|---\t|---\t|---\t|---\t|---\t|---\t|---\t|\n")
	peak := 0
	for i, c := range contenders() {
		for p := range phases {
			n := counts[i][p]
			fmt.Fprintf(w, "| %s: %s\t| %d\t| %d\t| %d\t| %d\t| %d\t| %d\t| %d\t|\n",
				c.name, p, n.kib, n.calls, n.sent, n.received, n.opened, n.waiting, t.median(i, p).Milliseconds())
			if i == ours {
				peak = max(peak, n.kib)
			}
		}
	}
	w.Flush()
	_, err := fmt.Fprintf(out, "\nPeak memory %.1f MiB (aim: 24)%s.\n", float64(peak)/1024, mark(peak > mostKiB))
	return err
}

func (r ratio) String() string { return fmt.Sprintf("%.2f (%.2f–%.2f)", r.median, r.low, r.high) }

// mark points at an aim that was missed.
func mark(missed bool) string {
	if missed {
		return " **aim missed**"
	}
	return ""
}

// Between these lines stands in the page what paste puts there.
const (
	begin = "<!-- figures: make bench WRITE=1 -->\n"
	end   = "<!-- end of figures -->\n"
)

// paste replaces the figures of a page.
func paste(page string, figures io.Reader) error { return pasteBetween(page, begin, end, figures) }

func pasteBetween(page, begin, end string, figures io.Reader) error {
	text, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	news, err := io.ReadAll(figures)
	if err != nil {
		return err
	}
	head, rest, ok := bytes.Cut(text, []byte(begin))
	_, tail, closed := bytes.Cut(rest, []byte(end))
	if !ok || !closed || len(news) == 0 {
		return fmt.Errorf("%s has no lines %q and %q, or there are no figures", page, begin, end)
	}
	text = bytes.Join([][]byte{head, []byte(begin), news, []byte(end), tail}, nil)
	return os.WriteFile(page, text, 0o644)
}
