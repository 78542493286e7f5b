// Command layout looks at where a program's variables lie in memory. The kernel clears 2 MiB at once for those that start at zero, if a piece of that size, and so
// placed, lies within them all; and Go's own cryptography has a variable of 32 MiB among them, which nobody uses. Where such
// a piece begins among those that are used, each start clears two megabytes more.
//
//	layout PROGRAM...
package main

import (
	"debug/elf"
	"fmt"
	"os"
)

const (
	huge = 2 << 20   // Documentation/admin-guide/mm/transhuge.rst
	used = 256 << 10 // of .noptrbss, whose variables lie in the order of their sizes: more than the runtime's
)

func main() {
	failed := false
	for _, name := range os.Args[1:] {
		if err := look(name); err != nil {
			fmt.Fprintf(os.Stderr, "layout: %s: %v\n", name, err)
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}

func look(name string) error {
	f, err := elf.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	first, rest := f.Section(".bss"), f.Section(".noptrbss")
	if first == nil || rest == nil {
		return fmt.Errorf("no .bss and .noptrbss")
	}
	next := (first.Addr + huge - 1) / huge * huge
	end := rest.Addr + min(rest.Size, used)
	switch all := rest.Addr + rest.Size; {
	case next+huge > all:
	case next < end:
		return fmt.Errorf("a piece of 2 MiB begins at %#x, among the variables that are used (%#x to %#x): shift them by another LAYOUT in the Makefile", next, first.Addr, end)
	default:
		fmt.Printf("layout: %s: %d KiB until the variables reach a piece of 2 MiB\n", name, (next-end)>>10)
	}
	return nil
}
