package spec

import (
	"fmt"
	"math"
	"net/netip"
	"slices"

	"hostnet-module/module/attr"
	"hostnet-module/module/kind"
)

// Rule is one entry of `rules` (ip-rule(8)).
type Rule struct {
	Six   bool
	Not   bool         // holds for what does not match
	From  netip.Prefix // zero: any
	To    netip.Prefix // zero: any
	TOS   uint8
	Type  uint8    // FR_ACT_*: 1 looks the table up; 6 blackhole, 7 unreachable, 8 prohibit
	Attrs attr.Set // kind.Rule; of a lookup with a table
	Path  string   // where it stands
}

var ruleItem = listItem{form: anyOf(ref("rule"), ref("objectText"))}

// ruleText is a rule while it is read.
type ruleText struct {
	Rule
	family   string
	from, to place
}

// ruleTypes are the words of ip-rule(8) for what a rule does (linux/fib_rules.h: FR_ACT_*).
var ruleTypes = map[string]uint64{"lookup": ruleLookup, "blackhole": 6, "unreachable": 7, "prohibit": 8}

const ruleLookup = 1

var ruleFields = []field[ruleText]{
	{"from", "source addresses of the packets that are meant", prefixForm, func(_ *walker, to *ruleText, p place) { to.from = p }},
	{"to", "destination addresses of the packets that are meant", prefixForm, func(_ *walker, to *ruleText, p place) { to.to = p }},
	choiceField("family", "of IPv4 or IPv6; where from or to do not say", func(to *ruleText, word string) { to.family = word }, "ipv4", "ipv6"),
	booleanField("not", "the rule holds for what does not match", func(to *ruleText, on bool) { to.Not = on }),
	numberField("tos", "type of service", nil, 1, 255, func(to *ruleText, n uint64) { to.TOS = uint8(n) }),
	choiceField("type", "lookup looks the table up; blackhole, unreachable and prohibit drop the packet, the latter two with a word to the sender",
		func(to *ruleText, word string) { to.Type = uint8(ruleTypes[word]) }, "lookup", "blackhole", "unreachable", "prohibit"),
	numberField("table", "the routing table that is looked up", tables, 1, math.MaxUint32, func(to *ruleText, n uint64) {
		to.Attrs.Put(kind.Rule.Must("table"), attr.Num(n))
	}),
}

// ruleRows are the attributes that are keys of their own; of the others ruleFields takes the words.
func ruleRows() attr.Table {
	return slices.DeleteFunc(slices.Clone(kind.Rule), func(r *attr.Row) bool { _, ok := lookup(ruleFields, r.Name); return ok })
}

// readRule reads one entry of `rules`.
func readRule(w *walker, p place) (Rule, bool) {
	to := &ruleText{Rule: Rule{Path: p.path(), Type: ruleLookup}}
	before := len(w.problems)
	ok := w.object(p, "like {priority: 100, from: 192.0.2.0/24, table: 100}", func(key string, at place) bool {
		if f, found := lookup(ruleFields, key); found {
			if !at.node.omitted() && !at.node.missing() {
				f.read(w, to, at)
			}
			return true
		}
		return readRow(w, &to.Attrs, kind.Rule.Row(key), at)
	}, func() []string { return append(fieldKeys(ruleFields), rowKeys(ruleRows())...) })
	if !ok || len(w.problems) > before {
		return to.Rule, false
	}
	to.resolve(w, p)
	return to.Rule, len(w.problems) == before
}

// resolve reads the prefixes, finds the family and puts the attributes in the order of the table.
func (r *ruleText) resolve(w *walker, p place) {
	for _, end := range []struct {
		at place
		to *netip.Prefix
	}{{r.from, &r.From}, {r.to, &r.To}} {
		if end.at.node == nil {
			continue
		}
		ip, bits, ok := w.prefix(end.at)
		if !ok {
			return
		}
		if bits < 0 {
			bits = ip.BitLen()
		}
		if bits > 0 { // of none the kernel keeps the family only
			*end.to = netip.PrefixFrom(ip, bits)
		}
		family := map[bool]string{true: "ipv4", false: "ipv6"}[ip.Is4()]
		if r.family != "" && r.family != family {
			w.fault(end.at, ErrConflict, "", "is not of %s", r.family)
			return
		}
		r.family = family
	}
	if r.family == "" {
		w.add(p, ErrMissing, "add family: ipv4 or family: ipv6, or write the rule twice", "nothing says of which family the rule is")
	}
	r.Six = r.family == "ipv6"
	if r.Attrs.Has("fwmark") && !r.Attrs.Has("fwmask") {
		r.Attrs.Put(kind.Rule.Must("fwmask"), attr.Num(math.MaxUint32))
	}
	r.Attrs = r.Attrs.InOrder(kind.Rule).Filter(func(row *attr.Row) bool { return !row.Empty || row.IsPair() || holds(r.Attrs, row) })
}

// holds tells whether a row has a value that asks for something.
func holds(s attr.Set, row *attr.Row) bool {
	v, _ := s.Get(row.Name)
	return v != attr.Value{}
}

// checkRules checks the policy rules of a document.
func checkRules(c *checker) {
	seen := make(map[string]string)
	for _, r := range c.doc.Rules {
		for _, p := range []struct {
			key    string
			prefix netip.Prefix
		}{{"from", r.From}, {"to", r.To}} {
			if p.prefix.IsValid() && p.prefix != p.prefix.Masked() {
				c.fault(join(r.Path, p.key), ErrValue, "write "+p.prefix.Masked().String(), "%s: has bits set behind its prefix length", quote(p.prefix.String()))
			}
		}
		c.rule(r)
		text := r.identity()
		if was := seen[text]; was != "" {
			c.fault(r.Path, ErrDuplicate, "", "is the same rule as %s", was)
		}
		seen[text] = r.Path
	}
}

// rule checks what one rule says and what it does not.
func (c *checker) rule(r Rule) {
	table, l3mdev := r.Attrs.Has("table"), r.Attrs.N("l3mdev") != 0
	switch pref := r.Attrs.N("priority"); {
	case pref == 0:
		c.fault(r.Path, ErrMissing, "priority: 100", "priority is missing: rules are looked at in its order")
	case pref == 32766 || pref == 32767:
		c.fault(join(r.Path, "priority"), ErrConflict, "1-32765 come before the main table", "%d: is the kernel's own rule", pref)
	}
	switch {
	case r.Type != ruleLookup && (table || l3mdev):
		c.fault(r.Path, ErrConflict, "leave out table and l3mdev", "a rule of type %s looks up no table", wordOf(ruleTypes, uint64(r.Type)))
	case r.Type == ruleLookup && table == l3mdev:
		c.fault(r.Path, ErrMissing, "table: 100, table: main, or a type", "exactly one of table and l3mdev must say what is looked up")
	case !table && (r.Attrs.Has("suppress_prefixlength") || r.Attrs.Has("suppress_ifgroup")):
		c.fault(r.Path, ErrConflict, "", "suppress_* passes over routes of a table, and there is none")
	}
	if r.Attrs.Has("fwmask") && !r.Attrs.Has("fwmark") && r.Attrs.N("fwmask") != 0 {
		c.fault(join(r.Path, "fwmask"), ErrMissing, "fwmark: 0x10", "means nothing without fwmark")
	}
}

// identity is all that a rule says.
func (r Rule) identity() string {
	text := fmt.Sprint(r.Six, r.Not, r.From, r.To, r.TOS, r.Type)
	for row, v := range r.Attrs.All() {
		text += " " + row.Name + " " + row.Text(v)
	}
	return text
}

func encodeRule(r Rule) any {
	var t Tree
	if r.From.IsValid() {
		t.put("from", r.From.String())
	}
	if r.To.IsValid() {
		t.put("to", r.To.String())
	}
	if !r.From.IsValid() && !r.To.IsValid() {
		t.put("family", map[bool]string{true: "ipv6", false: "ipv4"}[r.Six])
	}
	if r.Not {
		t.put("not", true)
	}
	if r.TOS != 0 {
		t.put("tos", uint64(r.TOS))
	}
	if r.Type != ruleLookup && r.Type != 0 {
		t.put("type", wordOf(ruleTypes, uint64(r.Type)))
	}
	for row, v := range r.Attrs.All() {
		switch {
		case row.Name == "table":
			t.put("table", wordOf(tables, v.N))
		case row.Name == "fwmask" && v.N == math.MaxUint32:
		default:
			t.put(row.Name, row.JSON(v))
		}
	}
	return t
}
