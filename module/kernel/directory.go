package kernel

import (
	"bytes"
	"encoding/binary"

	"hostnet-module/module/kind"
	"hostnet-module/module/state"
)

// directory knows the links of the namespace by name and by index. It is an attr.Resolver.
type directory struct {
	name  map[uint32]string
	known map[string]entry
}

type entry struct {
	index uint32
	kind  string
	group uint32 // IFLA_GROUP
}

// newDirectory makes one with room for n links.
func newDirectory(n int) *directory {
	return &directory{name: make(map[uint32]string, n), known: make(map[string]entry, n)}
}

// entryOf is what there is to know of a link.
func entryOf(l *state.Link) entry {
	return entry{index: uint32(l.Index), kind: l.Kind, group: uint32(l.Attrs.N(kind.Group.Name))}
}

func (d *directory) put(name string, e entry) {
	d.drop(name)
	d.name[e.index], d.known[name] = name, e
}

func (d *directory) drop(name string) {
	if e, ok := d.known[name]; ok {
		delete(d.name, e.index)
		delete(d.known, name)
	}
}

// Index implements attr.Resolver.
func (d *directory) Index(name string) uint32 { return d.known[name].index }

// Name implements attr.Resolver.
func (d *directory) Name(index uint32) string { return d.name[index] }

// text reads a text that may end in a NUL.
func text(p []byte) string { return string(ended(p)) }

// ended is a text without the NUL that it may end in.
func ended(p []byte) []byte {
	p, _, _ = bytes.Cut(p, []byte{0})
	return p
}

// u32 reads a number in host order; 0 if the payload is too short.
func u32(p []byte) uint32 {
	if len(p) < 4 {
		return 0
	}
	return binary.NativeEndian.Uint32(p)
}

func u16(p []byte) uint16 {
	if len(p) < 2 {
		return 0
	}
	return binary.NativeEndian.Uint16(p)
}

func u8(p []byte) uint8 {
	if len(p) < 1 {
		return 0
	}
	return p[0]
}
