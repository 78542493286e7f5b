package attr

import (
	"encoding/binary"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// Resolver turns the names of links into indexes and back, for rows that point at another link.
// A name that is unknown is index 0, as is "".
type Resolver interface {
	Index(name string) uint32
	Name(index uint32) string
}

const header = 4 // struct nlattr: length and type, two bytes each

func align(n int) int { return (n + 3) &^ 3 }

// Append adds one attribute (header, payload, padding) to a message: struct nlattr of linux/netlink.h.
func Append(b []byte, num uint16, payload []byte) []byte {
	b = binary.NativeEndian.AppendUint16(b, uint16(header+len(payload)))
	b = binary.NativeEndian.AppendUint16(b, num)
	b = append(b, payload...)
	return append(b, make([]byte, align(len(payload))-len(payload))...)
}

// Walk calls f for every attribute in b, with the flags (NLA_F_NESTED, NLA_F_NET_BYTEORDER) taken off its number.
// It returns false if b is no well-formed sequence; what came before the fault has been seen.
func Walk(b []byte, f func(num uint16, payload []byte)) bool {
	for len(b) >= header {
		n := int(binary.NativeEndian.Uint16(b))
		if n < header || n > len(b) {
			return false
		}
		f(binary.NativeEndian.Uint16(b[2:])&0x3fff, b[header:n])
		b = b[min(align(n), len(b)):]
	}
	return len(b) == 0
}

// Begin appends the header of an attribute whose payload is what is appended next, until End.
func Begin(b []byte, num uint16) (_ []byte, at int) {
	return Append(b, num, nil), len(b)
}

// End ends the attribute that begins at a place.
func End(b []byte, at int) []byte {
	n := len(b) - at
	binary.NativeEndian.PutUint16(b[at:], uint16(n))
	return append(b, make([]byte, align(n)-n)...)
}

// EndFilled is End, but an attribute without a payload is taken away.
func EndFilled(b []byte, at int) []byte {
	if len(b) == at+header {
		return b[:at]
	}
	return End(b, at)
}

// Encode appends the attributes of one place to a message, in the set's order. Rows that are bits of one attribute
// become one attribute.
func (s Set) Encode(b []byte, place Place, names Resolver) []byte {
	var bits []uint16 // the numbers of those that have been written
	for i := range s.items {
		r, at := s.items[i].Row, 0
		switch {
		case !s.in(i) || r.Place != place || r.SeeOnly && r.Back == nil:
		case r.Type != Bit:
			b, at = Begin(b, r.Num)
			b = End(r.AppendPayload(b, s.items[i].Value, names), at)
		case !slices.Contains(bits, r.Num):
			bits = append(bits, r.Num)
			b = Append(b, r.Num, s.bits(r.Num, place))
		}
	}
	return b
}

func (s Set) bits(num uint16, place Place) []byte {
	var value, mask uint32
	for r, v := range s.All() {
		if r.Place == place && r.Num == num && r.Type == Bit {
			mask |= r.Bit
			if v.N != 0 {
				value |= r.Bit
			}
		}
	}
	b := binary.NativeEndian.AppendUint32(nil, value)
	return binary.NativeEndian.AppendUint32(b, mask)
}

// AppendPayload appends a value as the attribute holds it.
func (r *Row) AppendPayload(b []byte, v Value, names Resolver) []byte {
	switch r.Type {
	case U8, Bool, GenMode:
		return append(b, byte(v.N))
	case U16:
		return binary.NativeEndian.AppendUint16(b, uint16(v.N))
	case BE16:
		return binary.BigEndian.AppendUint16(b, uint16(v.N))
	case U32, S32, Bool32:
		return binary.NativeEndian.AppendUint32(b, uint32(v.N))
	case U64:
		return binary.NativeEndian.AppendUint64(b, v.N)
	case Pair16:
		b = binary.NativeEndian.AppendUint16(b, uint16(v.N>>32))
		return binary.NativeEndian.AppendUint16(b, uint16(v.N))
	case Pair32:
		b = binary.NativeEndian.AppendUint32(b, uint32(v.N>>32))
		return binary.NativeEndian.AppendUint32(b, uint32(v.N))
	case MAC:
		hw, _ := net.ParseMAC(v.S)
		return append(b, hw...)
	case Index:
		return binary.NativeEndian.AppendUint32(b, names.Index(v.S))
	case IP4s, IP6s:
		return append(b, ipNest(v.S)...)
	case Text:
		return append(b, v.S...)
	case Map:
		return append(b, readPairs(v.S).wire()...)
	}
	return b
}

func ipNest(list string) []byte {
	var b []byte
	if list == "" {
		return b
	}
	for i, text := range strings.Split(list, ",") {
		ip, _ := netip.ParseAddr(text)
		b = Append(b, uint16(i), ip.AsSlice())
	}
	return b
}

// size is the least that a payload of a type has.
var size = [...]int{U8: 1, Bool: 1, Bool32: 4, GenMode: 1, U16: 2, BE16: 2, U32: 4, S32: 4, Index: 4, U64: 8, Bit: 4, MAC: 6, Pair16: 4, Pair32: 8, Map: 0}

// Decode reads one attribute's payload. It is false if the payload is too short for the row's type, or a hardware address
// that is not Ethernet's (tunnels have 4 or 16 bytes): the value is then unknown, never zero.
func (r *Row) Decode(p []byte, names Resolver) (Value, bool) {
	if len(p) < size[r.Type] || r.Type == MAC && len(p) != size[MAC] {
		return Value{}, false
	}
	switch r.Type {
	case U8, GenMode:
		return Num(uint64(p[0])), true
	case Bool:
		return On(p[0] != 0), true
	case Bool32:
		return On(binary.NativeEndian.Uint32(p) != 0), true
	case U16:
		return Num(uint64(binary.NativeEndian.Uint16(p))), true
	case BE16:
		return Num(uint64(binary.BigEndian.Uint16(p))), true
	case U32:
		return Num(uint64(binary.NativeEndian.Uint32(p))), true
	case S32:
		return Num(uint64(int64(int32(binary.NativeEndian.Uint32(p))))), true
	case U64:
		return Num(binary.NativeEndian.Uint64(p)), true
	case Bit:
		// The second half tells which bits the kernel knows.
		known := len(p) < 8 || binary.NativeEndian.Uint32(p[4:])&r.Bit != 0
		return On(binary.NativeEndian.Uint32(p)&r.Bit != 0), known
	case Pair16:
		return Num(uint64(binary.NativeEndian.Uint16(p))<<32 | uint64(binary.NativeEndian.Uint16(p[2:]))), true
	case Pair32:
		return Num(uint64(binary.NativeEndian.Uint32(p))<<32 | uint64(binary.NativeEndian.Uint32(p[4:]))), true
	case MAC:
		return Str(SpellMAC([6]byte(p))), true
	case Index:
		return Str(names.Name(binary.NativeEndian.Uint32(p))), true
	case IP4s, IP6s:
		return decodeIPs(p), true
	case Map:
		return Str(decodePairs(p).String()), true
	case Text:
		text, _, _ := strings.Cut(string(p), "\x00")
		return Str(text), true
	}
	return Value{}, false
}

// spelled are hardware addresses that were written out lately: the links of a host with thousands have few among them.
var spelled [16]atomic.Pointer[spelling]

type spelling struct {
	mac  [6]byte
	text string
}

// SpellMAC writes a hardware address as the model holds it: "00:16:3e:00:00:01".
func SpellMAC(mac [6]byte) string {
	last := &spelled[(mac[3]^mac[4]^mac[5])%uint8(len(spelled))]
	if s := last.Load(); s != nil && s.mac == mac {
		return s.text
	}
	s := &spelling{mac, net.HardwareAddr(mac[:]).String()}
	last.Store(s)
	return s.text
}

func decodeIPs(p []byte) Value {
	var list []string
	Walk(p, func(_ uint16, payload []byte) {
		if ip, ok := netip.AddrFromSlice(payload); ok && !ip.IsUnspecified() {
			list = append(list, ip.String())
		}
	})
	return Str(strings.Join(list, ","))
}

// Decode reads every attribute of a nest for which the table has a row of that place.
func (t Table) Decode(nest []byte, place Place, names Resolver) Set {
	var s Set
	t.DecodeInto(&s, nest, place, names)
	return s
}

// DecodeInto is Decode into a set that has none of the table's rows of that place yet.
func (t Table) DecodeInto(s *Set, nest []byte, place Place, names Resolver) {
	s.items = slices.Grow(s.items, len(t))
	t.rows().decode(s, nest, place, 0, names)
}

func (rows *byAddress) decode(s *Set, nest []byte, place Place, in uint16, names Resolver) {
	from, last := len(s.items), 0
	Walk(nest, func(num uint16, payload []byte) {
		fresh := int(num) > last // than all before: it is told for the first time
		last = max(last, int(num))
		if in == 0 && num != 0 && rows.nested(place, num) {
			rows.decode(s, payload, place, num, names)
		}
		for _, r := range rows.of(place, in, num) {
			v, ok := r.Decode(payload, names)
			if !ok {
				continue
			}
			i := -1
			if !fresh {
				i = slices.IndexFunc(s.items[from:], func(it Item) bool { return it.Row == r })
			}
			if i >= 0 {
				s.items[from+i].Value = v // told twice
				continue
			}
			s.items = append(s.items, Item{r, v})
		}
	})
}

// address is where a row stands in a message.
type address struct {
	place   Place
	in, num uint16
}

// byAddress are a table's rows by where they stand. A look at thousands of links asks for each of a hundred attributes: those that stand in no nest,
// nearly all, are found by their number.
type byAddress struct {
	flat [][][]*Row // by place and number, of those that stand in no nest
	at   map[address][]*Row
	nest [][]bool // by place and number: rows stand in it
}

func (b *byAddress) of(place Place, in, num uint16) []*Row {
	if in != 0 {
		return b.at[address{place, in, num}]
	}
	if int(place) < len(b.flat) && int(num) < len(b.flat[place]) {
		return b.flat[place][num]
	}
	return nil
}

func (b *byAddress) nested(place Place, num uint16) bool {
	return int(place) < len(b.nest) && int(num) < len(b.nest[place]) && b.nest[place][num]
}

// room makes a list long enough for an index.
func room[T any](list []T, i int) []T {
	return append(list, make([]T, max(0, i+1-len(list)))...)
}

var addresses sync.Map // by a table's first row

func (t Table) rows() *byAddress {
	if len(t) == 0 {
		return &byAddress{}
	}
	type key struct {
		first *Row
		n     int
	}
	if found, ok := addresses.Load(key{t[0], len(t)}); ok {
		return found.(*byAddress)
	}
	b := &byAddress{at: map[address][]*Row{}}
	for _, r := range t {
		if r.Nest == 0 {
			b.flat = room(b.flat, int(r.Place))
			b.flat[r.Place] = room(b.flat[r.Place], int(r.Num))
			b.flat[r.Place][r.Num] = append(b.flat[r.Place][r.Num], r)
			continue
		}
		at := address{r.Place, r.Nest, r.Num}
		b.at[at] = append(b.at[at], r)
		b.nest = room(b.nest, int(r.Place))
		b.nest[r.Place] = room(b.nest[r.Place], int(r.Nest))
		b.nest[r.Place][r.Nest] = true
	}
	addresses.Store(key{t[0], len(t)}, b)
	return b
}
