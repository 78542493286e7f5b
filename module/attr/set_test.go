package attr

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestSetsAreValues holds sets against lists of pairs, while some are changed and others are copies or parts of them. There are more rows than
// a set can mark as taken out.
func TestSetsAreValues(t *testing.T) {
	rows := make([]*Row, marked+20)
	for i := range rows {
		rows[i] = &Row{Name: fmt.Sprintf("r%d", i)}
	}
	type pair struct {
		row *Row
		n   uint64
	}
	rnd := rand.New(rand.NewPCG(3, 4))
	sets, lists := make([]Set, 6), make([][]pair, 6)
	for range 20000 {
		i, r, n := rnd.IntN(len(sets)), rows[rnd.IntN(len(rows))], uint64(rnd.IntN(3))
		named := func(p pair) bool { return p.row == r }
		switch op := rnd.IntN(40); {
		case op < 25:
			sets[i].Put(r, Num(n))
			if at := slices.IndexFunc(lists[i], named); at >= 0 {
				lists[i][at].n = n
			} else {
				lists[i] = append(lists[i], pair{r, n})
			}
		case op < 30:
			sets[i].Drop(r.Name)
			lists[i] = slices.DeleteFunc(lists[i], named)
		case op < 38:
			j := rnd.IntN(len(sets))
			sets[j], lists[j] = sets[i].Clone(), slices.Clone(lists[i])
		case op < 39:
			j, gone := rnd.IntN(len(sets)), rows[rnd.IntN(len(rows)):]
			sets[j] = sets[i].Filter(func(r *Row) bool { return !slices.Contains(gone, r) })
			lists[j] = slices.DeleteFunc(slices.Clone(lists[i]), func(p pair) bool { return slices.Contains(gone, p.row) })
		default:
			sets[i] = sets[i].Tight()
		}
		for i, s := range sets {
			var have []pair
			for r, v := range s.All() {
				have = append(have, pair{r, v.N})
			}
			if !slices.Equal(have, lists[i]) || s.Len() != len(have) || s.Has(r.Name) != slices.ContainsFunc(have, named) {
				t.Fatalf("%d has %v, %v is to be in it", s.Len(), have, lists[i])
			}
			if missing := Missing(sets[0], s); missing.Len() != 0 && slices.Equal(lists[0], lists[i]) {
				t.Fatalf("%v lacks %v of itself", lists[i], missing)
			}
		}
	}
}
