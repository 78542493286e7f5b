package many_test

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"syscall"
	"testing"
	"time"

	"hostnet-module/module/engine"
	"hostnet-module/module/report"
	"hostnet-module/module/spec"
	"hostnet-module/module/state"
	"hostnet-module/module/store"
	"hostnet-module/tests/await"
	"hostnet-module/tests/fake"
	"hostnet-module/tests/many"
)

// life is one host with n segments: made, looked at again, and taken down.
type life struct {
	t     testing.TB
	k     *fake.Kernel
	dir   store.Dir
	n     int
	extra string
}

func newLife(t testing.TB, n int) *life {
	h, err := fake.Parse(many.Bare)
	if err != nil {
		t.Fatal(err)
	}
	return &life{t: t, k: &fake.Kernel{Host: h}, dir: store.Dir(t.TempDir()), n: n}
}

// run carries a document out and tells it, and returns the steps that were sent.
func (l *life) run(text string) []state.Step {
	l.t.Helper()
	before := len(l.k.Sent)
	out := l.outcome(text)
	if out.Failed != nil || len(out.Problems) > 0 {
		l.t.Fatal(out.Failed, out.Problems)
	}
	if err := report.From(out, report.Asked{}).WriteJSON(io.Discard); err != nil {
		l.t.Fatal(err)
	}
	return l.k.Sent[before:]
}

func (l *life) outcome(text string) engine.Outcome {
	l.t.Helper()
	doc, problems, _ := spec.Read([]byte(text), "many.yaml")
	if len(problems) > 0 {
		l.t.Fatal(problems[0])
	}
	return engine.Runner{Kernel: l.k, Dir: l.dir}.Run(context.Background(), doc)
}

func (l *life) all() {
	l.run(many.Document(l.n, ""))
	l.run(many.Document(l.n, ""))
	l.run(many.Document(l.n, ", state: absent"))
}

// TestSteps counts what a document of the largest size asks of the kernel: a new segment costs the same whether it is the first or
// the last of 4,094, and nothing is asked twice.
func TestSteps(t *testing.T) {
	l := newLife(t, many.Most)
	created := len(l.run(many.Document(many.Most, "")))
	hundred, more := len(newLife(t, 100).run(many.Document(100, ""))), len(newLife(t, 101).run(many.Document(101, "")))
	if each := more - hundred; created != hundred+(many.Most-100)*each {
		t.Errorf("100 segments take %d steps, one more %d, %d take %d", hundred, each, many.Most, created)
	}
	if again := l.run(many.Document(many.Most, "")); len(again) > 0 {
		t.Errorf("a second run sends %d steps, the first of them %q", len(again), again[0])
	}
	// The VLANs go with their bond; each bridge is a step, until bridges go by group.
	if gone := l.run(many.Document(many.Most, ", state: absent")); len(gone) > many.Most+1 {
		t.Errorf("%d steps to take %d segments away", len(gone), many.Most)
	}
	if left := len(l.k.Host.Links); left != 3 {
		t.Errorf("%d links are left", left)
	}
}

// TestGrowth holds the processor time of a segment among 4,094 against that of one among 512: it is the same, as nothing goes over
// all of them for each. It is time that was worked, not time that went by; a square would be eight times as much.
func TestGrowth(t *testing.T) {
	each := func(n int) time.Duration {
		l := newLife(t, n)
		start := worked(t)
		l.all()
		return (worked(t) - start) / time.Duration(n)
	}
	await.Rounds(t, "the time of a segment", func(int) (bool, string) {
		few, most := each(512), each(many.Most)
		return most <= 3*few, fmt.Sprintf("among 512 %v of the processor, among %d %v", few, many.Most, most)
	})
}

// worked is the time that this process's own code has worked.
func worked(t *testing.T) time.Duration {
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		t.Fatal(err)
	}
	return time.Duration(use.Utime.Nano())
}

func BenchmarkLife(b *testing.B) {
	for _, n := range []int{3, 128, 1024, many.Most} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			for b.Loop() {
				newLife(b, n).all()
			}
		})
	}
}
