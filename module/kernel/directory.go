package kernel

import (
	"encoding/binary"
	"strings"
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

func newDirectory() *directory {
	return &directory{name: map[uint32]string{}, known: map[string]entry{}}
}

func (d *directory) put(name string, index uint32, kind string) {
	d.drop(name)
	d.name[index], d.known[name] = name, entry{index: index, kind: kind}
}

// group notes in which group a link is.
func (d *directory) group(name string, group uint32) {
	if e, ok := d.known[name]; ok && group != 0 {
		e.group = group
		d.known[name] = e
	}
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
func text(p []byte) string {
	s, _, _ := strings.Cut(string(p), "\x00")
	return s
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
