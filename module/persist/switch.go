package persist

import (
	"fmt"
	"path/filepath"
	"strings"

	"hostnet-module/module/plan"
	"hostnet-module/module/spec"
	"hostnet-module/module/store"
)

// Files that take other managers' hands off the network, by explicit choice only (enable-boot --own-network).
const (
	cloudFolder = "/etc/cloud/cloud.cfg.d"
	handsOff    = cloudFolder + "/99-hostnet.cfg"
	networkdWon = unitFolder + "/systemd-networkd-wait-online.service.d/hostnet.conf"
	unmanaged   = "/etc/NetworkManager/conf.d/90-hostnet.conf"
)

const ownedBy = "# By hostnet-module enable-boot --own-network; disable-boot takes it away.\n"

// Enable plans bringing things back at boot: the program and what calls it, and cloud-init's hands for us where cloud-init is. With own, cloud-init,
// systemd-networkd's wait and NetworkManager leave the network to us.
func (h Host) Enable(own bool) (*Plan, error) {
	p := h.toggle()
	t := h.tree()
	if t.Exists(off) {
		p.service = append(p.service, change{off, func() error { return t.Remove(off) }})
		p.differ("switched off", true, true, false)
	}
	if err := p.plan(); err != nil {
		return nil, err
	}
	if t.Exists("/usr/bin/cloud-init") {
		for _, f := range h.cloudInit() {
			p.put(f, f.name)
		}
	}
	if own {
		for _, f := range h.ownNetwork() {
			p.put(f, f.name)
		}
		p.layAside()
	}
	p.conclude(plan.Create)
	return p, nil
}

// Disable plans that nothing comes back at boot. The document stays, and is kept up to date no more.
func (h Host) Disable() *Plan {
	p := h.toggle()
	if !h.tree().Exists(off) {
		p.service = append(p.service, change{off, func() error { return h.tree().Write(off, nil, 0o644) }})
		p.differ("switched off", true, false, true)
	}
	p.take(h.installed()...)
	p.putBack()
	p.conclude(plan.Delete)
	return p
}

// Uninstall plans taking everything away that we put on the host's disk. What runs stays as it is.
func (h Host) Uninstall() *Plan {
	p := h.toggle()
	t := h.tree()
	names := append(h.installed(), program, off, Document, JSON, Origin, Asked, Seed)
	for _, name := range t.List(previous) {
		names = append(names, previous+"/"+name)
	}
	for _, name := range t.List(store.Lasting) {
		names = append(names, store.Lasting+"/"+name)
	}
	p.take(names...)
	p.putBack()
	p.service = append(p.service, change{Folder, func() error {
		for _, dir := range []string{previous, aside, Folder, store.Lasting, filepath.Dir(networkdWon)} {
			t.RemoveEmpty(dir)
		}
		return nil
	}})
	p.conclude(plan.Delete)
	return p
}

func (h Host) toggle() *Plan {
	_, name, _ := h.Current()
	return &Plan{host: h, name: name, Object: plan.Object{Kind: "boot", Name: name, Action: plan.None, Disruption: plan.Undisturbed}}
}

func (p *Plan) conclude(action plan.Action) {
	if len(p.Object.Differences) > 0 {
		p.Object.Action = action
	}
}

// installed names all that calls us at boot, and what keeps others away.
func (h Host) installed() []string {
	names := []string{handsOff, networkdWon, unmanaged}
	if s, ok := h.service(); ok {
		for _, f := range s.files {
			names = append(names, f.name)
		}
	}
	for _, f := range h.cloudInit() {
		names = append(names, f.name)
	}
	for _, dir := range []string{"/usr/lib/python3/dist-packages/__pycache__", "/var/lib/cloud/handlers/__pycache__"} {
		for _, name := range h.tree().List(dir) { // what Python has made of them
			if strings.HasPrefix(name, "cc_hostnet.") || strings.HasPrefix(name, "part_handler_hostnet.") {
				names = append(names, dir+"/"+name)
			}
		}
	}
	for _, name := range h.tree().List("/etc/rcS.d") {
		if strings.HasSuffix(name, "hostnet") {
			names = append(names, "/etc/rcS.d/"+name)
		}
	}
	return names
}

// take plans removing files.
func (p *Plan) take(names ...string) {
	t := p.host.tree()
	for _, name := range names {
		if t.Exists(name) {
			p.differ(name, true, "there", nil)
			p.service = append(p.service, change{name, func() error { return t.Remove(name) }})
		}
	}
	if s, ok := p.host.service(); ok && s.gone != nil && t.Exists(s.gone[0]) && p.host.Root == "/" {
		p.service = append(p.service, change{s.gone[0], func() error { return call(s.gone) }})
	}
}

// cloudInit is what makes cloud-init hand documents to us.
func (h Host) cloudInit() []file {
	list := []file{
		{name: "/usr/lib/python3/dist-packages/cc_hostnet.py", data: h.ours("cc_hostnet.py"), mode: 0o644},
		{name: "/var/lib/cloud/handlers/part_handler_hostnet.py", data: h.ours("part_handler_hostnet.py"), mode: 0o644},
	}
	return append(list, h.systemdUnit(cloudInitService, "cloud-init.target")...)
}

// ownNetwork is what keeps others' hands off, for those that are there.
func (h Host) ownNetwork() []file {
	var list []file
	t := h.tree()
	if t.Exists("/etc/cloud") {
		list = append(list, file{name: handsOff, data: []byte(ownedBy + "network: {config: disabled}\n"), mode: 0o644})
	}
	if t.Exists("/usr/lib/systemd/system/systemd-networkd-wait-online.service") || t.Exists("/lib/systemd/system/systemd-networkd-wait-online.service") {
		list = append(list, file{name: networkdWon, data: []byte(ownedBy + "[Unit]\nConditionPathExists=!/run/hostnet/result.json\n"), mode: 0o644})
	}
	if t.Exists("/etc/NetworkManager") {
		doc := &spec.Document{}
		if data, name, err := h.Current(); err == nil && data != nil {
			doc, _, _ = spec.Read(data, name)
		}
		list = append(list, unmanagedFile(doc))
	}
	return list
}

// unmanagedFile names the links of a document, in NetworkManager's words.
func unmanagedFile(doc *spec.Document) file {
	var words []string
	add := func(word string) { words = append(words, word) }
	for _, o := range doc.Objects {
		add("interface-name:" + o.Name)
		for _, p := range o.Ports {
			switch {
			case p.MAC != "":
				add("mac:" + p.MAC)
			case p.Name != "":
				add("interface-name:" + p.Name)
			}
		}
	}
	return file{name: unmanaged, data: []byte(ownedBy + "[keyfile]\nunmanaged-devices=" + strings.Join(words, ";") + "\n"), mode: 0o644}
}

// Removed is a sentence about what is left to others.
func (h Host) Removed() string {
	if h.tree().Exists(packaged) {
		return fmt.Sprintf("%s belongs to a package: apt or dnf remove it", packaged)
	}
	return ""
}
