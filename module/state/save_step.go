package state

import (
	"encoding/json"
	"errors"
	"strconv"

	"hostnet-module/module/attr"
)

type savedStep struct {
	stepFields
	Link    raw  `json:",omitempty"`
	Parent  raw  `json:",omitempty"`
	Master  *raw `json:",omitempty"`
	Attrs   savedSet
	Port    savedSet
	Address *Address `json:",omitempty"`
	Route   *Route   `json:",omitempty"`
	Rule    *Rule    `json:",omitempty"`
}

type stepFields Step

// MarshalJSON implements json.Marshaler.
func (s Step) MarshalJSON() ([]byte, error) {
	out := savedStep{stepFields: stepFields(s), Link: raw(s.Link), Parent: raw(s.Parent), Master: (*raw)(s.Master),
		Attrs: savedSet(s.Attrs), Port: savedSet(s.Port)}
	switch s.Op {
	case AddrAdd, AddrDel, Announce:
		out.Address = &s.Address
	case RouteAdd, RouteDel:
		out.Route = s.Route
	case RuleAdd, RuleDel:
		out.Rule = s.Rule
	}
	return json.Marshal(out)
}

// StepTextSize is about how many bytes the JSON of a step has.
const StepTextSize = 150

// AppendSteps appends the JSON of steps: what MarshalJSON makes of each, without what is zero. Those that are about links alone, which large
// plans are made of, are written without reflection.
func AppendSteps(b []byte, steps []Step) ([]byte, error) {
	b = append(b, '[')
	for i, s := range steps {
		if i > 0 {
			b = append(b, ',')
		}
		var err error
		switch s.Op {
		case LinkAdd, LinkSet, LinkDel, VLANAdd, VLANDel, Sysctl, Await:
			b, err = s.appendLink(b)
		default:
			var data []byte
			data, err = json.Marshal(s)
			b = append(b, data...)
		}
		if err != nil {
			return nil, err
		}
	}
	return append(b, ']'), nil
}

func (s Step) appendLink(b []byte) ([]byte, error) {
	b = strconv.AppendUint(append(b, `{"Op":`...), uint64(s.Op), 10)
	texts := []struct{ key, text string }{{"Link", s.Link}, {"Kind", s.Kind}, {"Parent", s.Parent}, {"PortKind", s.PortKind}}
	if s.Master != nil {
		texts = append(texts, struct{ key, text string }{"Master", *s.Master})
	}
	for _, t := range texts {
		if t.text == "" && t.key != "Master" {
			continue
		}
		text, err := quoted(t.text)
		if err != nil {
			return nil, err
		}
		b = append(append(append(append(b, `,"`...), t.key...), `":`...), text...)
	}
	for _, n := range []struct {
		key string
		n   int
	}{{"Index", s.Index}, {"LastID", int(s.LastID)}} {
		if n.n != 0 {
			b = strconv.AppendInt(append(append(append(b, `,"`...), n.key...), `":`...), int64(n.n), 10)
		}
	}
	for _, set := range []struct {
		key string
		set attr.Set
	}{{"Attrs", s.Attrs}, {"Port", s.Port}} {
		if set.set.Len() > 0 {
			list, err := savedSet(set.set).MarshalJSON()
			if err != nil {
				return nil, err
			}
			b = append(append(append(append(b, `,"`...), set.key...), `":`...), list...)
		}
	}
	if s.VLAN != (VLAN{}) {
		vlan, err := json.Marshal(s.VLAN)
		if err != nil {
			return nil, err
		}
		b = append(append(b, `,"VLAN":`...), vlan...)
	}
	for _, f := range []struct {
		key string
		on  bool
	}{{"Self", s.Self}, {"Replace", s.Replace}} {
		if f.on {
			b = append(append(append(b, `,"`...), f.key...), `":true`...)
		}
	}
	return append(b, '}'), nil
}

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
