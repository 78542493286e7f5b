package cloudinit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"hostnet-module/module/engine"
	"hostnet-module/module/persist"
	"hostnet-module/module/report"
	"hostnet-module/module/spec"
	"hostnet-module/module/state"
)

// up is the document that came up at this boot; nil if none did.
func (b *Boot) up() *spec.Document {
	data := b.read(booted)
	if data == nil {
		return nil
	}
	doc, problems, _ := spec.Read(data, booted)
	if len(problems) > 0 {
		return nil
	}
	return doc
}

// forever is longer than any boot.
const forever = 10 * 365 * 24 * time.Hour

// Late waits for the cards that were not there, and brings up what needs them as they come. It ends when there is nothing to wait for.
func (b *Boot) Late(ctx context.Context) int {
	doc := b.up()
	if doc == nil {
		b.say("nothing came up at this boot: nothing to complete")
		return 0
	}
	k, err := b.Dial()
	if err != nil {
		b.say("%v", err)
		return 1
	}
	events, err := b.Listen(ctx)
	if err != nil {
		b.say("listen for network cards: %v", err)
		return 1
	}
	defer events.Close()
	missing := strings.Split(strings.TrimSpace(string(b.read(absent))), "\n")
	for ctx.Err() == nil {
		has, err := k.Snapshot(ctx)
		if err != nil {
			b.say("%v", err)
			return 1
		}
		now, left := b.reduced(doc, has)
		if came := slices.DeleteFunc(slices.Clone(missing), func(card string) bool { return slices.Contains(left, card) }); len(came) > 0 {
			r := report.From(engine.Call{Dial: func() (engine.Kernel, error) { return k, nil }, Runtime: b.Runtime, Root: b.Root, Boot: &b.Host, Hurry: true}.Do(ctx, now), report.Asked{})
			b.say("network card %s is there: %s", strings.Join(came, ", "), r.Msg)
			if r.Failed {
				return 1 // tried again by whoever started us
			}
			if err := b.note(doc, left); err != nil {
				b.say("%s: %v", absent, err)
			}
			missing = left
		}
		if len(left) == 0 {
			return 0
		}
		// A card that udev is at work on is told by its event.
		if err := events.Wait(time.Now().Add(forever)); err != nil {
			b.say("%v", err)
			return 1
		}
	}
	return 0
}

// Online waits until everything that came up at this boot has carrier, but for what has no cable to get it from, at most as long as told.
func (b *Boot) Online(ctx context.Context, most time.Duration) int {
	doc := b.up()
	if doc == nil {
		return 0
	}
	start := time.Now()
	silent, err := b.awaitCarrier(ctx, doc, start.Add(most))
	if err != nil {
		b.say("%v", err)
		return 1
	}
	if len(silent) > 0 {
		b.alarm("no carrier after %.0f s on %s: is there a cable?", time.Since(start).Seconds(), strings.Join(silent, ", "))
		return 1
	}
	b.say("everything has carrier, after %.2f s", time.Since(start).Seconds())
	return 0
}

func (b *Boot) awaitCarrier(ctx context.Context, doc *spec.Document, end time.Time) (silent []string, err error) {
	k, err := b.Dial()
	if err != nil {
		return nil, err
	}
	events, err := b.Listen(ctx)
	if err != nil {
		return nil, err
	}
	defer events.Close()
	for {
		has, err := k.Snapshot(ctx)
		if err != nil {
			return nil, err
		}
		now, _ := b.reduced(doc, has)
		if silent = withoutCarrier(now, has); len(silent) == 0 || !time.Now().Before(end) {
			return silent, nil
		}
		if err := events.Wait(end); err != nil || ctx.Err() != nil {
			return silent, fmt.Errorf("interrupted: %w", context.Cause(ctx))
		}
	}
}

// withoutCarrier names the objects that shall be up, could have carrier and have none, tentative addresses included: nobody can
// use those yet.
func withoutCarrier(doc *spec.Document, has *state.Host) (silent []string) {
	for _, o := range doc.Objects {
		up, said := o.Attrs.Get("up")
		if o.Absent || said && up.N == 0 || !fed(doc, o.Name, 0) || o.Kind.Existing && !o.L3 {
			continue
		}
		if l := has.Link(o.Name); l == nil || !l.Seen.Carrier {
			silent = append(silent, o.Name)
		}
	}
	return silent
}

// fed tells whether a link stands on a card, in whatever number of storeys.
func fed(doc *spec.Document, name string, depth int) bool {
	o := doc.Find(name)
	switch {
	case o == nil || o.Kind.Existing:
		return true
	case depth > len(doc.Objects):
		return false
	case o.Parent != "":
		return fed(doc, o.Parent, depth+1)
	}
	return slices.ContainsFunc(o.Ports, func(p spec.Port) bool { return p.Name == "" || fed(doc, p.Name, depth+1) })
}

// Take applies a document that cloud-init hands over in its network stage, and keeps it for every later boot. One that has been taken
// earlier in this boot, or before, says nothing new. It comes from elsewhere: it is read by a reader first, takes nothing away
// from what is kept, and is refused where cloud-init has it from a disk that may not be the seed of this host.
func (b *Boot) Take(ctx context.Context, name string, data []byte) (*report.Result, report.Source) {
	list := []finding{{Name: name, Data: data, Form: wholeFile}}
	base := b.base(b.current())
	if why, _ := b.rehearse(list, base); why != "" {
		return report.Broken(errors.New(why)), report.Source{Name: name}
	}
	s, _ := read(list, func(string) {})
	if len(s.problems) > 0 {
		return report.Refused(s.problems, nil), s.Source
	}
	for _, digest := range b.origins() {
		if digest == s.digest() {
			r := report.Good(s.doc, nil)
			r.Msg = "taken before: nothing to do"
			return r, s.Source
		}
	}
	if disk := b.strangeDisk(b.few(instance)); disk != "" {
		return report.Broken(fmt.Errorf("cloud-init has it from %s, which may not be the seed of this host (%s%s asks for it)", disk, seedWord, disk)), s.Source
	}
	if problems, err := b.takesFrom(ctx, base, s); err != nil || len(problems) > 0 {
		if err != nil {
			return report.Broken(err), s.Source
		}
		return report.Refused(problems, nil), s.Source
	}
	doc := *s.doc
	if doc.Persist == nil && !b.Host.Off() {
		yes := true
		doc.Persist = &yes
	}
	out := engine.Call{Dial: b.Dial, Runtime: b.Runtime, Root: b.Root, Boot: &b.Host}.Do(ctx, &doc)
	r := report.From(out, report.Asked{})
	if !r.Failed {
		// Several may come by this way, in each boot: each has an entry of its own.
		if err := b.remember("cloud-init "+s.digest()[:12], s, ""); err != nil {
			r.Warnings = append(r.Warnings, fmt.Sprintf("%s: %v", persist.Origin, err))
		}
	}
	return r, s.Source
}

// takesFrom are the problems of a document that takes away what the kept one declares.
func (b *Boot) takesFrom(ctx context.Context, base, s *source) ([]spec.Problem, error) {
	a := together(base, s, b.asks().replace)
	if a.guard == nil || len(a.problems) > 0 {
		return a.problems, nil
	}
	k, err := b.Dial()
	if err != nil {
		return nil, err
	}
	return b.takesCards(ctx, k, a)
}
