package state

import (
	"encoding/json"
	"errors"

	"hostnet-module/module/attr"
)

// savedStep is a Step as appendText writes it.
type savedStep struct {
	stepFields
	Link    raw
	Parent  raw
	Master  *raw
	Attrs   savedSet
	Port    savedSet
	Address *Address
	Route   *Route
	Rule    *Rule
}

type stepFields Step

// MarshalJSON implements json.Marshaler.
func (step Step) MarshalJSON() ([]byte, error) { return step.appendText(nil) }

// UnmarshalJSON implements json.Unmarshaler.
func (step *Step) UnmarshalJSON(data []byte) error {
	in := savedStep{Address: &Address{}, Route: &Route{}, Rule: &Rule{}}
	if err := json.Unmarshal(data, &in); err != nil {
		return err
	}
	*step = Step(in.stepFields)
	step.Link, step.Parent, step.Master = string(in.Link), string(in.Parent), (*string)(in.Master)
	step.Attrs, step.Port = attr.Set(in.Attrs), attr.Set(in.Port)
	if in.Address == nil || in.Route == nil || in.Rule == nil {
		return errors.New("a step without what it is about")
	}
	step.Address, step.Route, step.Rule = *in.Address, nil, nil
	switch step.Op {
	case RouteAdd, RouteDel:
		step.Route = in.Route
	case RuleAdd, RuleDel:
		step.Rule = in.Rule
	}
	return nil
}
