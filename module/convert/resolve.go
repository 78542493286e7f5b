package convert

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"hostnet-module/module/foreign"
	"hostnet-module/module/kind"
	"hostnet-module/module/spec"
)

// result makes the document, and takes out and tells what makes it a bad one.
func (d *draft) result() Result {
	d.complete()
	d.kernelRounds()
	d.words()
	r := Result{}
	if em := d.resolve(); em != nil {
		_, _, notes := spec.Read(em.doc.JSON(), "document.json")
		r.Document = em.doc
		for _, n := range notes { // the places are not those of an input
			n.Line, n.Column = 0, 0
			r.Warnings = append(r.Warnings, n)
		}
		em.mark(d)
		for _, o := range d.objects {
			if d.silent(o) {
				d.pass(o.from...)
			}
		}
	}
	d.settle()
	r.Left, r.Advice = d.left, d.advice
	return r
}

// Of these many looks only the deepest causes are taken out at a time; what is still wrong then goes all at once.
const patience = 50

// resolve looks at the document, takes out what is wrong, and looks again, until nothing is: the deepest cause first, since
// what was judged beside something that is gone may be in the right. It returns nil where no document is left.
func (d *draft) resolve() *emission {
	for d.looks = range 4 * patience {
		d.nextHops()
		d.saidTwice()
		d.wholeLists()
		em := d.emit(true)
		if len(em.index)+len(em.whole) == 0 {
			return nil
		}
		problems := spec.AllProblems(em.doc.JSON(), "document.json")
		if len(problems) == 0 {
			d.impliedSilence()
			d.plainDefaults()
			em = d.emit(false)
			if problems = spec.AllProblems(em.doc.JSON(), "document.json"); len(problems) == 0 {
				return em
			}
		}
		if !d.drop(em, problems, d.looks < patience) {
			return nil
		}
	}
	return nil
}

// impliedSilence leaves out that a link has no IPv6 where documents have it so: on ports and members, on a bond that only carries
// VLANs, on a bridge without host access (render's silent).
func (d *draft) impliedSilence() {
	for _, o := range d.objects {
		e := o.option("ipv6")
		if e == nil || e.value != "off" || o.dropped {
			continue
		}
		access := o.option("host_access")
		carries := o.kind == kind.Bond && len(alive(o.addresses)) == 0 && d.stoodOn(o.name)
		if carries || d.master(o.name) != nil || access != nil && access.value == false {
			e.dropped = true
			d.pass(e.from...)
		}
	}
}

// depth tells how deep in the making of a link a problem lies: what the link is made of, its options, addresses on ports,
// addresses, next hops, rules.
func depth(path string) int {
	i := strings.IndexByte(path, '.')
	if i < 0 {
		return map[bool]int{true: 5, false: 0}[strings.HasPrefix(path, "rules")]
	}
	switch key := path[i+1:]; {
	case key == "addresses":
		return 2
	case strings.HasPrefix(key, "addresses["):
		return 3
	case key == "gateway", strings.HasPrefix(key, "routes"):
		return 4
	case key == "name", key == "bridge", key == "parent", key == "id", strings.HasPrefix(key, "ports"), strings.HasPrefix(key, "members"):
		return 0
	}
	return 1
}

// drop takes out what problems name: the deepest of them, if all of them is not wanted at once. A problem that speaks of what
// has just been taken out waits for the next look. It tells whether there was anything.
func (d *draft) drop(em *emission, problems []spec.Problem, deepest bool) bool {
	slices.SortStableFunc(problems, func(a, b spec.Problem) int { return cmp.Compare(depth(a.Path), depth(b.Path)) })
	gone, level := map[string]bool{}, -1
	for _, whole := range []bool{false, true} { // an object goes for a key of it only where nothing else is to be done
		for _, p := range problems {
			if deepest && (len(gone) > 0 && depth(p.Path) > level || speaksOf(p.Message, gone)) {
				continue
			}
			if d.dropOne(em, p, whole) {
				gone[p.Path], level = true, depth(p.Path)
			}
		}
		if len(gone) > 0 {
			return true
		}
	}
	return false
}

// pathPattern finds the document's paths in a message.
var pathPattern = regexp.MustCompile(`\b[a-z]+\[\d+\](?:\.[a-z0-9_]+|\[\d+\])*`)

// speaksOf tells whether a message names a path that is gone, or one below it.
func speaksOf(message string, gone map[string]bool) bool {
	for _, path := range pathPattern.FindAllString(message, -1) {
		for ; path != ""; path = parentPath(path) {
			if gone[path] {
				return true
			}
		}
	}
	return false
}

// dropOne takes out what one problem names.
func (d *draft) dropOne(em *emission, p spec.Problem, whole bool) (any bool) {
	why := em.places(p.Message)
	if p.Hint != "" {
		why += "; " + p.Hint
	}
	reason := Conflict
	if p.Err == spec.ErrValue || p.Err == spec.ErrType || p.Err == spec.ErrMissing {
		reason = Faulty
	}
	for path := p.Path; path != ""; path = parentPath(path) {
		if list := em.index[path]; len(list) > 0 && !essential(path) {
			for _, e := range named(list, why) {
				any = any || !e.dropped
				if !d.trim(e, reason, why) {
					d.refuse(e, reason, "%s", why)
				}
			}
			return any
		}
		if list := em.whole[path]; len(list) > 0 && (whole || path == p.Path || essential(p.Path)) {
			for _, o := range list {
				any = any || !o.dropped
				d.discardObject(o, reason, why)
			}
			return any
		}
	}
	return false
}

// optional are keys of addresses and routes without which these are of use.
var optional = []string{"label", "broadcast", "nodad", "scope", "source", "mtu", "valid_lft", "preferred_lft"}

// trim takes a key out of an address or a route, if that is what is wrong with it.
func (d *draft) trim(e *entry, reason Reason, why string) bool {
	t, isTree := e.value.(tree)
	i := slices.IndexFunc(t, func(p pairOf) bool {
		return slices.Contains(optional, p.Key) && (strings.HasPrefix(why, p.Key+" ") || strings.Contains(why, ": "+p.Key+" "))
	})
	if !isTree || i < 0 || e.dropped {
		return false
	}
	key, part := t[i].Key, fmt.Sprintf("%s %v", t[i].Key, t[i].Value)
	at, own := e.at[key]
	switch {
	case own:
		d.tell(at, reason, "%s", why)
	case len(e.from) > 0:
		d.tellPart(e.from[0], part, reason, "%s", why)
	}
	e.value = slices.Delete(slices.Clone(t), i, i+1)
	return true
}

// essential tells whether a link cannot be without a key.
func essential(path string) bool {
	key := path[strings.LastIndexByte(path, '.')+1:]
	return key == "name" || key == "bridge" || key == "parent" || key == "id"
}

// discardObject takes a link out, and what stands on it.
func (d *draft) discardObject(o *object, reason Reason, why string) {
	if o.dropped {
		return
	}
	o.dropped = true
	before, covered := len(d.left), map[int]bool{}
	for _, at := range o.from {
		if d.fates[at] != Lost {
			covered[at.Line] = true
			d.tell(at, reason, "%s: %s", o.name, why)
		}
	}
	for _, e := range o.entries() {
		if !slices.ContainsFunc(e.from, func(at foreign.Pos) bool {
			return !covered[at.Line] && (e.part != "" || d.parts[at] != "" || d.fates[at] != Lost)
		}) {
			e.dropped = true // its lines are told
		}
		d.refuse(e, Depends, "%s is not taken over: %s", o.name, why)
	}
	if len(d.left) == before && len(o.from) > 0 { // all on one line, of which something has been told
		d.tellPart(o.from[0], o.name, reason, "%s", why)
	}
	if o.kind.Existing {
		return
	}
	for _, other := range d.objects {
		if p := other.port(o.name); p != nil {
			d.refuse(&p.entry, Depends, "%s is not taken over", o.name)
		}
		if other.parent != nil && other.parent.value == o.name {
			d.discardObject(other, Depends, o.name+" is not taken over")
		}
	}
}

// places puts the lines of the input in the place of the document's paths that a message names.
func (em *emission) places(message string) string {
	return pathPattern.ReplaceAllStringFunc(message, func(path string) string {
		for at := path; at != ""; at = parentPath(at) {
			if list := em.index[at]; len(list) > 0 && len(list[0].from) > 0 {
				return list[0].from[0].String()
			}
			if list := em.whole[at]; len(list) > 0 && len(list[len(list)-1].from) > 0 {
				return list[len(list)-1].from[0].String()
			}
		}
		return path
	})
}

// named are those of several entries whose value a message names; all if it names none.
func named(list []*entry, why string) []*entry {
	some := slices.DeleteFunc(slices.Clone(list), func(e *entry) bool {
		text, ok := e.value.(string)
		return !ok || !strings.Contains(why, `"`+text+`"`)
	})
	if len(some) > 0 {
		return some
	}
	return list
}

// entries are all values of an object.
func (o *object) entries() []*entry {
	list := slices.Concat(o.options, o.addresses, o.gateways, o.routes, o.vlans)
	if o.parent != nil {
		list = append(list, o.parent)
	}
	for _, p := range o.ports {
		list = append(append(list, &p.entry), slices.Concat(p.options, p.vlans)...)
	}
	return list
}

func parentPath(path string) string {
	if i := strings.LastIndexAny(path, ".["); i >= 0 {
		return path[:i]
	}
	return ""
}

// mark enters into the ledger what has come into the document.
func (em *emission) mark(d *draft) {
	for _, list := range em.index {
		for _, e := range list {
			d.mark(Taken, e.from...)
		}
	}
	for _, list := range em.whole {
		for _, o := range list {
			d.mark(Taken, o.from...)
		}
	}
}

// wholeLists leaves a bond's members out where not all can be named: a document's list is exact, and the others would leave the
// bond. A bridge's ports may be more than are listed; but a list of which nothing is left would say that there are none.
func (d *draft) wholeLists() {
	taken := map[string]bool{}
	for _, o := range d.objects {
		for _, p := range o.ports {
			taken[p.key()] = taken[p.key()] || !p.dropped
		}
	}
	for _, o := range d.objects {
		if !o.said || o.dropped || len(o.ports) == 0 && !o.vague {
			continue
		}
		lost := slices.ContainsFunc(o.ports, func(p *port) bool { return p.dropped && !taken[p.key()] })
		if o.kind.TakesPorts && (lost || o.vague) {
			for _, p := range o.ports {
				for _, e := range append([]*entry{&p.entry}, p.options...) {
					d.refuse(e, Depends, "not all %s of %s can be named, and of a list the others would leave it; write all of them", o.kind.Ports, o.name)
				}
			}
		}
		o.said = slices.ContainsFunc(o.ports, func(p *port) bool { return !p.dropped })
	}
}
