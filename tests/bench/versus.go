package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
)

// versus holds this program against another build of it: both live a host's life in turn, at each size, with segments that have IPv6
// (kernel) and without (dumb). What it prints are the medians of the ratios round by round, new to old, and the most memory of both.
func versus(other, list string, rounds int) error {
	sizes, err := numbers(list)
	if err != nil {
		return err
	}
	w, err := newHost()
	if err != nil {
		return err
	}
	defer w.close()
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	defer out.Flush()
	fmt.Fprintf(out, "segments\t")
	for a := range acts {
		fmt.Fprintf(out, "%s\t", a)
	}
	fmt.Fprintln(out, "KiB new/old\t")
	for _, n := range sizes {
		if err := w.sizeFiles(n); err != nil {
			return err
		}
		for _, kind := range []string{"kernel", "dumb"} {
			if err := w.versusOnce(out, other, kind, n, rounds); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *host) versusOnce(out *tabwriter.Writer, other, kind string, n, rounds int) error {
	pair := [2]way{{name: "new", does: life("hostnet-module", kind)}, {name: "old", does: life(other, kind)}}
	var samples [2][acts][]cost
	for round := range rounds + 1 {
		for i := range pair {
			i = (i + round) % 2
			into := &samples[i]
			if round == 0 { // it warms the emulator up
				into = new([acts][]cost)
			}
			if err := w.liveOnce(pair[i], n, into); err != nil {
				return err
			}
		}
	}
	var most [2]int
	for i := range pair {
		counts, err := w.counts(pair[i], n)
		if err != nil {
			return err
		}
		for a := range acts {
			most[i] = max(most[i], counts[a].KiB)
		}
	}
	fmt.Fprintf(out, "%d, %s\t", n, kind)
	for a := range acts {
		var ratios []float64
		for i, c := range samples[0][a] {
			ratios = append(ratios, float64(c.wall)/float64(samples[1][a][i].wall))
		}
		slices.Sort(ratios)
		fmt.Fprintf(out, "%.2f (%.2f-%.2f)\t", (ratios[(len(ratios)-1)/2]+ratios[len(ratios)/2])/2, ratios[len(ratios)/4], ratios[len(ratios)*3/4])
	}
	_, err := fmt.Fprintf(out, "%d/%d\t\n", most[0], most[1])
	return err
}

// life is that of a program with one kind of segments.
func life(program, kind string) (does [acts][]string) {
	for a, name := range [acts]string{kind, kind, kind + "+1", kind + "+change", kind + "-1", "gone"} {
		does[a] = strings.Fields(program + " " + name)
	}
	return does
}
