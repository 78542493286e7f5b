package convert

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"hostnet-module/module/foreign"
	"hostnet-module/module/kind"
)

// bridgeVLANs is what ifupdown2 says of the VLANs of a bridge's ports: bridge-vids and bridge-pvid at the bridge, for all ports
// that say nothing themselves, or at a port with bridge-access and bridge-allow-untagged.
type bridgeVLANs struct {
	bridge *object
	port   string // "": all others
	key    string
	option *foreign.Option
}

func (s *stanza) portVLANs(key string, o *foreign.Option) {
	bridge := s.bridgeOf(s.o.name)
	if bridge == nil {
		s.lose(o.Pos, "%s is no port of a bridge here", s.o.name)
		return
	}
	s.mark(Taken, s.lines()...)
	s.bridged = append(s.bridged, &bridgeVLANs{bridge, s.o.name, key, o})
}

// bridgeTables gives the ports their entries, once all ports are known.
func (e *eni) bridgeTables() {
	for _, o := range e.objects {
		for _, p := range o.ports {
			name, _ := p.value.(string)
			own := e.tableOf(o, name)
			if len(own) == 0 {
				own = e.tableOf(o, "")
			}
			e.entries(p, own)
		}
	}
	for _, v := range e.bridged { // of a bridge without such ports
		if len(v.bridge.ports) == 0 {
			e.lose(v.option.Pos, "%s has no ports here", v.bridge.name)
		}
	}
}

func (e *eni) tableOf(bridge *object, port string) (own []*bridgeVLANs) {
	for _, v := range e.bridged {
		if v.bridge == bridge && v.port == port {
			own = append(own, v)
		}
	}
	return own
}

func (e *eni) entries(p *port, said []*bridgeVLANs) {
	pvid, from := "1", []foreign.Pos(nil)
	var vids []*entry
	for _, v := range said {
		at := v.option.Pos
		switch v.key {
		case "pvid":
			pvid, from = v.option.Value, append(from, at)
		case "access":
			pvid, from, vids = v.option.Value, append(from, at), nil
		case "allow_untagged":
			if on, ok := onOff(v.option.Value); ok && on == "false" {
				pvid = ""
			}
			e.mark(Taken, at)
		case "vids":
			for _, w := range strings.FieldsFunc(v.option.Value, func(r rune) bool { return r == ' ' || r == ',' || r == '\t' }) {
				vids = append(vids, &entry{value: number(w), from: []foreign.Pos{at}})
			}
		}
	}
	if len(said) == 0 {
		return
	}
	if pvid != "" {
		p.vlans = append(p.vlans, &entry{value: tree{pair("id", number(pvid)), pair("pvid", true), pair("untagged", true)}, from: from})
	}
	for _, v := range vids {
		p.vlans = append(p.vlans, e.without(v, pvid)...)
	}
}

// without are the VLANs of a range but for one.
func (e *eni) without(v *entry, pvid string) (list []*entry) {
	low, high, ok := vlanRange(v.value)
	n, err := strconv.ParseUint(pvid, 10, 16)
	if !ok || err != nil || n < low || n > high {
		return []*entry{v}
	}
	e.pass(v.from...)
	for _, r := range [][2]uint64{{low, n - 1}, {n + 1, high}} {
		switch {
		case r[0] == r[1]:
			list = append(list, &entry{value: r[0], from: v.from})
		case r[0] < r[1]:
			list = append(list, &entry{value: fmt.Sprintf("%d-%d", r[0], r[1]), from: v.from})
		}
	}
	return list
}

// vlanRange reads 5 or 5-10.
func vlanRange(v any) (low, high uint64, ok bool) {
	if n, one := v.(uint64); one {
		return n, n, true
	}
	text, _ := v.(string)
	a, b, ranged := strings.Cut(text, "-")
	low, err := strconv.ParseUint(a, 10, 16)
	high, err2 := strconv.ParseUint(b, 10, 16)
	return low, high, ranged && err == nil && err2 == nil
}

// selfVLANs puts the host into the VLANs of which it has a link on a bridge that sorts by VLAN, as ifupdown2 does.
func (e *eni) selfVLANs() {
	for _, b := range e.objects {
		if b.kind != kind.Bridge || len(b.vlans) > 0 || !slices.ContainsFunc(e.bridged, func(v *bridgeVLANs) bool { return v.bridge == b }) {
			continue
		}
		var own []*entry
		for _, o := range e.objects {
			if parent, id, ok := dotted(o.name); ok && parent == b.name {
				own = append(own, &entry{value: number(id), from: o.from})
			}
		}
		if len(own) > 0 {
			b.vlans = append([]*entry{{value: tree{pair("id", uint64(1)), pair("pvid", true), pair("untagged", true)}, from: own[0].from}}, own...)
		}
	}
}
