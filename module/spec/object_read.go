package spec

import (
	"net/netip"
	"slices"
	"strings"

	"hostnet-module/module/attr"
	"hostnet-module/module/kind"
)

// readObject reads one object of a kind; nil if it is none.
func readObject(w *walker, p place, k *kind.Kind, absent bool) *Object {
	o := &Object{Kind: k, Path: p.path(), Absent: absent}
	ok := w.object(p, k.Doc, func(key string, at place) bool {
		return o.readKey(w, key, at)
	}, func() []string { return objectKeys(k) })
	if !ok {
		return nil
	}
	o.nameVLAN()
	return o
}

// nameVLAN gives a link that stands on another its default name, PARENT.ID.
func (o *Object) nameVLAN() {
	const most = 255 // a parent's name that is far too long is told; it is not put into others
	if id, ok := o.Attrs.Get("id"); ok && o.Kind.HasParent && o.Name == "" && o.Parent != "" && len(o.Parent) <= most {
		o.Name = o.Parent + "." + o.Kind.Rows.Must("id").Text(id)
	}
}

func (o *Object) readKey(w *walker, key string, at place) bool {
	if f, ok := lookup(objectFields, key); ok && f.read != nil && knows(o.Kind, key) {
		if !at.node.omitted() {
			f.read(w, o, at)
		}
		return true
	}
	if key == o.Kind.Ports && key != "" {
		o.Ports = readPorts(w, at, o.Kind)
		return true
	}
	return readRow(w, &o.Attrs, o.Kind.Row(key), at)
}

// knows tells whether objects of a kind have one of the keys of objectFields.
func knows(k *kind.Kind, key string) bool {
	switch key {
	case "parent":
		return k.HasParent
	case "ports_exclusive", "host_access", "vlans":
		return k.Bridging
	}
	return true
}

// objectKeys lists the keys that objects of a kind have.
func objectKeys(k *kind.Kind) []string {
	var keys []string
	for _, f := range objectFields {
		if knows(k, f.key) {
			keys = append(keys, f.key)
		}
	}
	if k.Ports != "" {
		keys = append(keys, k.Ports)
	}
	return append(keys, rowKeys(slices.Concat(k.Rows, kind.Common))...)
}

func rowKeys(t attr.Table) []string {
	var keys []string
	for _, r := range t {
		if writable(r) {
			keys = append(keys, r.Name)
			if r.Alias != "" {
				keys = append(keys, r.Alias)
			}
		}
	}
	return keys
}

// writable tells whether a row is a key of documents. The address generation mode is not: the document says `ipv6`.
func writable(r *attr.Row) bool { return !r.SeeOnly && !r.Hidden }

// The keys of objects that are no rows.
var objectFields = []field[Object]{
	textField("name", "the link's name, 1-15 bytes; that of a VLAN is PARENT.ID where nothing is said", nameForm, func(o *Object) *string { return &o.Name }),
	textField("parent", "the link that carries the VLAN", nameForm, func(o *Object) *string { return &o.Parent }),
	choiceField("state", "absent takes the object away; what else is said of it is then passed over", func(o *Object, word string) {
		o.Absent = Presence(word) == Absent
	}, string(Present), string(Absent)),
	listField("addresses", "addresses of the host on this link, with their prefix lengths", addressItem, readAddress, func(o *Object, list []Address) {
		o.L3, o.Addresses = true, list
	}),
	listField("gateway", "the default route's next hop, at most one for each family", gatewayItem, readGateway, func(o *Object, list []netip.Addr) {
		o.L3, o.Gateways = true, list
	}),
	listField("routes", "routes over this link", routeItem, readRoute, func(o *Object, list []Route) {
		o.L3, o.Routes = true, list
	}),
	{"ipv6", "off: no IPv6 at all on this link, not even a link-local address; the default for members, ports, bonds that only carry VLANs, and bridges without host access",
		offForm(string(IPv6Auto)), func(w *walker, o *Object, p place) {
			if word, ok := w.offWord(p, string(IPv6Auto)); ok {
				o.IPv6 = IPv6(word)
			}
		}},
	booleanField("ports_exclusive", "evict ports that are not listed, guests' too; by default they are left alone", func(o *Object, on bool) { o.PortsExclusive = on }),
	booleanField("host_access", "false: no frame of a guest reaches the host's own stack; the default is true, of a segment without addresses false", func(o *Object, on bool) {
		o.HostAccess = &on
	}),
	listField("vlans", "the VLANs in which the host itself is on the bridge, exactly (bridge vlan ... self); without the key they are left as they are", vlanItem, readVLAN,
		func(o *Object, list []VLAN) { o.VLANs = list }),
}

// offWord reads one word or «off», which templating and YAML 1.1 turn into false.
func (w *walker) offWord(p place, word string) (string, bool) {
	if on, ok := attr.ParseBool(strings.TrimSpace(p.node.text)); ok && !on && p.node.shape < listShape {
		return "off", true
	}
	return w.choice(p, word, "off")
}

func readEach[T any](w *walker, items []place, read func(*walker, place) (T, bool)) []T {
	list := make([]T, 0, len(items))
	for _, item := range items {
		if v, ok := read(w, item); ok {
			list = append(list, v)
		}
	}
	return list
}

// readRow reads an attribute; false if there is no such key.
func readRow(w *walker, to *attr.Set, r *attr.Row, p place) bool {
	switch {
	case r == nil || r.Hidden:
		return false
	case r.SeeOnly:
		w.add(p, ErrValue, "", "is reported by the kernel and cannot be set: "+r.Doc)
		return true
	}
	text, ok := w.rowText(p, r)
	if !ok {
		return true
	}
	v, err := r.Parse(text)
	switch {
	case err != nil:
		w.fault(p, ErrValue, "", "%s", bare(err.Error()))
	case to.Has(r.Name):
		w.add(p, ErrDuplicate, "", r.Name+" and "+r.Alias+" are the same option")
	default:
		to.Put(r, v)
	}
	return true
}

// rowText reads a value in the words that Row.Parse takes.
func (w *walker) rowText(p place, r *attr.Row) (string, bool) {
	switch {
	case r.Type == attr.Map && p.node.shape == numberShape && !p.node.missing():
		w.fault(p, ErrType, `quote the pairs: ["2:3"]`, "must be %s; unquoted, YAML 1.1 reads one as a number", r.Allowed())
		return "", false
	case r.Type == attr.Map:
		return w.joined(p, "a pair")
	case r.Type == attr.IP4s || r.Type == attr.IP6s:
		return w.joined(p, "an address")
	case r.Type == attr.MAC:
		return w.mac(p)
	case mayBeEmpty(r) && p.node.shape == textShape && p.node.missing() && !p.node.omitted():
		return "", true
	case r.Type == attr.Index:
		return w.text(p)
	case r.Type == attr.Text:
		text, ok := w.text(p)
		if strings.ContainsRune(text, 0) {
			w.fault(p, ErrValue, "", "must not hold a NUL byte")
			return "", false
		}
		return text, ok
	case len(r.Names) > 0, r.Type == attr.Bool, r.Type == attr.Bool32, r.Type == attr.Bit, r.Type == attr.Flag:
		return w.literal(p, r)
	case r.Max == 1:
		if on, ok := attr.ParseBool(strings.TrimSpace(p.node.text)); ok && p.node.shape < listShape {
			return r.Text(attr.On(on)), true
		}
	}
	return w.digits(p, true)
}

// mayBeEmpty tells whether an empty text is a value of a row, as no description and no primary are.
func mayBeEmpty(r *attr.Row) bool { return r.Empty && (r.Type == attr.Index || r.Type == attr.Text) }

// literal is a scalar of any shape as it was written.
func (w *walker) literal(p place, r *attr.Row) (string, bool) {
	if p.node.missing() {
		return "", false
	}
	if p.node.shape >= listShape {
		w.fault(p, ErrType, "", "must be %s", r.Allowed())
		return "", false
	}
	return strings.TrimSpace(p.node.text), true
}

// joined reads a list of words as one text with commas.
func (w *walker) joined(p place, what string) (string, bool) {
	items, ok := w.list(p)
	if !ok {
		return "", false
	}
	words := make([]string, 0, len(items))
	for _, item := range items {
		word, given := w.word(item)
		if !given {
			if item.node.missing() {
				w.fault(item, ErrValue, "", "must be %s", what)
			}
			return "", false
		}
		words = append(words, word)
	}
	return strings.Join(words, ","), true
}

// mac reads a MAC. YAML 1.1 takes an unquoted one whose bytes are all below 60 in decimal for a number to base 60.
func (w *walker) mac(p place) (string, bool) {
	if p.node.shape == numberShape && !p.node.missing() {
		hint := "quote the MAC"
		if mac := base60(p.node.text); mac != "" {
			hint += `: "` + mac + `"`
		}
		w.fault(p, ErrType, hint, "must be %s; unquoted, YAML reads it as a number", kind.MAC.Allowed())
		return "", false
	}
	return w.word(p)
}
