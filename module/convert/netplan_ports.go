package convert

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"hostnet-module/module/foreign"
	"hostnet-module/module/kind"
)

// interfaces reads a bond's members or a bridge's ports.
func (d *defined) interfaces(k, v *foreign.Node) {
	d.pass(d.at(k))
	if len(foreign.Sequence(v)) == 0 {
		d.o.from = append(d.o.from, d.at(k))
	}
	d.each(k, v, func(item *foreign.Node) {
		if !foreign.Scalar(item) {
			d.loseTree(item, item, Faulty, "must be the id of a link")
			return
		}
		d.portOf(item.Value, d.at(item)).part = d.part(item, item)
	})
}

// portOf is the port that an id means.
func (d *defined) portOf(id string, at ...foreign.Pos) *port {
	ref := d.reference(id)
	if name, ok := ref.(string); ok {
		return d.addPort(d.o, name, at...)
	}
	for _, p := range d.o.ports {
		if t, isTree := p.value.(tree); isTree && value(t, "mac") == value(ref.(tree), "mac") {
			p.from = append(p.from, at...)
			return p
		}
	}
	d.mark(Taken, d.known(id).at, d.known(id).macAt)
	p := &port{entry: entry{value: ref, from: at}, named: d.known(id).name}
	d.o.ports = append(d.o.ports, p)
	return p
}

func (d *defined) link(k, v *foreign.Node) {
	at := d.at(k)
	def := d.known(v.Value)
	switch {
	case def == nil:
		d.losePair(k, v, Faulty, "there is no %s", v.Value)
	case def.name == "" && def.mac == "":
		d.losePair(k, v, OnHost, "which NIC %s is, is not known; say its name", v.Value)
	case def.name == "":
		d.losePair(k, v, OnHost, "%s is known by its MAC alone, and a document calls it by its name; say set-name", v.Value)
	default:
		d.o.parent = &entry{key: "parent", value: def.name, from: []foreign.Pos{at}, part: d.part(k, v)}
	}
}

// unit is what a number without a suffix counts.
type unit int

const (
	plain        unit = iota
	milliseconds      // rows in ms
	seconds           // rows in s
	centi             // seconds to rows in s/100
	word              // a boolean or a word
	list              // addresses
	ports             // a mapping of ports to numbers
)

// parameter is one of netplan's, with the row that it is.
type parameter struct {
	row  string
	unit unit
}

var bondParameters = map[string]parameter{
	"mode": {"mode", word}, "lacp-rate": {"lacp_rate", word}, "mii-monitor-interval": {"miimon", milliseconds}, "min-links": {"min_links", plain},
	"transmit-hash-policy": {"xmit_hash_policy", word}, "ad-select": {"ad_select", word}, "all-members-active": {"all_slaves_active", word},
	"all-slaves-active": {"all_slaves_active", word}, "arp-interval": {"arp_interval", milliseconds}, "arp-ip-targets": {"arp_ip_target", list},
	"arp-validate": {"arp_validate", word}, "arp-all-targets": {"arp_all_targets", word}, "up-delay": {"updelay", milliseconds}, "down-delay": {"downdelay", milliseconds},
	"fail-over-mac-policy": {"fail_over_mac", word}, "gratuitous-arp": {"num_grat_arp", plain}, "gratuitious-arp": {"num_grat_arp", plain},
	"packets-per-member": {"packets_per_slave", plain}, "packets-per-slave": {"packets_per_slave", plain}, "primary-reselect-policy": {"primary_reselect", word},
	"resend-igmp": {"resend_igmp", plain}, "learn-packet-interval": {"lp_interval", seconds}, "primary": {"primary", word},
}

var bridgeParameters = map[string]parameter{
	"ageing-time": {"ageing_time", centi}, "aging-time": {"ageing_time", centi}, "priority": {"priority", plain}, "forward-delay": {"forward_delay", centi},
	"hello-time": {"hello_time", centi}, "max-age": {"max_age", centi}, "stp": {"stp_state", word}, "path-cost": {"cost", ports}, "port-priority": {"priority", ports},
}

// parameters reads the options of a bond or a bridge. netplan turns spanning tree on where a bridge has parameters and does
// not say otherwise.
func (d *defined) parameters(k, v *foreign.Node) {
	d.pass(d.at(k))
	table := bondParameters
	if d.def.kind == kind.Bridge {
		table = bridgeParameters
		if foreign.Member(v, "stp") == nil && d.o.option("stp_state") == nil {
			d.o.options = append(d.o.options, &entry{key: "stp_state", value: "true", from: []foreign.Pos{d.at(k)}})
		}
	}
	if !foreign.Mapping(v) && v.Value != "" {
		d.loseTree(k, v, Faulty, "is not of the form that netplan has")
	}
	foreign.EachMember(v, func(k, v *foreign.Node) {
		p, ok := table[k.Value]
		if !ok {
			d.loseTree(k, v, Faulty, "this parameter of %s is not known", d.def.kind.List)
			return
		}
		d.parameter(p, k, v)
	})
}

func (d *defined) parameter(p parameter, k, v *foreign.Node) {
	at := d.at(k)
	switch {
	case p.unit == list:
		if targets := foreign.Scalars(v); len(targets) > 0 {
			d.give(p.row, strings.Join(targets, ","), k, v)
			d.marked(foreign.Sequence(v)...)
			return
		}
		if foreign.Sequence(v) != nil || v.Tag == "!!seq" {
			d.pass(at, d.at(v))
			return
		}
		d.losePair(k, v, Faulty, "must be a list")
	case p.unit == ports:
		d.pass(at)
		foreign.EachMember(v, func(id, n *foreign.Node) { d.portNumber(p.row, id, n) })
		if !foreign.Mapping(v) {
			d.loseTree(k, v, Faulty, "must name ports and their values")
		}
	case !foreign.Scalar(v):
		d.loseTree(k, v, Faulty, "must be one value")
	default:
		text := v.Value
		if p.row == "primary" {
			if name, ok := d.reference(text).(string); ok {
				text = name
			} else if def := d.known(text); def.name != "" {
				text = def.name
			} else {
				d.losePair(k, v, OnHost, "%s is known by its MAC alone, and a document calls the primary by its name; say set-name", text)
				return
			}
		}
		if text, ok := p.unit.value(text); ok {
			d.give(p.row, text, k, v)
		} else {
			d.losePair(k, v, Faulty, "must be a number, or a time")
		}
	}
}

func (d *defined) portNumber(row string, id, n *foreign.Node) {
	listed := slices.ContainsFunc(foreign.Sequence(foreign.Member(d.def.node, "interfaces")), func(i *foreign.Node) bool { return i.Value == id.Value })
	if !listed && d.o.port(id.Value) == nil {
		d.losePair(id, n, Faulty, "%s is none of the interfaces", id.Value)
		return
	}
	d.put(&d.portOf(id.Value).options, row, n.Value, d.at(id)).part = d.part(id, n)
}

// value turns a value into the unit of its row. Times may have a suffix as in systemd.time(7).
func (u unit) value(text string) (string, bool) {
	if u == plain || u == word {
		return text, text != ""
	}
	scale := map[unit]float64{milliseconds: 1, seconds: 1000, centi: 1000}[u] // of a bare number, in ms
	number := strings.TrimSpace(text)
	for _, s := range []struct {
		suffix string
		ms     float64
	}{{"msec", 1}, {"ms", 1}, {"usec", 0.001}, {"us", 0.001}, {"seconds", 1000}, {"second", 1000}, {"sec", 1000}, {"minutes", 60000}, {"minute", 60000}, {"min", 60000}, {"s", 1000}, {"m", 60000}} {
		if rest, ok := strings.CutSuffix(number, s.suffix); ok {
			number, scale = strings.TrimSpace(rest), s.ms
			break
		}
	}
	f, err := strconv.ParseFloat(number, 64)
	if err != nil || f < 0 || f*scale > math.MaxInt32 {
		return "", false
	}
	unitMs := map[unit]float64{milliseconds: 1, seconds: 1000, centi: 10}[u]
	return strconv.FormatInt(int64(math.Round(f*scale/unitMs)), 10), true
}
