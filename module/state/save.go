package state

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"hostnet-module/module/attr"
	"hostnet-module/module/kind"
)

// A host and steps are kept as JSON, by the names of rows and not by their numbers, so that a journal can be read by a person and by
// another build of the program. What is read back is what was written, to the bit: link names and aliases may hold any bytes.

// raw is a text of any bytes; those that are no UTF-8 are kept in hexadecimal.
type raw string

const rawMark = "\x00"

// MarshalText implements encoding.TextMarshaler.
func (r raw) MarshalText() ([]byte, error) {
	if !utf8.ValidString(string(r)) || strings.HasPrefix(string(r), rawMark) {
		return []byte(rawMark + hex.EncodeToString([]byte(r))), nil
	}
	return []byte(r), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (r *raw) UnmarshalText(text []byte) error {
	digits, marked := strings.CutPrefix(string(text), rawMark)
	if !marked {
		*r = raw(text)
		return nil
	}
	b, err := hex.DecodeString(digits)
	*r = raw(b)
	return err
}

// rows are all rows of all tables, by a name that says the table too: "mtu", "bond.mode", "bond port.prio", "rule.table".
var rows = sync.OnceValue(func() (all struct {
	names map[*attr.Row]string
	rows  map[string]*attr.Row
}) {
	all.names, all.rows = map[*attr.Row]string{}, map[string]*attr.Row{}
	take := func(prefix string, t attr.Table) {
		for _, r := range t {
			if _, known := all.names[r]; !known {
				all.names[r], all.rows[prefix+r.Name] = prefix+r.Name, r
			}
		}
	}
	take("", kind.Common)
	take("", kind.Carried)
	take("rule.", kind.Rule)
	for _, k := range kind.List() {
		take(k.Name+".", k.Rows)
		take(k.Name+" port.", k.Port)
	}
	return all
})

// savedSet is a set as appendSet writes it.
type savedSet attr.Set

// MarshalJSON implements json.Marshaler.
func (s savedSet) MarshalJSON() ([]byte, error) { return appendSet(nil, attr.Set(s)) }

// UnmarshalJSON implements json.Unmarshaler.
func (s *savedSet) UnmarshalJSON(data []byte) error {
	var list []json.RawMessage
	if err := json.Unmarshal(data, &list); err != nil {
		return err
	}
	if len(list)%2 != 0 {
		return fmt.Errorf("a set of %d words", len(list))
	}
	var out attr.Set
	for i := 0; i < len(list); i += 2 {
		var name string
		if err := json.Unmarshal(list[i], &name); err != nil {
			return err
		}
		r, known := rows().rows[name]
		if strings.HasPrefix(name, "/") { // no other row's name begins so
			r, known = attr.FileRow(name), true
		}
		if !known || out.Has(r.Name) {
			return fmt.Errorf("row %q is unknown, or given twice", name)
		}
		v, err := savedValue(list[i+1])
		if err != nil {
			return fmt.Errorf("row %q: %w", name, err)
		}
		out.Put(r, v)
	}
	*s = savedSet(out)
	return nil
}

func savedValue(data json.RawMessage) (attr.Value, error) {
	if len(data) > 0 && data[0] == '"' {
		var text raw
		err := json.Unmarshal(data, &text)
		return attr.Str(string(text)), err
	}
	n, err := strconv.ParseUint(string(data), 10, 64)
	return attr.Num(n), err
}

// savedLink is a Link as appendText writes it, with the fields that plain JSON would not keep; so are the others of their types.
type savedLink struct {
	linkFields
	Name   raw
	Parent raw
	Master raw
	Attrs  savedSet
	Port   savedSet
	Pinned bool
	MTUOf  mtuOf
	Alone  uint64
}

type linkFields Link

// MarshalJSON implements json.Marshaler.
func (h *Host) MarshalJSON() ([]byte, error) {
	var text bytes.Buffer
	w := bufio.NewWriter(&text)
	if err := h.WriteText(w); err != nil {
		return nil, err
	}
	err := w.Flush()
	return text.Bytes(), err
}

// MarshalJSON implements json.Marshaler.
func (l *Link) MarshalJSON() ([]byte, error) { return l.appendText(nil) }

// UnmarshalJSON implements json.Unmarshaler.
func (l *Link) UnmarshalJSON(data []byte) error {
	var in savedLink
	err := json.Unmarshal(data, &in)
	*l = Link(in.linkFields)
	l.Name, l.Parent, l.Master, l.pinned = string(in.Name), string(in.Parent), string(in.Master), in.Pinned
	l.Attrs, l.Port, l.mtu, l.alone = attr.Set(in.Attrs), attr.Set(in.Port), in.MTUOf, in.Alone
	return err
}

type savedExtras struct {
	Settings savedSet
	Entries  []savedEntry
}

type savedEntry struct {
	Sort                EntrySort
	Bridge, Words, Data raw `json:",omitempty"`
}

func (e Entry) saved() savedEntry {
	return savedEntry{e.Sort, raw(e.Bridge), raw(e.Words), raw(e.Data)}
}

func (e savedEntry) entry() Entry {
	return Entry{e.Sort, string(e.Bridge), string(e.Words), string(e.Data)}
}

// MarshalJSON implements json.Marshaler.
func (x *Extras) MarshalJSON() ([]byte, error) {
	out := savedExtras{Settings: savedSet(x.Settings)}
	for _, e := range x.Entries {
		out.Entries = append(out.Entries, e.saved())
	}
	return json.Marshal(out)
}

// UnmarshalJSON implements json.Unmarshaler.
func (x *Extras) UnmarshalJSON(data []byte) error {
	var in savedExtras
	err := json.Unmarshal(data, &in)
	*x = Extras{Settings: attr.Set(in.Settings)}
	for _, e := range in.Entries {
		x.Entries = append(x.Entries, e.entry())
	}
	return err
}

// MarshalJSON implements json.Marshaler.
func (e Entry) MarshalJSON() ([]byte, error) { return json.Marshal(e.saved()) }

// UnmarshalJSON implements json.Unmarshaler.
func (e *Entry) UnmarshalJSON(data []byte) error {
	var in savedEntry
	err := json.Unmarshal(data, &in)
	*e = in.entry()
	return err
}

type savedAddress struct {
	addressFields
	Label raw `json:",omitempty"`
}

type addressFields Address

// MarshalJSON implements json.Marshaler.
func (a Address) MarshalJSON() ([]byte, error) {
	return json.Marshal(savedAddress{addressFields(a), raw(a.Label)})
}

// UnmarshalJSON implements json.Unmarshaler.
func (a *Address) UnmarshalJSON(data []byte) error {
	var in savedAddress
	err := json.Unmarshal(data, &in)
	*a = Address(in.addressFields)
	a.Label = string(in.Label)
	return err
}

type savedRoute struct {
	routeFields
	Dev            raw   `json:",omitempty"`
	Metrics, Other raw   `json:",omitempty"`
	Hops           []hop `json:",omitempty"`
}

type routeFields Route

type hop struct {
	Dev    raw
	Via    netip.Addr
	Weight int
	Onlink bool
}

// MarshalJSON implements json.Marshaler.
func (r Route) MarshalJSON() ([]byte, error) {
	out := savedRoute{routeFields: routeFields(r), Dev: raw(r.Dev), Metrics: raw(r.Metrics), Other: raw(r.Other)}
	for _, h := range r.Hops {
		out.Hops = append(out.Hops, hop{raw(h.Dev), h.Via, h.Weight, h.Onlink})
	}
	return json.Marshal(out)
}

// UnmarshalJSON implements json.Unmarshaler.
func (r *Route) UnmarshalJSON(data []byte) error {
	var in savedRoute
	err := json.Unmarshal(data, &in)
	*r = Route(in.routeFields)
	r.Dev, r.Metrics, r.Other, r.Hops = string(in.Dev), string(in.Metrics), string(in.Other), nil
	for _, h := range in.Hops {
		r.Hops = append(r.Hops, Hop{string(h.Dev), h.Via, h.Weight, h.Onlink})
	}
	return err
}

type savedRule struct {
	ruleFields
	Attrs savedSet
	Other raw `json:",omitempty"`
}

type ruleFields Rule

// MarshalJSON implements json.Marshaler.
func (r Rule) MarshalJSON() ([]byte, error) {
	return json.Marshal(savedRule{ruleFields(r), savedSet(r.Attrs), raw(r.Other)})
}

// UnmarshalJSON implements json.Unmarshaler.
func (r *Rule) UnmarshalJSON(data []byte) error {
	var in savedRule
	err := json.Unmarshal(data, &in)
	*r = Rule(in.ruleFields)
	r.Attrs, r.Other = attr.Set(in.Attrs), string(in.Other)
	return err
}
