package kernel

import (
	"context"
	"time"

	"hostnet-module/module/state"
)

// awaitMost bounds how long one Await waits: the kernel's link watch acts at most once a second (net/core/link_watch.c), and a
// NIC that was taken down for a moment negotiates with its switch for up to four.
const awaitMost = 5 * time.Second

// await waits until a link has carrier: for a bridge that is when one of its ports forwards. It looks, and then looks again at
// each event that the kernel tells of any link. That a link has none at the end is no error: the cable may be out.
func (k *Kernel) await(ctx context.Context, s state.Step) error {
	events, err := Listen(ctx)
	if err != nil {
		return err
	}
	defer events.Close()
	for end := time.Now().Add(awaitMost); ctx.Err() == nil; {
		l, err := k.lookup(s.Link)
		if err != nil || l.Seen.Carrier || time.Now().After(end) {
			return err
		}
		if err := events.Wait(end); err != nil {
			return err
		}
	}
	return ctx.Err()
}
