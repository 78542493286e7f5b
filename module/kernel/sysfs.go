package kernel

import (
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"hostnet-module/module/state"
	"hostnet-module/module/store"
)

// files are the places outside netlink where more is known about NICs.
type files struct{ class, udev string }

var sys = files{class: "/sys/class/net", udev: "/run/udev/data"}

// here tells whether sysfs shows this very link: it belongs to the namespace in which it was mounted, and a name or an
// index alone means another link in another namespace.
func (f files) here(name string, index int) bool {
	b, err := store.ReadFile(filepath.Join(f.class, name, "ifindex"))
	return err == nil && strings.TrimSpace(string(b)) == strconv.Itoa(index)
}

// path finds a NIC's place in the machine: udev's ID_PATH, and where udev is not running or has not come to the NIC yet,
// the same derived from sysfs. "" if unknown.
func (f files) path(name string, index int) string {
	if !f.here(name, index) {
		return ""
	}
	if b, err := store.ReadFile(filepath.Join(f.udev, "n"+strconv.Itoa(index))); err == nil {
		for line := range strings.Lines(string(b)) {
			if path, ok := strings.CutPrefix(strings.TrimSpace(line), "E:ID_PATH="); ok {
				return path
			}
		}
	}
	device, err := filepath.EvalSymlinks(filepath.Join(f.class, name, "device"))
	if err != nil {
		return ""
	}
	return idPath(device)
}

// onTheWay are the parts of a device's path that count. Where udev runs nobody asks.
var onTheWay = sync.OnceValue(func() (is struct{ pciAddress, xenVif, usbPort *regexp.Regexp }) {
	is.pciAddress = regexp.MustCompile(`^[0-9a-f]{4,}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$`)
	is.xenVif = regexp.MustCompile(`^vif-[0-9-]+$`)
	is.usbPort = regexp.MustCompile(`^[0-9]+-([0-9.]+:[0-9]+\.[0-9]+)$`)
	return is
})

// idPath derives udev's ID_PATH from a device's folder in sysfs (systemd, src/udev/udev-builtin-path_id.c): the last PCI
// function on the way counts, virtio stands for the function that it is on; a USB port is appended.
func idPath(device string) string {
	is, pci, rest := onTheWay(), "", ""
	for part := range strings.SplitSeq(device, "/") {
		switch {
		case is.pciAddress.MatchString(part):
			pci, rest = "pci-"+part, ""
		case is.xenVif.MatchString(part):
			rest = "xen-" + part
		case is.usbPort.MatchString(part):
			rest = "usb-0:" + is.usbPort.FindStringSubmatch(part)[1]
		}
	}
	return strings.Trim(pci+"-"+rest, "-")
}

// Speeds fills in the speed of NICs and of what is made of them (bonds), in Mbit/s. Reading it may wake a driver, so a
// snapshot does without.
func (k *Kernel) Speeds(h *state.Host) {
	for _, l := range h.Links {
		if l.Seen.Hardware || l.K().OwnsPorts {
			l.Seen.Speed = sys.speed(l.Name, l.Index)
		}
	}
}

// Drifting notes which of some links have a MAC that nobody has set. The kernel tells it in sysfs alone (net/core/net-sysfs.c:
// addr_assign_type; linux/netdevice.h: NET_ADDR_SET is 3); where it does not, nothing is noted.
func (k *Kernel) Drifting(h *state.Host, links []string) {
	for _, name := range links {
		if l := h.Link(name); l != nil {
			l.Seen.Drifts = sys.drifts(l.Name, l.Index)
		}
	}
}

func (f files) drifts(name string, index int) bool {
	if !f.here(name, index) {
		return false
	}
	b, err := store.ReadFile(filepath.Join(f.class, name, "addr_assign_type"))
	return err == nil && strings.TrimSpace(string(b)) != "3"
}

// speed is 0 where the driver does not say (-1, or an error while the link is down).
func (f files) speed(name string, index int) int {
	if !f.here(name, index) {
		return 0
	}
	b, err := store.ReadFile(filepath.Join(f.class, name, "speed"))
	if err != nil {
		return 0
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(b)))
	return map[bool]int{true: n}[err == nil && n > 0]
}
