package engine

import (
	"errors"
	"fmt"
	"io/fs"

	"hostnet-module/module/plan"
	"hostnet-module/module/store"
)

// applied is the file that holds the record of what earlier runs set.
const applied = "applied.json"

// record is what earlier runs set.
type record struct {
	plan.Last
	text []byte // as it was read; nil: there was none
}

// recordVersion is that of the record. One of a later version begins with a line as sealed files do (store.Dir.Known).
const recordVersion = 1

// remembered reads what earlier runs set. A record that cannot be read is none, which is told: what earlier runs set is then
// taken for somebody else's. The error is a *store.Foreign of a record that somebody else may have
// written, and a *store.Newer of one that a later version wrote.
func (r Runner) remembered() (last record, damage []string, err error) {
	text, err := r.Dir.ReadOwn(applied)
	if foreign := (*store.Foreign)(nil); errors.As(err, &foreign) {
		return record{}, nil, err
	}
	if r.Check && errors.Is(err, fs.ErrPermission) {
		damage = []string{"only root can read the record of earlier runs: what they set is left here where the document does not list it; a run as root may remove it"}
		return record{Last: plan.Last{}}, damage, nil
	}
	if newer := r.Dir.Known(applied, text, recordVersion); err == nil && newer != nil {
		return record{}, nil, newer
	}
	if err == nil {
		last.Last, err = plan.ReadLast(text)
	}
	if err != nil {
		damage = []string{fmt.Sprintf("the record of earlier runs, %s/%s, cannot be read (%v): what they set is left where the document does not list it", r.Dir, applied, err)}
		return record{Last: plan.Last{}}, damage, nil
	}
	last.text = text
	return last, nil, nil
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
	last, _, err := r.remembered()
	if err != nil {
		return err
	}
	return r.remember(last, last.News(changes))
}
