package attr

import (
	"iter"
	"slices"
)

// Set holds the values of one link, at most one a row, in the order in which they were put. The zero Set is empty and
// ready for use. A row that is missing means «leave it as it is» in a wish and «the kernel does not say» in a state. What is
// in items is never written over: sets of thousands of links are cloned a few times in each run, and few of them change.
type Set struct{ items []Item }

// Item is one value with its row.
type Item struct {
	Row   *Row
	Value Value
}

// Of makes a set.
func Of(items ...Item) Set { return Set{items: items} }

// Len counts the values.
func (s Set) Len() int { return len(s.items) }

func (s Set) item(name string) (Item, bool) {
	for i := range s.items {
		if s.items[i].Row.Name == name {
			return s.items[i], true
		}
	}
	return Item{}, false
}

// Get finds a value by its row's name.
func (s Set) Get(name string) (Value, bool) {
	it, ok := s.item(name)
	return it.Value, ok
}

// N is the number held under a name, 0 if there is none.
func (s Set) N(name string) uint64 { v, _ := s.Get(name); return v.N }

// S is the text held under a name, "" if there is none.
func (s Set) S(name string) string { v, _ := s.Get(name); return v.S }

// Has tells whether there is a value under a name.
func (s Set) Has(name string) bool { _, ok := s.Get(name); return ok }

// Put sets a row's value.
func (s *Set) Put(r *Row, v Value) {
	for i := range s.items {
		if s.items[i].Row.Name == r.Name {
			if s.items[i] != (Item{r, v}) {
				s.items = slices.Clone(s.items)
				s.items[i] = Item{r, v}
			}
			return
		}
	}
	s.items = append(s.items, Item{r, v})
}

// Drop takes a value out.
func (s *Set) Drop(name string) {
	if s.Has(name) {
		s.items = slices.DeleteFunc(slices.Clone(s.items), func(it Item) bool { return it.Row.Name == name })
	}
}

// All yields the rows and values in order.
func (s Set) All() iter.Seq2[*Row, Value] {
	return func(yield func(*Row, Value) bool) {
		for _, it := range s.items {
			if !yield(it.Row, it.Value) {
				return
			}
		}
	}
}

// Clone returns a set that does not change with this one.
func (s Set) Clone() Set { return Set{items: slices.Clip(s.items)} }

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
func (s Set) Tight() Set { return Set{items: append(make([]Item, 0, len(s.items)), s.items...)} }

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
	for i, it := range s.items {
		if !keep(it.Row) {
			out := Set{items: slices.Clone(s.items[:i])}
			for _, it := range s.items[i+1:] {
				if keep(it.Row) {
					out.items = append(out.items, it)
				}
			}
			return out
		}
	}
	return s.Clone()
}

// Missing returns the values of want that have does not hold: what a change has to say. Rows that do not exist on a
// link with want's (else have's) other values, and rows that are only seen, are passed over.
func Missing(have, want Set) Set {
	var out Set
	on := &have // with what is wanted, once somebody asks
	next := 0
	for _, it := range want.items {
		r := it.Row
		if r.SeeOnly {
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
		out.items = append(out.items, it)
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
		if s.items[at].Row == r {
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
