package state

import (
	"fmt"
	"slices"
	"strings"

	"hostnet-module/module/attr"
	"hostnet-module/module/kind"
)

// String prints the host in ip's words, one line a link, its addresses and VLANs below it, then the routes. Two hosts are
// the same exactly if they print the same, indexes and facts that nobody sets aside.
func (h *Host) String() string {
	var b strings.Builder
	for _, l := range h.Links {
		fmt.Fprintf(&b, "%s:%s\n", l.Name, l.words())
		for _, four := range []bool{true, false} { // as ip does; the order within a family is the kernel's
			for _, a := range l.Addresses {
				if a.Is4() == four {
					fmt.Fprintf(&b, "  inet %s\n", a)
				}
			}
		}
		for _, v := range VLANWords(l.VLANs) {
			b.WriteString("  vlan " + v + "\n")
		}
	}
	var routes []string
	for _, r := range h.Routes {
		routes = append(routes, "route "+r.String()+"\n")
	}
	slices.Sort(routes)
	return b.String() + strings.Join(routes, "")
}

func (l *Link) words() string {
	text := ""
	if l.Kind != "" {
		text += " " + l.Kind
	}
	if l.Parent != "" {
		text += " link " + l.Parent
	}
	if l.Master != "" {
		text += " master " + l.Master
	}
	var rest []string
	for r, v := range l.Attrs.All() {
		switch {
		case r == kind.Up:
			text += map[bool]string{true: " up", false: " down"}[v.N != 0]
		case (r == kind.AddrGenMode || r == kind.DisableIPv6) && v.N == 0, r.Empty && v == (attr.Value{}), r.SeeOnly:
		default:
			rest = append(rest, words(r, v))
		}
	}
	slices.Sort(rest)
	for r, v := range l.Port.All() {
		if !r.SeeOnly {
			rest = append(rest, "port "+words(r, v))
		}
	}
	if len(rest) > 0 {
		text += " " + strings.Join(rest, " ")
	}
	return text
}
