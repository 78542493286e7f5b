package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"hostnet-module/module/store"
)

// mostInput bounds what is read; the decoder has a bound of its own, below it.
const mostInput = 32 << 20

// reader reads documents.
type reader func(name string) ([]byte, error)

// once reads files, and standard input for "-", each at most once: which door is open depends on what the document says, and
// a pipe can be read only once.
func once(stdin io.Reader) reader {
	have := map[string][]byte{}
	return func(name string) ([]byte, error) {
		if data, ok := have[name]; ok {
			return data, nil
		}
		in := stdin
		if name != "-" {
			f, err := openDocument(name)
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

// until gives reading up when ctx ends: a person at a terminal, or a program at the other end of a pipe, may never write. What is read
// nevertheless is nobody's; the program ends.
func (read reader) until(ctx context.Context) reader {
	return func(name string) ([]byte, error) {
		type result struct {
			data []byte
			err  error
		}
		got := make(chan result, 1)
		go func() {
			data, err := read(name)
			got <- result{data, err}
		}()
		select {
		case r := <-got:
			return r.data, r.err
		case <-ctx.Done():
			return nil, &interruption{context.Cause(ctx)}
		}
	}
}

// interruption says that a signal came while a document was being read; it is a context.Canceled.
type interruption struct{ cause error }

func (i *interruption) Error() string {
	return fmt.Sprintf("interrupted while it was read: %v", i.cause)
}
func (i *interruption) Is(target error) bool { return target == context.Canceled }

// openDocument opens a regular file, or what the caller has opened for us: /dev/stdin, and /dev/fd/63 of a shell's <(…). Anything else
// would be waited for (a pipe that has a name, a terminal), or has no end (/dev/zero), and to open some devices does something.
func openDocument(name string) (*os.File, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: errors.Unwrap(err)}
	}
	passed := passedOn(name)
	if mode := info.Mode(); !mode.IsRegular() && !mode.IsDir() && !passed {
		return nil, fmt.Errorf("%s is %s, and a document is a regular file; to read it all the same: hostnet-module … - <%s", name, word(mode), name)
	}
	f, err := store.OpenNow(name)
	if err != nil {
		return nil, err
	}
	if is, err := f.Stat(); err == nil && !os.SameFile(is, info) && !passed {
		f.Close()
		return nil, fmt.Errorf("%s was replaced while it was opened: run again", name)
	}
	return f, nil
}

// passedOn tells whether a path names an open descriptor of this process.
func passedOn(name string) bool {
	dir, number := filepath.Split(name)
	_, err := strconv.ParseUint(number, 10, 31)
	return name == "/dev/stdin" || err == nil && (dir == "/dev/fd/" || dir == "/proc/self/fd/")
}

func word(mode fs.FileMode) string {
	switch {
	case mode&fs.ModeNamedPipe != 0:
		return "a named pipe (FIFO)"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	case mode&fs.ModeDevice != 0:
		return "a device"
	}
	return "no file"
}
