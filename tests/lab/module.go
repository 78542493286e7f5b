package main

import (
	"bytes"
	"debug/elf"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// loaded are the modules that the machine loads at boot, in this order, with
// parameters. Left to autoload, bonding would make a bond0 of its own.
var loaded = []string{
	"virtio_pci", "virtio_console", "virtio_net", "virtio_blk", "unix_diag", "af_packet_diag",
	"llc", "stp", "garp", "mrp", "8021q", "bridge", "tls", "bonding max_bonds=0", "dummy numdummies=0", "veth", "tun", "nlmon",
}

// carried are modules that are there to be autoloaded.
var carried = []string{
	"macvlan", "macvtap", "ipvlan", "vxlan", "ifb", "vrf", "team", "br_netfilter", "sch_netem", "sch_tbf", "sch_ingress",
	"cls_u32", "act_mirred", "netlink_diag", "inet_diag", "tcp_diag", "udp_diag", "packet_diag", "vhost_net",
}

// module is one kernel module, ready to be loaded.
type module struct {
	name    string
	path    string // relative to the directory lib/modules/RELEASE
	data    []byte // the ELF file, uncompressed
	depends []string
	aliases []string
}

// moduleSet finds modules by name and closes over their dependencies.
type moduleSet struct {
	root    string
	busybox string
	files   map[string]string // name, with underscores → relative path
	got     map[string]*module
	order   []*module // dependencies first
}

func newModuleSet(root, busybox string) (*moduleSet, error) {
	s := &moduleSet{root: root, busybox: busybox, files: map[string]string{}, got: map[string]*module{}}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		base, _, ok := strings.Cut(filepath.Base(path), ".ko")
		if err != nil || d.IsDir() || !ok {
			return err
		}
		rel, err := filepath.Rel(root, path)
		s.files[normal(base)] = rel
		return err
	})
	return s, err
}

// normal spells a module's name as the kernel does: file names may have hyphens.
func normal(name string) string { return strings.ReplaceAll(name, "-", "_") }

// add takes a module and what it depends on into the set. A name without a file
// is taken to be built in or not to exist in this release.
func (s *moduleSet) add(name string) error {
	name = normal(name)
	rel, ok := s.files[name]
	if !ok || s.got[name] != nil {
		return nil
	}
	data, err := s.read(filepath.Join(s.root, rel))
	if err != nil {
		return err
	}
	m := &module{name: name, path: rel, data: data}
	if ext := filepath.Ext(rel); ext != ".ko" {
		m.path = strings.TrimSuffix(rel, ext)
	}
	s.got[name] = m
	if err := m.info(); err != nil {
		return fmt.Errorf("%s: %w", rel, err)
	}
	for _, d := range m.depends {
		if err := s.add(d); err != nil {
			return err
		}
	}
	s.order = append(s.order, m)
	return nil
}

func (s *moduleSet) read(path string) ([]byte, error) {
	if filepath.Ext(path) == ".ko" {
		return os.ReadFile(path)
	}
	applet := map[string]string{".xz": "xzcat", ".gz": "zcat"}[filepath.Ext(path)]
	if applet == "" {
		return nil, fmt.Errorf("%s: unknown compression", path)
	}
	return exec.Command(s.busybox, applet, path).Output()
}

// info reads what modinfo(8) shows: NUL-terminated key=value strings.
func (m *module) info() error {
	f, err := elf.NewFile(bytes.NewReader(m.data))
	if err != nil {
		return err
	}
	section := f.Section(".modinfo")
	if section == nil {
		return fmt.Errorf("no .modinfo section")
	}
	data, err := section.Data()
	if err != nil {
		return err
	}
	for _, field := range strings.Split(string(data), "\x00") {
		switch key, value, _ := strings.Cut(field, "="); key {
		case "depends":
			m.depends = strings.FieldsFunc(value, func(r rune) bool { return r == ',' })
		case "alias":
			m.aliases = append(m.aliases, value)
		}
	}
	return nil
}

// dep and alias are the files that depmod(8) writes and modprobe(8) reads.
func (s *moduleSet) dep() []byte {
	var b bytes.Buffer
	for _, m := range s.order {
		fmt.Fprintf(&b, "%s:", m.path)
		for _, d := range s.below(m) {
			fmt.Fprintf(&b, " %s", d.path)
		}
		fmt.Fprintln(&b)
	}
	return b.Bytes()
}

func (s *moduleSet) alias() []byte {
	var b bytes.Buffer
	for _, m := range s.order {
		for _, a := range m.aliases {
			fmt.Fprintf(&b, "alias %s %s\n", a, m.name)
		}
	}
	return b.Bytes()
}

// below lists all that a module needs, its direct dependencies first.
func (s *moduleSet) below(m *module) []*module {
	var all []*module
	seen := map[string]bool{}
	queue := append([]string{}, m.depends...)
	for len(queue) > 0 {
		d := s.got[normal(queue[0])]
		queue = queue[1:]
		if d != nil && !seen[d.name] {
			seen[d.name] = true
			all = append(all, d)
			queue = append(queue, d.depends...)
		}
	}
	return all
}
