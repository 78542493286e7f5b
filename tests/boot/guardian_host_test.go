//go:build labhost

package boot

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hostnet-module/tests/await"
)

// host is where a change waits for its confirmation: a machine or a container, with systemd, logind that ends what a session has left, and
// OpenSSH's server.
type host interface {
	try(script string) (out string, code int)
}

const (
	before  = "bridges: [{name: br0, mac: \"00:16:3e:00:05:01\", addresses: [198.51.100.10/24]}]\npersist: false\n"
	changed = "bridges: [{name: br0, addresses: [198.51.100.20/24]}, {name: br1, mac: \"00:16:3e:00:05:02\", addresses: [203.0.113.9/24]}]\npersist: false\nconfirm_timeout: 6\n"

	session = "sed -n 's,^0::,/sys/fs/cgroup,p' /proc/$(pidof hostnet-module)/cgroup"
	bySSH   = "(sleep 60 | ssh -tt -o StrictHostKeyChecking=no -o LogLevel=ERROR root@127.0.0.1 hostnet-module /root/changed.yaml >/root/said 2>&1) >/dev/null 2>&1 &"
)

// ends are the ways in which the caller of a change that waits to be confirmed is lost.
var ends = []struct{ name, start, end string }{
	{"SIGKILL", bySSH, "kill -9 $(pidof hostnet-module)"},
	{"terminal closed", bySSH, "kill -9 $(pidof ssh)"},
	{"session stopped", bySSH, "systemctl stop $(basename $(" + session + "))"},
	{"session killed", bySSH, "group=$(" + session + " | grep session-) && echo 1 >$group/cgroup.kill"},
	{"user logged out", bySSH, "loginctl terminate-user root; systemctl stop user-0.slice"},
	{"sshd restarted", bySSH, "systemctl restart ssh.service"},
	{"sshd killed", bySSH, "systemctl kill -s KILL ssh.service; systemctl kill -s KILL $(basename $(" + session + "))"},
	{"service stopped", "systemd-run --quiet --unit caller sh -c 'hostnet-module /root/changed.yaml; sleep 60'", "systemctl stop caller.service"},
	{"service ended", "systemd-run --quiet --unit caller hostnet-module /root/changed.yaml", "while systemctl is-active --quiet caller.service; do sleep 0.1; done"},
}

// withSSH makes a container that one can log into.
func withSSH(t *testing.T) *container {
	t.Helper()
	c := bareContainer(t, "13", map[string]string{
		"/etc/systemd/logind.conf.d/lab.conf": "[Login]\nKillUserProcesses=yes\n",
		"/etc/systemd/system.conf.d/lab.conf": "[Manager]\nDefaultTimeoutStopSec=1s\n", // then SIGKILL, before our time is over
		"/root/before.yaml":                   before, "/root/changed.yaml": changed})
	c.install("openssh-server", "openssh-client", "libpam-systemd")
	data, err := os.ReadFile("../../bin/hostnet-module")
	if err == nil {
		err = os.WriteFile(filepath.Join(c.root, "/usr/sbin/hostnet-module"), data, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	c.boot()
	c.want("ip link set lo up; mkdir -p -m 700 /root/.ssh && ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id_ed25519 && cp /root/.ssh/id_ed25519.pub /root/.ssh/authorized_keys && "+
		"systemctl start ssh.service && ssh -o StrictHostKeyChecking=no root@127.0.0.1 cat /proc/self/cgroup", 0, "session-")
	return c
}

// install installs packages as this host's apt reaches them, before the container is booted.
func (c *container) install(packages ...string) {
	c.t.Helper()
	acquire, err := exec.Command("apt-config", "dump", "--format", "%f \"%v\";%n", "Acquire").Output()
	if err != nil {
		c.t.Fatal(err)
	}
	c.put("/etc/apt/apt.conf.d/99host", string(acquire))
	for _, name := range []string{"/etc/resolv.conf", "/etc/hosts"} {
		if data, err := os.ReadFile(name); err == nil {
			c.put(name, string(data))
		}
	}
	c.chroot("apt-get -q update && apt-get -q -y --no-install-recommends --allow-remove-essential install " + strings.Join(packages, " "))
}

// chroot runs a script in the container's files, before it is booted.
func (c *container) chroot(script string) {
	c.t.Helper()
	script = "export DEBIAN_FRONTEND=noninteractive LC_ALL=C PATH=/usr/sbin:/usr/bin; " + script
	if out, err := exec.Command("chroot", c.root, "/bin/sh", "-c", script).CombinedOutput(); err != nil {
		c.t.Fatalf("%v: %s", err, out)
	}
}

// TestGuardian: whatever becomes of the caller of a change that waits to be confirmed, on a host with systemd, logind and OpenSSH, all is as
// before when the time is over: neither earlier nor later.
func TestGuardian(t *testing.T) {
	c := withSSH(t)
	for _, row := range ends {
		t.Run(strings.ReplaceAll(row.name, " ", "_"), func(t *testing.T) { lost(t, c, row.start, row.end) })
	}
}

const picture = "ip -br link; ip -br addr; ip route; ip -6 route | grep -v fe80; ip rule"

// lost has a change made, ends its caller, and looks when everything is as before.
func lost(t *testing.T, h host, start, end string) {
	t.Helper()
	do := func(script string) string {
		t.Helper()
		out, code := h.try(script)
		if code != 0 {
			t.Fatalf("%s: exit %d\n%s", script, code, out)
		}
		return out
	}
	do("hostnet-module /root/before.yaml")
	was := do(picture)
	do(start)
	var deadline time.Time
	if !await.Until(await.Long, func() bool {
		shown := show(t, do)
		if shown.Confirm != nil && shown.Confirm.Phase == "pending" {
			deadline = shown.Confirm.Deadline
		}
		return !deadline.IsZero()
	}) {
		said, _ := h.try("cat /root/said; journalctl -u caller.service --no-pager | tail -5")
		t.Fatalf("nothing waits to be confirmed: %s", said)
	}
	if now := do(picture); now == was || !strings.Contains(now, "203.0.113.9/24") {
		t.Errorf("not changed:\n%s", now)
	}
	do(end)
	if shown := show(t, do); shown.Confirm == nil {
		t.Fatalf("nothing waits any more: %+v", shown.Last)
	}
	var shown shown
	if !await.Until(await.Long, func() bool { shown = show(t, do); return shown.Last != nil && shown.Confirm == nil }) {
		t.Fatalf("not undone: %+v\n%s", shown.Confirm, do("cat /proc/[0-9]*/comm | sort | uniq -c; "+picture))
	}
	// The guardian's own note; both are cut to whole seconds. Too late is a guardian that has slept over its deadline.
	late := shown.Last.At.Sub(deadline)
	t.Logf("undone %v after the deadline", late)
	if late < 0 || late > 2*time.Minute || shown.Last.Outcome != "undone" {
		t.Errorf("undone %v after the deadline: %+v", late, shown.Last)
	}
	if now := do(picture); now != was {
		t.Errorf("it was\n%s\nand is\n%s", was, now)
	}
	h.try("systemctl stop caller.service; systemctl reset-failed; kill $(pidof ssh) $(pidof sleep); while pidof ssh hostnet-guardian; do sleep 0.1; done")
}

// shown is what `show` tells of confirmations.
type shown struct {
	Confirm *struct {
		Phase    string
		Deadline time.Time
	}
	Last *struct {
		Outcome, Msg string
		At           time.Time
	}
}

func show(t *testing.T, do func(string) string) (s shown) {
	t.Helper()
	if err := json.Unmarshal([]byte(do("hostnet-module show --format json")), &s); err != nil {
		t.Fatal(err)
	}
	return s
}
