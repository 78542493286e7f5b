package cloudinit

import (
	"slices"
	"strconv"
	"strings"
)

// xenDom0 is the bit of Xen's features that the host's own domain has (XENFEAT_dom0).
const xenDom0 = 1 << 11

// isGuest tells whether this machine is a virtual one, whose disks its owner has given to it. A virtualization host is none, Xen's domain 0
// and Hyper-V's root partition included, which run on a hypervisor too.
func (b *Boot) isGuest() bool {
	text := func(name string) string { return strings.TrimRight(string(b.read(name)), "\x00\n ") }
	features, _ := strconv.ParseUint(strings.TrimPrefix(text("/sys/hypervisor/properties/features"), "0x"), 16, 64)
	if features&xenDom0 != 0 || strings.Contains(text("/proc/xen/capabilities"), "control_d") || b.tree().Exists("/sys/module/mshv_root") {
		return false
	}
	if text("/sys/hypervisor/type") != "" || b.tree().Exists("/proc/device-tree/hypervisor") {
		return true
	}
	for line := range strings.Lines(text("/proc/cpuinfo")) {
		if name, flags, _ := strings.Cut(line, ":"); strings.TrimSpace(name) == "flags" { // of x86, where the hypervisor says so
			return slices.Contains(strings.Fields(flags), "hypervisor")
		}
	}
	words := text("/sys/class/dmi/id/sys_vendor") + " " + text("/sys/class/dmi/id/product_name") + " " + text("/sys/class/dmi/id/bios_vendor")
	return slices.ContainsFunc([]string{"QEMU", "KVM", "VMware", "VirtualBox", "Xen", "BHYVE", "Parallels", "Apple Virtualization", "Virtual Machine",
		"Amazon EC2", "Google Compute Engine", "OpenStack", "Alibaba Cloud ECS"}, func(w string) bool { return strings.Contains(words, w) }) &&
		!strings.Contains(words, "metal")
}
