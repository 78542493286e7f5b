package engine

import (
	"fmt"

	"hostnet-module/module/plan"
)

// applied is the file that holds the record of what earlier runs set.
const applied = "applied.json"

// record is what earlier runs set.
type record struct {
	plan.Last
	text []byte // as it was read; nil: there was none
}

// remembered reads what earlier runs set. A record that cannot be read is none, which is told: what earlier runs set is then
// taken for somebody else's.
func (r Runner) remembered() (last record, damage []string) {
	text, err := r.Dir.Read(applied)
	if err == nil {
		last.Last, err = plan.ReadLast(text)
	}
	if err != nil {
		damage = []string{fmt.Sprintf("the record of earlier runs, %s/%s, cannot be read (%v): what they set is left where the document does not list it", r.Dir, applied, err)}
		return record{Last: plan.Last{}}, damage
	}
	last.text = text
	return last, nil
}

// remember writes what is set now, if that is news. What there was before is not read again: the folder is locked.
func (r Runner) remember(last record, changes plan.Changes) error {
	if len(changes) == 0 {
		return nil
	}
	text, err := last.Rewritten(last.text, changes)
	if err != nil {
		return err
	}
	return r.Dir.Write(applied, text)
}

// amend makes changes that were found by another process, or earlier, in the record that is there now. One that cannot be read is none.
func (r Runner) amend(changes plan.Changes) error {
	last, _ := r.remembered()
	return r.remember(last, last.News(changes))
}
