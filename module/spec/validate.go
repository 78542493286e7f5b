package spec

import (
	"fmt"
	"strings"
)

// Validate checks what can be judged from the document alone, without its host. It returns all problems, and warnings:
// what can be meant so but seldom is.
func (d *Document) Validate() (problems, warnings []Problem) {
	problems, warnings = d.validate(nil)
	return tidy(problems), tidy(warnings)
}

// validate is Validate for a document some of whose objects, named by path, have been read with problems: nothing is said
// there that could follow from what was left out.
func (d *Document) validate(faulty map[string]bool) (problems, warnings []Problem) {
	if d.State == Gathered {
		return nil, nil
	}
	c := newChecker(d, faulty)
	for _, o := range d.Objects {
		if c.full() {
			break
		}
		for _, check := range everyChecks {
			check(c, o)
		}
		if o.Absent {
			continue
		}
		for _, check := range presentChecks {
			check(c, o)
		}
	}
	for _, check := range documentChecks {
		if !c.full() {
			check(c)
		}
	}
	return c.problems, c.warnings
}

// The checks: of every object, of those that shall be there, and of the document as a whole.
var (
	everyChecks    = []func(*checker, *Object){checkName, checkUnique, checkExisting}
	presentChecks  = concat(treeChecks, optionChecks, bondChecks, bridgeChecks, addressChecks, routeChecks, warningChecks)
	documentChecks = []func(*checker){checkMasters, checkCycles, checkKeptDown, checkVLANs, checkAddresses, checkNetworks, checkSlots, checkRules, checkProbes, warnTargets}
)

func concat(lists ...[]func(*checker, *Object)) []func(*checker, *Object) {
	var all []func(*checker, *Object)
	for _, list := range lists {
		all = append(all, list...)
	}
	return all
}

// checker holds a document while it is checked.
type checker struct {
	doc      *Document
	faulty   map[string]bool
	listed   map[string]seat // members and ports of objects that shall be there, by their words: the first that lists each
	problems []Problem
	warnings []Problem

	networks map[*Object]*netIndex // see netsOf
	targets  int                   // how often warnTargets has compared
	ranges   int                   // VLANs in tables
}

func newChecker(d *Document, faulty map[string]bool) *checker {
	c := &checker{doc: d, faulty: faulty, listed: make(map[string]seat, len(d.Objects)/2)}
	for _, o := range d.Objects {
		if o.Absent {
			continue
		}
		for i := range o.Ports {
			word := o.Ports[i].String()
			if _, again := c.listed[word]; !again {
				c.listed[word] = seat{&o.Ports[i], o}
			}
		}
	}
	return c
}

// seat is a member or port, and whose it is.
type seat struct {
	port *Port
	of   *Object
}

// named returns the first object of a name; nil if there is none.
func (c *checker) named(name string) *Object {
	if name == "" {
		return nil
	}
	return c.doc.Find(name)
}

// master returns the first object that shall be there and lists a link by its name; nil if there is none.
func (c *checker) master(name string) *Object { return c.listed[name].of }

// full tells that so many problems were found that further ones need not be looked for.
func (c *checker) full() bool { return len(c.problems) >= plenty }

func (c *checker) fault(path string, err error, hint, format string, args ...any) {
	if c.full() {
		return
	}
	c.problems = append(c.problems, Problem{Path: path, Err: err, Hint: shorten(hint), Message: shorten(fmt.Sprintf(format, args...))})
}

// lacks is fault for what an object does not say: nothing is reported where part of it could not be read.
func (c *checker) lacks(o *Object, path string, err error, hint, format string, args ...any) {
	if !c.faulty[o.Path] {
		c.fault(path, err, hint, format, args...)
	}
}

func (c *checker) warn(path, hint, format string, args ...any) {
	if len(c.warnings) >= plenty {
		return
	}
	c.warnings = append(c.warnings, Problem{Path: path, Hint: shorten(hint), Message: shorten(fmt.Sprintf(format, args...))})
}

// key is the path of one of an object's keys.
func (o *Object) key(key string) string {
	if key == "name" && o.Kind.Bridging && o.inSegment() {
		key = "bridge"
	}
	return join(o.Path, key)
}

func (o *Object) inSegment() bool { return strings.HasPrefix(o.Path, segmentsKey+"[") }

// called is an object in the words of a message: `bond "bond0"`.
func (o *Object) called() string { return o.Kind.Name + " " + quote(o.Name) }

// present returns the declared object of a name that shall be there; nil if there is none.
func (c *checker) present(name string) *Object {
	if o := c.named(name); o != nil && !o.Absent {
		return o
	}
	return nil
}

// set tells whether an object declares a number that is not 0.
func (o *Object) set(name string) bool { return o.Attrs.N(name) != 0 }
