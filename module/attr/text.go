package attr

import (
	"errors"
	"fmt"
	"math"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// ErrValue is what every refusal of Parse wraps.
var ErrValue = errors.New("value not allowed")

// refusal is ErrValue in words.
type refusal struct{ text string }

func (e refusal) Error() string { return e.text }
func (e refusal) Unwrap() error { return ErrValue }

func refuse(format string, args ...any) error { return refusal{fmt.Sprintf(format, args...)} }

// Allowed says in words what the row takes: "0-65535", "one of balance-rr, active-backup, …".
func (r *Row) Allowed() string {
	switch {
	case r.IsBool():
		return "true or false"
	case len(r.Names) > 0:
		words := make([]string, len(r.Names))
		for i, n := range r.Names {
			words[i] = n.Text
		}
		return "one of " + strings.Join(words, ", ")
	case r.Type == MAC:
		return "six bytes like 00:16:3e:00:00:01"
	case r.Type == Index && r.Empty && !r.SeeOnly:
		return "the name of a link, or an empty text for none"
	case r.Type == Index:
		return "the name of a link"
	case r.Type == IP4s, r.Type == IP6s:
		return fmt.Sprintf("a list of at most %d %s addresses", r.MaxLen, map[Type]string{IP4s: "IPv4", IP6s: "IPv6"}[r.Type])
	case r.IsPair():
		return fmt.Sprintf("a number or a range like 5-10, from %d-%d", r.Min, r.limit())
	case r.Type == Text:
		return fmt.Sprintf("text of at most %d bytes", r.MaxLen)
	case r.Type == Map:
		return fmt.Sprintf("a list of pairs like \"2:3\", from 0-%d to 0-%d", r.keys(), r.limit())
	}
	low, high := r.Range()
	text := fmt.Sprintf("%d-%d", low, high)
	if low < 0 {
		text = fmt.Sprintf("%d to %d", low, high)
	}
	if r.Unit != "" {
		text += " (" + r.Unit + ")"
	}
	if r.Barred != 0 {
		text += fmt.Sprintf(" without the bits 0x%x", r.Barred)
	}
	return text
}

// IsBool tells whether the row is a boolean on the wire.
func (r *Row) IsBool() bool {
	return r.Type == Bool || r.Type == Bool32 || r.Type == Bit || r.Type == Flag
}

// IsPair tells whether the row holds a range of numbers.
func (r *Row) IsPair() bool { return r.Type == Pair16 || r.Type == Pair32 }

// Range is the smallest and the largest number that the row takes.
func (r *Row) Range() (low int64, high uint64) {
	if r.Type == S32 {
		return math.MinInt32, math.MaxInt32
	}
	return int64(r.Min), r.limit()
}

func (r *Row) limit() uint64 {
	if r.Max > 0 {
		return r.Max
	}
	switch r.Type {
	case U8, GenMode:
		return 0xff
	case U16, BE16, Pair16:
		return 0xffff
	case U32, Map, Pair32:
		return 0xffffffff
	}
	return ^uint64(0)
}

// Parse reads a value in the words of a document. Its argument is a text; the caller has turned booleans into "true" and
// "false", numbers into their digits and lists into texts joined by commas. Numbers take decimal digits only.
func (r *Row) Parse(text string) (Value, error) {
	switch {
	case r.IsBool():
		on, ok := ParseBool(text)
		if !ok {
			return Value{}, refuse("must be %s", r.Allowed())
		}
		return On(on), nil
	case len(r.Names) > 0:
		return r.parseName(text)
	}
	switch r.Type {
	case MAC:
		hw, err := net.ParseMAC(text)
		if err != nil || len(hw) != 6 {
			return Value{}, refuse("must be %s", r.Allowed())
		}
		return Str(hw.String()), nil
	case IP4s, IP6s:
		return r.parseIPs(text)
	case Map:
		return r.parsePairs(text)
	case Pair16, Pair32:
		return r.parseRange(text)
	case Index, Text:
		if r.MaxLen > 0 && len(text) > r.MaxLen {
			return Value{}, refuse("must be %s, has %d", r.Allowed(), len(text))
		}
		return Str(text), nil
	}
	if r.Type == S32 {
		n, err := strconv.ParseInt(text, 10, 32)
		if err != nil {
			return Value{}, refuse("must be %s", r.Allowed())
		}
		return Num(uint64(n)), nil
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil || n < r.Min || n > r.limit() || n&r.Barred != 0 {
		return Value{}, refuse("must be %s", r.Allowed())
	}
	return Num(n), nil
}

func (r *Row) parseName(text string) (Value, error) {
	number, err := strconv.ParseUint(text, 10, 64)
	on, isBool := ParseBool(text)
	for _, n := range r.Names {
		if strings.EqualFold(n.Text, text) || err == nil && n.N == number {
			return Num(n.N), nil
		}
		if word, ok := ParseBool(n.Text); ok && isBool && word == on {
			return Num(n.N), nil
		}
	}
	return Value{}, refuse("must be %s", r.Allowed())
}

func (r *Row) parseIPs(text string) (Value, error) {
	if text == "" {
		return Str(""), nil
	}
	parts := strings.Split(text, ",")
	if r.MaxLen > 0 && len(parts) > r.MaxLen {
		return Value{}, refuse("must be %s, has %d", r.Allowed(), len(parts))
	}
	for i, p := range parts {
		ip, err := netip.ParseAddr(strings.TrimSpace(p))
		if err != nil || ip.Is4() != (r.Type == IP4s) || ip.Zone() != "" {
			return Value{}, refuse("%q: must be %s", p, r.Allowed())
		}
		parts[i] = ip.String()
	}
	return Str(strings.Join(parts, ",")), nil
}

// parseRange reads "5-10", or "5" for 5-5.
func (r *Row) parseRange(text string) (Value, error) {
	left, right, ranged := strings.Cut(text, "-")
	if !ranged {
		right = left
	}
	from, errFrom := strconv.ParseUint(strings.TrimSpace(left), 10, 64)
	to, errTo := strconv.ParseUint(strings.TrimSpace(right), 10, 64)
	if errFrom != nil || errTo != nil || from < r.Min || to > r.limit() || from > to {
		return Value{}, refuse("must be %s", r.Allowed())
	}
	return Num(from<<32 | to), nil
}

// ParseBool reads a boolean in any of the words that Ansible, YAML 1.1 and iproute2 use.
func ParseBool(text string) (on, ok bool) {
	switch strings.ToLower(text) {
	case "true", "yes", "on", "1", "y", "t":
		return true, true
	case "false", "no", "off", "0", "n", "f":
		return false, true
	}
	return false, false
}

// Text prints a value in words; booleans are 1 and 0, or where iproute2 wants it so, on and off.
func (r *Row) Text(v Value) string {
	for _, n := range r.Names {
		if n.N == v.N {
			return n.Text
		}
	}
	switch r.Type {
	case MAC, Index, IP4s, IP6s, Text, Map:
		return v.S
	}
	if r.Type == S32 {
		return strconv.FormatInt(int64(v.N), 10)
	}
	if from, to := v.N>>32, v.N&0xffffffff; r.IsPair() && from != to {
		return strconv.FormatUint(from, 10) + "-" + strconv.FormatUint(to, 10)
	} else if r.IsPair() {
		return strconv.FormatUint(to, 10)
	}
	return strconv.FormatUint(v.N, 10)
}

// JSON gives a value as a result shows it: a number, a boolean, a text or a list of texts.
func (r *Row) JSON(v Value) any {
	switch {
	case r.IsBool():
		return v.N != 0
	case r.Type == IP4s, r.Type == IP6s, r.Type == Map:
		if v.S == "" {
			return []string{}
		}
		return strings.Split(v.S, ",")
	case len(r.Names) > 0, r.Type == MAC, r.Type == Index, r.Type == Text, r.IsPair():
		return r.Text(v)
	}
	if r.Type == S32 {
		return int64(v.N)
	}
	return v.N
}
