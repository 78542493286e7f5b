package bad

import (
	"fmt"
	"strings"
)

// Bomb is a small document that would make much work: more than half of them took the program a gigabyte, or a minute.
type Bomb struct {
	Name string // of its file
	Text string
	Says string // what the program says of it; "": it is taken
}

const mebibyte = 1 << 20

// Bombs are documents below 1 MiB that are to cost no more than honest ones of that size.
func Bombs() []Bomb {
	return append(append(append(unfolding(), nested()...), crowds()...), pairs()...)
}

// many repeats a part, which may hold its number as %d, with commas between.
func many(n int, part string) string {
	list := make([]string, n)
	for i := range list {
		list[i] = part
		if strings.Contains(part, "%") {
			list[i] = fmt.Sprintf(part, i)
		}
	}
	return strings.Join(list, ",")
}

// lines is many, each on a line of its own with - before it.
func lines(n int, part string) string {
	return "- " + strings.NewReplacer(",", "\n- ", "\x00", ",").Replace(many(n, strings.ReplaceAll(part, ",", "\x00"))) + "\n"
}

// full repeats a part until a document is as large as bombs are.
func full(head, part, tail string) string {
	return head + strings.Repeat(part, (mebibyte-len(head)-len(tail)-1)/len(part)) + tail
}

// unfolding are those that say much in few words: ids, templates, aliases, merges, ranges.
func unfolding() []Bomb {
	segment := func(more string) string {
		return `segments: [{ids: 1-4094, parent: b0, bridge: "a{id}"` + more + "}]\n"
	}
	lol, texts := "a: &a [x,x,x,x,x,x,x,x,x]\n", ""
	for c := 'b'; c <= 'i'; c++ {
		lol += fmt.Sprintf("%c: &%[1]c [%s]\n", c, many(9, "*"+string(c-1)))
		texts += fmt.Sprintf(", &%c [%s]", c, many(9, "*"+string(c-1)))
	}
	return []Bomb{
		{"ids-twenty.yaml", "segments:\n" + strings.Repeat("- {ids: 1-4094, parent: b0, bridge: 'a{id}'}\n", 20), "8206 objects up to here; a document has at most 8192"},
		{"ids-thousands.yaml", "segments:\n" + lines(8000, "{ids: 1-4094, parent: b%d, bridge: 'a{id}'}"), "objects"},
		{"ids-twice.yaml", "segments:\n" + lines(8000, "{ids: '1-4094,1', parent: b%d, bridge: 'a{id}'}"), "1 is listed already"},
		{"ids-overlap.yaml", "segments: [{parent: b0, bridge: 'a{id}', ids: [4094, " + many(16000, "1-4094") + "]}]\n", "4094 is listed already"},
		{"ids-words.yaml", `segments: [{parent: b0, bridge: "a{id}", ids: "4094` + strings.Repeat(",1-4094", 4000) + `"}]`, "4094 is listed already"},
		{"ids-addresses.yaml", segment(", addresses: [" + many(2000, "'2001:db8:{id}:%x::1/64'") + "]"), "2006 values for each of 4094 ids"},
		{"ids-addresses-few.yaml", segment(", addresses: [" + many(18, "'2001:db8:{id}:%x::1/64'") + "]"), ""},
		{"ids-routes.yaml", segment(", routes: [" + many(200, "{to: '2001:db8:{id}:%x::/64', via: '2001:db8::1'}") + "]"), "values for each of 4094 ids"},
		{"ids-text.yaml", segment(", description: '" + strings.Repeat("x", 900000) + "{id}'"), "bytes of texts for each of 4094 ids"},
		{"ids-parent.yaml", "segments: [{ids: 1-4094, bridge: 'a{id}', parent: " + strings.Repeat("x", 900000) + "}]", "bytes of texts for each of 4094 ids"},
		{"ids-in-texts.json", `{"segments": [` + many(2000, `"{ids: 1-4094, parent: b%d, bridge: 'x{id}'}"`) + `]}`, "objects"},
		{"template-terms.yaml", segment(", mtu: '{" + strings.Repeat("id+", 100000) + "id}'"), "bytes of texts for each of 4094 ids"},
		{"template-long.yaml", "segments: [{ids: 1-2, parent: b0, bridge: 'a{id}', mtu: '{" + strings.Repeat("id+", 100000) + "id}'}]", "has 300002 bytes, at most 100 are allowed"},
		{"template-many.yaml", segment(", description: '" + strings.Repeat("{id}", 40000) + "'"), "bytes of texts for each of 4094 ids"},
		{"template-open.yaml", segment(", description: '" + strings.Repeat("{", 60000) + "'"), "bytes of texts for each of 4094 ids"},
		{"lol.yaml", lol, "more than 131072 values"},
		{"lol-objects.yaml", strings.NewReplacer("[", "{k: [", "]", "]}").Replace(lol), "more than 131072 values"},
		{"lol-in-text.json", `{"bonds": "[&a [x,x,x,x,x,x,x,x,x]` + texts + `]"}`, "more than 131072 values"},
		{"lol-in-texts.json", `{"bonds": [` + many(500, `{"name": "b%d", "members": "[&a [x,x,x,x,x,x,x,x,x], &b [*a,*a,*a,*a,*a,*a,*a,*a,*a], &c [*b,*b,*b,*b,*b,*b,*b,*b,*b], &d [*c,*c,*c,*c,*c,*c,*c,*c,*c], *d]"}`) + `]}`, "more than 131072 values"},
		{"alias-text.yaml", "p: &p " + strings.Repeat("x", 500000) + "\nvlans:\n" + lines(8000, "{id: 7, parent: *p, name: v%d}"), "bytes of texts"},
		{"alias-rule.yaml", "p: &p " + strings.Repeat("x", 500000) + "\nrules:\n" + lines(12000, "{priority: %d, iif: *p, table: 1}"), "bytes of texts"},
		{"alias-list.yaml", "a: &a [1,2,3]\nbonds:\n" + lines(40000, "*a"), "more than 131072 values"},
		{"merge-many.yaml", "bonds: [{<<: [" + many(2600, "{k%d: 1}") + "]}]", "unknown key"},
		{"merge-most.yaml", "bonds:\n- <<:\n" + strings.ReplaceAll("\n"+lines(32000, "{k%d: 1}"), "\n-", "\n  -"), "unknown key"},
		{"merge-same.yaml", "a: &a {" + many(5000, "k%d: 1") + "}\nbonds: [{<<: [" + many(2000, "*a") + "]}]", "more than 131072 values"},
		{"tables.json", `{"bridges": [` + many(8000, `{"name": "br%d", "vlans": ["1-2000", "2001-4094"], "ports": [{"name": "p%[1]d", "vlans": ["1-4094"]}]}`) + `]}`, "the tables of the document have"},
		{"tables-overlap.json", `{"bridges": [` + many(300, `{"name": "br%d", "vlans": [`+many(60, `"1-4094"`)+`]}`) + `]}`, "VLAN 1 is listed already"},
	}
}

// nested are those that are deep.
func nested() []Bomb {
	const deep = "nested more than 64 deep"
	return []Bomb{
		{"deep.json", `{"bonds": ` + strings.Repeat("[", 500000), deep},
		{"deep.yaml", "bonds: " + strings.Repeat("[", 9000) + strings.Repeat("]", 9000), deep},
		{"deep-66.yaml", "bonds: " + strings.Repeat("[", 65) + strings.Repeat("]", 65), deep},
		{"deep-block.yaml", strings.Repeat("- ", 60000), deep},
		{"deep-keys.yaml", strings.Repeat("? ", 60000), deep},
		{"deep-objects.yaml", strings.Repeat("{a: ", 15000), deep},
		{"deep-anchors.yaml", strings.Repeat("&a [", 30000), deep},
		{"deep-in-text.json", `{"bonds": "` + strings.Repeat("[", 60000) + `"}`, deep},
		{"deep-in-text-yaml.json", `{"bonds": "[a, ` + strings.Repeat("[", 60000) + `"}`, deep},
	}
}

// crowds are those of very many values, keys, words or lines.
func crowds() []Bomb {
	const values, brackets = "more than 131072 values", "more than 65536 marks and words in one list or object in brackets"
	return []Bomb{
		{"numbers.json", full(`{"bonds": [`, "0,", "0]}"), values},
		{"numbers.yaml", full("bonds: [", "0,", "0]"), brackets},
		{"numbers-block.yaml", full("bonds:\n", "- 0\n", ""), values},
		{"lists.json", full(`{"bonds": [`, "[],", "[]]}"), values},
		{"lists.yaml", full("bonds: [", "[],", "[]]"), brackets},
		{"objects.json", full(`{"bonds": [`, "{},", "{}]}"), values},
		{"objects.yaml", full("bonds: [", "{},", "{}]"), brackets},
		{"no-values.yaml", full("bonds: [{", "a,", "a}]"), brackets},
		{"no-values-few.yaml", "bonds: [{" + many(20000, "a") + "}]", "unknown key"},
		{"no-values-quoted.yaml", full(`x: {"[": a}`+"\nbonds: [{", `"[",a,a,a,`, "a}]"), brackets},
		{"pairs-in-list.yaml", full("x: {}\nbonds: [", "a: b,", "a]"), brackets},
		{"empty-keys.yaml", full("", "? \n", ""), values},
		{"anchors.yaml", "bonds:\n" + lines(60000, "&a%d x"), "60000 objects up to here"},
		{"comments.yaml", "bonds:\n" + strings.Repeat("- a: 0 # x\n", 32000), "32000 objects up to here"},
		{"tags.yaml", "bonds:\n" + lines(100000, "!!str a"), "100000 objects up to here"},
		{"keys.json", "{" + many(65000, `"k%d": 0`) + "}", "unknown key"},
		{"keys-twice.json", "{" + many(65000, `"k": 0`) + "}", "duplicate key"},
		{"bonds.json", `{"bonds": [` + many(40000, `{"name": "b%d"}`) + `]}`, "40000 objects up to here"},
		{"bonds-same.json", `{"bonds": [` + many(8000, `{"name": "b"}`) + `]}`, "is the name of bonds[0] already"},
		{"bonds-nameless.json", `{"bonds": [` + many(8000, `{}`) + `]}`, "name is missing"},
		{"bonds-in-texts.json", `{"bonds": [` + many(60000, `"{name: b%d}"`) + `]}`, "60000 objects up to here"},
		{"members.json", `{"bonds": [{"name": "b", "members": [` + many(100000, `"m%d"`) + `]}]}`, "100000 entries; a list has at most 16384"},
		{"members-most.json", `{"bonds": [` + many(7, `{"name": "b%d", "miimon": 1, "members": [`+strings.ReplaceAll(many(16000, `"m%d"`), "%", "%%")+`]}`) + `]}`, "is one of the members of"},
		{"words.json", `{"bonds": [` + many(240, `{"name": "b%d", "members": "`+strings.Repeat(",", 4095)+`"}`) + "]}", "many more are not shown"},
		{"mistakes.json", `{"bonds": [` + many(8000, `{"nam": 1, "mtu": "x", "miimon": "y", "mode": 7, "members": [1.5]}`) + `]}`, "more are not shown"},
		{"lines.yaml", "bonds:\n" + strings.Repeat("- {nme: b}\n", 8000) + strings.Repeat("\n", 900000), "unknown key"},
		{"one-line.json", `{"bonds": [` + many(8000, `{"nme": "b"}`) + strings.Repeat(" ", 900000) + `]}`, "unknown key"},
		{"text.json", `{"bonds": [{"name": "` + strings.Repeat("x", 1000000) + `"}]}`, "must have 1-15 bytes"},
		{"digits.json", `{"bonds": [{"name": "b", "miimon": ` + strings.Repeat("1", 1000000) + `}]}`, "must be"},
	}
}

// pairs are those that make something be held against each of many others.
func pairs() []Bomb {
	address := func(i int) string { return fmt.Sprintf(`"10.%d.%d.%d/30"`, i>>14, i>>6&255, i&63*4+1) }
	var addresses, routes, targets []string
	for i := range 16000 {
		addresses = append(addresses, address(i))
	}
	for i := range 14000 {
		routes = append(routes, fmt.Sprintf(`{"to": "11.%d.%d.0/24", "via": "10.0.249.254"}`, i>>8, i&255))
	}
	for i := range 16 {
		targets = append(targets, fmt.Sprintf(`"192.0.2.%d"`, i+1))
	}
	asks := `{"name": "b%d", "mode": "active-backup", "arp_interval": 100, "arp_ip_target": [` + strings.Join(targets, ", ") + `]}`
	router := `{"bridges": [{"name": "br", "addresses": [` + strings.Join(addresses, ", ") + `], "routes": [` + strings.Join(routes, ", ") + `]}]}`
	long := strings.Repeat("x", 400000)
	return []Bomb{
		{"routes.json", router, ""},
		{"routes-astray.json", strings.ReplaceAll(router, "10.0.249.254", "2001:db8::1"), "it has no address of that family"},
		{"routes-nowhere.json", strings.ReplaceAll(router, "10.0.249.254", "192.0.2.1"), "is in no network of this object"},
		{"targets.json", `{"bonds": [` + many(1500, asks) + `], "bridges": [` + many(6000, `{"name": "br%d", "addresses": ["198.51.100.1/32"]}`) + `]}`, "is given at"},
		{"targets-beside.json", `{"bonds": [` + many(1500, asks) + `], "bridges": [` + many(4000, `{"name": "br%d", "ports": ["x%[1]d"], "addresses": [{"address": "192.0.2.77/24", "peer": "192.0.2.0/24"}]}`) + `]}`, ""},
		{"gateways.json", `{"probes": [` + many(16000, `"gateway"`) + `], "bridges": [` + many(8000, `{"name": "b%d"}`) + `]}`, "no object of the document has a gateway"},
		{"chain.json", `{"vlans": [` + many(8000, `{"name": "v%d", "parent": "v9%[1]d", "id": 1}`) + `]}`, ""},
		{"loop.json", `{"vlans": [` + many(4000, `{"name": "v%d", "parent": "br", "id": %[1]d}`) + `], "bridges": [{"name": "br", "ports": [` + many(16000, `"v%d"`) + `]}]}`, "stands on itself"},
		{"primary.json", `{"bonds": [{"name": "b", "primary": "zz", "mode": "active-backup", "members": [` + many(16000, `"m%d"`) + `]}]}`, "must be one of the members, m0"},
		{"link-local.json", `{"bridges": [{"name": "` + long + `", "addresses": [` + many(16000, `"fe80::%x/64"`) + `]}]}`, "must have 1-15 bytes"},
		{"long-name-in-hints.json", `{"bonds": [{"name": "` + long + `", "members": [` + many(8000, `"p%d"`) + `]}], "vlans": [` + many(8000, `{"name": "v%d", "parent": "p%[1]d", "id": 1}`) + `]}`, "must have 1-15 bytes"},
	}
}
