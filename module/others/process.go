package others

import (
	"bytes"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"hostnet-module/module/foreign"
)

// process is one that may manage links, in our network namespace.
type process struct {
	pid  int
	name string   // "dhclient"
	args []string // behind the name
}

type processes []process

// managers are the programs that are looked for.
var managers = []string{"NetworkManager", "systemd-networkd", "dhclient", "dhcpcd", "udhcpc", "udhcpc6"}

// processes finds them by their command lines. Those of containers are left out: they live in other network namespaces.
func (h *host) processes(namespace string) processes {
	entries, err := fs.ReadDir(h.root, "proc")
	if err != nil {
		return nil
	}
	var found processes
	for _, e := range entries[:min(len(entries), mostEntries)] {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		line, err := fs.ReadFile(h.root, path.Join("proc", e.Name(), "cmdline"))
		if err != nil || len(line) == 0 {
			continue // gone, or a thread of the kernel
		}
		p := command(line)
		if !slices.Contains(managers, p.name) {
			continue
		}
		if ns, err := fs.ReadLink(h.root, path.Join("proc", e.Name(), "ns/net")); err == nil && ns == namespace {
			p.pid = pid
			found = append(found, p)
		}
	}
	return found
}

// command reads a command line: words with NULs behind, or what a daemon has put in their place ("dhcpcd: eth0 [ip4]").
func command(line []byte) process {
	args := strings.Split(strings.TrimRight(string(line), "\x00"), "\x00")
	if title, rest, ok := strings.Cut(args[0], ": "); ok {
		args = append([]string{title}, strings.Fields(rest)...)
	}
	if path.Base(args[0]) == "busybox" && len(args) > 1 {
		args = args[1:]
	}
	return process{name: path.Base(args[0]), args: args[1:]}
}

func (ps processes) running(name string) bool {
	return slices.ContainsFunc(ps, func(p process) bool { return p.name == name })
}

// dhcp claims the links for which a DHCP client runs.
func dhcp(h *host) []Claim {
	var claims []Claim
	for _, p := range h.proc {
		ask := clients[p.name]
		if ask == nil {
			continue
		}
		for i := range h.links() {
			l := &h.links()[i]
			if ask(h, p, l) {
				claims = append(claims, Claim{Link: l.Name, Manager: p.name, PID: p.pid, Remedy: remedyFor(p, l)})
			}
		}
	}
	return claims
}

func remedyFor(p process, l *Link) string {
	switch {
	case p.name == "dhcpcd" && !slices.Contains(p.args, l.Name):
		return "say `denyinterfaces " + printable(l.Name) + "` in /etc/dhcpcd.conf"
	case p.name == "dhcpcd":
		return "stop it: dhcpcd -x " + printable(l.Name) + ", and take it out of what starts it"
	}
	return "stop it: kill " + strconv.Itoa(p.pid) + ", and take it out of what starts it"
}

// clients tell for which links a process asks (dhclient(8), dhcpcd(8), udhcpc's help).
var clients = map[string]func(*host, process, *Link) bool{
	"dhclient": func(_ *host, p process, l *Link) bool {
		return len(p.args) == 0 && l.Kind == "" || slices.Contains(p.args, l.Name)
	},
	"dhcpcd":  (*host).dhcpcd,
	"udhcpc":  udhcpc,
	"udhcpc6": udhcpc,
}

func udhcpc(_ *host, p process, l *Link) bool {
	on := "eth0"
	for i, arg := range p.args {
		switch {
		case (arg == "-i" || arg == "--interface") && i+1 < len(p.args):
			on = p.args[i+1]
		case strings.HasPrefix(arg, "--interface="):
			on = strings.TrimPrefix(arg, "--interface=")
		case strings.HasPrefix(arg, "-i"):
			on = arg[2:]
		}
	}
	return on == l.Name
}

// dhcpcd without the name of a link manages all NICs, but for those that its file sets aside.
func (h *host) dhcpcd(p process, l *Link) bool {
	if slices.Contains(p.args, l.Name) {
		return true
	}
	names := slices.DeleteFunc(slices.Clone(p.args), func(arg string) bool { return strings.ContainsAny(arg[:min(1, len(arg))], "-[/") })
	if len(names) > 0 || l.Kind != "" {
		return false
	}
	for line := range bytes.Lines(h.read("etc/dhcpcd.conf")) {
		words := strings.Fields(string(line))
		if len(words) < 2 || words[0] != "denyinterfaces" && words[0] != "allowinterfaces" {
			continue
		}
		if named := slices.ContainsFunc(words[1:], func(w string) bool { return foreign.Glob(w, l.Name) }); named == (words[0] == "denyinterfaces") {
			return false
		}
	}
	return true
}
