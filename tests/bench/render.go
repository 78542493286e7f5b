package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
)

// figures are what a run with --sizes has printed.
type figures []figure

func readFigures(in io.Reader) (list figures, err error) {
	for d := json.NewDecoder(in); ; {
		var f figure
		switch err := d.Decode(&f); err {
		case nil:
			list = append(list, f)
		case io.EOF:
			return list, nil
		default:
			return nil, err
		}
	}
}

// of finds a figure.
func (l figures) of(n int, way string, a act) (figure, bool) {
	i := slices.IndexFunc(l, func(f figure) bool { return f.N == n && f.Way == way && f.Act == a.String() })
	if i < 0 {
		return figure{}, false
	}
	return l[i], true
}

func (l figures) sizes() []int {
	var sizes []int
	for _, f := range l {
		sizes = append(sizes, f.N)
	}
	slices.Sort(sizes)
	return slices.Compact(sizes)
}

func (l figures) ways() []string {
	var names []string
	for _, f := range l {
		if !slices.Contains(names, f.Way) {
			names = append(names, f.Way)
		}
	}
	return names
}

// comparison is one line of the table: this against that, at each size, and what is aimed at.
type comparison struct {
	what     string
	way      string
	act      act
	against  string
	to       act
	aim      float64
	fromSize int // the aim is for this size and above
	toSize   int
	least    bool // the aim is a least one
}

// missed tells whether a ratio misses the aim.
func (c comparison) missed(n int, ratio float64) bool {
	return c.aim > 0 && n >= c.fromSize && n <= c.toSize && (c.least && ratio < c.aim || !c.least && ratio > c.aim)
}

func (c comparison) aimed() string {
	switch {
	case c.aim == 0:
		return "–"
	case c.least:
		return fmt.Sprintf("≥ %.0f", c.aim)
	}
	return fmt.Sprintf("≤ %.2f from %d", c.aim, c.fromSize)
}

var comparisons = []comparison{
	{"create, against `ip -batch`", "hostnet-module", actCreate, "ip -batch", actCreate, 0.8, 128, largest, false},
	{"create, 3 segments", "hostnet-module", actCreate, "ip -batch", actCreate, 1.0, 3, 3, false},
	{"create, dumb segments", "hostnet-module, dumb", actCreate, "ip -batch", actCreate, 0.5, 128, largest, false},
	{"the floor: requests replayed, against `ip -batch`", "replay", actCreate, "ip -batch", actCreate, 0, 0, 0, false},
	{"the floor of dumb segments", "replay, dumb", actCreate, "ip -batch", actCreate, 0, 0, 0, false},
	{"no-op, against `ip -d -j link; ip -j addr; ip -j route`", "hostnet-module", actAgain, "ip -batch", actAgain, 0.35, 1024, largest, false},
	{"no-op, dumb segments", "hostnet-module, dumb", actAgain, "ip -batch", actAgain, 0.35, 1024, largest, false},
	{"the floor of the no-op: its dumps, thrown away", "replay", actAgain, "ip -batch", actAgain, 0, 0, 0, false},
	{"add one, against the no-op", "hostnet-module, dumb", actAdd, "hostnet-module, dumb", actAgain, 1.2, largest, largest, false},
	{"add one, against `ip -batch`, which looks at nothing", "hostnet-module", actAdd, "ip -batch", actAdd, 0, 0, 0, false},
	{"change one, against the no-op", "hostnet-module, dumb", actChange, "hostnet-module, dumb", actAgain, 0, 0, 0, false},
	{"remove one, against `ip -batch`", "hostnet-module", actRemove, "ip -batch", actRemove, 0, 0, 0, false},
	{"teardown, against `ip -batch` one by one", "hostnet-module", actTeardown, "ip -batch", actTeardown, 0.45, 64, largest, false},
	{"teardown, dumb segments", "hostnet-module, dumb", actTeardown, "ip -batch", actTeardown, 0.45, 64, largest, false},
	{"systemd-networkd, create, against this program", "systemd-networkd", actCreate, "hostnet-module", actCreate, 4, 0, largest, true},
	{"systemd-networkd, started again, against the no-op", "systemd-networkd", actAgain, "hostnet-module", actAgain, 4, 0, largest, true},
	{"ifupdown, create, against this program", "ifupdown", actCreate, "hostnet-module", actCreate, 10, 0, largest, true},
	{"ifupdown, `ifup -a` again, against the no-op", "ifupdown", actAgain, "hostnet-module", actAgain, 10, 0, largest, true},
	{"ifupdown, `ifdown -a`, against the teardown", "ifupdown", actTeardown, "hostnet-module", actTeardown, 10, 0, largest, true},
	{"ifupdown2, create, against this program", "ifupdown2", actCreate, "hostnet-module", actCreate, 10, 0, largest, true},
	{"ifupdown2, `ifup -a` again, against the no-op", "ifupdown2", actAgain, "hostnet-module", actAgain, 10, 0, largest, true},
	{"ifupdown2, `ifdown -a`, against the teardown", "ifupdown2", actTeardown, "hostnet-module", actTeardown, 10, 0, largest, true},
	{"NetworkManager, create, against this program", "NetworkManager", actCreate, "hostnet-module", actCreate, 10, 0, largest, true},
	{"NetworkManager, started again, against the no-op", "NetworkManager", actAgain, "hostnet-module", actAgain, 10, 0, largest, true},
}

// growthOf is how the cost of a segment grows, by the growth of another way's: the kernel itself gets slower with what it holds.
type growthOf struct {
	what, way string
	act       act
	kernels   string
}

// The largest size leaves one VLAN of 802.1Q's 4,094 to be added. Growth is counted from a small size to that.
const (
	small, largest = 128, 4093
	mostGrowth     = 1.1
	mostOwn        = 5        // % of a creation's time in the program itself
	mostLarge      = 64 << 10 // KiB
)

var growths = []growthOf{
	{"growth of a segment's cost since 128, create, by that of the floor", "hostnet-module", actCreate, "replay"},
	{"the same, dumb segments", "hostnet-module, dumb", actCreate, "replay, dumb"},
	{"the same, no-op", "hostnet-module", actAgain, "replay"},
}

func (l figures) growth(g growthOf, n int) (float64, bool) {
	each := func(n int, way string) float64 {
		f, _ := l.of(n, way, g.act)
		return f.Wall / float64(n)
	}
	own, kernels := each(n, g.way)/each(small, g.way), each(n, g.kernels)/each(small, g.kernels)
	return own / kernels, n > small && own > 0 && kernels > 0 && !math.IsInf(own/kernels, 0)
}

// write prints the tables as Markdown.
func (l figures) write(out io.Writer) {
	sizes := l.sizes()
	w := tabwriter.NewWriter(out, 0, 0, 1, ' ', 0)
	line := func(first string, cell func(n int) string, last string) {
		fmt.Fprintf(w, "| %s\t", first)
		for _, n := range sizes {
			fmt.Fprintf(w, "| %s\t", cell(n))
		}
		fmt.Fprintf(w, "| %s\t|\n", last)
	}
	rule := func() { line("---", func(int) string { return "---" }, "---") }
	line("ratio of wall times; segments:", func(n int) string { return fmt.Sprint(n) }, "aim")
	rule()
	for _, c := range comparisons {
		line(c.what, func(n int) string {
			a, okA := l.of(n, c.way, c.act)
			b, okB := l.of(n, c.against, c.to)
			if !okA || !okB {
				return "–"
			}
			ratio := a.Wall / b.Wall
			return fmt.Sprintf("%.2f", ratio) + mark(c.missed(n, ratio))
		}, c.aimed())
	}
	for _, g := range growths {
		line(g.what, func(n int) string {
			grown, ok := l.growth(g, n)
			if !ok {
				return "–"
			}
			return fmt.Sprintf("%.2f", grown) + mark(n == largest && grown > mostGrowth)
		}, fmt.Sprintf("≤ %.1f at %d", mostGrowth, largest))
	}
	w.Flush()
	fmt.Fprintln(out)
	l.writeCosts(out, sizes)
}

// writeCosts prints what does not depend on the clock, and whose time it was.
func (l figures) writeCosts(out io.Writer, sizes []int) {
	w := tabwriter.NewWriter(out, 0, 0, 1, ' ', 0)
	fmt.Fprintf(w, "| hostnet-module, dumb segments\t| segments\t| own CPU, share of the time\t| memory, MiB\t| system calls\t| bytes sent\t| bytes received\t| ms a segment, here\t|\n|%s\n", strings.Repeat("---\t|", 8))
	for _, a := range []act{actCreate, actAgain, actAdd, actTeardown} {
		for _, n := range sizes {
			if f, ok := l.of(n, "hostnet-module, dumb", a); ok {
				share := 100 * f.User / f.Wall
				fmt.Fprintf(w, "| %s\t| %d\t| %.0f %%%s\t| %.1f%s\t| %s\t| %s\t| %s\t| %.2f\t|\n", a, n, share, mark(n == largest && a == actCreate && share > mostOwn),
					float64(f.KiB)/1024, mark(n == largest && f.KiB > mostLarge), counted(f.Calls), counted(f.Sent), counted(f.Received), f.Wall/float64(n))
			}
		}
	}
	w.Flush()
}

func counted(n int) string {
	if n == 0 {
		return "–"
	}
	return fmt.Sprint(n)
}

// Between these lines stand the figures by size.
const (
	beginSizes = "<!-- sizes: make bench-sizes WRITE=1 -->\n"
	endSizes   = "<!-- end of sizes -->\n"
)

// renderSizes puts tables into a page and plots beside it.
func renderSizes(page string, in io.Reader) error {
	list, err := readFigures(in)
	if err != nil {
		return err
	}
	for name, a := range map[string]act{"create": actCreate, "no-op": actAgain, "teardown": actTeardown} {
		var lines []series
		for _, way := range list.ways() {
			s := series{name: way}
			for _, n := range list.sizes() {
				if f, ok := list.of(n, way, a); ok && !(strings.HasPrefix(way, "replay") && a == actTeardown) {
					s.points = append(s.points, point{float64(n), f.Wall / float64(n)})
				}
			}
			if len(s.points) > 0 {
				lines = append(lines, s)
			}
		}
		file := filepath.Join(filepath.Dir(page), "bench-"+name+".svg")
		if err := os.WriteFile(file, plot(name+": milliseconds a segment", "segments", lines), 0o644); err != nil {
			return err
		}
	}
	var text bytes.Buffer
	list.write(&text)
	return pasteBetween(page, beginSizes, endSizes, &text)
}
