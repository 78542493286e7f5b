package state

import "maps"

// layered is a map in two layers: one that several hosts have in common, which nobody changes any more, and what is one host's own. A
// host that differs from another in three links needs three entries of its own, where thousands are in common.
type layered[K comparable, V any] struct{ common, own map[K]V }

// get finds a value; none is the zero value.
func (m *layered[K, V]) get(key K) V {
	if v, ok := m.own[key]; ok {
		return v
	}
	return m.common[key]
}

// owns tells whether the value under a key is one that no other host has.
func (m *layered[K, V]) owns(key K) bool {
	_, ok := m.own[key]
	return ok
}

// set puts a value in; the zero value is as good as none.
func (m *layered[K, V]) set(key K, v V) {
	if m.own == nil {
		m.own = map[K]V{}
	}
	m.own[key] = v
}

// share makes what is there a common layer, and returns a map that begins with that.
func (m *layered[K, V]) share() layered[K, V] {
	switch {
	case len(m.own) == 0:
	case m.common == nil:
		m.common, m.own = m.own, nil
	default:
		whole := maps.Clone(m.common)
		maps.Copy(whole, m.own)
		m.common, m.own = whole, nil
	}
	return layered[K, V]{common: m.common}
}
