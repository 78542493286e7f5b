package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"hostnet-module/module/plan"
)

// WriteText prints the result of a run that did not fail, for a terminal.
func (r *Result) WriteText(w io.Writer, s Style) error {
	var b strings.Builder
	if r.Document != nil {
		return r.documentText(w)
	}
	r.objectLines(&b, s)
	for _, d := range r.Diff {
		d.write(&b, s)
	}
	r.stepLines(&b, s)
	r.warningLines(&b, s)
	sentence(&b, s, "", r.Msg)
	_, err := io.WriteString(w, b.String())
	return err
}

// WriteFailure prints what went wrong.
func (r *Result) WriteFailure(w io.Writer, s Style, src Source) error {
	var b strings.Builder
	for _, p := range r.Problems {
		p.write(&b, s, src)
	}
	r.stepLines(&b, s)
	r.warningLines(&b, s)
	if n := len(r.Problems); n > 0 {
		sentence(&b, s, s.paint(red, "error:")+" ", src.title()+" has "+count(n, "problem")+"; nothing was touched")
	} else {
		sentence(&b, s, s.paint(red, "error:")+" ", r.Msg)
	}
	if r.Exception != "" && s.Verbose {
		b.WriteString(r.Exception + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// documentText prints a document and nothing else that is not a comment: it is there to be kept and applied.
func (r *Result) documentText(w io.Writer) error {
	var b strings.Builder
	for _, text := range r.Warnings {
		b.WriteString("# " + clean(text) + "\n")
	}
	b.Write(r.Document.YAML())
	_, err := io.WriteString(w, b.String())
	return err
}

func (r *Result) stepLines(b *strings.Builder, s Style) {
	if !s.Verbose {
		return
	}
	for _, step := range r.Steps {
		b.WriteString("  " + s.paint(dim, clean(step)) + "\n")
	}
	for _, a := range r.Awaited {
		text := fmt.Sprintf("# %s: %s after %d ms", a.Link, a.What, a.MS)
		if !a.Arrived {
			text = fmt.Sprintf("# %s: still without %s after %d ms", a.Link, a.What, a.MS)
		}
		b.WriteString("  " + s.paint(dim, clean(text)) + "\n")
	}
	for _, p := range r.Probes {
		if p.Answered {
			b.WriteString("  " + s.paint(dim, clean(fmt.Sprintf("# probe %s: answered after %d ms, attempt %d", p.Probe, p.MS, p.Attempts))) + "\n")
		}
	}
}

func (r *Result) warningLines(b *strings.Builder, s Style) {
	for _, text := range r.Warnings {
		sentence(b, s, s.paint(yellow, "warning:")+" ", text)
	}
}

// sentence prints one, broken at the terminal's width. The lead is not counted: it holds colours.
func sentence(b *strings.Builder, s Style, lead, text string) {
	const longest = len("warning: ")
	for i, line := range s.prose(longest, clean(text)) {
		if i > 0 {
			lead = "  "
		}
		b.WriteString(lead + line + "\n")
	}
}

func (r *Result) objectLines(b *strings.Builder, s Style) {
	names, kinds := 0, 0
	shown := slices.DeleteFunc(slices.Clone(r.Objects), func(o Object) bool { return o.Action == plan.None && !s.Verbose })
	for _, o := range shown {
		names, kinds = max(names, width(clean(o.Name))), max(kinds, width(o.Kind))
	}
	for i := range shown {
		o := &shown[i]
		v := speak(o.Action)
		head := " " + pad(clean(o.Name), names) + "  " + pad(o.Kind, kinds) + "  "
		for i, line := range s.hang(1+width(head), r.about(o, v, s), ", ") {
			if i == 0 {
				b.WriteString(s.paint(v.ink, v.mark) + head + line + "\n")
			} else {
				b.WriteString(strings.Repeat(" ", 1+width(head)) + line + "\n")
			}
		}
	}
	if n := len(r.Objects) - len(shown); n > 0 && len(shown) > 0 {
		fmt.Fprintf(b, "  %s\n", s.paint(dim, fmt.Sprintf("%d unchanged", n)))
	}
}

// about says what happened to an object. An update is told by its differences; of a new object they are the document again.
func (r *Result) about(o *Object, v speech, s Style) []string {
	var parts []string
	if o.Action != plan.Update || len(o.Differences) == 0 {
		parts = append(parts, r.tense(v.done, v.would))
	}
	if o.Action == plan.Update || o.Action == plan.Recreate || s.Verbose && o.Action == plan.Create {
		for _, d := range o.differences() {
			parts = append(parts, words(d, s))
		}
	}
	if o.Disruption == plan.Flaps && o.Action == plan.Update {
		parts = append(parts, r.tense("the link flapped", "the link would flap"))
	}
	if len(o.Touches) > 0 {
		parts = append(parts, "touches "+clean(strings.Join(o.Touches, " ")))
	}
	return parts
}

// words says a difference: "mtu 1500 → 9000", "addresses +192.0.2.10/24 -192.0.2.9/24", "primary eth0 → none".
func words(d Difference, s Style) string {
	before, wasList := list(d.Before)
	after, isList := list(d.After)
	if wasList || isList {
		if moved := changes(before, after); moved != "" {
			return clean(d.Name + moved)
		}
	}
	switch {
	case d.Before == nil:
		return clean(d.Name + " " + value(d.After))
	case d.After == nil:
		return clean(d.Name + " " + value(d.Before) + " " + s.arrow() + " none")
	}
	return clean(d.Name + " " + value(d.Before) + " " + s.arrow() + " " + value(d.After))
}

func changes(before, after []any) string {
	text := ""
	for _, it := range after {
		if !holds(before, it) {
			text += " +" + value(it)
		}
	}
	for _, it := range before {
		if !holds(after, it) {
			text += " -" + value(it)
		}
	}
	return text
}

func holds(items []any, it any) bool {
	return slices.ContainsFunc(items, func(other any) bool { return value(other) == value(it) })
}

func value(v any) string {
	switch v := v.(type) {
	case nil:
		return "none"
	case string:
		if v == "" {
			return `""`
		}
		return v
	}
	if items, ok := list(v); ok {
		words := make([]string, len(items))
		for i, it := range items {
			words[i] = value(it)
		}
		return "[" + strings.Join(words, " ") + "]"
	}
	return fmt.Sprint(v)
}

// write prints a diff in the unified form, whole: an object has a few lines.
func (d Diff) write(b *strings.Builder, s Style) {
	b.WriteString(s.paint(bold, "--- "+clean(d.BeforeHeader)) + "\n" + s.paint(bold, "+++ "+clean(d.AfterHeader)) + "\n")
	before, after := lines(d.Before), lines(d.After)
	for _, e := range edits(before, after) {
		b.WriteString(s.paint(map[byte]ink{'-': red, '+': green}[e[0]], e) + "\n")
	}
}

func lines(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(clean2(text), "\n"), "\n")
}

// clean2 cleans all but the ends of lines.
func clean2(text string) string {
	parts := strings.Split(text, "\n")
	for i := range parts {
		parts[i] = clean(parts[i])
	}
	return strings.Join(parts, "\n")
}

// edits is the shortest way from one list of lines to another: each line with ' ', '-' or '+' before it.
func edits(a, b []string) []string {
	common := make([][]int, len(a)+1) // common[i][j]: longest common part of a[i:] and b[j:]
	for i := range common {
		common[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	var out []string
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			out = append(out, " "+a[i])
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && common[i+1][j] >= common[i][j+1]:
			out = append(out, "-"+a[i])
			i++
		default:
			out = append(out, "+"+b[j])
			j++
		}
	}
	return out
}
