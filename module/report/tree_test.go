package report

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hostnet-module/module/attr"
	"hostnet-module/module/kind"
	"hostnet-module/module/state"
)

// link makes a link that is up and has carrier; sets are "name=value" in the words of a document.
func link(k, name string, sets ...string) *state.Link {
	l := &state.Link{Name: name, Kind: k, Seen: state.Seen{Carrier: true, Oper: "UP", Hardware: k == ""}}
	l.Attrs.Put(kind.Up, attr.On(true))
	l.Attrs.Put(kind.MTU, attr.Num(1500))
	for _, s := range sets {
		key, text, _ := strings.Cut(s, "=")
		switch key {
		case "parent":
			l.Parent = text
		case "master":
			l.Master = text
		case "address":
			l.Addresses = append(l.Addresses, state.Address{Prefix: netip.MustParsePrefix(text), Valid: state.Forever, Preferred: state.Forever})
		case "carrier":
			l.Seen.Carrier = text == "yes"
		case "speed":
			l.Seen.Speed = 10000
		case "self":
			l.VLANs = []state.VLAN{{ID: 1, PVID: true, Untagged: true}}
		default:
			row := l.K().Row(key)
			v, err := row.Parse(text)
			if err != nil {
				panic(err)
			}
			l.Attrs.Put(row, v)
		}
	}
	return l
}

func hostOf(links ...*state.Link) *state.Host {
	h := &state.Host{}
	for i, l := range links {
		l.Index = i + 1
		h.Add(l)
	}
	return h
}

func classic() *state.Host {
	lo := link("", "lo", "address=127.0.0.1/8", "mtu=65535")
	lo.Seen.Loopback, lo.Seen.Hardware = true, false
	h := hostOf(lo,
		link("", "eth0", "master=bond0", "speed="),
		link("", "eth1", "master=bond0", "carrier=no"),
		link("", "eth2", "up=no", "carrier=no"),
		link("bond", "bond0", "mode=active-backup", "active_slave=eth0", "speed="),
		link("vlan", "bond0.48", "id=48", "parent=bond0", "master=vlan48"),
		link("vlan", "bond0.16", "id=16", "parent=bond0", "master=vlan16"),
		link("vlan", "bond0.100", "id=100", "parent=bond0"),
		link("bridge", "vlan16", "address=192.0.2.10/24", "address=2001:db8::10/64", "address=fe80::1/64", "self=", "vlan_filtering=yes"),
		link("bridge", "vlan48", "vlan_filtering=yes"),
		link("", "vif1.0", "master=vlan16"),
		link("veth", "tap0", "master=vlan16", "mtu=1400"),
		link("bridge", "docker0", "carrier=no", "description=made by \x1b[31mdocker"),
	)
	h.Routes = []state.Route{
		{Dst: netip.MustParsePrefix("0.0.0.0/0"), Via: netip.MustParseAddr("192.0.2.1"), Dev: "vlan16", Table: 254, Type: 1},
		{Dst: netip.MustParsePrefix("::/0"), Via: netip.MustParseAddr("2001:db8::1"), Dev: "vlan16", Table: 254, Type: 1, Metric: 1024},
	}
	return h
}

func TestTree(t *testing.T) {
	rows := []struct {
		name  string
		host  *state.Host
		style Style
		want  string
	}{
		{"classic", classic(), Style{}, `
┌─ eth0          UP          10 Gb/s  active
├─ eth1          NO-CARRIER
bond0            UP          bond active-backup  active eth0  10 Gb/s  mtu 1500
├─ bond0.16      UP          vlan 16
│  └─ vlan16     UP          bridge  192.0.2.10/24  2001:db8::10/64  default via 192.0.2.1  default via 2001:db8::1
│     ├─ tap0    UP          veth  mtu 1400
│     └─ vif1.0  UP
├─ bond0.48      UP          vlan 48
│  └─ vlan48     UP          bridge  dumb
└─ bond0.100     UP          vlan 100
docker0          NO-CARRIER  bridge  mtu 1500  "made by \x1b[31mdocker"
eth2             DOWN        mtu 1500
`},
		{"narrow, ASCII", classic(), Style{Width: 60, Plain: true}, strings.ReplaceAll(`
,- eth0          UP          10 Gb/s  active
|- eth1          NO-CARRIER
bond0            UP          bond active-backup  active eth0
|                            10 Gb/s  mtu 1500
|- bond0.16      UP          vlan 16
|  '- vlan16     UP          bridge  192.0.2.10/24
|     |                      2001:db8::10/64
|     |                      default via 192.0.2.1
|     |                      default via 2001:db8::1
|     |- tap0    UP          veth  mtu 1400
|     '- vif1.0  UP
|- bond0.48      UP          vlan 48
|  '- vlan48     UP          bridge  dumb
'- bond0.100     UP          vlan 100
docker0          NO-CARRIER  bridge  mtu 1500
                             "made by \x1b[31mdocker"
eth2             DOWN        mtu 1500
`, "'", "`")},
		{"two uplinks, and NICs without a bond", hostOf(
			link("", "eth0", "master=br0"), link("", "eth1", "master=br0"), link("bridge", "br0"),
			link("", "eth3"), link("vlan", "eth3.5", "id=5", "parent=eth3", "master=br0", "protocol=802.1ad"),
			link("bond", "bond1", "mode=802.3ad"), link("vlan", "eth3.6", "id=6", "parent=eth3", "master=bond1"),
		), Style{}, `
eth3           UP  mtu 1500
├─ eth3.5      UP  vlan 5 802.1ad
│  └─ br0      UP  bridge
│     ├─ eth0  UP
│     └─ eth1  UP
└─ eth3.6      UP  vlan 6  member of bond1
bond1          UP  bond 802.3ad  mtu 1500
`},
		{"a loop that cannot be", hostOf(
			link("vlan", "a", "parent=b", "id=1"), link("vlan", "b", "parent=a", "id=2"), link("vlan", "c", "parent=b", "id=3"),
		), Style{}, `
a  UP  vlan 1  mtu 1500
b  UP  vlan 2  mtu 1500
c  UP  vlan 3  mtu 1500
`},
		{"guests alone on a bridge", hostOf(link("bridge", "br0"), link("", "vif1.0", "master=br0")), Style{Color: true}, "\n" +
			"\x1b[1mbr0\x1b[0m        \x1b[32mUP\x1b[0m  bridge  mtu 1500\n" +
			"\x1b[2m└─ \x1b[0m\x1b[1mvif1.0\x1b[0m  \x1b[32mUP\x1b[0m\n"},
		{"empty", hostOf(), Style{}, "\nno links\n"},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			var b strings.Builder
			if err := Tree(&b, r.host, r.style); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(strings.TrimPrefix(r.want, "\n"), b.String()); d != "" {
				t.Error(d)
				t.Log("\n" + b.String())
			}
		})
	}
}

func TestTreeShowsEveryLinkOnce(t *testing.T) {
	h := classic()
	var b strings.Builder
	if err := Tree(&b, h, Style{}); err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Count(b.String(), "\n"), len(h.Links)-1; got != want { // all but lo
		t.Errorf("%d lines for %d links", got, want)
	}
}

func TestNatural(t *testing.T) {
	sorted := []string{"bond0", "bond0.2", "bond0.16", "bond1", "eth0", "eth9", "eth10", "vif1.0", "vif10.0"}
	for i := range sorted {
		for j := range sorted {
			got := natural(sorted[i], sorted[j])
			if got < 0 != (i < j) || got > 0 != (i > j) {
				t.Errorf("natural(%q, %q) = %d", sorted[i], sorted[j], got)
			}
		}
	}
}
