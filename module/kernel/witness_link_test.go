package kernel

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"hostnet-module/module/attr"
	"hostnet-module/module/kind"
	"hostnet-module/module/state"
)

const linkLine = "%d %s kind %q parent %q master %q mtu %d mac %s perm %q alias %q gen %s oper %s mtus %d-%d loopback %v %s"

func ourLinks(h *state.Host) (lines []string) {
	for _, l := range h.Links {
		parent, up := l.Parent, "down"
		if l.Seen.Parent != 0 {
			parent = fmt.Sprint("if", l.Seen.Parent)
		}
		if l.Up() {
			up = fmt.Sprint("up, carrier ", l.Seen.Carrier)
		}
		lines = append(lines, fmt.Sprintf(linkLine, l.Index, l.Name, l.Kind, parent, l.Master, l.MTU(), l.MAC(), l.Seen.PermMAC, l.Attrs.S("description"),
			kind.AddrGenMode.Text(attr.Num(l.Attrs.N("addrgenmode"))), l.Seen.Oper, l.Seen.MinMTU, l.Seen.MaxMTU, l.Seen.Loopback, up))
	}
	return lines
}

// ipLink is a link as «ip -d -j link» shows it.
type ipLink struct {
	Ifindex, MTU                                     int
	Ifname, Link, Master, Address, Permaddr, Ifalias string
	Operstate                                        string
	GenMode                                          string `json:"inet6_addr_gen_mode"`
	Index                                            int    `json:"link_index"`
	MinMTU                                           int    `json:"min_mtu"`
	MaxMTU                                           int    `json:"max_mtu"`
	Flags                                            []string
	Linkinfo                                         struct {
		Kind string         `json:"info_kind"`
		Data map[string]any `json:"info_data"`
		Of   string         `json:"info_slave_kind"`
		Port map[string]any `json:"info_slave_data"`
	}
}

func theirLinks(t *testing.T, text string) (lines []string) {
	for _, l := range parseJSON[ipLink](t, text) {
		parent, up := "", "down"
		if falls(l.Linkinfo.Kind) {
			if parent = l.Link; parent == "" && l.Index != 0 {
				parent = fmt.Sprint("if", l.Index)
			}
		}
		if slices.Contains(l.Flags, "UP") {
			up = fmt.Sprint("up, carrier ", !slices.Contains(l.Flags, "NO-CARRIER"))
		}
		lines = append(lines, fmt.Sprintf(linkLine, l.Ifindex, l.Ifname, l.Linkinfo.Kind, parent, l.Master, l.MTU, l.Address, l.Permaddr, l.Ifalias,
			l.GenMode, l.Operstate, l.MinMTU, l.MaxMTU, slices.Contains(l.Flags, "LOOPBACK"), up))
	}
	return lines
}

// ourOptions are the rows of kinds and ports. Bits are shown where they are on: neither the kernel nor iproute2 speaks of the others.
func ourOptions(h *state.Host) (lines []string) {
	for _, l := range h.Links {
		for _, set := range []attr.Set{l.Attrs, l.Port} {
			for r, v := range set.All() {
				if (r.Place == attr.Data || r.Place == attr.Port) && (r.Type != attr.Bit || v.N != 0) {
					lines = append(lines, fmt.Sprintf("%s %d %s %s", l.Name, r.Place, r.Name, r.Text(v)))
				}
			}
		}
	}
	return lines
}

func theirOptions(t *testing.T, text string) (lines []string) {
	for _, l := range parseJSON[ipLink](t, text) {
		data := map[attr.Place]map[string]any{attr.Data: l.Linkinfo.Data, attr.Port: l.Linkinfo.Port}
		for _, r := range append(slices.Clone(kind.Of(l.Linkinfo.Kind).Rows), kind.Of(l.Linkinfo.Of).Port...) {
			if said, ok := witness(data[r.Place], r); ok && (r.Type != attr.Bit || said == "true") {
				v, _ := r.Parse(said)
				lines = append(lines, fmt.Sprintf("%s %d %s %s", l.Ifname, r.Place, r.Name, r.Text(v)))
			}
		}
	}
	return lines
}

// shared leaves out the rows that iproute2 does not print («arp_validate none»).
func shared(ours, theirs []string) []string {
	row := func(line string) string { return strings.Join(strings.Fields(line)[:3], " ") }
	said := map[string]bool{}
	for _, line := range theirs {
		said[row(line)] = true
	}
	return slices.DeleteFunc(ours, func(line string) bool { return !said[row(line)] })
}

// jsonNames are where iproute2's JSON has another word than its command line.
var jsonNames = map[string]string{"num_grat_arp": "num_peer_notif", "lacp_rate": "ad_lacp_rate", "lacp_active": "ad_lacp_active", "group_address": "group_addr",
	"mcast_router": "multicast_router"}

// witness finds a row in iproute2's JSON, as text.
func witness(data map[string]any, r *attr.Row) (string, bool) {
	if r.Type == attr.Map {
		return witnessPairs(data, r)
	}
	if r.Nest != 0 {
		inner, _ := data["ad_info"].(map[string]any)
		short := *r
		short.Name, short.Nest = strings.TrimPrefix(r.Name, "ad_"), 0
		return witness(inner, &short)
	}
	if _, own := data[r.Name]; r.Type == attr.Bit && !own {
		if data["flags"] == nil && r.Num != 2 {
			return "", false
		}
		flags, _ := data["flags"].([]any)
		return fmt.Sprint(slices.ContainsFunc(flags, func(f any) bool { return strings.EqualFold(f.(string), r.Name) })), true
	}
	short := strings.NewReplacer("_count", "_cnt", "_interval", "_intvl").Replace(r.Name)
	for _, key := range []string{r.IP(), r.Name, jsonNames[r.Name], short} {
		switch v := data[key].(type) {
		case nil:
		case []any:
			words := make([]string, len(v))
			for i := range v {
				words[i] = fmt.Sprint(v[i])
			}
			return strings.Join(words, ","), true
		case float64:
			return fmt.Sprint(int64(v)), true
		default:
			if n, err := strconv.ParseUint(fmt.Sprint(v), 0, 16); err == nil && r.Name == "group_fwd_mask" {
				return fmt.Sprint(n), true // "0xfff8"
			}
			return fmt.Sprint(v), true
		}
	}
	return "", false
}

// witnessPairs reads [{"from": 0, "to": 1}, …] of ingress_qos and egress_qos.
func witnessPairs(data map[string]any, r *attr.Row) (string, bool) {
	list, ok := data[strings.TrimSuffix(r.Name, "_map")].([]any)
	var words []string
	for _, pair := range list {
		p, _ := pair.(map[string]any)
		from, _ := p["from"].(float64)
		to, _ := p["to"].(float64)
		words = append(words, fmt.Sprintf("%.0f:%.0f", from, to))
	}
	return strings.Join(words, ","), ok
}
