package convert

import (
	"fmt"
	"slices"
	"strings"

	"hostnet-module/module/kind"
)

// advise says what the person who converts may want to know of the result.
func (e *draft) advise() {
	var open, kept []string
	for _, o := range e.objects {
		if o.kind != kind.Bridge || !o.said || len(alive(o.addresses)) > 0 || o.option("host_access") != nil {
			continue
		}
		if o.used || len(o.addresses)+len(o.routes)+len(o.gateways) > 0 || e.carries(o.name) {
			kept = append(kept, o.name)
			continue
		}
		if e.options.Dumb {
			o.options = append(o.options, &entry{key: "host_access", value: false, from: o.from})
			continue
		}
		open = append(open, o.name)
	}
	if e.options.Dumb && len(kept) > 0 {
		e.advice = append(e.advice, some(kept)+": --dumb leaves the host there, as it has, or may get, an address or a way there")
	}
	if len(open) == 0 {
		return
	}
	has, it, off := "has", "it is", "it"
	if len(open) > 1 {
		has, it, off = "have", "they are", "them"
	}
	e.advice = append(e.advice, fmt.Sprintf("%s %s no address here; if %s for guests only, host_access: false keeps the host's own stack off %s (convert with --dumb)", some(open), has, it, off))
}

// some names the first of a list.
func some(names []string) string {
	const most = 8
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}

// carries tells whether a VLAN stands on a link: one with lines of its own, or one that is a port by its name.
func (e *draft) carries(name string) bool {
	return slices.ContainsFunc(e.objects, func(o *object) bool {
		parent, _, ok := dotted(o.name)
		return !o.dropped && o.parent != nil && o.parent.value == name || o.parent == nil && o.kind == nil && ok && parent == name ||
			slices.ContainsFunc(o.ports, func(p *port) bool {
				text, _ := p.value.(string)
				parent, _, ok := dotted(text)
				return ok && parent == name && e.find(text) == nil
			})
	})
}
