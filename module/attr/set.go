package attr

import (
	"iter"
	"math/bits"
	"slices"
)

// Set holds the values of one link, at most one a row, in the order in which they were put. The zero Set is empty and
// ready for use. A row that is missing means «leave it as it is» in a wish and «the kernel does not say» in a state. What is
// in items is never written over: sets of thousands of links are cloned a few times in each run, and few of them change. What is
// taken out of a set is marked, as the rest would have to be copied.
type Set struct {
	items []Item
	out   uint64 // bit i: items[i] is not in the set; of the 65th and later ones none is marked
}

// marked is how many items can be marked.
const marked = 64

// Item is one value with its row.
type Item struct {
	Row   *Row
	Value Value
}

// Of makes a set.
func Of(items ...Item) Set { return Set{items: items} }

// Len counts the values.
func (s Set) Len() int { return len(s.items) - bits.OnesCount64(s.out) }

// in tells whether an item is in the set.
func (s Set) in(i int) bool { return i >= marked || s.out>>i&1 == 0 }

// place finds an item of the set; -1: there is none.
func (s Set) place(name string) int {
	for i := range s.items {
		if s.items[i].Row.Name == name && s.in(i) {
			return i
		}
	}
	return -1
}

// without takes an item out.
func (s Set) without(i int) Set {
	if i < marked {
		return Set{slices.Clip(s.items), s.out | 1<<i}
	}
	return Set{slices.Delete(slices.Clone(s.items), i, i+1), s.out}
}

// Get finds a value by its row's name.
func (s Set) Get(name string) (Value, bool) {
	if i := s.place(name); i >= 0 {
		return s.items[i].Value, true
	}
	return Value{}, false
}

// N is the number held under a name, 0 if there is none.
func (s Set) N(name string) uint64 { v, _ := s.Get(name); return v.N }

// S is the text held under a name, "" if there is none.
func (s Set) S(name string) string { v, _ := s.Get(name); return v.S }

// Has tells whether there is a value under a name.
func (s Set) Has(name string) bool { _, ok := s.Get(name); return ok }

// Put sets a row's value.
func (s *Set) Put(r *Row, v Value) {
	switch i := s.place(r.Name); {
	case i < 0:
		if s.out != 0 {
			*s = s.compact(1)
		}
		s.items = append(s.items, Item{r, v})
	case s.items[i] != Item{r, v}:
		*s = s.compact(0)
		s.items[s.place(r.Name)] = Item{r, v}
	}
}

// Join puts every value of other, none of whose rows is in the set.
func (s *Set) Join(other Set) {
	if s.out != 0 || other.out != 0 {
		s.Merge(other)
		return
	}
	s.items = append(s.items, other.items...)
}

// compact copies a set without what is not in it, with room for more.
func (s Set) compact(more int) Set {
	items := make([]Item, 0, s.Len()+more)
	for i, it := range s.items {
		if s.in(i) {
			items = append(items, it)
		}
	}
	return Set{items: items}
}

// Drop takes a value out.
func (s *Set) Drop(name string) {
	if i := s.place(name); i >= 0 {
		*s = s.without(i)
	}
}

// All yields the rows and values in order.
func (s Set) All() iter.Seq2[*Row, Value] {
	return func(yield func(*Row, Value) bool) {
		for i := range s.items {
			if it := &s.items[i]; s.in(i) && !yield(it.Row, it.Value) {
				return
			}
		}
	}
}

// Clone returns a set that does not change with this one.
func (s Set) Clone() Set { return Set{slices.Clip(s.items), s.out} }

// Unveil takes out the values behind which the kernel hides, for a while, what was set: nobody may take them for it, compare them
// or restore them.
func (s *Set) Unveil() {
	for r := range s.All() {
		if r.Veil != "" && s.N(r.Veil) != 0 {
			s.Drop(r.Name)
		}
	}
}

// Veiled returns the values of want that cannot be compared now, because have does not tell what was set.
func Veiled(have, want Set) Set {
	return want.Filter(func(r *Row) bool { return r.Veil != "" && have.N(r.Veil) != 0 && !have.Has(r.Name) })
}

// Tight copies a set into no more room than it takes.
func (s Set) Tight() Set { return s.compact(0) }

// Like is another set, which nobody adds to, if it has the same values in the same order; else a tight copy of this one.
func (s Set) Like(other Set) Set {
	if s.out == other.out && slices.Equal(s.items, other.items) {
		return other.Clone()
	}
	return s.Tight()
}

// Emptied is an empty set in the room of this one, which is not to be used any more.
func (s Set) Emptied() Set { return Set{items: s.items[:0]} }

// Merge puts every value of other; into a map, its pairs.
func (s *Set) Merge(other Set) {
	for r, v := range other.All() {
		if old, ok := s.Get(r.Name); ok && r.Type == Map {
			v = Str(readPairs(old.S).with(readPairs(v.S)).String())
		}
		s.Put(r, v)
	}
}

// Take is what the kernel does with a value that is set: it holds that instead of the old one, or, of a map, with it.
func (s *Set) Take(r *Row, v Value) {
	if r.Type == Map {
		v = Str(readPairs(s.S(r.Name)).with(readPairs(v.S)).holding().String())
	}
	s.Put(r, v)
}

// Undoing returns a set for a link to go back to: the values of was, and where now has one that the kernel does not report
// while it is empty, or pairs of a map, which were not there before, that they shall not be there.
func Undoing(now, was Set) Set {
	out := was.Clone()
	for r, v := range now.All() {
		old, ok := was.Get(r.Name)
		switch {
		case r.SeeOnly || !r.Empty:
		case r.Type == Map:
			if pairs := readPairs(v.S).zero().with(readPairs(old.S)); len(pairs) > 0 {
				out.Put(r, Str(pairs.String()))
			}
		case !ok:
			out.Put(r, Value{})
		}
	}
	return out
}

// InOrder returns the values in the order of a table; those that it has no row for are left out.
func (s Set) InOrder(t Table) Set {
	var out Set
	for _, r := range t {
		if v, ok := s.Get(r.Name); ok {
			out.items = append(out.items, Item{r, v})
		}
	}
	return out
}

// Filter keeps the values for which keep is true.
func (s Set) Filter(keep func(*Row) bool) Set {
	kept := s.Clone()
	for i, it := range slices.Backward(s.items) {
		if s.in(i) && !keep(it.Row) {
			kept = kept.without(i)
		}
	}
	return kept
}

// Missing returns the values of want that have does not hold: what a change has to say. Rows that do not exist on a
// link with want's (else have's) other values, and rows that are only seen, are passed over.
func Missing(have, want Set) Set {
	var out Set
	on := &have // with what is wanted, once somebody asks
	next := 0
	for i := range want.items {
		it := &want.items[i]
		r := it.Row
		if r.SeeOnly || !want.in(i) {
			continue
		}
		var old Value
		var ok bool
		old, ok, next = have.from(next, r)
		if ok && old == it.Value || (ok || r.Empty) && r.holds(old, it.Value) {
			continue
		}
		if r.Only != nil {
			if on == &have {
				merged := have.Clone()
				merged.Merge(want)
				on = &merged
			}
			if !r.Applies(*on) {
				continue
			}
		}
		out.items = append(out.items, *it)
	}
	return out
}

// from finds a row's value, and where to look for the row that comes after it: two sets of one link are mostly in one order.
func (s Set) from(i int, r *Row) (v Value, ok bool, next int) {
	for n := range s.items {
		at := i + n
		if at >= len(s.items) {
			at -= len(s.items)
		}
		if s.items[at].Row == r && s.in(at) {
			return s.items[at].Value, true, at + 1
		}
	}
	v, ok = s.Get(r.Name)
	return v, ok, i
}

// When adds up the conditions of all rows in the set.
func (s Set) When() When {
	var w When
	for r := range s.All() {
		w |= r.When
	}
	return w
}
