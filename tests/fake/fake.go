// Package fake is a kernel for tests: the model of module/state behind the engine's interface. It can refuse a step, ignore
// an attribute and round a timer, it counts what it is sent, and it reads and prints hosts in ip's words.
package fake

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"syscall"

	"hostnet-module/module/attr"
	"hostnet-module/module/kind"
	"hostnet-module/module/state"
)

// Kernel is the fake.
type Kernel struct {
	Host   *state.Host
	Sent   []state.Step                               // every step that was sent, refused ones too
	Looks  int                                        // snapshots taken
	Deep   []map[string]state.Depth                   // what was asked for of extras, each time
	Peeked []int                                      // links asked for, each time that some were looked at
	Refuse func(n int, s state.Step) error            // n counts from 0; nil: take it
	Ignore func(r *attr.Row) bool                     // attributes that the kernel takes and forgets
	Round  func(r *attr.Row, v attr.Value) attr.Value // what a value comes back as
	Lacks  []string                                   // modules that the kernel does not have
	Loaded []string
	Whole  bool // as a kernel does, it tells of every option of a link: those that nobody set are zero
	AtHome bool // it is the host's own network

	Nameless bool     // its name may be used again, until it is marked
	marked   string   // what Mark has added to the name
	Old      []string // constants of headers that are newer than the kernel

	Unsteady  func(sure []string) bool               // whether links come and go while it is looked at; nil: never
	Unplugged []string                               // links without carrier
	Happen    func(h *state.Host) bool               // what comes to pass while somebody waits; false: nothing more
	Answers   func(link string, ip netip.Addr) error // of neighbours; nil: they all do
}

// Snapshot copies the host. Links that are up have carrier: the model does not say.
func (k *Kernel) Snapshot(_ context.Context, sure ...string) (*state.Host, error) {
	k.Looks++
	if k.Unsteady != nil && k.Unsteady(sure) {
		return nil, fmt.Errorf("reading links: %w", state.ErrUnsteady)
	}
	if k.Whole {
		k.fill()
	}
	h := k.Host.Clone()
	for _, l := range h.Links {
		l.Extras = nil // a snapshot does not tell
		l.Seen.Carrier = l.Up() && !slices.Contains(k.Unplugged, l.Name)
	}
	return h, nil
}

// Extras tells what the links have, as deep as is asked.
func (k *Kernel) Extras(_ context.Context, h *state.Host, depths map[string]state.Depth) error {
	k.Deep = append(k.Deep, depths)
	for name, depth := range depths {
		if l, have := h.Link(name), k.Host.Link(name); l != nil && have != nil {
			l.Extras = have.Extras.Down(depth)
		}
	}
	return nil
}

// Look copies some links.
func (k *Kernel) Look(ctx context.Context, links []string) (*state.Host, error) {
	h, err := k.Snapshot(ctx)
	k.Looks--
	k.Peeked = append(k.Peeked, len(links))
	names := map[string]bool{}
	for _, name := range links {
		names[name] = true
	}
	return h.Only(names), err
}

// Do applies the steps to the host until one is refused.
func (k *Kernel) Do(ctx context.Context, steps []state.Step) (int, error) {
	for i, s := range steps {
		if err := ctx.Err(); err != nil {
			return i, err
		}
		if err := k.do(s); err != nil {
			var errno syscall.Errno
			if !errors.As(err, &errno) {
				errno = syscall.EINVAL
			}
			return i, &state.Refusal{Step: s, Errno: errno, Text: err.Error()}
		}
	}
	return len(steps), nil
}

func (k *Kernel) do(s state.Step) error {
	n := len(k.Sent)
	k.Sent = append(k.Sent, s)
	if k.Refuse != nil {
		if err := k.Refuse(n, s); err != nil {
			return err
		}
	}
	if k.Ignore != nil {
		s.Attrs = s.Attrs.Filter(func(r *attr.Row) bool { return !k.Ignore(r) })
	}
	if k.Round != nil {
		var rounded attr.Set
		for r, v := range s.Attrs.All() {
			rounded.Put(r, k.Round(r, v))
		}
		s.Attrs = rounded
	}
	return k.Host.Apply(s)
}

// fill gives links the options that nobody has set, and takes those away that there are in another mode alone.
func (k *Kernel) fill() {
	for _, l := range k.Host.Links {
		for _, r := range append(l.K().Rows[:len(l.K().Rows):len(l.K().Rows)], kind.DisableIPv6) {
			switch applies := r.Applies(l.Attrs); {
			case !applies:
				l.Attrs.Drop(r.Name)
			case !r.SeeOnly && !l.Attrs.Has(r.Name):
				l.Attrs.Put(r, attr.Value{})
			}
		}
	}
}

// Drifting has nothing to add: the text of a host says it.
func (k *Kernel) Drifting(*state.Host, []string) {}

// Missing lists the modules that the fake lacks.
func (k *Kernel) Missing(modules []string) []string {
	return slices.DeleteFunc(slices.Clone(modules), func(m string) bool { return !slices.Contains(k.Lacks, m) })
}

// Load notes the modules.
func (k *Kernel) Load(_ context.Context, modules []string) error {
	k.Loaded = append(k.Loaded, modules...)
	return nil
}

// Release is that of Debian 12.
func (k *Kernel) Release() string { return "6.1.0-50-cloud-amd64" }

// Has knows everything but what the fake is too old for.
func (k *Kernel) Has(_, _, constant string) bool { return !slices.Contains(k.Old, constant) }

// Watch tells of what Happen does, and else of nothing.
func (k *Kernel) Watch() (next func(context.Context) error, stop func(), err error) {
	return func(ctx context.Context) error {
		if k.Happen != nil && k.Happen(k.Host) {
			return nil
		}
		<-ctx.Done()
		return ctx.Err()
	}, func() {}, nil
}

// Neighbour answers as it is told.
func (k *Kernel) Neighbour(ctx context.Context, link string, _, target netip.Addr) error {
	if k.Answers == nil {
		return nil
	}
	return k.Answers(link, target)
}

// Namespace is always the same.
func (k *Kernel) Namespace() string { return "fake" + k.marked }

// Mark implements engine.Kernel: where the name would not last it is another from then on.
func (k *Kernel) Mark() bool {
	renamed := k.Nameless && k.marked == ""
	if renamed {
		k.marked = "-1"
	}
	return renamed
}

// Home is false where nothing else is said: nothing of the host's own is touched.
func (k *Kernel) Home() bool { return k.AtHome }
