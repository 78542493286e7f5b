package state

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"hostnet-module/module/attr"
)

// Rule is one policy rule (ip-rule(8), linux/fib_rules.h). Rules of one family stand in the order in which they are looked at.
type Rule struct {
	Six    bool         // of IPv6
	Not    bool         // holds for what does not match
	From   netip.Prefix // zero: any
	To     netip.Prefix // zero: any
	TOS    uint8
	Action uint8    // FR_ACT_*; RuleLookup looks a table up
	Attrs  attr.Set // kind.Rule
	Other  string   // attributes that no row is for, as the kernel told them
}

// RuleLookup is FR_ACT_TO_TBL.
const RuleLookup = 1

// ruleActions are the words of ip-rule(8) for what a rule does (linux/fib_rules.h: FR_ACT_*).
var ruleActions = map[uint8]string{2: "goto", 3: "nop", 6: "blackhole", 7: "unreachable", 8: "prohibit"}

// Priority says when the rule is looked at.
func (r Rule) Priority() uint64 { return r.Attrs.N("priority") }

// Kernel tells whether the kernel made the rule itself.
func (r Rule) Kernel() bool {
	return r.Attrs.N("protocol") == ProtoKernel || r.Priority() == 0 || r.Priority() == 32766 || r.Priority() == 32767
}

// Same tells whether two rules are one for the kernel, whoever made them.
func (r Rule) Same(o Rule) bool {
	return r.Six == o.Six && r.Not == o.Not && r.From == o.From && r.To == o.To && r.TOS == o.TOS && r.Action == o.Action && r.Other == o.Other &&
		alike(r.Attrs, o.Attrs) && alike(o.Attrs, r.Attrs)
}

// alike tells whether every value of one set is in the other; an absent one that may be empty is 0.
func alike(a, b attr.Set) bool {
	for row, v := range a.All() {
		other, ok := b.Get(row.Name)
		if row.Name != "protocol" && (v != other || !ok && !row.Empty) {
			return false
		}
	}
	return true
}

// String prints the rule in ip-rule(8)'s words, without «ip rule add».
func (r Rule) String() string {
	text := ""
	if r.Not {
		text = "not"
	}
	if r.From.IsValid() {
		text += " from " + r.From.String()
	}
	if r.To.IsValid() {
		text += " to " + r.To.String()
	}
	if r.TOS != 0 {
		text += fmt.Sprintf(" tos 0x%02x", r.TOS)
	}
	for row, v := range r.Attrs.All() {
		switch {
		case row.Name == "protocol", row.Name == "fwmask", row.Name == "table" && r.Action != RuleLookup:
		case row.Name == "fwmark":
			text += fmt.Sprintf(" fwmark 0x%x/0x%x", v.N, r.Attrs.N("fwmask"))
		case row.Name == "l3mdev":
			text += " l3mdev"
		default:
			text += " " + row.IP() + " " + attr.Word(row.Text(v))
		}
	}
	if word := ruleActions[r.Action]; word != "" && word != "goto" {
		text += " " + word
	}
	return strings.TrimSpace(text)
}

// addRule puts a rule behind those of its priority (net/core/fib_rules.c: fib_nl_newrule).
func (h *Host) addRule(r Rule) error {
	if slices.ContainsFunc(h.Rules, r.Same) {
		return fmt.Errorf("rule %s: %w", strconv.Quote(r.String()), syscall.EEXIST)
	}
	at := slices.IndexFunc(h.Rules, func(o Rule) bool { return o.Six == r.Six && o.Priority() > r.Priority() })
	if at < 0 {
		at = len(h.Rules)
	}
	h.Rules = slices.Insert(slices.Clone(h.Rules), at, r)
	return nil
}

// delRule takes the first rule away that has all that this one says; what it does not say may be anything (fib_nl_delrule).
func (h *Host) delRule(r Rule) error {
	for i, o := range h.Rules {
		covered := o.Six == r.Six && o.Action == r.Action && o.Not == r.Not && (!r.From.IsValid() || o.From == r.From) && (!r.To.IsValid() || o.To == r.To) &&
			(r.TOS == 0 || o.TOS == r.TOS) && alike(r.Attrs, o.Attrs)
		if covered {
			h.Rules = slices.Delete(slices.Clone(h.Rules), i, i+1)
			return nil
		}
	}
	return fmt.Errorf("rule %s: %w", strconv.Quote(r.String()), syscall.ENOENT)
}
