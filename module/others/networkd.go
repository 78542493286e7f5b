package others

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"hostnet-module/module/foreign"
)

// networkdDirs are the folders of systemd.network(5), the strongest first.
var networkdDirs = []string{"etc/systemd/network", "run/systemd/network", "usr/local/lib/systemd/network", "usr/lib/systemd/network", "lib/systemd/network"}

// networkdStates is where networkd tells about its links, by index.
const networkdStates = "run/systemd/netif/links"

// networkd claims the links that systemd-networkd has taken over, and of those that are not there yet, the ones that its files
// make or match.
func networkd(h *host) []Claim {
	running := h.proc.running("systemd-networkd")
	if !running && !h.exists("etc/systemd/system/multi-user.target.wants/systemd-networkd.service", "etc/systemd/system/dbus-org.freedesktop.network1.service") {
		return nil
	}
	files := map[string]keyfile{}
	names := h.layered(networkdDirs, func(name string) bool { return suffix(".network")(name) || suffix(".netdev")(name) })
	for _, name := range names {
		files[name] = parseKeyfile(h.read(name))
	}
	var claims []Claim
	for i := range h.links() {
		l := &h.links()[i]
		file, line := "", 0
		if state := h.networkdState(l); running && state != nil {
			file, line = h.networkdOwn(state, files)
		} else {
			file, line = h.networkdMatch(l, names, files)
		}
		if file == "" {
			file, line = h.networkdDevice(l, names, files)
		}
		if file != "" {
			claims = append(claims, Claim{Link: l.Name, Manager: "systemd-networkd", File: "/" + file, Line: line,
				Remedy: networkdRemedy(file, l)})
		}
	}
	return claims
}

func networkdRemedy(file string, l *Link) string {
	name := printable(l.Name)
	if path.Ext(file) == ".netdev" {
		return "remove the file"
	}
	return "remove the file, or put before it a 05-hostnet-" + name + ".network with [Match] Name=" + name + " and [Link] Unmanaged=yes; then networkctl reload"
}

// networkdState is what networkd tells of a link; nil if nothing.
func (h *host) networkdState(l *Link) keyfile {
	if l.Index == 0 {
		return nil
	}
	data := h.read(path.Join(networkdStates, strconv.Itoa(l.Index)))
	if data == nil {
		return nil
	}
	return parseKeyfile(data)
}

// networkdOwn is the file by which networkd configures a link, as it says itself.
func (h *host) networkdOwn(state keyfile, files map[string]keyfile) (string, int) {
	file := strings.TrimPrefix(state.get("NETWORK_FILE", ""), "/")
	switch state.get("ADMIN_STATE", "") {
	case "", "unmanaged", "pending", "initialized":
		return "", 0
	}
	if file == "" {
		return "", 0
	}
	content, ok := files[file]
	if !ok {
		content = parseKeyfile(h.read(file))
	}
	if yes(content.get("Unmanaged", "Link")) {
		return "", 0
	}
	return file, content.line("Match")
}

// networkdMatch is the first file that matches a link.
func (h *host) networkdMatch(l *Link, names []string, files map[string]keyfile) (string, int) {
	for _, name := range names {
		f := files[name]
		if path.Ext(name) != ".network" || h.tired() || !h.matches(l, f) {
			continue
		}
		if yes(f.get("Unmanaged", "Link")) {
			return "", 0
		}
		return name, f.line("Match")
	}
	return "", 0
}

// matches reads a [Match] section. A condition that cannot be judged here does not hold.
func (h *host) matches(l *Link, f keyfile) bool {
	conditions := 0
	for _, s := range f {
		if s.name != "Match" {
			continue
		}
		for _, p := range s.pairs {
			conditions++
			if !h.matchesOne(l, p) {
				return false
			}
		}
	}
	return conditions > 0
}

func (h *host) matchesOne(l *Link, p option) bool {
	words := strings.Fields(p.value)
	switch p.key {
	case "Name", "OriginalName":
		return matchWords(words, l.Name)
	case "MACAddress", "PermanentMACAddress":
		return slices.ContainsFunc(words, l.hasMAC)
	case "Path":
		return l.Path != "" && matchWords(words, l.Path)
	case "Driver":
		return matchWords(words, h.driver(l))
	case "Kind":
		return l.Kind != "" && matchWords(words, l.Kind)
	case "Type":
		if l.Kind == "" || l.Kind == "veth" {
			return matchWords(words, "ether")
		}
		return matchWords(words, l.Kind)
	}
	return false
}

// matchWords matches any of some patterns; with ! before the first, none of them.
func matchWords(words []string, text string) bool {
	if len(words) == 0 {
		return false
	}
	rest, inverted := strings.CutPrefix(words[0], "!")
	words = append([]string{rest}, words[1:]...)
	return slices.ContainsFunc(words, func(w string) bool { return foreign.Glob(w, text) }) != inverted
}

// networkdDevice is the file that makes a link.
func (h *host) networkdDevice(l *Link, names []string, files map[string]keyfile) (string, int) {
	for _, name := range names {
		if path.Ext(name) != ".netdev" || h.tired() {
			continue
		}
		if p := files[name].last("Name", "NetDev"); p.value == l.Name {
			return name, p.line
		}
	}
	return "", 0
}
