package spec

import (
	"net/netip"
	"slices"
	"strings"

	"hostnet-module/module/attr"
)

var warningChecks = []func(*checker, *Object){warnMonitor, warnMembers, warnRouters, warnSpeaks}

// warnMonitor speaks up where nothing would notice a dead member.
func warnMonitor(c *checker, o *Object) {
	if o.Kind.Rows.Row("miimon") == nil || o.set("miimon") || o.set("arp_interval") {
		return
	}
	text := "neither miimon nor arp_interval is set: a dead link is not noticed"
	if !o.Attrs.Has("miimon") && !o.Attrs.Has("arp_interval") {
		text += ", unless the " + o.Kind.Name + " exists already and has one of them"
	}
	c.warn(o.Path, "miimon: 100", "%s", text)
}

// warnMembers speaks up where there is nothing to fail over to.
func warnMembers(c *checker, o *Object) {
	if !o.Kind.OwnsPorts || o.Ports == nil {
		return
	}
	switch word := o.Kind.Ports; len(o.Ports) {
	case 0:
		c.warn(o.key(word), "", "no %s are listed: %s passes no traffic", word, quote(o.Name))
	case 1:
		c.warn(o.key(word), "", "one of the %s only: nothing is left when it fails", word)
	}
}

// warnRouters speaks up about a fault of the kernel that was seen on 6.1 (mended in 6.16, «bridge: mcast: Fix use-after-free during
// router port configuration»): while multicast is snooped by VLAN, a port that always is a router's leaves a dangling entry behind
// when it goes.
func warnRouters(c *checker, o *Object) {
	if !o.set("mcast_vlan_snooping") {
		return
	}
	for _, p := range o.Ports {
		if p.Attrs.N("mcast_router") > 1 {
			c.warn(p.Path+".mcast_router", "", "with mcast_vlan_snooping, kernels before 6.16 can crash when the port leaves the %s", o.Kind.Name)
		}
	}
}

// warnSpeaks speaks up where a bridge that the host shall not be on is told to speak itself.
func warnSpeaks(c *checker, o *Object) {
	if o.HostAccess == nil || *o.HostAccess {
		return
	}
	for _, says := range [][2]string{{"mcast_querier", "multicast queries"}, {"stp_state", "spanning tree's frames"}} {
		if o.set(says[0]) {
			c.warn(o.key(says[0]), "", "the %s itself sends %s, though the host has no access to it", o.Kind.Name, says[1])
		}
	}
}

// manyTargets is how often addresses and links are compared for a warning. That is enough for 16 targets below 4,094 networks; after it nothing more is
// said.
const manyTargets = 1 << 20

// warnTargets speaks up where the monitor asks for an address that no declared one is beside, on the bond or above it.
func warnTargets(c *checker) {
	for _, o := range c.doc.Objects {
		for r, v := range o.Attrs.All() {
			if o.Absent || r.Type != attr.IP4s && r.Type != attr.IP6s || v.S == "" {
				continue
			}
			for text := range strings.SplitSeq(v.S, ",") {
				ip, err := netip.ParseAddr(text)
				if err != nil || ip.IsLinkLocalUnicast() {
					continue
				}
				if c.targets > manyTargets || len(c.warnings) >= plenty {
					return
				}
				beside := c.beside(ip)
				switch {
				case len(beside) == 0:
					c.warn(o.key(r.Name), "", "%s: is in no declared network, so the monitor may never get an answer", quote(text))
				case !slices.ContainsFunc(beside, func(b *Object) bool { return c.standsOn(b, o.Name, map[string]bool{}) }):
					c.warn(o.key(r.Name), "", "%s: is in the network of %s, which does not stand on %s: the monitor may never get an answer",
						quote(text), beside[0].called(), quote(o.Name))
				}
			}
		}
	}
}

// beside are the objects in whose network an address is.
func (c *checker) beside(ip netip.Addr) []*Object {
	var list []*Object
	for _, o := range c.doc.Objects {
		c.targets += 1 + len(o.Addresses)
		if _, ok := (networks{list: o.Addresses}).reach(ip); ok && !o.Absent {
			list = append(list, o)
		}
	}
	return list
}

// standsOn tells whether an object is a link, or stands on it, as far as the document says.
func (c *checker) standsOn(o *Object, name string, seen map[string]bool) bool {
	if o == nil || seen[o.Name] {
		return false
	}
	if c.targets++; c.targets > manyTargets {
		return true
	}
	seen[o.Name] = true
	if o.Name == name {
		return true
	}
	for below := range o.below() {
		if below == name || c.standsOn(c.present(below), name, seen) {
			return true
		}
	}
	return false
}
