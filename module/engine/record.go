package engine

import (
	"bytes"
	"encoding/json"
	"fmt"

	"hostnet-module/module/plan"
)

// applied is the file that holds the record of what earlier runs set.
const applied = "applied.json"

// remembered reads what earlier runs set. A record that cannot be read is none, which is told: what earlier runs set is then
// taken for somebody else's.
func (r Runner) remembered() (last plan.Last, damage []string) {
	data, err := r.Dir.Read(applied)
	if err == nil && data != nil {
		last = make(plan.Last, bytes.Count(data, []byte("},"))+1) // what grows is copied again and again
		err = json.Unmarshal(data, &last)
	}
	if err != nil {
		damage = []string{fmt.Sprintf("the record of earlier runs, %s/%s, cannot be read (%v): what they set is left where the document does not list it", r.Dir, applied, err)}
	}
	if err != nil || last == nil {
		last = plan.Last{}
	}
	return last, damage
}

// remember writes what is set now, if that is news.
func (r Runner) remember(last, next plan.Last) error {
	if plan.SameLast(last, next) {
		return nil
	}
	is, err := json.Marshal(next)
	if err != nil {
		return err
	}
	return r.Dir.Write(applied, is)
}
