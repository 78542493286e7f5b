package others

import (
	"slices"

	"go.yaml.in/yaml/v4"
)

// netplan claims the links that netplan's files define (netplan-yaml(5)): by name, by set-name, by match.
func netplan(h *host) []Claim {
	if !h.exists("usr/sbin/netplan", "usr/libexec/netplan/generate", "usr/lib/netplan/generate", "lib/netplan/generate", "usr/lib/systemd/system-generators/netplan") {
		return nil
	}
	var claims, members []Claim
	for _, file := range h.layered([]string{"run/netplan", "etc/netplan", "usr/lib/netplan", "lib/netplan"}, suffix(".yaml")) {
		var document yaml.Node
		if yaml.Load(h.read(file), &document) != nil || len(document.Content) != 1 {
			continue
		}
		network := member(document.Content[0], "network")
		for _, kind := range []string{"ethernets", "bonds", "bridges", "vlans", "dummy-devices", "tunnels", "vrfs"} {
			eachMember(member(network, kind), func(id, def *yaml.Node) {
				if l := h.link(id.Value); l != nil && member(def, "match") == nil {
					claims = append(claims, planned(l.Name, file, id.Line))
				}
				for i := range h.links {
					if l := &h.links[i]; member(def, "match") != nil && !h.tired() && h.matched(l, def) {
						claims = append(claims, planned(l.Name, file, id.Line))
					}
				}
				for _, item := range sequence(member(def, "interfaces")) {
					if h.link(item.Value) != nil {
						members = append(members, planned(item.Value, file, item.Line))
					}
				}
			})
		}
	}
	return append(claims, members...)
}

func planned(link, file string, line int) Claim {
	return Claim{Link: link, Manager: "netplan", File: "/" + file, Line: line,
		Remedy: "remove it there; netplan apply would take over, and so does each boot"}
}

// matched tells whether a definition finds a link by its `match`, or names it by `set-name`.
func (h *host) matched(l *Link, def *yaml.Node) bool {
	match := member(def, "match")
	if name := member(def, "set-name"); name != nil && name.Value == l.Name {
		return true
	}
	if name := member(match, "name"); name != nil && !slices.ContainsFunc(scalars(name), func(p string) bool { return glob(p, l.Name) }) {
		return false
	}
	if mac := member(match, "macaddress"); mac != nil && !l.hasMAC(mac.Value) {
		return false
	}
	if driver := member(match, "driver"); driver != nil && !slices.ContainsFunc(scalars(driver), func(p string) bool { return glob(p, h.driver(l)) }) {
		return false
	}
	return l.Kind == ""
}

// member is a value of a mapping; nil if there is none.
func member(n *yaml.Node, key string) (value *yaml.Node) {
	eachMember(n, func(k, v *yaml.Node) {
		if k.Value == key {
			value = v
		}
	})
	return value
}

func eachMember(n *yaml.Node, do func(key, value *yaml.Node)) {
	if n = resolved(n); n == nil || n.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if v := resolved(n.Content[i+1]); v != nil {
			do(n.Content[i], v)
		}
	}
}

// resolved follows an alias.
func resolved(n *yaml.Node) *yaml.Node {
	for range 10 {
		if n == nil || n.Kind != yaml.AliasNode {
			return n
		}
		n = n.Alias
	}
	return nil
}

func sequence(n *yaml.Node) []*yaml.Node {
	if n == nil || n.Kind != yaml.SequenceNode {
		return nil
	}
	return n.Content
}

// scalars are the texts of a list, or the one that stands in its place.
func scalars(n *yaml.Node) []string {
	if n.Kind == yaml.ScalarNode {
		return []string{n.Value}
	}
	var texts []string
	for _, item := range sequence(n) {
		texts = append(texts, item.Value)
	}
	return texts
}
