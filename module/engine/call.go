package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"runtime/debug"

	"hostnet-module/module/spec"
	"hostnet-module/module/store"
)

// Call is what every front door does with a good document.
type Call struct {
	Dial    func() (Kernel, error)
	Runtime string // the folder of the run-time records; "": store.Runtime
	Check   bool
	Note    func(what string) // told what the run is about to do; may be nil
	Root    fs.FS             // as in Runner
}

// Do carries the document out, or gathers what is there if it asks for that. A panic is a failed outcome: the caller must
// learn in what state the host is.
func (c Call) Do(ctx context.Context, doc *spec.Document) (out Outcome) {
	defer func() {
		if fault := recover(); fault != nil {
			out.Failed = &Panic{fault, debug.Stack()}
		}
	}()
	k, err := c.Dial()
	if err != nil {
		return Outcome{Failed: err}
	}
	if doc.State == spec.Gathered {
		out.Gathered, out.Failed = k.Snapshot(ctx)
		return out
	}
	runtime := c.Runtime
	if runtime == "" {
		runtime = store.Runtime
	}
	out = Runner{Kernel: k, Dir: store.Dir(filepath.Join(runtime, k.Namespace())), Check: c.Check, Note: c.Note, Root: c.Root}.Run(ctx, doc)
	if errors.Is(out.Failed, context.Canceled) {
		out.Failed = fmt.Errorf("interrupted: %w", context.Cause(ctx))
	}
	return out
}

// Panic is a fault of the program itself.
type Panic struct {
	Fault any
	Stack []byte
}

func (p *Panic) Error() string {
	return fmt.Sprintf("internal error: %v; this is a fault of hostnet-module: look at the network with `hostnet-module show`, and report it", p.Fault)
}

// guarded makes an error of a panic, so that what has been applied is rolled back.
func guarded(do func() error) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = &Panic{fault, debug.Stack()}
		}
	}()
	return do()
}
