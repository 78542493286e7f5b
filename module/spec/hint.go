package spec

import (
	"strings"

	"hostnet-module/module/kind"
)

// synonyms are keys of other tools for ours.
var synonyms = map[string]string{
	"slaves": "members", "interfaces": "members (of a bond) or ports (of a bridge)", "nics": "members",
	"link": "parent", "dev": "parent", "raw_device": "parent", "vlan-raw-device": "parent", "device": "name", "interface": "name", "ifname": "name",
	"vid": "id", "vlan": "id", "vlan_id": "id", "tag": "id", "macaddress": "mac", "hwaddr": "mac", "hwaddress": "mac", "mac_address": "mac",
	"address": "addresses", "ip": "addresses", "gateway4": "gateway", "gateway6": "gateway", "gateways": "gateway", "gw": "gateway",
	"dst": "to", "dest": "to", "destination": "to", "src": "source", "from": "source", "alias": "description", "comment": "description",
	"addrgenmode": "ipv6: auto or off", "enabled": "up", "prefsrc": "source", "brd": "broadcast", "dhcp4": "", "dhcp6": "",
}

// hintFor says what an unknown key may have been meant as: another tool's word, one of the known keys that is written
// almost so, or a key of another kind of object.
func hintFor(key string, known []string) string {
	lower := strings.ToLower(strings.ReplaceAll(key, "-", "_"))
	best, distance := "", 1+max(1, len(lower)/3)
	for _, k := range known {
		if d := edits(lower, k, distance); d < distance {
			best, distance = k, d
		}
	}
	if word := synonyms[lower]; word != "" && hasWord(known, word) {
		return "did you mean " + word + "?"
	}
	if best != "" {
		return "did you mean " + best + "?"
	}
	if lists := listsWith(lower); len(lists) > 0 {
		return "it is a key of " + strings.Join(lists, ", ")
	}
	if len(known) <= 16 {
		return "known are " + strings.Join(known, ", ")
	}
	return ""
}

// hasWord tells whether a synonym's target makes sense here.
func hasWord(known []string, word string) bool {
	first, _, _ := strings.Cut(word, " ")
	first = strings.TrimSuffix(first, ":")
	for _, k := range known {
		if k == first || strings.Contains(word, " "+k+" ") {
			return true
		}
	}
	return false
}

// listsWith names the lists whose objects know a key.
func listsWith(key string) []string {
	var lists []string
	for _, k := range kind.List() {
		if k.Rows.Row(key) != nil || k.Ports == key || k.HasParent && key == "parent" || k.Bridging && key == "host_access" {
			lists = append(lists, k.List)
		}
	}
	return lists
}

// edits is the Damerau-Levenshtein distance of two keys; it gives up, returning limit, where it is not below it.
func edits(a, b string, limit int) int {
	if a == b {
		return 0
	}
	if len(a) > 64 || len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return min(last[len(b)], limit)
}
