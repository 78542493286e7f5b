package others

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"hostnet-module/module/foreign"
)

// profile is one of NetworkManager's connections (nm-settings-keyfile(5)).
type profile struct {
	file    string
	content keyfile
}

// networkManager claims the links that NetworkManager has taken over, or has a profile for.
func networkManager(h *host) []Claim {
	if !h.proc.running("NetworkManager") && !h.exists("etc/systemd/system/multi-user.target.wants/NetworkManager.service") {
		return nil
	}
	profiles := h.profiles()
	config := h.managerConfig()
	var claims []Claim
	for i := range h.links() {
		l := &h.links()[i]
		managed, uuid := h.managed(l)
		if managed == "false" || managed == "" && h.unmanaged(l, config) {
			continue
		}
		for _, p := range profiles {
			if h.tired() {
				return claims
			}
			if line := p.claims(l, uuid); line > 0 {
				claims = append(claims, Claim{Link: l.Name, Manager: "NetworkManager", File: "/" + p.file, Line: line, Remedy: managerRemedy(l)})
				break
			}
		}
	}
	return claims
}

func managerRemedy(l *Link) string {
	return "delete the profile, or say `unmanaged-devices=interface-name:" + printable(l.Name) + "` below [keyfile] in a file of /etc/NetworkManager/conf.d"
}

// profiles reads the connections; a file hides those of its name in later folders.
func (h *host) profiles() []profile {
	take := func(name string) bool { return name[0] != '.' && !strings.HasSuffix(name, "~") }
	var list []profile
	for _, file := range h.layered([]string{"etc/NetworkManager/system-connections", "run/NetworkManager/system-connections",
		"usr/lib/NetworkManager/system-connections"}, take) {
		if data := h.read(file); data != nil {
			list = append(list, profile{file, parseKeyfile(data)})
		}
	}
	return list
}

// managed is what NetworkManager itself tells of a link: "true", "false" or "", and the connection that is active there.
func (h *host) managed(l *Link) (managed, uuid string) {
	if l.Index == 0 {
		return "", ""
	}
	state := parseKeyfile(h.read(path.Join("run/NetworkManager/devices", strconv.Itoa(l.Index))))
	switch managed := state.get("managed", "device"); {
	case yes(managed):
		return "true", state.get("connection-uuid", "device")
	case no(managed):
		return "false", ""
	}
	return "", ""
}

// ethernetSections are the names that the section of Ethernet has in profiles.
var ethernetSections = []string{"ethernet", "802-3-ethernet"}

// claims is the line by which a profile claims a link; 0 if it does not.
func (p profile) claims(l *Link, uuid string) int {
	f := p.content
	name, kind := f.last("interface-name", "connection"), f.get("type", "connection")
	switch {
	case uuid != "" && f.get("uuid", "connection") == uuid:
		return max(name.line, f.line("connection"))
	case no(f.get("autoconnect", "connection")) || kind == "loopback":
		return 0
	case name.value != "":
		if name.value == l.Name {
			return name.line
		}
		return 0
	}
	for _, s := range ethernetSections {
		if mac := f.last("mac-address", s); mac.value != "" {
			if l.hasMAC(mac.value) {
				return mac.line
			}
			return 0
		}
	}
	if match := f.last("interface-name", "match"); match.value != "" {
		if matchNames(match.value, l.Name) {
			return match.line
		}
		return 0
	}
	if slices.Contains(ethernetSections, kind) && l.Kind == "" && f.get("path", "match") == "" && f.get("driver", "match") == "" {
		return f.line("connection") // for any NIC
	}
	return 0
}

// matchNames reads match.interface-name: patterns, with ! those that must not match, with & such as must, with | (or
// nothing) any of which must.
func matchNames(list, name string) bool {
	optional, hit := false, false
	for _, word := range strings.FieldsFunc(list, func(c rune) bool { return c == ';' || c == ',' || c == ' ' }) {
		rest, must := strings.CutPrefix(word, "&")
		rest = strings.TrimPrefix(rest, "|")
		pattern, not := strings.CutPrefix(rest, "!")
		ok := foreign.Glob(pattern, name) != not
		switch {
		case (must || not) && !ok:
			return false
		case !must && !not:
			optional, hit = true, hit || ok
		}
	}
	return hit || !optional
}

// managerConfig reads NetworkManager.conf(5) and its parts in the order in which the later ones win.
func (h *host) managerConfig() keyfile {
	var files []string
	for _, file := range h.layered([]string{"etc/NetworkManager/conf.d", "run/NetworkManager/conf.d", "usr/lib/NetworkManager/conf.d"}, suffix(".conf")) {
		if !strings.HasPrefix(file, "etc/") {
			files = append(files, file)
		}
	}
	files = append(files, "etc/NetworkManager/NetworkManager.conf")
	files = append(files, h.list("etc/NetworkManager/conf.d", suffix(".conf"))...)
	var all keyfile
	for _, file := range files {
		all = append(all, parseKeyfile(h.read(file))...)
	}
	return all
}

// unmanaged tells whether the configuration sets a link aside.
func (h *host) unmanaged(l *Link, config keyfile) bool {
	if h.matchSpec(l, config.get("unmanaged-devices", "keyfile")) {
		return true
	}
	for _, s := range config {
		if strings.HasPrefix(s.name, "device") && len(s.pairs) > 0 {
			one := keyfile{s}
			if no(one.get("managed", s.name)) && h.matchSpec(l, one.get("match-device", s.name)) {
				return true
			}
		}
	}
	// Its plugin for ifupdown sets aside what has a stanza there.
	return strings.Contains(config.get("plugins", "main"), "ifupdown") && !yes(config.get("managed", "ifupdown")) &&
		slices.ContainsFunc(h.stans, func(s foreign.Stanza) bool { return s.Name() == l.Name })
}

// matchSpec reads a list of devices: interface-name:eth*;mac:…;except:type:bridge (NetworkManager.conf(5), «Device List Format»).
func (h *host) matchSpec(l *Link, list string) bool {
	matched := false
	for _, word := range strings.FieldsFunc(list, func(c rune) bool { return c == ';' || c == ',' }) {
		word, except := strings.CutPrefix(strings.TrimSpace(word), "except:")
		if h.matchDevice(l, word) {
			if except {
				return false
			}
			matched = true
		}
	}
	return matched
}

func (h *host) matchDevice(l *Link, word string) bool {
	key, value, ok := strings.Cut(word, ":")
	if ok {
		switch key {
		case "interface-name":
			if exact, ok := strings.CutPrefix(value, "="); ok {
				return exact == l.Name
			}
			return foreign.Glob(strings.TrimPrefix(value, "~"), l.Name)
		case "mac":
			return l.hasMAC(value)
		case "type":
			return value == l.Kind || value == "ethernet" && l.Kind == ""
		case "driver":
			name, _, _ := strings.Cut(value, "/")
			return foreign.Glob(name, h.driver(l))
		}
	}
	return word == "*" || foreign.Glob(word, l.Name) || l.hasMAC(word)
}
