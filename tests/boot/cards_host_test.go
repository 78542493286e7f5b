//go:build labhost

package boot

import (
	"strings"
	"testing"
	"time"
)

// TestCards: both cards of the bond are late. The first comes ten seconds after hostnet.service has begun to wait, and the boot goes on with
// it; the second when everything is up.
func TestCards(t *testing.T) {
	t.Parallel()
	m := launch(t, "12", image(t, with(map[string]string{kept: classic}), "--own-network"), []string{mac0 + ",late", mac1 + ",late", peer})
	m.await("our part of the boot waits", "test $(systemctl show -p ActiveState --value hostnet.service) = activating")
	time.Sleep(10 * time.Second)
	m.plug(0, mac0)
	m.up()
	if out := m.link("bond0", "bonding/slaves"); len(strings.Fields(out)) != 1 {
		t.Errorf("members: %q", out)
	}
	m.classic()
	if out := m.run("cat /run/hostnet/missing"); out != "{mac: "+mac1+"}\n" {
		t.Errorf("missing: %s", out)
	}
	m.plug(1, mac1)
	m.await("the second card is a member", "test $(wc -w </sys/class/net/bond0/bonding/slaves) = 2")
	m.router()
}
