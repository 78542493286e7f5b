package convert

import (
	"fmt"
	"slices"
	"strings"

	"hostnet-module/module/kind"
	"hostnet-module/module/spec"
)

// toNetplan writes one file of netplan.
func toNetplan(r *rendering) {
	network := tree{pair("version", uint64(2)), pair("renderer", "networkd")}
	for _, k := range []*kind.Kind{kind.Ethernet, kind.Bond, kind.VLAN, kind.Bridge} {
		var defs tree
		for _, t := range r.things {
			if t.Kind == k {
				d := &netplanned{r: r, t: t}
				defs = append(defs, pair(t.Name, d.definition()))
			}
		}
		if k == kind.Ethernet {
			defs = append(defs, r.nics()...)
		}
		if len(defs) > 0 {
			network = append(network, pair(k.List, defs))
		}
	}
	r.file("/etc/netplan/60-hostnet.yaml", madeBy(r.to)+blockYAML(tree{pair("network", network)}, 0))
}

// nics are definitions of the ports and parents that are no objects of the document: netplan wants each link defined.
func (r *rendering) nics() (defs tree) {
	for _, t := range r.things {
		for _, p := range t.Ports {
			id, known := nicID(p)
			if r.find(id) != nil || member(defs, id) != nil {
				continue
			}
			switch {
			case p.MAC != "":
				known = tree{pair("match", tree{pair("macaddress", p.MAC)})}
			case p.HW != "":
				r.lose(p.Path, p.String(), "finds no NIC by its path")
				continue
			}
			defs = append(defs, pair(id, append(known, pair("link-local", []any{}))))
		}
		if t.Parent != "" && r.find(t.Parent) == nil && member(defs, t.Parent) == nil {
			defs = append(defs, pair(t.Parent, tree{}))
		}
	}
	return defs
}

func nicID(p spec.Port) (string, tree) {
	if p.Name != "" {
		return p.Name, nil
	}
	return "nic-" + strings.ReplaceAll(p.MAC, ":", ""), nil
}

// netplanned is a thing while it is written.
type netplanned struct {
	r *rendering
	t *thing
	d tree
}

func (n *netplanned) put(key string, v any) { n.d = append(n.d, pair(key, v)) }

func (n *netplanned) definition() tree {
	t := n.t
	if v := t.take("parent"); v != nil {
		n.put("id", t.take("id"))
		n.put("link", v)
	}
	if t.Kind.Ports != "" {
		n.ports()
	}
	if v := t.take("mtu"); v != nil {
		n.put("mtu", v)
	}
	if v := t.take("mac"); v != nil {
		n.put("macaddress", v)
	}
	if v := t.take("up"); v == false {
		n.put("activation-mode", "off")
	}
	if n.r.silent(t) {
		n.put("link-local", []any{})
		n.put("accept-ra", false)
	}
	if v := t.take("host_access"); v == false {
		n.r.lose(t.Path, "host_access: false", "cannot keep the host off a bridge: it is written as one that only has no address")
	}
	n.parameters()
	n.addresses()
	return n.d
}

func (n *netplanned) ports() {
	list := []any{}
	n.t.take(n.t.Kind.Ports)
	for _, p := range n.t.Ports {
		if id, _ := nicID(p); p.HW == "" {
			list = append(list, id)
		}
		if p.VLANs != nil {
			n.r.lose(p.Path, "vlans", "has no VLAN tables")
		}
	}
	n.put("interfaces", list)
}

// parameters writes options of bonds and bridges. A bridge with any has spanning tree on unless it says otherwise.
func (n *netplanned) parameters() {
	table := map[*kind.Kind]map[string]parameter{kind.Bond: bondParameters, kind.Bridge: bridgeParameters}[n.t.Kind]
	var out tree
	for row := range n.t.Attrs.All() {
		key := netplanKey(table, row.Name, false)
		if key == "" || n.t.Kind.Rows.Row(row.Name) == nil {
			continue
		}
		v := n.t.take(row.Name)
		if p := table[key]; p.unit == centi {
			v = fmt.Sprintf("%gs", float64(v.(uint64))/100)
		} else if p.unit == milliseconds {
			v = fmt.Sprintf("%vms", v)
		}
		out = append(out, pair(key, v))
	}
	for _, p := range n.t.Ports {
		id, _ := nicID(p)
		for row, v := range p.Attrs.All() {
			key := netplanKey(table, row.Name, true)
			if key == "" {
				n.r.lose(p.Path, row.Name+": "+row.Text(v), "has no option for it")
				continue
			}
			i := slices.IndexFunc(out, func(q pairOf) bool { return q.Key == key })
			if i < 0 {
				i, out = len(out), append(out, pair(key, tree{}))
			}
			out[i].Value = append(out[i].Value.(tree), pair(id, v.N))
		}
	}
	if n.t.Kind == kind.Bridge && len(out) > 0 && member(out, "stp") == nil {
		out = append(out, pair("stp", false))
	}
	if len(out) > 0 {
		n.put("parameters", out)
	}
}

func netplanKey(table map[string]parameter, row string, ofPort bool) (key string) {
	for k, p := range table {
		if p.row == row && (p.unit == ports) == ofPort && !strings.Contains(k, "slave") && k != "gratuitious-arp" && k != "aging-time" && k != "all-members-active" && k != "packets-per-member" {
			key = k
		}
	}
	switch { // the words that netplan had before it had others, and still has
	case ofPort:
	case row == "all_slaves_active" && table["all-slaves-active"].row != "":
		return "all-slaves-active"
	case row == "packets_per_slave" && table["packets-per-slave"].row != "":
		return "packets-per-slave"
	}
	return key
}

func (n *netplanned) addresses() {
	t := n.t
	var list []any
	for i, a := range t.list("addresses") {
		e := asTree(a, "address")
		options := tree{}
		for _, p := range e[1:] {
			switch {
			case p.Key == "label":
				options = append(options, p)
			case p.Key == "preferred_lft" && p.Value == uint64(0):
				options = append(options, pair("lifetime", uint64(0)))
			default:
				n.r.lose(t.Addresses[i].Path, p.Key, "has no option for it")
			}
		}
		var one any = t.Addresses[i].Prefix.String()
		if len(options) > 0 {
			one = tree{pair(one.(string), options)}
		}
		list = append(list, one)
	}
	if len(list) > 0 {
		n.put("addresses", list)
	}
	var routes []any
	for _, g := range t.Gateways {
		routes = append(routes, tree{pair("to", map[bool]string{true: "0.0.0.0/0", false: "::/0"}[g.Is4()]), pair("via", g.String())})
	}
	t.take("gateway")
	for _, r := range t.list("routes") {
		routes = append(routes, netplanRoute(r.(tree)))
	}
	if len(routes) > 0 {
		n.put("routes", routes)
	}
	n.rules()
}

func netplanRoute(e tree) (out tree) {
	for _, p := range e {
		for key, word := range routeWords {
			if word != p.Key {
				continue
			}
			v := p.Value
			if key == "to" && v == "default" {
				v = "0.0.0.0/0"
				if strings.Contains(value(e, "via"), ":") {
					v = "::/0"
				}
			}
			if word == "table" && v == "local" {
				v = uint64(255)
			} else if word == "table" && v == "default" {
				v = uint64(253)
			}
			out = append(out, pair(key, v))
		}
	}
	return out
}

func (n *netplanned) rules() {
	encoded, _ := member(n.r.doc.Encode(), "rules").([]any)
	var list []any
	for i, rule := range n.r.doc.Rules {
		if n.r.ruleHome(rule) != n.t {
			continue
		}
		var out tree
		for _, p := range encoded[i].(tree) {
			found := false
			for key, word := range ruleWords {
				if word == p.Key {
					v := p.Value
					if word == "table" && v == "main" {
						v = uint64(254)
					}
					out, found = append(out, pair(key, v)), true
				}
			}
			if !found && (p.Key != "family" || p.Value == "ipv6") {
				n.r.lose(rule.Path, p.Key, "has no option for it")
			}
		}
		list = append(list, out)
	}
	if len(list) > 0 {
		n.put("routing-policy", list)
	}
}

// blockYAML writes trees as blocks, and lists of texts and empty trees on one line.
func blockYAML(t tree, depth int) string {
	var b strings.Builder
	indent := strings.Repeat("  ", depth)
	for _, p := range t {
		inner, isTree := p.Value.(tree)
		list, isList := p.Value.([]any)
		key := strings.TrimSuffix(string(tree{pair(p.Key, true)}.YAML()), " true\n")
		switch {
		case isTree && len(inner) == 0:
			b.WriteString(indent + key + " {}\n")
		case isTree:
			b.WriteString(indent + key + "\n" + blockYAML(inner, depth+1))
		case isList && slices.ContainsFunc(list, func(v any) bool { _, ok := v.(tree); return ok }):
			b.WriteString(indent + key + "\n")
			for _, v := range list {
				item, ok := v.(tree)
				if !ok {
					b.WriteString(indent + "  - " + strings.TrimPrefix(string(tree{pair("x", v)}.YAML()), "x: "))
					continue
				}
				b.WriteString(indent + "  - " + strings.TrimPrefix(blockYAML(item, depth+2), strings.Repeat("  ", depth+2)))
			}
		default:
			b.WriteString(indent + string(tree{p}.YAML()))
		}
	}
	return b.String()
}
