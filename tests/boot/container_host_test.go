//go:build labhost

package boot

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"hostnet-module/tests/await"
)

// A container boots the same Debian as a machine does, systemd and cloud-init, on this host's kernel in a network namespace of its own: in
// a second, where a machine takes a minute. It has neither cards nor udev, and what links this kernel knows: bridges.
type container struct {
	t    *testing.T
	root string
	init string // process 1, seen from here
	said string // a file with what its console shows, all boots
	up   string // a script that holds once everything has been started
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
	images, _ := filepath.Glob(filepath.Join(cache(t), "debian-"+release+"-*.img"))
	if len(images) != 1 {
		t.Fatalf("disks: %v", images)
	}
	root := t.TempDir()
	if out, err := exec.Command("/usr/sbin/debugfs", "-R", "rdump / "+root, images[0]).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return root
}

// cache is where the lab keeps what it has fetched.
func cache(t *testing.T) string {
	t.Helper()
	if folder := os.Getenv("HOSTNET_CACHE"); folder != "" {
		return folder
	}
	base, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(base, "hostnet-module")
}

// newContainer makes a container of a release with what an image builder puts in, and with files.
func newContainer(t *testing.T, release string, files map[string]string) *container {
	t.Helper()
	c := bareContainer(t, release, files)
	if out, err := exec.Command("../../bin/hostnet-module", "enable-boot", "--own-network", "--root", c.root).CombinedOutput(); err != nil {
		t.Fatalf("enable-boot: %v\n%s", err, out)
	}
	return c
}

// bareContainer is one without us.
func bareContainer(t *testing.T, release string, files map[string]string) *container {
	t.Helper()
	c := &container{t: t, root: tree(t, release), said: filepath.Join(t.TempDir(), "console"),
		up: "systemctl is-system-running --wait | grep -qx -e running -e degraded"}
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
		c.put(name, text)
	}
	return c
}

// put writes a file in the container, whether it runs or not.
func (c *container) put(name, text string) {
	c.t.Helper()
	path := filepath.Join(c.root, name)
	os.MkdirAll(filepath.Dir(path), 0o755)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		c.t.Fatal(err)
	}
}

// console is what it has shown since its last start.
func (c *container) console() string {
	data, err := os.ReadFile(c.said)
	if err != nil {
		c.t.Fatal(err)
	}
	return strings.ReplaceAll(string(data), "\r", "")
}

// boot starts it and waits until everything has been started.
func (c *container) boot() {
	c.t.Helper()
	// This host's cgroups may be those of version 1, without systemd: a version 2 of its own, in a mount namespace.
	cmd := exec.Command("unshare", "--mount", "--propagation", "private", "sh", "-c", `set -e
mount -t tmpfs tmpfs /sys/fs/cgroup; mount -t cgroup2 cgroup2 /sys/fs/cgroup
exec systemd-nspawn --quiet --directory "$0" --private-network --register=no --keep-unit --console=read-only --boot`, c.root)
	cmd.SysProcAttr = &unix.SysProcAttr{Setpgid: true}
	console, err := os.Create(c.said)
	if err != nil {
		c.t.Fatal(err)
	}
	defer console.Close()
	cmd.Stdout = console
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
	if !await.Until(await.Long, func() bool {
		children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", cmd.Process.Pid))
		if c.init = strings.TrimSpace(string(children)); c.init == "" || strings.Contains(c.init, " ") {
			return false
		}
		_, code := c.try(c.up)
		return code == 0
	}) {
		c.t.Fatalf("the container does not come up:\n%s", c.console())
	}
}

// reboot is a power cut and a new start.
func (c *container) reboot() { c.t.Helper(); c.end(); c.boot() }

func (c *container) try(script string) (string, int) {
	cmd := exec.Command("timeout", "300", "nsenter", "--target", c.init, "--all", "/bin/sh", "-c", script)
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
	extended := map[int]string{0: "extended_status: done", 2: "extended_status: degraded done"}[status]
	c.want("cloud-init status --wait >/dev/null; cloud-init status --long", status, "status: done", extended)
	c.want("head -c 200 /run/hostnet/result.json", 0, `"source":"`+source+`","fallback":false`)
	c.want("ip -br addr", 0, "192.0.2.10/24", "vlan48")
	if out, code := c.try("journalctl -b --no-pager | grep -i 'ordering cycle'"); code == 0 {
		c.t.Error(out)
	}
}
