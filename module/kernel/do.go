package kernel

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"hostnet-module/module/state"
)

// Do carries the steps out in order and stops at the first that is refused. It returns how many were done; the error is then
// a *state.Refusal about steps[done]. Between two requests it looks whether the context has ended. An Announce that could not be sent is
// refused like any step: nothing has changed by it, so a caller that does not care goes on with steps[done+1:].
//
// Steps that make links, and steps about links that were made here, are sent many at a time, and the kernel does not stop in the
// middle: some of those behind the refused one may have been done too, all of them about links that were not there before
// (batch.go). Links that go one after the other go in one request if the kernel lets them (group.go).
func (k *Kernel) Do(ctx context.Context, steps []state.Step) (done int, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.singly = false
	for done < len(steps) {
		if ctx.Err() != nil {
			return done, ctx.Err()
		}
		n, err := k.some(ctx, steps[done:])
		done += n
		if err != nil {
			return done, refusal(steps[done], err)
		}
	}
	return done, nil
}

// some carries out as many of the next steps as go in one request, but at least one.
func (k *Kernel) some(ctx context.Context, steps []state.Step) (done int, err error) {
	if !k.singly {
		if n := goings(steps); n > 1 {
			done := k.deleteTogether(ctx, steps[:n])
			if k.singly = done < n; done > 0 {
				return done, nil
			}
		}
	}
	if n := k.together(steps); n > 1 {
		return k.batch(steps[:n])
	}
	if err := k.step(ctx, steps[0]); err != nil {
		return 0, err
	}
	if steps[0].Op == state.LinkAdd && len(steps) > 1 && slices.ContainsFunc(steps[1:], isNew) {
		k.follow(steps[0].Link)
	}
	return 1, nil
}

func (k *Kernel) step(ctx context.Context, s state.Step) error {
	switch s.Op {
	case state.Announce:
		return k.announce(s)
	case state.Await:
		return k.await(ctx, s)
	case state.Sysctl:
		k.stats.Writes++
		return k.sysctl(s)
	case state.EntryAdd:
		if s.Entry.Sort == state.MultiMAC {
			k.stats.Writes++
			return k.joinMulticast(s.Link, s.Entry.Data)
		}
	}
	r, err := encode(k.complete(s), k.index)
	if err != nil {
		return err
	}
	k.stats.Writes++
	return k.took(s, r, k.ask(r, nil))
}

// complete says the kind of a link that a change is about where the step does not.
func (k *Kernel) complete(s state.Step) state.Step {
	if s.Kind == "" && s.Op == state.LinkSet {
		s.Kind = k.links.known[s.Link].kind
	}
	return s
}

// took looks at the kernel's answer to a step: what is no refusal after all, which attribute is at fault, what to remember.
func (k *Kernel) took(s state.Step, r request, err error) error {
	if s.Op == state.RouteAdd && !s.Route.Is4() && errors.Is(err, unix.EEXIST) {
		err = nil // the same route by the same way is there (net/ipv6/ip6_fib.c, fib6_add_rt2node)
	}
	if s.Op == state.EntryAdd && errors.Is(err, unix.EEXIST) {
		err = nil // not every table knows a replace
	}
	var a *answer
	if errors.As(err, &a) && a.offset > 0 && a.text != "" {
		if name := attributeAt(r, a.offset, s); name != "" {
			a.text += " (" + name + ")"
		}
	}
	if err == nil {
		k.remember(s)
	}
	return err
}

// sysctl writes the settings that no netlink message carries. Their folder is opened once: it is that of the namespace of the thread that does it, and
// the kernel need not find its way to it for each link.
func (k *Kernel) sysctl(s state.Step) error {
	if k.conf < 0 {
		fd, err := unix.Open(sixFolder, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		if err != nil {
			return err
		}
		k.conf = fd
	}
	var refused []error // the others are written all the same
	for r, v := range s.Attrs.All() {
		path := strings.TrimPrefix(r.Path(s.Link), sixFolder+"/")
		if err := write(k.conf, path, r.Text(v)); err != nil {
			refused = append(refused, fmt.Errorf("%s: %w", path, err))
		}
	}
	return one(refused)
}

// sixFolder has most of the files that are written: those of IPv6's settings.
const sixFolder = "/proc/sys/net/ipv6/conf"

// one makes an error of several: the first, which says how many there were.
func one(errs []error) error {
	switch len(errs) {
	case 0:
		return nil
	case 1:
		return errs[0]
	}
	return fmt.Errorf("%w (and %d more)", errs[0], len(errs)-1)
}

// write is os.WriteFile of a file in a folder, in three system calls.
func write(folder int, name, text string) error {
	fd, err := unix.Openat(folder, name, unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	_, err = unix.Write(fd, []byte(text))
	unix.Close(fd)
	return err
}

// remember keeps the directory true after a step. What a deleted link took with it stays known by an index that nobody has:
// a step that names it is then refused by the kernel.
func (k *Kernel) remember(s state.Step) {
	switch s.Op {
	case state.LinkAdd:
		k.links.drop(s.Link)
		k.fresh[s.Link] = true
		if s.Index != 0 {
			k.links.put(s.Link, entry{index: uint32(s.Index), kind: s.Kind})
		}
	case state.LinkDel:
		k.links.drop(s.Link)
		delete(k.fresh, s.Link)
	}
}

// index finds a link's index: from what is known, else by asking for the name.
func (k *Kernel) index(name string) (uint32, error) {
	if index := k.links.Index(name); index != 0 {
		return index, nil
	}
	l, err := k.lookup(name)
	if err != nil {
		return 0, err
	}
	k.links.put(name, entryOf(l))
	return uint32(l.Index), nil
}

// lookup reads one link by its name.
func (k *Kernel) lookup(name string) (*state.Link, error) {
	var found linkReader
	found.begin()
	if err := k.oneLink(name, &found); err != nil && !errors.Is(err, unix.ENODEV) {
		return nil, err
	}
	h, _ := found.end(nil)
	if len(h.Links) != 1 {
		return nil, &answer{errno: unix.ENODEV, text: fmt.Sprintf("no link %q", name)}
	}
	return h.Links[0], nil
}

// refusal translates an error once, here at the edge.
func refusal(s state.Step, err error) *state.Refusal {
	r := &state.Refusal{Step: s, Errno: unix.EINVAL}
	var a *answer
	if errors.As(err, &a) {
		r.Errno, r.Text = a.errno, a.text
	} else {
		if !errors.As(err, &r.Errno) || err.Error() != r.Errno.Error() {
			r.Text = err.Error()
		}
	}
	if r.Errno == syscall.EPERM && r.Text == "" && !netAdmin() {
		r.Text = "root (CAP_NET_ADMIN) is needed"
	}
	return r
}

// netAdmin tells whether the process has what it needs. EPERM has other reasons too.
func netAdmin() bool {
	var data [2]unix.CapUserData
	if unix.Capget(&unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}, &data[0]) != nil {
		return false
	}
	return data[0].Effective&(1<<unix.CAP_NET_ADMIN) != 0
}
