package persist

import (
	"fmt"
	"os"
	"os/exec"
	"path"
	"strings"

	"hostnet-module/cloudinit/files"
	"hostnet-module/module/store"
)

// change is one file or link that is to be different.
type change struct {
	name string
	do   func() error
}

// file is one that an installed service has; link, if not "", makes it a symbolic link.
type file struct {
	name, link string
	from       string // copied from this one
	data       []byte
	mode       os.FileMode
}

// service is what calls the program at boot.
type service struct {
	manager string // systemd, OpenRC, sysvinit
	unit    string
	files   []file
	after   []string // a command once the files are there
	gone    []string // a command once they are gone
}

// systemd's units with the targets that want them.
var wanted = []struct{ unit, by string }{
	{hostnetService, "sysinit.target"}, {"hostnet-wait-online.service", "network-online.target"}, {"hostnet-late.service", "multi-user.target"},
}

const (
	unitFolder       = "/etc/systemd/system"
	hostnetService   = "hostnet.service"
	cloudInitService = "hostnet-cloud-init.service"
	updateRC         = "/usr/sbin/update-rc.d"
)

// path of the program that the service calls: a package's, or our own copy.
func (h Host) programPath() string {
	if h.tree().Exists(packaged) {
		return packaged
	}
	return program
}

// ours is one of the files that are built in, with the program's path in it.
func (h Host) ours(name string) []byte {
	return []byte(strings.ReplaceAll(files.Read(name), program, h.programPath()))
}

// service finds out who starts services on this host; false if that is nobody we know.
func (h Host) service() (service, bool) {
	t := h.tree()
	switch {
	case t.Exists("/run/systemd/system") || strings.Contains(t.Link("/sbin/init")+t.Link("/usr/sbin/init"), "systemd"):
		return h.systemd(), true
	case t.Exists("/sbin/openrc-run") || t.Exists("/usr/sbin/openrc-run"):
		return service{manager: "OpenRC", unit: "/etc/init.d/hostnet", files: []file{
			{name: "/etc/init.d/hostnet", data: h.ours("hostnet.openrc"), mode: 0o755},
			{name: "/etc/runlevels/" + h.runlevel() + "/hostnet", link: "/etc/init.d/hostnet"},
		}}, true
	case t.Exists("/etc/init.d") && t.Exists("/etc/rcS.d"):
		return h.sysvinit(), true
	}
	return service{}, false
}

// runlevel of OpenRC in which we start: order holds only within one. Debian has networking in sysinit, others have it in boot or later.
func (h Host) runlevel() string {
	if h.tree().Exists("/etc/runlevels/sysinit/networking") {
		return "sysinit"
	}
	return "boot"
}

func (h Host) systemd() service {
	s := service{manager: "systemd", unit: hostnetService}
	for _, w := range wanted {
		s.files = append(s.files, h.systemdUnit(w.unit, w.by)...)
	}
	return s
}

// systemdUnit is a unit that a target wants. A package's stays where it is.
func (h Host) systemdUnit(name, by string) []file {
	want := unitFolder + "/" + by + ".wants/" + name
	for _, dir := range []string{"/usr/lib/systemd/system/", "/lib/systemd/system/"} {
		if h.tree().Exists(dir + name) {
			return []file{{name: want, link: dir + name}}
		}
	}
	at := unitFolder + "/" + name
	return []file{{name: at, data: h.ours(name), mode: 0o644}, {name: want, link: at}}
}

// sysvinit has links with numbers. Where update-rc.d is, it alone knows them.
func (h Host) sysvinit() service {
	s := service{manager: "sysvinit", unit: "/etc/init.d/hostnet", gone: []string{updateRC, "hostnet", "remove"}, files: []file{{name: "/etc/init.d/hostnet", data: h.ours("hostnet.init"), mode: 0o755}}}
	for _, name := range h.tree().List("/etc/rcS.d") {
		if matched, _ := path.Match("S[0-9][0-9]hostnet", name); matched {
			return s
		}
	}
	if h.tree().Exists(updateRC) && h.Root == "/" {
		s.after = []string{updateRC, "hostnet", "defaults"}
		return s
	}
	s.files = append(s.files, file{name: "/etc/rcS.d/S05hostnet", link: "../init.d/hostnet"})
	return s
}

// plan finds out what of the program and the service is missing.
func (p *Plan) plan() error {
	h, t := p.host, p.host.tree()
	if t.Exists(off) {
		p.Warnings = append(p.Warnings, fmt.Sprintf("nothing is brought back at boot: that was switched off (hostnet-module enable-boot switches it on); %s is kept up to date", p.name))
		return nil
	}
	s, ok := h.service()
	if !ok {
		p.Warnings = append(p.Warnings, fmt.Sprintf(
			"nothing here starts services that we know of (systemd, OpenRC, sysvinit): %s comes back at boot only if something calls `hostnet-module boot`", p.name))
		return nil
	}
	if t.Link(unitFolder+"/"+hostnetService) == "/dev/null" && s.manager == "systemd" {
		p.Warnings = append(p.Warnings, "hostnet.service is masked: nothing is brought back at boot until `systemctl unmask hostnet.service`")
		return nil
	}
	if h.programPath() == program {
		from, err := h.self()
		if err != nil {
			return err
		}
		p.put(file{name: program, from: from, mode: 0o755}, "program")
	}
	before := len(p.service)
	if h.programPath() == packaged {
		p.giveWay()
	}
	for _, f := range s.files {
		p.put(f, "")
	}
	if s.after != nil {
		p.service = append(p.service, change{s.after[0], func() error { return call(s.after) }})
	}
	if len(p.service) > before {
		p.differ("service", false, nil, fmt.Sprintf("%s (%s)", s.unit, s.manager))
	}
	return nil
}

// giveWay plans removing what runs had installed before a package came: it would go on being used instead of the package's. Units that
// somebody has changed stay.
func (p *Plan) giveWay() {
	t := p.host.tree()
	names := []string{program}
	for _, name := range append(wantedUnits(), cloudInitService) {
		if at := unitFolder + "/" + name; t.Same(at, []byte(files.Read(name)), 0o644) {
			names = append(names, at)
		}
	}
	for _, name := range names {
		if t.Exists(name) {
			p.service = append(p.service, change{name, func() error { return t.Remove(name) }})
		}
	}
}

func wantedUnits() (names []string) {
	for _, w := range wanted {
		names = append(names, w.unit)
	}
	return names
}

// put notes a file that is not as it shall be.
func (p *Plan) put(f file, difference string) {
	if f.right(p.host.tree()) {
		return
	}
	if difference != "" {
		was := p.host.tree().Exists(f.name)
		p.differ(difference, was, "another "+f.name, f.name)
	}
	p.service = append(p.service, change{f.name, func() error { return f.write(p.host.tree()) }})
}

func (f file) right(t store.Tree) bool {
	if f.link != "" {
		return t.Link(f.name) == f.link
	}
	if f.from != "" {
		return t.At(f.name) == f.from || t.SameAs(f.name, f.from, f.mode)
	}
	return t.Same(f.name, f.data, f.mode)
}

func (f file) write(t store.Tree) error {
	if f.link != "" {
		return t.Symlink(f.name, f.link)
	}
	if f.from != "" {
		return t.Copy(f.name, f.from, f.mode)
	}
	return t.Write(f.name, f.data, f.mode)
}

func call(argv []string) error {
	out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(argv, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}
