//go:build lab

package faults

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestLarge: 200 VLANs with their bridges are refused at the last request. All are taken away again, within the time that was announced
// before the first was made.
func TestLarge(t *testing.T) {
	var b strings.Builder
	b.WriteString("bonds: [{name: bond0, mode: active-backup, miimon: 100, members: [eth0, eth1]}]\nsegments:\n")
	for i := range 200 {
		fmt.Fprintf(&b, "  - {id: %d, parent: bond0, bridge: br%d}\n", 100+i, 100+i)
	}
	s := newSpace(t, nics)
	s.exec(nothing, program, "--format", "json", "-") // makes folders, which are changes too
	whole := s.run(fault{}, b.String(), program, "--format", "json", "-")
	if whole.result.Failed || whole.exit != 0 {
		t.Fatalf("without a fault: %.500s", whole.text)
	}
	s.close()
	last := 0
	for n, ev := range whole.seen {
		if ev.request {
			last = n
		}
	}
	s = newSpace(t, nics)
	defer s.close()
	s.exec(nothing, program, "--format", "json", "-")
	old := s.picture()
	var begun time.Time
	e := s.run(fault{n: last, way: refused, note: func() { begun = time.Now() }}, b.String(), program, "--format", "text", "-v", "-")
	took := time.Since(begun)
	said := announced.FindStringSubmatch(e.text)
	if !e.struck || e.exit != 1 || said == nil || !strings.Contains(strings.Join(strings.Fields(e.text), " "), "everything was put back as it was") {
		t.Fatalf("struck %v, exit %d: %.300s … %s", e.struck, e.exit, e.text, e.text[max(0, len(e.text)-500):])
	}
	limit, err := time.ParseDuration(said[1])
	if err != nil || limit <= 0 || took > 10*limit { // announced is what a host takes; this one is emulated, and shares its cores
		t.Errorf("announced were %v (%v), it took %v", limit, err, took)
	}
	t.Logf("%d changes undone in %v, announced were %v", last, took.Round(time.Millisecond), limit)
	if now := s.picture(); now != old {
		t.Errorf("not as before. There is not:\n%s\nand there is:\n%s", lost(old, now), lost(now, old))
	}
}

var announced = regexp.MustCompile(`put everything back would take (\S+) at most`)
