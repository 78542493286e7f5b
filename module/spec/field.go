package spec

// field is one key of an object that is read into a T, and what the schema says of it: the walker and Schema use the same
// tables. The makers below make the reader and the form of what is read in one go.
type field[T any] struct {
	key  string
	doc  string      // one sentence, without the final stop
	form func() Tree // what the schema takes for its value
	read func(w *walker, to *T, p place)
}

// lookup finds the field of a key.
func lookup[T any](fields []field[T], key string) (field[T], bool) {
	for _, f := range fields {
		if f.key == key {
			return f, true
		}
	}
	return field[T]{}, false
}

func fieldKeys[T any](fields []field[T]) []string {
	keys := make([]string, len(fields))
	for i, f := range fields {
		keys[i] = f.key
	}
	return keys
}

// textField is a text.
func textField[T any](key, doc string, form func() Tree, at func(*T) *string) field[T] {
	return field[T]{key, doc, form, func(w *walker, to *T, p place) { *at(to), _ = w.text(p) }}
}

// booleanField is a boolean; set is not called where none is given.
func booleanField[T any](key, doc string, set func(*T, bool)) field[T] {
	return field[T]{key, doc, booleanForm, func(w *walker, to *T, p place) {
		if on, ok := w.boolean(p); ok {
			set(to, on)
		}
	}}
}

// numberField is a whole number between two others, or a word for one.
func numberField[T any](key, doc string, words map[string]uint64, low, high uint64, set func(*T, uint64)) field[T] {
	form := func() Tree { return numberForm(words, int64(low), high) }
	return field[T]{key, doc, form, func(w *walker, to *T, p place) {
		if n, ok := w.numberOr(p, words, low, high); ok {
			set(to, n)
		}
	}}
}

// choiceField is one of some words.
func choiceField[T any](key, doc string, set func(*T, string), words ...string) field[T] {
	form := func() Tree { return wordsForm(words) }
	return field[T]{key, doc, form, func(w *walker, to *T, p place) {
		if word, ok := w.choice(p, words...); ok {
			set(to, word)
		}
	}}
}

// listField is a list.
func listField[T, I any](key, doc string, item listItem, read func(*walker, place) (I, bool), set func(*T, []I)) field[T] {
	form := func() Tree { return listForm(item) }
	return field[T]{key, doc, form, func(w *walker, to *T, p place) {
		if items, ok := w.list(p); ok {
			set(to, readEach(w, items, read))
		}
	}}
}
