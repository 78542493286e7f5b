package convert

import (
	"strings"
)

// foreignOption says why an option is nothing to a document.
func foreignOption(key string) string {
	for _, f := range []struct{ start, why string }{
		{"dns_", "name servers are for resolvconf or systemd-resolved"},
		{"wpa_", "wireless links are for wpa_supplicant"}, {"wireless_", "wireless links are for wpa_supplicant"},
		{"accept_ra", "router advertisements are a sysctl: net.ipv6.conf.LINK.accept_ra"},
		{"autoconf", "address autoconfiguration is a sysctl: net.ipv6.conf.LINK.autoconf"},
		{"privext", "privacy extensions are a sysctl: net.ipv6.conf.LINK.use_tempaddr"},
		{"offload", "offloads are for ethtool"}, {"ethernet_", "link modes are for ethtool"}, {"link_", "link modes are for ethtool"}, {"ethtool", "is for ethtool"},
		{"ovs_", "Open vSwitch is not in documents"}, {"vrf", "VRFs are not in documents; put the link into it by another tool"}, {"vxlan", "tunnels are not in documents"},
		{"ip_forward", "forwarding is a sysctl: net.ipv4.conf.LINK.forwarding"}, {"ip6_forward", "forwarding is a sysctl: net.ipv6.conf.LINK.forwarding"}, {"arp_accept", "is a sysctl: net.ipv4.conf.LINK.arp_accept"},
		{"mpls_enable", "is a sysctl: net.mpls.conf.LINK.input"}, {"ipv6_addrgen", "how a link-local address is made is not in documents; ipv6: off is, and leaves IPv6 out"},
		{"address_virtual", "is a macvlan link with an address, and no object of a document; ifupdown2 or keepalived must make it"}, {"vrrp", "is for keepalived or FRR"},
		{"mstpctl_", "rapid spanning tree in a daemon is for mstpd"}, {"clagd_", "multi-chassis bonds of Cumulus Linux are not in documents"}, {"es_", "multi-homing of EVPN is for FRR"}, {"evpn_", "EVPN is for FRR"},
		{"hostname", "is for a DHCP client"}, {"client", "is for a DHCP client"}, {"vendor", "is for a DHCP client"}, {"leasetime", "is for a DHCP client"},
	} {
		if strings.HasPrefix(key, f.start) {
			return f.why
		}
	}
	return "this option is not known"
}

// addresses tells whether an option may give its link an address that the stanza does not say: of a router, of another program.
func addresses(key, value string) bool {
	switch {
	case strings.HasPrefix(key, "accept_ra") || key == "autoconf":
		on, ok := onOff(value)
		return !ok || on == "true"
	}
	return strings.HasPrefix(key, "address_virtual") || strings.HasPrefix(key, "vrrp")
}

// foreignReason is the reason for which such an option is told.
func foreignReason(key string) Reason {
	switch foreignOption(key) {
	case foreignOption(""):
		return Faulty
	case foreignOption("client"):
		return DHCP
	case foreignOption("ovs_"), foreignOption("vrf"), foreignOption("vxlan"):
		return OthersMake
	}
	return Program
}
