package engine

import (
	"context"
	"time"

	"hostnet-module/module/state"
	"hostnet-module/module/store"
)

// ahead is a look at a host with many links that is taken while its document is still being read: each takes its time, and neither needs the
// other. Nobody is waited for and nothing is made for it, so that a document which is refused has touched nothing: where the
// lock is not there yet, or somebody has it, there is no such look.
type ahead struct {
	runner Runner
	failed error         // the kernel could not be asked
	lock   *store.Seized // nil: not taken

	looked chan struct{} // closed when what follows is set; nil: there is no look
	host   *state.Host   // nil: it did not come to be
	taken  time.Duration
}

// many is the size of a record of earlier runs, in bytes, from which on a thread that looks ahead is worth what it costs to start one.
const many = 16 << 10

// Begin begins to look at the host, if that is worth while. Do or End comes after it; Check and Note may be set until then.
func (c *Call) Begin(ctx context.Context) {
	a := &ahead{}
	c.begun = a
	k, err := c.Dial()
	if err != nil {
		a.failed = err
		return
	}
	a.runner = c.runner(k)
	if a.runner.Dir.Size(applied) < many {
		return
	}
	if !c.Check {
		if a.lock = a.runner.Dir.Seize(); a.lock == nil {
			return
		}
	}
	a.looked = make(chan struct{})
	go a.look(ctx)
}

// End lets go of what was begun and is not needed.
func (c *Call) End() {
	if c.begun != nil && c.begun.lock != nil {
		c.begun.lock.Release()
	}
}

func (a *ahead) look(ctx context.Context) {
	defer close(a.looked)
	defer func() { _ = recover() }() // it comes again where it can be told
	a.taken = store.Uptime()
	if host, err := a.runner.Kernel.Snapshot(ctx); err == nil {
		a.host = host
	}
}

// seized is the lock, if it was taken.
func (a *ahead) seized() *store.Seized {
	if a == nil {
		return nil
	}
	return a.lock
}

// spoil waits for the look, which does not count any more: the network is about to change.
func (a *ahead) spoil() {
	if a != nil && a.looked != nil {
		<-a.looked
		a.host = nil
	}
}

// snapshot is the look at everything, and when it was taken: the one that was begun, if there is one.
func (r Runner) snapshot(ctx context.Context) (host *state.Host, taken time.Duration, err error) {
	if r.begun != nil && r.begun.looked != nil {
		if <-r.begun.looked; r.begun.host != nil {
			return r.begun.host, r.begun.taken, nil
		}
	}
	taken = store.Uptime()
	host, err = r.Kernel.Snapshot(ctx)
	return host, taken, err
}
