package many_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"hostnet-module/module/report"
	"hostnet-module/tests/many"
)

// TestTold: of links that come and go the result tells every option, and the plan holds none of it: a host of 4,093 segments would take 10 MB more.
func TestTold(t *testing.T) {
	l := newLife(t, 3)
	for _, text := range []string{many.Document(3, ""), many.Document(3, ", state: absent")} {
		out := l.outcome(text)
		var written bytes.Buffer
		if err := report.From(out, report.Asked{}).WriteJSON(&written); err != nil || out.Failed != nil {
			t.Fatal(err, out.Failed)
		}
		var r report.Result
		if err := json.Unmarshal(written.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		for i, o := range out.Plan.Objects {
			states := map[string]any{}
			before, after := o.States()
			for _, state := range []map[string]any{before, after} {
				for name, value := range state {
					if list, is := value.([]string); !is || len(list) > 0 {
						states[name] = value
					}
				}
			}
			if had := r.Objects[i].Differences; before != nil && after != nil || o.Differences != nil || len(had) == 0 || len(had) != len(states) {
				t.Errorf("%s %s: planned %v, told %v of %v", o.Action, o.Name, o.Differences, had, states)
			}
		}
	}
}
