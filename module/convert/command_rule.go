package convert

import (
	"slices"
	"strings"

	"hostnet-module/module/foreign"
)

// ruleAdd reads `ip rule add …`.
func (c *call) ruleAdd(args []string, six bool) bool {
	t, ok := c.ruleTree(args, six)
	if !ok {
		return false
	}
	named := func(keys ...string) bool {
		return slices.ContainsFunc(keys, func(key string) bool { return ofTree(t, key) != nil })
	}
	if !named("table", "type") {
		t = append(t, pair("table", uint64(mainTable))) // iproute2's iprule.c
	}
	return c.addRule(t, six)
}

// ruleTree reads a rule as ip(8) has it.
func (c *call) ruleTree(args []string, six bool) (tree, bool) {
	var t tree
	if len(args) > 0 && args[0] == "not" {
		t, args = append(t, pair("not", true)), args[1:]
	}
	pairs, ok := c.pairs(args, dead...)
	if !ok {
		return nil, false
	}
	for _, p := range pairs {
		switch key := p[0]; {
		case slices.Contains(dead, key):
			t = append(t, pair("type", key))
		case key == "from" || key == "to":
			if to, ok := destination(p[1], six); ok && to != "default" {
				t = append(t, pair(key, to))
			} else if !ok {
				return nil, c.failAs(Faulty, p[1]+" is no network")
			}
		case key == "table" || key == "lookup":
			n := c.table(p[1])
			if _, isName := n.(string); isName {
				return nil, c.failAs(OnHost, unnamedTable(p[1]))
			}
			t = append(t, pair("table", n))
		case key == "prio" || key == "pref" || key == "preference" || key == "order" || key == "priority":
			t = append(t, pair("priority", number(p[1])))
		case key == "fwmark":
			mark, mask, has := strings.Cut(p[1], "/")
			if t = append(t, pair("fwmark", mark)); has {
				t = append(t, pair("fwmask", mask))
			}
		case slices.Contains([]string{"iif", "oif", "ipproto", "sport", "dport", "tos", "uidrange", "suppress_prefixlength"}, key):
			t = append(t, pair(key, number(p[1])))
		case key == "dev":
			t = append(t, pair("iif", p[1]))
		default:
			return nil, c.failAs(NoWord, "a document's rule has no "+key)
		}
	}
	return t, true
}

func (c *call) addRule(t tree, six bool) bool {
	if !slices.ContainsFunc(t, func(p pairOf) bool { return p.Key == "priority" }) {
		return c.failAs(Conflict, "a document's rule needs a priority; write one into the command")
	}
	if value(t, "from") == "" && value(t, "to") == "" {
		t = append(t, pair("family", map[bool]string{true: "ipv6", false: "ipv4"}[six]))
	}
	c.rules = append(c.rules, &entry{value: t, from: []foreign.Pos{c.at}})
	return true
}
