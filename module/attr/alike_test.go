package attr

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestReading: whatever is read before, a nest is read as it would be by itself; and is not read again if it tells nothing new.
func TestReading(t *testing.T) {
	table := Table{
		{Name: "a", Num: 1, Type: U32}, {Name: "b", Num: 3, Type: Text}, {Name: "c", Num: 5, Type: Bit, Bit: 1}, {Name: "d", Num: 5, Type: Bit, Bit: 2},
		{Name: "e", Nest: 7, Num: 1, Type: U8}, {Name: "f", Num: 9, Type: Index}, {Name: "g", Num: 10, Place: Top, Type: U8},
	}
	long := bytes.Repeat([]byte{7}, short)
	nest := func(a, b, counter, e byte, more ...byte) []byte {
		n := Append(Append(Append(nil, 1, []byte{a, 0, 0, 0}), 2, []byte{counter}), 3, []byte{'x', b})
		n = Append(Append(n, 5, []byte{b, 0, 0, 0, 3, 0, 0, 0}), 7|1<<15, Append(Append(nil, 1, []byte{e}), 2, []byte{1}))
		return append(Append(n, 4, long), more...)
	}
	first := nest(1, 2, 3, 4)
	for name, test := range map[string]struct {
		next []byte
		same bool
	}{
		"again":                 {nest(1, 2, 3, 4), true},
		"a counter":             {nest(1, 2, 99, 4), true},
		"a number":              {nest(9, 2, 3, 4), false},
		"a text, and bits":      {nest(1, 3, 3, 4), false},
		"in a nest":             {nest(1, 2, 3, 5), false},
		"longer":                {nest(1, 2, 3, 4, Append(nil, 9, []byte{1, 0, 0, 0})...), false},
		"shorter":               {first[:len(first)-len(long)-header], false},
		"other attributes":      {append(Append(nil, 2, []byte{1, 0, 0, 0}), first[8:]...), false},
		"of another place":      {nest(1, 2, 3, 4, Append(nil, 10, []byte{1})...), false},
		"cut off":               {first[:len(first)-1], false},
		"nothing":               {nil, false},
		"read as another place": {append(Append(nil, 10, []byte{1, 0, 0, 0}), first[8:]...), false},
	} {
		r := table.Reading(Data)
		if got, _ := r.Decode(first, links{}); !cmp.Equal(got, table.Decode(first, Data, links{}), cmp.AllowUnexported(Set{})) {
			t.Errorf("first: %v", got)
		}
		for _, next := range [][]byte{test.next, first, test.next, test.next} {
			got, _ := r.Decode(next, links{})
			if diff := cmp.Diff(table.Decode(next, Data, links{}).items, got.items); diff != "" && len(got.items) > 0 {
				t.Errorf("%s: %s", name, diff)
			}
		}
		r.Decode(first, links{})
		if _, same := r.Decode(test.next, links{}); same != test.same {
			t.Errorf("%s: same %v", name, same)
		}
	}
	r := table.Reading(Data)
	for range 3 {
		if _, same := r.Decode(nest(1, 2, 3, 4, Append(nil, 9, []byte{1, 0, 0, 0})...), links{}); same {
			t.Error("a link that is pointed at may have another name by then")
		}
		if _, same := r.Decode(first[:len(first)-1], links{}); same {
			t.Error("what is cut off is nothing to compare with")
		}
	}
}

type links struct{}

func (links) Index(string) uint32      { return 0 }
func (links) Name(index uint32) string { return string(rune('a' + index)) }
