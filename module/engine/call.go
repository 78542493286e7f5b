package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"runtime/debug"

	"hostnet-module/module/guard"
	"hostnet-module/module/persist"
	"hostnet-module/module/spec"
	"hostnet-module/module/store"
)

// Call is what every front door does with a good document.
type Call struct {
	Dial     func() (Kernel, error)
	Ready    func() // waits until something may be changed; nil: at once
	Runtime  string // the folder of the run-time records; "": store.Runtime
	Check    bool
	Note     func(what string) // told what the run is about to do; may be nil
	Progress func(Progress)    // as in Runner
	Root     fs.FS             // as in Runner
	Hurry    bool              // as in Runner
	Boot     *persist.Host     // as in Runner
	Guard    Guards            // as in Runner

	begun *ahead // by Begin
}

// Do carries the document out, or gathers what is there if it asks for that. A panic is a failed outcome: the caller must
// learn in what state the host is.
func (c Call) Do(ctx context.Context, doc *spec.Document) (out Outcome) {
	defer func() {
		if fault := recover(); fault != nil {
			out.Failed = &Panic{fault, debug.Stack()}
		}
	}()
	defer c.End()
	r, err := c.start()
	if err != nil {
		return Outcome{Failed: err}
	}
	if doc.State == spec.Gathered {
		out.Gathered, _, out.Failed = r.snapshot(ctx)
		return out
	}
	out = r.Run(ctx, doc)
	if errors.Is(out.Failed, context.Canceled) {
		out.Failed = fmt.Errorf("interrupted: %w", context.Cause(ctx))
	}
	return out
}

// start is who carries a document out.
func (c Call) start() (Runner, error) {
	if c.begun != nil && !c.renamed(c.begun.runner.Kernel) {
		r := c.begun.runner
		r.Check, r.Note, r.begun = c.Check, c.Note, c.begun
		return r, c.begun.failed
	}
	c.End()
	k, err := c.Dial()
	if err != nil {
		return Runner{}, err
	}
	c.renamed(k)
	return c.runner(k), nil
}

// renamed tells whether the network has got another name, before anything is left in a folder of the old one.
func (c Call) renamed(k Kernel) bool { return k != nil && !c.Check && k.Mark() }

// Settle sees to what an earlier run has left unsettled, as each run does first. It is for those who read the document that boots: what a
// run wrote there that never came to its end is not to be read.
func (c Call) Settle(ctx context.Context) ([]Recovered, error) {
	k, err := c.Dial()
	if err != nil {
		return nil, err
	}
	c.renamed(k)
	r := c.runner(k)
	unlock, err := r.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	return r.recover(ctx)
}

// runner knows the folders of the network that the kernel shows: its run-time folder, and for the host's own network the one
// that outlives a boot.
func (c Call) runner(k Kernel) Runner {
	runtime, lasting := c.Runtime, store.Dir("")
	if k.Home() {
		lasting = store.Lasting
		if c.Boot != nil {
			lasting = store.Dir(store.Tree(c.Boot.Root).At(store.Lasting))
		}
	}
	if runtime == "" {
		runtime = store.Runtime
	}
	return Runner{Kernel: k, ready: c.Ready, Dir: store.Dir(filepath.Join(runtime, k.Namespace())), Lasting: lasting, Check: c.Check, Note: c.Note, Progress: c.Progress, Root: c.Root, Boot: c.Boot, Hurry: c.Hurry, Guard: c.Guard}
}

// Unsettled returns the journal of a run that has not come to its end or waits to be confirmed, nil if there is none. It takes no
// lock: the run may be under way. Without root one cannot tell whether one is at home, so the journal says whether it is about here.
func (c Call) Unsettled(k Kernel) (*Journal, error) {
	r := c.runner(k)
	for _, dir := range []store.Dir{store.Lasting, r.Dir} {
		j, err := readJournal(dir)
		if err != nil && (dir == r.Dir || dir == r.Lasting) {
			return nil, err
		}
		if j != nil && j.current(r) {
			return j, nil
		}
	}
	return nil, nil
}

// Undo undoes the unsettled run of that name; "": whichever there is. It waits for the lock, so a run that is at work is not
// disturbed, and needs nothing but the folders: any process may call it. That there is no such run is ErrSettled.
func (c Call) Undo(ctx context.Context, id string) (out Outcome) {
	k, err := c.Dial()
	if err != nil {
		return Outcome{Failed: err}
	}
	r := c.runner(k)
	unlock, err := r.lock(ctx)
	if err != nil {
		return Outcome{Failed: err}
	}
	defer unlock()
	if w, err := guard.Living(string(r.Dir)); err != nil || w != nil {
		if w != nil {
			err = &Pending{*w}
		}
		return Outcome{Failed: err}
	}
	for _, dir := range r.folders() {
		j, err := readJournal(dir)
		if err != nil {
			return Outcome{Failed: err}
		}
		if j == nil || j.elsewhere(r) || id != "" && j.ID != id {
			continue
		}
		j.Guardian = store.Process{} // whoever asks for it knows that it waits
		is, err := r.undo(ctx, j)
		out.Recovered, out.Failed = append(out.Recovered, is), err
		return out
	}
	return Outcome{Failed: ErrSettled}
}

// ErrSettled says that there is nothing to be undone.
var ErrSettled = errors.New("no run is unsettled here")

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
