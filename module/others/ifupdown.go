package others

import (
	"path"
	"slices"
	"strings"
)

// stanza is one `iface` of ifupdown's files (interfaces(5)).
type stanza struct {
	name, method string
	file         string
	line         int
	options      []option
}

type option struct {
	key, value string
	line       int
}

// interfaces is what ifupdown's files say.
type interfaces struct {
	h        *host
	stanzas  []stanza
	auto     map[string]bool     // what `auto` and `allow-*` name
	patterns []string            // and their patterns, for stanzas of the link's own name
	logical  map[string][]string // by the name of a stanza, the links or patterns that it is for (eth0=home)
	files    int
}

// ifupdown claims the links that have a stanza which is brought up at boot or is up, and those that such stanzas take as
// their ports.
func ifupdown(h *host) []Claim {
	if !h.exists("sbin/ifup", "usr/sbin/ifup") {
		return nil
	}
	in := &interfaces{h: h, auto: map[string]bool{}, logical: map[string][]string{}}
	in.file("etc/network/interfaces", 0)
	in.state()
	h.stans = in.stanzas
	var claims, ports []Claim
	for _, s := range in.stanzas {
		for _, l := range in.raised(s.name) {
			if s.configures() {
				claims = append(claims, s.claim(l.Name, s.line))
			}
		}
		for _, o := range s.options {
			if !portKeys[o.key] || !in.auto[s.name] {
				continue
			}
			for _, name := range strings.Fields(o.value) {
				if h.link(name) != nil {
					ports = append(ports, s.claim(name, o.line))
				}
			}
		}
	}
	return append(claims, ports...)
}

// portKeys are the options that list a bridge's ports and a bond's members, of ifupdown, ifenslave and ifupdown2.
var portKeys = map[string]bool{"bridge_ports": true, "bridge-ports": true, "bond-slaves": true, "bond_slaves": true, "slaves": true, "bond-members": true}

func (s stanza) claim(link string, line int) Claim {
	remedy := "remove the stanza, without ifdown: the link stays up"
	if strings.Contains(path.Base(s.file), "cloud-init") {
		remedy = "cloud-init wrote it: say `network: {config: disabled}` in a file of /etc/cloud/cloud.cfg.d, then remove the stanza"
	}
	return Claim{Link: link, Manager: "ifupdown", File: "/" + s.file, Line: line, Remedy: remedy}
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
func (s stanza) configures() bool {
	return s.method != "loopback" && (s.method != "manual" || len(s.options) > 0 || namesVLAN(s.name))
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
		for i := range in.h.links {
			if l := &in.h.links[i]; matchPhysical(physical, l) && !in.h.tired() {
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
		return glob(want, l.Name)
	}
	if want, ok := strings.CutPrefix(pattern, "mac/"); ok {
		return slices.ContainsFunc(l.MACs, func(mac string) bool { return glob(strings.ToLower(want), mac) })
	}
	return false
}

// state reads which links are up, and with which stanza ("eth0=eth0").
func (in *interfaces) state() {
	for line := range strings.Lines(string(in.h.read("run/network/ifstate"))) {
		in.raise([]string{strings.TrimSpace(line)})
	}
}

const mostFiles = 200 // of one look, with all that they include

// file reads one file, and those that it names.
func (in *interfaces) file(name string, depth int) {
	if in.files++; in.files > mostFiles || depth > 10 {
		return
	}
	open := false // a stanza to which options belong
	number, next, joined := 0, 0, ""
	for line := range strings.Lines(string(in.h.read(name))) {
		if next++; joined == "" {
			number = next // where a continued line starts
		}
		text := joined + strings.TrimSpace(line)
		if more, ok := strings.CutSuffix(text, `\`); ok {
			joined = more
			continue
		}
		joined = ""
		words := strings.Fields(text)
		if len(words) == 0 || words[0][0] == '#' {
			continue
		}
		switch key := words[0]; {
		case key == "iface" && len(words) > 1:
			in.stanzas = append(in.stanzas, stanza{name: words[1], method: words[len(words)-1], file: name, line: number})
			open = true
		case key == "auto", strings.HasPrefix(key, "allow-"):
			in.raise(words[1:])
			open = false
		case key == "source" || key == "source-directory" || key == "source-dir":
			in.source(key, name, words[1:], depth)
			open = false
		case key == "mapping", key == "template", key == "rename", strings.HasPrefix(key, "no-"):
			open = false
		case open:
			s := &in.stanzas[len(in.stanzas)-1]
			s.options = append(s.options, option{key, strings.Join(words[1:], " "), number})
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

// plainName is what source-directory takes for a file's name.
func plainName(name string) bool {
	return strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") == ""
}

// source reads what a file includes. Patterns may stand in the last part of a path.
func (in *interfaces) source(key, from string, words []string, depth int) {
	for _, w := range words {
		target := strings.TrimPrefix(w, "/")
		if target == w {
			target = path.Join(path.Dir(from), w)
		}
		dir, take := path.Dir(target), func(name string) bool { return glob(path.Base(target), name) && name[0] != '.' }
		if key != "source" {
			dir, take = target, plainName
		}
		for _, file := range in.h.list(path.Clean(dir), take) {
			in.file(file, depth+1)
		}
	}
}
