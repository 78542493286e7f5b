package convert

import (
	"net/netip"
	"reflect"
	"slices"
	"strings"

	"hostnet-module/module/foreign"
	"hostnet-module/module/kind"
)

// draft is a document while it is made, with the lines that each of its values comes from.
type draft struct {
	ledger
	objects []*object
	names   map[string]*object // the same by name
	rules   []*entry
	advice  []string
	strict  bool // its program takes no gateway outside the networks
	options Options
	looks   int             // at the document, until it was good
	others  map[string]bool // links that others make: no objects
}

// entry is one value of the document.
type entry struct {
	key     string
	value   any // a text in the words of attr.Row.Parse for options; else a value of a spec.Tree
	from    []foreign.Pos
	part    string                 // what of its line it is, where that holds more; "" is the whole
	at      map[string]foreign.Pos // of an address or a route: the lines of its keys, where they have lines of their own
	dropped bool
}

// object is one link of the document.
type object struct {
	name    string
	kind    *kind.Kind // nil: nobody has said; a NIC
	from    []foreign.Pos
	options []*entry // rows, and the keys that are none
	parent  *entry
	ports   []*port
	said    bool // that there are ports, be it none
	vague   bool // not all of its ports can be named
	dropped bool

	addresses, gateways, routes []*entry
	vlans                       []*entry
	implied                     bool // nobody has a line for it: it is needed by another
	used                        bool // the host has an address there that the document does not say
}

// port is a member or port, by name or as {mac: …}.
type port struct {
	entry
	named   string // its name, where the document has its MAC
	options []*entry
	vlans   []*entry
	noVLANs []foreign.Pos // the lines that have taken it out of its last VLAN
}

// find returns the object of a name; nil if there is none.
func (d *draft) find(name string) *object {
	return d.names[name]
}

// object returns the object of a name, and makes it where there is none.
func (d *draft) object(name string, at ...foreign.Pos) *object {
	o := d.find(name)
	if o == nil {
		o = &object{name: name, implied: len(at) == 0}
		if d.names == nil {
			d.names = map[string]*object{}
		}
		d.names[name] = o
		d.objects = append(d.objects, o)
	}
	if len(at) > 0 {
		o.implied = false
	}
	o.from = append(o.from, at...)
	return o
}

// forget takes an object out again, as if there had been no word of it.
func (d *draft) forget(o *object) {
	d.objects = slices.DeleteFunc(d.objects, func(x *object) bool { return x == o })
	delete(d.names, o.name)
}

// claim says of which kind an object is; false, and told, where it is another one already.
func (d *draft) claim(o *object, k *kind.Kind, at foreign.Pos) bool {
	if o.kind != nil && o.kind != k {
		d.tell(at, Conflict, "%s is a %s already", o.name, o.kind.Name)
		return false
	}
	o.kind = k
	return true
}

func (o *object) option(key string) *entry {
	for _, e := range o.options {
		if e.key == key && !e.dropped {
			return e
		}
	}
	return nil
}

// text is the value of an option, "" where there is none.
func (o *object) text(key string) string {
	if e := o.option(key); e != nil {
		text, _ := e.value.(string)
		return text
	}
	return ""
}

// set gives an object an option. One that is given again is the last one's, and the first line is reported unless it says
// the same.
func (d *draft) set(o *object, key string, value any, at foreign.Pos) *entry {
	return d.putAs(&o.options, key, value, at, o.kind)
}

// same tells whether two texts are one value of an option: yes and 1.
func same(k *kind.Kind, key string, a, b any) bool {
	one, isText := a.(string)
	two, isText2 := b.(string)
	if k == nil || k.Row(key) == nil || !isText || !isText2 {
		return false
	}
	row := k.Row(key)
	v, err := row.Parse(one)
	w, err2 := row.Parse(two)
	return err == nil && err2 == nil && reflect.DeepEqual(v, w)
}

// put is set for any list of options. It returns the option's entry.
func (d *draft) put(options *[]*entry, key string, value any, at foreign.Pos) *entry {
	return d.putAs(options, key, value, at, nil)
}

func (d *draft) putAs(options *[]*entry, key string, value any, at foreign.Pos, k *kind.Kind) *entry {
	for _, e := range *options {
		if e.key != key || e.dropped {
			continue
		}
		if e.value == value || same(k, key, e.value, value) {
			e.from = append(e.from, at)
			return e
		}
		d.refuse(e, Conflict, "%s says otherwise, and comes later", at)
	}
	e := &entry{key: key, value: value, from: []foreign.Pos{at}}
	*options = append(*options, e)
	return e
}

// addPort makes a link a port of an object.
func (d *draft) addPort(o *object, name string, at ...foreign.Pos) *port {
	o.said = true
	for _, p := range o.ports {
		if p.value == name {
			for _, pos := range at {
				d.pass(pos)
			}
			return p
		}
	}
	p := &port{entry: entry{value: name, from: at}}
	o.ports = append(o.ports, p)
	return p
}

func (o *object) port(name string) *port {
	for _, p := range o.ports {
		if p.value == name || name != "" && p.named == name {
			return p
		}
	}
	return nil
}

// key is how a port is known.
func (p *port) key() string {
	if p.named != "" {
		return p.named
	}
	if t, isTree := p.value.(tree); isTree {
		return value(t, "mac")
	}
	name, _ := p.value.(string)
	return name
}

// master is the object of which a link is a port.
func (d *draft) master(name string) *object {
	for _, o := range d.objects {
		if o.port(name) != nil {
			return o
		}
	}
	return nil
}

// dotted reads a name that says which VLAN it is of which link: bond0.16.
func dotted(name string) (parent, id string, ok bool) {
	i := strings.LastIndexByte(name, '.')
	if i < 1 {
		return "", "", false
	}
	parent, id = name[:i], strings.TrimLeft(name[i+1:], "0")
	return parent, id, id != "" && len(id) <= 4 && strings.Trim(id, "0123456789") == ""
}

// vlan makes an object a VLAN.
func (d *draft) vlan(o *object, parent, id string, at ...foreign.Pos) {
	o.kind = kind.VLAN
	o.parent = &entry{key: "parent", value: parent, from: at}
	o.options = append([]*entry{{key: "id", value: id, from: at}}, o.options...)
}

// complete adds what the input leaves to its program: VLANs that are known by their names, the links that VLANs and ports
// stand on.
func (d *draft) complete() {
	for i := 0; i < len(d.objects); i++ { // grows
		o := d.objects[i]
		if parent, id, ok := dotted(o.name); ok && o.kind == nil {
			d.vlan(o, parent, id, o.from...)
		}
		if o.kind == nil {
			o.kind = kind.Ethernet
		}
		if o.parent != nil {
			d.need(o.parent.value.(string))
		}
		for _, p := range o.ports {
			name, _ := p.value.(string)
			if _, _, ok := dotted(name); ok {
				d.need(name)
			}
		}
	}
	d.spare()
}

// need makes an object that nobody has a line for.
func (d *draft) need(name string) {
	if d.find(name) == nil && !d.others[name] {
		d.object(name)
	}
}

// spare takes NICs out of the document of which it says nothing: their master brings them up.
func (d *draft) spare() {
	d.objects = slices.DeleteFunc(d.objects, func(o *object) bool {
		if o.kind == kind.Ethernet && o.empty() && d.master(o.name) != nil {
			d.pass(o.from...)
			delete(d.names, o.name)
			return true
		}
		return false
	})
}

func (o *object) empty() bool {
	return len(o.options)+len(o.addresses)+len(o.gateways)+len(o.routes) == 0
}

// bare tells whether nothing of an object is left but its name.
func (o *object) bare() bool {
	return len(alive(o.options))+len(alive(o.addresses))+len(alive(o.gateways))+len(alive(o.routes)) == 0
}

// networks are the prefixes of an object's addresses.
func (o *object) networks() []netip.Prefix {
	var list []netip.Prefix
	for _, e := range alive(o.addresses) {
		if p, ok := network(e); ok {
			list = append(list, p)
		}
	}
	return list
}

// network is the prefix of an address, or of its peer.
func network(e *entry) (netip.Prefix, bool) {
	text, _ := e.value.(string)
	if t, isTree := e.value.(tree); isTree {
		text = value(t, "address")
		if peer := value(t, "peer"); peer != "" {
			text = peer
		}
	}
	p, err := netip.ParsePrefix(text)
	return p, err == nil
}

// reaches tells whether an address is in a network of the object, or needs none.
func (o *object) reaches(ip netip.Addr) bool {
	if ip.Is6() && ip.IsLinkLocalUnicast() {
		return true
	}
	return slices.ContainsFunc(o.networks(), func(p netip.Prefix) bool { return p.Contains(ip) })
}

// value is a text of a tree, "" if there is none.
func value(t tree, key string) string {
	for _, p := range t {
		if p.Key == key {
			text, _ := p.Value.(string)
			return text
		}
	}
	return ""
}
