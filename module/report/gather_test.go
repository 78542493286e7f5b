package report

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hostnet-module/module/kind"
	"hostnet-module/module/plan"
	"hostnet-module/module/spec"
	"hostnet-module/module/state"
	"hostnet-module/tests/fake"
)

const running = `lo: up
  inet 127.0.0.1/8
eth0: up mtu 9000 address 00:16:3e:00:00:01 permaddr 00:16:3e:00:00:01 master bond0
eth1: up mtu 9000 address 00:16:3e:00:00:01 permaddr 00:16:3e:00:00:02 master bond0
eth2: up mtu 1500 address 00:16:3e:00:00:03 permaddr 00:16:3e:00:00:03
  inet 203.0.113.7/24 broadcast 203.0.113.255
bond0: bond up mtu 9000 address 00:16:3e:00:00:01 disable_ipv6 1 mode active-backup miimon 100 primary eth0 lp_interval 1
bond0.16: vlan link bond0 up mtu 9000 address 00:16:3e:00:00:01 master vlan16 id 16 protocol 802.1Q reorder_hdr on
bond0.48: vlan link bond0 up mtu 1500 address 00:16:3e:00:00:01 disable_ipv6 1 master vlan48 id 48 protocol 802.1Q
vlan16: bridge up mtu 9000 address 00:16:3e:00:00:01 forward_delay 1499 priority 4096 stp_state 0
  inet 192.0.2.10/24
  inet 2001:db8::10/64
  inet fe80::1/64
vlan48: bridge up mtu 1500 address 00:16:3e:00:00:01 disable_ipv6 1 vlan_filtering 1
vif1.0: up mtu 1500 address fe:ff:ff:ff:ff:ff master vlan16
route default via 192.0.2.1 dev vlan16
route 198.51.100.0/24 via 192.0.2.2 dev vlan16 metric 50
`

func TestGathered(t *testing.T) {
	h, err := fake.Parse(running)
	if err != nil {
		t.Fatal(err)
	}
	for i := range h.Routes {
		h.Routes[i].Proto = state.ProtoStatic
	}
	for _, option := range []string{"learning=on", "flood=on", "priority=32", "cost=2", "mcast_flood=on", "bcast_flood=on", "hairpin=off"} {
		name, text, _ := strings.Cut(option, "=")
		row := kind.Bridge.Port.Must(name)
		v, err := row.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		h.Link("bond0.16").Port.Put(row, v)
	}
	r := Gathered(h)
	text := string(r.Document.YAML())
	want := `ethernets:
  - name: eth2
    addresses: [203.0.113.7/24]
bonds:
  - name: bond0
    mtu: 9000
    mode: active-backup
    miimon: 100
    primary: eth0
    members: [eth0, eth1]
vlans:
  - name: bond0.16
    parent: bond0
    id: 16
    ipv6: auto
  - name: bond0.48
    parent: bond0
    mtu: 1500
    id: 48
bridges:
  - name: vlan16
    mtu: 9000
    priority: 4096
    ports: [bond0.16]
    addresses: [192.0.2.10/24, "2001:db8::10/64"]
    gateway: 192.0.2.1
    routes:
      - to: 198.51.100.0/24
        via: 192.0.2.2
        metric: 50
  - name: vlan48
    ports: [bond0.48]
    host_access: false
`
	if d := cmp.Diff(want, text); d != "" {
		t.Errorf("%s\n%s", d, text)
	}
	if r.Msg != "gathered 6 objects" || len(r.Warnings) > 0 {
		t.Error(r.Msg, r.Warnings)
	}
	doc, problems, _ := spec.Read([]byte(text), "gathered.yaml")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	p, problems, err := plan.Make(doc, h, plan.Last{})
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	for _, s := range p.Steps {
		t.Errorf("what was gathered changes the host: %s", s)
	}
}
