package attr

import (
	"encoding/binary"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// A Map row is additive in the kernel (net/8021q: vlan_dev_set_ingress_priority, vlan_dev_set_egress_priority): what is set
// is added to what is there, and a pair goes away only by leading to 0. So a wish for pairs holds where they are all there,
// whatever else is; and «2:0» wishes that nothing is there for 2.

// pairs are the entries of a map.
type pairs map[uint32]uint32

// readPairs reads what Parse and Decode wrote.
func readPairs(text string) pairs {
	p := pairs{}
	for pair := range strings.SplitSeq(text, ",") {
		if from, to, ok := readPair(pair, 1<<32-1, 1<<32-1); ok {
			p[from] = to
		}
	}
	return p
}

func readPair(text string, keys, values uint64) (from, to uint32, ok bool) {
	left, right, colon := strings.Cut(text, ":")
	key, err := strconv.ParseUint(left, 10, 32)
	value, err2 := strconv.ParseUint(right, 10, 32)
	return uint32(key), uint32(value), colon && err == nil && err2 == nil && key <= keys && value <= values
}

// String prints the pairs in the order of what they lead from.
func (p pairs) String() string {
	words := make([]string, 0, len(p))
	for _, from := range slices.Sorted(maps.Keys(p)) {
		words = append(words, strconv.FormatUint(uint64(from), 10)+":"+strconv.FormatUint(uint64(p[from]), 10))
	}
	return strings.Join(words, ",")
}

// holding leaves out the pairs that lead to 0.
func (p pairs) holding() pairs {
	maps.DeleteFunc(p, func(_, to uint32) bool { return to == 0 })
	return p
}

// zero makes all pairs lead to 0.
func (p pairs) zero() pairs {
	for from := range p {
		p[from] = 0
	}
	return p
}

// with puts other pairs in.
func (p pairs) with(other pairs) pairs {
	maps.Copy(p, other)
	return p
}

// wire makes IFLA_VLAN_QOS_MAPPING attributes (struct ifla_vlan_qos_mapping of linux/if_link.h).
func (p pairs) wire() []byte {
	var b []byte
	for _, from := range slices.Sorted(maps.Keys(p)) {
		b = Append(b, 1, binary.NativeEndian.AppendUint32(binary.NativeEndian.AppendUint32(nil, from), p[from]))
	}
	return b
}

func decodePairs(nest []byte) pairs {
	p := pairs{}
	Walk(nest, func(_ uint16, payload []byte) {
		if len(payload) >= 8 {
			p[binary.NativeEndian.Uint32(payload)] = binary.NativeEndian.Uint32(payload[4:])
		}
	})
	return p.holding()
}

// keys is the largest number on the left of a pair.
func (r *Row) keys() uint64 {
	if r.Keys > 0 {
		return r.Keys
	}
	return 0xffffffff
}

func (r *Row) parsePairs(text string) (Value, error) {
	p := pairs{}
	for word := range strings.SplitSeq(text, ",") {
		if text == "" {
			break
		}
		from, to, ok := readPair(strings.TrimSpace(word), r.keys(), r.limit())
		if _, twice := p[from]; !ok || twice {
			return Value{}, refuse("%q: must be %s, each from another number", word, r.Allowed())
		}
		p[from] = to
	}
	return Str(p.String()), nil
}

// holds tells whether a link that has one value needs no change to have the wanted one.
func (r *Row) holds(have, want Value) bool {
	if r.Type != Map {
		return r.Equal(have, want)
	}
	p := readPairs(have.S)
	for from, to := range readPairs(want.S) {
		if p[from] != to {
			return false
		}
	}
	return true
}
