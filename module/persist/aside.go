package persist

import (
	"path"
	"strings"
)

// What cloud-init's local stage has written for the managers of the network before we were asked to take over. It writes that no
// more, and does not take it away either.
var written = []string{
	"/etc/network/interfaces.d/50-cloud-init", "/etc/netplan/50-cloud-init.yaml", "/etc/systemd/network/10-cloud-init-*.network",
	"/etc/NetworkManager/system-connections/cloud-init-*.nmconnection",
}

// aside is where it is laid, so that disable-boot can put it back. A file's name there is its path, with % for each slash.
const aside = Folder + "/aside"

func asideName(name string) string { return aside + "/" + strings.ReplaceAll(name[1:], "/", "%") }

// layAside plans moving away what others would configure the network by.
func (p *Plan) layAside() {
	t := p.host.tree()
	for _, pattern := range written {
		for _, base := range t.List(path.Dir(pattern)) {
			if matched, _ := path.Match(path.Base(pattern), base); matched {
				name := path.Join(path.Dir(pattern), base)
				p.differ(name, true, "there", asideName(name))
				p.service = append(p.service, change{name, func() error { return t.Move(name, asideName(name)) }})
			}
		}
	}
}

// putBack plans the way back.
func (p *Plan) putBack() {
	t := p.host.tree()
	for _, base := range t.List(aside) {
		name := "/" + strings.ReplaceAll(base, "%", "/")
		if asideName(name) != aside+"/"+base || t.Exists(name) {
			continue
		}
		p.differ(name, true, asideName(name), "there")
		p.service = append(p.service, change{name, func() error { return t.Move(asideName(name), name) }})
	}
}
