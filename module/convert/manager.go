package convert

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"hostnet-module/module/foreign"
)

// Ifupdown2 converts the same files as ifupdown2 reads them: the family may be left out, the addresses decide; what a link with an
// auto line stands on is raised with it.
func Ifupdown2(files foreign.Files, names []string, o Options) (Result, error) {
	o.ifupdown2 = true
	return Ifupdown(files, names, o)
}

// ofIfupdown2 are options that ifupdown2 alone knows, beside those of bridges and their ports.
var ofIfupdown2 = words(`address_purge address_virtual arp_accept clagd_id disable_ipv6 ip_forward ip6_forward ipv6_addrgen link_down link_type
	mpls_enable veth_peer_name vlan_id vlan_bridge_binding vrf vrf_table vrf_default_route bond_lacp_bypass_allow bond_ports`)

// ofBridgeUtils are the options of bridges that Debian's bridge-utils has too.
var ofBridgeUtils = words("ports ageing bridgeprio fd gcint hello hw maxage maxwait pathcost portprio stp waitport vlan_aware")

// ofIfupdown are the first words of lines that ifupdown alone takes.
var ofIfupdown = words("mapping rename template no-auto-down no-scripts")

func words(text string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(text) {
		set[w] = true
	}
	return set
}

// recognise finds out for which of both managers the files are, by what the other one would not take. A line of ifupdown2's form
// counts more: ifupdown refuses the whole file for it.
func (e *eni) recognise() {
	if e.options.ifupdown2 {
		e.two = true
		return
	}
	for _, s := range e.stanzas {
		what, at := formOf(s)
		if slices.Contains(e.twoRange, s.Pos) {
			what, at = "a range of names", s.Pos
		}
		if what != "" {
			e.two = true
			e.advice = append(e.advice, fmt.Sprintf("%s: %s is of ifupdown2, so that the files are read as ifupdown2 reads them; --from ifupdown2 says so", at, what))
			return
		}
	}
	e.one = slices.ContainsFunc(e.stanzas, func(s foreign.Stanza) bool {
		return ofIfupdown[s.Key()] || s.Inherits() != "" || slices.ContainsFunc(s.Options, func(o foreign.Option) bool {
			key := normal(o.Key)
			return key == "slaves" || key == "bond_master" || key == "bridge_hw"
		})
	})
}

// formOf tells what of a stanza is ifupdown2's alone; "" if nothing.
func formOf(s foreign.Stanza) (what string, at foreign.Pos) {
	if s.Key() == "vlan" {
		return "a stanza `vlan`", s.Pos
	}
	if s.Key() != "iface" {
		return "", at
	}
	if len(s.Words) == 2 || len(s.Words) == 3 && (s.Words[2] == "inet" || s.Words[2] == "inet6") {
		return "`iface " + s.Name() + "` without a family and a method", s.Pos
	}
	addresses := 0
	for _, o := range s.Options {
		key := normal(o.Key)
		bridge, ofBridge := strings.CutPrefix(key, "bridge_")
		switch {
		case ofIfupdown2[key], strings.HasPrefix(key, "vxlan_"), strings.HasPrefix(key, "mstpctl_"), strings.HasPrefix(key, "clagd_"):
			return "the option " + o.Key, o.Pos
		case ofBridge && !ofBridgeUtils[bridge] && knownOfBridges(bridge):
			return "the option " + o.Key, o.Pos
		case key == "address":
			if addresses++; addresses > 1 {
				return "a second address in one stanza", o.Pos
			}
		}
	}
	return "", at
}

func knownOfBridges(key string) bool {
	return portWords[key] != "" || bridgeWords[key] != "" || bridgeSeconds[key] != "" || slices.Contains([]string{"vids", "pvid", "access", "allow_untagged", "trunk"}, key) || bridgeElse[key] != ""
}

// ranges puts a stanza for each link in the place of ifupdown2's `iface swp[1-4]`, and the names in the place of `auto swp[1-4]`.
func (e *eni) ranges() {
	var out []foreign.Stanza
	for _, s := range e.stanzas {
		switch s.Key() {
		case "auto":
			var list []string
			for _, w := range s.Words {
				list = append(list, expanded(w)...)
			}
			s.Words = list
		case "iface":
			if names := expanded(s.Name()); len(names) > 1 {
				e.twoRange = append(e.twoRange, s.Pos)
				for _, name := range names {
					one := s
					one.Words = slices.Clone(s.Words)
					one.Words[1] = name
					out = append(out, one)
				}
				continue
			}
		}
		out = append(out, s)
	}
	e.stanzas = out
}

// bracketed is a range of names: swp[1-4], swp[1-4].100.
var bracketed = regexp.MustCompile(`^([A-Za-z][A-Za-z_.-]*)\[([0-9]+)-([0-9]+)\](\.[0-9]+)?$`)

// expanded are the names of a range; another name is itself.
func expanded(name string) []string {
	if m := bracketed.FindStringSubmatch(name); m != nil {
		if names := count(m); len(names) > 0 {
			return names
		}
	}
	return []string{name}
}

// count are the names between two numbers; no more than a bridge can have ports.
func count(m []string) (names []string) {
	low, err := strconv.Atoi(m[2])
	high, err2 := strconv.Atoi(m[3])
	for n := low; err == nil && err2 == nil && n <= min(high, low+1023); n++ {
		names = append(names, m[1]+strconv.Itoa(n)+m[4])
	}
	return names
}

// raise brings up what a link with an auto line stands on, as ifupdown2 does (ifupdownmain.py and scheduler.py: WITH_DEPENDS), and
// what a command of its stanza brings up.
func (e *eni) raise() {
	var lifted []string
	for again := true; again; {
		again = false
		for _, s := range e.stanzas {
			if s.Key() != "iface" || len(e.raised[s.Name()]) == 0 {
				continue
			}
			for _, name := range e.below(s) {
				if len(e.raised[name]) == 0 && e.stanza(name) {
					e.raised[name] = e.raised[s.Name()]
					e.links[name] = []string{name}
					if again = true; !e.bare(name) && !e.commanded(s, name) {
						lifted = append(lifted, name)
					}
				}
			}
		}
	}
	if len(lifted) > 0 && !e.two { // ifupdown would leave their options out
		e.two = true
		e.advice = append(e.advice, some(lifted)+": no auto line, but options, and a link with auto stands on it: read as ifupdown2 reads it; ifupdown leaves the options of such stanzas out")
	}
}

// bare tells whether the stanzas of a link have no options.
func (e *eni) bare(name string) bool {
	return !slices.ContainsFunc(e.stanzas, func(s foreign.Stanza) bool { return s.Key() == "iface" && s.Name() == name && len(s.Options) > 0 })
}

// commanded tells whether a stanza brings a link up with ifupdown too, by a command or as ifenslave does.
func (e *eni) commanded(s foreign.Stanza, name string) bool {
	return slices.ContainsFunc(s.Options, func(o foreign.Option) bool {
		key := normal(o.Key)
		return (key == "bond_master" || hook[key] && strings.Contains(o.Value, "ifup ")) && slices.Contains(strings.Fields(o.Value), name)
	})
}

// below are the links that a stanza's link stands on.
func (e *eni) below(s foreign.Stanza) (names []string) {
	for _, o := range s.Options {
		key := normal(o.Key)
		switch {
		case key == "up" || key == "pre_up" || key == "post_up":
			if list, ok := commands(o.Value); ok {
				for _, c := range list {
					if c.name() == "ifup" {
						names = append(names, c.words[1:]...)
					}
				}
			}
		case key == "bond_master": // ifenslave brings it up
			names = append(names, strings.Fields(o.Value)...)
		case e.one:
		case key == "bridge_ports" || key == "bond_slaves" || key == "bond_ports" || key == "vlan_raw_device":
			names = append(names, e.globs(strings.Fields(o.Value))...)
		}
	}
	if parent, _, ok := dotted(s.Name()); ok && !e.one {
		names = append(names, parent)
	}
	return names
}
