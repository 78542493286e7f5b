package convert

import (
	"fmt"
	"slices"
	"strings"

	"hostnet-module/module/foreign"
	"hostnet-module/module/kind"
)

// Netplan converts files of netplan (netplan-yaml(5)), merged in the order in which they are given, as it would have
// systemd-networkd carry them out.
func Netplan(files foreign.Files, names []string, o Options) (Result, error) {
	p, err := readNetplan(files, names, o)
	if err != nil {
		return Result{}, err
	}
	return p.result(), nil
}

// netplan is a draft out of YAML files: netplan's, or cloud-init's network-config of version 2.
type netplan struct {
	*eni
	file string // the one that is being read
	defs []*definition
	ids  map[string]*definition
	macs map[string]macOf // of version 1: by which NICs are known

	crowded map[foreign.Pos]bool // lines with several keys or items
}

// definition is one entry of ethernets, bonds, bridges or vlans, in one file.
type definition struct {
	kind     *kind.Kind
	id, name string // name is "" where a NIC is known by its MAC alone
	mac      string // by which a NIC is matched
	at       foreign.Pos
	file     string
	node     *foreign.Node
	lost     bool
}

func newNetplan(o Options) *netplan {
	return &netplan{eni: newENI(o), ids: map[string]*definition{}, macs: map[string]macOf{}, crowded: map[foreign.Pos]bool{}}
}

func readNetplan(files foreign.Files, names []string, o Options) (*netplan, error) {
	p := newNetplan(o)
	for _, name := range names {
		root, err := p.load(files, name)
		if err != nil {
			return nil, err
		}
		p.network(root, name)
	}
	p.settleDefinitions()
	return p, nil
}

// load reads a YAML file and notes which of its lines hold a node: the others go on with what stands before them.
func (p *netplan) load(files foreign.Files, name string) (*foreign.Node, error) {
	data, err := files.Read(name)
	if err != nil {
		return nil, err
	}
	root, err := foreign.YAML(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	p.open(name, data)
	p.file = name
	if root != nil {
		p.extents(name, root)
	}
	return root, nil
}

// extents lets each line with a node last until the next one.
func (p *netplan) extents(name string, root *foreign.Node) {
	holds, inList := map[int]bool{}, map[*foreign.Node]bool{}
	begun := map[int]int{} // how many keys and items a line has
	var walk func(n *foreign.Node, above, depth int)
	walk = func(n *foreign.Node, above, depth int) {
		holds[n.Line] = true
		if at := (foreign.Pos{File: name, Line: n.Line}); above > 0 && above != n.Line {
			p.above[at] = foreign.Pos{File: name, Line: above}
		}
		for i, c := range n.Content {
			if foreign.Mapping(n) && i%2 == 0 || !foreign.Mapping(n) && i > 0 && c.Line == n.Content[i-1].Line {
				begun[c.Line]++
				p.crowded[foreign.Pos{File: name, Line: c.Line}] = begun[c.Line] > 1
			}
			switch {
			case depth > 100:
			case foreign.Mapping(n) && i%2 == 1:
				walk(c, n.Content[i-1].Line, depth+1)
			case foreign.Mapping(n) && n.Content[0].Line > 0 && c.Line > n.Content[0].Line && above != n.Content[0].Line && inList[n]:
				walk(c, n.Content[0].Line, depth+1) // below the line on which the item starts
			default:
				inList[c] = !foreign.Mapping(n)
				walk(c, above, depth+1)
			}
		}
	}
	walk(root, 0, 0)
	from := 0
	for n := 1; n <= len(p.texts[name]); n++ {
		at := foreign.Pos{File: name, Line: n}
		switch {
		case holds[n]:
			from = n
		case p.fates[at] == Unseen && from == 0: // --- and directives before the first node
			p.pass(at)
		case p.fates[at] == Unseen:
			p.last[foreign.Pos{File: name, Line: from}] = n
		}
	}
}

// part is a pair as it is told where its line holds more; "" where the line says it.
func (p *netplan) part(key, value *foreign.Node) string {
	if !p.crowded[p.at(key)] {
		return ""
	}
	var b strings.Builder
	if key != value {
		b.WriteString(key.Value + ": ")
	}
	inline(&b, value, 0)
	return shown(strings.Fields(b.String()))
}

// inline writes a node on one line.
func inline(b *strings.Builder, n *foreign.Node, depth int) {
	n = foreign.Resolved(n)
	between := ""
	switch {
	case n == nil || depth > 5:
		b.WriteString("...")
	case foreign.Scalar(n):
		b.WriteString(n.Value)
	case foreign.Mapping(n):
		b.WriteString("{")
		foreign.EachMember(n, func(k, v *foreign.Node) {
			b.WriteString(between + k.Value + ": ")
			inline(b, v, depth+1)
			between = ", "
		})
		b.WriteString("}")
	default:
		b.WriteString("[")
		for _, item := range foreign.Sequence(n) {
			b.WriteString(between)
			inline(b, item, depth+1)
			between = ", "
		}
		b.WriteString("]")
	}
}

func (p *netplan) at(n *foreign.Node) foreign.Pos { return foreign.Pos{File: p.file, Line: n.Line} }

// losePair tells of a pair, or of an item (then both are the same).
func (p *netplan) losePair(key, value *foreign.Node, reason Reason, format string, args ...any) {
	p.tellPart(p.at(key), p.part(key, value), reason, format, args...)
}

// loseTree tells of each line of a pair.
func (p *netplan) loseTree(key, value *foreign.Node, reason Reason, format string, args ...any) {
	first := p.at(key)
	p.losePair(key, value, reason, format, args...)
	var walk func(n *foreign.Node, depth int)
	walk = func(n *foreign.Node, depth int) {
		if at := p.at(n); at.Line > first.Line+max(0, p.last[first]-first.Line) && p.fates[at] != Lost {
			p.tell(at, reason, "belongs to line %d", first.Line)
		}
		for _, c := range n.Content {
			if depth < 100 {
				walk(c, depth+1)
			}
		}
	}
	walk(value, 0)
}

// network reads one file's top.
func (p *netplan) network(root *foreign.Node, name string) {
	top := root
	if n := foreign.Member(root, "network"); n != nil {
		top = n
		foreign.EachMember(root, func(k, v *foreign.Node) {
			if k.Value == "network" {
				p.pass(p.at(k))
			} else {
				p.loseTree(k, v, NoWord, "is not of the network")
			}
		})
	}
	if root != nil && !foreign.Mapping(top) {
		p.loseTree(root, root, Faulty, "is not of the form that netplan has")
		return
	}
	foreign.EachMember(top, func(k, v *foreign.Node) {
		switch key := k.Value; key {
		case "version", "renderer":
			p.pass(p.at(k), p.at(v))
		case "ethernets", "bonds", "bridges", "vlans":
			p.pass(p.at(k))
			if !foreign.Mapping(v) {
				p.loseTree(k, v, Faulty, "is not of the form that netplan has")
				return
			}
			foreign.EachMember(v, func(id, def *foreign.Node) { p.define(kind.ByList(key), id, def) })
		default:
			p.loseTree(k, v, NoWord, "%s are not in documents", key)
		}
	})
}

// define enters a definition, and finds out which NIC it means.
func (p *netplan) define(k *kind.Kind, id, def *foreign.Node) {
	d := &definition{kind: k, id: id.Value, name: id.Value, at: p.at(id), file: p.file, node: def}
	p.pass(d.at)
	if before := p.ids[d.id]; before != nil {
		if before.kind != k {
			p.loseTree(id, def, Conflict, "%s is in %s already", d.id, before.kind.List)
			return
		}
		d.name, d.mac = before.name, before.mac
	} else {
		p.ids[d.id] = d
	}
	if !foreign.Mapping(def) && !(foreign.Scalar(def) && def.Value == "") {
		p.loseTree(id, def, Faulty, "is not of the form that netplan has")
		d.lost = true
	}
	if match := foreign.Member(def, "match"); match != nil && k.Existing {
		p.match(d, match)
	}
	if name := foreign.Member(def, "set-name"); name != nil && k.Existing {
		d.name = name.Value
	}
	p.ids[d.id].name, p.ids[d.id].mac = d.name, d.mac
	p.defs = append(p.defs, d)
}

// match reads by what a NIC is known.
func (p *netplan) match(d *definition, match *foreign.Node) {
	named, vague := false, false
	foreign.EachMember(match, func(k, v *foreign.Node) {
		switch {
		case k.Value == "macaddress" && foreign.Scalar(v):
			d.mac = strings.ToLower(v.Value)
			p.marked(k)
		case k.Value == "name" && foreign.Scalar(v) && !strings.ContainsAny(v.Value, "*?["):
			d.name, named = v.Value, true
			p.marked(k)
		case k.Value == "name" || k.Value == "driver":
			vague = true
			p.loseTree(k, v, OnHost, "which NICs match is known on the host alone; say their names or MACs")
		default:
			p.loseTree(k, v, Faulty, "this condition is not known")
		}
	})
	if !named {
		d.name = ""
	}
	d.lost = vague && !named && d.mac == ""
}

// marked notes lines that have been of use without being a value.
func (p *netplan) marked(nodes ...*foreign.Node) {
	for _, n := range nodes {
		p.mark(Taken, p.at(n))
	}
}

// settleDefinitions reads the definitions, once all are known.
func (p *netplan) settleDefinitions() {
	for _, d := range p.defs {
		p.file = d.file
		d.name, d.mac = p.ids[d.id].name, p.ids[d.id].mac
		if p.ids[d.id].lost && p.fates[d.at] == Lost {
			continue
		}
		if p.ids[d.id].lost || d.lost {
			p.loseDefinition(d, "which NIC is meant is not known")
			continue
		}
		if d.name == "" && p.says(d) {
			p.loseDefinition(d, "the NIC is known by its MAC alone; a document calls it by its name: say set-name")
			continue
		}
		o := &object{name: "?"}
		if d.name != "" {
			o = p.object(d.name, d.at)
			o.kind = d.kind
			if d.kind.Ports != "" {
				o.said = o.said || foreign.Member(d.node, "interfaces") != nil
			}
		}
		foreign.EachMember(d.node, func(k, v *foreign.Node) { p.key(&defined{p, d, o}, k, v) })
	}
	p.members()
	p.portOptions()
	p.routes()
	p.unlinked()
	p.advise()
	p.byMAC()
}

// says tells whether a NIC's definition has more than what it is known by.
func (p *netplan) says(d *definition) (more bool) {
	foreign.EachMember(d.node, func(k, v *foreign.Node) {
		if !slices.Contains([]string{"match", "set-name", "renderer", "optional", "critical", "wakeonlan"}, k.Value) && !off(k.Value, v) {
			more = true
		}
	})
	return more
}

// off tells of keys that turn off what nobody has turned on.
func off(key string, v *foreign.Node) bool {
	on, ok := onOff(v.Value)
	return ok && on == "false" && slices.Contains([]string{"dhcp4", "dhcp6", "ipv6-privacy", "emit-lldp", "wakeonlan"}, key)
}

func (p *netplan) loseDefinition(d *definition, why string) {
	foreign.EachMember(d.node, func(k, v *foreign.Node) {
		if at := p.at(k); p.fates[at] != Lost && !off(k.Value, v) {
			p.loseTree(k, v, OnHost, "%s: %s", d.id, why)
		} else if off(k.Value, v) {
			p.pass(at, p.at(v))
		}
	})
	if len(d.node.Content) == 0 {
		p.tell(d.at, OnHost, "%s", why)
	}
}

// reference is how a document calls the link of an id.
func (p *netplan) reference(id string) any {
	if d := p.ids[id]; d != nil && d.kind.Existing && d.mac != "" {
		return tree{pair("mac", d.mac)}
	} else if d != nil && d.name != "" {
		return d.name
	}
	return id
}

// unlinked takes away bonds' and bridges' ports of which nobody knows which links they are.
func (p *netplan) unlinked() {
	for _, o := range p.objects {
		for _, port := range o.ports {
			if id, ok := port.value.(string); ok && p.ids[id] != nil && p.ids[id].lost {
				p.refuse(&port.entry, OnHost, "which NIC %s is, is not known", id)
			}
		}
	}
}
