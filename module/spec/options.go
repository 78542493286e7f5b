package spec

import (
	"net/netip"
	"strconv"
	"strings"

	"hostnet-module/module/attr"
)

var (
	optionChecks = []func(*checker, *Object){checkModes, checkUniqueRows, checkHardware, checkNamedRows}
	bondChecks   = []func(*checker, *Object){checkMonitors, checkDelays, checkTargets, checkPrimary, checkFailOverMAC}
	bridgeChecks = []func(*checker, *Object){checkSpanningTree, checkGroupAddress, checkHostAccess, checkBypass, checkTables}
)

// checkModes refuses options, of the object and of its ports, that the declared mode does not have.
func checkModes(c *checker, o *Object) {
	check := func(path string, set attr.Set) {
		for r, v := range set.All() {
			if r.Applies(o.Attrs) || v.N == 0 && v.S == "" && harmless[r.Name] {
				continue
			}
			mode := o.Kind.Row(r.Only.Row)
			c.fault(join(path, r.Name), ErrConflict, "", "%s: means nothing with %s %s; it needs %s",
				shownValue(r, v), mode.Name, mode.Text(mustGet(o, mode.Name)), orList(r.Only.In))
		}
	}
	check(o.Path, o.Attrs)
	for _, p := range o.Ports {
		check(p.Path, p.Attrs)
	}
}

// checkUniqueRows refuses a value on two ports where the kernel takes it on one.
func checkUniqueRows(c *checker, o *Object) {
	type value struct {
		row string
		n   uint64
	}
	seen := map[value]string{}
	for _, p := range o.Ports {
		for r, v := range p.Attrs.All() {
			was := seen[value{r.Name, v.N}]
			if r.Unique && v.N != 0 && was != "" {
				c.fault(join(p.Path, r.Name), ErrDuplicate, "", "%s: %s has it already", shownValue(r, v), was)
			}
			seen[value{r.Name, v.N}] = p.Path
		}
	}
}

// harmless are options whose zero asks for nothing.
var harmless = map[string]bool{"arp_interval": true, "arp_validate": true, "primary": true}

func orList(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}

// shownValue prints a value as problems do.
func shownValue(r *attr.Row, v attr.Value) string {
	text := r.Text(v)
	if len(r.Names) == 0 && v.S == "" {
		return text
	}
	return quote(text)
}

// checkHardware checks the MACs of an object.
func checkHardware(c *checker, o *Object) {
	for r, v := range o.Attrs.All() {
		if r.Type == attr.MAC && r.Name != "group_address" {
			c.hardware(o.key(r.Name), v.S)
		}
	}
}

// hardware refuses what no link can have as its MAC.
func (c *checker) hardware(path, mac string) {
	switch {
	case mac == "00:00:00:00:00:00":
		c.fault(path, ErrValue, "", "%s: must not be zero", quote(mac))
	case len(mac) > 1 && strings.IndexByte("13579bdf", mac[1]) >= 0:
		c.fault(path, ErrValue, "the second digit of a link's MAC is even", "%s: is a multicast address", quote(mac))
	}
}

// checkMonitors checks that a bond has one way of noticing dead members, and what that way needs.
func checkMonitors(c *checker, o *Object) {
	if o.set("miimon") && o.set("arp_validate") {
		c.fault(o.key("arp_validate"), ErrConflict, "it belongs to arp_interval", "%s: means nothing with miimon (%d)",
			quote(o.Kind.Row("arp_validate").Text(mustGet(o, "arp_validate"))), o.Attrs.N("miimon"))
	}
	if !o.set("arp_interval") {
		return
	}
	if o.set("miimon") {
		c.fault(o.key("arp_interval"), ErrConflict, "miimon sees carrier only, ARP monitoring also a switch that hangs",
			"%d: miimon (%d) and arp_interval exclude each other", o.Attrs.N("arp_interval"), o.Attrs.N("miimon"))
	}
	if o.Attrs.S("arp_ip_target") == "" && o.Attrs.S("ns_ip6_target") == "" {
		c.lacks(o, o.key("arp_interval"), ErrMissing, "name them in arp_ip_target or ns_ip6_target",
			"%d: ARP monitoring needs addresses to ask for", o.Attrs.N("arp_interval"))
	}
}

// checkDelays checks the times that the bonding driver counts in intervals of its monitor.
func checkDelays(c *checker, o *Object) {
	for _, name := range []string{"updelay", "downdelay", "peer_notif_delay"} {
		delay, monitor := o.Attrs.N(name), "miimon"
		if name == "peer_notif_delay" && !o.set("miimon") {
			monitor = "arp_interval"
		}
		interval := o.Attrs.N(monitor)
		switch {
		case delay == 0:
		case interval > 0 && delay%interval != 0:
			c.fault(o.key(name), ErrConflict, "", "%d: must be a multiple of %s, %d", delay, monitor, interval)
		case interval == 0 && (o.Attrs.Has("miimon") || o.set("arp_interval")):
			c.lacks(o, o.key(name), ErrConflict, "", "%d: means nothing without %s", delay, monitor)
		}
	}
}

// checkTargets checks the addresses that a bond's monitor asks for.
func checkTargets(c *checker, o *Object) {
	for r, v := range o.Attrs.All() {
		if r.Type != attr.IP4s && r.Type != attr.IP6s || v.S == "" {
			continue
		}
		seen := make(map[string]bool)
		for text := range strings.SplitSeq(v.S, ",") {
			ip, err := netip.ParseAddr(text)
			switch why := unusable(ip); {
			case err != nil:
			case seen[text]:
				c.fault(o.key(r.Name), ErrDuplicate, "", "%s: is listed twice", quote(text))
			case why != "":
				c.fault(o.key(r.Name), ErrValue, "", "%s: %s", quote(text), why)
			}
			seen[text] = true
		}
	}
}

// checkPrimary checks that the preferred member is a member. Where members are given by MAC or path, their names are not
// known here.
func checkPrimary(c *checker, o *Object) {
	primary := o.Attrs.S("primary")
	if primary == "" || o.Ports == nil {
		return
	}
	var names []string
	for _, p := range o.Ports {
		if p.Name == primary || p.Name == "" {
			return
		}
		if len(names) < 8 {
			names = append(names, bare(clip(p.Name)))
		}
	}
	if len(o.Ports) > len(names) {
		names = append(names, strconv.Itoa(len(o.Ports)-len(names))+" others")
	}
	c.lacks(o, o.key("primary"), ErrConflict, "", "%s: must be one of the %s%s", quote(primary), o.Kind.Ports, listText(names))
}

// checkFailOverMAC refuses a MAC for a bond whose MAC is that of whichever member is in use (bond_main.c: bond_set_mac_address).
func checkFailOverMAC(c *checker, o *Object) {
	if row := o.Kind.Row("fail_over_mac"); row != nil && o.Attrs.Has("mac") && row.Text(attr.Num(o.Attrs.N(row.Name))) == "active" {
		c.fault(o.key("mac"), ErrConflict, "leave it out", "%s: means nothing with fail_over_mac active, where the bond has the MAC of the member in use", quote(o.Attrs.S("mac")))
	}
}

func listText(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return ", " + orList(names)
}

// checkSpanningTree checks a bridge's timers where spanning tree is on: the kernel then wants a forward delay of 2 s at
// least, and IEEE 802.1D 8.10.2 relates the three.
func checkSpanningTree(c *checker, o *Object) {
	if !o.set("stp_state") {
		return
	}
	delay, hasDelay := o.Attrs.Get("forward_delay")
	age, hasAge := o.Attrs.Get("max_age")
	hello, hasHello := o.Attrs.Get("hello_time")
	if hasDelay && delay.N < 200 {
		c.fault(o.key("forward_delay"), ErrConflict, "", "%d: must be 200-3000 (s/100) while stp_state is on", delay.N)
	} else if hasDelay && hasAge && 2*(delay.N-100) < age.N {
		c.fault(o.key("max_age"), ErrConflict, "", "%d: must be at most 2 x (forward_delay - 100), %d, while stp_state is on", age.N, 2*(delay.N-100))
	}
	if hasHello && hasAge && age.N < 2*(hello.N+100) {
		c.fault(o.key("max_age"), ErrConflict, "", "%d: must be at least 2 x (hello_time + 100), %d, while stp_state is on", age.N, 2*(hello.N+100))
	}
}

// checkGroupAddress checks a bridge's group address: one of 01:80:c2:00:00:0X, without those of pause frames, LACP and
// port authentication (net/bridge/br_sysfs_br.c).
func checkGroupAddress(c *checker, o *Object) {
	mac := o.Attrs.S("group_address")
	if mac == "" {
		return
	}
	last, ok := strings.CutPrefix(mac, "01:80:c2:00:00:0")
	if !ok || strings.Contains("123", last) {
		c.fault(o.key("group_address"), ErrValue, "", "%s: must be 01:80:c2:00:00:0X with X 0 or 4-f", quote(mac))
	}
}

// checkBypass checks what MAC authentication bypass needs of its port (net/bridge/br_netlink.c: br_setport).
func checkBypass(c *checker, o *Object) {
	if !o.Kind.Bridging {
		return
	}
	for _, p := range o.Ports {
		learning, said := p.Attrs.Get("learning")
		if p.Attrs.N("mab") != 0 && (p.Attrs.N("locked") == 0 || said && learning.N == 0) {
			c.fault(join(p.Path, "mab"), ErrConflict, "locked: true, learning: true", "true: needs a locked port that learns")
		}
	}
}

// checkHostAccess refuses what a host would need to be reachable on a bridge that it shall not be reachable on.
func checkHostAccess(c *checker, o *Object) {
	if o.HostAccess == nil || *o.HostAccess {
		return
	}
	const hint = "say host_access: true, or take it away"
	for _, list := range []struct {
		key string
		n   int
	}{{"addresses", len(o.Addresses)}, {"gateway", len(o.Gateways)}, {"routes", len(o.Routes)}} {
		if list.n > 0 {
			c.lacks(o, o.key(list.key), ErrConflict, hint, "the host has no access to this bridge, so it can have no %s there", list.key)
		}
	}
	if o.IPv6 == IPv6Auto {
		c.lacks(o, o.key("ipv6"), ErrConflict, hint, "\"auto\": the host has no access to this bridge, so it can have no IPv6 there")
	}
	if v, ok := o.Attrs.Get("vlan_filtering"); ok && v.N == 0 {
		c.lacks(o, o.key("vlan_filtering"), ErrConflict, hint, "false: host_access: false is made with VLAN filtering")
	}
}
