//go:build labhost

// Package boot boots real Debian machines in the lab, with systemd, udev, ifupdown and cloud-init as the releases have them. Its
// tests run on the host and start machines themselves. With HOSTNET_BOOT=all they do everything, else what two minutes a release allow.
package boot

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"hostnet-module/tests/await"
)

// all tells that the long versions are asked for.
var all = os.Getenv("HOSTNET_BOOT") == "all"

// The cards of a machine. They are on one wire; the peer becomes a router in a namespace of the machine.
const (
	mac0 = "52:54:00:00:00:01"
	mac1 = "52:54:00:00:00:02"
	mac2 = "52:54:00:00:00:03" // comes late, where a machine has it
	peer = "52:54:00:00:00:0f"

	path0 = "pci-0000:00:10.0" // of the first one: card N is in slot 16 + N
)

// machine is a running one.
type machine struct {
	t    *testing.T
	name string
	dir  string
}

// start boots a machine from a fresh disk. Files lie on it before the first boot.
func start(t *testing.T, release string, files map[string]string, args ...string) *machine {
	t.Helper()
	return launch(t, release, image(t, files, "--own-network"), []string{mac0, mac1, peer}, args...)
}

// launch boots a machine with the files of a folder and with some cards.
func launch(t *testing.T, release, root string, cards []string, args ...string) *machine {
	t.Helper()
	m := &machine{t: t, name: fmt.Sprintf("boot-%s-%d", strings.ToLower(regexp.MustCompile(`\W+`).ReplaceAllString(t.Name(), "-")), os.Getpid())}
	argv := []string{"debian", "--release", release, "--name", m.name, "--file", root + ":/"}
	for _, card := range cards {
		argv = append(argv, "--nic", card)
	}
	argv = append(argv, args...)
	cmd := exec.Command("../../bin/lab", argv...)
	cmd.SysProcAttr = &unix.SysProcAttr{Pdeathsig: unix.SIGTERM}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var errs bytes.Buffer
	cmd.Stderr = &errs
	// The machine dies with the thread that started it.
	up, done := make(chan error), make(chan struct{})
	go func() {
		runtime.LockOSThread()
		up <- cmd.Start()
		<-done
	}()
	if err := <-up; err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stdin.Close()
		io.Copy(io.Discard, stdout)
		cmd.Wait()
		close(done)
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("the machine does not start: %v\n%s", err, errs.String())
	}
	m.dir = strings.TrimSpace(line)
	return m
}

// image is what an image builder does: the program, with its units, below a folder that looks like the new system.
func image(t *testing.T, files map[string]string, how ...string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if target, ok := strings.CutPrefix(text, "-> "); ok {
			if err := os.Symlink(target, path); err != nil {
				t.Fatal(err)
			}
		} else if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	// enable-boot looks for who starts services and for cloud-init: marks of both, taken away again.
	marks := []string{"run/systemd/system/x", "usr/bin/cloud-init"}
	for _, name := range marks {
		path := filepath.Join(root, name)
		os.MkdirAll(filepath.Dir(path), 0o755)
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	settings := filepath.Join(root, "etc/cloud/cloud.cfg.d")
	os.MkdirAll(settings, 0o755)
	// The disk is as large as it will be; newest's has no program that would make it larger.
	if err := os.WriteFile(filepath.Join(settings, "11_image.cfg"), []byte("resize_rootfs: false\ngrowpart: {mode: \"off\"}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("../../bin/hostnet-module", append([]string{"enable-boot", "--root", root}, how...)...).CombinedOutput(); err != nil {
		t.Fatalf("enable-boot: %v\n%s", err, out)
	}
	for _, name := range marks {
		os.Remove(filepath.Join(root, name))
	}
	return root
}

// try runs a script in the machine, which it waits for.
func (m *machine) try(limit time.Duration, script string) (stdout string, code int) {
	m.t.Helper()
	cmd := exec.Command("../../bin/lab", "exec", "--name", m.name, "--timeout", limit.String(), script)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		m.t.Fatal(err)
	}
	if code = cmd.ProcessState.ExitCode(); code == 125 {
		return errs.String(), code
	}
	return out.String() + errs.String(), code
}

// run is try for what must not fail.
func (m *machine) run(script string) string {
	m.t.Helper()
	out, code := m.try(bootTime, script)
	if code != 0 {
		m.t.Fatalf("%s: exit %d\n%s", script, code, out)
	}
	return out
}

// put writes a file in the machine.
func (m *machine) put(name, text string) {
	m.t.Helper()
	cmd := exec.Command("../../bin/lab", "exec", "--name", m.name, "--input", "mkdir -p $(dirname "+name+"); cat >"+name)
	cmd.Stdin = strings.NewReader(text)
	if out, err := cmd.CombinedOutput(); err != nil {
		m.t.Fatalf("%s: %v\n%s", name, err, out)
	}
}

func (m *machine) monitor(command ...string) {
	m.t.Helper()
	if out, err := exec.Command("../../bin/lab", append([]string{"monitor", "--name", m.name}, command...)...).CombinedOutput(); err != nil {
		m.t.Fatalf("monitor %v: %v\n%s", command, err, out)
	}
}

// plug puts a card that was declared late into its slot. n is its place among the cards.
func (m *machine) plug(n int, mac string) {
	m.t.Helper()
	m.monitor("device_add", fmt.Sprintf("virtio-net-pci,netdev=wire%d,id=nic%[1]d,mac=%s,romfile=,addr=%#x", n, mac, 16+n))
}

// console is all that the machine has said there, all boots.
func (m *machine) console() string {
	data, err := os.ReadFile(filepath.Join(m.dir, "console.log"))
	if err != nil {
		m.t.Fatal(err)
	}
	return strings.ReplaceAll(string(data), "\r", "")
}

// bootTime is the deadline of a boot, and of what a whole system has to do: an emulated Debian takes a minute, beside others many.
const bootTime = 20 * time.Minute

const bootID = "cat /proc/sys/kernel/random/boot_id"

// booting does what ends in a new boot, and waits until that is there.
func (m *machine) booting(do func()) {
	m.t.Helper()
	was := m.run(bootID)
	do()
	if !await.Until(bootTime, func() bool { id, code := m.try(20*time.Second, bootID); return code == 0 && id != was }) {
		m.t.Fatalf("no new boot\n%s", m.console())
	}
}

// reboot is an orderly one, cut is what a power failure does.
func (m *machine) reboot() {
	m.t.Helper()
	m.booting(func() { m.try(time.Minute, "systemctl reboot") })
	m.up()
}

func (m *machine) cut() {
	m.t.Helper()
	m.booting(func() { m.monitor("system_reset") })
	m.up()
}

// restart is a reboot after which something may have failed.
func (m *machine) restart() {
	m.t.Helper()
	m.booting(func() { m.try(time.Minute, "systemctl reboot") })
	m.settle()
}

// settle waits until systemd has tried to start everything.
func (m *machine) settle() {
	m.t.Helper()
	if out, _ := m.try(bootTime, "systemctl is-system-running --wait"); out != "running\n" && out != "degraded\n" {
		m.t.Fatalf("the system is %s\n%s", out, m.console())
	}
}

// up waits until systemd has started everything, and looks at what must be so after each boot.
func (m *machine) up() {
	m.t.Helper()
	if out, code := m.try(bootTime, "systemctl is-system-running --wait"); code != 0 {
		failed, _ := m.try(await.Long, "systemctl --failed --no-legend --no-pager; journalctl -b --no-pager -p warning | tail -40")
		m.t.Errorf("the system is %s\n%s", strings.TrimSpace(out), failed)
	}
	if out, _ := m.try(await.Long, "journalctl -b --no-pager | grep -i 'ordering cycle'"); out != "" {
		m.t.Error(out)
	}
	m.t.Logf("%s; %s", strings.TrimSpace(strings.ReplaceAll(m.run("systemd-analyze time"), "\n", " ")), m.share())
}

// share is our part of the boot.
func (m *machine) share() string {
	var told struct {
		Source  *string
		Seconds struct{ Total, Waiting float64 }
	}
	if err := json.Unmarshal([]byte(m.run("cat /run/hostnet/result.json 2>/dev/null || echo {}")), &told); err != nil {
		m.t.Error(err)
	}
	if told.Source == nil {
		return "without us"
	}
	return fmt.Sprintf("of that hostnet.service %.2f s, %.2f s of them waiting for cards", told.Seconds.Total, told.Seconds.Waiting)
}

// network is what runs, in a form that is the same whenever the network is: no indexes, no times, no states that come later.
func (m *machine) network() string {
	m.t.Helper()
	script := `ip -d -j addr | python3 -c '
import json, sys
for l in sorted(json.load(sys.stdin), key=lambda l: l["ifname"]):
    if l["ifname"] in ("lo",) or l.get("address") == "` + peer + `": continue
    info = l.get("linkinfo", {})
    data = {k: v for k, v in info.get("info_data", {}).items() if k in ("mode", "miimon", "id", "protocol", "vlan_filtering", "stp_state")}
    print(l.get("permaddr", l["ifname"] if info.get("info_kind") else l["address"]), info.get("info_kind"), "UP" in l["flags"], l["address"], l["mtu"], l.get("master"), data,
          sorted(a["local"] + "/" + str(a["prefixlen"]) for a in l["addr_info"] if not a["local"].startswith("fe80")))
'; ip -j route | python3 -c '
import json, sys
for r in sorted(json.load(sys.stdin), key=str): print(r["dst"], r.get("gateway"), r["dev"])'`
	lines := strings.Split(m.run(script), "\n") // in the order of names, which may be others
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// state of a link as sysfs tells it.
func (m *machine) link(name, file string) string {
	m.t.Helper()
	return strings.TrimSpace(m.run("cat /sys/class/net/" + name + "/" + file))
}

// router makes the peer's card a router in a namespace, with the VLANs that the document has, and asks it from the host.
func (m *machine) router() {
	m.t.Helper()
	m.run(`set -e; ip netns add r; nic=$(grep -l ` + peer + ` /sys/class/net/*/address | xargs -n1 dirname | xargs -n1 basename)
ip link set $nic netns r name up0; ip -n r link set up0 up
for v in 16:192.0.2.1 32:198.51.100.1; do id=${v%:*}; ip -n r link add v$id link up0 type vlan id $id; ip -n r addr add ${v#*:}/24 dev v$id; ip -n r link set v$id up; done
ping -c 5 -i 0.3 -w 20 192.0.2.1 >/dev/null; ping -c 1 -w 20 -I vlan32 198.51.100.1 >/dev/null; ip netns del r`)
}
