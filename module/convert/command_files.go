package convert

import (
	"slices"
	"strings"

	"hostnet-module/module/kind"
)

// echo reads writes to the kernel's files: /sys/class/net/LINK/bonding/X, …/bridge/X, /proc/sys/net/ipv6/conf/LINK/disable_ipv6.
func (c *call) echo() bool {
	args := slices.DeleteFunc(slices.Clone(c.args), func(a string) bool { return a == "-n" })
	parts := strings.Split(strings.TrimPrefix(c.into, "/sys/class/net/"), "/")
	if rest, ok := strings.CutPrefix(c.into, "/proc/sys/"); ok {
		return len(args) == 1 && c.setting(strings.ReplaceAll(rest, "/", "."), args[0])
	}
	if len(args) != 1 || !strings.HasPrefix(c.into, "/sys/class/net/") {
		return false
	}
	value := args[0]
	switch {
	case len(parts) == 1 && parts[0] == "bonding_masters" && strings.HasPrefix(value, "+"):
		_, ok := c.make(value[1:], kind.Bond)
		return ok
	case len(parts) == 1 && parts[0] == "bonding_masters" && strings.HasPrefix(value, "-"):
		return c.linkDel(value[1:])
	case len(parts) == 2 && parts[1] == "mtu":
		o, ok := c.link(parts[0])
		if ok {
			c.set(o, "mtu", value, c.at)
		}
		return ok
	case len(parts) == 3 && parts[1] == "brport" && brportFiles[parts[2]] != "":
		return c.after(func() bool { return c.portSet(parts[0], brportFiles[parts[2]], value) })
	case len(parts) == 3 && parts[1] == "bonding":
		o, ok := c.make(parts[0], kind.Bond)
		if name, isMember := strings.CutPrefix(value, "+"); ok && parts[2] == "slaves" && isMember {
			c.addPort(o, name, c.at)
			return true
		}
		if name, leaves := strings.CutPrefix(value, "-"); ok && parts[2] == "slaves" && leaves {
			return c.release(parts[0], name)
		}
		target, _ := strings.CutPrefix(value, "+")
		if ok && parts[2] != "slaves" {
			c.set(o, parts[2], yesNo(kind.Bond, parts[2], target), c.at)
			return true
		}
		return false
	case len(parts) == 3 && parts[1] == "bridge":
		o, ok := c.known(parts[0], kind.Bridge)
		key := map[string]string{"multicast_snooping": "mcast_snooping", "multicast_querier": "mcast_querier", "multicast_router": "mcast_router", "default_pvid": "vlan_default_pvid"}[parts[2]]
		if key == "" {
			key = parts[2]
		}
		if ok {
			c.set(o, key, value, c.at)
		}
		return ok
	}
	return false
}

// brportFiles are the kernel's files of a port (net/bridge/br_sysfs_if.c) with the rows that they are.
var brportFiles = map[string]string{"path_cost": "cost", "priority": "priority", "hairpin_mode": "hairpin", "bpdu_guard": "guard", "root_block": "root_block",
	"learning": "learning", "unicast_flood": "flood", "multicast_flood": "mcast_flood", "broadcast_flood": "bcast_flood", "proxyarp": "proxy_arp", "isolated": "isolated",
	"neigh_suppress": "neigh_suppress", "multicast_router": "mcast_router", "multicast_fast_leave": "fastleave", "group_fwd_mask": "group_fwd_mask"}

// portSet gives a port an option, if it is one.
func (c *call) portSet(port, row, value string) bool {
	master := c.master(port)
	if master == nil || master.kind != kind.Bridge {
		return c.failAs(Conflict, port+" is no port of a bridge here; make it one, or take this line away")
	}
	c.put(&master.port(port).options, row, value, c.at)
	return true
}

// sysctl reads sysctl -w NAME=VALUE.
func (c *call) sysctl() bool {
	all := len(c.args) > 0
	for _, a := range c.args {
		name, value, ok := strings.Cut(a, "=")
		switch {
		case strings.HasPrefix(a, "-"):
		case !ok || !c.setting(strings.ReplaceAll(name, "/", "."), value):
			all = false
		}
	}
	return all
}

// setting takes over the one sysctl that documents have a word for.
func (c *call) setting(name, value string) bool {
	link, ok := strings.CutPrefix(name, "net.ipv6.conf.")
	link, ok2 := strings.CutSuffix(link, ".disable_ipv6")
	if !ok || !ok2 || link == "all" || link == "default" || value != "0" && value != "1" {
		return c.failAs(Program, "sysctls are for sysctl.d(5); set it there")
	}
	o, ok := c.link(link)
	if !ok {
		return false
	}
	c.set(o, "ipv6", map[string]string{"0": "auto", "1": "off"}[value], c.at)
	return true
}
