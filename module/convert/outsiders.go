package convert

import (
	"fmt"
	"slices"
	"strings"

	"hostnet-module/module/foreign"
)

// outsider is a link of a kind that documents do not have, and who makes it.
type outsider struct {
	name, what, who string
	at              foreign.Pos
}

// outsidersOptions say by an option of its stanza that a link is none of a document.
var outsidersOptions = []struct{ start, what, who string }{
	{"ovs_", "link of Open vSwitch", "Open vSwitch (openvswitch-switch)"},
	{"wpa_", "wireless link", "wpa_supplicant"}, {"wireless_", "wireless link", "wpa_supplicant"},
	{"vxlan_", "VXLAN tunnel", "systemd-networkd or ifupdown2"}, {"tunnel_", "tunnel", "systemd-networkd or ifupdown2"},
	{"vrf_table", "VRF", "systemd-networkd or ifupdown2"}, {"batman_", "link of B.A.T.M.A.N.", "batctl"},
	{"xfrm_", "XFRM link", "systemd-networkd or ifupdown2"}, {"wireguard_", "WireGuard tunnel", "wg-quick"},
	{"openvpn", "tunnel of OpenVPN", "OpenVPN"}, {"tunctl_", "TAP device", "who runs the guest"},
}

// outsidersTypes are the types of `ip link add` that documents do not have, in words; all others are called by their type.
var outsidersTypes = map[string]string{"dummy": "dummy link", "macvlan": "macvlan link", "macvtap": "macvtap link", "ipvlan": "ipvlan link", "wireguard": "WireGuard tunnel",
	"vxlan": "VXLAN tunnel", "gre": "tunnel", "gretap": "tunnel", "ip6gre": "tunnel", "ipip": "tunnel", "sit": "tunnel", "veth": "veth link", "vrf": "VRF", "ifb": "ifb link", "tun": "TUN device"}

// strange tells what a stanza's link is, if documents do not have it; else "".
func strange(s foreign.Stanza, method string, options []foreign.Option) (what, who string) {
	switch method {
	case "tunnel", "v4tunnel", "6to4":
		return "tunnel", "systemd-networkd or ifupdown"
	case "ppp", "wvdial":
		return "PPP link", "pppd"
	}
	if slices.ContainsFunc(options, func(o foreign.Option) bool { return normal(o.Key) == "ovs_type" && o.Value == "OVSPort" }) {
		return "port of Open vSwitch", "Open vSwitch (openvswitch-switch)"
	}
	for _, o := range options {
		key := normal(o.Key)
		if key == "link_type" {
			return o.Value + " link", "systemd-networkd or ifupdown2"
		}
		for _, k := range outsidersOptions {
			if strings.HasPrefix(key, k.start) {
				return k.what, k.who
			}
		}
	}
	return "", ""
}

// meetOutsiders finds the links that options and commands have others make, before anything is taken over.
func (e *eni) meetOutsiders() {
	for i, s := range e.stanzas {
		if s.Key() != "iface" || s.Name() == "lo" {
			continue
		}
		_, method, options := e.inherited(i, s)
		if what, who := strange(s, method, options); what != "" {
			e.meet(outsider{s.Name(), what, who, s.Pos})
		}
		for _, o := range options {
			key := normal(o.Key)
			if key == "veth_peer_name" && !e.stanza(o.Value) {
				e.meet(outsider{o.Value, "veth link", "systemd-networkd or ifupdown2", o.Pos})
			}
			if key != "up" && key != "pre_up" && key != "post_up" {
				continue
			}
			list, _ := commands((&stanza{eni: e, name: s.Name()}).expand(o.Value))
			for _, c := range list {
				command := c.name()
				if name, what, who := made(command, c.words[1:]); name != "" {
					e.meet(outsider{name, what, who, o.Pos})
					if peer := slices.Index(c.words, "peer"); peer > 0 && peer+2 < len(c.words) && what == outsidersTypes["veth"] {
						e.others[c.words[peer+2]] = true
					}
				}
			}
		}
	}
}

func (e *eni) meet(s outsider) {
	if e.others == nil {
		e.others = map[string]bool{}
	}
	if !e.others[s.name] {
		e.others[s.name] = true
		e.outsiders = append(e.outsiders, s)
	}
}

// made is the link that a command makes, where documents do not have its kind; "" for none.
func made(command string, args []string) (name, what, who string) {
	after := func(words ...string) string {
		for i, a := range args {
			if slices.Contains(words, a) && i+1 < len(args) {
				return args[i+1]
			}
		}
		return ""
	}
	has := func(words ...string) bool {
		return len(args) >= len(words) && slices.Equal(args[:len(words)], words)
	}
	for len(args) > 0 && strings.HasPrefix(args[0], "-") && command == "ip" {
		args = args[1:]
	}
	const again = "a unit of systemd with the command that does so here"
	switch {
	case command == "ip" && (has("link", "add") || has("l", "add") || has("l", "a") || has("link", "a")):
		typ := after("type")
		if typ == "" || kindNamed(typ) != nil {
			return "", "", ""
		}
		if what = outsidersTypes[typ]; what == "" {
			what = "link of type " + typ
		}
		return bareName(args[2:]), what, again
	case command == "ip" && (has("tuntap", "add") || has("tunnel", "add")):
		if name = after("dev", "name"); name == "" && len(args) > 2 {
			name = args[2]
		}
		return name, map[string]string{"tuntap": "TAP device", "tunnel": "tunnel"}[args[0]], again
	case command == "tunctl":
		return after("-t"), "TAP device", again
	case command == "openvpn" && slices.Contains(args, "--mktun"):
		return after("--dev"), "TAP device", again
	case command == "wg-quick" && has("up") && len(args) == 2:
		return strings.TrimSuffix(args[1][strings.LastIndexByte(args[1], '/')+1:], ".conf"), "WireGuard tunnel", "wg-quick"
	case command == "ovs-vsctl":
		return after("add-br"), "link of Open vSwitch", "Open vSwitch (openvswitch-switch)"
	}
	return "", "", ""
}

// bareName is the name in `ip link add [link PARENT] NAME type …`, where no word stands before it.
func bareName(args []string) string {
	for i := 0; i < len(args) && args[i] != "type"; i++ {
		switch args[i] {
		case "link", "address", "mtu", "txqueuelen", "numtxqueues", "numrxqueues":
			i++
		case "up", "name", "dev":
		default:
			return args[i]
		}
	}
	return ""
}

// tellOutsiders says of each who must make it, and which links of the document wait for it.
func (e *eni) tellOutsiders() {
	for _, s := range e.outsiders {
		var waiting []string
		for _, o := range e.objects {
			if o.port(s.name) != nil || o.parent != nil && o.parent.value == s.name {
				waiting = append(waiting, o.name)
			} else if parent, _, ok := dotted(o.name); ok && parent == s.name && o.kind == nil {
				waiting = append(waiting, o.name)
			}
		}
		wait := ""
		if len(waiting) > 0 {
			wait = fmt.Sprintf("; %s of the document waits for it", strings.Join(waiting, ", "))
		}
		e.tell(s.at, OthersMake, "%s", s.say()+wait)
	}
}

func (s outsider) say() string {
	if strings.HasPrefix(s.what, "port of") {
		return fmt.Sprintf("%s is a %s, and no object of a document; leave it to %s", s.name, s.what, s.who)
	}
	article := "a"
	if strings.ContainsRune("aeiouAEIOUX", rune(s.what[0])) {
		article = "an"
	}
	return fmt.Sprintf("%s is %s %s, which is no object of a document; %s must make it and give it its addresses", s.name, article, s.what, s.who)
}
