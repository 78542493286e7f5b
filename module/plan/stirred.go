package plan

import (
	"hostnet-module/module/state"
)

// stirred names the links that steps are about, with their masters before and after. The others need no description: most of
// a large document changes nothing.
func (m *maker) stirred(steps []state.Step) map[string]bool {
	names := map[string]bool{}
	for _, s := range steps {
		names[s.Link] = true
		for _, l := range []*state.Link{m.has.Link(s.Link), m.out.Link(s.Link)} {
			if l != nil {
				names[l.Master] = true
			}
		}
		if s.Op != state.RouteAdd && s.Op != state.RouteDel {
			continue
		}
		for _, leg := range s.Route.Legs() {
			names[leg.Dev] = true
		}
		for _, o := range m.doc.Objects { // a route that leads nowhere is shown by the object that lists it
			if len(s.Route.Legs()) == 0 && (o.L3 || len(m.last[o.Name].Routes) > 0) {
				names[o.Name] = true
			}
		}
	}
	return names
}
