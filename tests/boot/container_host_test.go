//go:build labhost

package boot

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A container boots the same Debian as a machine does, systemd and cloud-init, on this host's kernel in a network namespace of its own: in
// a second, where a machine takes a minute. It has neither cards nor udev, and what links this kernel knows: bridges.
type container struct {
	t    *testing.T
	root string
	init string // process 1, seen from here
	end  func()
}

// plain is a document for a host without cards.
const plain = "bridges:\n  - {name: vlan16, addresses: [192.0.2.10/24]}\n  - {name: vlan48}\n"

// tree takes a release's disk apart, once a test.
func tree(t *testing.T, release string) string {
	t.Helper()
	if out, err := exec.Command("../../bin/lab", "fetch", "--disk", "--kernel", release).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	cache := os.Getenv("HOSTNET_CACHE")
	if cache == "" {
		base, err := os.UserCacheDir()
		if err != nil {
			t.Fatal(err)
		}
		cache = filepath.Join(base, "hostnet-module")
	}
	images, _ := filepath.Glob(filepath.Join(cache, "debian-"+release+"-*.img"))
	if len(images) != 1 {
		t.Fatalf("disks: %v", images)
	}
	root := t.TempDir()
	if out, err := exec.Command("/usr/sbin/debugfs", "-R", "rdump / "+root, images[0]).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return root
}

// newContainer makes a container of a release with what an image builder puts in, and with files.
func newContainer(t *testing.T, release string, files map[string]string) *container {
	c := &container{t: t, root: tree(t, release)}
	var uname unix.Utsname
	if err := unix.Uname(&uname); err != nil {
		t.Fatal(err)
	}
	all := map[string]string{ // whose kernel is this host's
		"/usr/lib/modules/" + unix.ByteSliceToString(uname.Release[:]) + "/modules.builtin": "kernel/net/bridge/bridge.ko\n",
	}
	for name, text := range files {
		all[name] = text
	}
	for name, text := range all {
		path := filepath.Join(c.root, name)
		os.MkdirAll(filepath.Dir(path), 0o755)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command("../../bin/hostnet-module", "enable-boot", "--own-network", "--root", c.root).CombinedOutput(); err != nil {
		t.Fatalf("enable-boot: %v\n%s", err, out)
	}
	return c
}

// boot starts it and waits until everything has been started.
func (c *container) boot() {
	c.t.Helper()
	// This host's cgroups may be those of version 1, without systemd: a version 2 of its own, in a mount namespace.
	cmd := exec.Command("unshare", "--mount", "--propagation", "private", "sh", "-c", `set -e
mount -t tmpfs tmpfs /sys/fs/cgroup; mount -t cgroup2 cgroup2 /sys/fs/cgroup
exec systemd-nspawn --quiet --directory "$0" --private-network --register=no --keep-unit --console=pipe --boot`, c.root)
	cmd.SysProcAttr = &unix.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	c.end = func() {
		// Its process 1 outlives systemd-nspawn, and would be in the way of the next one.
		if pid, err := strconv.Atoi(c.init); err == nil {
			unix.Kill(pid, unix.SIGKILL)
		}
		unix.Kill(-cmd.Process.Pid, unix.SIGKILL)
		cmd.Wait()
		c.init = ""
	}
	c.t.Cleanup(c.end)
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(100 * time.Millisecond) {
		children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", cmd.Process.Pid))
		if c.init = strings.TrimSpace(string(children)); c.init != "" && !strings.Contains(c.init, " ") {
			if out, _ := c.try("systemctl is-system-running --wait"); strings.TrimSpace(out) == "running" || strings.TrimSpace(out) == "degraded" {
				return
			}
		}
		if time.Now().After(end) {
			c.t.Fatal("the container does not come up")
		}
	}
}

// reboot is a power cut and a new start.
func (c *container) reboot() { c.t.Helper(); c.end(); c.boot() }

func (c *container) try(script string) (string, int) {
	cmd := exec.Command("timeout", "60", "nsenter", "--target", c.init, "--all", "/bin/sh", "-c", script)
	cmd.Env = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin", "LC_ALL=C.UTF-8"}
	out, _ := cmd.CombinedOutput()
	return string(out), cmd.ProcessState.ExitCode()
}

// want runs a script and looks for words in what it says.
func (c *container) want(script string, status int, words ...string) {
	c.t.Helper()
	out, code := c.try(script)
	if code != status {
		c.t.Errorf("%s: exit %d, want %d\n%s", script, code, status, out)
	}
	for _, w := range words {
		if !strings.Contains(out, w) {
			c.t.Errorf("%s: no %q in\n%s", script, w, out)
		}
	}
}

// works looks at a boot: nothing has failed, cloud-init is as it should be, the bridges were there before who waits for the network.
func (c *container) works(status int, source string) {
	c.t.Helper()
	c.want("systemctl is-system-running; systemctl --failed --no-legend", 0, "running")
	c.want("cloud-init status --wait >/dev/null; cloud-init status", status, "status: done")
	c.want("head -c 200 /run/hostnet/result.json", 0, `"source":"`+source+`","fallback":false`)
	c.want("ip -br addr", 0, "192.0.2.10/24", "vlan48")
	if out, code := c.try("journalctl -b --no-pager | grep -i 'ordering cycle'"); code == 0 {
		c.t.Error(out)
	}
}

// TestChannels: every way in which a document comes with a machine, with the releases of cloud-init.
func TestChannels(t *testing.T) {
	under := "hostnet:\n" + indented(plain)
	const elsewhere = "/srv/seed/" // a seed that cloud-init alone knows of
	seedfrom := map[string]string{"/etc/cloud/cloud.cfg.d/98_seed.cfg": "datasource: {NoCloud: {seedfrom: \"file:///srv/seed/\"}}\n"}
	for _, release := range []string{"13", "newest"} { // 12 is TestStory's; in such a container its systemd does not come to an end
		const strict = 2 // the schema knows no key hostnet
		for _, row := range []struct {
			name   string
			files  map[string]string
			source string // "": late
			status int
		}{
			{"meta-data", map[string]string{seed + "meta-data": metaData + under, seed + "user-data": "#cloud-config\n{}\n"}, seed + "meta-data", 0},
			{"part", map[string]string{seed + "meta-data": metaData, seed + "user-data": multipart(plain)}, seed + "user-data (text/x-hostnet)", 0},
			{"user-data", map[string]string{seed + "meta-data": metaData, seed + "user-data": "#cloud-config\n" + under}, seed + "user-data", strict},
			{"late part", map[string]string{elsewhere + "meta-data": metaData, elsewhere + "user-data": multipart(plain)}, "", 0},
			{"late vendor-data", map[string]string{elsewhere + "meta-data": metaData, elsewhere + "user-data": "#cloud-config\n{}\n", elsewhere + "vendor-data": "#cloud-config\n" + under}, "", 0},
		} {
			t.Run(regexp.MustCompile(" ").ReplaceAllString(release+" "+row.name, "_"), func(t *testing.T) {
				if row.source == "" {
					for name, text := range seedfrom {
						row.files[name] = text
					}
				}
				c := newContainer(t, release, row.files)
				c.boot()
				if row.source == "" {
					c.want("for i in $(seq 150); do [ -e "+kept+" ] && [ -e /sys/class/net/vlan48 ] && exit 0; sleep 0.2; done; exit 1", 0)
				} else {
					c.works(row.status, row.source)
				}
				c.reboot()
				c.works(row.status, kept)
				c.want("hostnet-module uninstall", 0)
				if out, _ := c.try("find / -xdev -name '*hostnet*' -not -path '/proc/*' -not -path '/run/*'"); out != "" {
					t.Errorf("left:\n%s", out)
				}
			})
		}
	}
}
