package convert

import (
	"slices"
	"strings"

	"hostnet-module/module/foreign"
	"hostnet-module/module/kind"
)

// bondOption reads bond-X, bond_X, slaves (ifenslave's scripts; ifupdown2 has the same words).
func (s *stanza) bondOption(key string, o *foreign.Option) {
	words := strings.FieldsFunc(o.Value, func(r rune) bool { return strings.ContainsRune(" \t\n,", r) })
	if key == "master" {
		if master := s.object(words[0]); s.claim(master, kind.Bond, o.Pos) {
			s.addPort(master, s.o.name, append(s.lines(), o.Pos)...)
		}
		return
	}
	bond := s.o
	if s.bond != nil { // in a member's stanza
		bond = s.bond
	}
	if word, ok := bondWords[key]; ok {
		key = word
	}
	if !s.claim(bond, kind.Bond, o.Pos) {
		return
	}
	switch key {
	case "slaves", "members":
		s.bondMembers(words, o)
	case "primary":
		s.set(bond, key, strings.Join(words, " "), o.Pos) // the first that is a member: members()
	case "arp_ip_target", "ns_ip6_target":
		s.set(bond, key, strings.Join(words, ","), o.Pos)
	case "queue_id":
		for _, w := range words {
			if name, id, ok := strings.Cut(w, ":"); ok {
				s.deferPort(bond, name, "queue_id", id, o.Pos)
			} else {
				s.tell(o.Pos, Faulty, "must be MEMBER:QUEUE")
			}
		}
	case "active_slave":
		s.lose(o.Pos, "the kernel picks the active member; bond-primary says which is preferred")
	case "give_a_chance", "wait_for_slave": // only wait
		s.pass(o.Pos)
	case "lacp_bypass_allow":
		s.lose(o.Pos, "bypassing LACP is of Cumulus Linux's kernel alone")
	default:
		s.set(bond, key, yesNo(kind.Bond, key, o.Value), o.Pos)
	}
}

// bondWords are options of ifupdown2 with the names that the kernel has for them.
var bondWords = map[string]string{"ports": "slaves", "ad_sys_priority": "ad_actor_sys_prio", "ad_sys_mac_addr": "ad_actor_system"}

// yesNo puts 1 and 0 in the place of yes and no, where an option is a number.
func yesNo(k *kind.Kind, key, text string) string {
	row := k.Row(key)
	if row == nil {
		return text
	}
	if _, err := row.Parse(text); err == nil {
		return text
	}
	if on, ok := onOff(text); ok {
		return map[string]string{"true": "1", "false": "0"}[on]
	}
	return text
}

func (s *stanza) bondMembers(words []string, o *foreign.Option) {
	if len(words) == 1 && words[0] == "none" {
		s.o.said = true
		s.o.from = append(s.o.from, o.Pos)
		return
	}
	words = s.globs(words)
	for _, w := range words {
		if w == "all" || w == "glob" || w == "regex" || strings.ContainsAny(w, "*?[") {
			s.tell(o.Pos, OnHost, "which links are meant by %s is known on the host alone; name them", w)
			s.o.said, s.o.vague = true, true
			return
		}
		s.addPort(s.o, w, o.Pos)
	}
	s.o.order(words)
}

// members picks each bond's primary: the first of the list that is a member, as ifenslave does.
func (e *eni) members() {
	for _, o := range e.objects {
		p := o.option("primary")
		if p == nil || o.kind != kind.Bond {
			continue
		}
		words := strings.Fields(p.value.(string))
		i := slices.IndexFunc(words, func(w string) bool { return o.port(w) != nil })
		if i < 0 {
			e.discard(p, "no member of %s has that name", o.name)
			continue
		}
		p.value = words[i]
	}
}
