// Package attr is the row machine: one Row tells everything about one attribute of a link — the word a person writes,
// the number and the wire type the kernel speaks, the range, and when the kernel takes a change of it.
// Parsing, printing, encoding, decoding and comparing are derived from the row. The package knows no kind of link,
// opens no socket and does no I/O.
package attr

import (
	"fmt"
	"slices"
)

// Type is how a value travels in a netlink attribute (linux/netlink.h; numbers are in host byte order unless said).
type Type uint8

// The wire types.
const (
	U8      Type = iota + 1 // one byte
	U16                     // two bytes, host order
	BE16                    // two bytes, network order (VLAN protocols)
	U32                     // four bytes
	U64                     // eight bytes
	S32                     // four bytes, signed; Value.N holds it sign-extended
	Bool                    // one byte, 0 or 1
	Bool32                  // four bytes, 0 or not 0 (a bridge's spanning tree is 2 where a program does it)
	Bit                     // one bit of a {value u32, mask u32} pair; rows with one number share the attribute
	Flag                    // one bit of ifi_flags in the link header; Bit is the mask
	MAC                     // six bytes; the model holds "00:16:3e:00:00:01"
	Index                   // u32 interface index; the model holds the link's name
	IP4s                    // nest of IPv4 addresses, numbered from 0; the model holds "192.0.2.1,192.0.2.2"
	IP6s                    // nest of IPv6 addresses, numbered from 0
	Text                    // text, sent without a NUL: the kernel counts one as a byte of an ifalias
	GenMode                 // u8 inside IFLA_AF_SPEC / AF_INET6 (address generation mode)
	Pair16                  // two u16, a range from and to; the model holds from<<32 + to
	Pair32                  // two u32, likewise
	Map                     // nest of {from u32, to u32} pairs, each an attribute 1; the model holds "0:1,2:3". It is additive: see map.go
)

// When says under which condition the kernel takes a change of an attribute of an existing link. Conditions add up.
type When uint8

// The conditions. Live is none of them.
const (
	Live    When = 0
	Down    When = 1 << (iota - 1) // the link must be administratively down
	NoPorts                        // its ports must be released first
	Never                          // the link must be made anew
)

// Place is the part of a link message (rtnetlink(7), RTM_NEWLINK) in which an attribute stands.
type Place uint8

// The places.
const (
	Data   Place = iota // IFLA_LINKINFO / IFLA_INFO_DATA: the kind's own attributes
	Top                 // the message itself
	Header              // struct ifinfomsg
	Port                // IFLA_LINKINFO / IFLA_INFO_SLAVE_DATA: a port's attributes, defined by its master's kind
	AFSpec              // IFLA_AF_SPEC / AF_INET6
	Proc                // a file of the link's own, outside netlink: see Row.File
)

// Since is the kernel that brought a row; the zero Since: every kernel that this program is for.
type Since struct {
	Release string // of Linux: "6.9"
	Name    string // the constant of linux/if_link.h or linux/if_bridge.h that came with it
}

// After tells whether a kernel of a release ("6.1.0-50-cloud-amd64") is older than this.
func (s Since) After(release string) bool {
	var major, minor, haveMajor, haveMinor int
	n, _ := fmt.Sscanf(s.Release, "%d.%d", &major, &minor)
	have, _ := fmt.Sscanf(release, "%d.%d", &haveMajor, &haveMinor)
	return n == 2 && have == 2 && (haveMajor < major || haveMajor == major && haveMinor < minor)
}

// Name is one word of an enumeration and its number on the wire.
type Name struct {
	Text  string
	N     uint64
	Since Since
}

// Cond says that a row exists only while another row of the same link — for a port's row, of its master — holds one of the given words
// (drivers/net/bonding/bond_options.c: unsuppmodes).
type Cond struct {
	Row string
	In  []string
}

// Row describes one attribute.
type Row struct {
	Name      string // the document's key and, unless Word is set, iproute2's word
	Word      string // iproute2's word where it differs
	Num       uint16 // the attribute's number in its nest
	Nest      uint16 // of rows that are only seen: the nest within the place in which they stand, by its number; 0: none
	Bit       uint32 // for Bit and Flag: the mask
	Place     Place
	Type      Type
	When      When
	Min       uint64   // smallest value, inclusive
	Max       uint64   // largest value, inclusive; 0: what the type can hold
	Keys      uint64   // for Map: largest value on the left; Max is that on the right
	Barred    uint64   // bits that must not be set
	MaxLen    int      // for lists: most elements; for Text: most bytes; 0: no limit
	Names     []Name   // the words of an enumeration; of a boolean, where iproute2 takes no digit: off and on
	Digits    bool     // iproute2 takes the number only, not the word
	Unit      string   // "ms", "s/100", …; for documentation
	Doc       string   // one sentence, without the final stop
	Slack     uint64   // values this close are equal: the kernel rounds to its clock tick
	Upsets    []string // other rows that the kernel resets by itself when this one changes, unless the same message sets them
	Only      *Cond
	Alias     string // another key that documents may use
	Empty     bool   // the kernel leaves the attribute out while it is empty: absence reads as the zero value
	SeeOnly   bool   // the kernel reports it, nobody sets it
	Back      *Cond  // of a row that is only seen, and names a port which the driver picks: a rollback asks for the one that was; the kernel takes a port whose rows hold this
	ZeroFirst bool   // a change to zero goes into an earlier message of its own: the kernel looks at the old value while it takes the others
	Unique    bool   // of a port's row: no two ports of one master may have a value, but for 0
	File      string // of the place Proc: the file, with * for the link's name; one in /proc/sys/net/ipv6/conf is also reported, as number Num of IFLA_INET6_CONF (linux/ipv6.h: DEVCONF_*)
	Hidden    bool   // no key of the document: the planner derives it
	Carried   bool   // no document says it and no look reads it, unless the link may lose it: then it is saved and written back, as far as the kernel takes it
	Since     Since
	Veil      string // the row of the same link while which is on the kernel reports something else than what was set: see Unveil
	Alone     bool   // refused in the creating message (EAFNOSUPPORT for AF_SPEC), or not looked at there (ifalias); goes into a later one
}

// Value is what an attribute holds: N for numbers, booleans and enumerations, S for texts, addresses and names
// (lists are joined by commas). Values of one row compare with Row.Equal.
type Value struct {
	N uint64
	S string
}

// Num makes a number's value, Str a text's.
func Num(n uint64) Value { return Value{N: n} }

// Str makes a text's value.
func Str(s string) Value { return Value{S: s} }

// On makes a boolean's value.
func On(b bool) Value {
	if b {
		return Value{N: 1}
	}
	return Value{}
}

// Table is the ordered list of a kind's rows.
type Table []*Row

// Row finds a row by the document's key or its alias; nil if there is none.
func (t Table) Row(name string) *Row {
	for _, r := range t {
		if r.Name == name || r.Alias != "" && r.Alias == name {
			return r
		}
	}
	return nil
}

// Must is Row for names that the program itself writes; an unknown one is a programming error.
func (t Table) Must(name string) *Row {
	if r := t.Row(name); r != nil {
		return r
	}
	panic(fmt.Sprintf("attr: no row %q", name))
}

// Names lists the keys in the table's order.
func (t Table) Names() []string {
	names := make([]string, len(t))
	for i, r := range t {
		names[i] = r.Name
	}
	return names
}

// Equal compares two values as the kernel would: rounding to the clock tick is no difference, nor is a pair of a map that
// leads to 0.
func (r *Row) Equal(a, b Value) bool {
	if r.Type == Map {
		return readPairs(a.S).holding().String() == readPairs(b.S).holding().String()
	}
	if r.Slack > 0 {
		return max(a.N, b.N)-min(a.N, b.N) <= r.Slack
	}
	return a == b
}

// Applies tells whether the row exists on a link with these attributes.
func (r *Row) Applies(on Set) bool {
	return r.Only == nil || r.Only.Holds(on)
}

// Holds tells whether a link with these attributes holds one of the words; where it does not say, it is taken to.
func (c *Cond) Holds(on Set) bool {
	i := on.place(c.Row)
	return i < 0 || slices.Contains(c.In, on.items[i].Row.Text(on.items[i].Value))
}

// Came tells which kernel brought the row, or the word for a value of it.
func (r *Row) Came(v Value) Since {
	for _, n := range r.Names {
		if n.N == v.N && n.Since.Release != "" {
			return n.Since
		}
	}
	return r.Since
}

// IP returns iproute2's word for the row.
func (r *Row) IP() string {
	if r.Word != "" {
		return r.Word
	}
	return r.Name
}
