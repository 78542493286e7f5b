package convert

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hostnet-module/module/spec"
)

// TestRenderIsUndoneByConvert renders random documents and converts the files back: what a program has words for comes back the same.
// networkd has no reader; that what is rendered for it means the document, its own program proves in tests/real/managers.
func TestRenderIsUndoneByConvert(t *testing.T) {
	for _, to := range []string{"ifupdown", "netplan"} {
		tried := 0
		for seed := range uint64(400) {
			g := &generator{rand.New(rand.NewPCG(seed, 7)), to, 0}
			text := g.document().YAML()
			doc, problems, _ := spec.Read(text, "document.yaml")
			if len(problems) > 0 {
				continue
			}
			out := Render(doc, to)
			if len(out.Left) > 0 && len(doc.Objects) == 0 {
				continue // rules alone have no link to stand at
			}
			if len(out.Left) > 0 {
				t.Errorf("%s %d: not rendered: %v\n%s", to, seed, out.Left, text)
				continue
			}
			tried++
			name := out.Files[0].Path
			r, _, err := from[to](files{name: out.Files[0].Text}, []string{name}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			back, problems, _ := spec.Read(r.Document.JSON(), "document.json")
			if len(problems) > 0 || len(r.Left) > 0 {
				t.Errorf("%s %d: %v, left: %v\n%s\n%s", to, seed, problems, r.Left, text, out.Files[0].Text)
				continue
			}
			if diff := cmp.Diff(objectsOf(doc), objectsOf(back)); diff != "" {
				t.Errorf("%s %d: -document +converted\n%s\n%s\n%s", to, seed, diff, text, out.Files[0].Text)
			}
			if t.Failed() {
				t.FailNow() // one is enough to read
			}
		}
		if tried < 200 {
			t.Errorf("%s: only %d documents were good", to, tried)
		}
	}
}

// objectsOf are a document's objects by name, and its rules, each as text. The order of lists that mean the same in any order does not count.
func objectsOf(doc *spec.Document) map[string]string {
	texts := map[string]string{}
	r := &rendering{doc: doc}
	for _, o := range doc.Objects {
		r.things = append(r.things, newThing(o))
	}
	for _, o := range doc.Objects {
		t := slices.DeleteFunc(newThing(o).tree, func(p pairOf) bool {
			dumb := o.HostAccess != nil && !*o.HostAccess // for which a bridge filters VLANs
			return p.Key == "host_access" && p.Value == true || p.Key == "vlan_filtering" && dumb || p.Key == "ipv6" && o.IPv6 == spec.IPv6Off && r.silentAnyway(o)
		})
		if o.Kind.Existing && len(t) == 1 { // a VLAN's parent, which convert names too
			continue
		}
		slices.SortFunc(t, func(a, b pairOf) int { return strings.Compare(a.Key, b.Key) })
		for i, p := range t {
			if list, ok := p.Value.([]any); ok && (p.Key == "routes" || p.Key == "gateway" || p.Key == "vlans") {
				slices.SortFunc(list, func(a, b any) int { return strings.Compare(oneLine(ordered(a)), oneLine(ordered(b))) })
			}
			if list, ok := p.Value.([]any); ok {
				for j := range list {
					list[j] = ordered(list[j])
				}
			}
			t[i] = p
		}
		texts[o.Kind.Name+" "+o.Name] = string(t.YAML())
	}
	rules, _ := member(doc.Encode(), "rules").([]any)
	for _, r := range rules {
		line := oneLine(ordered(r))
		texts["rule "+line] = line
	}
	return texts
}

// silentAnyway tells whether an object has no IPv6 also where it does not say so.
func (r *rendering) silentAnyway(o *spec.Object) bool {
	mute := *o
	mute.IPv6 = ""
	return r.silent(newThing(&mute))
}

func ordered(v any) any {
	t, ok := v.(tree)
	if !ok {
		return v
	}
	t = slices.Clone(t)
	slices.SortFunc(t, func(a, b pairOf) int { return strings.Compare(a.Key, b.Key) })
	return t
}

// generator makes documents of what a program has words for.
type generator struct {
	*rand.Rand
	to   string
	nets int
}

func (g *generator) some(percent int) bool { return g.IntN(100) < percent }

func (g *generator) oneOf(words ...string) string { return words[g.IntN(len(words))] }

func (g *generator) document() tree {
	var nics, bonds, vlans, bridges []any
	free := []string{"eth0", "eth1", "eth2", "eth3", "eth4", "eth5"}
	take := func(n int) (names []any) {
		for range min(n, len(free)) {
			names = append(names, free[0])
			free = free[1:]
		}
		return names
	}
	parents := []string{"eth5"}
	for i := range g.IntN(3) {
		if members := take(1 + g.IntN(2)); len(members) > 0 {
			name := fmt.Sprintf("bond%d", i)
			parents = append(parents, name)
			bonds = append(bonds, g.layer3(g.bond(name, members), 40))
		}
	}
	used := map[string]bool{}
	ports := []any{}
	for range g.IntN(5) {
		parent, id := g.oneOf(parents...), 2+g.IntN(8)
		name := g.oneOf(fmt.Sprintf("%s.%d", parent, id), fmt.Sprintf("vlan%d", id), fmt.Sprintf("lan%d", g.IntN(99)))
		if used[name] || used[fmt.Sprintf("%s %d", parent, id)] {
			continue
		}
		used[name], used[fmt.Sprintf("%s %d", parent, id)] = true, true
		v := tree{pair("name", name), pair("parent", parent), pair("id", uint64(id))}
		if g.to == "ifupdown" {
			v = g.rareVLAN(v)
		}
		if g.some(30) {
			ports = append(ports, name)
			vlans = append(vlans, g.link(v))
		} else {
			vlans = append(vlans, g.layer3(g.link(v), 70))
		}
	}
	for i := range g.IntN(3) {
		mine := take(g.IntN(2))
		if len(ports) > 0 && g.some(70) {
			mine, ports = append(mine, ports[0]), ports[1:]
		}
		if g.to == "netplan" && g.some(30) {
			mine = append(mine, tree{pair("mac", fmt.Sprintf("02:00:5e:00:54:%02x", i))})
		}
		b := g.bridge(fmt.Sprintf("br%d", i), mine)
		if g.to == "ifupdown" && !g.has(b, "vlan_filtering") && g.some(20) {
			bridges = append(bridges, append(b, pair("host_access", false)))
			continue
		}
		bridges = append(bridges, g.layer3(b, 60))
	}
	for _, name := range free {
		if g.some(40) && name != "eth5" {
			nics = append(nics, g.layer3(g.link(tree{pair("name", name)}), 90))
		}
	}
	doc := tree{}
	for _, l := range []struct {
		key  string
		list []any
	}{{"ethernets", nics}, {"bonds", bonds}, {"vlans", vlans}, {"bridges", bridges}, {"rules", g.rules()}} {
		if len(l.list) > 0 {
			doc = append(doc, pair(l.key, l.list))
		}
	}
	return doc
}

// link adds what all links can have.
func (g *generator) link(t tree) tree {
	if g.some(30) {
		t = append(t, pair("mtu", uint64(1300+g.IntN(100))))
	}
	if g.some(15) {
		t = append(t, pair("mac", fmt.Sprintf("02:00:5e:00:53:%02x", g.IntN(256))))
	}
	if g.some(10) {
		t = append(t, pair("ipv6", "off"))
	}
	if g.to == "ifupdown" && g.some(10) {
		t = append(t, pair("description", "to the cellar, left"))
	}
	if g.to == "netplan" && g.some(5) {
		t = append(t, pair("up", false))
	}
	return t
}

func (g *generator) bond(name string, members []any) tree {
	mode := g.oneOf("active-backup", "802.3ad", "balance-rr", "balance-xor")
	t := g.link(tree{pair("name", name)})
	t = append(t, pair("mode", mode))
	if mode != "802.3ad" && g.some(20) {
		t = append(t, pair("arp_interval", uint64(500)), pair("arp_ip_target", []any{"192.0.2.1", "192.0.2.2"}))
	} else {
		t = append(t, pair("miimon", uint64(100)))
		if g.some(40) {
			t = append(t, pair("updelay", uint64(200)), pair("downdelay", uint64(100*g.IntN(4))))
		}
	}
	switch {
	case mode == "active-backup":
		if g.some(50) {
			t = append(t, pair("primary", members[0]))
		}
		if g.some(50) {
			t = append(t, pair("fail_over_mac", g.oneOf("none", "active", "follow")), pair("primary_reselect", g.oneOf("always", "better", "failure")))
		}
		t = append(t, pair("num_grat_arp", uint64(1+g.IntN(5))))
	case mode == "802.3ad":
		t = append(t, pair("lacp_rate", g.oneOf("slow", "fast")), pair("xmit_hash_policy", g.oneOf("layer2", "layer3+4", "encap2+3")), pair("ad_select", g.oneOf("stable", "bandwidth")))
		if g.some(50) {
			t = append(t, pair("min_links", uint64(1)))
		}
	case mode == "balance-rr":
		t = append(t, pair("packets_per_slave", uint64(g.IntN(4))))
	}
	if g.some(20) {
		t = append(t, pair("all_slaves_active", g.some(50)), pair("resend_igmp", uint64(g.IntN(9))))
	}
	return append(t, pair("members", members))
}

func (g *generator) bridge(name string, ports []any) tree {
	t := g.link(tree{pair("name", name)})
	if g.to == "ifupdown" { // bridge-utils gives the ports its MTU, and convert says so
		t = slices.DeleteFunc(t, func(p pairOf) bool { return p.Key == "mtu" })
	}
	stp := g.some(30)
	if g.some(60) {
		t = append(t, pair("stp_state", stp))
		if g.some(50) {
			t = append(t, pair("forward_delay", uint64(1500)), pair("hello_time", uint64(200)), pair("max_age", uint64(2000)))
		}
		if g.some(30) {
			t = append(t, pair("priority", uint64(4096*g.IntN(16))), pair("ageing_time", uint64(100*g.IntN(400))))
		}
	}
	aware := g.to == "ifupdown" && g.some(40)
	if aware {
		t = append(t, pair("vlan_filtering", true))
	}
	if g.to == "ifupdown" {
		t = g.rareBridge(t)
	}
	list := []any{}
	for _, p := range ports {
		options := tree{}
		if g.to == "ifupdown" && g.some(20) {
			options = append(options, pair(g.oneOf("hairpin", "isolated", "learning", "flood"), g.some(50)))
		}
		if g.some(30) && g.has(t, "stp_state") {
			options = append(options, pair("cost", uint64(1+g.IntN(200))))
		}
		if g.some(30) && g.has(t, "stp_state") {
			options = append(options, pair("priority", uint64(g.IntN(60))))
		}
		if aware && g.some(60) {
			options = append(options, pair("vlans", g.table()))
		}
		if known, byMAC := p.(tree); byMAC {
			p = append(known, options...)
		} else if len(options) > 0 {
			p = append(tree{pair("name", p)}, options...)
		}
		list = append(list, p)
	}
	if aware && g.some(40) {
		t = append(t, pair("vlans", g.table()))
	}
	return append(t, pair("ports", list))
}

// rareVLAN adds what is made by commands.
func (g *generator) rareVLAN(t tree) tree {
	if g.some(15) {
		t = append(t, pair("protocol", "802.1ad"))
	}
	if g.some(15) {
		t = append(t, pair("reorder_hdr", false), pair("egress_qos_map", []any{"0:1", "2:3"}))
	}
	return t
}

func (g *generator) rareBridge(t tree) tree {
	if g.some(20) {
		t = append(t, pair("mcast_snooping", g.some(50)))
	}
	if g.some(20) {
		t = append(t, pair("group_fwd_mask", uint64(16384)))
	}
	return t
}

func (g *generator) has(t tree, key string) bool { return member(t, key) != nil }

// table is a VLAN table.
func (g *generator) table() []any {
	list, first := []any{}, 1+g.IntN(3)
	for range 1 + g.IntN(3) {
		last := first + g.IntN(3)
		v := tree{pair("id", uint64(first))}
		if last > first {
			v = tree{pair("id", fmt.Sprintf("%d-%d", first, last))}
		} else if len(list) == 0 && g.some(50) {
			v = append(v, pair("pvid", true), pair("untagged", true))
		} else if g.some(20) {
			v = append(v, pair("untagged", true))
		}
		list = append(list, v)
		first = last + 2 + g.IntN(50)
	}
	return list
}

// layer3 adds addresses, and what needs them.
func (g *generator) layer3(t tree, percent int) tree {
	if !g.some(percent) {
		return t
	}
	name := value(t, "name")
	six := member(t, "ipv6") == nil
	var list []any
	var gateways []any
	var routes []any
	for range 1 + g.IntN(2) {
		g.nets++
		n := g.nets
		if g.some(40) && six {
			list = append(list, g.address(name, fmt.Sprintf("2001:db8:%x::10/64", n), true))
			via := g.oneOf(fmt.Sprintf("2001:db8:%x::1", n), "fe80::1")
			if len(gateways) == 0 && n == 1 && g.some(60) {
				gateways = append(gateways, via)
			}
			if g.some(30) {
				routes = append(routes, g.route(fmt.Sprintf("2001:db8:f%x::/48", n), via))
			}
			continue
		}
		if n > 15 {
			break
		}
		list = append(list, g.address(name, fmt.Sprintf("192.0.2.%d/28", 16*n+2), false))
		via := fmt.Sprintf("192.0.2.%d", 16*n+1)
		if len(gateways) == 0 && n == 1 && g.some(60) {
			gateways = append(gateways, via)
		}
		if g.some(40) {
			routes = append(routes, g.route(fmt.Sprintf("198.51.100.%d/28", 16*n), via))
		}
	}
	if len(list) == 0 {
		return t
	}
	t = append(t, pair("addresses", list))
	if len(gateways) > 0 {
		t = append(t, pair("gateway", gateways[0]))
	}
	if len(routes) > 0 {
		t = append(t, pair("routes", routes))
	}
	return t
}

func (g *generator) address(link, text string, six bool) any {
	t := tree{pair("address", text)}
	switch {
	case !six && g.some(20):
		t = append(t, pair("label", link+":a"))
	case g.some(15):
		t = append(t, pair("preferred_lft", uint64(0)))
	case g.to == "netplan":
	case !six && g.some(20):
		t = append(t, pair("scope", "link"))
	case six && g.some(20):
		t = append(t, pair("nodad", true))
	case !six && g.some(20):
		p := strings.Split(text, "/")[0]
		t = append(t, pair("broadcast", p[:strings.LastIndex(p, ".")]+fmt.Sprintf(".%d", 255)))
	case g.some(20):
		t = append(t, pair("noprefixroute", true))
	case g.some(20):
		t = append(t, pair("valid_lft", uint64(3600)), pair("preferred_lft", uint64(1800)))
	case !six && g.some(30):
		own, length, _ := strings.Cut(text, "/")
		t = tree{pair("address", own), pair("peer", own[:strings.LastIndex(own, ".")]+".254/"+map[bool]string{true: "32", false: length}[g.some(50)])}
	}
	if len(t) == 1 {
		return text
	}
	return t
}

func (g *generator) route(to, via string) tree {
	t := tree{pair("to", to)}
	switch g.IntN(6) {
	case 0:
		return append(t, pair("type", g.oneOf("blackhole", "unreachable", "prohibit")), pair("table", uint64(100)))
	case 1:
		if !strings.Contains(to, ":") {
			return append(t, pair("scope", "link"))
		}
		return t
	case 2:
		t = tree{pair("to", "default"), pair("via", via), pair("table", uint64(100+g.nets))}
	case 3:
		if !strings.HasPrefix(via, "fe80") {
			t = append(t, pair("via", via), pair("onlink", true))
			break
		}
		fallthrough
	default:
		t = append(t, pair("via", via))
	}
	if g.some(40) {
		t = append(t, pair("metric", uint64(1+g.IntN(500))))
	}
	if g.some(20) && !g.has(t, "table") {
		t = append(t, pair("table", uint64(100+g.nets)))
	}
	if g.some(20) {
		t = append(t, pair("mtu", uint64(1400)))
	}
	return t
}

func (g *generator) rules() (list []any) {
	for i := range g.IntN(3) {
		t := tree{pair("priority", uint64(100+i))}
		switch g.IntN(4) {
		case 0:
			t = append(t, pair("from", "192.0.2.16/28"), pair("table", uint64(100)))
		case 1:
			t = append(t, pair("from", "2001:db8:1::/64"), pair("table", "main"))
		case 2:
			t = append(t, pair("family", "ipv4"), pair("fwmark", "5"), pair("table", uint64(101)))
		default:
			t = append(t, pair("to", "198.51.100.0/24"), pair("tos", uint64(16)), pair("table", uint64(102)))
		}
		list = append(list, t)
	}
	return list
}
