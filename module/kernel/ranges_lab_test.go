//go:build lab

package kernel

import (
	"testing"

	"hostnet-module/module/attr"
	"hostnet-module/module/kind"
	"hostnet-module/module/state"
)

// TestRanges holds the ends of the ranges against the kernel: it takes both. What it takes beyond is only noted: a row may be stricter.
func TestRanges(t *testing.T) {
	b := newBench(t)
	for _, k := range []*kind.Kind{kind.Bond, kind.Bridge} {
		for _, r := range k.Rows {
			if r.SeeOnly || len(r.Names) > 0 || r.Max <= 1 || r.Only != nil {
				continue
			}
			for _, n := range []uint64{r.Min, r.Max, r.Max + 1} {
				base := map[string]string{"updelay": "miimon 1", "downdelay": "miimon 1", "peer_notif_delay": "miimon 1"}[r.Name]
				err := b.do(state.Step{Op: state.LinkAdd, Link: "x", Kind: k.Name, Attrs: join(items(k.Rows, base), attr.Of(attr.Item{Row: r, Value: attr.Num(n)}))})
				switch {
				case n <= r.Max && err != nil:
					t.Errorf("%s %s %d: %v; the range is %d-%d", k.Name, r.Name, n, err, r.Min, r.Max)
				case n > r.Max:
					t.Logf("%s %s %d: %v", k.Name, r.Name, n, err)
				}
				if err == nil {
					b.must(state.Step{Op: state.LinkDel, Link: "x"})
				}
			}
		}
	}
}
