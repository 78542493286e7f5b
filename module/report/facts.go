package report

import (
	"slices"

	"hostnet-module/module/kind"
	"hostnet-module/module/state"
)

// Network is the running network for those who ask about it, by the document's lists: what a document cannot say, which member is
// in use, who the LACP partner is, whose guests are on a bridge. Lists are never null; what the kernel does not tell is.
type Network map[string]any

// Facts tells a host's.
func Facts(h *state.Host) Network {
	out := Network{}
	for _, k := range kind.List() {
		list := []any{}
		for _, l := range sorted(h.Links) {
			if l.K() == k && !boring(l) {
				list = append(list, fact(h, l))
			}
		}
		out[k.List] = list
	}
	routes := []any{}
	for _, r := range h.Routes {
		routes = append(routes, routeFact(r))
	}
	out["routes"] = routes
	return out
}

func sorted(links []*state.Link) []*state.Link {
	return slices.SortedFunc(slices.Values(links), func(a, b *state.Link) int { return natural(a.Name, b.Name) })
}

// fact tells of one link.
func fact(h *state.Host, l *state.Link) map[string]any {
	addresses := []string{}
	for _, a := range l.Addresses {
		addresses = append(addresses, a.Prefix.String())
	}
	f := map[string]any{
		"name": l.Name, "kind": l.KindWord(), "state": status(l), "carrier": l.Seen.Carrier, "mtu": l.MTU(), "mac": l.MAC(),
		"description": clean(l.Attrs.S("description")), "master": orNull(l.Master), "addresses": addresses,
	}
	k := l.K()
	if l.Seen.Speed > 0 {
		f["speed"] = l.Seen.Speed // Mbit/s
	}
	if k.Existing {
		f["permanent_mac"], f["guest"] = orNull(l.Seen.PermMAC), guestPort(l.Name)
	}
	if k.HasParent {
		f["parent"], f["id"] = orNull(l.Parent), l.Attrs.N("id")
	}
	if k.OwnsPorts {
		bondFacts(h, l, f)
	}
	if k.Bridging {
		bridgeFacts(h, l, f)
	}
	return f
}

func bondFacts(h *state.Host, l *state.Link, f map[string]any) {
	members := []any{}
	for _, p := range sorted(h.Ports(l.Name)) {
		m := values(p.Port)
		m["name"], m["carrier"], m["active"] = p.Name, p.Seen.Carrier, m["state"] == "active"
		m["state"] = status(p)
		if p.Seen.Speed > 0 {
			m["speed"] = p.Seen.Speed
		}
		members = append(members, m)
	}
	f["mode"], f["active"], f["members"] = word(l, "mode"), orNull(l.Attrs.S("active_slave")), members
	f["lacp"] = nil
	if partner, told := l.Attrs.Get("ad_partner_mac"); told {
		f["lacp"] = map[string]any{
			"partner": orNull(notZero(partner.S)), "aggregator": l.Attrs.N("ad_aggregator"), "members": l.Attrs.N("ad_num_ports"),
			"actor_key": l.Attrs.N("ad_actor_key"), "partner_key": l.Attrs.N("ad_partner_key"),
		}
	}
}

// notZero is a MAC that somebody has.
func notZero(mac string) string {
	if mac == "00:00:00:00:00:00" {
		return ""
	}
	return mac
}

func bridgeFacts(h *state.Host, l *state.Link, f map[string]any) {
	ports, guests := []string{}, []string{}
	for _, p := range sorted(h.Ports(l.Name)) {
		if guestPort(p.Name) {
			guests = append(guests, p.Name)
		} else {
			ports = append(ports, p.Name)
		}
	}
	f["ports"], f["guests"], f["host_access"] = ports, guests, !dumb(l)
}

func routeFact(r state.Route) map[string]any {
	f := map[string]any{"to": "default", "via": nil, "dev": orNull(r.Dev), "table": r.Table, "metric": r.Metric, "source": nil, "protocol": r.Proto, "family": "ipv6"}
	if r.Dst.Bits() > 0 {
		f["to"] = r.Dst.String()
	}
	if r.Is4() {
		f["family"] = "ipv4"
	}
	if r.Via.IsValid() {
		f["via"] = r.Via.String()
	}
	if r.Src.IsValid() {
		f["source"] = r.Src.String()
	}
	if len(r.Hops) > 0 {
		hops := []any{}
		for _, hop := range r.Hops {
			hops = append(hops, map[string]any{"via": hop.Via.String(), "dev": hop.Dev, "weight": hop.Weight})
		}
		f["hops"] = hops
	}
	return f
}

func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}
