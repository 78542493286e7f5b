package plan_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"

	"hostnet-module/module/attr"
	"hostnet-module/module/kind"
	"hostnet-module/module/plan"
	"hostnet-module/module/state"
)

// TestPathFromAnywhereToAnywhere takes random hosts with the same NICs and asks for the way from one to another, and back:
// the model must accept every step, and there must be nothing left to do at the end.
func TestPathFromAnywhereToAnywhere(t *testing.T) {
	for seed := range uint64(3000) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		from, to := randomHost(rnd), randomHost(rnd)
		for _, way := range [][2]*state.Host{{from, to}, {to, from}} {
			if err := walk(way[0], way[1]); err != nil {
				t.Fatalf("seed %d: %v\nfrom:\n%s\nto:\n%s", seed, err, way[0], way[1])
			}
		}
	}
}

// walk takes the path and looks at the end whether anything is missing or too much.
func walk(from, to *state.Host) error {
	steps, err := plan.Retrace(from, plan.Goal(to))
	if err != nil {
		return err
	}
	at := from.Clone()
	for _, s := range steps {
		if err := at.Apply(s); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	return arrived(at, plan.Goal(to))
}

// arrived compares without the planner's own eyes: links, masters, attributes, addresses, routes.
func arrived(at, goal *state.Host) error {
	if len(at.Links) != len(goal.Links) {
		return fmt.Errorf("%d links instead of %d:\n%s", len(at.Links), len(goal.Links), at)
	}
	for _, g := range goal.Links {
		l := at.Link(g.Name)
		if l == nil || l.Master != g.Master || l.Parent != g.Parent || l.Kind != g.Kind {
			return fmt.Errorf("%s is wrong:\n%s", g.Name, at)
		}
		for r, v := range g.Attrs.All() {
			if have, ok := l.Attrs.Get(r.Name); (ok || !r.Empty) && !r.Equal(have, v) && r.Applies(l.Attrs) {
				return fmt.Errorf("%s: %s is %s instead of %s", g.Name, r.Name, r.Text(have), r.Text(v))
			}
		}
		if len(l.Addresses) != len(g.Addresses) {
			return fmt.Errorf("%s: %v instead of %v", g.Name, l.Addresses, g.Addresses)
		}
		for _, a := range g.Addresses {
			if have := l.Address(a.Key()); have == nil || !a.Same(*have) {
				return fmt.Errorf("%s: %s is missing", g.Name, a)
			}
		}
	}
	if len(at.Routes) != len(goal.Routes) {
		return fmt.Errorf("routes %v instead of %v", at.Routes, goal.Routes)
	}
	return nil
}

// randomHost makes a host out of three NICs, up to two bonds, some VLANs and bridges, addresses and routes.
func randomHost(rnd *rand.Rand) *state.Host {
	h := &state.Host{}
	macs := map[string]string{"eth0": "00:16:3e:00:00:01", "eth1": "00:16:3e:00:00:02", "eth2": "00:16:3e:00:00:03"}
	for i, name := range []string{"eth0", "eth1", "eth2"} {
		l := &state.Link{Name: name, Index: i + 2, Seen: state.Seen{Hardware: true, PermMAC: macs[name]}}
		l.Attrs = common(rnd.IntN(3) > 0, 1500, macs[name])
		h.Add(l)
	}
	for i := range rnd.IntN(3) {
		randomBond(rnd, h, fmt.Sprintf("bond%d", i))
	}
	for i := range rnd.IntN(4) {
		randomVLAN(rnd, h, i)
	}
	for i := range rnd.IntN(3) {
		randomBridge(rnd, h, fmt.Sprintf("br%d", i))
	}
	randomLayer3(rnd, h)
	return h
}

func common(up bool, mtu uint64, mac string) attr.Set {
	return attr.Of(attr.Item{Row: kind.Up, Value: attr.On(up)}, attr.Item{Row: kind.MTU, Value: attr.Num(mtu)},
		attr.Item{Row: kind.MAC, Value: attr.Str(mac)}, attr.Item{Row: kind.AddrGenMode})
}

func randomBond(rnd *rand.Rand, h *state.Host, name string) {
	l := &state.Link{Name: name, Index: 10 + len(h.Links), Kind: "bond"}
	l.Attrs = common(rnd.IntN(4) > 0, uint64(1400+100*rnd.IntN(3)), fmt.Sprintf("02:00:00:00:00:%02x", rnd.IntN(250)))
	l.Attrs.Put(kind.Bond.Rows.Must("mode"), attr.Num(uint64(rnd.IntN(7))))
	l.Attrs.Put(kind.Bond.Rows.Must("fail_over_mac"), attr.Num(uint64(rnd.IntN(2))))
	l.Attrs.Put(kind.Bond.Rows.Must("miimon"), attr.Num(uint64(rnd.IntN(3)*50)))
	h.Add(l)
	for _, p := range h.Links[:3] {
		if p.Master == "" && rnd.IntN(3) == 0 {
			h.Join(p, name)
			p.Attrs = common(true, l.MTU(), l.MAC())
		}
	}
}

func randomVLAN(rnd *rand.Rand, h *state.Host, i int) {
	parent := h.Links[rnd.IntN(len(h.Links))]
	if parent.Master != "" || parent.Kind == "vlan" {
		return
	}
	l := &state.Link{Name: fmt.Sprintf("v%d", i), Index: 10 + len(h.Links), Kind: "vlan", Parent: parent.Name}
	l.Attrs = common(parent.Up() && rnd.IntN(4) > 0, min(parent.MTU(), uint64(1400+100*rnd.IntN(2))), parent.MAC())
	l.Attrs.Put(kind.VLAN.Rows.Must("id"), attr.Num(uint64(10+i+rnd.IntN(2)*10)))
	h.Add(l)
}

func randomBridge(rnd *rand.Rand, h *state.Host, name string) {
	l := &state.Link{Name: name, Index: 10 + len(h.Links), Kind: "bridge"}
	l.Attrs = common(rnd.IntN(4) > 0, 1500, fmt.Sprintf("06:00:00:00:00:%02x", rnd.IntN(250)))
	l.Attrs.Put(kind.Bridge.Rows.Must("stp_state"), attr.Num(uint64(rnd.IntN(2))))
	l.Attrs.Put(kind.Bridge.Rows.Must("forward_delay"), attr.Num(uint64(400+100*rnd.IntN(2))))
	l.VLANs = [][]state.VLAN{{}, {{ID: 1, PVID: true, Untagged: true}}}[rnd.IntN(2)]
	for _, p := range h.Links {
		if p.Master == "" && p.Kind != "bridge" && rnd.IntN(4) == 0 {
			h.Join(p, name)
		}
	}
	h.Add(l)
}

func randomLayer3(rnd *rand.Rand, h *state.Host) {
	for i, l := range h.Links {
		if l.Master != "" || rnd.IntN(2) == 0 {
			continue
		}
		net := fmt.Sprintf("198.51.%d", 100+i)
		l.Addresses = append(l.Addresses, address(net+".10/24"))
		if !l.Up() {
			continue
		}
		l.Addresses = append(l.Addresses, address(fmt.Sprintf("2001:db8:%d::10/64", i)))
		h.Routes = append(h.Routes, state.Route{Dst: netip.MustParsePrefix(fmt.Sprintf("203.0.%d.0/24", i)), Dev: l.Name,
			Via: netip.MustParseAddr(net + ".1"), Table: state.TableMain, Type: state.TypeUnicast, Proto: state.ProtoStatic})
	}
}

func address(text string) state.Address {
	return state.Address{Prefix: netip.MustParsePrefix(text), Valid: state.Forever, Preferred: state.Forever}
}
