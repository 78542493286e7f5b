package kernel

import (
	"encoding/hex"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"

	"hostnet-module/module/attr"
	"hostnet-module/module/kind"
	"hostnet-module/module/state"
	"hostnet-module/module/store"
)

// settingsFolders hold a folder for each link, and one that says what a new link gets. That of the neighbours is not there in a namespace of its own:
// the loopback, whose settings nobody has reason to change, stands for it.
var settingsFolders = []struct{ path, fresh, instead string }{
	{"/proc/sys/net/ipv4/conf", "default", ""},
	{"/proc/sys/net/ipv6/conf", "default", ""},
	{"/proc/sys/net/ipv4/neigh", "default", "lo"},
	{"/proc/sys/net/ipv6/neigh", "default", "lo"},
}

// settled elsewhere: by rows of their own, or by a finer setting of the same thing.
var otherwise = []string{"addr_gen_mode", "base_reachable_time", "retrans_time", "unres_qlen"}

// readFiles reads the settings of links that a new link would not have: every file, so that those that this program has never heard of are kept too.
func readFiles(x *extrasReader) {
	var links []*state.Link
	for l := range x.found {
		if x.depths[l.Name] == state.Whole {
			links = append(links, l)
		}
	}
	for _, folder := range settingsFolders {
		fresh := freshValues(folder.path, folder.fresh, folder.instead)
		for _, l := range links {
			readSettings(x.found[l], l, folder.path, fresh)
		}
	}
	for _, l := range links {
		readClass(x.found[l], l)
	}
}

// setting is a file's name and what it says for a new link.
type setting struct{ name, value string }

// freshValues lists what a folder says of new links; forwarding, a change of which may change others, comes first.
func freshValues(folder string, places ...string) []setting {
	for _, place := range places {
		entries, err := os.ReadDir(filepath.Join(folder, place))
		if place == "" || err != nil {
			continue
		}
		list := make([]setting, 0, len(entries))
		for _, e := range entries {
			if !slices.Contains(otherwise, e.Name()) && !hasRow(folder, e.Name()) {
				value, _ := readSetting(filepath.Join(folder, place, e.Name())) // one without a value cannot be read: stable_secret
				list = append(list, setting{e.Name(), value})
			}
		}
		slices.SortStableFunc(list, func(a, b setting) int { return boolean(b.name == "forwarding") - boolean(a.name == "forwarding") })
		return list
	}
	return nil
}

func boolean(b bool) int {
	if b {
		return 1
	}
	return 0
}

// hasRow tells whether a table has a row for a file: then a snapshot tells what it says.
func hasRow(folder, name string) bool {
	return slices.ContainsFunc(kind.Common, func(r *attr.Row) bool { return r.File == folder+"/*/"+name })
}

func readSetting(path string) (string, bool) {
	b, err := store.ReadFile(path)
	return strings.TrimSpace(string(b)), err == nil
}

func readSettings(found *state.Extras, l *state.Link, folder string, fresh []setting) {
	for _, s := range fresh {
		value, ok := readSetting(folder + "/" + l.Name + "/" + s.name)
		if !ok || value == s.value || s.name == "mtu" && value == strconv.FormatUint(l.MTU(), 10) {
			continue
		}
		found.Settings.Put(attr.FileRow(folder+"/*/"+s.name), attr.Str(value))
	}
}

// classFiles are files in /sys/class/net/LINK that somebody may have written to, and that are zero on a new link.
var classFiles = []string{"gro_flush_timeout", "napi_defer_hard_irqs", "threaded", "proto_down",
	"queues/rx-*/rps_cpus", "queues/rx-*/rps_flow_cnt", "queues/tx-*/xps_cpus", "queues/tx-*/xps_rxqs", "queues/tx-*/tx_maxrate"}

func readClass(found *state.Extras, l *state.Link) {
	if !sys.here(l.Name, l.Index) {
		return
	}
	folder := filepath.Join(sys.class, l.Name)
	for _, pattern := range classFiles {
		files, _ := filepath.Glob(filepath.Join(folder, pattern))
		for _, file := range files {
			value, ok := readSetting(file)
			if ok && strings.Trim(value, "0,") != "" {
				found.Settings.Put(attr.FileRow(filepath.Join(sys.class, "*")+strings.TrimPrefix(file, folder)), attr.Str(value))
			}
		}
	}
}

// multicasts finds the addresses that somebody has joined by hand (ip-maddress(8)): the fourth column of dev_mcast counts them.
func multicasts(x *extrasReader) {
	b, err := store.ReadFile("/proc/thread-self/net/dev_mcast")
	if err != nil {
		return
	}
	for line := range strings.Lines(string(b)) {
		w := strings.Fields(line)
		if len(w) != 5 || w[3] == "0" || len(w[4]) != 12 {
			continue
		}
		found := x.found[x.host.Link(w[1])]
		if raw, err := hex.DecodeString(w[4]); found != nil && err == nil && x.depths[w[1]] == state.Whole {
			mac := net.HardwareAddr(raw).String()
			found.Entries = append(found.Entries, state.Entry{Sort: state.MultiMAC, Words: "ip maddr add " + mac + " dev *", Data: mac})
		}
	}
}

// joinMulticast makes a link receive a multicast address, by an ioctl: netlink has no request for it (netdevice(7): SIOCADDMULTI).
func (k *Kernel) joinMulticast(link, mac string) error {
	if len(link) >= unix.IFNAMSIZ {
		return unix.ENODEV
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	var request struct { // struct ifreq
		name    [unix.IFNAMSIZ]byte
		family  uint16
		address [22]byte
	}
	copy(request.name[:], link)
	raw, err := net.ParseMAC(mac)
	if err != nil {
		return err
	}
	copy(request.address[:], raw)
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SIOCADDMULTI, uintptr(unsafe.Pointer(&request))); errno != 0 && errno != unix.EEXIST {
		return errno
	}
	return nil
}
