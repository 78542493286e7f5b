package convert

import (
	"slices"
	"strings"

	"hostnet-module/module/foreign"
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
	ifaces     map[string]bool          // the names of those that are ifaces
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
	twoRange   []foreign.Pos            // stanzas for a range of names, which ifupdown2 alone has
	one        bool                     // the files are ifupdown's; neither: they could be of both

	outsiders []outsider
	files     foreign.Files
	routing   map[string]uint64      // the numbers of routing tables by name; nil: not read yet
	maybe     map[string]foreign.Pos // links that a command may give an address
}

func newENI(o Options) *eni {
	return &eni{draft: draft{ledger: newLedger(), options: o}, raised: map[string][]foreign.Pos{}, links: map[string][]string{}, tables: tables{}, ifaces: map[string]bool{}, maybe: map[string]foreign.Pos{}}
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
	e.ranges()
	for _, s := range e.stanzas {
		if s.Key() == "iface" {
			e.ifaces[s.Name()] = true
		}
	}
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
	e.mtus()
	e.portOptions()
	e.portsOptions()
	e.timers()
	e.bridgeTables()
	e.selfVLANs()
	for _, command := range e.afterwards {
		command()
	}
	e.mayHave()
	e.routes()
	e.writeTables()
	e.tellOutsiders()
	e.advise()
}

// mayHave notes which links may get an address that no line here says.
func (e *eni) mayHave() {
	for name := range e.maybe {
		if o := e.find(name); o != nil {
			o.used = true
		}
	}
}

// may notes that links may get an address that no line here says, or carry another link that does.
func (e *eni) may(at foreign.Pos, names ...string) {
	for _, name := range names {
		if _, has := e.maybe[name]; !has {
			e.maybe[name] = at
		}
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
			key := normal(o.Key)
			if words := strings.Fields(o.Value); strings.HasSuffix(key, "_parent") || strings.HasSuffix(key, "_device") || strings.HasSuffix(key, "_physdev") || hook[key] && slices.Contains(words, "link") {
				e.may(o.Pos, words...) // a link on which this one stands may be the host's way in
			}
			switch {
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
