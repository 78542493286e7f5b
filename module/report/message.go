package report

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"hostnet-module/module/engine"
	"hostnet-module/module/plan"
	"hostnet-module/module/state"
)

// speech is how an action is spoken of.
type speech struct {
	action plan.Action
	mark   string // at the start of a line of text
	ink    ink
	done   string
	would  string
}

func speeches() []speech {
	return []speech{
		{plan.Create, "+", green, "created", "would be created"},
		{plan.Update, "~", yellow, "updated", "would be updated"},
		{plan.Recreate, "!", red, "recreated", "would be recreated"},
		{plan.Delete, "-", red, "deleted", "would be deleted"},
		{plan.None, "=", dim, "unchanged", "unchanged"},
	}
}

func speak(a plan.Action) speech {
	for _, s := range speeches() {
		if s.action == a {
			return s
		}
	}
	return speech{a, "?", plain, string(a), string(a)}
}

// summary is the sentence of a run that did not fail: "7 objects: 1 created, 2 updated, 4 unchanged".
func (r *Result) summary() string {
	total := map[plan.Action]int{}
	for _, o := range r.Objects {
		total[o.Action]++
	}
	head := count(len(r.Objects), "object") + ": "
	if total[plan.None] == len(r.Objects) {
		if len(r.Steps) == 0 {
			return head + "nothing to change"
		}
		return head + r.tense("all unchanged, %s on the links around them", "all unchanged, %s would go to the links around them",
			count(len(r.Steps), "step"))
	}
	var parts []string
	for _, s := range speeches() {
		if n := total[s.action]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, r.tense(s.done, s.would)))
		}
	}
	return head + strings.Join(parts, ", ")
}

func (r *Result) tense(done, would string, args ...any) string {
	if r.check {
		done = would
	}
	if len(args) == 0 {
		return done
	}
	return fmt.Sprintf(done, args...)
}

// failure is the sentence of a run that failed: what was attempted, the kernel's text, the state we left it in.
func failure(out engine.Outcome) string {
	text := strings.TrimRight(out.Failed.Error(), ".\n ")
	refused := (*state.Refusal)(nil) // the kernel has its own reasons, and the kernel room knows whether it was the privilege
	if errors.Is(out.Failed, fs.ErrPermission) && !errors.As(out.Failed, &refused) && !strings.Contains(text, "CAP_NET_ADMIN") {
		text += " (this needs root or CAP_NET_ADMIN: `become: true` in Ansible, sudo in a shell)"
	}
	switch {
	case !out.Applied && undid(out.Recovered):
		return text + "; an earlier run had been undone before, nothing else was changed"
	case !out.Applied:
		return text + "; nothing was changed"
	case out.RolledBack:
		return text + "; everything was put back as it was"
	case len(out.NotRestored) > 0:
		return text + "; what could be was put back, not: " + strings.Join(out.NotRestored, "; ")
	}
	return text + "; what had been changed until then is still in place"
}

// count says "1 object", "7 objects".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
