package others

import (
	"slices"

	"hostnet-module/module/foreign"
)

// netplan claims the links that netplan's files define (netplan-yaml(5)): by name, by set-name, by match.
func netplan(h *host) []Claim {
	if !h.exists("usr/sbin/netplan", "usr/libexec/netplan/generate", "usr/lib/netplan/generate", "lib/netplan/generate", "usr/lib/systemd/system-generators/netplan") {
		return nil
	}
	var claims, members []Claim
	for _, file := range h.layered([]string{"run/netplan", "etc/netplan", "usr/lib/netplan", "lib/netplan"}, suffix(".yaml")) {
		document, err := foreign.YAML(h.read(file))
		if err != nil {
			continue
		}
		network := foreign.Member(document, "network")
		for _, kind := range []string{"ethernets", "bonds", "bridges", "vlans", "dummy-devices", "tunnels", "vrfs"} {
			foreign.EachMember(foreign.Member(network, kind), func(id, def *foreign.Node) {
				if l := h.link(id.Value); l != nil && foreign.Member(def, "match") == nil {
					claims = append(claims, planned(l.Name, file, id.Line))
				}
				for i := range h.links() {
					if l := &h.links()[i]; foreign.Member(def, "match") != nil && !h.tired() && h.matched(l, def) {
						claims = append(claims, planned(l.Name, file, id.Line))
					}
				}
				for _, item := range foreign.Sequence(foreign.Member(def, "interfaces")) {
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
func (h *host) matched(l *Link, def *foreign.Node) bool {
	match := foreign.Member(def, "match")
	if name := foreign.Member(def, "set-name"); name != nil && name.Value == l.Name {
		return true
	}
	if name := foreign.Member(match, "name"); name != nil && !slices.ContainsFunc(foreign.Scalars(name), func(p string) bool { return foreign.Glob(p, l.Name) }) {
		return false
	}
	if mac := foreign.Member(match, "macaddress"); mac != nil && !l.hasMAC(mac.Value) {
		return false
	}
	if driver := foreign.Member(match, "driver"); driver != nil && !slices.ContainsFunc(foreign.Scalars(driver), func(p string) bool { return foreign.Glob(p, h.driver(l)) }) {
		return false
	}
	return l.Kind == ""
}
