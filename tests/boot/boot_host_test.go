//go:build labhost

package boot

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

const classic = `bonds:
  - {name: bond0, mode: active-backup, miimon: 100, members: [{mac: "` + mac0 + `"}, {mac: "` + mac1 + `"}]}
segments:
  - {id: 16, parent: bond0, bridge: vlan16, addresses: [192.0.2.10/24], gateway: 192.0.2.1}
  - {id: 32, parent: bond0, bridge: vlan32, addresses: [198.51.100.10/24]}
  - {id: 48, parent: bond0, bridge: vlan48}
`

const (
	seed     = "/var/lib/cloud/seed/nocloud/"
	metaData = "instance-id: i-1\nlocal-hostname: lab\n"
	kept     = "/etc/hostnet/hostnet.yaml"
)

// guests is what starts guests on a virtualization host, as xendomains and libvirt-guests are ordered: it wants its bridges.
const guests = `[Unit]
After=network-online.target
Wants=network-online.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'for b in vlan16 vlan32 vlan48; do echo $b $(cat /sys/class/net/$b/operstate); done >/run/guests; cut -d" " -f1 /proc/uptime >>/run/guests'
`

// with adds to the files of an image what all of them have.
func with(files map[string]string) map[string]string {
	out := map[string]string{
		"/etc/systemd/system/guests.service":                         guests,
		"/etc/systemd/system/multi-user.target.wants/guests.service": "-> /etc/systemd/system/guests.service",
	}
	maps.Copy(out, files)
	return out
}

func indented(text string) string {
	return "  " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n  ") + "\n"
}

func multipart(document string) string {
	return "Content-Type: multipart/mixed; boundary=\"==b==\"\nMIME-Version: 1.0\n\n--==b==\nContent-Type: text/cloud-config; charset=\"us-ascii\"\n\n#cloud-config\n{}\n\n" +
		"--==b==\nContent-Type: text/x-hostnet; charset=\"us-ascii\"\nContent-Disposition: attachment; filename=\"hostnet.yaml\"\n\n" + document + "\n--==b==--\n"
}

// TestFirstBoot: on each release, a machine that comes with its document, by another channel each: the network is there before anybody waits
// for it, cloud-init has nothing to complain of, and each later boot is the same.
func TestFirstBoot(t *testing.T) {
	for _, row := range []struct {
		release string
		files   map[string]string
		source  string
	}{
		{"12", map[string]string{seed + "meta-data": metaData, seed + "user-data": "#cloud-config\nhostnet:\n" + indented(classic)}, seed + "user-data"},
		{"13", map[string]string{seed + "meta-data": metaData, seed + "user-data": multipart(classic)}, seed + "user-data (text/x-hostnet)"},
		{"newest", map[string]string{seed + "meta-data": metaData + "hostnet:\n" + indented(classic), seed + "user-data": "#cloud-config\n{}\n"}, seed + "meta-data"},
	} {
		t.Run(row.release, func(t *testing.T) {
			t.Parallel()
			m := start(t, row.release, with(row.files))
			m.up()
			m.firstBoot(row.source)
			was := m.network()
			m.reboot()
			m.laterBoot(was)
			if all {
				// And for the time that it takes, one boot without us.
				m.run("systemctl disable hostnet.service hostnet-late.service hostnet-wait-online.service hostnet-cloud-init.service")
				m.reboot()
			}
		})
	}
}

// firstBoot looks at a machine whose document has just come up for the first time.
func (m *machine) firstBoot(source string) {
	m.t.Helper()
	if out := m.run("cat /run/hostnet/result.json"); !strings.Contains(out, `"source":"`+source+`","fallback":false`) {
		m.t.Errorf("the source is not %s:\n%.300s", source, out)
	}
	m.classic()
	if out, code := m.try(bootTime, "cloud-init --version; cloud-init status --long"); code != 0 || !strings.Contains(out, "status: done") {
		m.t.Errorf("cloud-init: exit %d\n%s", code, out)
	} else {
		m.t.Log(strings.SplitN(out, "\n", 2)[0])
	}
	if out := m.run("grep -c vlan48 " + kept); out != "1\n" {
		m.t.Errorf("kept: %s", out)
	}
	m.run("systemd-analyze verify --man=no hostnet.service hostnet-wait-online.service hostnet-late.service hostnet-cloud-init.service 2>&1")
	m.router()
}

// classic looks at what the document describes, and at what came before what.
func (m *machine) classic() {
	m.t.Helper()
	if out := m.run("cat /run/guests"); !strings.HasPrefix(out, "vlan16 up\nvlan32 up\nvlan48 up\n") {
		m.t.Errorf("guests found\n%s", out)
	}
	// udev's policy would have given all of them MACs of its own.
	for _, name := range []string{"bond0", "bond0.16", "vlan16", "vlan32", "vlan48"} {
		if mac := m.link(name, "address"); mac != mac0 {
			m.t.Errorf("%s has the MAC %s", name, mac)
		}
	}
	if out := m.run("udevadm info -q property /sys/class/net/vlan16; cat /usr/lib/systemd/network/99-default.link"); !strings.Contains(out, "ID_NET_LINK_FILE=/usr/lib/systemd/network/99-default.link") ||
		!strings.Contains(out, "MACAddressPolicy=persistent") {
		m.t.Errorf("udev's policy is not at work here\n%s", out)
	}
	times := m.run("systemctl show -p ActiveEnterTimestampMonotonic --value hostnet.service network-pre.target hostnet-wait-online.service network-online.target guests.service | grep .")
	var order []int
	for _, line := range strings.Fields(times) {
		n := 0
		fmt.Sscan(line, &n)
		order = append(order, n)
	}
	if len(order) != 5 || !slices.IsSorted(order) || order[0] == 0 {
		m.t.Errorf("hostnet, network-pre, wait-online, network-online, guests came at %v", order)
	}
}

// laterBoot looks whether a boot has come to what was before, and changes nothing.
func (m *machine) laterBoot(was string) {
	m.t.Helper()
	if now := m.network(); now != was {
		m.t.Errorf("the network is\n%s\nand was\n%s", now, was)
	}
	m.classic()
	if out := m.run("hostnet-module --format json " + kept); !strings.Contains(out, `"changed":false`) {
		m.t.Errorf("not the same: %.2000s", out)
	}
}
