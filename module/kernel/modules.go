package kernel

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"hostnet-module/module/store"
)

// modules knows where the machine keeps its kernel modules; a test has another machine.
type modules struct {
	sys  string // /sys/module: what is loaded, and what is built in and has parameters or a version
	proc string // /proc
	lib  string // /lib/modules/RELEASE: modules.builtin and modules.dep (modules.dep(5))
	find func() string
}

func thisMachine() modules {
	var u unix.Utsname
	_ = unix.Uname(&u)
	return modules{"/sys/module", "/proc", filepath.Join("/lib/modules", unix.ByteSliceToString(u.Release[:])), findModprobe}
}

// moduleOptions keep a module from doing more than being there: bonding makes a bond0 of its own (balance-rr) unless told not to.
var moduleOptions = map[string][]string{"bonding": {"max_bonds=0"}}

// Missing names the kernel modules, out of those given, that the running kernel neither has nor can load. It changes nothing.
func (k *Kernel) Missing(names []string) []string { return thisMachine().missing(names) }

func (m modules) missing(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return m.has(name) || m.loadable(name) })
}

// has tells whether the running kernel has a module, loaded or built in.
func (m modules) has(name string) bool {
	if _, err := os.Stat(filepath.Join(m.sys, name)); err == nil {
		return true
	}
	return lists(filepath.Join(m.proc, "modules"), func(line string) bool {
		return strings.HasPrefix(line, name+" ")
	}) || lists(filepath.Join(m.lib, "modules.builtin"), func(line string) bool { return moduleName(line) == name })
}

// loadable tells whether modprobe would find the module. modules.dep has one line a module: «kernel/a/b.ko.xz: kernel/c.ko.xz».
func (m modules) loadable(name string) bool {
	disabled, _ := store.ReadFile(filepath.Join(m.proc, "sys/kernel/modules_disabled"))
	return m.find() != "" && strings.TrimSpace(string(disabled)) != "1" &&
		lists(filepath.Join(m.lib, "modules.dep"), func(line string) bool {
			file, _, _ := strings.Cut(line, ":")
			return moduleName(file) == name && m.holds(file)
		})
}

// holds tells whether a file that modules.dep speaks of is there: the list outlives what a small image leaves out.
func (m modules) holds(file string) bool {
	if !filepath.IsAbs(file) {
		file = filepath.Join(m.lib, file)
	}
	_, err := os.Stat(file)
	return err == nil
}

// moduleName is a module's name, of its file: without folders and suffixes, and with underscores (modprobe(8)).
func moduleName(file string) string {
	base, _, _ := strings.Cut(filepath.Base(strings.TrimSpace(file)), ".")
	return strings.ReplaceAll(base, "-", "_")
}

func lists(path string, is func(line string) bool) bool {
	b, err := store.ReadFile(path)
	if err != nil {
		return false
	}
	for line := range strings.Lines(string(b)) {
		if is(line) {
			return true
		}
	}
	return false
}

// findModprobe asks the kernel which program it would run itself; then PATH, which the caller may have emptied; then where
// distributions keep it. "" if there is none.
func findModprobe() string {
	own, _ := store.ReadFile("/proc/sys/kernel/modprobe")
	onPath, _ := exec.LookPath("modprobe")
	for _, path := range []string{strings.TrimSpace(string(own)), onPath, "/sbin/modprobe", "/usr/sbin/modprobe"} {
		if st, err := os.Stat(path); path != "" && err == nil && st.Mode()&0o111 != 0 {
			return path
		}
	}
	return ""
}

// Load loads kernel modules that are not there yet. It has to come before the first link of a kind is made: else the kernel
// loads the module itself, with its default options.
func (k *Kernel) Load(ctx context.Context, names []string) error {
	return thisMachine().load(ctx, names)
}

func (m modules) load(ctx context.Context, names []string) error {
	for _, name := range names {
		if m.has(name) {
			continue
		}
		modprobe := m.find()
		if modprobe == "" {
			return fmt.Errorf("kernel module %s is not loaded, and there is no modprobe", name)
		}
		args := append([]string{name}, moduleOptions[name]...)
		out, err := exec.CommandContext(ctx, modprobe, args...).CombinedOutput()
		if err != nil {
			return fmt.Errorf("modprobe %s: %w: %s", strings.Join(args, " "), err, strings.Join(strings.Fields(string(out)), " "))
		}
		if !m.has(name) {
			return fmt.Errorf("modprobe %s: no error, and no module either", strings.Join(args, " "))
		}
	}
	return nil
}
