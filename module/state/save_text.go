package state

import (
	"bufio"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"hostnet-module/module/attr"
)

// A journal holds thousands of links and steps, all of a few sorts. They are written field by field, into one buffer: reflection makes garbage
// of many times the text's size. What is rare is left to it.

// text is a JSON object in the making, behind what is in b already. A field that is zero is not written.
type text struct {
	b     []byte
	first bool // no field has been written
	err   error
}

func object(b []byte) text { return text{b: append(b, '{'), first: true} }

func (t *text) end() ([]byte, error) { return append(t.b, '}'), t.err }

func (t *text) key(name string) {
	if !t.first {
		t.b = append(t.b, ',')
	}
	t.first = false
	t.b = append(append(append(t.b, '"'), name...), `":`...)
}

// words writes a text of any bytes (raw).
func (t *text) words(name, value string) {
	if value != "" {
		t.key(name)
		t.take(appendQuoted(t.b, value))
	}
}

func (t *text) number(name string, n int64) {
	if n != 0 {
		t.key(name)
		t.b = strconv.AppendInt(t.b, n, 10)
	}
}

func (t *text) flag(name string, on bool) {
	if on {
		t.key(name)
		t.b = append(t.b, "true"...)
	}
}

func (t *text) set(name string, s attr.Set) {
	if s.Len() > 0 {
		t.key(name)
		t.take(appendSet(t.b, s))
	}
}

// other writes what encoding/json makes of a value.
func (t *text) other(name string, v any) {
	t.key(name)
	data, err := json.Marshal(v)
	t.take(append(t.b, data...), err)
}

// take goes on with a longer text, or none.
func (t *text) take(b []byte, err error) {
	if t.err == nil {
		t.b, t.err = b, err
	}
}

func (v VLAN) appendText(b []byte) []byte {
	t := object(b)
	t.number("ID", int64(v.ID))
	t.flag("PVID", v.PVID)
	t.flag("Untagged", v.Untagged)
	b, _ = t.end()
	return b
}

func (s Seen) appendText(b []byte) ([]byte, error) {
	t := object(b)
	t.flag("Hardware", s.Hardware)
	t.flag("Loopback", s.Loopback)
	if s.PermMAC != "" || s.Path != "" { // of a NIC
		t.other("PermMAC", s.PermMAC)
		t.other("Path", s.Path)
	}
	t.number("MinMTU", int64(s.MinMTU))
	t.number("MaxMTU", int64(s.MaxMTU))
	t.flag("Carrier", s.Carrier)
	t.words("Oper", s.Oper)
	t.number("Speed", int64(s.Speed))
	t.number("Parent", int64(s.Parent))
	return t.end()
}

func (l *Link) appendText(b []byte) ([]byte, error) {
	t := object(b)
	t.words("Name", l.Name)
	t.number("Index", int64(l.Index))
	t.words("Kind", l.Kind)
	t.words("Parent", l.Parent)
	t.words("Master", l.Master)
	t.set("Attrs", l.Attrs)
	t.set("Port", l.Port)
	if l.Addresses != nil {
		t.other("Addresses", l.Addresses)
	}
	if l.VLANs != nil {
		t.key("VLANs")
		t.b = append(t.b, '[')
		for i, v := range l.VLANs {
			if i > 0 {
				t.b = append(t.b, ',')
			}
			t.b = v.appendText(t.b)
		}
		t.b = append(t.b, ']')
	}
	t.key("Seen")
	t.take(l.Seen.appendText(t.b))
	t.flag("Pinned", l.pinned)
	t.number("MTUOf", int64(l.mtu))
	t.number("Alone", int64(l.alone))
	if l.Extras != nil {
		t.other("Extras", l.Extras)
	}
	return t.end()
}

func (s *Step) appendText(b []byte) ([]byte, error) {
	t := object(b)
	t.number("Op", int64(s.Op))
	t.words("Link", s.Link)
	t.words("Kind", s.Kind)
	t.words("Parent", s.Parent)
	t.number("Index", int64(s.Index))
	if s.Master != nil {
		t.key("Master")
		t.take(appendQuoted(t.b, *s.Master))
	}
	t.set("Attrs", s.Attrs)
	t.set("Port", s.Port)
	t.words("PortKind", s.PortKind)
	if s.VLAN != (VLAN{}) {
		t.key("VLAN")
		t.b = s.VLAN.appendText(t.b)
	}
	t.number("LastID", int64(s.LastID))
	t.flag("Self", s.Self)
	switch s.Op {
	case AddrAdd, AddrDel, Announce:
		t.other("Address", s.Address)
	case RouteAdd, RouteDel:
		t.other("Route", s.Route)
	case RuleAdd, RuleDel:
		t.other("Rule", s.Rule)
	}
	if s.Entry != nil {
		t.other("Entry", s.Entry)
	}
	t.flag("Replace", s.Replace)
	return t.end()
}

// appendSet appends a set as a list: a row's name, its value, the next row's name, … A number is a number, a text a text.
func appendSet(b []byte, s attr.Set) (_ []byte, err error) {
	b = append(b, '[')
	for r, v := range s.All() {
		name, ok := rows().names[r]
		if r.Carried && r.File != "" {
			name, ok = r.Name, true
		}
		switch {
		case !ok:
			return nil, fmt.Errorf("row %q is in no table", r.Name)
		case v.S != "" && v.N != 0:
			return nil, fmt.Errorf("row %q holds a number and a text", r.Name)
		}
		if b[len(b)-1] != '[' {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), name...), `",`...)
		if v.S == "" {
			b = strconv.AppendUint(b, v.N, 10)
		} else if b, err = appendQuoted(b, v.S); err != nil {
			return nil, err
		}
	}
	return append(b, ']'), nil
}

// appendQuoted appends a text in JSON. Most are words and addresses, which need no thought: a journal holds hundreds of thousands.
func appendQuoted(b []byte, text string) ([]byte, error) {
	for _, c := range []byte(text) {
		if c < ' ' || c > '~' || strings.IndexByte(`"\<>&`, c) >= 0 {
			data, err := json.Marshal(raw(text))
			return append(b, data...), err
		}
	}
	return append(append(append(b, '"'), text...), '"'), nil
}

// WriteText writes the JSON of the host, link by link.
func (h *Host) WriteText(w *bufio.Writer) error {
	rest, err := json.Marshal(struct {
		Routes []Route
		Rules  []Rule
	}{h.Routes, h.Rules})
	if err != nil {
		return err
	}
	if len(h.Links) == 0 {
		_, err = w.Write(rest)
		return err
	}
	_, _ = w.WriteString(`{"Links":`) // bufio keeps an error for the next write
	if err := writeList(w, len(h.Links), func(i int, b []byte) ([]byte, error) { return h.Links[i].appendText(b) }); err != nil {
		return err
	}
	_ = w.WriteByte(',')
	_, err = w.Write(rest[1:])
	return err
}

// WriteSteps writes the JSON of steps.
func WriteSteps(w *bufio.Writer, steps []Step) error {
	return writeList(w, len(steps), func(i int, b []byte) ([]byte, error) { return steps[i].appendText(b) })
}

func writeList(w *bufio.Writer, n int, appendText func(i int, b []byte) ([]byte, error)) error {
	_ = w.WriteByte('[')
	for i := range n {
		b := w.AvailableBuffer()
		if i > 0 {
			b = append(b, ',')
		}
		b, err := appendText(i, b)
		if err != nil {
			return err
		}
		if _, err := w.Write(b); err != nil {
			return err
		}
	}
	return w.WriteByte(']')
}
