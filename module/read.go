package main

import (
	"fmt"
	"io"

	"hostnet-module/module/store"
)

// mostInput bounds what is read; the decoder has a bound of its own, below it.
const mostInput = 32 << 20

// once reads files, and standard input for "-", each at most once: which door is open depends on what the document says, and
// a pipe can be read only once.
func once(stdin io.Reader) func(name string) ([]byte, error) {
	have := map[string][]byte{}
	return func(name string) ([]byte, error) {
		if data, ok := have[name]; ok {
			return data, nil
		}
		in := stdin
		if name != "-" {
			f, err := store.Open(name)
			if err != nil {
				return nil, err
			}
			defer f.Close()
			in = f
		}
		data, err := io.ReadAll(io.LimitReader(in, mostInput+1))
		if err != nil {
			return nil, err
		}
		if len(data) > mostInput {
			return nil, fmt.Errorf("%s: more than %d bytes", name, mostInput)
		}
		have[name] = data
		return data, nil
	}
}
