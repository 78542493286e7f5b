package plan

import (
	"slices"

	"hostnet-module/module/attr"
	"hostnet-module/module/kind"
	"hostnet-module/module/spec"
	"hostnet-module/module/state"
)

// rulesKey is where the record keeps the document's policy rules: no link can have the name.
const rulesKey = "/rules"

// rules folds the policy rules: three-way like the addresses. The kernel's own are not touched.
func (m *maker) rules() {
	if m.doc.Rules == nil {
		return
	}
	var want []state.Rule
	for _, w := range m.doc.Rules {
		want = append(want, rule(w))
	}
	earlier := m.last[rulesKey].Rules
	m.out.Rules = slices.DeleteFunc(m.out.Rules, func(r state.Rule) bool {
		return !r.Kernel() && slices.Contains(earlier, ruleWords(r)) && !slices.ContainsFunc(want, r.Same)
	})
	for _, r := range want {
		if !slices.ContainsFunc(m.out.Rules, r.Same) {
			// The model puts it where the kernel will.
			_ = m.out.Apply(state.Step{Op: state.RuleAdd, Rule: &r})
		}
	}
}

// rule turns a document's rule into a host's.
func rule(w spec.Rule) state.Rule {
	return state.Rule{Six: w.Six, Not: w.Not, From: w.From, To: w.To, TOS: w.TOS, Action: w.Type, Attrs: w.Attrs.Clone()}
}

// ruleWords is a rule as the record and a result show it.
func ruleWords(r state.Rule) string {
	if r.Six {
		return "inet6 " + r.String()
	}
	return "inet " + r.String()
}

// addRules adds the rules that are missing. One that must stand between others of its priority has those behind it made anew.
func (w *walk) addRules() {
	for _, r := range w.target.Rules {
		if slices.ContainsFunc(w.sim.Rules, r.Same) {
			continue
		}
		for _, o := range w.behind(r) {
			w.emit(state.Step{Op: state.RuleDel, Rule: &o})
		}
		w.emit(state.Step{Op: state.RuleAdd, Rule: &r})
	}
}

// behind lists the rules of a missing one's priority that are there and shall stand behind it, the last first.
func (w *walk) behind(r state.Rule) []state.Rule {
	at := slices.IndexFunc(w.target.Rules, r.Same)
	var list []state.Rule
	for _, o := range w.target.Rules[at+1:] {
		if o.Six == r.Six && o.Priority() == r.Priority() && slices.ContainsFunc(w.sim.Rules, o.Same) {
			list = append([]state.Rule{o}, list...)
		}
	}
	return list
}

// clearRules takes away the rules that the target does not have.
func (w *walk) clearRules() {
	for _, r := range slices.Clone(w.sim.Rules) {
		if slices.ContainsFunc(w.sim.Rules, r.Same) && !slices.ContainsFunc(w.target.Rules, r.Same) {
			w.emit(state.Step{Op: state.RuleDel, Rule: &r})
		}
	}
}

// rulesBack are the rules to go back to: what is there now, without those that the steps added, with those that they took away
// in their old places.
func rulesBack(now, before *state.Host, steps []state.Step) []state.Rule {
	var ours []state.Rule
	for _, s := range steps {
		if s.Op == state.RuleAdd || s.Op == state.RuleDel {
			ours = append(ours, *s.Rule)
		}
	}
	touched := func(r state.Rule) bool { return slices.ContainsFunc(ours, r.Same) }
	var back []state.Rule
	for _, r := range before.Rules {
		if touched(r) || slices.ContainsFunc(now.Rules, r.Same) {
			back = append(back, r)
		}
	}
	for _, r := range now.Rules {
		if !touched(r) && !slices.ContainsFunc(before.Rules, r.Same) {
			host := state.Host{Rules: back}
			if host.Apply(state.Step{Op: state.RuleAdd, Rule: &r}) == nil {
				back = host.Rules
			}
		}
	}
	return back
}

// ruleObject is the document's list of rules as one object of the result.
func (m *maker) ruleObject() (Object, bool) {
	if m.doc.Rules == nil {
		return Object{}, false
	}
	words := func(h *state.Host) []string {
		list := []string{}
		for _, r := range h.Rules {
			if !r.Kernel() {
				r.Attrs = r.Attrs.Filter(func(row *attr.Row) bool { return row != kind.Rule.Must("protocol") })
				list = append(list, ruleWords(r))
			}
		}
		return list
	}
	before, after := map[string]any{"rules": words(m.has)}, map[string]any{"rules": words(m.out)}
	o := Object{Kind: "rules", Name: "rules", Action: None, Disruption: Undisturbed, States: Stated(before, after)}
	if o.Differences = differences([]string{"rules"}, before, after); len(o.Differences) > 0 {
		o.Action = Update
	}
	return o, true
}
