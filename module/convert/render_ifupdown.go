package convert

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"hostnet-module/module/kind"
	"hostnet-module/module/spec"
)

// enslaved are the rows of bonds for which ifenslave has an option.
var enslaved = strings.Fields(`mode miimon arp_interval arp_ip_target arp_validate updelay downdelay use_carrier num_grat_arp ad_select xmit_hash_policy
	tlb_dynamic_lb packets_per_slave lacp_rate fail_over_mac primary primary_reselect`)

// toIfupdown writes one file for ifupdown with ifenslave, vlan and bridge-utils. What these have no option for is done by commands.
func toIfupdown(r *rendering) {
	var b strings.Builder
	b.WriteString(madeBy(r.to) + "# For /etc/network/interfaces: source interfaces.d/*\n# It wants the packages ifenslave, vlan, bridge-utils and iproute2.\n")
	for _, k := range []*kind.Kind{kind.Ethernet, kind.Bond, kind.VLAN, kind.Bridge} {
		for _, t := range r.inOrder(k) {
			s := &iface{r: r, t: t}
			s.link()
			s.layer3()
			if t.Attrs.Has("up") && t.Attrs.N("up") == 0 {
				r.lose(t.Path, "up: false", "brings up what it makes: there is no auto line for it, so it is not made at boot")
			} else {
				b.WriteString("\nauto " + t.Name)
			}
			b.WriteString("\n" + s.text())
		}
	}
	r.file("/etc/network/interfaces.d/hostnet", b.String())
}

// inOrder are the things of a kind, what carries others first.
func (r *rendering) inOrder(k *kind.Kind) (list []*thing) {
	var add func(t *thing, depth int)
	add = func(t *thing, depth int) {
		if slices.Contains(list, t) || depth > len(r.things) {
			return
		}
		if up := r.find(t.Parent); up != nil && up.Kind == k {
			add(up, depth+1)
		}
		list = append(list, t)
	}
	for _, t := range r.things {
		if t.Kind == k {
			add(t, 0)
		}
	}
	return list
}

// iface is a link's stanzas while they are written.
type iface struct {
	r       *rendering
	t       *thing
	options []string   // of the first stanza
	hooks   []string   // of the first stanza, behind the options
	ending  []string   // of the last one: what needs all the addresses
	stanzas [][]string // static ones: "inet static", options
}

func (s *iface) option(format string, args ...any) {
	s.options = append(s.options, fmt.Sprintf(format, args...))
}

func (s *iface) hook(format string, args ...any) {
	s.hooks = append(s.hooks, fmt.Sprintf(format, args...))
}

func (s *iface) finish(format string, args ...any) {
	s.ending = append(s.ending, fmt.Sprintf(format, args...))
}

// text is all stanzas. The first one has what is of the link; without an address it is manual.
func (s *iface) text() string {
	stanzas := s.stanzas
	if len(stanzas) == 0 {
		stanzas = [][]string{{"inet manual"}}
	}
	var b strings.Builder
	for i, st := range stanzas {
		fmt.Fprintf(&b, "iface %s %s\n", s.t.Name, st[0])
		lines := st[1:]
		if i == 0 {
			own := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, "up ") })
			if own < 0 {
				own = len(lines)
			}
			lines = slices.Concat(lines[:own], s.options, s.hooks, lines[own:])
		}
		if i == len(stanzas)-1 {
			lines = slices.Concat(lines, s.ending)
		}
		for _, l := range lines {
			b.WriteString("\t" + line(l))
		}
	}
	return b.String()
}

// link writes what is of the link itself.
func (s *iface) link() {
	t := s.t
	t.take("up")
	if v := t.take("mtu"); v != nil {
		s.option("mtu %v", v)
	}
	if v := t.take("description"); v != nil && oneLined(fmt.Sprint(v)) {
		s.option("description %v", v)
	} else if v != nil {
		s.r.lose(t.Path, "description: "+strconv.Quote(fmt.Sprint(v)), "has texts of one line of printable characters alone")
	}
	mac := t.take("mac")
	switch {
	case mac != nil && t.Kind == kind.Bridge:
		s.option("bridge_hw %v", mac)
	case mac != nil:
		s.option("hwaddress %v", mac)
	}
	switch t.Kind {
	case kind.Bond:
		s.bond()
	case kind.VLAN:
		s.vlan()
	case kind.Bridge:
		s.bridge()
	}
	if dumb := t.HostAccess != nil && !*t.HostAccess; s.r.silent(t) && !dumb && s.r.master(t.Name) == nil { // bridge-utils and the kernel see to ports and members
		s.hook("up echo 1 >/proc/sys/net/ipv6/conf/%s/disable_ipv6", t.Name)
	}
}

func (s *iface) bond() {
	t := s.t
	var create []string
	s.option("bond-slaves %s", s.members())
	for row, v := range t.Attrs.All() {
		if kind.Bond.Rows.Row(row.Name) == nil {
			continue
		}
		t.take(row.Name)
		text := strings.ReplaceAll(row.Text(v), ",", " ")
		if slices.Contains(enslaved, row.Name) {
			s.option("bond-%s %s", strings.ReplaceAll(row.Name, "_", "-"), text)
		}
		if !slices.Contains(enslaved, row.Name) || row.Name == "mode" {
			create = append(create, wordOf(row.Word, row.Name)+" "+row.Text(v))
		}
	}
	if len(create) > 1 || len(create) == 1 && !t.Attrs.Has("mode") { // before ifenslave, which then finds it
		s.hook("pre-up ip link show dev %s >/dev/null 2>&1 || ip link add name %s type bond %s", t.Name, t.Name, strings.Join(create, " "))
	}
	for _, p := range t.Ports { // ifenslave has an option for queue_id, and writes it to a file that there is not
		for row, v := range p.Attrs.All() {
			if p.Name != "" {
				s.hook("up ip link set dev %s type bond_slave %s %s", p.Name, wordOf(row.Word, row.Name), row.Text(v))
			}
		}
	}
}

func wordOf(word, name string) string {
	if word != "" {
		return word
	}
	return name
}

// members are the ports by name; those by MAC or path are reported.
func (s *iface) members() string {
	var names []string
	s.t.take(s.t.Kind.Ports)
	for _, p := range s.t.Ports {
		if p.Name == "" {
			s.r.lose(p.Path, p.String(), "knows links by their names alone")
			continue
		}
		names = append(names, p.Name)
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, " ")
}

// vlan lets ifupdown make what it makes by name, and makes all others by a command.
func (s *iface) vlan() {
	t := s.t
	t.take("parent")
	var words []string
	for row, v := range t.Attrs.All() {
		if kind.VLAN.Rows.Row(row.Name) == nil {
			continue
		}
		t.take(row.Name)
		switch text := row.Text(v); {
		case row.Name == "id":
		case row.Name == "ingress_qos_map" || row.Name == "egress_qos_map":
			words = append(words, row.Word+" "+strings.ReplaceAll(text, ",", " "))
		case row.IsBool():
			words = append(words, row.Name+" "+map[bool]string{true: "on", false: "off"}[v.N != 0])
		default:
			words = append(words, wordOf(row.Word, row.Name)+" "+text)
		}
	}
	id := strconv.FormatUint(t.Attrs.N("id"), 10)
	switch {
	case len(words) == 0 && t.Name == t.Parent+"."+id && strings.Count(t.Name, ".") == 1:
	case len(words) == 0 && t.Name == "vlan"+id:
		s.option("vlan-raw-device %s", t.Parent)
	default:
		s.hook("pre-up ip link set dev %s up && ip link add link %s name %s type vlan id %s%s", t.Parent, t.Parent, t.Name, id, prefixed(" ", words))
		s.hook("post-down ip link del dev %s", t.Name)
	}
}

func prefixed(before string, words []string) string {
	if len(words) == 0 {
		return ""
	}
	return before + strings.Join(words, " ")
}

// bridge writes bridge-utils' options; the rest is done by commands once the bridge is up. Waiting for ports is turned off.
func (s *iface) bridge() {
	t := s.t
	s.option("bridge_ports %s", s.members())
	s.option("bridge_maxwait 0")
	dumb := t.HostAccess != nil && !*t.HostAccess
	if t.take("host_access") != nil && dumb {
		s.hook("pre-up ip link add name %s type bridge vlan_filtering 1", t.Name)
		s.hook("pre-up bridge vlan del vid 1 dev %s self", t.Name)
		s.hook("pre-up echo 1 >/proc/sys/net/ipv6/conf/%s/disable_ipv6", t.Name)
	}
	for row, v := range t.Attrs.All() {
		if kind.Bridge.Rows.Row(row.Name) == nil {
			continue
		}
		t.take(row.Name)
		switch text := row.Text(v); {
		case seconds100(row.Name) != "":
			s.option("bridge_%s %s", seconds100(row.Name), strconv.FormatFloat(float64(v.N)/100, 'f', -1, 64))
		case row.Name == "stp_state":
			s.option("bridge_stp %s", text)
		case row.Name == "priority":
			s.option("bridge_bridgeprio %s", text)
		case row.Name == "vlan_filtering":
			if v.N != 0 {
				s.option("bridge_vlan_aware yes")
			}
		default:
			s.hook("up ip link set dev %s type bridge %s %s", t.Name, wordOf(row.Word, row.Name), text)
		}
	}
	s.portsOf(t)
	if t.take("vlans") != nil {
		s.table(t.Name, t.VLANs, " self")
	}
	if t.take("ports_exclusive") != nil {
		s.r.lose(t.Path, "ports_exclusive", "leaves ports of others alone")
	}
}

func seconds100(row string) string {
	for option, r := range bridgeSeconds {
		if r == row {
			return option
		}
	}
	return ""
}

func (s *iface) portsOf(t *thing) {
	for _, p := range t.Ports {
		for row, v := range p.Attrs.All() {
			switch text := row.Text(v); {
			case p.Name == "":
			case row.Name == "cost":
				s.option("bridge_pathcost %s %s", p.Name, text)
			case row.Name == "priority":
				s.option("bridge_portprio %s %s", p.Name, text)
			default:
				s.hook("up ip link set dev %s type bridge_slave %s %s", p.Name, wordOf(row.Word, row.Name), text)
			}
		}
		if p.VLANs != nil && p.Name != "" {
			s.table(p.Name, p.VLANs, "")
		}
	}
}

// table makes a VLAN table exactly what a list says: the kernel has put VLAN 1 in.
func (s *iface) table(dev string, list []spec.VLAN, self string) {
	if !slices.ContainsFunc(list, func(v spec.VLAN) bool { return v.First <= 1 && 1 <= v.Last }) {
		s.hook("up bridge vlan del vid 1 dev %s%s", dev, self)
	}
	for _, v := range list {
		vid := strconv.Itoa(int(v.First))
		if v.Last > v.First {
			vid += "-" + strconv.Itoa(int(v.Last))
		}
		words := ""
		if v.PVID {
			words += " pvid"
		}
		if v.Untagged {
			words += " untagged"
		}
		s.hook("up bridge vlan add vid %s dev %s%s%s", vid, dev, words, self)
	}
}
