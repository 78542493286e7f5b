//go:build labhost

package boot

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestPackage: an image builder installs the package, and that is enough: the document that comes with the machine is in force at its first
// boot, by an early and by a late channel. An upgrade keeps what was switched on or off. Removed and purged, it leaves nothing.
func TestPackage(t *testing.T) {
	list, err := filepath.Glob("../../dist/hostnet-module_*_amd64.deb")
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	deb, err := os.ReadFile(list[0])
	if err != nil {
		t.Fatal(err)
	}
	const find = "find / -xdev -name '*hostnet*' -not -path '/proc/*' -not -path '/run/*' -not -path '/tmp/*' -not -path '/var/log/*' -not -path '/var/lib/dpkg/info/*'"
	c := bareContainer(t, "13", map[string]string{seed + "meta-data": metaData + "hostnet:\n" + indented(plain), seed + "user-data": "#cloud-config\n{}\n",
		seed + "vendor-data": multipart("bridges: [{name: vlan64}]"), "/etc/cloud/cloud.cfg.d/99_none.cfg": "network: {config: disabled}\n", "/srv/package.deb": string(deb)})
	if out, err := exec.Command("chroot", c.root, "dpkg", "-i", "/srv/package.deb").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	c.boot()
	c.works(0, seed+"meta-data")
	c.want("systemctl is-enabled hostnet.service hostnet-wait-online.service hostnet-late.service hostnet-cloud-init.service", 0)
	c.want("for i in $(seq 150); do [ -e /sys/class/net/vlan64 ] && exit 0; sleep 0.2; done; exit 1", 0)
	c.want("systemctl show -p ExecStart hostnet.service; dpkg --verify hostnet-module; ls /usr/local/sbin", 0, "path=/usr/sbin/hostnet-module")
	c.want("dpkg-query -W -f '${Conffiles}' hostnet-module", 0, "/etc/hostnet/README")
	c.want("hostnet-module disable-boot && dpkg -i /srv/package.deb && ! systemctl is-enabled hostnet.service && test -e /etc/hostnet/boot-disabled", 0)
	c.want("hostnet-module enable-boot && dpkg -i /srv/package.deb && systemctl is-enabled hostnet.service", 0)
	c.want("dpkg -r hostnet-module && cat "+kept+" && ! ls /etc/systemd/system/*/hostnet* /usr/lib/python3/dist-packages/cc_hostnet.py /var/lib/cloud/handlers/* /etc/hostnet/boot-disabled", 0, "vlan16")
	c.want("ip -br addr; systemctl is-failed 'hostnet*' || true", 0, "192.0.2.10/24")
	c.want("dpkg -P hostnet-module", 0)
	if out, _ := c.try(find); out != "" {
		t.Errorf("left:\n%s", out)
	}
	c.reboot()
	c.want("systemctl is-system-running; ! ls -d /sys/class/net/vlan16 /run/hostnet", 0, "running")
}
