//go:build labhost

package boot

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
)

// TestBootTime tells what a boot takes with us and without us, in turn, at the speed of this host, and how much of it is ours. The document
// has two bridges; what more there is to make costs what a run costs.
func TestBootTime(t *testing.T) {
	const units = "hostnet.service hostnet-late.service hostnet-wait-online.service hostnet-cloud-init.service"
	c := newContainer(t, "13", map[string]string{kept: plain, seed + "meta-data": metaData, seed + "user-data": "#cloud-config\n{}\n"})
	c.boot() // cloud-init does most of its work once
	var with, without, share []float64
	for range 5 {
		c.want("systemctl enable -q "+units, 0)
		c.reboot()
		with = append(with, c.seconds())
		var told struct{ Seconds struct{ Total float64 } }
		if out, _ := c.try("cat /run/hostnet/result.json"); json.Unmarshal([]byte(out), &told) != nil || told.Seconds.Total == 0 {
			t.Fatalf("no result: %s", out)
		}
		share = append(share, told.Seconds.Total)
		c.want("systemctl disable -q "+units, 0)
		c.reboot()
		c.want("! ls -d /run/hostnet /sys/class/net/vlan16", 0)
		without = append(without, c.seconds())
	}
	for _, list := range [][]float64{with, without, share} {
		slices.Sort(list)
	}
	t.Logf("median of 5 boots: %.2f s with us, %.2f s without us; hostnet.service by itself %.3f s", with[2], without[2], share[2])
	if share[2] > 0.5 {
		t.Errorf("hostnet.service took %v s", share)
	}
}

// seconds is how long systemd took to start everything.
func (c *container) seconds() float64 {
	c.t.Helper()
	out, code := c.try("systemctl show -p UserspaceTimestampMonotonic -p FinishTimestampMonotonic --value | grep .")
	var a, b float64
	if n, _ := fmt.Sscan(out, &a, &b); n != 2 || code != 0 || a == b {
		c.t.Fatalf("no times: %s", out)
	}
	return max(a-b, b-a) / 1e6
}
