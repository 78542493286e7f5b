//go:build lab

// Package udev runs the program beside a running udev, whose policy gives new bonds and bridges MACs of its own: `make real` starts a
// machine with it (bin/lab run --udev).
package udev

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

const document = `
bonds: [{name: bond0, mode: active-backup, miimon: 100, members: [eth0, eth1]}]
segments:
  - {id: 16, parent: bond0, bridge: vlan16, addresses: [192.0.2.10/24]}
  - {id: 48, parent: bond0, bridge: vlan48}
bridges: [{name: br9, mac: "00:16:3e:00:00:99"}, {name: br8, ports: [eth2]}]
`

// ip runs a command line in the machine's own namespace: udev hears of no other.
func ip(t *testing.T, line string) string {
	t.Helper()
	out, err := exec.Command("sh", "-c", line).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v: %s", line, err, out)
	}
	return string(out)
}

func mac(t *testing.T, dev string) string {
	t.Helper()
	data, err := os.ReadFile("/sys/class/net/" + dev + "/address")
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(data))
}

func settle(t *testing.T) {
	t.Helper()
	ip(t, "udevadm settle --timeout=120")
}

// apply runs the document and tells whether anything changed, and how long it took.
func apply(t *testing.T) (changed bool, took time.Duration) {
	t.Helper()
	start := time.Now()
	cmd := exec.Command("/usr/bin/hostnet-module", "--format", "json", "-")
	cmd.Stdin = strings.NewReader(document)
	out, err := cmd.Output()
	took = time.Since(start)
	var r struct {
		Changed bool
		Steps   []string
	}
	if err != nil || json.Unmarshal(out, &r) != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if r.Changed {
		t.Logf("%d steps in %v", len(r.Steps), took.Round(time.Millisecond))
	}
	return r.Changed, took
}

// TestMACPolicy: udev gives what ip makes another MAC, and what the document makes keeps the planned one, also where a bridge of
// somebody else has been adopted after udev was at it.
func TestMACPolicy(t *testing.T) {
	if _, err := os.Stat("/usr/bin/udevadm"); err != nil {
		t.Fatal("no udev in this machine; start the lab with --udev")
	}
	for i, nic := range []string{"eth0", "eth1", "eth2"} {
		ip(t, "ip link add "+nic+" address 00:16:3e:00:00:0"+string(rune('1'+i))+" type veth peer name p"+nic+" && ip link set p"+nic+" up && ip link set "+nic+" up")
	}
	_, quick := apply(t)
	for _, dev := range []string{"vlan16", "vlan48", "br8", "br9", "bond0"} {
		ip(t, "ip link del "+dev)
	}

	ip(t, "echo 0123456789abcdef0123456789abcdef >/etc/machine-id; mkdir -p /run/udev; /usr/lib/systemd/systemd-udevd --daemon && udevadm control --ping")
	ip(t, "udevadm control --stop-exec-queue; ip link add br7 type bridge; ip link add br8 type bridge")
	was := mac(t, "br7")
	ip(t, "udevadm control --start-exec-queue")
	settle(t)
	if mac(t, "br7") == was {
		t.Fatalf("udev leaves a bridge of ip's alone (%s): its policy is not at work, and this test says nothing", was)
	}
	adopted := mac(t, "br8")

	changed, slow := apply(t)
	t.Logf("the run took %v without udev, %v with it", quick.Round(time.Millisecond), slow.Round(time.Millisecond))
	if !changed {
		t.Error("nothing changed")
	}
	settle(t)
	for dev, want := range map[string]string{"bond0": "00:16:3e:00:00:01", "bond0.16": "00:16:3e:00:00:01", "vlan16": "00:16:3e:00:00:01", "vlan48": "00:16:3e:00:00:01",
		"eth1": "00:16:3e:00:00:01", "br9": "00:16:3e:00:00:99"} {
		if got := mac(t, dev); got != want {
			t.Errorf("%s has %s, not %s", dev, got, want)
		}
	}
	if got := mac(t, "br8"); got != adopted {
		t.Errorf("the adopted bridge has %s, had %s", got, adopted)
	}
	if changed, _ := apply(t); changed {
		t.Error("changed again")
	}
}
