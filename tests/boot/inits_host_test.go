//go:build labhost

package boot

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What waits for the network, as xendomains does, and notes what it finds; and ifupdown, which notes what was there before it.
const (
	waiter = `#!/bin/sh
### BEGIN INIT INFO
# Provides: waiter
# Required-Start: $network $remote_fs
# Required-Stop:
# Default-Start: 2 3 4 5
# Default-Stop:
# Short-Description: stands for xendomains
### END INIT INFO
[ "$1" != start ] || { ip -br addr; cat /run/hostnet/result.json; echo noted; } >/run/waiter 2>&1
exit 0
`
	loopback = "auto lo\niface lo inet loopback\n\tpre-up ip -br addr >/run/networking\n"
)

// inits are those that are not systemd, with what a service that waits for the network is to them.
var inits = []struct {
	name, manager, enable string
	packages              []string
}{
	{"sysvinit", "sysvinit", "update-rc.d waiter defaults", []string{"sysvinit-core", "sysv-rc", "insserv", "startpar", "orphan-sysvinit-scripts"}},
	{"openrc", "OpenRC", "rc-update add waiter default", []string{"sysvinit-core", "openrc"}},
}

// TestInits: on a host without systemd what a run has made comes back at each boot, before networking and whatever waits for the network;
// a bad document does not cost the boot, and uninstalled it is as if we had never been there.
func TestInits(t *testing.T) {
	for _, row := range inits {
		t.Run(row.name, func(t *testing.T) {
			c := bareContainer(t, "13", map[string]string{"/usr/sbin/policy-rc.d": "#!/bin/sh\nexit 101\n", "/root/host.yaml": plain,
				"/root/gone.yaml": "bridges: [{name: vlan48, state: absent}]\n"})
			c.executable("/usr/sbin/policy-rc.d", "")
			c.install(append(row.packages, "initscripts", "ifupdown", "systemd-sysv-")...)
			os.Remove(filepath.Join(c.root, "/usr/lib/systemd/systemd")) // systemd-nspawn would take it before /sbin/init
			c.put("/etc/network/interfaces", loopback)
			c.put("/etc/init.d/waiter", waiter)
			c.executable("/etc/init.d/waiter", "")
			c.executable("/root/hostnet-module", "../../bin/hostnet-module")
			c.chroot(row.enable)
			c.up = "grep -q noted /run/waiter"
			c.boot()
			c.persists(row.manager)
		})
	}
}

// persists goes through the life of a document on a container that boots without us at first.
func (c *container) persists(manager string) {
	c.t.Helper()
	const run = "/root/hostnet-module --format json /root/"
	const left = "find /etc /usr /var/lib -xdev -name '*hostnet*'"
	c.want("cat /proc/1/comm", 0, "init")
	c.want(run+"host.yaml", 0, `"kind":"boot"`, "/etc/init.d/hostnet ("+manager+")", `"changed":true`)
	c.want(run+"host.yaml", 0, `"changed":false`)
	c.reboot()
	c.want("cat /run/networking", 0, "192.0.2.10/24", "vlan48")
	c.want("cat /run/waiter", 0, "192.0.2.10/24", "vlan48", `"source":"`+kept+`","fallback":false`)
	c.want(run+"host.yaml", 0, `"changed":false`)
	c.want(run+"gone.yaml", 0, `"changed":true`)
	c.put(kept, "bridges: [{name: vlan16, adresses: []}]\n")
	c.reboot()
	c.want("cat /run/waiter", 0, "192.0.2.10/24", `"fallback":true`)
	if said := c.console(); !strings.Contains(said, "adresses") {
		c.t.Errorf("nothing on the console about the bad document:\n%s", said)
	}
	c.want("rm -r "+kept+" /etc/hostnet/previous; ip link del vlan16; ip link del vlan48; "+run+"host.yaml && "+run+"gone.yaml", 0)
	c.reboot()
	c.want("cat /run/waiter && ! grep vlan48 /run/waiter", 0, "192.0.2.10/24", `"fallback":false`)
	c.want("/root/hostnet-module uninstall && rm /root/hostnet-module", 0)
	if out, _ := c.try(left); out != "" {
		c.t.Errorf("left:\n%s", out)
	}
	c.reboot()
	c.want("cat /run/waiter; ! grep vlan /run/waiter && ! ls -d /run/hostnet", 0, "noted")
}

// executable makes a file of the container one that can be run, a copy of from if that is not "".
func (c *container) executable(name, from string) {
	c.t.Helper()
	if from != "" {
		data, err := os.ReadFile(from)
		if err != nil {
			c.t.Fatal(err)
		}
		c.put(name, string(data))
	}
	if err := os.Chmod(filepath.Join(c.root, name), 0o755); err != nil {
		c.t.Fatal(err)
	}
}
