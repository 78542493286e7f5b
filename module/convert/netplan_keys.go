package convert

import (
	"slices"
	"strings"

	"hostnet-module/module/foreign"
)

// defined is a definition while it is read.
type defined struct {
	*netplan
	def *definition
	o   *object
}

// passing are keys that say nothing that a document needs.
var passing = []string{"renderer", "optional", "optional-addresses", "critical", "ignore-carrier"}

// stranger is a key of others' business.
type stranger struct {
	reason Reason
	why    string
}

var strangers = map[string]stranger{
	"nameservers":             {Program, "name servers are for systemd-resolved or resolvconf"},
	"dhcp4-overrides":         {DHCP, "is for a DHCP client"},
	"dhcp6-overrides":         {DHCP, "is for a DHCP client"},
	"dhcp-identifier":         {DHCP, "is for a DHCP client"},
	"accept-ra":               {Program, "router advertisements are a sysctl; set net.ipv6.conf.LINK.accept_ra"},
	"wakeonlan":               {Program, "is for ethtool"},
	"ipv6-privacy":            {Program, "privacy extensions are a sysctl; set net.ipv6.conf.LINK.use_tempaddr"},
	"ipv6-mtu":                {Program, "is a sysctl; set net.ipv6.conf.LINK.mtu"},
	"ipv6-address-generation": {Program, "is a sysctl; set net.ipv6.conf.LINK.addr_gen_mode"},
	"ipv6-address-token":      {NoWord, "is not in documents"},
	"neighbor":                {NoWord, "is not in documents"},
	"auth":                    {Program, "802.1X is for wpa_supplicant"},
	"emit-lldp":               {Program, "LLDP is for a daemon"},
	"openvswitch":             {OthersMake, "Open vSwitch is not in documents"},
	"set-name":                {Program, "links are not renamed; keep a file of systemd.link(5) for the name"},
	"networkmanager":          {Program, "is for NetworkManager"},
	"virtual-function-count":  {Program, "is for sysfs or devlink"},
	"link":                    {OthersMake, "virtual functions are made by sysfs or devlink"},
	"embedded-switch-mode":    {Program, "is for devlink"},

	"delay-virtual-functions-rebind": {Program, "is for netplan's own rebinding"},
}

// key reads one key of a definition.
func (p *netplan) key(d *defined, k, v *foreign.Node) {
	at := p.at(k)
	switch key := k.Value; {
	case slices.Contains(passing, key), off(key, v), p.silentPort(d.def, k, v):
		p.pass(at, p.at(v))
	case key == "match" && d.def.kind.Existing:
		p.pass(at)
	case key == "dhcp4" || key == "dhcp6":
		d.o.used = true
		p.losePair(k, v, DHCP, "a document does not ask DHCP; keep a DHCP client on %s, or give it the address", d.def.called())
	case key == "interfaces" && d.def.kind.Ports != "":
		d.interfaces(k, v)
	case key == "parameters" && d.def.kind.Ports != "":
		d.parameters(k, v)
	case key == "link" && d.def.kind.HasParent:
		d.link(k, v)
	case key == "id" && d.def.kind.HasParent, key == "mtu":
		d.give(key, v.Value, k, v)
	case key == "macaddress" && strings.Count(v.Value, ":") == 5:
		d.give("mac", strings.ToLower(v.Value), k, v)
	case key == "addresses":
		d.each(k, v, d.address)
	case key == "gateway4" || key == "gateway6":
		if ip, ok := address(v.Value); ok && ip.Is6() == (key == "gateway6") {
			d.o.gateways = append(d.o.gateways, &entry{value: ip.String(), from: []foreign.Pos{at}, part: p.part(k, v)})
		} else {
			p.losePair(k, v, Faulty, "is no address of that family")
		}
	case key == "routes":
		d.each(k, v, d.route)
	case key == "routing-policy":
		d.each(k, v, d.rule)
	case key == "link-local":
		d.linkLocal(k, v)
	case key == "activation-mode" && v.Value == "off":
		d.give("up", "false", k, v)
	case key == "accept-ra" && d.o.text("ipv6") == "off":
		p.pass(at) // who has no IPv6 hears no router
	case key == "activation-mode" && v.Value == "manual":
		p.losePair(k, v, NotRaised, "nobody brings the link up at boot, and a document does; say activation-mode: off where it shall stay down")
	case strangers[key].why != "":
		if on, known := onOff(v.Value); key == "accept-ra" && known && on == "true" {
			p.may(at, d.o.name)
		}
		p.loseTree(k, v, strangers[key].reason, "%s", strings.ReplaceAll(strangers[key].why, "LINK", d.def.called()))
	case strings.HasSuffix(key, "-offload"):
		p.losePair(k, v, Program, "offloads are for ethtool")
	default:
		p.loseTree(k, v, Faulty, "this key is not known for %s", d.def.kind.List)
	}
}

// give gives the object an option that a pair says.
func (d *defined) give(option, text string, k, v *foreign.Node) {
	d.set(d.o, option, text, d.at(k)).part = d.part(k, v)
}

// each reads the items of a list.
func (d *defined) each(k, v *foreign.Node, read func(item *foreign.Node)) {
	d.pass(d.at(k))
	if !foreign.Mapping(v) && len(foreign.Sequence(v)) == 0 && v.Value != "" || foreign.Mapping(v) {
		d.loseTree(k, v, Faulty, "must be a list")
		return
	}
	for _, item := range foreign.Sequence(v) {
		if item = foreign.Resolved(item); item != nil {
			read(item)
		}
	}
}

// address reads ADDR/LEN, or {ADDR/LEN: {label: …, lifetime: …}}.
func (d *defined) address(item *foreign.Node) {
	if foreign.Scalar(item) {
		d.o.addresses = append(d.o.addresses, &entry{value: item.Value, from: []foreign.Pos{d.at(item)}, part: d.part(item, item)})
		return
	}
	read := false
	foreign.EachMember(item, func(a, options *foreign.Node) {
		read = true
		t, from, at := tree{pair("address", a.Value)}, []foreign.Pos{d.at(a)}, map[string]foreign.Pos{}
		foreign.EachMember(options, func(k, v *foreign.Node) {
			switch {
			case k.Value == "label":
				t, from = append(t, pair("label", v.Value)), append(from, d.at(k))
				at["label"] = d.at(k)
			case k.Value == "lifetime" && v.Value == "0":
				t, from = append(t, pair("preferred_lft", uint64(0))), append(from, d.at(k))
			case k.Value == "lifetime" && v.Value == "forever":
				d.pass(d.at(k))
			default:
				d.loseTree(k, v, NoWord, "an address has no %s in a document", k.Value)
			}
		})
		d.o.addresses = append(d.o.addresses, &entry{value: t, from: from, part: d.part(item, item), at: at})
	})
	if !read {
		d.loseTree(item, item, Faulty, "must be an address")
	}
}

// routeWords are keys of routes with the document's words.
var routeWords = map[string]string{"to": "to", "via": "via", "from": "source", "metric": "metric", "table": "table", "type": "type", "scope": "scope", "mtu": "mtu", "on-link": "onlink"}

// route reads one entry of routes. A default route that says no more than its next hop is the gateway.
func (d *defined) route(item *foreign.Node) {
	t, from := d.tree(item, routeWords, "a route")
	t, from = d.plainRoute(item, t, from)
	i := slices.IndexFunc(t, func(p pairOf) bool { return p.Key == "to" })
	if i < 0 {
		d.loseTree(item, item, Faulty, "has no to")
		return
	}
	to, ok := destination(t[i].Value.(string), false)
	if !ok {
		d.loseTree(item, item, Faulty, "its to is no network")
		return
	}
	to = family(to, t)
	t[i].Value = to
	if len(t) == 2 && to == "default" && value(t, "via") != "" {
		if ip, ok := address(value(t, "via")); ok {
			d.o.gateways = append(d.o.gateways, &entry{value: ip.String(), from: from, part: d.part(item, item)})
			return
		}
	}
	d.o.routes = append(d.o.routes, &entry{value: t, from: from, part: d.part(item, item)})
}

// plainRoute takes out of a route what says nothing: 0.0.0.0 as a next hop is none, and IPv6 has no scopes.
func (d *defined) plainRoute(item *foreign.Node, t tree, from []foreign.Pos) (tree, []foreign.Pos) {
	six := strings.Contains(value(t, "to"), ":")
	for _, word := range []string{"via", "scope"} {
		ip, isAddress := address(value(t, word))
		if word == "via" && isAddress && ip.IsUnspecified() || word == "scope" && six {
			t = slices.DeleteFunc(t, func(p pairOf) bool { return p.Key == word })
			foreign.EachMember(item, func(k, _ *foreign.Node) {
				if k.Value == word && !d.crowded[d.at(k)] {
					from = slices.DeleteFunc(from, func(p foreign.Pos) bool { return p == d.at(k) })
					d.pass(d.at(k))
				}
			})
		}
	}
	return t, from
}

// family is a default route's destination, which must say its family where no next hop does.
func family(to string, t tree) string {
	via, isAddress := address(value(t, "via"))
	switch {
	case to == "::/0" && isAddress && via.Is6():
		return "default"
	case to == "default" && !isAddress && (value(t, "type") == "" || value(t, "type") == "unicast"):
		source, _ := address(value(t, "source"))
		if source.Is6() {
			return "::/0"
		}
		return "0.0.0.0/0"
	}
	return to
}

var ruleWords = map[string]string{"from": "from", "to": "to", "table": "table", "priority": "priority", "mark": "fwmark", "type-of-service": "tos"}

// rule reads one entry of routing-policy.
func (d *defined) rule(item *foreign.Node) {
	t, from := d.tree(item, ruleWords, "a rule")
	if value(t, "from") == "" && value(t, "to") == "" {
		t = append(t, pair("family", "ipv4"))
	}
	if !slices.ContainsFunc(t, func(p pairOf) bool { return p.Key == "priority" }) {
		d.loseTree(item, item, NoWord, "a document's rule needs a priority; write one")
		return
	}
	if !slices.ContainsFunc(t, func(p pairOf) bool { return p.Key == "table" }) {
		t = append(t, pair("table", "main"))
	}
	d.rules = append(d.rules, &entry{value: t, from: from, part: d.part(item, item)})
}

// tree reads an object whose values are scalars.
func (d *defined) tree(item *foreign.Node, words map[string]string, what string) (t tree, from []foreign.Pos) {
	foreign.EachMember(item, func(k, v *foreign.Node) {
		word := words[k.Value]
		if word == "" || !foreign.Scalar(v) {
			d.loseTree(k, v, NoWord, "%s has no %s in a document", what, k.Value)
			return
		}
		var value any = v.Value
		switch word {
		case "metric", "table", "mtu", "priority", "tos":
			value = number(v.Value)
		case "onlink":
			on, _ := onOff(v.Value)
			if value = on == "true"; on == "false" {
				d.pass(d.at(k))
				return
			}
		case "type":
			if v.Value == "unicast" {
				d.pass(d.at(k))
				return
			}
		}
		t, from = append(t, pair(word, value)), append(from, d.at(k))
	})
	return t, from
}

// linkLocal reads the families that make link-local addresses: IPv6 alone is what all links do.
func (d *defined) linkLocal(k, v *foreign.Node) {
	words := foreign.Scalars(v)
	six := slices.Contains(words, "ipv6")
	addressed := slices.ContainsFunc(foreign.Scalars(orEmpty(foreign.Member(d.def.node, "addresses"))), func(a string) bool { return strings.Contains(a, ":") })
	switch {
	case slices.Contains(words, "ipv4"):
		d.may(d.at(k), d.o.name)
		d.loseTree(k, v, NoWord, "IPv4 link-local addresses are not in documents")
	case six:
		d.pass(d.at(k), d.at(v))
	case addressed:
		d.loseTree(k, v, NoWord, "a document has IPv6 with a link-local address, or none")
	default:
		d.give("ipv6", "off", k, v)
	}
}

func orEmpty(n *foreign.Node) *foreign.Node {
	if n == nil {
		return &foreign.Node{}
	}
	return n
}
