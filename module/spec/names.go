package spec

import (
	"strconv"
	"strings"

	"hostnet-module/module/attr"
)

// reserved are names that files beside the links' own take: /proc/sys/net/ipv4/conf/{all,default},
// /sys/class/net/bonding_masters; and the loopback link.
var reserved = map[string]string{
	"all": "the kernel's settings for all links have that name", "default": "the kernel's settings for new links have that name",
	"bonding_masters": "a file of the bonding driver has that name", "lo": "the loopback link is not to be touched",
}

// nameFault says what is wrong with the name of a link (net/core/dev.c: dev_valid_name); "" if nothing is.
func nameFault(name string) string {
	switch {
	case name == "":
		return "must not be empty"
	case len(name) > 15:
		return "must have 1-15 bytes, has " + strconv.Itoa(len(name))
	case name == "." || name == "..":
		return "must not be a folder's name"
	}
	for i := range len(name) {
		switch c := name[i]; {
		case c == '/' || c == ':':
			return "must not hold / or :"
		case c == '%':
			return "must not hold %: the kernel would count names with it"
		case c == ' ' || c == 0xa0 || c >= '\t' && c <= '\r': // the kernel's isspace counts 0xa0, which is a byte of many letters in UTF-8
			return "must not hold white space"
		case c < ' ' || c == 0x7f:
			return "must not hold control characters"
		}
	}
	if why := reserved[name]; why != "" {
		return "is reserved: " + why
	}
	return ""
}

// checkName checks the names of an object and of the links that it refers to.
func checkName(c *checker, o *Object) {
	switch text := nameFault(o.Name); {
	case o.Name == "" && o.Absent && o.Kind.HasParent:
		c.lacks(o, o.Path, ErrMissing, "", "name is missing: name, or parent and id, say which link it is")
	case o.Name == "" && o.Kind.HasParent, o.Name == "" && o.inSegment():
		// what is missing is reported by itself: parent and id of a VLAN, the keys of a segment when it is read
	case o.Name == "":
		c.lacks(o, o.Path, ErrMissing, "", "name is missing")
	case text != "" && o.derived():
		c.fault(o.Path, ErrValue, "give the VLAN a shorter name: name: "+shortName(o), "%s: the VLAN's default name, PARENT.ID, %s", quote(o.Name), text)
	case text != "":
		c.fault(o.key("name"), ErrValue, "", "%s: %s", quote(o.Name), text)
	}
	if o.Parent != "" {
		if text := nameFault(o.Parent); text != "" {
			c.fault(o.key("parent"), ErrValue, "", "%s: %s", quote(o.Parent), text)
		}
	}
	for i := range o.Ports {
		p := &o.Ports[i]
		if p.Name == "" || p.Path == o.Path {
			continue
		}
		if text := nameFault(p.Name); text != "" {
			c.fault(p.Path, ErrValue, "", "%s: %s", quote(p.Name), text)
		}
	}
}

// derived tells whether a VLAN has its default name.
func (o *Object) derived() bool {
	id, ok := o.Attrs.Get("id")
	if !ok || !o.Kind.HasParent || len(o.Name) > len(o.Parent)+len(".4294967295") {
		return false
	}
	number, same := strings.CutPrefix(o.Name, o.Parent)
	return same && number == "."+o.Kind.Rows.Must("id").Text(id)
}

func shortName(o *Object) string { return "vlan" + o.Kind.Rows.Must("id").Text(mustGet(o, "id")) }

// checkUnique refuses a second object of one name.
func checkUnique(c *checker, o *Object) {
	if first := c.named(o.Name); first != nil && first != o {
		where := o.key("name")
		if o.derived() {
			where = o.Path
		}
		c.fault(where, ErrDuplicate, "", "%s: is the name of %s already", quote(o.Name), first.Path)
	}
}

// checkExisting refuses to delete what was never made.
func checkExisting(c *checker, o *Object) {
	if o.Absent && o.Kind.Existing {
		c.fault(o.Path, ErrConflict, "leave it out", "%s: a NIC is not created and cannot be absent", quote(o.Name))
	}
}

// checkNamedRows checks options that name a link.
func checkNamedRows(c *checker, o *Object) {
	for r, v := range o.Attrs.All() {
		if text := nameFault(v.S); r.Type == attr.Index && v.S != "" && text != "" {
			c.fault(o.key(r.Name), ErrValue, "", "%s: %s", quote(v.S), text)
		}
	}
}
