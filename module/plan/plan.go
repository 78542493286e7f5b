// Package plan turns what is wanted and what is into steps. Two pure functions: Target folds a document over an observed
// host into the host as it shall be; Path finds the steps from one host to another. A run is Target, then Path; a rollback
// is Path to the old snapshot.
package plan

import (
	"slices"

	"hostnet-module/module/state"
)

// Plan is what a run would do, or has done.
type Plan struct {
	Steps    []state.Step
	Objects  []Object // every declared object once, in the order of the document, then the rules, then what is pruned
	Warnings []string
	Target   *state.Host // the host after the steps; what it does not hold is left as it is
	Listed   [][]string  // the links that objects list as their ports, by the document's objects; nil: it lists none
}

// Changed tells whether any object changes.
func (p *Plan) Changed() bool {
	for _, o := range p.Objects {
		if o.Action != None {
			return true
		}
	}
	return false
}

// Object is what a plan means for one declared object.
type Object struct {
	Kind        string // "ethernet", "bond", "vlan", "bridge"
	Name        string
	Action      Action
	Disruption  Disruption
	Touches     []string                              // ports of others that a flap or a recreate touches
	Differences []Difference                          // of one that stays; see Told
	States      func() (before, after map[string]any) // what can be described of the object; nil: it was not there, will not be there. Made when asked for

	whole func() []Difference // of one that comes or goes
}

// Told are the differences of an object. Of one that comes or goes everything is a difference: they are made when asked for, as those of thousands
// take more room than the rest of a plan.
func (o *Object) Told() []Difference {
	if o.whole != nil {
		return o.whole()
	}
	return o.Differences
}

// Stated is Object.States of what is known.
func Stated(before, after map[string]any) func() (before, after map[string]any) {
	return func() (map[string]any, map[string]any) { return before, after }
}

// Action is what happens to an object.
type Action string

// The actions.
const (
	None     Action = "none"
	Create   Action = "create"
	Update   Action = "update"
	Recreate Action = "recreate"
	Delete   Action = "delete"
)

// Disruption says how much of running traffic an action disturbs, from nothing to all of it.
type Disruption string

// The disruptions, the mildest first.
const (
	Undisturbed Disruption = "none"
	Flaps       Disruption = "flap"     // the link goes down and up, or its ports are released for a moment
	Recreates   Disruption = "recreate" // the link is made anew, or goes while others' ports are in it
)

// Difference is one attribute that changes. Before and After are what a document would say: texts, numbers, booleans, lists
// of texts; nil: not there.
type Difference struct {
	Name   string `json:"name"`
	Before any    `json:"before"`
	After  any    `json:"after"`
}

// Last is what earlier runs set on the objects of a host, by the link's name: the third side of the three-way lists.
type Last map[string]Set

func (s Set) same(o Set) bool {
	return s.Kind == o.Kind && s.Created == o.Created && s.Index == o.Index && slices.Equal(s.Addresses, o.Addresses) &&
		slices.Equal(s.Routes, o.Routes) && slices.Equal(s.Ports, o.Ports) && slices.Equal(s.Rules, o.Rules)
}

// Set is what an earlier run set on one object.
type Set struct {
	Kind      string   `json:"kind"`
	Created   bool     `json:"created,omitempty"` // made by us, not adopted
	Index     int      `json:"index,omitempty"`   // of what was made: another link of that name is somebody else's; 0: unknown
	Addresses []string `json:"addresses,omitempty"`
	Routes    []string `json:"routes,omitempty"`
	Ports     []string `json:"ports,omitempty"`
	Rules     []string `json:"rules,omitempty"` // of the host, under a name that no link can have
}
