// Command bench measures the program against iproute2's batch mode, in one machine of the lab: the seed host made, looked
// at and taken down again, in turn, many times. What it prints are ratios: the milliseconds of an emulated machine mean nothing.
//
//	bin/lab run --file bin/hostnet-module:/usr/bin/hostnet-module bin/bench [--rounds N] > figures
//	bin/bench --into docs/bench.md < figures      (between the markers of that page)
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
)

func main() {
	rounds := flag.Int("rounds", 15, "how often each case is measured, after one round that is not")
	list := flag.String("sizes", "", "measure hosts with so many segments instead (\"3,16,128\"): one JSON object a figure")
	flag.IntVar(&mostCounted, "counted", mostCounted, "the largest size at which memory and system calls are counted")
	flag.IntVar(&mostPeers, "peers", mostPeers, "the largest size at which other managers of the network take part")
	script := flag.String("replay", "", "send the requests of a file, which the floor of --sizes is")
	dumps := flag.Bool("look", false, "ask for what a look at the host asks for, which is the floor of --sizes too")
	other := flag.String("against", "", "measure this program against another build of it, at --sizes")
	into := flag.String("into", "", "put the figures from standard input between the markers of this page, and measure nothing")
	flag.Parse()
	var err error
	switch {
	case *script != "":
		err = replayFile(*script)
	case *dumps:
		err = look()
	case *into != "" && *list != "":
		err = renderSizes(*into, os.Stdin)
	case *into != "":
		err = paste(*into, os.Stdin)
	case os.Getenv("HOSTNET_LAB") == "":
		err = errors.New("this belongs into a machine of the lab: make bench")
	case *other != "":
		err = versus(*other, *list, *rounds)
	case *list != "":
		err = benchSizes(*list, *rounds)
	default:
		err = bench(*rounds)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		os.Exit(1)
	}
}

// bench measures, then counts: what counts disturbs the clock.
func bench(rounds int) error {
	w, err := newHost()
	if err != nil {
		return err
	}
	defer w.close()
	left, err := w.compare()
	if err != nil {
		return err
	}
	times, err := w.measure(rounds)
	if err != nil {
		return err
	}
	costs, err := w.count()
	if err != nil {
		return err
	}
	if err := write(os.Stdout, rounds, times, costs); err != nil || left == "" {
		return err
	}
	_, err = fmt.Printf("\n**The batch no longer makes the same state** (tests/bench/cases.go); the program would still do: %s\n", left)
	return err
}

func replayFile(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	return replay(f)
}

// benchSizes prints figures as they come: what is measured before something fails is not lost.
func benchSizes(list string, rounds int) error {
	sizes, err := numbers(list)
	if err != nil {
		return err
	}
	w, err := newHost()
	if err != nil {
		return err
	}
	defer w.close()
	if err := prepare(); err != nil {
		return err
	}
	e := json.NewEncoder(os.Stdout)
	return w.sizes(sizes, rounds, func(f figure) { _ = e.Encode(f) })
}

// numbers reads "3,16,128".
func numbers(list string) (all []int, err error) {
	for word := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(word)
		if err != nil {
			return nil, err
		}
		all = append(all, n)
	}
	return all, nil
}
