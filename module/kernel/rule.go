package kernel

import (
	"encoding/binary"
	"net/netip"
	"slices"

	"golang.org/x/sys/unix"

	"hostnet-module/module/attr"
	"hostnet-module/module/kind"
	"hostnet-module/module/state"
)

// Numbers of linux/fib_rules.h. A rule's messages have struct fib_rule_hdr before their attributes: family, dst_len, src_len, tos, table, two
// spare bytes, action, flags u32.
const (
	sizeofRule  = 12
	ruleDst     = 1
	ruleSrc     = 2
	rulePad     = 18
	ruleSports  = 28 // FRA_SPORT_MASK and FRA_DPORT_MASK, since Linux 6.15
	ruleDports  = 29
	ruleInverts = 0x02 // FIB_RULE_INVERT
)

// unsuppressed is what the kernel tells of a rule without suppress_prefixlength: −1.
const unsuppressed = 0xffffffff

func dumpRules(family byte) []byte {
	b := make([]byte, sizeofRule)
	b[0] = family
	return b
}

// ruleReader reads the messages of a rule dump (RTM_NEWRULE) of one family.
type ruleReader struct {
	family byte
	host   *state.Host
}

func (r ruleReader) begin() {
	r.host.Rules = slices.DeleteFunc(r.host.Rules, func(rule state.Rule) bool { return rule.Six == (r.family == unix.AF_INET6) })
}

func (r ruleReader) take(m message) {
	if m.typ == unix.RTM_NEWRULE && len(m.data) >= sizeofRule && m.data[0] == r.family {
		r.host.Rules = append(r.host.Rules, parseRule(m.data))
	}
}

func parseRule(b []byte) state.Rule {
	r := state.Rule{Six: b[0] == unix.AF_INET6, TOS: b[3], Action: b[7], Not: u32(b[8:])&ruleInverts != 0}
	prefix := func(p []byte, bits byte) netip.Prefix { return netip.PrefixFrom(ip(b[0], p), int(bits)) }
	attrs := b[sizeofRule:]
	r.Attrs = kind.Rule.Decode(attrs, attr.Data, nil).InOrder(kind.Rule)
	attr.Walk(attrs, func(num uint16, p []byte) {
		switch {
		case num == ruleDst:
			r.To = prefix(p, b[1])
		case num == ruleSrc:
			r.From = prefix(p, b[2])
		case (num == ruleSports || num == ruleDports) && len(p) == 2 && u16(p) == 0xffff: // what the kernel makes of a single port
		case num != rulePad && !knownRuleAttribute(num):
			r.Other += string(attr.Append(nil, num, p))
		}
	})
	if r.Attrs.N("suppress_prefixlength") == unsuppressed {
		r.Attrs.Drop("suppress_prefixlength")
	}
	if r.Action != state.RuleLookup || r.Attrs.N("l3mdev") != 0 {
		r.Attrs.Drop("table")
	}
	return r
}

func knownRuleAttribute(num uint16) bool {
	for _, row := range kind.Rule {
		if row.Num == num {
			return true
		}
	}
	return false
}

// encodeRule makes struct fib_rule_hdr and its attributes.
func encodeRule(r state.Rule) []byte {
	b := make([]byte, sizeofRule)
	b[0], b[3], b[7] = unix.AF_INET, r.TOS, r.Action
	if r.Six {
		b[0] = unix.AF_INET6
	}
	if r.Not {
		binary.NativeEndian.PutUint32(b[8:], ruleInverts)
	}
	if table := r.Attrs.N("table"); table < 256 {
		b[4] = byte(table)
	}
	for _, p := range []struct {
		prefix netip.Prefix
		num    uint16
		bits   int
	}{{r.From, ruleSrc, 2}, {r.To, ruleDst, 1}} {
		if p.prefix.IsValid() {
			b[p.bits] = byte(p.prefix.Bits())
			b = attr.Append(b, p.num, p.prefix.Addr().AsSlice())
		}
	}
	for row, v := range r.Attrs.All() {
		if row.Name == "iif" || row.Name == "oif" {
			v.S += "\x00"
		}
		if row.Name != "table" || v.N > 255 { // small tables are in the header
			b = attr.Append(b, row.Num, row.AppendPayload(nil, v, nil))
		}
	}
	return append(b, r.Other...)
}
