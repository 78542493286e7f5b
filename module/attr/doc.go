package attr

import "strings"

// String says what a change costs: "live", or what happens to the link first.
func (w When) String() string {
	var words []string
	for _, c := range []struct {
		when When
		text string
	}{{Down, "link down"}, {NoPorts, "ports released"}, {Never, "recreated"}} {
		if w&c.when != 0 {
			words = append(words, c.text)
		}
	}
	if len(words) == 0 {
		return "live"
	}
	return strings.Join(words, ", ")
}

// Meaning explains the row in sentences.
func (r *Row) Meaning() string {
	text := strings.ToUpper(r.Doc[:1]) + r.Doc[1:] + "."
	if r.Only != nil {
		text += " Only with `" + r.Only.Row + "` " + strings.Join(r.Only.In, ", ") + "."
	}
	if r.Since.Release != "" {
		text += " Linux " + r.Since.Release + " and later."
	}
	if len(r.Upsets) > 0 {
		text += " A change of it resets " + strings.Join(r.Upsets, ", ") + ", unless they are given."
	}
	return text
}
