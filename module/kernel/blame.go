package kernel

import (
	"encoding/binary"

	"golang.org/x/sys/unix"

	"hostnet-module/module/attr"
	"hostnet-module/module/kind"
	"hostnet-module/module/state"
)

// attributeAt names the row whose attribute the kernel found fault with, by its offset in the message: kernels say «integer out
// of range» and leave it to the sender to know of what. "" if it is none of a table's.
func attributeAt(r request, offset int, s state.Step) string {
	if r.typ != unix.RTM_NEWLINK {
		return ""
	}
	rest := offset - unix.SizeofNlMsghdr - unix.SizeofIfInfomsg
	nest, at, num := inside(r.payload[unix.SizeofIfInfomsg:], rest)
	if num != unix.IFLA_LINKINFO || at < 0 {
		return rowName(kind.Common, attr.Top, num)
	}
	nest, at, num = inside(nest, at)
	if at < 0 {
		return ""
	}
	_, _, row := inside(nest, at)
	switch num {
	case infoData:
		return rowName(kind.Of(s.Kind).Rows, attr.Data, row)
	case infoSlaveData:
		return rowName(kind.Of(s.PortKind).Port, attr.Port, row)
	}
	return ""
}

func rowName(t attr.Table, place attr.Place, num uint16) string {
	for _, r := range t {
		if r.Place == place && r.Num == num && num != 0 {
			return r.Name
		}
	}
	return ""
}

// inside finds the attribute that covers an offset: its payload, the offset in there (negative: its header is meant), its number.
func inside(b []byte, offset int) (payload []byte, at int, num uint16) {
	pos := 0
	for offset >= 0 && pos+unix.SizeofNlAttr <= len(b) {
		n := int(binary.NativeEndian.Uint16(b[pos:]))
		if n < unix.SizeofNlAttr || pos+n > len(b) {
			break
		}
		if offset < pos+n {
			return b[pos+unix.SizeofNlAttr : pos+n], offset - pos - unix.SizeofNlAttr, binary.NativeEndian.Uint16(b[pos+2:]) & 0x3fff
		}
		pos += align(n)
	}
	return nil, -1, 0
}
