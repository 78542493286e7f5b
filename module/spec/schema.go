package spec

import (
	"strings"

	"hostnet-module/module/attr"
	"hostnet-module/module/kind"
)

// Schema is the form of documents as a JSON Schema (draft 2020-12): every key that Decode knows, with its meaning and range,
// in all the ways of writing that it takes. What needs sense (Validate) is not in it: which option goes with which mode,
// whether an address lies in its network.
func Schema() Tree {
	t := Tree{
		{"$schema", "https://json-schema.org/draft/2020-12/schema"},
		{"title", "hostnet-module document"},
		{"description", "The network of a virtualization host: bonds, VLANs on them, bridges on those. What the document does not say is left as it is."},
		{"type", "object"},
		{"properties", fieldProperties(rootFields)},
		{"additionalProperties", false},
	}
	said := []any{Tree{{"required", []any{"state"}}, {"properties", Tree{{"state", patterned(whole(anyCase([]string{string(Gathered)})))}}}}}
	for _, key := range append(listKeys(), "rules") {
		said = append(said, given(key))
	}
	t.put("anyOf", said)
	document := Tree{}
	for _, key := range []string{"bonds", segmentsKey} {
		document.put(key, []any{exampleOf[key]})
	}
	t.put("examples", []any{document})
	t.put("$defs", append(definitions(), sharedForms()...))
	return t
}

func definitions() Tree {
	var t Tree
	for _, k := range kind.List() {
		t.put(k.List, objectForm(k))
	}
	t.put(segmentsKey, segmentForm())
	t.put(bulkKey, bulkForm())
	for _, k := range kind.List() {
		if k.Ports != "" {
			t.put(k.Ports, portForm(k))
		}
	}
	withLength := Tree{{"properties", Tree{{"address", patterned(whole(prefixPattern))}}}}
	t.put("address", closed("address", "An address with its options.", fieldProperties(addressFields),
		Pair{"allOf", []any{given("address"), anyOf(withLength, given("peer"))}},
		Pair{"examples", []any{Tree{{"address", "2001:db8::10/64"}, {"nodad", true}}}}))
	notDefault := Tree{{"properties", Tree{{"to", not(patterned(whole(anyCase([]string{"default"}))))}}}}
	t.put("vlanEntry", closed("vlanEntry", "An entry of a VLAN table with its options.", fieldProperties(vlanFields),
		Pair{"allOf", []any{given("id")}}, Pair{"examples", []any{Tree{{"id", 16}, {"pvid", true}, {"untagged", true}}}}))
	t.put("rule", closed("rule", "A policy rule of the host.", append(fieldProperties(ruleFields), rowProperties(ruleRows())...),
		Pair{"allOf", []any{given("priority")}},
		Pair{"examples", []any{Tree{{"priority", 100}, {"from", "198.51.100.0/24"}, {"table", 100}}}}))
	t.put("probe", closed("probe", "What must answer after the change.", fieldProperties(probeFields),
		Pair{"allOf", []any{Tree{{"oneOf", []any{given(string(ProbePing)), given(string(ProbeTCP)), given(string(ProbeDNS))}}}, anyOf(not(given("server")), given(string(ProbeDNS)))}},
		Pair{"examples", []any{Tree{{"ping", "192.0.2.1"}}, Tree{{"tcp", "192.0.2.1:22"}}, Tree{{"dns", "example.org"}}}}))
	t.put("route", closed("route", "A route over this link.", fieldProperties(routeFields),
		Pair{"allOf", []any{given("to"), anyOf(notDefault, given("via"))}},
		Pair{"examples", []any{Tree{{"to", "198.51.100.0/24"}, {"via", "192.0.2.1"}, {"metric", 100}}}}))
	return t
}

// closed is an object that has no other keys than these.
func closed(title, doc string, properties Tree, more ...Pair) Tree {
	return append(Tree{{"title", title}, {"description", doc}, {"type", "object"}, {"properties", properties}, {"additionalProperties", false}}, more...)
}

// given wants keys with values that say something.
func given(keys ...string) Tree {
	var values Tree
	for _, key := range keys {
		values.put(key, not(ref("notGiven")))
	}
	return Tree{{"required", each(keys, func(key string) any { return key })}, {"properties", values}}
}

func property(title, doc string, form Tree) Tree {
	return append(Tree{{"title", title}, {"description", doc}}, form...)
}

func sentence(text string) string { return strings.ToUpper(text[:1]) + text[1:] + "." }

func fieldProperties[T any](fields []field[T]) Tree {
	var t Tree
	for _, f := range fields {
		t.put(f.key, property(f.key, sentence(f.doc), f.form()))
	}
	return t
}

// rowProperties are the keys of attributes, their other names behind them.
func rowProperties(table attr.Table) Tree {
	var t Tree
	for _, r := range table {
		if !writable(r) {
			continue
		}
		title := r.Name
		if r.Unit != "" {
			title += " (" + r.Unit + ")"
		}
		t.put(r.Name, property(title, r.Meaning()+" Takes "+r.Allowed()+". Change: "+r.When.String()+".", rowForm(r)))
		if r.Alias != "" {
			t.put(r.Alias, property(r.Alias, "The same as "+r.Name+".", rowForm(r)))
		}
	}
	return t
}

// oneName refuses an option under both of its names.
func oneName(tables ...attr.Table) []any {
	var rules []any
	for _, table := range tables {
		for _, r := range table {
			if r.Alias != "" && writable(r) {
				rules = append(rules, not(given(r.Name, r.Alias)))
			}
		}
	}
	return rules
}

func objectProperties(k *kind.Kind) Tree {
	var t Tree
	for _, f := range objectFields {
		if knows(k, f.key) {
			t.put(f.key, property(f.key, sentence(f.doc), f.form()))
		}
	}
	if k.Ports != "" {
		t.put(k.Ports, property(k.Ports, "The links that are its "+k.Ports+": names, or objects with options.", listForm(portItem(k.Ports))))
	}
	return append(append(t, rowProperties(k.Rows)...), rowProperties(kind.Common)...)
}

func objectForm(k *kind.Kind) Tree {
	names := given("name")
	if k.HasParent {
		names = anyOf(given("parent", "id"), given("name"))
	}
	return closed(k.Name, sentence(k.Doc), objectProperties(k),
		Pair{"allOf", append([]any{names}, oneName(k.Rows, kind.Common)...)}, Pair{"examples", []any{exampleOf[k.List]}})
}

// segmentForm has the keys of VLANs and bridges, each from the object that takes it (readSegment).
func segmentForm() Tree {
	properties := fieldProperties(segmentFields)
	for _, p := range objectProperties(kind.VLAN) {
		if ofVLAN(p.Key) {
			properties = append(properties, p)
		}
	}
	for _, p := range objectProperties(kind.Bridge) {
		if !ofVLAN(p.Key) && p.Key != kind.Bridge.Ports {
			properties = append(properties, p)
		}
	}
	return closed("segment", "A VLAN of a link and the bridge on it, in one line.", properties,
		Pair{"allOf", append([]any{given("id", "parent", "bridge")}, oneName(kind.VLAN.Rows, kind.Bridge.Rows, kind.Common)...)},
		Pair{"examples", []any{exampleOf[segmentsKey]}})
}

// portForm is a member or port with options: which link it is, said in exactly one way.
func portForm(k *kind.Kind) Tree {
	var properties Tree
	for _, p := range fieldProperties(portFields) {
		if p.Key != "vlans" || k.Bridging {
			properties = append(properties, p)
		}
	}
	name := strings.TrimSuffix(k.Ports, "s")
	return closed(name, "One of the "+k.Ports+" of a "+k.Name+", named by exactly one of name, mac and path.",
		append(properties, rowProperties(k.Port)...),
		Pair{"allOf", append([]any{Tree{{"oneOf", []any{given("name"), given("mac"), given("path")}}}}, oneName(k.Port)...)})
}

// exampleOf is one object for each list.
var exampleOf = map[string]Tree{
	"ethernets": {{"name", "eth0"}, {"mtu", 9000}},
	"bonds":     {{"name", "bond0"}, {"mode", "active-backup"}, {"miimon", 100}, {"members", []any{"eth0", "eth1"}}},
	"vlans":     {{"parent", "bond0"}, {"id", 16}},
	"bridges":   {{"name", "vlan16"}, {"ports", []any{"bond0.16"}}, {"addresses", []any{"192.0.2.10/24"}}, {"gateway", "192.0.2.1"}},
	segmentsKey: {{"id", 16}, {"parent", "bond0"}, {"bridge", "vlan16"}, {"addresses", []any{"192.0.2.10/24"}}, {"gateway", "192.0.2.1"}},
}
