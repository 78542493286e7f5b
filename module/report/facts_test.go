package report

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hostnet-module/module/kind"
	"hostnet-module/tests/fake"
)

func TestFacts(t *testing.T) {
	h, err := fake.Parse(running)
	if err != nil {
		t.Fatal(err)
	}
	bond := h.Link("bond0")
	for _, set := range []string{"active_slave=eth0", "ad_partner_mac=00:16:3e:00:00:99", "ad_num_ports=2"} {
		name, text, _ := strings.Cut(set, "=")
		v, err := kind.Bond.Rows.Must(name).Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		bond.Attrs.Put(kind.Bond.Rows.Must(name), v)
	}
	state := kind.Bond.Port.Must("state")
	v, _ := state.Parse("active")
	h.Link("eth0").Port.Put(state, v)
	text, err := JSON(Facts(h))
	if err != nil {
		t.Fatal(err)
	}
	var f struct {
		Bonds []struct {
			Mode, Active string
			Members      []struct {
				Name   string
				Active bool
			}
			LACP struct {
				Partner string
				Members int
			}
		}
		VLANs   []struct{ Name, Parent, Master string }
		Bridges []struct {
			Name                     string
			Ports, Guests, Addresses []string
			HostAccess               bool `json:"host_access"`
		}
		Routes []struct{ To, Via, Dev, Family string }
	}
	if err := json.Unmarshal(text, &f); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	have, _ := json.Marshal(f)
	want := `{"Bonds":[{"Mode":"active-backup","Active":"eth0","Members":[{"Name":"eth0","Active":true},{"Name":"eth1","Active":false}],"LACP":{"Partner":"00:16:3e:00:00:99","Members":2}}],` +
		`"VLANs":[{"Name":"bond0.16","Parent":"bond0","Master":"vlan16"},{"Name":"bond0.48","Parent":"bond0","Master":"vlan48"}],` +
		`"Bridges":[{"Name":"vlan16","Ports":["bond0.16"],"Guests":["vif1.0"],"Addresses":["192.0.2.10/24","2001:db8::10/64","fe80::1/64"],"host_access":true},` +
		`{"Name":"vlan48","Ports":["bond0.48"],"Guests":[],"Addresses":[],"host_access":false}],` +
		`"Routes":[{"To":"default","Via":"192.0.2.1","Dev":"vlan16","Family":"ipv4"},{"To":"198.51.100.0/24","Via":"192.0.2.2","Dev":"vlan16","Family":"ipv4"}]}`
	if diff := cmp.Diff(want, string(have)); diff != "" {
		t.Error(diff)
	}
}
