package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// peer is another manager of the network, and up to which size it ends in a fair time.
type peer struct {
	name    string
	program string // without which it is not in this machine
	most    int
	files   func(n int) map[string]string
	does    [acts][]string
}

// peers make the same topology from files in their own form. Of systemd-networkd the time is taken until it says that all links are
// configured; it takes nothing away by itself. Of NetworkManager it is taken until all connections are activated, the start of its bus
// included; it would have to be started once more to delete them, so that ip, which is quicker, takes its links away.
var peers = []peer{
	{"ifupdown", "/usr/sbin/ifup", 128, interfaces("bridge_", "bond0.%[1]d"), [acts][]string{
		actCreate:   {"/usr/sbin/ifup", "-a", "-i", "interfaces"},
		actAgain:    {"/usr/sbin/ifup", "-a", "-i", "interfaces"},
		actTeardown: {"/usr/sbin/ifdown", "-a", "-i", "interfaces"}}},
	{"ifupdown2", "/usr/share/ifupdown2/__main__.py", 128, interfaces("bridge-", "bond0.%[1]d"), [acts][]string{
		actCreate:   {"sh", "ifupdown2", "up"},
		actAgain:    {"sh", "ifupdown2", "up"},
		actTeardown: {"sh", "ifupdown2", "down"}}},
	{"systemd-networkd", "/usr/lib/systemd/systemd-networkd", 512, networkdFiles, [acts][]string{
		actCreate:   {"sh", "networkd"},
		actAgain:    {"sh", "networkd"},
		actTeardown: {"ip", "-batch", "batch-gone"}}},
	{"NetworkManager", "/usr/sbin/NetworkManager", 16, keyfiles, [acts][]string{
		actCreate:   {"sh", "networkmanager", "first"},
		actAgain:    {"sh", "networkmanager"},
		actTeardown: {"ip", "-batch", "batch-gone"}}},
}

// mostPeers is the largest size at which any of them takes part.
var mostPeers = 512

// here are the peers of this machine that take part at a size, with their files in a folder.
func (w *host) here(n int) ([]way, error) {
	var list []way
	for _, p := range peers {
		if _, err := os.Stat(p.program); err != nil || n > p.most || n > mostPeers {
			continue
		}
		for name, text := range p.files(n) {
			path := filepath.Join(w.folder, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				return nil, err
			}
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				return nil, err
			}
		}
		list = append(list, way{p.name, p.does})
	}
	return list, nil
}

// prepare makes what the peers' packages make when they are installed.
func prepare() error {
	none := !slices.ContainsFunc(peers, func(p peer) bool { _, err := os.Stat(p.program); return err == nil })
	if none || mostPeers == 0 {
		return nil
	}
	for file, line := range map[string]string{"/etc/passwd": "systemd-network:x:998:998::/:/bin/false\nmessagebus:x:997:997::/:/bin/false\n",
		"/etc/group":      "systemd-network:x:998:\nmessagebus:x:997:\n",
		"/etc/machine-id": "0123456789abcdef0123456789abcdef\n"} {
		f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o644)
		if err != nil {
			return err
		}
		_, err = f.WriteString(line)
		f.Close()
		if err != nil {
			return err
		}
	}
	for _, folder := range []string{"/run/network", "/run/lock", "/run/systemd/network", "/var/lib/ifupdown2", "/etc/network", "/run/dbus", "/var/lib/NetworkManager"} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return err
		}
	}
	return unix.Mount("", "/sys", "", unix.MS_REMOUNT|unix.MS_RDONLY, "") // else networkd waits for udev (systemd's udev_available), and NetworkManager
}

// interfaces writes interfaces(5), with the bridge's words as a companion of ifupdown or as ifupdown2 has them.
func interfaces(bridge, vlan string) func(n int) map[string]string {
	return func(n int) map[string]string {
		var b strings.Builder
		b.WriteString("auto bond0\niface bond0 inet manual\n\tbond-mode active-backup\n\tbond-miimon 100\n\tbond-slaves eth0 eth1\n")
		for id := 1; id <= n; id++ {
			fmt.Fprintf(&b, "\nauto "+vlan+"\niface "+vlan+" inet manual\n\tvlan-raw-device bond0\n", id)
			fmt.Fprintf(&b, "\nauto vlan%d\niface vlan%[1]d inet manual\n\t%[2]sports "+vlan+"\n\t%[2]sstp off\n\t%[2]sfd 0\n", id, bridge)
		}
		if bridge == "bridge-" { // the program goes by the name that it is called by
			return map[string]string{"interfaces2": b.String(), "ifupdown2": `ln -sf /usr/share/ifupdown2/__main__.py if$1
exec python3 if$1 -a -i interfaces2
`}
		}
		return map[string]string{"interfaces": b.String()}
	}
}

// networkdFiles writes systemd.netdev(5) and systemd.network(5), and the script that lets networkd carry them out.
func networkdFiles(n int) map[string]string {
	files := map[string]string{
		"netd/10-bond0.netdev":  "[NetDev]\nName=bond0\nKind=bond\n[Bond]\nMode=active-backup\nMIIMonitorSec=100ms\n",
		"netd/10-nics.network":  "[Match]\nName=eth0 eth1\n[Network]\nBond=bond0\n",
		"networkd":              networkdScript,
		"netd/20-bond0.network": "",
	}
	var bond strings.Builder
	bond.WriteString("[Match]\nName=bond0\n[Network]\nLinkLocalAddressing=no\n")
	for id := 1; id <= n; id++ {
		fmt.Fprintf(&bond, "VLAN=bond0.%d\n", id)
		files[fmt.Sprintf("netd/30-bond0.%d.netdev", id)] = fmt.Sprintf("[NetDev]\nName=bond0.%d\nKind=vlan\n[VLAN]\nId=%[1]d\n", id)
		files[fmt.Sprintf("netd/30-bond0.%d.network", id)] = fmt.Sprintf("[Match]\nName=bond0.%d\n[Network]\nBridge=vlan%[1]d\n", id)
		files[fmt.Sprintf("netd/40-vlan%d.netdev", id)] = fmt.Sprintf("[NetDev]\nName=vlan%d\nKind=bridge\n", id)
		files[fmt.Sprintf("netd/40-vlan%d.network", id)] = fmt.Sprintf("[Match]\nName=vlan%d\n[Network]\nLinkLocalAddressing=no\n", id)
	}
	files["netd/20-bond0.network"] = bond.String()
	return files
}

const networkdScript = `rm -rf /run/systemd/network /run/systemd/netif
cp -r netd /run/systemd/network
/usr/lib/systemd/systemd-networkd 2>networkd.log &
networkd=$!
want=$(ls netd/*.network | wc -l)
n=0
until [ "$(grep -lE 'ADMIN_STATE=configured' /run/systemd/netif/links/* 2>/dev/null | wc -l)" -gt "$want" ] || [ $n -ge 3000 ]; do n=$((n+1)); busybox usleep 50000; done
kill $networkd; wait $networkd || true
[ $n -lt 3000 ] || { cat networkd.log >&2; exit 1; }
`
