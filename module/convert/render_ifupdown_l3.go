package convert

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"hostnet-module/module/spec"
)

// layer3 writes addresses as stanzas where those have words for all that is said, else as commands.
func (s *iface) layer3() {
	t := s.t
	texts := t.list("addresses")
	gateways := slices.Clone(t.Gateways)
	t.take("gateway")
	for i, a := range t.Addresses {
		e := asTree(texts[i], "address")
		if a.Label != "" || a.Valid != nil || a.NoPrefixRoute || a.Peer.IsValid() && !a.Peer.IsSingleIP() || a.Peer.IsValid() && a.Prefix.Addr().Is6() {
			if len(s.stanzas) == 0 { // the first address is the link's primary one: they are added in the document's order
				s.stanzas = append(s.stanzas, []string{"inet manual"})
			}
			last := &s.stanzas[len(s.stanzas)-1]
			*last = append(*last, fmt.Sprintf("up ip address add %s dev %s", addressWords(e), t.Name))
			continue
		}
		family := map[bool]string{true: "inet static", false: "inet6 static"}[a.Prefix.Addr().Is4()]
		st := []string{family, "address " + a.Prefix.String()}
		if a.Peer.IsValid() {
			st[1] = "address " + a.Prefix.Addr().String() + "/32"
			st = append(st, "pointopoint "+a.Peer.Addr().String())
		}
		if a.Broadcast.IsValid() {
			st = append(st, "broadcast "+a.Broadcast.String())
		}
		if v := value(e, "scope"); v != "" {
			st = append(st, "scope "+v)
		}
		if a.NoDAD {
			st = append(st, "dad-attempts 0")
		}
		if a.Preferred != nil {
			st = append(st, "preferred-lifetime "+strconv.FormatUint(uint64(*a.Preferred), 10))
		}
		gateways = slices.DeleteFunc(gateways, func(g netip.Addr) bool {
			if g.Is4() != a.Prefix.Addr().Is4() || !a.Prefix.Contains(g) && !g.IsLinkLocalUnicast() {
				return false
			}
			st = append(st, "gateway "+g.String())
			return true
		})
		s.stanzas = append(s.stanzas, st)
	}
	for _, g := range gateways {
		s.finish("up ip route add default via %s dev %s", g, t.Name)
	}
	for _, route := range t.list("routes") {
		e := route.(tree)
		six := ""
		if strings.Contains(value(e, "to")+value(e, "via"), ":") {
			six = "-6 "
		}
		s.finish("up ip %sroute add %s", six, routeLine(e, t.Name))
	}
	s.rules()
}

// addressWords are an address in ip-address(8)'s words.
func addressWords(e tree) string {
	words := []string{value(e, "address")}
	for _, p := range e {
		switch p.Key {
		case "address":
		case "nodad", "noprefixroute":
			words = append(words, p.Key)
		default:
			words = append(words, p.Key, fmt.Sprint(p.Value))
		}
	}
	return strings.Join(words, " ")
}

// routeLine is a route in ip-route(8)'s words.
func routeLine(e tree, dev string) string {
	var words []string
	typ := value(e, "type")
	if typ != "" {
		words = append(words, typ)
	}
	for _, p := range e {
		switch p.Key {
		case "type":
		case "to":
			words = append(words, fmt.Sprint(p.Value))
		case "onlink":
			words = append(words, "onlink")
		case "source":
			words = append(words, "src", fmt.Sprint(p.Value))
		default:
			words = append(words, p.Key, fmt.Sprint(p.Value))
		}
	}
	if typ == "" {
		words = append(words, "dev", dev)
	}
	return strings.Join(words, " ")
}

// rules puts the host's rules to the first link that has a route in their table, else to the first with an address.
func (s *iface) rules() {
	list, _ := member(s.r.doc.Encode(), "rules").([]any)
	for i, rule := range s.r.doc.Rules {
		if s.r.ruleHome(rule) == s.t {
			line := ruleLine(list[i].(tree))
			family := map[bool]string{true: "-6 ", false: ""}[rule.Six]
			s.finish("up ip %srule add %s", family, line)
			s.finish("down ip %srule del %s", family, line)
		}
	}
}

func (r *rendering) ruleHome(rule spec.Rule) *thing {
	var home *thing
	for _, t := range r.things {
		if slices.ContainsFunc(t.Routes, func(x spec.Route) bool { return uint64(x.Table) == rule.Attrs.N("table") }) {
			return t
		}
		if home == nil && len(t.Addresses) > 0 {
			home = t
		}
	}
	if home == nil && len(r.things) > 0 {
		home = r.things[0]
	}
	return home
}

func member(t tree, key string) any {
	for _, p := range t {
		if p.Key == key {
			return p.Value
		}
	}
	return nil
}

// ruleLine is a rule in ip-rule(8)'s words.
func ruleLine(e tree) string {
	var words []string
	if member(e, "not") != nil {
		words = append(words, "not")
	}
	for _, p := range e {
		text := fmt.Sprint(p.Value)
		switch p.Key {
		case "not", "family", "fwmask":
		case "type":
			words = append(words, text)
		case "l3mdev":
			words = append(words, "l3mdev")
		case "fwmark":
			if mask := member(e, "fwmask"); mask != nil {
				text += "/" + fmt.Sprint(mask)
			}
			words = append(words, "fwmark", text)
		default:
			words = append(words, p.Key, text)
		}
	}
	return strings.Join(words, " ")
}
