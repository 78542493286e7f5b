package cloudinit

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"hostnet-module/module/attr"
	"hostnet-module/module/engine"
	"hostnet-module/module/plan"
	"hostnet-module/module/spec"
	"hostnet-module/module/state"
)

// grain is how often udev's queue is looked at, which gives no sign when it is empty.
const grain = time.Second

// reduced is what of a document can be had on a host now, and the cards that it lacks, in the document's words.
func (b *Boot) reduced(doc *spec.Document, has *state.Host) (*spec.Document, []string) {
	var missing []string
	gone := map[string]bool{}
	out := *doc
	out.Objects = nil
	there := func(p spec.Port) bool {
		if o := doc.Find(p.Name); o != nil && p.Name != "" && !o.Kind.Existing {
			return true
		}
		name := plan.Card(has, p)
		return name != "" && b.settled(has.Link(name))
	}
	lacks := func(word string) bool {
		if !slices.Contains(missing, word) {
			missing = append(missing, word)
		}
		return true
	}
	for _, o := range doc.Objects {
		if !o.Absent && o.Kind.Existing && !there(spec.Port{Name: o.Name}) {
			gone[o.Name] = lacks(o.Name)
		}
		if o.Parent != "" && !o.Absent && !there(spec.Port{Name: o.Parent}) {
			lacks(o.Parent)
			gone[o.Name] = true
		}
	}
	for again := true; again; { // what stands on what is not there
		again = false
		for _, o := range doc.Objects {
			if gone[o.Parent] && !gone[o.Name] {
				gone[o.Name], again = true, true
			}
		}
	}
	for _, o := range doc.Objects {
		if gone[o.Name] {
			continue
		}
		left := slices.DeleteFunc(slices.Clone(o.Ports), func(p spec.Port) bool {
			return !o.Absent && (gone[p.Name] || !there(p) && lacks(p.String()))
		})
		if len(left) < len(o.Ports) {
			c := *o
			c.Ports = left
			c.Attrs = withoutLink(c, left)
			o = &c
		}
		out.Objects = append(out.Objects, o)
	}
	return &out, missing
}

// withoutLink drops options that name a member which is not there (a bond's primary).
func withoutLink(o spec.Object, left []spec.Port) attr.Set {
	return o.Attrs.Filter(func(r *attr.Row) bool {
		if r.Type != attr.Index {
			return true
		}
		v, _ := o.Attrs.Get(r.Name)
		return slices.ContainsFunc(left, func(p spec.Port) bool { return p.Name == v.S })
	})
}

// settled tells whether udev is done with a link: before that it may still get another name.
func (b *Boot) settled(l *state.Link) bool {
	return l == nil || !l.K().Existing || !b.tree().Exists("/run/udev/control") || b.tree().Exists("/run/udev/data/n"+strconv.Itoa(l.Index))
}

// bare tells that some bond or bridge has cards in the document and none on the host.
func bare(doc, reduced *spec.Document) bool {
	for _, o := range doc.Objects {
		now := reduced.Find(o.Name)
		if !o.Absent && (now == nil || len(o.Ports) > 0 && len(now.Ports) == 0) {
			return true
		}
	}
	return false
}

// await waits for the cards of a document, and returns what can be had of it.
func (b *Boot) await(ctx context.Context, k engine.Kernel, doc *spec.Document) (*spec.Document, []string, error) {
	events, err := b.Listen(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("listen for network cards: %w", err)
	}
	defer events.Close()
	for start := time.Now(); ; {
		has, err := k.Snapshot(ctx)
		if err != nil {
			return nil, nil, err
		}
		now, missing := b.reduced(doc, has)
		limit := b.Patience
		if bare(doc, now) || b.tree().Exists("/run/udev/queue") {
			limit = b.Longest
		}
		if len(missing) == 0 || time.Since(start) >= limit {
			return now, missing, ctx.Err()
		}
		if err := events.Wait(earlier(start.Add(limit), time.Now().Add(grain))); err != nil || ctx.Err() != nil {
			return nil, nil, err
		}
	}
}

// awaitUdev waits until udev has nothing to do; false if it had nothing in the first place.
func (b *Boot) awaitUdev(ctx context.Context) bool {
	events, err := b.Listen(ctx)
	if err != nil {
		return false
	}
	defer events.Close()
	start, busy := time.Now(), false
	for b.tree().Exists("/run/udev/queue") && time.Since(start) < b.Longest && ctx.Err() == nil {
		busy = true
		if events.Wait(earlier(start.Add(b.Longest), time.Now().Add(grain))) != nil {
			break
		}
	}
	return busy
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
