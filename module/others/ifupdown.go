package others

import (
	"path"
	"slices"
	"strings"

	"hostnet-module/module/foreign"
)

// interfaces is what ifupdown's files say.
type interfaces struct {
	h        *host
	stanzas  []foreign.Stanza
	auto     map[string]bool     // what `auto` and `allow-*` name
	patterns []string            // and their patterns, for stanzas of the link's own name
	logical  map[string][]string // by the name of a stanza, the links or patterns that it is for (eth0=home)
}

// ifupdown claims the links that have a stanza which is brought up at boot or is up, and those that such stanzas take as
// their ports.
func ifupdown(h *host) []Claim {
	if !h.exists("sbin/ifup", "usr/sbin/ifup") {
		return nil
	}
	in := &interfaces{h: h, auto: map[string]bool{}, logical: map[string][]string{}}
	in.read("/etc/network/interfaces")
	in.state()
	h.stans = in.stanzas
	var claims, ports []Claim
	for _, s := range in.stanzas {
		for _, l := range in.raised(s.Name()) {
			if configures(s) {
				claims = append(claims, claimed(l.Name, s.Pos))
			}
		}
		for _, o := range s.Options {
			if !portKeys[o.Key] || !in.auto[s.Name()] {
				continue
			}
			for _, name := range strings.Fields(o.Value) {
				if h.link(name) != nil {
					ports = append(ports, claimed(name, o.Pos))
				}
			}
		}
	}
	return append(claims, ports...)
}

// portKeys are the options that list a bridge's ports and a bond's members, of ifupdown, ifenslave and ifupdown2.
var portKeys = map[string]bool{"bridge_ports": true, "bridge-ports": true, "bond-slaves": true, "bond_slaves": true, "slaves": true, "bond-members": true}

func claimed(link string, at foreign.Pos) Claim {
	remedy := "remove the stanza, without ifdown: the link stays up"
	if strings.Contains(path.Base(at.File), "cloud-init") {
		remedy = "cloud-init wrote it: say `network: {config: disabled}` in a file of /etc/cloud/cloud.cfg.d, then remove the stanza"
	}
	return Claim{Link: link, Manager: "ifupdown", File: at.File, Line: at.Line, Remedy: remedy}
}

// namesVLAN tells whether ifupdown makes a VLAN of a name alone: bond0.16, vlan16.
func namesVLAN(name string) bool {
	parent, id, dotted := strings.Cut(name, ".")
	if !dotted {
		id, _ = strings.CutPrefix(name, "vlan")
	}
	return parent != "" && id != "" && id != name && strings.Trim(id, "0123456789") == ""
}

// configures tells whether a stanza does anything. `manual` without options does not, but for the name of a VLAN.
func configures(s foreign.Stanza) bool {
	method := s.Words[len(s.Words)-1]
	return method != "loopback" && (method != "manual" || len(s.Options) > 0 || namesVLAN(s.Name()))
}

// raised lists the links that are brought up with a stanza: at boot or now, by name (eth0:1 is an alias of eth0), by
// another name, or by a pattern.
func (in *interfaces) raised(name string) []*Link {
	var links []*Link
	base, _, _ := strings.Cut(name, ":")
	if l := in.h.link(base); l != nil {
		named := in.auto[name] || in.auto[base]
		if named || slices.ContainsFunc(in.patterns, func(p string) bool { return matchPhysical(p, l) }) {
			links = append(links, l)
		}
	}
	for _, physical := range in.logical[name] {
		if l := in.h.link(physical); l != nil {
			links = append(links, l)
			continue
		}
		for i := range in.h.links() {
			if l := &in.h.links()[i]; matchPhysical(physical, l) && !in.h.tired() {
				links = append(links, l)
			}
		}
	}
	return links
}

// matchPhysical reads a pattern: /GLOB[/…] for names, mac/GLOB for MACs.
func matchPhysical(pattern string, l *Link) bool {
	if rest, ok := strings.CutPrefix(pattern, "/"); ok {
		want, _, _ := strings.Cut(rest, "/")
		return foreign.Glob(want, l.Name)
	}
	if want, ok := strings.CutPrefix(pattern, "mac/"); ok {
		return slices.ContainsFunc(l.MACs, func(mac string) bool { return foreign.Glob(strings.ToLower(want), mac) })
	}
	return false
}

// state reads which links are up, and with which stanza ("eth0=eth0").
func (in *interfaces) state() {
	for line := range strings.Lines(string(in.h.read("run/network/ifstate"))) {
		in.raise([]string{strings.TrimSpace(line)})
	}
}

// read takes the stanzas of links out of the files.
func (in *interfaces) read(name string) {
	for _, s := range foreign.Interfaces(in.h, name) {
		switch key := s.Key(); {
		case key == "iface" && len(s.Words) > 1:
			in.stanzas = append(in.stanzas, s)
		case key == "auto", strings.HasPrefix(key, "allow-"):
			in.raise(s.Words[1:])
		}
	}
}

func (in *interfaces) raise(words []string) {
	for _, w := range words {
		physical, logical, ok := strings.Cut(w, "=")
		switch {
		case ok && logical != physical:
			in.logical[logical] = append(in.logical[logical], physical)
		case strings.HasPrefix(physical, "/") || strings.HasPrefix(physical, "mac/"):
			in.patterns = append(in.patterns, physical)
		default:
			in.auto[physical] = true
		}
	}
}
