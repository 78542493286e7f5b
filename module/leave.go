package main

import (
	"fmt"
	"os"
	"syscall"
)

// begun is the word on standard error of a run that lets go of its caller.
const begun = "begun"

// leave says that the run has begun, and closes standard input and standard error: whoever waits for the end of either goes on.
// Standard output is a file by then, which takes the result.
func leave() {
	fmt.Fprintln(os.Stderr, begun)
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return // the caller has to wait for the end
	}
	defer null.Close()
	for _, fd := range []int{syscall.Stdin, syscall.Stderr} {
		_ = syscall.Dup3(int(null.Fd()), fd, 0)
	}
}
