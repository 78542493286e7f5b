package convert

import (
	"fmt"
	"slices"
	"strings"

	"hostnet-module/module/foreign"
	"hostnet-module/module/kind"
)

// Ifupdown converts files of ifupdown (interfaces(5)), with all that they include, as `ifup -a` and udev would carry them out:
// what no `auto` or `allow-hotplug` names is reported, not taken over. The options are those of Debian's ifupdown, ifenslave,
// vlan and bridge-utils, and the words that ifupdown2 has for the same.
func Ifupdown(files foreign.Files, names []string, o Options) (Result, error) {
	e, err := readENI(files, names, o)
	if err != nil {
		return Result{}, err
	}
	return e.result(), nil
}

// eni is a draft out of ifupdown's files.
type eni struct {
	draft
	stanzas    []foreign.Stanza
	raised     map[string][]foreign.Pos // by logical name: the lines that bring it up
	links      map[string][]string      // by logical name: the links (eth0=home)
	vlans      []foreign.Pos            // the lines that have vconfig name VLANs vlanID; nil: PARENT.ID
	bridged    []*bridgeVLANs           // of ifupdown2, for a bridge's ports
	tables     tables                   // of VLANs
	forPorts   []*portsOption           // of ifupdown2, of a bridge for all its ports
	ofPorts    []*portSaid              // of ports, until all are known
	late       []*lateRoute             // of commands, until all addresses are known
	afterwards []func()                 // commands that need all stanzas and options
	two        bool                     // the files are ifupdown2's
	one        bool                     // the files are ifupdown's; neither: they could be of both

	outsiders []outsider
	files     foreign.Files
	routing   map[string]uint64      // the numbers of routing tables by name; nil: not read yet
	maybe     map[string]foreign.Pos // links that a command may give an address
}

func newENI(o Options) *eni {
	return &eni{draft: draft{ledger: newLedger(), options: o}, raised: map[string][]foreign.Pos{}, links: map[string][]string{}, tables: tables{}, maybe: map[string]foreign.Pos{}}
}

// recorder enters each file that is read.
type recorder struct {
	foreign.Files
	into *ledger
}

func (r recorder) Read(name string) ([]byte, error) {
	data, err := r.Files.Read(name)
	if err == nil {
		r.into.open(name, data)
	}
	return data, err
}

func readENI(files foreign.Files, names []string, o Options) (*eni, error) {
	e := newENI(o)
	from := recorder{files, &e.ledger}
	for _, name := range names {
		if _, err := from.Read(name); err != nil {
			return nil, err
		}
		if _, again := e.last[foreign.Pos{File: name}]; !again {
			e.last[foreign.Pos{File: name}] = 0
			e.stanzas = append(e.stanzas, foreign.Interfaces(from, name)...)
		}
	}
	for _, s := range e.stanzas {
		e.last[s.Pos] = s.Last
		for _, opt := range s.Options {
			e.last[opt.Pos] = opt.Last
		}
	}
	e.files = files
	e.comments()
	e.recognise()
	e.loose()
	e.raise()
	e.meetOutsiders()
	for i, s := range e.stanzas {
		if s.Key() == "iface" {
			e.iface(i, s)
		}
	}
	e.finish()
	return e, nil
}

// finish does what needs all stanzas.
func (e *eni) finish() {
	e.members()
	e.masters()
	e.portMTUs()
	e.portOptions()
	e.portsOptions()
	e.timers()
	e.bridgeTables()
	e.selfVLANs()
	for _, command := range e.afterwards {
		command()
	}
	e.routes()
	for name := range e.maybe {
		if o := e.find(name); o != nil {
			o.used = true
		}
	}
	e.writeTables()
	e.tellOutsiders()
	e.advise()
}

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

func (e *eni) stanza(name string) bool {
	return slices.ContainsFunc(e.stanzas, func(s foreign.Stanza) bool { return s.Key() == "iface" && s.Name() == name })
}

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

// iface reads one stanza for each link that it is for.
func (e *eni) iface(i int, s foreign.Stanza) {
	family, method, options := e.inherited(i, s)
	if e.two {
		family, method, options = asIfupdown2(s.Name(), family, method, options)
	}
	switch {
	case unexpanded.MatchString(strings.Join(s.Words, " ")):
		e.discardStanza(s, options, Faulty, ofTemplate)
		return
	case s.Inherits() != "" && !slices.ContainsFunc(e.stanzas[:i], func(o foreign.Stanza) bool { return o.Key() == "iface" && o.Name() == s.Inherits() }):
		e.discardStanza(s, options, Faulty, "there is no iface "+s.Inherits()+" before it; ifupdown refuses the file")
		return
	case s.Name() == "" || family == "" || method == "":
		e.discardStanza(s, options, Faulty, "ifupdown does not understand it")
		return
	case family != "inet" && family != "inet6":
		e.discardStanza(s, options, NoWord, "the method "+method+" of "+family+" is not in documents")
		return
	case e.others[s.Name()]:
		e.leave(s, options)
		return
	case s.Name() == "lo" || method == "loopback":
		e.loopback(s, options)
		return
	case len(e.raised[s.Name()]) == 0 && e.idle(s, method, options):
		return
	case len(s.Words) > 4 && s.Inherits() == "":
		e.tell(s.Pos, Faulty, "%q at its end is not understood, and ifupdown passes over it", s.Words[4])
	}
	physical := e.links[s.Name()]
	if len(physical) == 0 {
		physical = []string{s.Name()}
	}
	for _, name := range physical {
		base, _, _ := strings.Cut(name, ":")
		o := e.object(base, append([]foreign.Pos{s.Pos}, e.raised[s.Name()]...)...)
		(&stanza{eni: e, o: o, name: name, logical: s.Name(), family: family, method: method, at: s.Pos}).read(options)
	}
}

// asIfupdown2 fills in what ifupdown2 lets out (networkinterfaces.py): a family and a method; whatever the method, addresses are set,
// but with DHCP. $IFACE stands for the link in all values.
func asIfupdown2(name, family, method string, options []foreign.Option) (string, string, []foreign.Option) {
	options = slices.Clone(options)
	has := false
	for i := range options {
		has = has || normal(options[i].Key) == "address"
		options[i].Value = strings.NewReplacer("${IFACE}", name, "$IFACE", name).Replace(options[i].Value)
	}
	if family == "" {
		family = "inet"
	}
	switch {
	case has && (method == "" || method == "manual"):
		method = "static"
	case !has && (method == "" || method == "static"):
		method = "manual"
	}
	return family, method, options
}

// leave accounts for the stanza of a link that others make.
func (e *eni) leave(s foreign.Stanza, options []foreign.Option) {
	e.pass(s.Pos)
	e.pass(e.raised[s.Name()]...)
	for _, one := range e.outsiders {
		if one.name != s.Name() {
			continue
		}
		for _, o := range options {
			switch key := normal(o.Key); {
			case slices.ContainsFunc(e.outsiders, func(other outsider) bool { return other.at == o.Pos }):
			case key == "down" || key == "pre_down" || key == "post_down":
				e.pass(o.Pos) // undoes what is told
			default:
				e.tell(o.Pos, OthersMake, "is for who makes %s; see that line", one.name)
			}
		}
		if one.at != s.Pos {
			e.tell(s.Pos, OthersMake, "%s", one.say())
		}
	}
}

// inherited is a stanza with what it inherits: the family, the method, the options, its own last.
func (e *eni) inherited(i int, s foreign.Stanza) (family, method string, options []foreign.Option) {
	family, method = s.Family(), s.Method()
	if from := s.Inherits(); from != "" {
		for j, other := range e.stanzas[:i] {
			if other.Key() == "iface" && other.Name() == from && (family == "" || other.Family() == family || other.Family() == "") {
				f, m, o := e.inherited(j, other)
				if family == "" {
					family = f
				}
				if method == "" {
					method = m
				}
				options = append(options, o...)
				e.mark(Taken, other.Pos)
				break
			}
		}
	}
	return family, method, append(options, s.Options...)
}

func (e *eni) discardStanza(s foreign.Stanza, options []foreign.Option, reason Reason, why string) {
	e.tell(s.Pos, reason, "%s", why)
	e.pass(e.raised[s.Name()]...)
	for _, o := range options {
		e.tell(o.Pos, Depends, "belongs to line %d: %s", s.Line, why)
	}
}

// loopback passes over the loopback, and reports what it shall have beyond its own addresses.
func (e *eni) loopback(s foreign.Stanza, options []foreign.Option) {
	e.pass(s.Pos)
	for _, o := range options {
		e.lose(o.Pos, "the loopback is not in documents")
	}
}

// idle tells whether a stanza that nothing brings up is left out, and accounts for it: it is inherited from, it says nothing
// of a link that is brought up by another, or it waits for a person.
func (e *eni) idle(s foreign.Stanza, method string, options []foreign.Option) bool {
	inherited := slices.ContainsFunc(e.stanzas, func(o foreign.Stanza) bool { return o.Inherits() == s.Name() && o.Key() == "iface" })
	base, _, alias := strings.Cut(s.Name(), ":")
	switch {
	case inherited:
	case alias && len(e.raised[base]) > 0: // eth0:1 is brought up by itself
		e.discardStanza(s, options, NotRaised, "no auto line brings "+s.Name()+" up; with `auto "+s.Name()+"` it is taken over")
	case method == "manual" && len(options) == 0 && e.named(s.Name()):
		e.pass(s.Pos)
	default:
		e.discardStanza(s, options, NotRaised, "no auto or allow-hotplug line brings "+s.Name()+" up; with `auto "+s.Name()+"` it is taken over")
	}
	return true
}

// named tells whether a link is a port or member in another stanza.
func (e *eni) named(name string) bool {
	for _, s := range e.stanzas {
		for _, o := range s.Options {
			if s.Key() == "iface" && s.Name() != name && slices.Contains(strings.Fields(o.Value), name) {
				return true
			}
		}
	}
	return false
}

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
		e.advice = append(e.advice, strings.Join(kept, ", ")+": --dumb leaves the host there, as it has, or may get, an address or a way there")
	}
	if len(open) == 0 {
		return
	}
	names, has, it, off := strings.Join(open, ", "), "has", "it is", "it"
	const most = 8
	if len(open) > most {
		names = fmt.Sprintf("%s and %d more", strings.Join(open[:most], ", "), len(open)-most)
	}
	if len(open) > 1 {
		has, it, off = "have", "they are", "them"
	}
	e.advice = append(e.advice, fmt.Sprintf("%s %s no address here; if %s for guests only, host_access: false keeps the host's own stack off %s (convert with --dumb)", names, has, it, off))
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
