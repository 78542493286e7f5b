package convert

import (
	"slices"
	"strings"

	"hostnet-module/module/foreign"
)

// loose reads the lines that are no iface.
func (e *eni) loose() {
	for _, s := range e.stanzas {
		switch key := s.Key(); {
		case key == "iface":
		case key == "auto" || key == "allow-hotplug" || key == "allow-auto":
			e.auto(s)
		case strings.HasPrefix(key, "allow-"):
			e.allow(s, strings.TrimPrefix(key, "allow-"))
		case strings.HasPrefix(key, "source"):
			e.sourced(s)
		case key == "no-auto-down":
			e.pass(s.Pos)
		case key == "no-scripts":
			e.tell(s.Pos, Program, "scripts of /etc/network/if-*.d are nothing to a document; its other lines are converted as with them")
		case key == "mapping":
			e.mapping(s)
		case key == "rename":
			e.tell(s.Pos, Program, "links are not renamed; systemd.link(5) does that")
		case key == "vlan":
			e.discardStanza(s, s.Options, NoWord, "settings of one VLAN of a bridge are not in documents")
		case key[0] == '%' || unexpanded.MatchString(key):
			e.tell(s.Pos, Faulty, ofTemplate)
		default:
			e.tell(s.Pos, Faulty, "stands in no stanza; ifupdown refuses the file")
		}
	}
}

func (e *eni) auto(s foreign.Stanza) {
	if len(s.Words) < 2 || s.Words[1] == "" {
		e.tell(s.Pos, Faulty, "names no interface")
	}
	for _, w := range s.Words[1:] {
		physical, logical, mapped := strings.Cut(w, "=")
		if !mapped {
			logical = physical
		}
		switch {
		case physical == "lo":
			e.pass(s.Pos)
			e.raised[logical] = append(e.raised[logical], s.Pos)
		case unexpanded.MatchString(w):
			e.tell(s.Pos, Faulty, ofTemplate)
		case strings.ContainsAny(physical, "/*?["):
			e.tell(s.Pos, OnHost, "%s is a pattern: which links match is known on the host alone; name them", physical)
		case !e.stanza(logical):
			e.tell(s.Pos, Faulty, "there is no iface %s", logical)
		default:
			e.raised[logical] = append(e.raised[logical], s.Pos)
			if !slices.Contains(e.links[logical], physical) {
				e.links[logical] = append(e.links[logical], physical)
			}
		}
	}
}

// allow reads a class. That of a bond's name is ifenslave's: its members are brought up with it.
func (e *eni) allow(s foreign.Stanza, class string) {
	if !e.stanza(class) {
		e.tell(s.Pos, NotRaised, "the class %s is brought up by ifup --allow=%s only", class, class)
		return
	}
	e.auto(s)
}

func (e *eni) stanza(name string) bool { return e.ifaces[name] }

func (e *eni) sourced(s foreign.Stanza) {
	target := strings.Join(s.Words[1:], " ")
	switch {
	case len(s.Words) < 2:
		e.tell(s.Pos, Faulty, "names no file")
	case s.Fault != "":
		e.tell(s.Pos, OnHost, "%s", s.Fault)
	case s.Found > 0:
		e.mark(Taken, s.Pos)
	case strings.ContainsAny(target, "$`~"):
		e.tell(s.Pos, OnHost, "what a shell makes of it is not known here")
	default:
		e.pass(s.Pos) // nothing matches, or it has been read already
	}
}

// mapping reports a stanza whose script chooses at boot what is brought up.
func (e *eni) mapping(s foreign.Stanza) {
	e.tell(s.Pos, OnHost, "a script chooses among stanzas at boot, and a document is one choice; convert with `auto LINK=STANZA`")
	for _, o := range s.Options {
		e.tell(o.Pos, Depends, "belongs to the mapping in line %d", s.Line)
	}
}
